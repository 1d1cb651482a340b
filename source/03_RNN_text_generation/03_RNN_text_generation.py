# %% [markdown]
# # 03: a vanilla RNN writes text
#
# In notebook 02 a multilayer perceptron looked at a window of a few characters and guessed the next one. Whatever
# lay to the left of the window did not exist for it. The opening bracket, the name of the speaker, the fact that Alice is
# still falling: gone.
#
# A **recurrent neural network** has no window. It reads one character at a time and keeps a memory, a vector of
# $H$ numbers that it rewrites after every character; the field says **hidden state**. Think of a postcard: you read a book one letter
# at a time, and all that you may take along to the next letter is what you wrote on that one card.
#
# What goes onto the card is not programmed. It is learned, and the learning has to travel *backwards through time*: if
# you guess a letter wrong now, what should you have written down twenty letters ago?
# The answer is called **backpropagation through time** (BPTT), and by the end of this notebook you will have written it. The plainest network
# of this kind, with one $\tanh$ and nothing else, is a **vanilla RNN** or **Elman network**.
#
# | part | you write | you will see |
# |---|---|---|
# | 1 One step | `rnn_step_forward`, `rnn_step_backward` | one update of the memory and its derivative |
# | 2 Through time | `rnn_forward`, `rnn_backward` | one set of weights, used $T$ times |
# | 3 From memory to loss | `readout_*`, `cross_entropy_*`, `model_*` | old friends with one axis more |
# | 4 Training | `clip_gradients`, `adam_step`, `make_streams`, `train` | truncated BPTT over a whole book |
# | 5 Train it, let it write | `sample_next`, `generate` | what clipping does, your network's own Alice, and what learning by heart does to it |
# | 6 Looking inside | a few sentences | why an RNN forgets, and what single cells of its memory hold |
#
# - **You need**: notebooks 01a, 01b and 02. Mathematics: the chain rule for functions of several variables, matrix products and transposes, and that a value used twice gets two gradients.
# - **Working time**: four to six hours if 02 went smoothly, nine to thirteen if you need paper for every transpose (an estimate from the 16 exercises); half an hour of it goes into six questions
#   ("Predict", answered before a cell shows what happens) and two answers in words. All training together takes about a minute on two free cores.
# - **Points**: 100, of which forward 19, backward 47, training 27, writing 7.
# - **In a hurry**: part 6 holds no exercise, but 04 comes back to its first picture. The cross-entropy (8 points) is the one of 01b.
#
# The functions are short: most take one to six lines. Run the notebook from top to bottom. Under every exercise there is a
# check that tells you what is wrong. Later exercises call earlier ones, so mend the first ✗ first. After you hand in, hidden checks try the same functions on other inputs.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import (
    TrainingLog,
    load_corpus,
    longest_quote,
    plot_bars,
    plot_curves,
    predict,
    progress,
    show_sample,
    show_samples,
    training_steps,
)

corpus = load_corpus()
V = 46  # different characters
CHANCE = math.log(V)
BIGRAM = 2.393

# %% nbgrader={"grade": false, "grade_id": "show_text", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
print(f"{len(corpus.ids):,} characters, {V} different ones: {corpus.alphabet!r}")
print(f"train on the first {len(corpus.train):,}, hold out the last {len(corpus.held_out):,}")
start = corpus.text.index("in another moment")
show_sample(corpus.text[start : start + 450], "what it will read")


# %% [markdown]
# Two numbers to beat, in nats per character:
#
# - **chance**, $\ln 46 = 3.829$: every character is equally likely, always.
# - **the bigram optimum**, $2.393$: the best that *any* model can do on this text if it sees one
#   character only. A network with a memory must get below this line, or its memory is worth nothing.

# %% [markdown]
# ## 1. One step: rewrite the postcard
#
# $B$ readers work side by side, each on a different place of the text. At one step every reader has one
# character $x$ and its old memory $h_{\text{prev}}$, and makes a new memory:
#
# $$z = W_x[x] + h_{\text{prev}} W_h + b_h \qquad\qquad h = \tanh z$$
#
# | symbol | in code | shape | what it is |
# |---|---|---|---|
# | $x$ | `x` | $(B,)$ | one character id per reader |
# | $h_{\text{prev}}$ | `h_prev` | $(B, H)$ | the memory before |
# | $W_x$ | `params["Wx"]` | $(V, H)$ | row $v$: what character $v$ writes onto the card |
# | $W_h$ | `params["Wh"]` | $(H, H)$ | how the old memory becomes part of the new |
# | $b_h$ | `params["bh"]` | $(H,)$ | the bias |
# | $z, h$ | `h` | $(B, H)$ | before and after $\tanh$, which keeps every number between $-1$ and $1$ |
#
# $W_x[x]$ takes rows: reader $b$ gets row $x_b$. It is the product of a one-hot matrix $(B, V)$ with $W_x$ $(V, H)$, without
# the multiplications by zero. In NumPy it is the indexing `Wx[x]`, of shape $(B, H)$.
#
# The picture shows the network **unrolled** through time: the same step again and again, with the memory
# handed from left to right. This is its **computational graph**. (Its code is folded away, but run the cell like any other: a later picture needs it.)

# %% nbgrader={"grade": false, "grade_id": "draw_unrolled", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_unrolled(backward=False):
    """The unrolled network; with `backward`, the way of the gradients in red."""
    from autograder import BLUE, GREY, RED, canvas, show_figure

    letters = "alice"
    figure, axes = canvas(11, 4.6)

    def box(x, y, text, colour):
        axes.text(x, y, text, ha="center", va="center", fontsize=13, color=colour,
                  bbox={"boxstyle": "round,pad=0.45", "facecolor": "none", "edgecolor": colour, "linewidth": 1.6})

    def arrow(start, end, colour, text="", shift=(0, 0), bend=0.0):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "linestyle": "--" if colour == RED else "-",
                      "connectionstyle": f"arc3,rad={bend}", "shrinkA": 2, "shrinkB": 2})
        middle = ((start[0] + end[0]) / 2 + shift[0], (start[1] + end[1]) / 2 + shift[1])
        axes.text(*middle, text, ha="center", va="center", fontsize=11, color=colour)

    box(0, 1, "$h_0$", GREY)
    for t in range(1, 5):
        x = 2.2 * t
        box(x, -0.3, f"$x_{t}$ = {letters[t - 1]}", GREY)
        box(x, 1, f"$h_{t}$", BLUE)
        box(x, 2.3, f"loss$_{t}$: {letters[t]}?", GREY)
        arrow((x, 0.0), (x, 0.68), BLUE, "$W_x$", (-0.28, 0))
        arrow((x - 1.88, 1), (x - 0.34, 1), BLUE, "$W_h$", (0, 0.2))
        arrow((x, 1.32), (x, 1.98), BLUE, "$W_y$", (-0.28, 0))
        if backward:
            arrow((x + 0.2, 1.98), (x + 0.2, 1.32), RED, f"dhs$_{t}$", (0.38, 0))
            arrow((x - 0.34, 0.8), (x - 1.88, 0.8), RED, f"$dz_{t}W_h^\\top$", (0, -0.22))
    arrow((9.14, 1), (10.1, 1), BLUE, "next chunk", (0.2, 0.22))
    if backward:
        arrow((10.1, 0.8), (9.14, 0.8), RED, "0: truncated", (0.2, -0.22))
    axes.set(xlim=(-0.5, 10.9), ylim=(-0.8, 2.8))
    axes.axis("off")
    forward = (
        "A row of boxes h0, h1, h2, h3, h4, each leading to the next by Wh. Below each, its character, which comes in by Wx: a, l, i, c. Above each, "
        "its loss, reached by Wy: was the next character l, i, c, e? From h4 an arrow goes on into the next chunk."
    )
    back = (
        "The same row. Dashed red arrows run against the blue ones: from each loss down to its h, dhs, and from each h to the one before, dz times Wh "
        "transposed. What would come from the next chunk is 0: truncated."
    )
    show_figure(figure, alt=back if backward else forward)


draw_unrolled()


# %% [markdown]
# Blue arrows are the forward pass. Three things to see:
#
# - $W_x$, $W_h$, $W_y$ stand at every step, but there is only **one** of each (**weight sharing**). A book of any length needs no more parameters.
# - The only way from the past to the future is the horizontal arrow. It does not end at $h_4$: the text goes on, in the next piece that is read, the next chunk.
# - At each step the network has to name the *next* character: it reads `a` and should say `l`. Whatever it says, the next thing that it reads is the book's `l`. To train
#   a network on the true past and not on its own guesses is called **teacher forcing**.
#
# ### Exercise: the step forward
#
# One convention for all functions here: `params` is one dict for the whole model, a function **reads from it the
# entries it needs**, and its backward pass returns a dict `grads` with **exactly those entries**.
# The *cache* holds whatever you want to see again in the backward pass. Nobody else looks into it.

# %% nbgrader={"grade": false, "grade_id": "rnn_step_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_step_forward(x, h_prev, params):
    """One step of the recurrence.

    x: (B,) ids. h_prev: (B, H). params: "Wx" (V, H), "Wh" (H, H), "bh" (H,).
    Returns h (B, H), the memory after reading x, and a cache for `rnn_step_backward`.
    """
    ### BEGIN SOLUTION
    h = np.tanh(params["Wx"][x] + h_prev @ params["Wh"] + params["bh"])
    return h, (x, h_prev, h, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_rnn_step_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

rng = np.random.default_rng(0)
params = {"Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5)}
check_shapes(rnn_step_forward, {"x": np.array([2, 0, 2]), "h_prev": np.ones((3, 5)), "params": params}, [(3, 5)])

params = {
    "Wx": np.array([[0.0, 0.1], [0.2, 0.3], [0.4, 0.5]]),
    "Wh": np.array([[1.0, 2.0], [3.0, 4.0]]),
    "bh": np.array([-0.1, 0.2]),
}
check_values(
    rnn_step_forward, {"x": np.array([2, 1]), "h_prev": np.array([[0.1, -0.2], [0.3, 0.0]]), "params": params},
    np.array([[-0.19737532, 0.09966799], [0.37994896, 0.80049902]]),
)
# The same in float32, which should stay float32.
check_values(
    rnn_step_forward,
    {
        "x": np.array([2, 1]), "h_prev": np.array([[0.1, -0.2], [0.3, 0.0]], "float32"),
        "params": {"Wx": params["Wx"].astype("float32"), "Wh": params["Wh"].astype("float32"), "bh": params["bh"].astype("float32")},
    },
    np.array([[-0.19737532, 0.09966799], [0.37994896, 0.80049902]], "float32"), tolerance=1e-4,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5)}
x = rng.integers(2, 5, size=4)
h_prev = rng.normal(size=(4, 5))
check_values(
    rnn_step_forward, {"x": x, "h_prev": h_prev, "params": params}, reference.rnn_step_forward,
    says="One step forward is tried with random weights and memories and with repeated characters.",
)
single = {"Wx": params["Wx"].astype("float32"), "Wh": params["Wh"].astype("float32"), "bh": params["bh"].astype("float32")}
check_values(
    rnn_step_forward, {"x": x, "h_prev": h_prev.astype("float32"), "params": single}, reference.rnn_step_forward,
    tolerance=1e-4, says="One step forward is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The step backward
#
# Now somebody gives you `dh` $= \partial L / \partial h$, shape $(B, H)$: how the loss would change if this memory
# changed. You pass it on to everything that made $h$.
#
# First through the $\tanh$. Its derivative is $1 - \tanh^2 z = 1 - h^2$, so you need only $h$, not $z$:
#
# $$dz = dh \odot (1 - h^2) \qquad (B, H)$$
#
# Then through the sum $z = W_x[x] + h_{\text{prev}} W_h + b_h$. A sum hands the same $dz$ to each of its parts:
#
# $$
# \begin{aligned}
# dh_{\text{prev}} &= dz\, W_h^\top & (B,H)(H,H) &\to (B,H)\\
# dW_h &= h_{\text{prev}}^\top\, dz & (H,B)(B,H) &\to (H,H)\\
# db_h &= \textstyle\sum_b dz_b & (B,H) &\to (H,)\\
# dW_x[v] &= \textstyle\sum_{b\,:\,x_b = v} dz_b & (B,H) &\to (V,H)
# \end{aligned}
# $$
#
# If you are in doubt where a transpose goes, the shapes mostly tell, but not here: $W_h$ is square, so $dz\, W_h$ has the shape of $dh_{\text{prev}}$, too, and $dz^\top h_{\text{prev}}$ that of $dW_h$. Ask for
# a single number instead. $z_j = \sum_i h_i\, (W_h)_{ij} + \dots$ says that $h_i$ reaches every $z_j$ by way of row $i$ of $W_h$, so it collects $\sum_j dz_j\, (W_h)_{ij}$: entry $i$ of $dz\, W_h^\top$.
#
# **The trap in the last line** is that of 01b and 02: two readers may see the same character, and then row $v$ collects from both. `dWx[x] += dz`
# loses one of them, as the next cell shows once more.

# %% nbgrader={"grade": false, "grade_id": "scatter_add", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
x = np.array([1, 1, 1])
lost, summed = np.zeros(3), np.zeros(3)
lost[x] += 10.0
np.add.at(summed, x, 10.0)
print("lost[x] += 10           ", lost)
print("np.add.at(summed, x, 10)", summed)


# %% nbgrader={"grade": false, "grade_id": "rnn_step_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_step_backward(dh, cache):
    """The gradients of one step.

    dh: (B, H), the gradient of the loss with respect to h. cache: from `rnn_step_forward`.
    Returns dh_prev (B, H) and grads: "Wx" (V, H), "Wh" (H, H), "bh" (H,).
    """
    ### BEGIN SOLUTION
    x, h_prev, h, params = cache
    dz = dh * (1 - h**2)
    dWx = np.zeros_like(params["Wx"])
    np.add.at(dWx, x, dz)
    grads = {"Wx": dWx, "Wh": h_prev.T @ dz, "bh": dz.sum(axis=0)}
    return dz @ params["Wh"].T, grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_rnn_step_backward", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(1)
params = {"Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5)}
check_gradients(
    rnn_step_forward, rnn_step_backward,
    {"x": np.array([2, 0, 2]), "h_prev": rng.normal(size=(3, 5)), "params": params},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wx": rng.normal(size=(7, 6)), "Wh": rng.normal(size=(6, 6)), "bh": rng.normal(size=6)}
check_gradients(
    rnn_step_forward, rnn_step_backward,
    {"x": rng.permutation(7)[:4], "h_prev": rng.normal(size=(4, 6)), "params": params},
    reference=reference.rnn_step_forward,
    says="The gradients of one step are compared with central differences; all characters differ.",
)
check_gradients(
    rnn_step_forward, rnn_step_backward,
    {"x": rng.integers(2, 5, size=4), "h_prev": rng.normal(size=(4, 6)), "params": params},
    reference=reference.rnn_step_forward,
    says="The gradients of one step are compared with central differences; some characters repeat.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Through time
#
# ### Forward: the same step, $T$ times
#
# $$h_t = \tanh\bigl(W_x[x_t] + h_{t-1} W_h + b_h\bigr), \qquad t = 1, \dots, T$$
#
# The input is now a **chunk** of text for each reader: `x` has shape $(B, T)$, batch first. You start from a given memory
# `h0` $(B, H)$ and keep *all* memories, because each of them will have to predict a character: `hs` has shape $(B, T, H)$.
# Python counts from 0, so `hs[:, t]` holds $h_{t+1}$, and the memory before it is `hs[:, t - 1]`, or `h0` when
# `t` is 0.
#
# This loop over $t$ cannot be avoided, nor the one backward: $h_t$ needs $h_{t-1}$. Everything else in the model
# works on all $B \cdot T$ characters at once.

# %% nbgrader={"grade": false, "grade_id": "rnn_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_forward(x, h0, params):
    """Read a chunk of T characters.

    x: (B, T) ids. h0: (B, H), the memory before the first character.
    params: "Wx" (V, H), "Wh" (H, H), "bh" (H,).
    Returns hs (B, T, H), the memory after each character, and a cache for `rnn_backward`.
    """
    ### BEGIN SOLUTION
    z = params["Wx"][x.T] + params["bh"]  # (T, B, H): what does not need h, for all steps at once
    hs = np.empty_like(z)
    h = h0
    for t in range(len(z)):
        h = np.tanh(z[t] + h @ params["Wh"], out=hs[t])
    return hs.swapaxes(0, 1), (x, h0, hs, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_rnn_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

rng = np.random.default_rng(2)
params = {"Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5)}
x = np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]])
check_shapes(
    rnn_forward, {"x": x, "h0": rng.normal(size=(3, 5)), "params": params}, [(3, 4, 5)], given=["rnn_step_forward"],
)

params = {"Wx": np.array([[0.5], [-1.0]]), "Wh": np.array([[2.0]]), "bh": np.array([0.1])}
x = np.array([[0, 1, 0], [1, 1, 0]])
check_values(
    rnn_forward, {"x": x, "h0": np.array([[0.2], [-0.3]]), "params": params},
    np.array([[[0.76159416], [0.55334401], [0.93623993]], [[-0.90514825], [-0.99118994], [-0.88148306]]]),
    given=["rnn_step_forward"],
)
# The same in float32, which should stay float32.
check_values(
    rnn_forward,
    {
        "x": x, "h0": np.array([[0.2], [-0.3]], "float32"),
        "params": {"Wx": params["Wx"].astype("float32"), "Wh": params["Wh"].astype("float32"), "bh": params["bh"].astype("float32")},
    },
    np.array([[[0.76159416], [0.55334401], [0.93623993]], [[-0.90514825], [-0.99118994], [-0.88148306]]], "float32"),
    tolerance=1e-4, given=["rnn_step_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5)}
x = rng.integers(2, 5, size=(4, 3))
h0 = rng.normal(size=(4, 5))
check_values(
    rnn_forward, {"x": x, "h0": h0, "params": params}, reference.rnn_forward,
    given=["rnn_step_forward"],
    says="Reading a chunk is tried with random weights and a random first memory.",
)
single = {"Wx": params["Wx"].astype("float32"), "Wh": params["Wh"].astype("float32"), "bh": params["bh"].astype("float32")}
check_values(
    rnn_forward, {"x": x, "h0": h0.astype("float32"), "params": single}, reference.rnn_forward,
    given=["rnn_step_forward"], tolerance=1e-4, says="Reading a chunk is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Backward: backpropagation through time
#
# Here is the heart of the notebook. It needs no new calculus, only two observations.
#
# **1. Every memory is used twice.** $h_t$ predicts character $t+1$ (arrow up), and it is handed to the next step (arrow
# right). Two arrows leave it, so two gradients come back, and **they add**:
#
# $$dh_t = \underbrace{\text{dhs}_t}_{\text{from its own prediction}} + \underbrace{dz_{t+1}\, W_h^\top}_{\text{from the future}} \qquad (B, H)$$
#
# **2. Every weight is used $T$ times.** Its gradient is the sum of what all the steps say.
#
# That is reverse-mode differentiation, as in 01a, on the unrolled graph.

# %% nbgrader={"grade": false, "grade_id": "draw_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
draw_unrolled(backward=True)


# %% [markdown]
# Follow the red arrows from right to left. At the last step there is no future yet, so $dh_T = \text{dhs}_T$. (That is the 0 at the right edge. Why it is called truncated, the end of part 3 tells.)
# Then, for $t = T, T-1, \dots, 1$:
#
# $$
# \begin{aligned}
# dz_t &= dh_t \odot (1 - h_t^2) & &(B, H)\\
# dh_{t-1} &= \text{dhs}_{t-1} + dz_t\, W_h^\top & (B,H)(H,H) \to &\,(B, H)
# \end{aligned}
# $$
#
# and what arrives at the left end, $dz_1 W_h^\top$, is the gradient of `h0`: $(B, H)$; there is no $\text{dhs}_0$, because $h_0$ makes no prediction. (Python counts from 0: $\text{dhs}_t$ is `dhs[:, t - 1]`, and an index of $-1$, one step too far,
# raises nothing but is the last place.) That is all of BPTT: walk backwards, and
# at each step add the gradient that comes from above.
#
# **By hand, once.** Take $B = H = 1$, three steps, and a loss that looks only at $h_3$, with $\partial L/\partial h_3 = 1$.
# Write $s_t = 1 - h_t^2$ for the slopes and $w$ for the one weight in $W_h$. The recipe gives
#
# $$dz_3 = s_3, \qquad dz_2 = s_3\, w\, s_2, \qquad dz_1 = s_3\, w\, s_2\, w\, s_1$$
#
# $$\frac{\partial L}{\partial w} = dz_3\, h_2 + dz_2\, h_1 + dz_1\, h_0 \qquad\text{one term for each time that } w \text{ was used.}$$
#
# Look at $dz_1$: every step back in time multiplies by one more $w$ and one more slope $s_t \le 1$. Keep that in mind; in part 6 it
# comes back as the great weakness of this network.
#
# **The weights, without a loop.** Collect all $dz_t$ in one array `dz` of shape $(B, T, H)$. The sums over $t$ *and*
# over $b$ are then one matrix product, if you treat the chunk as $B \cdot T$ rows:
#
# $$
# \begin{aligned}
# dW_h &= \textstyle\sum_t h_{t-1}^\top\, dz_t & (H, B T)(B T, H) &\to (H, H)\\
# db_h &= \textstyle\sum_{b,t} dz_{b,t} & (B, T, H) &\to (H,)\\
# dW_x[v] &= \textstyle\sum_{b,t\,:\,x_{b,t}=v} dz_{b,t} & (B, T, H) &\to (V, H)
# \end{aligned}
# $$
#
# The memories $h_{t-1}$ are `h0` followed by all of `hs` but the last: shape $(B, T, H)$ again.
# `np.add.at(dWx, x, dz)` takes `x` $(B, T)$ and `dz` $(B, T, H)$ as they are.
#
# You may call `rnn_step_backward` in the loop and add up its `grads` instead. It is just as right, and about twice as slow to train.

# %% nbgrader={"grade": false, "grade_id": "rnn_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_backward(dhs, cache):
    """Backpropagation through time.

    dhs: (B, T, H), the gradient that each memory gets from its own prediction. It does not hold what
    comes from later steps: adding that is the work of this function.
    cache: from `rnn_forward`.
    Returns dh0 (B, H) and grads: "Wx" (V, H), "Wh" (H, H), "bh" (H,).
    """
    ### BEGIN SOLUTION
    x, h0, hs, params = cache
    T, B, H = hs.shape
    dz, dh = 1 - hs**2, np.zeros_like(h0)
    for t in reversed(range(T)):
        dz[t] *= dhs[:, t] + dh
        dh = dz[t] @ params["Wh"].T
    h_prev = np.concatenate([h0[None], hs[:-1]]).reshape(T * B, H)
    dz = dz.reshape(T * B, H)
    one_hot = np.eye(len(params["Wx"]), dtype=dz.dtype)[x.T.ravel()]  # (T B, V)
    return dh, {"Wx": one_hot.T @ dz, "Wh": h_prev.T @ dz, "bh": dz.sum(axis=0)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_rnn_backward", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(3)
params = {"Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5)}
x = np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]])
check_gradients(
    rnn_forward, rnn_backward, {"x": x, "h0": rng.normal(size=(3, 5)), "params": params},
    given=["rnn_step_forward", "rnn_step_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wx": rng.normal(size=(8, 6)), "Wh": rng.normal(size=(6, 6)), "bh": rng.normal(size=6)}
check_gradients(
    rnn_forward, rnn_backward,
    {"x": rng.permuted(np.tile(np.arange(8), (2, 1)), axis=1)[:, :3], "h0": rng.normal(size=(2, 6)), "params": params},
    reference=reference.rnn_forward, given=["rnn_step_forward", "rnn_step_backward"],
    says="Backpropagation through time is compared with central differences on a short chunk.",
)
check_gradients(
    rnn_forward, rnn_backward,
    {"x": rng.integers(2, 5, size=(3, 5)), "h0": rng.normal(size=(3, 6)), "params": params},
    reference=reference.rnn_forward, given=["rnn_step_forward", "rnn_step_backward"],
    says="Backpropagation through time is compared with central differences on a longer chunk in which characters repeat.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. From memory to loss
#
# ### Readout
#
# Each memory has to name the next character. One linear layer, the **output layer**, turns it into $V$ scores, the logits:
#
# $$\text{logits} = \text{hs}\; W_y + b_y \qquad (B,T,H)(H,V) \to (B,T,V)$$
#
# `@` works on the last axis, so one expression does all $B \cdot T$ positions.

# %% nbgrader={"grade": false, "grade_id": "readout_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def readout_forward(hs, params):
    """Scores for the next character at every position.

    hs: (B, T, H). params: "Wy" (H, V), "by" (V,).
    Returns logits (B, T, V) and a cache for `readout_backward`.
    """
    ### BEGIN SOLUTION
    return hs @ params["Wy"] + params["by"], (hs, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_readout_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

hs = np.array([[[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]])
params = {"Wy": np.array([[1.0, 0.0, -1.0, 2.0], [0.5, 1.0, 0.0, -2.0]]), "by": np.array([0.0, 0.1, 0.2, 0.3])}
check_values(
    readout_forward, {"hs": hs, "params": params},
    np.array([[[2.0, 2.1, -0.8, -1.7], [-0.5, -0.9, 0.2, 2.3], [3.25, 0.6, -2.8, 5.3]]]),
)
# Two readers in float32, which should stay float32.
check_values(
    readout_forward,
    {"hs": np.array([[[1.0, 2.0]], [[3.0, 0.5]]], "float32"), "params": {name: p.astype("float32") for name, p in params.items()}},
    np.array([[[2.0, 2.1, -0.8, -1.7]], [[3.25, 0.6, -2.8, 5.3]]], "float32"), tolerance=1e-5,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wy": rng.normal(size=(5, 7)), "by": rng.normal(size=7)}
check_values(
    readout_forward, {"hs": rng.normal(size=(3, 4, 5)), "params": params}, reference.readout_forward,
    says="The readout is tried with random memories and weights.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward it is a linear layer as always, except that the sum runs over batch *and* time. Flatten both to
# $B \cdot T$ rows for the weights:
#
# $$
# \begin{aligned}
# d\text{hs} &= d\text{logits}\; W_y^\top & (B,T,V)(V,H) &\to (B,T,H)\\
# dW_y &= \textstyle\sum_{b,t} \text{hs}_{b,t}^\top\, d\text{logits}_{b,t} & (H, BT)(BT, V) &\to (H,V)\\
# db_y &= \textstyle\sum_{b,t} d\text{logits}_{b,t} & (B,T,V) &\to (V,)
# \end{aligned}
# $$

# %% nbgrader={"grade": false, "grade_id": "readout_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def readout_backward(dlogits, cache):
    """The gradients of the readout.

    dlogits: (B, T, V). cache: from `readout_forward`.
    Returns dhs (B, T, H) and grads: "Wy" (H, V), "by" (V,).
    """
    ### BEGIN SOLUTION
    hs, params = cache
    H, V = params["Wy"].shape
    grads = {"Wy": hs.reshape(-1, H).T @ dlogits.reshape(-1, V), "by": dlogits.sum(axis=(0, 1))}
    return dlogits @ params["Wy"].T, grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_readout_backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(4)
params = {"Wy": rng.normal(size=(5, 7)), "by": rng.normal(size=7)}
check_gradients(readout_forward, readout_backward, {"hs": rng.normal(size=(2, 3, 5)), "params": params})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wy": rng.normal(size=(5, 8)), "by": rng.normal(size=8)}
check_gradients(
    readout_forward, readout_backward, {"hs": rng.normal(size=(3, 4, 5)), "params": params},
    reference=reference.readout_forward,
    says="The gradients of the readout are compared with central differences.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Cross-entropy
#
# The loss of 01b, now averaged over all $N = B \cdot T$ positions:
#
# $$p_{b,t} = \operatorname{softmax}(\text{logits}_{b,t}) \;\;(V,) \qquad\qquad L = -\frac{1}{N}\sum_{b,t} \ln p_{b,t}[\text{target}_{b,t}] \;\;()$$
#
# As there: take off the largest logit of each position first, $\ln p = z - \ln\sum_v e^{z_v}$ with $z = \text{logits} - \max_v \text{logits}$, and
# `np.take_along_axis(log_p, targets[..., None], axis=-1)` picks the targets' entries, shape $(B, T, 1)$. If you wrote it for any number of axes in 01b, your own code does.

# %% nbgrader={"grade": false, "grade_id": "cross_entropy_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy_forward(logits, targets):
    """The mean cross-entropy in nats per character; finite also for huge logits.

    logits: (B, T, V). targets: (B, T) ids.
    Returns loss, a single number, and a cache for `cross_entropy_backward`.
    """
    ### BEGIN SOLUTION
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    loss = -np.take_along_axis(log_p, targets[..., None], axis=-1).mean()
    return loss, (log_p, targets)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import check_values

targets = np.array([[1, 0, 3], [2, 2, 1]])
check_values(cross_entropy_forward, {"logits": np.zeros((2, 3, 46)), "targets": targets}, math.log(46))
logits = np.array([[[1000.0, 0.0, 0.0, 0.0], [0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, -1000.0]]])
check_values(cross_entropy_forward, {"logits": logits, "targets": np.array([[0, 2, 1]])}, 0.84626733)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    cross_entropy_forward, {"logits": rng.normal(scale=3, size=(3, 4, 7)), "targets": rng.integers(0, 7, size=(3, 4))},
    reference.cross_entropy_forward, says="The loss is tried with random logits.",
)
check_values(
    cross_entropy_forward,
    {"logits": rng.normal(scale=3000, size=(3, 4, 7)) + 5000, "targets": rng.integers(0, 7, size=(3, 4))},
    reference.cross_entropy_forward, says="The loss is tried with huge logits.",
)
### END HIDDEN TESTS

# %% [markdown]
# Its gradient is still the nicest in the course: what you predicted minus what was right.
#
# $$d\text{logits}_{b,t} = \frac{d\text{loss}}{N}\,\bigl(p_{b,t} - \text{onehot}(\text{target}_{b,t})\bigr) \qquad (B, T, V)$$

# %% nbgrader={"grade": false, "grade_id": "cross_entropy_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy_backward(dloss, cache):
    """The gradient of the mean cross-entropy.

    dloss: a number, 1.0 when the loss is all that counts. cache: from `cross_entropy_forward`.
    Returns dlogits (B, T, V).
    """
    ### BEGIN SOLUTION
    log_p, targets = cache
    dlogits = np.exp(log_p)
    B, T = targets.shape
    dlogits[np.arange(B)[:, None], np.arange(T), targets] -= 1
    return dlogits * (dloss / targets.size)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_backward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(5)
check_gradients(
    cross_entropy_forward, cross_entropy_backward,
    {"logits": rng.normal(size=(2, 3, 7)), "targets": np.array([[1, 0, 3], [2, 2, 6]])},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    cross_entropy_forward, cross_entropy_backward,
    {"logits": rng.normal(scale=2, size=(3, 4, 8)), "targets": rng.integers(0, 3, size=(3, 4))},
    reference=reference.cross_entropy_forward,
    says="The gradient of the loss is compared with central differences.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The whole model
#
# Plug the three parts together. `model_forward` has **two** results: the loss of this chunk, and the last memory
# `h_last` $(B, H)$, with which the next chunk will start.
#
# $$x, h_0 \;\xrightarrow{\text{rnn}}\; \text{hs} \;\xrightarrow{\text{readout}}\; \text{logits} \;\xrightarrow{\text{cross-entropy}}\; L \qquad\qquad h_{\text{last}} = \text{hs}[:, -1]$$

# %% nbgrader={"grade": false, "grade_id": "model_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def model_forward(x, targets, h0, params):
    """The loss of one chunk, and the memory after it.

    x, targets: (B, T) ids. h0: (B, H). params: "Wx", "Wh", "bh", "Wy", "by".
    Returns loss (a number), h_last (B, H) and a cache for `model_backward`.
    """
    ### BEGIN SOLUTION
    hs, rnn_cache = rnn_forward(x, h0, params)
    logits, readout_cache = readout_forward(hs, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, hs[:, -1], (rnn_cache, readout_cache, loss_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_model_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import check_values

params = {
    "Wx": np.zeros((7, 2)), "Wh": np.array([[0.0, 1.0], [1.0, 0.0]]), "bh": np.array([0.5, -0.5]),
    "Wy": np.zeros((2, 7)), "by": np.zeros(7),
}
x = np.array([[1, 0, 4], [2, 2, 6], [5, 3, 1]])
h_last = np.array([[0.43182292, -0.43182292], [0.43182292, -0.43182292], [0.43182292, -0.43182292]])
check_values(
    model_forward, {"x": x, "targets": x[:, ::-1], "h0": np.zeros((3, 2)), "params": params},
    (math.log(7), h_last), given=["rnn_forward", "readout_forward", "cross_entropy_forward"],
)
# Weights at random, and memories to begin with.
rng = np.random.default_rng(7)
params = {
    "Wx": rng.normal(size=(3, 2)), "Wh": rng.normal(size=(2, 2)), "bh": rng.normal(size=2),
    "Wy": rng.normal(size=(2, 3)), "by": rng.normal(size=3),
}
x = np.array([[1, 0, 2], [2, 2, 0]])
check_values(
    model_forward, {"x": x, "targets": x[::-1], "h0": np.array([[0.5, -0.5], [-1.0, 1.0]]), "params": params},
    (1.446029574, np.array([[-0.312037485, -0.606673837], [0.665552586, 0.925509380]])), given=["rnn_forward", "readout_forward", "cross_entropy_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5),
    "Wy": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
check_values(
    model_forward,
    {"x": rng.integers(0, 7, size=(3, 4)), "targets": rng.integers(0, 7, size=(3, 4)), "h0": rng.normal(size=(3, 5)), "params": params},
    reference.model_forward,
    given=["rnn_forward", "readout_forward", "cross_entropy_forward"],
    says="The loss and the last memory are tried with random weights.",
)
### END HIDDEN TESTS

# %% [markdown]
# Two results forward means two gradients coming in: `dloss`, a number, and `dh_last` $(B, H)$, what the *next*
# chunk says about our last memory. Go through the three parts in reverse. There is one place to think: $h_T$ gets
# a gradient from its own prediction and now also `dh_last` from outside. You know what to do with two gradients
# that meet in one place.
#
# The result is `dh0` and one dict with all five gradients: `{**some, **others}` joins two dicts.

# %% nbgrader={"grade": false, "grade_id": "model_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def model_backward(dloss, dh_last, cache):
    """The gradients of one chunk.

    dloss: a number. dh_last: (B, H). cache: from `model_forward`.
    Returns dh0 (B, H) and grads with the keys "Wx", "Wh", "bh", "Wy", "by".
    """
    ### BEGIN SOLUTION
    rnn_cache, readout_cache, loss_cache = cache
    dlogits = cross_entropy_backward(dloss, loss_cache)
    dhs, readout_grads = readout_backward(dlogits, readout_cache)
    dhs[:, -1] += dh_last
    dh0, rnn_grads = rnn_backward(dhs, rnn_cache)
    return dh0, {**rnn_grads, **readout_grads}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_model_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(6)
params = {
    "Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5),
    "Wy": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
x = np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]])
check_gradients(
    model_forward, model_backward,
    {"x": x, "targets": (x + 2) % 7, "h0": rng.normal(size=(3, 5)), "params": params},
    given=[
        "rnn_forward", "rnn_backward", "readout_forward", "readout_backward",
        "cross_entropy_forward", "cross_entropy_backward",
    ],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 6)), "Wh": rng.normal(size=(6, 6)), "bh": rng.normal(size=6),
    "Wy": rng.normal(size=(6, 7)), "by": rng.normal(size=7),
}
check_gradients(
    model_forward, model_backward,
    {"x": rng.integers(2, 5, size=(4, 3)), "targets": rng.integers(0, 7, size=(4, 3)), "h0": rng.normal(size=(4, 6)), "params": params},
    reference=reference.model_forward, projections=4,
    given=[
        "rnn_forward", "rnn_backward", "readout_forward", "readout_backward",
        "cross_entropy_forward", "cross_entropy_backward",
    ],
    says="The gradients of the whole model are compared with central differences along random directions.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Truncated BPTT is one zero
#
# A book is too long to unroll: the computer would have to store 130,000 steps for a single update. So you cut it into chunks of
# $T$ characters. Look at what `h0`, `h_last`, `dh0` and `dh_last` are good for:
#
# - **Exact**: forward through chunk 1, hand `h_last` to chunk 2 as its `h0`. Backward through chunk 2, hand its `dh0` to
#   chunk 1 as `dh_last`. You get the gradient of the uncut text, to the last digit.
# - **Truncated** (**truncated backpropagation through time**): the same, but chunk 1 gets `dh_last` = 0. The memory still flows forward without end; only the
#   blame stops at the border of the chunk.
#
# The next cell compares both with one uncut chunk.
#
# **Predict.** Which of these gradients stays exact when it is truncated?
#
# - a) $dW_x$
# - b) $dW_h$
# - c) $dW_y$
# - d) none of the three

# %% tags=["question"]
guess_truncated = "c"  # "a", "b", "c" or "d"
predict("truncated", guess_truncated, "ef85cd91")


# %% nbgrader={"grade": false, "grade_id": "cut_in_two", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def compare_cuts(T=24, H=16, seed=0):
    """How far the gradients of a text cut in two are from those of the uncut text."""
    rng = np.random.default_rng(seed)
    params = {name: rng.normal(size=shape) / np.sqrt(H) for name, shape in
              {"Wx": (V, H), "Wh": (H, H), "bh": (H,), "Wy": (H, V), "by": (V,)}.items()}
    x, targets, h0 = corpus.train[None, 1600 : 1600 + T], corpus.train[None, 1601 : 1601 + T], np.zeros((1, H))
    half, zero = T // 2, np.zeros((1, H))

    _, _, cache = model_forward(x, targets, h0, params)
    _, whole = model_backward(1.0, zero, cache)

    _, h_middle, cache_1 = model_forward(x[:, :half], targets[:, :half], h0, params)
    _, _, cache_2 = model_forward(x[:, half:], targets[:, half:], h_middle, params)
    dh_middle, second = model_backward(0.5, zero, cache_2)  # each half is half of the mean loss
    _, chained = model_backward(0.5, dh_middle, cache_1)
    _, truncated = model_backward(0.5, zero, cache_1)

    for name, first in {"exact (dh0 handed over)": chained, "truncated (zero instead)": truncated}.items():
        errors = {k: np.linalg.norm(first[k] + second[k] - whole[k]) / np.linalg.norm(whole[k]) for k in ("Wx", "Wh", "bh", "Wy")}
        print(f"{name:26}" + "   ".join(f"d{k} off by {e:.1e}" for k, e in errors.items()))


compare_cuts()


# %% [markdown]
# The exact way agrees up to rounding. The truncated one is off by about a fifth (with chunks of 12 characters; the
# longer the chunks, the less is lost), except for $dW_y$: $W_y$ stands behind the memory, so its gradient needs the memories and what each prediction says, and both are the same. Only what must travel back in time is lost. That is the
# price. What it buys: the computer stores one chunk, however long the book is, and there is one update per chunk instead of one per book.

# %% [markdown]
# ## 4. Training
#
# ### Clip the gradients
#
# In Wonderland, EAT ME makes Alice grow until her head hits the ceiling. Walking back through time multiplies by $W_h^\top$ again and
# again, and once in a while that makes a gradient explode (the **exploding gradient**). One such step can throw away everything learned so far.
#
# The picture has a network with one cell and one weight $w$, which takes eight steps of time. Just left of the wall the memory ends up near $-1$, right of it near 1, and in between a tiny change of $w$ decides. Who stands
# on the wall and goes as far as the slope says lands far away from the floor that was next to it.

# %% nbgrader={"grade": false, "grade_id": "draw_wall", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_wall(T=8, w=2.0877, rate=0.02, limit=10):
    """The loss over the only weight of a memory of one number, and a step from the wall, as it is and clipped."""
    from autograder import BLUE, GREEN, RED, canvas, show_figure

    def loss(w):
        h = 0.5
        for _ in range(T):
            h = np.tanh(w * h - 0.5)
        return (h + 0.96) ** 2

    slope = (loss(w + 1e-6) - loss(w - 1e-6)) / 2e-6
    weights = np.linspace(-0.8, 3.0, 4001)
    figure, axes = canvas(9, 3.8)
    axes.plot(weights, loss(weights), color=BLUE, linewidth=2.2)
    for step, colour, text, bend in ((rate * slope, RED, f"as it is: slope {slope:.0f}", 0.15), (rate * limit, GREEN, f"clipped to {limit}", 0.3)):
        axes.annotate("", (w - step, loss(w - step)), (w, loss(w)), arrowprops={
            "arrowstyle": "-|>", "color": colour, "linewidth": 2, "connectionstyle": f"arc3,rad={bend}", "shrinkA": 6})
        axes.plot(w - step, loss(w - step), "o", color=colour, markersize=7)
        axes.text(w - step, loss(w - step) + (0.5 if step > 1 else -0.32), text, color=colour, ha="center", fontsize=11)
    axes.plot(w, loss(w), "o", color=BLUE, markersize=9)
    axes.text(w + 0.08, loss(w), "here", color=BLUE, va="center", fontsize=11)
    axes.set(xlabel="the weight w", ylabel="loss after 8 steps", ylim=(-0.5, 4), title="One cell, one weight, and a learning rate of 0.02")
    axes.spines[["top", "right"]].set_visible(False)
    show_figure(
        figure,
        "The loss over the weight w: a floor near 0 from w = 0.8 on, which ends at w = 2.1 in a wall that is higher than 3. From a place half-way up the wall a step as long as the slope "
        "of 102 says lands far left, at w = 0; clipped to 10 it lands on the floor beside the wall.",
    )


draw_wall()


# %% [markdown]
# The remedy is blunt, and called **gradient clipping**: measure the length of the *whole* gradient, all arrays together (the **global norm**), and shorten it if it is too long.
#
# $$\|g\| = \sqrt{\textstyle\sum_{\text{arrays}} \sum_{\text{entries}} g_i^2} \;\;() \qquad\qquad g \leftarrow g \cdot \min\Bigl(1, \frac{\text{max}\_\text{norm}}{\|g\|}\Bigr) \;\;\text{(every array keeps its shape)}$$
#
# All arrays are scaled by the *same* factor, so the direction stays. A gradient that is short enough stays as it is,
# also when it is zero.
#
# Mind the dtype: `np.sqrt(...)` and `np.vdot(...)` return NumPy scalars, and a `np.float64` scalar would turn your float32 arrays into
# float64. `float(...)` or `math.sqrt(...)` makes an ordinary Python number of it, which does not.

# %% nbgrader={"grade": false, "grade_id": "clip_gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_gradients(grads, max_norm):
    """Shorten the gradient to `max_norm` if it is longer.

    grads: dict of arrays. max_norm: a number above 0.
    Returns clipped, a dict like grads, and norm, the length before clipping as a Python float.
    """
    ### BEGIN SOLUTION
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in grads.values()))
    scale = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return {name: g * scale for name, g in grads.items()}, norm
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_clip_gradients", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

grads = {"W": np.array([[1.0, 2.0, 2.0], [0.0, 4.0, 0.0]]), "b": np.array([0.0, 12.0, 0.0])}
check_values(
    clip_gradients, {"grads": grads, "max_norm": 6.5},
    ({"W": np.array([[0.5, 1.0, 1.0], [0.0, 2.0, 0.0]]), "b": np.array([0.0, 6.0, 0.0])}, 13.0),
)
check_values(clip_gradients, {"grads": grads, "max_norm": 20.0}, (grads, 13.0))
# A gradient of zeros stays one; and float32 stays float32.
check_values(clip_gradients, {"grads": {"U": np.zeros((2, 3))}, "max_norm": 0.5}, ({"U": np.zeros((2, 3))}, 0.0))
check_values(
    clip_gradients, {"grads": {"U": np.array([3.0, -4.0], "float32")}, "max_norm": 1.0},
    ({"U": np.array([0.6, -0.8], "float32")}, 5.0), tolerance=1e-5,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
grads = {"Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5)}
check_values(
    clip_gradients, {"grads": grads, "max_norm": 1.5}, reference.clip_gradients,
    says="Clipping is tried on a long gradient.",
)
check_values(
    clip_gradients, {"grads": grads, "max_norm": 50.0}, reference.clip_gradients,
    says="Clipping is tried on a gradient that is short enough.",
)
check_values(
    clip_gradients, {"grads": {"Wh": np.zeros((3, 2)), "bh": np.zeros(2)}, "max_norm": 1.5}, reference.clip_gradients,
    says="Clipping is tried on a gradient of zeros.",
)
single = {"Wx": grads["Wx"].astype("float32"), "bh": grads["bh"].astype("float32")}
check_values(
    clip_gradients, {"grads": single, "max_norm": 1.5}, reference.clip_gradients, tolerance=1e-4,
    says="Clipping is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Adam
#
# Plain gradient descent takes the same learning rate for all parameters. In an RNN that works badly: the row of $W_x$ for `e`
# gets a gradient all the time, the row for `z` almost never. **Adam** keeps two running means for each
# parameter, of the gradient and of its square (its **first and second moment**), and divides one by the root of the other. Each parameter then moves by
# about the learning rate, whatever the size of its gradient: an **adaptive learning rate**. The first mean does what momentum did in 02.
#
# At update number $t = 1, 2, 3, \dots$, for each array, element by element (all have the parameter's shape):
#
# $$
# \begin{aligned}
# m &\leftarrow \beta_1 m + (1-\beta_1)\, g & v &\leftarrow \beta_2 v + (1-\beta_2)\, g^2\\
# \hat m &= m / (1 - \beta_1^t) & \hat v &= v / (1 - \beta_2^t)\\
# \theta &\leftarrow \theta - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)
# \end{aligned}
# $$
#
# **Why the hats?** They are the **bias correction**. $m$ and $v$ start at zero and are too small at first. At $t = 1$: $m = 0.1\, g$ and $v = 0.001\, g^2$. Without
# correction the first step would be $0.1 / \sqrt{0.001} \approx 3$ times too long. With it, $\hat m = g$ and $\hat v = g^2$,
# exactly.
#
# The state is a dict: `"t"`, the number of updates so far, and `"m"` and `"v"`, dicts like `params`. `adam_start` makes the first one.

# %% nbgrader={"grade": false, "grade_id": "adam_start", "locked": true, "schema_version": 3, "solution": false, "task": false}
def adam_start(params):
    """Adam's state before the first update."""
    return {
        "t": 0,
        "m": {name: np.zeros_like(p) for name, p in params.items()},
        "v": {name: np.zeros_like(p) for name, p in params.items()},
    }


# %% nbgrader={"grade": false, "grade_id": "adam_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """One update.

    params, grads: dicts with the same keys and shapes.
    state: {"t": updates so far, "m": dict like params, "v": dict like params}.
    Returns the new params and the new state. Nothing that came in is changed.
    """
    ### BEGIN SOLUTION
    t = state["t"] + 1
    m = {k: beta1 * state["m"][k] + (1 - beta1) * g for k, g in grads.items()}
    v = {k: beta2 * state["v"][k] + (1 - beta2) * g**2 for k, g in grads.items()}
    new_params = {
        k: p - learning_rate * (m[k] / (1 - beta1**t)) / (np.sqrt(v[k] / (1 - beta2**t)) + epsilon)
        for k, p in params.items()
    }
    return new_params, {"t": t, "m": m, "v": v}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_adam_step", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"W": np.array([[1.0, -1.0, 0.5]]), "b": np.array([2.0])}
grads = {"W": np.array([[10.0, -0.01, 0.0]]), "b": np.array([3.0])}
state = {
    "t": 0, "m": {"W": np.zeros((1, 3)), "b": np.zeros(1)}, "v": {"W": np.zeros((1, 3)), "b": np.zeros(1)},
}
check_values(
    adam_step, {"params": params, "grads": grads, "state": state, "learning_rate": 0.1},
    (
        {"W": np.array([[0.9, -0.9, 0.5]]), "b": np.array([1.9])},
        {
            "t": 1,
            "m": {"W": np.array([[1.0, -0.001, 0.0]]), "b": np.array([0.3])},
            "v": {"W": np.array([[0.1, 1e-7, 0.0]]), "b": np.array([0.009])},
        },
    ),
)
# In the middle of training, with other values of beta and epsilon, in float32, which should stay float32.
check_values(
    adam_step,
    {
        "params": {"U": np.array([1.0, -2.0], "float32")}, "grads": {"U": np.array([0.5, 2.0], "float32")},
        "state": {"t": 3, "m": {"U": np.array([0.2, -1.0], "float32")}, "v": {"U": np.array([0.04, 3.0], "float32")}},
        "learning_rate": 0.2, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.5,
    },
    (
        {"U": np.array([0.9043861, -1.9613116], "float32")},
        {"t": 4, "m": {"U": np.array([0.2600000, -0.4000000], "float32")}, "v": {"U": np.array([0.0610000, 3.1000000], "float32")}},
    ),
    tolerance=1e-5,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wh": rng.normal(size=(5, 4)), "bh": rng.normal(size=4)}
grads = {"Wh": rng.normal(size=(5, 4)), "bh": rng.normal(size=4)}
state = {
    "t": 3,
    "m": {"Wh": rng.normal(size=(5, 4)), "bh": rng.normal(size=4)},
    "v": {"Wh": rng.uniform(0.1, 2, size=(5, 4)), "bh": rng.uniform(0.1, 2, size=4)},
}
check_values(
    adam_step, {"params": params, "grads": grads, "state": state, "learning_rate": 0.1}, reference.adam_step,
    says="An update of Adam is tried in the middle of training.",
)
check_values(
    adam_step,
    {"params": params, "grads": grads, "state": state, "learning_rate": 0.1, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.5},
    reference.adam_step, says="An update of Adam is tried with other values of beta and epsilon.",
)
single = {"Wh": params["Wh"].astype("float32")}
check_values(
    adam_step,
    {
        "params": single, "grads": {"Wh": grads["Wh"].astype("float32")},
        "state": {"t": 0, "m": {"Wh": np.zeros((5, 4), "float32")}, "v": {"Wh": np.zeros((5, 4), "float32")}},
        "learning_rate": 0.1,
    },
    reference.adam_step, tolerance=1e-4, says="The first update of Adam is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Streams: many readers, one book
#
# The memory must flow from chunk to chunk, so a reader has to read *on*. But one reader alone makes bad use of the machine. So cut
# the text into $B$ long pieces, the **streams**, and let reader $b$ read piece $b$ from its beginning to its end:
#
# ```
#      chunk 1      chunk 2
# 1 [alice was b][eginning to]
# 2 [the rabbit-][hole went s]
# 3 [`curiouser ][and curious]
#         h -------> h ----->
# ```
#
# Each row is one reader with a piece of the book and a memory of its own, which goes on from chunk to chunk. The targets are the same pieces, **one character later**. With $n$ characters, each piece has
# $L = \lfloor (n - 1) / B \rfloor$ of them: one character must be left over to be the last target. For the ids 0 to 6 and $B = 2$, $L = 3$:
#
# $$\text{inputs} = \begin{pmatrix}0&1&2\\3&4&5\end{pmatrix} \qquad \text{targets} = \begin{pmatrix}1&2&3\\4&5&6\end{pmatrix} \qquad (B, L)$$

# %% nbgrader={"grade": false, "grade_id": "make_streams", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_streams(ids, B):
    """Cut a text into B streams for B readers.

    ids: (n,) ids. B: the number of streams.
    Returns inputs (B, L) and targets (B, L) with L = (n - 1) // B; what does not fill a row is dropped.
    """
    ### BEGIN SOLUTION
    L = (len(ids) - 1) // B
    return ids[: B * L].reshape(B, L), ids[1 : B * L + 1].reshape(B, L)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_make_streams", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

check_values(
    make_streams, {"ids": np.arange(7), "B": 2},
    (np.array([[0, 1, 2], [3, 4, 5]]), np.array([[1, 2, 3], [4, 5, 6]])),
)
# The last target needs a character, too.
check_values(make_streams, {"ids": np.array([5, 0, 3, 3, 1, 4]), "B": 2}, (np.array([[5, 0], [3, 3]]), np.array([[0, 3], [3, 1]])))
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    make_streams, {"ids": rng.integers(0, 30, size=47), "B": 4}, reference.make_streams,
    says="The streams are tried on a text that does not divide evenly.",
)
check_values(
    make_streams, {"ids": rng.integers(0, 30, size=30), "B": 5}, reference.make_streams,
    says="The streams are tried on a text whose length is a multiple of B.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Where to start
#
# The first weights decide how far a signal gets. A matrix of random numbers with standard deviation $1/\sqrt H$ keeps the length of a
# vector about the same. Larger, and the memories **saturate** at $\pm 1$, where the slope of $\tanh$ is almost 0; smaller, and they die out. The biases start at zero.
#
# `mean_loss` measures a text of any length: one reader, one pass, and the memory is carried through.

# %% nbgrader={"grade": false, "grade_id": "init_params", "locked": true, "schema_version": 3, "solution": false, "task": false}
def init_params(V, H, rng, dtype=np.float32):
    """Random first parameters of a model with V characters and H memory cells."""
    params = {
        "Wx": rng.normal(scale=0.3, size=(V, H)),
        "Wh": rng.normal(scale=1 / math.sqrt(H), size=(H, H)),
        "bh": np.zeros(H),
        "Wy": rng.normal(scale=1 / math.sqrt(H), size=(H, V)),
        "by": np.zeros(V),
    }
    return {name: p.astype(dtype) for name, p in params.items()}


def mean_loss(ids, params, chunk=1000):
    """The loss over a text, ids (n,), in nats per character, read in one pass from an empty memory."""
    h = np.zeros((1, len(params["bh"])), dtype=params["bh"].dtype)
    total = 0.0
    for start in range(0, len(ids) - 1, chunk):
        piece = ids[None, start : start + chunk + 1]
        loss, h, _ = model_forward(piece[:, :-1], piece[:, 1:], h, params)
        total += float(loss) * (piece.shape[1] - 1)
    return total / (len(ids) - 1)


# %% [markdown]
# ### The training loop
#
# The frame of `train` is given; you write what happens in one update:
#
# 1. Which chunk? With `chunks` $= \lfloor L / T \rfloor$ whole chunks in a stream, update `step` takes number `step % chunks`, that is $T$
#    columns of `inputs` and `targets`. What is left at the end of the streams is never used.
# 2. At chunk 0, and only there, all readers open the book anew: `h` becomes zeros of shape $(B, H)$, in the dtype of the parameters.
# 3. Forward. The last memory becomes the `h` of the next update: **the state is carried over**.
# 4. Backward, with `dh_last` zero: **truncated** BPTT.
# 5. Clip to `max_norm`, then one step of Adam. The learning rate falls in a straight line:
#    $\eta \cdot (1 - \text{step} / \text{steps})$. Big steps first, small ones to settle.
#
# After your lines, the loop expects the chunk's `loss`, and `params` and `state` after the update.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, watch=None):
    """Truncated BPTT over a text.

    ids: (n,) ids. params: the first parameters. B streams, chunks of T characters.
    watch: is called as watch(step, params) after each update; it may return losses to show.
    Returns the trained params and losses (steps,), the loss of each update's chunk before that update.
    """
    inputs, targets = make_streams(ids, B)
    chunks = inputs.shape[1] // T
    state = adam_start(params)
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        ### BEGIN SOLUTION
        start = step % chunks * T
        if start == 0:
            h = np.zeros((B, len(params["bh"])), dtype=params["bh"].dtype)
        here = slice(start, start + T)
        loss, h, cache = model_forward(inputs[:, here], targets[:, here], h, params)
        _, grads = model_backward(1.0, np.zeros_like(h), cache)
        grads, _ = clip_gradients(grads, max_norm)
        params, state = adam_step(params, grads, state, learning_rate * (1 - step / steps))
        ### END SOLUTION
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


# %% [markdown]
# The first two checks train a tiny network on a text of 13 characters, from parameters drawn at random: two updates, then 25 with a limit that the first gradients exceed.
# In the third one nothing may move.

# %% nbgrader={"grade": true, "grade_id": "test_train", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

rng = np.random.default_rng(7)
start = {
    "Wx": rng.normal(size=(3, 2)), "Wh": rng.normal(size=(2, 2)), "bh": rng.normal(size=2),
    "Wy": rng.normal(size=(2, 3)), "by": rng.normal(size=3),
}
check_values(
    train,
    {
        "ids": np.array([0, 0, 1, 0, 0, 1, 0, 0, 2, 0, 0, 2, 0]), "params": start,
        "steps": 2, "B": 2, "T": 3, "learning_rate": 0.1,
    },
    (
        {
            "Wx": np.array([[0.14843543, 0.15185826], [-0.12665226, -0.74059038], [-0.30626415, -0.84158514]]),
            "Wh": np.array([[0.21004155, 1.23949145], [-0.34257498, -0.472429]]), "bh": np.array([0.63990941, 0.50658592]),
            "Wy": np.array([[-0.01803464, -0.7895388, -0.17711694], [0.54740764, -1.19705017, -0.30801247]]),
            "by": np.array([-1.75284731, -1.43590535, -1.99180113]),
        },
        np.array([1.52630695, 1.21986192]),
    ),
    tolerance=1e-5, given=["model_forward", "model_backward", "clip_gradients", "adam_step", "make_streams"],
)
check_values(
    train,
    {
        "ids": np.array([0, 0, 1, 0, 0, 1, 0, 0, 2, 0, 0, 2, 0]), "params": start,
        "steps": 25, "B": 2, "T": 3, "learning_rate": 0.1, "max_norm": 0.25,
    },
    (
        {
            "Wx": np.array([[0.58756515, 0.15494183], [0.52271201, -0.06059502], [0.38709842, -0.14876644]]),
            "Wh": np.array([[0.81146329, 1.70655076], [0.24243488, 0.18859038]]), "bh": np.array([1.24782861, 1.26653074]),
            "Wy": np.array([[-0.19043502, -0.41239948, -0.58575642], [-0.16372136, -0.58155103, 0.42083345]]),
            "by": np.array([-1.11010042, -1.83046479, -2.66097392]),
        },
        np.array([
            1.52630695, 1.21986196, 1.02918575, 0.92784084, 0.92256257, 0.87863422, 0.89313829, 0.87171212, 0.88668473,
            0.87219513, 0.87783274, 0.86823, 0.87264971, 0.86837344, 0.87190988, 0.86935516, 0.87099665, 0.86897312,
            0.86962182, 0.86819364, 0.86870752, 0.86778798, 0.86838228, 0.86770213, 0.86831568,
        ]),
    ),
    tolerance=1e-5, given=["model_forward", "model_backward", "clip_gradients", "adam_step", "make_streams"],
)
# With learning rate 0 nothing moves, in float32: the losses tell which chunk is read from which memory, over the end of the text,
# where one character of each stream is left over.
still = {name: p.astype("float32") for name, p in start.items()}
check_values(
    train, {"ids": np.array([2, 0, 1, 1, 0, 2, 2, 1, 0, 0, 1, 2, 0, 2, 1, 0, 1, 0, 2, 2, 0, 1, 2, 1, 1, 0, 0, 2, 1, 2, 0, 0, 2, 1, 1, 2, 0, 1, 0, 2, 1, 0, 2, 2, 1, 0, 1, 1, 2, 0, 1, 0]), "params": still, "steps": 15, "B": 2, "T": 2, "learning_rate": 0.0},
    (still, np.array([
            1.568212, 1.013523, 1.118764, 0.760033, 0.943590, 1.683472, 1.183326, 1.704048, 1.498539,
            1.244140, 1.517300, 0.923085, 1.568212, 1.013523, 1.118764,
    ])),
    tolerance=1e-5, given=["model_forward", "model_backward", "clip_gradients", "adam_step", "make_streams"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5),
    "Wy": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
check_values(
    train, {"ids": rng.integers(0, 7, size=52), "params": params, "steps": 3, "B": 3, "T": 4, "learning_rate": 0.1},
    reference.train, given=["model_forward", "model_backward", "clip_gradients", "adam_step", "make_streams"], tolerance=1e-5,
    says="The first updates of training are compared: the memory is carried from chunk to chunk.",
)
check_values(
    train,
    {"ids": rng.integers(0, 7, size=52), "params": params, "steps": 7, "B": 3, "T": 5, "learning_rate": 0.1, "max_norm": 0.3},
    reference.train, given=["model_forward", "model_backward", "clip_gradients", "adam_step", "make_streams"], tolerance=1e-5,
    says="Training is followed over the end of the text, where all readers begin anew, and with another limit for clipping.",
)
### END HIDDEN TESTS

# %% [markdown]
# The next check looks at what comes out. With `bh` at 20 the memory is **stuck**: every number of it is $\tanh(20) = 1$, whatever is read. Such a network can only learn how *frequent* each
# character is, by `by` and the columns of `Wy` together, and must come close to the best loss that is possible with that knowledge, 3.006 on this text. (The hidden check trains from random weights, on a text that
# you have never seen, and asks for much more.)

# %% nbgrader={"grade": true, "grade_id": "test_training_target", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_training, load_corpus

ids = load_corpus().train
stuck = {"Wx": np.zeros((46, 3)), "Wh": np.zeros((3, 3)), "bh": np.full(3, 20.0), "Wy": np.zeros((3, 46)), "by": np.zeros(46)}

check_training(
    train, {"ids": ids, "params": stuck, "steps": 200, "B": 50, "T": 20, "learning_rate": 0.05},
    lambda params: np.log(np.exp(logits := params["Wy"].sum(axis=0) + params["by"]).sum()) - logits[ids].mean(),
    at_most=3.02, like=stuck, given=["model_forward", "model_backward", "clip_gradients", "adam_step", "make_streams"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, looking_glass, reference

text = looking_glass()
params = reference.init_params(46, 48, hidden_rng())
check_training(
    train, {"ids": text.train, "params": params, "steps": 400, "B": 32, "T": 16, "learning_rate": 0.01},
    lambda params: reference.mean_loss(text.held_out, params),
    at_most=2.31, like=params, few={"ids": np.full(60, 3), "params": params, "steps": 3, "B": 2, "T": 4, "learning_rate": 0.01},
    given=["model_forward", "model_backward", "clip_gradients", "adam_step", "make_streams"],
    says="A small network is trained for 400 updates on a text you have not seen, and its loss on the held-out part is measured.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Train it, then let it write
#
# Now the real thing: $H = 256$, 32 readers, chunks of 32 characters, float32. It takes half a minute on two free cores. The `TrainingLog` measures
# the held-out part now and then and remembers the parameters that did best there. (Remembering is free: your `adam_step` makes new
# arrays each time, so the old ones stay as they were.) Had enough? Interrupt the cell with ■: training stops after the update it is in, and
# everything below works with what was learned so far.
#
# **On a busy machine** this takes longer, by about as much as the other programs take away from you. NumPy's threads wait for each other at every product: two idle cores are faster than one,
# and with two cores that others want as well, two threads can take ten times as long as one. So `progress` tries every few seconds how many are fastest just now, on Linux, macOS and Windows alike, and you have
# nothing to set. (NumPy for newer Macs may come with Apple's library, which shares out its threads itself.)

# %% nbgrader={"grade": false, "grade_id": "train_full", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
H, B, T = 256, 32, 32
STEPS, EVERY = training_steps(2600, 40), training_steps(130, 20)

start_params = init_params(V, H, np.random.default_rng(3))
log = TrainingLog("03", mean_loss, corpus, start_params, every=EVERY)
final_params, losses = train(corpus.train, start_params, STEPS, B, T, learning_rate=0.005, watch=log)
log.finish(final_params, losses, characters=B * T)

# %% nbgrader={"grade": false, "grade_id": "curves", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
log.plot(title="Learning Alice, character by character", lines={"chance": CHANCE, "bigram optimum": BIGRAM})

# %% [markdown]
# ### Read the curves honestly
#
# The training curve falls through the bigram line within the first hundred updates, as the second picture shows, and the held-out loss goes with it: the memory pays. (The held-out part is
# measured after 1, 2, 4, 8, ... updates and later every 130, and the plot joins these points by straight lines. What happens between two of them, you do not see.) Then the curves **part**. The training loss
# goes on falling, in our run to 1.10, a **perplexity** of 3.0, while the held-out loss turns almost level, at 1.51, a perplexity of 4.5.
#
# The gap is what the network knows about *these pages* and about no others: which name follows which verb here, how this sentence of the Queen goes on.
# It has about 90,000 parameters and reads the same 130,000 characters twenty times, for twenty **epochs**. **Low training loss is memorising** (**overfitting**). It is a sign
# that your code and your optimiser work, not that the network writes better. For that, only the held-out curve counts,
# and that is why you sample from the parameters that were best *there* (early stopping, as in 02), whatever the training loss says. (The falling learning rate often makes
# these the last ones. Train three times as long, and look again.)
#
# ### What does clipping do?
#
# Take it off: `max_norm` becomes infinite. Two hundred updates with the usual start, and with one whose $W_h$ is three times as large, each with clipping and without. The large $W_h$ makes the first
# gradient several hundred times as long as the usual one.
#
# **Predict.** How does the run with the large $W_h$ and *without* clipping end, next to the same with clipping?
#
# - a) in numbers that have overflowed (`nan`)
# - b) much worse
# - c) much better
# - d) about the same

# %% tags=["question"]
guess_without_clipping = "d"  # "a", "b", "c" or "d"
predict("without clipping", guess_without_clipping, "1ac0b5ba")


# %% nbgrader={"grade": false, "grade_id": "clipping_off", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def first_length(params):
    """How long the gradient of the first chunk is."""
    inputs, targets = make_streams(corpus.train, B)
    zero = np.zeros((B, H), dtype=np.float32)
    cache = model_forward(inputs[:, :T], targets[:, :T], zero, params)[-1]
    return clip_gradients(model_backward(1.0, zero, cache)[1], math.inf)[1]


def in_tens(losses):
    """Updates and losses for a curve: the means of ten updates each."""
    means = losses.reshape(-1, 10).mean(axis=1)
    return 10 * np.arange(len(means)) + 5, means


held_out = corpus.held_out[: training_steps(200_000, 3000)]
large_start = {**start_params, "Wh": np.float32(3) * start_params["Wh"]}
clip_curves = {}
for start_name, first in {"usual start": start_params, "large Wh": large_start}.items():
    print(f"{start_name}: the first gradient has length {first_length(first):.1f}")
    for clip_name, limit in {"clipped": 1.0, "not clipped": math.inf}.items():
        trained, chunk_losses = train(corpus.train, first, training_steps(200, 10), B, T, learning_rate=0.005, max_norm=limit)
        clip_curves[f"{start_name}, {clip_name}"] = in_tens(chunk_losses)
        print(f"{start_name}, {clip_name}: held-out loss {mean_loss(held_out, trained):.3f}")
plot_curves(clip_curves, title="Training loss with clipping and without, ten updates at a time", x_label="update")


# %% [markdown]
# The first gradient has length 0.9 with the usual start and 710 with the large $W_h$, and still clipping hardly changes where the runs end: with the usual start 1.93 with it and 1.96 without in our run, with the large $W_h$ 2.89 and 2.87. With
# **Adam** the length counts for little. It divides by what is usual, so a gradient that is *always* seven hundred times as long leads to the same steps. One that is *suddenly* long leads to a step of at most about three times $\eta$ (the $0.1 / \sqrt{0.001}$
# from above); but $v$ remembers it for about a thousand updates, and meanwhile all steps are too short. This is what clipping is for here. With momentum, or with plain gradient descent, a step is as long as the gradient is, and
# clipping decides between going on and being thrown off the map.
#
# What it cannot do is to mend a bad start. It changes how far to go, not where to, and the direction of a gradient that swelled on its way back through 32 steps says little.

# %% [markdown]
# ### Sampling with temperature
#
# The draw of 01b and 02, with the temperature $\tau$ and without top-k:
#
# $$p = \operatorname{softmax}(\text{logits} / \tau) \qquad (V,)$$
#
# As there, subtract the maximum before `exp`, or small temperatures overflow. `rng.choice(V, p=p)` draws an id.

# %% nbgrader={"grade": false, "grade_id": "sample_next", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample_next(logits, temperature, rng):
    """Draw the next character from softmax(logits / temperature).

    logits: (V,), float32 or float64. temperature: a number above 0. rng: np.random.Generator.
    Returns one id as an int.
    """
    ### BEGIN SOLUTION
    z = logits / temperature
    p = np.exp(z - z.max())
    return int(rng.choice(len(p), p=p / p.sum()))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_sample_next", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_sampling

check_sampling(sample_next, np.array([1.0, -0.5, 2.0, 0.0, 1.5]), temperature=0.7, draws=1000)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, hidden_seed

rng = hidden_rng()
logits = rng.normal(scale=2, size=9).astype("float32")
check_sampling(
    sample_next, logits, temperature=1.7, draws=1500, seed=hidden_seed(),
    says="Sampling is tried on random float32 logits at a high temperature.",
)
### END HIDDEN TESTS

# %% [markdown]
# To write, the network reads the prompt, draws a character, **reads its own character**, draws the next, and so on: **autoregressive generation**, as in 01b. $B$ is 1 here. In training it never read
# its own characters. Now one slip leads it to places where no book has ever been, and nobody has shown it the way back; that gap is called **exposure bias**.
#
# 1. Start with an empty memory and read the whole prompt.
# 2. From the newest memory, compute logits and draw a character.
# 3. Read that character: one step. Go to 2.

# %% nbgrader={"grade": false, "grade_id": "generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generate(prompt, length, params, temperature, rng):
    """Let the model continue a text.

    prompt: (P,) ids with P >= 1. length: how many characters to write. rng: np.random.Generator.
    Reads the prompt from a memory of zeros, then draws `length` times with `sample_next`.
    Returns the new ids (length,), without the prompt.
    """
    ### BEGIN SOLUTION
    h0 = np.zeros((1, len(params["bh"])), dtype=params["bh"].dtype)
    h = rnn_forward(prompt[None], h0, params)[0][:, -1]
    written = []
    for _ in range(length):
        logits, _ = readout_forward(h[:, None], params)
        written.append(sample_next(logits[0, 0], temperature, rng))
        h, _ = rnn_step_forward(np.array(written[-1:]), h, params)
    return np.array(written, dtype=np.int64)
    ### END SOLUTION


# %% [markdown]
# The first check uses a temperature of almost zero, so that the same text must come out for everybody; the second one draws.

# %% nbgrader={"grade": true, "grade_id": "test_generate", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_text, check_values

# After 0 comes 1, after 1 comes 2, after 2 comes 0. The fourth number counts what was read: from the sixth on, 2 always wins.
params = {
    "Wx": np.array([[2.0, 0.0, 0.0, 0.1], [0.0, 2.0, 0.0, 0.1], [0.0, 0.0, 2.0, 0.1]]),
    "Wh": np.diag([0.0, 0.0, 0.0, 1.0]), "bh": np.zeros(4),
    "Wy": np.array([[0.0, 3.0, 0.0], [0.0, 0.0, 3.0], [3.0, 0.0, 0.0], [0.0, 0.0, 6.5]]), "by": np.zeros(3),
}
check_values(
    generate,
    {"prompt": np.array([2, 0]), "length": 7, "params": params, "temperature": 1e-6, "rng": np.random.default_rng(0)},
    np.array([1, 2, 0, 1, 2, 2, 2]), given=["rnn_forward", "rnn_step_forward", "readout_forward", "sample_next"],
)
# This memory is a sign: ids 1 and 2 set it, and id 0 leaves it as it was. The scores depend on nothing else.
params = {
    "Wx": np.array([[0.0], [50.0], [-50.0]]), "Wh": np.array([[20.0]]), "bh": np.zeros(1),
    "Wy": np.array([[1.0, -1.0, 0.5]]), "by": np.array([1.0, 0.0, 0.0]),
}
check_text(
    generate, {"prompt": np.array([2, 0, 0]), "length": 5, "params": params, "temperature": 0.5, "rng": np.random.default_rng(1)},
    lambda ids: (
        np.exp(([1.0, 0.0, 0.0] + [0, 1, -1][[i for i in [2, *ids] if i][-1]] * np.array([1.0, -1.0, 0.5])) / 0.5)
        / np.exp(([1.0, 0.0, 0.0] + [0, 1, -1][[i for i in [2, *ids] if i][-1]] * np.array([1.0, -1.0, 0.5])) / 0.5).sum()
    ),
    length=5, given=["rnn_forward", "rnn_step_forward", "readout_forward", "sample_next"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(17, 12)), "Wh": rng.normal(size=(12, 12)), "bh": rng.normal(scale=0.3, size=12),
    "Wy": rng.normal(scale=2, size=(12, 17)), "by": rng.normal(scale=0.3, size=17),
}
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=5), "length": 30, "params": params, "temperature": 1e-6, "rng": rng},
    reference.generate, given=["rnn_forward", "rnn_step_forward", "readout_forward", "sample_next"],
    says="A random network continues a random prompt at a temperature of almost zero.",
)
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=1), "length": 40, "params": params, "temperature": 1e-6, "rng": rng},
    reference.generate, given=["rnn_forward", "rnn_step_forward", "readout_forward", "sample_next"],
    says="A random network continues a prompt of a single character.",
)
few = {
    "Wx": rng.normal(size=(5, 4)), "Wh": rng.normal(size=(4, 4)), "bh": rng.normal(scale=0.3, size=4),
    "Wy": rng.normal(scale=3, size=(4, 5)), "by": rng.normal(scale=0.3, size=5),
}
check_text(
    generate, {"prompt": np.array([4, 0, 3]), "length": 4, "params": few, "temperature": 2.5, "rng": rng},
    lambda ids: (
        np.exp(reference.readout_forward(reference.rnn_forward(np.array([[4, 0, 3, *ids]]), np.zeros((1, 4)), few)[0], few)[0][0, -1] / 2.5)
        / np.exp(
            reference.readout_forward(reference.rnn_forward(np.array([[4, 0, 3, *ids]]), np.zeros((1, 4)), few)[0], few)[0][0, -1] / 2.5
        ).sum()
    ),
    length=4, given=["rnn_forward", "rnn_step_forward", "readout_forward", "sample_next"],
    says="What `generate` writes at a high temperature is held against the probabilities of the network.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "samples", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
prompt = "alice was beginning to "
for temperature in (0.3, 1.0, 1.4):
    written = generate(corpus.encode(prompt), 320, log.best_params, temperature, np.random.default_rng(10))
    show_sample(prompt + corpus.decode(written), f"temperature {temperature}")
written = generate(corpus.encode(prompt), 400, log.best_params, 0.7, np.random.default_rng(10))
log.record(prompt + corpus.decode(written), "temperature 0.7")

# %% [markdown]
# At 0.3 it plays safe and turns in circles. Around 0.7 you find words, quotation marks that open and close, line breaks at about the right
# place, and no meaning. At 1.4 the spelling falls apart.
#
# ### Does it copy?
#
# If training text is memorised, does the network quote? Give it a place in the training part, let it continue for 200 characters at a low temperature, and
# ask: how long is the longest piece that stands word for word in the training part? To know what is normal, ask the same of real Carroll, of pieces of the
# held-out part.

# %% nbgrader={"grade": false, "grade_id": "longest_quote", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
rng = np.random.default_rng(1)
passages = {
    "the network, final parameters": [
        corpus.decode(generate(corpus.train[place : place + 60], 200, final_params, 0.4, rng))
        for place in range(5000, 125000, 8000)
    ],
    "Carroll, held-out part": [
        corpus.decode(corpus.held_out[place : place + 200]) for place in range(0, 14000, 1000)
    ],
}
train_text = corpus.decode(corpus.train)
for name, texts in passages.items():
    quotes = [longest_quote(text, train_text).strip() for text in texts]
    print(f"{name}: longest quote {np.mean([len(q) for q in quotes]):.0f} characters on average, at most {max(map(len, quotes))}")
    print(f"    {max(quotes, key=len)!r}")

# %% [markdown]
# With a training loss around 1.1 the quotes should be about as long as Carroll's own, who also repeats himself. So memorising begins long before copying:
# what is learned by heart first are names and turns of phrase, not pages. The gap between the curves shows it, the sample alone would not.

# %% [markdown]
# ### By heart
#
# The final parameters of such a run are mostly its best ones as well. To see a network that knows its pages by heart, give it less to read: the first tenth of the book, a hundred times. Its training loss ends at less
# than half of the other's.
#
# **Predict.** What is its loss on the held-out part?
#
# - a) about 1.5, as the other's, since it is the same author
# - b) about 2, since it has seen less
# - c) 3 or more, no better than knowing only how frequent each character is

# %% tags=["question"]
guess_by_heart = "c"  # "a", "b" or "c"
predict("by heart", guess_by_heart, "cfcc7aa2")

# %% nbgrader={"grade": false, "grade_id": "by_heart", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
tenth, held_out = corpus.train[:13000], corpus.held_out[: training_steps(200_000, 3000)]
by_heart, _ = train(tenth, start_params, training_steps(1200, 5), B, T, learning_rate=0.005)
print(f"on what it has read: {mean_loss(tenth, by_heart):.3f}, on the held-out part: {mean_loss(held_out, by_heart):.3f}")
longest = {}
for name, params in {"best parameters": log.best_params, "by heart": by_heart}.items():
    drawn = [generate(corpus.encode("she "), training_steps(300, 30), params, 0.5, np.random.default_rng(seed)) for seed in range(8)]
    longest[name] = max(map(corpus.decode, drawn), key=lambda sample: len(longest_quote(sample, train_text)))
show_samples(longest, train_text)

# %% [markdown]
# In our run its loss is 0.33 on what it has read and 3.90 on the held-out part: worse than chance, 3.83. It is not only ignorant there; it is sure of things that are wrong. Of its own texts you see the one with the longest quote among
# eight: a piece of the book word for word, of 116 characters, in the midst of letters that are hardly words. (The longest of the other has 36.) Where it happens to get onto a page that it has read, it recites. A single character that leads off the
# page, and it is in a place of which it knows nothing: the **exposure bias** from above. The network that read ten times as much quotes less and writes better.

# %% [markdown]
# ## 6. Looking inside
#
# ### DRINK ME: the vanishing gradient
#
# Now for the **vanishing gradient**. Remember $dz_1 = s_3\, w\, s_2\, w\, s_1$ from the example by hand? With matrices it reads
#
# $$\frac{\partial L_T}{\partial h_{T-k}} = \frac{\partial L_T}{\partial h_T} \; \prod_{j=0}^{k-1} \operatorname{diag}\bigl(1 - h_{T-j}^2\bigr)\, W_h^\top \qquad (1, H)\,(H, H)\cdots(H, H) \to (1, H)$$
#
# Each factor is the **Jacobian** of one step. A product of $k$ matrices grows or shrinks **exponentially** in $k$. Slopes $1 - h^2$ are below 1, so mostly it shrinks: each step back
# in time is a sip from the bottle that says DRINK ME.
#
# The next cell measures it. It takes the loss of *one* prediction at time $T$, walks back with your `rnn_step_backward`, and writes
# down the norm of $\partial L_T / \partial h_{T-k}$ at every distance $k$, averaged over 64 places of the text.
#
# **Predict.** One of the networks is untrained and has half of the usual $W_h$. How much of its gradient arrives 20 characters earlier?
#
# - a) less than a millionth
# - b) about a thousandth
# - c) about a twentieth

# %% tags=["question"]
guess_twenty_characters = "a"  # "a", "b" or "c"
predict("twenty characters", guess_twenty_characters, "0495083f")


# %% nbgrader={"grade": false, "grade_id": "gradient_by_distance", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def gradient_by_distance(ids, params, B=64, T=80):
    """The mean norm of d loss_T / d h_(T-k) for k = 0, ..., T - 1, relative to k = 0."""
    places = np.linspace(0, len(ids) - T - 2, B).astype(int)
    x, target = ids[places[:, None] + np.arange(T)], ids[places + T]
    h, caches = np.zeros((B, len(params["bh"]))), []
    for t in range(T):
        h, cache = rnn_step_forward(x[:, t], h, params)
        caches.append(cache)
    logits, readout_cache = readout_forward(h[:, None], params)
    _, loss_cache = cross_entropy_forward(logits, target[:, None])
    dh = readout_backward(cross_entropy_backward(1.0, loss_cache), readout_cache)[0][:, 0]
    norms = []
    for cache in reversed(caches):
        norms.append(np.linalg.norm(dh, axis=1).mean())
        dh, _ = rnn_step_backward(dh, cache)
    return np.array(norms) / norms[0]


def scaled(params, factor):
    """The same parameters with Wh multiplied by a number."""
    return {**params, "Wh": factor * params["Wh"]}


plot_curves(
    {
        "before training, Wh × 3": gradient_by_distance(corpus.held_out, scaled(start_params, 3)),
        "before training": gradient_by_distance(corpus.held_out, start_params),
        "before training, Wh × 0.5": gradient_by_distance(corpus.held_out, scaled(start_params, 0.5)),
        "after training": gradient_by_distance(corpus.held_out, log.best_params),
    },
    title="How much of the blame arrives k characters earlier?", x_label="distance in time k",
    y_label="gradient norm, relative to k = 0", log_y=True,
)

# %% [markdown]
# The scale is logarithmic, so a straight line is an exponential: each character multiplies the gradient by the same factor.
#
# - **Small weights** (`Wh × 0.5`): less than half is left at each step. After 20 characters it is a ten-millionth, and nothing can be learned from that.
# - **Large weights** (`Wh × 3`): EAT ME. The gradient *grows*, a billion times over 70 characters.
# - **The usual start** lies between the two, and falls: about a ten-thousandth is left after 50 characters.
# - **After training** the line lies a little higher, because the network has to remember. But still it
#   falls: 50 characters back, one or two thousandths arrive.
#
# So the network can hardly *learn* to use what it read two sentences ago (a **long-range dependency**), even if that would help. It is not that the memory is too small. The
# message about what to keep does not arrive.
#
# ### How far must the blame travel?
#
# Here are chunks of 1, 4 and 32 characters, with so many readers that each update sees 1,024 characters. With $T = 1$ the blame goes nowhere: `dh_last` is zero, and what would go to the memory before is thrown away. The
# memory itself flows on as always.
#
# **Predict.** How far does the network with $T = 1$ come on the held-out part in 300 updates?
#
# - a) to the bigram optimum, 2.39, at best, since it learns nothing about the past
# - b) clearly below the bigram optimum
# - c) it stays above 3

# %% tags=["question"]
guess_no_way_back = "b"  # "a", "b" or "c"
predict("no way back", guess_no_way_back, "b94ac0ee")

# %% nbgrader={"grade": false, "grade_id": "short_chunks", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
chunk_curves, held_out = {}, corpus.held_out[: training_steps(200_000, 3000)]
for length in (1, 4, 32):
    trained, chunk_losses = train(corpus.train, start_params, training_steps(300, 10), 1024 // length, length, learning_rate=0.005)
    means = chunk_losses.reshape(-1, 10).mean(axis=1)
    chunk_curves[f"chunks of {length}"] = (10 * np.arange(len(means)) + 5, means)
    print(f"chunks of {length}: held-out loss {mean_loss(held_out, trained):.3f}")
plot_curves(chunk_curves, title="Training loss with chunks of three lengths, ten updates at a time", x_label="update", lines={"bigram optimum": BIGRAM})

# %% [markdown]
# Even with $T = 1$ the network is far below the bigram optimum, at 1.92 in our run, so it does use what came before. And chunks of 4 did as well as chunks of 32, 1.82 and 1.83: what three hundred updates can teach lies a few
# characters back, as the windows of 02 had it. (After 130 and 260 updates all readers begin anew, from an empty memory. For $T = 1$ that is a whole update in which nothing but the last character is known, and its
# curve jumps up: before that, the memory was of use.)
#
# **Explain.** What can $W_x$, $W_h$ and $W_y$ learn about the past if no gradient ever reaches an earlier step, and what can they not?

# %% why_short_chunks [markdown] tags=["written"]
# The memory flows forward whatever $T$ is, and even a random $W_h$ leaves an echo of the last few characters in it. $W_y$ learns to read this echo. $W_h$ and $W_x$ learn to use it, too: $dW_h = h_{\text{prev}}^\top dz$ needs the memory
# that is there, not a way back, and so they learn how to turn the old memory and the new character into what this one prediction needs. What nobody learns is to write something down for later. Whether it was needed is known only
# at the later step, and the gradient that would tell it is thrown away. So the past is used as far as it happens to be there, and nothing is kept on purpose.

# %% [markdown]
# ### What do single cells hold?
#
# Is there a cell of the 256 that goes with something a reader would want to know? The next cell correlates each with three features of the text: how many letters of the word have been read, whether this character is a vowel,
# and whether somebody is speaking. (A speech begins with a backtick and ends with an apostrophe, often more than a hundred characters later.) It takes the cell that goes with each feature most, and shows the three at work on a
# held-out passage: blue is $-1$, red is $+1$.
#
# **Predict.** For which features is there a single cell with a correlation beyond $\pm 0.3$?
#
# - a) all three
# - b) letters and vowel
# - c) speech alone
# - d) none

# %% tags=["question"]
guess_single_cells = "b"  # "a", "b", "c" or "d"
predict("single cells", guess_single_cells, "40b43be6")


# %% nbgrader={"grade": false, "grade_id": "cells_at_work", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def features(text):
    """What one may want to know while reading: for each name an array (n,), one number per character."""
    speaking, letters, found = 0, 0, []
    for here, following in zip(text, text[1:] + " ", strict=True):
        speaking = 1 if here == "`" else 0 if here == "'" and not following.isalpha() else speaking
        letters = letters + 1 if here.isalpha() else 0
        found.append((letters, here in "aeiou", speaking))
    return dict(zip(("letters into the word", "a vowel", "inside a speech"), np.array(found, float).T, strict=True))


def memories(ids, params):
    """The memory after each character of a text that one reader reads, (n, H)."""
    return rnn_forward(ids[None], np.zeros((1, H)), params)[0][0]


def draw_cells(passage, before, chosen, params):
    """What some cells of the memory hold, character by character, while the network reads a passage."""
    from autograder import canvas, show_figure

    values = memories(corpus.encode(before + passage), params)[len(before) :]
    figure, panels = canvas(13, 3.2, rows=len(chosen))
    for axes, (title, cell) in zip(panels, chosen.items(), strict=True):
        axes.imshow(values[None, :, cell], cmap="RdBu_r", vmin=-1.4, vmax=1.4, aspect="auto")
        for t, character in enumerate(passage):
            axes.text(t, 0, {" ": "␣", "\n": "⏎"}.get(character, character), ha="center", va="center", fontsize=11, color="0.1")
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, loc="left", fontsize=11)
    about = f"Three strips with the passage {passage!r}, each character on the colour of one cell, from blue, -1, to red, +1. {'; '.join(chosen)}."
    show_figure(figure, alt=about)


studied = corpus.train[: training_steps(30_000, 1000)]
cells, chosen = memories(studied, log.best_params), {}
for name, feature in features(corpus.decode(studied)).items():
    r = np.corrcoef(cells.T, feature)[-1, :-1]
    chosen[f"{name}: cell {np.abs(r).argmax()} goes with it most (correlation {r[np.abs(r).argmax()]:+.2f})"] = np.abs(r).argmax()
held_out_text = corpus.decode(corpus.held_out)
begin = held_out_text.index("`--and just take")
draw_cells(held_out_text[begin - 12 : begin + 76], held_out_text[: begin - 12], chosen, log.best_params)

# %% [markdown]
# In our run the cell for letters has a correlation of $+0.58$: blue at spaces and where words begin, red where they get long. The one for vowels has $+0.43$. The best for the speech has $-0.06$, which is none: its strip changes with
# every letter, and looks the same between the backtick and the apostrophe as outside. (One cell alone is a strict question; several together may hold what none of them shows. 04 asks it again, of a memory that is better at keeping.)
#
# **Explain.** Why does no cell of this network keep the speech, although it would help to guess the closing apostrophe? Use the picture of the falling lines, and what happens to a cell at each step.

# %% why_no_speech [markdown] tags=["written"]
# To keep the speech, the network must set a cell at the backtick and leave it alone for a hundred characters or more. It would learn that from the surprise at the closing apostrophe, whose gradient must travel all the way back to the
# backtick. Of that gradient one or two thousandths arrive after 50 characters, and nothing beyond the border of the chunk, which has 32. Also, no cell is ever left alone: at each step it goes, with all others, through $W_h$ and a $\tanh$,
# and the next character is added. The letters of a word and the vowel lie a few characters back, where the blame arrives.

# %% [markdown]
# ### Where is it surprised?
#
# The loss of each single character, in a passage from the held-out part. Red bars are the first letters of words.

# %% nbgrader={"grade": false, "grade_id": "surprise", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
passage = corpus.held_out[2000:2400]
hs, _ = rnn_forward(passage[None, :-1], np.zeros((1, H)), log.best_params)
logits, _ = readout_forward(hs, log.best_params)
surprise = [float(cross_entropy_forward(logits[:, t : t + 1], passage[None, t + 1 : t + 2])[0]) for t in range(len(passage) - 1)]
letters = corpus.decode(passage)
first = [letters[t] in " \n`(-" and letters[t + 1].isalpha() for t in range(len(surprise))]
shown = slice(320, 399)
plot_bars(
    list(letters[1:][shown]), surprise[shown], highlight=first[shown],
    title="Surprise, character by character", y_label="loss (nats)",
)
first = np.array(first)
print(f"first letters of words: {np.array(surprise)[first].mean():.2f} nats, everything else: {np.array(surprise)[~first].mean():.2f}")

# %% [markdown]
# Inside a word the next letter is often clear: in our run its loss is 1.35 on average (spaces and signs included), that of a first letter 3.04. What the model does not know is which word comes next. Where it is surprised inside a word, as by the
# `n` of `witness`, it mostly had another word in mind: `wit` is nearly always the beginning of `with`.

# %% [markdown]
# ## Takeaways
#
# - An RNN is **one small layer used again and again**. The memory $h$ is all that it takes along, and the number of parameters does not depend on how long the
#   text is.
# - **BPTT is ordinary backpropagation** on the unrolled graph, with two rules: where a value is used twice, its gradients add (from above and from the
#   future), and where a weight is used $T$ times, its gradient is the sum over all $T$ uses.
# - **Truncated BPTT** carries the state forward for ever and cuts only the gradient: `dh_last` = 0.
# - Against exploding gradients there is **clipping**, though it does not mend a bad start. Against vanishing ones there is nothing of the kind: a number that is almost zero cannot be scaled back to what it was.
# - A low **training loss is memory of the book**. What you report, and what you sample from, is chosen on text that the network did not train on.

# %% [markdown]
# ## Words of the field
#
# | term | here | what it is |
# |---|---|---|
# | recurrent neural network, vanilla RNN, Elman network | one small layer used again and again | a network whose output at one step is an input of the next |
# | hidden state | memory, postcard | the vector $h_t$, all that is handed from step to step |
# | computational graph, unrolled | the picture with the same step $T$ times | all operations and what feeds into what; with the loop written out |
# | weight sharing | only one of each | the same parameters at every step |
# | backpropagation through time, truncated backpropagation through time | walking back over the chunk | backpropagation on the unrolled graph; stopped at the border of a chunk |
# | teacher forcing | it reads the book's character, whatever it said | training on the true past, not on its own guesses |
# | exposure bias | a slip leads off the page | the difference between what is read in training and in writing |
# | output layer | readout | from the hidden state to logits |
# | exploding gradient, vanishing gradient | EAT ME, DRINK ME | a product of many Jacobians that grows, or dies out, exponentially |
# | gradient clipping, global norm | shorten it if it is too long | the whole gradient scaled down to a largest length |
# | Adam, adaptive learning rate | two running means | steps of about $\eta$ for each parameter, whatever the size of its gradient |
# | first and second moment, bias correction | $m$ and $v$, the hats | running means of $g$ and $g^2$; dividing out that they began at zero |
# | saturate | memories at $\pm 1$ | to be where an activation function is flat and passes no gradient |
# | long-range dependency | what it read two sentences ago | a clue that lies many steps back |

# %% [markdown]
# ## Read on
#
# - Jeffrey Elman (1990), [*Finding Structure in Time*](https://doi.org/10.1207/s15516709cog1402_1): this network, reading letters and words, and what its memory finds in them.
# - Paul Werbos (1990), [*Backpropagation Through Time: What It Does and How to Do It*](https://doi.org/10.1109/5.58337): the algorithm of part 2, by one who found it early.
# - Ronald Williams and David Zipser (1989), [*A Learning Algorithm for Continually Running Fully Recurrent Neural Networks*](https://doi.org/10.1162/neco.1989.1.2.270): another way
#   to the same gradients, and teacher forcing.
# - Yoshua Bengio, Patrice Simard and Paolo Frasconi (1994), [*Learning Long-Term Dependencies with Gradient Descent is Difficult*](https://doi.org/10.1109/72.279181): the falling lines, proved.
# - Razvan Pascanu, Tomas Mikolov and Yoshua Bengio (2013), [*On the Difficulty of Training Recurrent Neural Networks*](https://arxiv.org/abs/1211.5063): vanishing, exploding, and clipping.
# - Diederik Kingma and Jimmy Ba (2015), [*Adam: A Method for Stochastic Optimization*](https://arxiv.org/abs/1412.6980): the update of part 4, with the reasons for the hats.
# - Andrej Karpathy (2015), [*The Unreasonable Effectiveness of Recurrent Neural Networks*](https://karpathy.github.io/2015/05/21/rnn-effectiveness/): what larger networks of this kind write, and what single
#   places of their memory watch.
# - *Dive into Deep Learning*, [*Recurrent Neural Networks*](https://d2l.ai/chapter_recurrent-neural-networks/index.html): the same with a library, from the text to the derivation of BPTT.
# - Ian Goodfellow, Yoshua Bengio and Aaron Courville (2016), *Deep Learning*, [chapter 10](https://www.deeplearningbook.org/contents/rnn.html): the whole family of recurrent networks.

# %% [markdown]
# ## What comes next
#
# Every step squeezes the whole memory through the same matrix and the same $\tanh$, and every step back multiplies by that matrix again. So this network cannot learn to keep what it will need
# only much later. What if there were a second memory $c$ that is mostly *left alone*, and only changed by adding?
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t \qquad (B, H)$$
#
# The way back is then a multiplication by $f_t$, a gate that the network can set close to 1: no matrix, no $\tanh$, no bottle. That is the idea of the **LSTM**, and
# notebook **04** builds it. Keep the picture of the falling lines; you will draw it again and see them straighten up.
