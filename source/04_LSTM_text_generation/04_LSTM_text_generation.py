# %% [markdown]
# # 04: an LSTM writes text
#
# The RNN of notebook 03 wrote everything it knew on one postcard, and copied the whole card anew after each character. You measured what
# that does: on the way back through time every step multiplies by the same matrix and by a slope below 1, and
# fifty characters back next to nothing arrives: the **vanishing gradient**. The network could not learn to remember, because it was never told what it had forgotten.
#
# This notebook gives the reader a **pocket**. The postcard $h$, in the books the **hidden state**, stays: it is what the network shows the world. But next to it there is
# now a second memory $c$, the **cell state**, and what lies in the pocket stays there unless somebody takes it out. Three small layers, the **gates**, decide
# at each character:
#
# - the **forget gate** $f$: how much of the pocket is kept,
# - the **input gate** $i$: how much of the new is put in,
# - the **output gate** $o$: how much of it is shown.
#
# That is the **LSTM**, *long short-term memory* (Hochreiter and Schmidhuber, 1997; the forget gate came three years later). Almost everything else you already have.
#
# | part | you write | you will see |
# |---|---|---|
# | 1 The cell | `cell_forward`, `cell_backward` | a road through time without a matrix on it |
# | 2 One step | `lstm_step_forward`, `lstm_step_backward` | four layers in one matrix product; a relative, the GRU, and who can count |
# | 3 Through time | `lstm_forward`, `lstm_backward` | two roads back through time |
# | 4 The model | `model_forward`, `model_backward`, `set_forget_bias` | what one bias decides at the start |
# | 5 Training | `train` | what holds for other pages, and what is learned by heart; who needs a forget gate |
# | 6 Writing | `generate` | your LSTM's own Alice |
# | 7 Looking inside | no code | gates at work, and the lines that straighten up |
#
# - **You need**: notebook 03, all of it (the step, backpropagation through time, readout and cross-entropy, clipping, Adam, streams), and the sigmoid of 01a. Mathematics: the chain rule when one value reaches the loss on two ways (its gradients
#   add), the derivatives of $\sigma$ and $\tanh$, element-wise products, the two gradients of a matrix product.
# - **Working time**: three to four hours if 03 went smoothly, seven to ten if backpropagation through time is still new to you (an estimate from the 11 exercises). The questions and the two written answers take
#   about half an hour of it. Training takes two minutes, the experiments one.
# - **Points**: 100, of which forward 19, backward 54, training 18, `set_forget_bias` and `generate` 9.
# - **In a hurry**: part 7 holds no exercise, and leg 2 of the training may be interrupted. Leave out no exercise: all that comes later calls them.
#
# Run the notebook from top to bottom. Under every exercise there is a check that tells you what is wrong. Later exercises call earlier ones, so
# mend the first ✗ first. After you hand in, hidden checks try the same functions on other inputs.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import (
    TrainingLog,
    load_corpus,
    longest_quote,
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


# %% [markdown]
# The model is a **language model** as before: after each character it gives a probability to every character that may come next. The numbers to beat, in nats per
# character: **chance** $\ln 46 = 3.829$, the **bigram optimum** $2.393$, and now also your own RNN, which came to about $1.51$ on the held-out part.
#
# Papers often give the **perplexity** instead, $e^{\text{loss}}$: among how many equally likely characters would one have to guess to be as unsure as the model? Chance is 46, the bigram optimum 10.9,
# your RNN 4.5.

# %% [markdown]
# ## 1. The cell: a pocket with three gates
#
# Here is the whole cell. Each line works on $B$ readers at once, and all letters stand for arrays of shape $(B, H)$:
#
# $$
# \begin{aligned}
# i &= \sigma(z_i) & f &= \sigma(z_f)\\
# o &= \sigma(z_o) & g &= \tanh(z_g)\\
# c &= f \odot c_{\text{prev}} + i \odot g & h &= o \odot \tanh(c)
# \end{aligned}
# $$
#
# A gate is a sigmoid, a number between 0 (shut) and 1 (open), one for each of the $H$ places in the pocket. $\odot$ multiplies element by element (the **Hadamard product**).
# $g$ is the news, between $-1$ and $1$, what *would* go in; many books call it the **candidate** and write $\tilde c$. Read the line for $c$ aloud: *keep a part $f$ of the old, add a part $i$ of the new.*
#
# Where do the four $z$ come from? From one layer that sees the character and the old postcard, exactly the $z$ of the RNN but four times as wide.
# That is part 2. For now, $z$ is given.
#
# | symbol | in code | shape | what it is |
# |---|---|---|---|
# | $z$ | `z` | $(B, 4H)$ | four blocks side by side: $z_i \mid z_f \mid z_o \mid z_g$, **in this order** |
# | $c_{\text{prev}}, c$ | `c_prev`, `c` | $(B, H)$ | the pocket (cell state) before and after; any size, nothing squeezes it |
# | $h$ | `h` | $(B, H)$ | the postcard (hidden state): what the next character and the prediction get to see |
#
# (The order of the blocks is a convention. With $g$ last the three sigmoids lie side by side, so that one call does them all. The picture has $f$ first, which the road meets first.)
#
# The picture shows the cell. (Its code is folded away, but run the cell like any other: a later picture needs it.)

# %% nbgrader={"grade": false, "grade_id": "draw_cell", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_cell(backward=False):
    """One LSTM step; with `backward`, the way of the gradients in red."""
    from autograder import BLUE, GREEN, GREY, RED, canvas, show_figure

    figure, axes = canvas(11, 5.2)

    def box(x, y, text, colour, size=13):
        axes.text(x, y, text, ha="center", va="center", fontsize=size, color=colour, zorder=4,
                  bbox={"boxstyle": "round,pad=0.4", "facecolor": "none", "edgecolor": colour, "linewidth": 1.5})

    def knot(x, y, text):
        axes.text(x, y, text, ha="center", va="center", fontsize=14, color="white", zorder=4, fontweight="bold",
                  bbox={"boxstyle": "circle,pad=0.2", "facecolor": GREEN, "edgecolor": GREEN})

    def line(*points, colour=BLUE, width=1.6, head=True):
        axes.plot(*zip(*points[:-1], strict=True), color=colour, linewidth=width, solid_capstyle="round", zorder=1, linestyle="--" if colour == RED else "-")
        style = {"arrowstyle": "-|>" if head else "-", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0, "linestyle": "--" if colour == RED else "-"}
        axes.annotate("", points[-1], points[-2], arrowprops=style, zorder=1)

    line((0.4, 3.4), (2.7, 3.4), width=5, head=False)
    line((2.7, 3.4), (10.7, 3.4), width=5)
    line((0.4, -0.3), (1.22, -0.3))
    line((1.8, -1.1), (1.8, -0.55))
    line((3.62, -0.3), (8.0, -0.3), head=False)
    for x in (3.2, 4.6, 6.2, 8.0):
        line((x, -0.06 if x == 3.2 else -0.3), (x, 0.55))
    line((3.2, 1.0), (3.2, 3.15))
    line((4.6, 1.0), (4.6, 2.1), (5.15, 2.1))
    line((6.2, 1.0), (6.2, 2.1), (5.65, 2.1))
    line((5.4, 2.35), (5.4, 3.15))
    line((9.3, 3.4), (9.3, 2.75))
    line((9.3, 2.3), (9.3, 1.35))
    line((8.0, 1.03), (8.0, 1.1), (9.05, 1.1))
    line((9.55, 1.1), (10.7, 1.1))
    box(2.4, -0.3, "$z = W_x[x] + h_{t-1} W_h + b$", GREY, 12)
    for x, text in ((3.2, r"$f_t$  $\sigma$"), (4.6, r"$i_t$  $\sigma$"), (6.2, r"$g_t$  tanh"), (8.0, r"$o_t$  $\sigma$")):
        box(x, 0.8, text, BLUE)
    box(9.3, 2.55, "tanh", BLUE)
    for x, y, text in ((3.2, 3.4, "×"), (5.4, 2.1, "×"), (5.4, 3.4, "+"), (9.3, 1.1, "×")):
        knot(x, y, text)
    for x, y, text in ((0.05, 3.4, "$c_{t-1}$"), (11.05, 3.4, "$c_t$"), (0.05, -0.3, "$h_{t-1}$"), (11.05, 1.1, "$h_t$"), (1.8, -1.35, "$x_t$")):
        axes.text(x, y, text, ha="center", va="center", fontsize=15, color=GREY)
    if backward:
        line((10.7, 3.85), (0.4, 3.85), colour=RED, width=2.2)
        line((10.7, 0.65), (9.75, 0.65), (9.75, 3.8), colour=RED, width=2.2)
        notes = ((10.45, 4.12, "$dc_t$"), (3.2, 4.12, "$\\odot\\ f_t$"), (0.9, 4.12, "$dc_{t-1}$"), (5.4, 4.12, "+ hands it on as it is"),
                 (10.45, 0.4, "$dh_t$"), (10.72, 2.2, "$\\odot\\ o_t\\,(1-\\tanh^2 c_t)$"))
        for x, y, text in notes:
            axes.text(x, y, text, ha="center", va="center", fontsize=12, color=RED)
    axes.set(xlim=(-0.5, 11.7), ylim=(-1.6, 4.4))
    axes.axis("off")
    forward = (
        "A thick road runs along the top from c(t-1) to c(t). On it a × with the forget gate f, then a + that adds what comes up from the × of input gate i and "
        "content g. Below, h(t-1) and x(t) make z, which feeds all four: f, i, g, o. At the right the road is read: tanh of c(t), × with the output gate o, gives h(t)."
    )
    back = (
        "The same cell with dashed red arrows from right to left: dc(t) runs along the whole road, passes the + unchanged and the × of the forget gate as dc ⊙ f, and "
        "leaves as dc(t-1). dh(t) joins it through o and the slope of tanh, o (1 - tanh² c)."
    )
    show_figure(figure, alt=back if backward else forward)


draw_cell()


# %% [markdown]
# Follow the thick blue road at the top: from $c_{t-1}$ to $c_t$ there is one multiplication by a number between 0 and 1, and one
# addition. No matrix, no $\tanh$. All the machinery below only decides *what* the two green knots on the road multiply by and add.
#
# ### A sigmoid that does not overflow
#
# You wrote the sigmoid in notebook 01a. `1 / (1 + np.exp(-z))` overflows for $z = -1000$. This form cannot, needs one $\tanh$ and keeps float32:
#
# $$\sigma(z) = \tfrac12 + \tfrac12 \tanh\bigl(\tfrac z2\bigr) \qquad\text{any shape}$$

# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": true, "schema_version": 3, "solution": false, "task": false}
def sigmoid(z):
    """The logistic function, element by element; same shape and dtype as z."""
    return 0.5 * np.tanh(0.5 * z) + 0.5


# %% [markdown]
# ### Exercise: the cell forward
#
# Cut `z` into its four blocks of $H$ columns, and write down the formulas. The last value is the *cache*, whatever you want to see again
# in the backward pass. Nobody else looks into it.

# %% nbgrader={"grade": false, "grade_id": "cell_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cell_forward(z, c_prev):
    """The gates and the new state of an LSTM cell, element by element.

    z: (B, 4H), the blocks z_i, z_f, z_o, z_g in this order. c_prev: (B, H).
    Returns h (B, H), c (B, H) and a cache for `cell_backward`.
    """
    ### BEGIN SOLUTION
    H = c_prev.shape[1]
    gates, g = sigmoid(z[:, : 3 * H]), np.tanh(z[:, 3 * H :])
    i, f, o = gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H :]
    c = f * c_prev + i * g
    tanh_c = np.tanh(c)
    return o * tanh_c, c, (i, f, o, g, c_prev, tanh_c)
    ### END SOLUTION


# %% [markdown]
# The next cell has two checks. The first hands in float32: what comes in as float32 has to go out as float32, or training takes twice as long. In the second there are four readers, each with 2 and $-1$ in the pocket.
# One has all $z = 0$, so all its gates stand half open and there is no news. The next keeps everything and lets nothing in. The third throws everything away and takes the news. The last is an
# ordinary one.

# %% nbgrader={"grade": true, "grade_id": "test_cell_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

rng = np.random.default_rng(0)
z, c_prev = rng.normal(size=(3, 20)).astype("float32"), rng.normal(size=(3, 5)).astype("float32")
check_shapes(cell_forward, {"z": z, "c_prev": c_prev}, [(3, 5), (3, 5)])

z = np.array([
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [-999.0, -999.0, 999.0, 999.0, 999.0, 999.0, 1.0, 1.0],
    [999.0, 999.0, -999.0, -999.0, 999.0, 999.0, 0.5, -999.0],
    [0.3, -1.2, 0.8, 0.1, -0.5, 1.1, 0.7, -0.4],
])
check_values(
    cell_forward, {"z": z, "c_prev": np.array([[2.0, -1.0], [2.0, -1.0], [2.0, -1.0], [2.0, -1.0]])},
    (
        np.array([[0.38079708, -0.23105858], [0.96402758, -0.76159416], [0.43180818, -0.76159416], [0.35440312, -0.40978072]]),
        np.array([[1.0, -0.5], [2.0, -1.0], [0.46211716, -1.0], [1.72712351, -0.61292796]]),
    ),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
z, c_prev = rng.normal(size=(4, 24)), rng.normal(size=(4, 6))
check_values(
    cell_forward, {"z": z, "c_prev": c_prev}, reference.cell_forward,
    says="The cell is tried with random pre-activations and a random pocket.",
)
check_values(
    cell_forward, {"z": 2000 * z, "c_prev": 5 * c_prev}, reference.cell_forward,
    says="The cell is tried with huge pre-activations.",
)
check_values(
    cell_forward, {"z": z.astype("float32"), "c_prev": c_prev.astype("float32")}, reference.cell_forward,
    tolerance=1e-4, says="The cell is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The cell backward
#
# Two results went out, so two gradients come in: `dh` and `dc`, both $(B, H)$. `dh` is what the postcard is blamed for. `dc` is what
# arrives from the *next* step along the road.

# %% nbgrader={"grade": false, "grade_id": "draw_cell_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
draw_cell(backward=True)


# %% [markdown]
# Go through the cell from right to left. Everything is element by element, so every line has shape $(B, H)$.
#
# **1. Through $h = o \odot \tanh(c)$.** The pocket was used twice: it went to the next step, and it was shown. Two gradients come back, and they add:
#
# $$do = dh \odot \tanh(c) \qquad\qquad dc \leftarrow dc + dh \odot o \odot \bigl(1 - \tanh^2 (c)\bigr)$$
#
# **2. Through $c = f \odot c_{\text{prev}} + i \odot g$**, with the *new* $dc$. In a product each side gets the other as its factor:
#
# $$df = dc \odot c_{\text{prev}} \qquad di = dc \odot g \qquad dg = dc \odot i \qquad\quad \boxed{\,dc_{\text{prev}} = dc \odot f\,}$$
#
# **3. Through the gates.** The slope of a sigmoid is $s(1-s)$, that of $\tanh$ is $1 - \tanh^2$. You have all the values in the cache:
#
# $$
# \begin{aligned}
# dz_i &= di \odot i\,(1-i) & dz_f &= df \odot f\,(1-f)\\
# dz_o &= do \odot o\,(1-o) & dz_g &= dg \odot (1-g^2)
# \end{aligned}
# $$
#
# Put the four side by side again, in the same order: `dz` $(B, 4H)$.
#
# (What you compute is, here as everywhere in this course, a **vector-Jacobian product**: the gradient that comes in, times the table of all derivatives, the **Jacobian**, without ever writing that table down.)
#
# The boxed formula is what this notebook is about. Along the road, the gradient is multiplied by $f$ and by nothing else. Where the gate is open, $f \approx 1$, it goes through unharmed.

# %% nbgrader={"grade": false, "grade_id": "cell_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cell_backward(dh, dc, cache):
    """The gradients of the cell.

    dh: (B, H), the gradient with respect to h. dc: (B, H), the gradient with respect to c that
    comes from later steps. It does not hold what comes through h: adding that is the work of this function.
    cache: from `cell_forward`.
    Returns dz (B, 4H), blocks in the order i, f, o, g, and dc_prev (B, H).
    """
    ### BEGIN SOLUTION
    i, f, o, g, c_prev, tanh_c = cache
    dc = dc + dh * o * (1 - tanh_c * tanh_c)
    dz_i = dc * g * i * (1 - i)
    dz_f = dc * c_prev * f * (1 - f)
    dz_o = dh * tanh_c * o * (1 - o)
    dz_g = dc * i * (1 - g * g)
    return np.concatenate([dz_i, dz_f, dz_o, dz_g], axis=1), dc * f
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cell_backward", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(1)
check_gradients(cell_forward, cell_backward, {"z": rng.normal(size=(3, 20)), "c_prev": rng.normal(size=(3, 5))})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    cell_forward, cell_backward, {"z": rng.normal(size=(4, 24)), "c_prev": rng.normal(size=(4, 6))},
    reference=reference.cell_forward,
    says="The gradients of the cell are compared with central differences.",
)
check_gradients(
    cell_forward, cell_backward, {"z": rng.normal(scale=2, size=(2, 28)), "c_prev": rng.normal(scale=2, size=(2, 7))},
    reference=reference.cell_forward,
    says="The gradients of the cell are compared with central differences; the pocket is full and the gates are wide.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. One step
#
# The four pre-activations come from four layers that all see the same two things: the character and the old postcard. Instead of four layers with $(H, H)$ matrices,
# put the matrices side by side and multiply once. One big product is much faster than four small ones.
#
# $$z = W_x[x] + h_{\text{prev}} W_h + b \qquad\quad (B, 4H) \;=\; (B, 4H) + (B,H)(H,4H) + (4H,)$$
#
# | symbol | in code | shape | what it is |
# |---|---|---|---|
# | $x$ | `x` | $(B,)$ | one character id per reader |
# | $W_x$ | `params["Wx"]` | $(V, 4H)$ | row $v$: what character $v$ tells the four blocks |
# | $W_h$ | `params["Wh"]` | $(H, 4H)$ | what the old postcard tells them |
# | $b$ | `params["b"]` | $(4H,)$ | the biases |
#
# The old pocket $c_{\text{prev}}$ is *not* in this formula. The gates see the card only; it goes straight into `cell_forward`.
#
# The convention is that of notebook 03: `params` is one dict for the whole model, a function reads from it the entries it needs, and its backward pass
# returns a dict `grads` with exactly those entries, here `"Wx"`, `"Wh"` and `"b"`.

# %% nbgrader={"grade": false, "grade_id": "draw_blocks", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_blocks():
    """The one matrix product behind the four blocks of z."""
    from matplotlib.patches import Rectangle

    from autograder import BLUE, GREEN, GREY, ORANGE, canvas, show_figure

    figure, axes = canvas(11, 3.4)

    def sheet(x, y, width, height, name, shape, colour=GREY):
        axes.add_patch(Rectangle((x, y), width, height, facecolor="none", edgecolor=colour, linewidth=1.6))
        axes.text(x + width / 2, y + height / 2, name, ha="center", va="center", fontsize=13, color=colour)
        axes.text(x + width / 2, y - 0.3, shape, ha="center", va="center", fontsize=11, color=GREY)

    def four(x, y, height, name, shape):
        for k, (block, colour) in enumerate(zip("ifog", (BLUE, GREEN, GREY, ORANGE), strict=True)):
            sheet(x + 0.9 * k, y, 0.9, height, name.format(block), "", colour)
        axes.text(x + 1.8, y - 0.3, shape, ha="center", va="center", fontsize=11, color=GREY)

    four(0, 1, 0.7, "$z_{}$", "$z$  (B, 4H)")
    sheet(4.6, 1, 0.9, 0.7, r"$h_{\mathrm{prev}}$", "(B, H)")
    four(5.9, 0.9, 0.9, "$W_{}$", "$W_h$  (H, 4H)")
    sheet(10.2, 1, 2.2, 0.7, "$W_x[x] + b$", "(B, 4H)")
    for x, sign in ((4.1, "="), (5.7, "·"), (9.85, "+")):
        axes.text(x, 1.35, sign, ha="center", va="center", fontsize=18, color=GREY)
    for k, use in enumerate(("σ: input", "σ: forget", "σ: output", "tanh: news")):
        axes.text(0.45 + 0.9 * k, 2.05, use, ha="center", va="center", fontsize=9, color=GREY)
    axes.set(xlim=(-0.1, 12.6), ylim=(0.3, 2.4))
    axes.axis("off")
    show_figure(figure, "z has four blocks side by side, for i, f, o and g: three for a sigmoid, the last for tanh. It is h_prev times W_h, whose columns "
                "have the same four blocks, plus the row of W_x that belongs to the character, plus b.")


draw_blocks()


# %% nbgrader={"grade": false, "grade_id": "lstm_step_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_step_forward(x, h_prev, c_prev, params):
    """One step of the LSTM.

    x: (B,) ids. h_prev, c_prev: (B, H). params: "Wx" (V, 4H), "Wh" (H, 4H), "b" (4H,).
    Returns h (B, H), c (B, H) and a cache for `lstm_step_backward`.
    """
    ### BEGIN SOLUTION
    z = params["Wx"][x] + h_prev @ params["Wh"] + params["b"]
    h, c, cell_cache = cell_forward(z, c_prev)
    return h, c, (x, h_prev, cell_cache, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_lstm_step_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {"Wx": np.sin(np.arange(24.0)).reshape(3, 8), "Wh": np.cos(np.arange(16.0)).reshape(2, 8), "b": np.sin(np.arange(8.0) + 0.5)}
x, h_prev, c_prev = np.array([1, 0, 1]), np.array([[0.0, 0.8], [0.5, -0.3], [-1.0, 0.2]]), np.array([[1.0, -0.4], [-2.0, 0.6], [0.5, 1.5]])
check_values(
    lstm_step_forward, {"x": x, "h_prev": h_prev, "c_prev": c_prev, "params": params},
    (
        np.array([[0.23450801, 0.24025193], [-0.07937278, 0.11361771], [0.14064255, 0.3097848]]),
        np.array([[1.03821566, 0.41758334], [-1.38678782, 1.09155785], [0.44953618, 1.01108308]]),
    ),
    given=["cell_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    lstm_step_forward, {"x": x, "h_prev": h_prev.astype("float32"), "c_prev": c_prev.astype("float32"), "params": single},
    [(3, 2), (3, 2)], given=["cell_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20)}
x, h_prev, c_prev = rng.integers(2, 5, size=4), rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
check_values(
    lstm_step_forward, {"x": x, "h_prev": h_prev, "c_prev": c_prev, "params": params}, reference.lstm_step_forward,
    given=["cell_forward"], says="One step forward is tried with random weights and states and with repeated characters.",
)
single = {"Wx": params["Wx"].astype("float32"), "Wh": params["Wh"].astype("float32"), "b": params["b"].astype("float32")}
check_values(
    lstm_step_forward,
    {"x": x, "h_prev": h_prev.astype("float32"), "c_prev": c_prev.astype("float32"), "params": single},
    reference.lstm_step_forward, given=["cell_forward"], tolerance=1e-4, says="One step forward is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The step backward
#
# `cell_backward` turns `dh` and `dc` into $dz$ and $dc_{\text{prev}}$. What remains is the layer, and that is the one of notebook 03, only wider:
#
# $$
# \begin{aligned}
# dh_{\text{prev}} &= dz\, W_h^\top & (B,4H)(4H,H) &\to (B,H)\\
# dW_h &= h_{\text{prev}}^\top\, dz & (H,B)(B,4H) &\to (H,4H)\\
# db &= \textstyle\sum_b dz_b & (B,4H) &\to (4H,)\\
# dW_x[v] &= \textstyle\sum_{b\,:\,x_b = v} dz_b & (B,4H) &\to (V,4H)
# \end{aligned}
# $$
#
# (Characters that occur twice: the trap of notebooks 01b to 03. `np.add.at`, not `+=`.)

# %% nbgrader={"grade": false, "grade_id": "lstm_step_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_step_backward(dh, dc, cache):
    """The gradients of one step.

    dh, dc: (B, H), the gradients with respect to h and c. cache: from `lstm_step_forward`.
    Returns dh_prev (B, H), dc_prev (B, H) and grads: "Wx" (V, 4H), "Wh" (H, 4H), "b" (4H,).
    """
    ### BEGIN SOLUTION
    x, h_prev, cell_cache, params = cache
    dz, dc_prev = cell_backward(dh, dc, cell_cache)
    dWx = np.zeros_like(params["Wx"])
    np.add.at(dWx, x, dz)
    grads = {"Wx": dWx, "Wh": h_prev.T @ dz, "b": dz.sum(axis=0)}
    return dz @ params["Wh"].T, dc_prev, grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_lstm_step_backward", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(2)
params = {"Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20)}
check_gradients(
    lstm_step_forward, lstm_step_backward,
    {"x": np.array([2, 0, 2]), "h_prev": rng.normal(size=(3, 5)), "c_prev": rng.normal(size=(3, 5)), "params": params},
    given=["cell_forward", "cell_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20)}
check_gradients(
    lstm_step_forward, lstm_step_backward,
    {"x": rng.permutation(7)[:3], "h_prev": rng.normal(size=(3, 5)), "c_prev": rng.normal(size=(3, 5)), "params": params},
    reference=reference.lstm_step_forward, given=["cell_forward", "cell_backward"],
    says="The gradients of one step are compared with central differences; all characters differ.",
)
check_gradients(
    lstm_step_forward, lstm_step_backward,
    {"x": rng.integers(2, 5, size=4), "h_prev": rng.normal(size=(4, 5)), "c_prev": rng.normal(size=(4, 5)), "params": params},
    reference=reference.lstm_step_forward, given=["cell_forward", "cell_backward"],
    says="The gradients of one step are compared with central differences; some characters repeat.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### A relative: the GRU
#
# The **gated recurrent unit** (Cho and others, 2014) does a similar thing with less. It has no pocket. The postcard itself is the road, and one gate does the work of $f$ and $i$: as much as is
# kept, so much less is put in.
#
# | | LSTM | GRU |
# |---|---|---|
# | gates | $i,\ f,\ o$, the three sigmoids | $r$, the **reset gate**, and $u$, the **update gate**: two sigmoids of the same kind |
# | news | $g = \tanh\bigl(W_x[x] + h_{\text{prev}} W_h + b\bigr)$ | $n = \tanh\bigl(W_x[x] + (r \odot h_{\text{prev}})\, W_h + b\bigr)$ |
# | memory | $c = f \odot c_{\text{prev}} + i \odot g$ | $h = u \odot h_{\text{prev}} + (1 - u) \odot n$ |
# | shown | $h = o \odot \tanh(c)$ | $h$ as it is |
#
# (All $(B, H)$; in each line $W_x$, $W_h$ and $b$ stand for that line's block of columns.) Along the GRU's road the gradient is multiplied by $u$, as here by $f$. It has three blocks instead of four: with $H = 256$ this
# notebook's model would have 244,526 parameters instead of 322,094. Which of the two is better depends on the task; early comparisons found no clear winner (see *Read on* at the end). In some papers and programs
# $u$ and $1 - u$ have changed places, so look before you copy a formula. There is no code to write here: we stay with the LSTM.

# %% [markdown]
# ### Who can count?
#
# What does it matter that the LSTM has two gates, $f$ and $i$, where the GRU has $u$ and $1 - u$? Somebody wants the memory of one place to count the letters of a word, as a number that grows by 1 with each letter, 1, 2, 3, ..., and goes back to 0 at a space.
#
# **Predict.** In which of the two cells can that be done by setting gates and news by hand, to one set of values at letters and another at spaces?
#
# - a) both
# - b) the LSTM only
# - c) the GRU only
# - d) neither, because the news is at most 1

# %% tags=["question"]
guess_counting = "b"  # "a", "b", "c" or "d"
predict("counting", guess_counting, "0c6ae26d")


# %% nbgrader={"grade": false, "grade_id": "count_letters", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def lstm_count(text):
    """The pocket of your `cell_forward`, one place: all gates open at a letter, forget and input shut at a space."""
    c, counts = np.zeros((1, 1)), []
    for letter in text:
        is_open = 20.0 if letter != " " else -20.0
        _, c, _ = cell_forward(np.array([[is_open, is_open, 20.0, 20.0]]), c)
        counts.append(c[0, 0])
    return counts


def gru_count(text, u):
    """The card of a GRU, one place, with news 1: at a letter a share u is kept, at a space the news is 0 and nothing is kept."""
    h, counts = 0.0, []
    for letter in text:
        h = u * h + (1 - u) * 1.0 if letter != " " else 0.0
        counts.append(h)
    return counts


line = "curiouser and curiouser cried alice"
plot_curves(
    {"LSTM, f = i = 1": lstm_count(line), **{f"GRU, u = {u}": gru_count(line, u) for u in (0.5, 0.8, 0.95)}},
    title=f"Counting the letters of: {line}", x_label="character", y_label="what the memory holds",
)


# %% [markdown]
# The pocket climbs to 9 in `curiouser` and starts anew at the space. The GRU's card rises, too, and bends: it never gets past 1, and its steps shrink. (The card shows $\tanh(c)$ of the pocket, in which 8 and 9 look alike; the pocket itself keeps them apart. In part 7 you will meet a place in your trained LSTM that goes with the number of letters; nobody sets
# its gates by hand.)

# %% [markdown]
# **Explain.** In the GRU's line for $h$, what keeps it from growing, whatever $u$ is? What would have to be different, and what does the GRU get in return for the restriction?

# %% why_gru_cannot_count [markdown] tags=["written"]
# The new $h$ is a weighted mean of the old $h$ and the news $n$, with weights $u$ and $1 - u$ that add up to 1. A mean lies between what it is made of, and $n$ lies between $-1$ and $1$, so $h$ never leaves that interval.
# To count, a cell must keep everything and add 1: both weights must be 1 at the same time, and the LSTM can do that because $f$ and $i$ are two separate gates.
# In return the GRU's memory cannot run away, so it needs no second $\tanh$ and no output gate to tame it, and it has three blocks of weights instead of four.
# It may still code a count, as $1 - u^k$, but the steps get smaller and smaller, so that 9 and 10 are hard to tell apart.

# %% [markdown]
# ## 3. Through time
#
# ### Forward: the same step, $T$ times
#
# $$z_t = W_x[x_t] + h_{t-1} W_h + b \;\;(B,4H) \qquad\quad h_t, c_t = \text{cell}(z_t, c_{t-1}) \;\;(B,H), \qquad t = 1, \dots, T$$
#
# Each reader now gets a chunk of text: `x` $(B, T)$. All postcards are kept, `hs` $(B, T, H)$, because each has to predict a
# character. Of the pockets only the last leaves the function, `c_last` $(B, H)$: the next chunk starts with it. `hs[:, t]` holds $h_{t+1}$, since Python counts from 0.
#
# Two ways to write it, both right:
#
# - **Short**: call `lstm_step_forward` for each $t$ and keep its caches.
# - **Fast**: $W_x[x_t] + b$ does not need $h$, so take it for all $B \cdot T$ characters at once, *before* the loop. In the loop remain $h_{t-1} W_h$ and `cell_forward`.
#   It is the backward pass that gains most from this order, see below.

# %% nbgrader={"grade": false, "grade_id": "lstm_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_forward(x, h0, c0, params):
    """Read a chunk of T characters.

    x: (B, T) ids. h0, c0: (B, H), the state before the first character.
    params: "Wx" (V, 4H), "Wh" (H, 4H), "b" (4H,).
    Returns hs (B, T, H), the h after each character, c_last (B, H), the c after the last one,
    and a cache for `lstm_backward`.
    """
    ### BEGIN SOLUTION
    z = params["Wx"][x.T] + params["b"]  # (T, B, 4H): what does not need h, for all steps at once
    hs = np.empty((len(z) + 1, *h0.shape), dtype=h0.dtype)  # h_0, ..., h_T
    hs[0], c, cell_caches = h0, c0, []
    for t in range(len(z)):
        hs[t + 1], c, cell_cache = cell_forward(z[t] + hs[t] @ params["Wh"], c)
        cell_caches.append(cell_cache)
    return hs[1:].swapaxes(0, 1), c, (x, hs, cell_caches, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_lstm_forward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

rng = np.random.default_rng(3)
params = {
    "Wx": rng.normal(size=(7, 20)).astype("float32"), "Wh": rng.normal(size=(5, 20)).astype("float32"), "b": rng.normal(size=20).astype("float32"),
}
h0, c0 = rng.normal(size=(3, 5)).astype("float32"), rng.normal(size=(3, 5)).astype("float32")
x = np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]])
check_shapes(
    lstm_forward, {"x": x, "h0": h0, "c0": c0, "params": params}, [(3, 4, 5), (3, 5)], given=["cell_forward", "lstm_step_forward"],
)

params = {"Wx": np.sin(np.arange(24.0)).reshape(3, 8), "Wh": np.cos(np.arange(16.0)).reshape(2, 8), "b": np.sin(np.arange(8.0) + 0.5)}
check_values(
    lstm_forward,
    {
        "x": np.array([[1, 0, 2], [0, 0, 1]]), "h0": np.array([[0.2, -0.5], [-0.3, 0.7]]), "c0": np.array([[1.0, -0.6], [-2.0, 0.4]]),
        "params": params,
    },
    (
        np.array([
            [[0.09784051, 0.21283977], [0.13145441, 0.1517395], [0.28172367, 0.26168556]],
            [[-0.25791887, 0.15156383], [-0.17258155, 0.1328974], [-0.02712637, 0.32536651]],
        ]),
        np.array([[0.6472968, 0.49019115], [-0.12625356, 0.92502164]]),
    ),
    given=["cell_forward", "lstm_step_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20)}
x, h0, c0 = rng.integers(2, 5, size=(4, 3)), rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
check_values(
    lstm_forward, {"x": x, "h0": h0, "c0": c0, "params": params}, reference.lstm_forward,
    given=["cell_forward", "lstm_step_forward"],
    says="Reading a chunk is tried with random weights and a random first state.",
)
single = {"Wx": params["Wx"].astype("float32"), "Wh": params["Wh"].astype("float32"), "b": params["b"].astype("float32")}
check_values(
    lstm_forward, {"x": x, "h0": h0.astype("float32"), "c0": c0.astype("float32"), "params": single},
    reference.lstm_forward, given=["cell_forward", "lstm_step_forward"],
    tolerance=1e-4, says="Reading a chunk is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Backward: two roads through time
#
# In notebook 03 one gradient walked from right to left. Now there are two walkers, $dh$ and $dc$, and at each step both hand over to the step before.
#
# The picture shows three steps: the pocket's road above, the card's below, and, dashed and red, what walks back on them.

# %% nbgrader={"grade": false, "grade_id": "draw_roads", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_roads():
    """Three LSTM steps in a row, and the two ways back through time."""
    from autograder import BLUE, GREEN, GREY, RED, canvas, show_figure

    figure, axes = canvas(11, 4.6)

    def arrow(start, end, colour, width=1.8):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width, "mutation_scale": 16,
                      "linestyle": "--" if colour == RED else "-", "shrinkA": 0, "shrinkB": 0})

    def say(x, y, text, colour=GREY, size=13, frame=None):
        axes.text(x, y, text, ha="center", va="center", fontsize=size, color=colour, bbox=frame)

    for t in (1, 2, 3):
        x = 3 * t
        say(x, 1.7, f"cell\nstep {t}", BLUE, frame={"boxstyle": "round,pad=0.9", "facecolor": "none", "edgecolor": BLUE, "linewidth": 1.6})
        arrow((x, 0.1), (x, 0.85), GREY)
        say(x, -0.1, f"$x_{t}$", GREY)
    for t in (0, 1, 2, 3):
        left = 3 * t + (0.75 if t else 1.2)
        right = 3 * t + (2.25 if t < 3 else 1.8)
        arrow((left, 2.1), (right, 2.1), BLUE, 4.5)
        arrow((left, 1.3), (right, 1.3), BLUE)
        say((left + right) / 2, 2.33, f"$c_{t}$", BLUE)
        say((left + right) / 2, 1.08, f"$h_{t}$", BLUE)
        arrow((right, 2.75), (left, 2.75), RED, 2.4)
        arrow((right, 0.62), (left, 0.62), RED, 2.4)
        say((left + right) / 2, 3.0, "dc_last" if t == 3 else f"$dc_{t}$", RED)
        say((left + right) / 2, 0.38, "0" if t == 3 else f"$dz_{t + 1} W_h^\\top$", RED)
    for t in (1, 2, 3):
        say(3 * t, 2.95, f"$\\odot\\ f_{t}$", RED, 14)
        say(3 * t + 0.45, 0.62, f"+ dhs$_{t}$", RED, 10)
    say(6, 3.5, "the pocket's road: a gate per step, no matrix", GREEN, 12)
    say(6, -0.6, "the card's road: a matrix per step, and the gates' slopes", GREEN, 12)
    axes.set(xlim=(1, 11), ylim=(-0.9, 3.8))
    axes.axis("off")
    show_figure(figure, "Three cells in a row, joined by two roads. Above, c goes from step to step; backward, dashed and red, dc begins as dc_last and is multiplied by "
                "the forget gate in each step. Below, h goes from step to step; backward, what comes is dz of the later step times W_h transposed, 0 behind the last one, and each "
                "step adds dhs, the gradient from its own prediction.")


draw_roads()


# %% [markdown]
# $$
# \begin{aligned}
# dh_t &= \text{dhs}_t + dz_{t+1} W_h^\top & &\text{from its own prediction, and from the future} & &(B,H)\\
# dz_t,\; dc_{t-1} &= \text{cell}\_\text{backward}(dh_t,\, dc_t) & &\text{what arrives along the road goes in, and goes on} & &(B,4H),\,(B,H)
# \end{aligned}
# $$
#
# Start at $t = T$. There is no step after it, so nothing comes through $W_h$: $dh_T = \text{dhs}_T$. But along the road something does arrive: `dc_last`, what the *next
# chunk* says about our last pocket. So $dc_T$ = `dc_last`. What is left at the end, $dz_1 W_h^\top$ and $dc_0$, are the gradients of `h0` and `c0`.
#
# **By hand, once.** Take $H = 1$ and a loss that sees only $c_3$, with $\partial L / \partial c_3 = 1$. Along the road alone
#
# $$dc_2 = f_3, \qquad dc_1 = f_3 f_2, \qquad dc_0 = f_3 f_2 f_1$$
#
# while the old RNN had $s_3\, w\, s_2\, w\, s_1 \cdots$: one weight and one slope per step. If the network wants to remember, it can learn $f \approx 1$, and $1 \cdot 1 \cdot 1 = 1$. Its inventors called this road
# the **constant error carousel**; theirs had no forget gate yet, so that the factor was 1 for ever. (There are side roads, too: $c_{t-1}$ also shapes $h_{t-1}$, which shapes the gates of step $t$. Those run through $W_h$ and behave as in the RNN: their gradients may vanish, and
# they may also grow without bound, the **exploding gradient**, against which we clip. Your code adds up all of them.)
#
# **The weights, without a loop.** Keep all $dz_t$ in one array. As in notebook 03, the sums over time and readers are then single matrix products over $B \cdot T$ rows:
#
# $$
# \begin{aligned}
# dW_h &= \textstyle\sum_t h_{t-1}^\top\, dz_t & (H, B T)(B T, 4H) &\to (H, 4H)\\
# db &= \textstyle\sum_{b,t} dz_{b,t} & (B, T, 4H) &\to (4H,)\\
# dW_x[v] &= \textstyle\sum_{b,t\,:\,x_{b,t}=v} dz_{b,t} & (B, T, 4H) &\to (V, 4H)
# \end{aligned}
# $$
#
# $h_{t-1}$ means `h0` followed by all of `hs` but the last. For $dW_x$ use `np.add.at(dWx, x, dz)`, with `x` in the order of the steps too if `dz` is, or the product of a one-hot matrix $(V, BT)$ with
# `dz` $(BT, 4H)$, which is several times faster. You may also call `lstm_step_backward` in the loop and add up its `grads`: just as right, and slower to train.

# %% nbgrader={"grade": false, "grade_id": "lstm_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_backward(dhs, dc_last, cache):
    """Backpropagation through time.

    dhs: (B, T, H), the gradient that each h gets from its own prediction, without what comes from later steps.
    dc_last: (B, H), the gradient with respect to c_last. cache: from `lstm_forward`.
    Returns dh0 (B, H), dc0 (B, H) and grads: "Wx" (V, 4H), "Wh" (H, 4H), "b" (4H,).
    """
    ### BEGIN SOLUTION
    x, hs, cell_caches, params = cache
    B, T, H = dhs.shape
    dz = np.empty((T, B, 4 * H), dtype=dhs.dtype)
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in reversed(range(T)):
        dz[t], dc = cell_backward(dhs[:, t] + dh, dc, cell_caches[t])
        dh = (params["Wh"] @ dz[t].T).T  # dz_t Wh^T; in this order the product of few rows is faster
    dz, h_prev = dz.reshape(T * B, 4 * H), hs[:-1].reshape(T * B, H)
    one_hot = np.eye(len(params["Wx"]), dtype=dz.dtype)[x.T.ravel()]  # (T B, V)
    return dh, dc, {"Wx": one_hot.T @ dz, "Wh": h_prev.T @ dz, "b": dz.sum(axis=0)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_lstm_backward", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(4)
params = {"Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20)}
x = np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]])
check_gradients(
    lstm_forward, lstm_backward,
    {"x": x, "h0": rng.normal(size=(3, 5)), "c0": rng.normal(size=(3, 5)), "params": params},
    given=["cell_forward", "cell_backward", "lstm_step_forward", "lstm_step_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wx": rng.normal(size=(8, 24)), "Wh": rng.normal(size=(6, 24)), "b": rng.normal(size=24)}
check_gradients(
    lstm_forward, lstm_backward,
    {
        "x": rng.permuted(np.tile(np.arange(8), (2, 1)), axis=1)[:, :3],
        "h0": rng.normal(size=(2, 6)), "c0": rng.normal(size=(2, 6)), "params": params,
    },
    reference=reference.lstm_forward, given=["cell_forward", "cell_backward", "lstm_step_forward", "lstm_step_backward"],
    says="Backpropagation through time is compared with central differences on a short chunk.",
)
params = {"Wx": rng.normal(size=(7, 16)), "Wh": rng.normal(size=(4, 16)), "b": rng.normal(size=16)}
check_gradients(
    lstm_forward, lstm_backward,
    {"x": rng.integers(2, 5, size=(3, 6)), "h0": rng.normal(size=(3, 4)), "c0": rng.normal(size=(3, 4)), "params": params},
    reference=reference.lstm_forward, given=["cell_forward", "cell_backward", "lstm_step_forward", "lstm_step_backward"],
    says="Backpropagation through time is compared with central differences on a longer chunk in which characters repeat.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. The model
#
# The readout, which makes the scores called **logits**, and the loss, **cross-entropy**, are your work from notebook 03. (The mean over all characters of $-\ln$ of the probability that the right one got is also called
# the **negative log-likelihood**.) They do not care what kind of network made `hs`, so here they are, given.

# %% nbgrader={"grade": false, "grade_id": "readout_and_loss", "locked": true, "schema_version": 3, "solution": false, "task": false}
def readout_forward(hs, params):
    """Scores for the next character. hs: (B, T, H). Returns logits (B, T, V) and a cache."""
    B, T, H = hs.shape
    rows = hs.reshape(B * T, H)
    return (rows @ params["Wy"] + params["by"]).reshape(B, T, -1), (rows, params)


def readout_backward(dlogits, cache):
    """dlogits: (B, T, V). Returns dhs (B, T, H) and grads: "Wy" (H, V), "by" (V,)."""
    rows, params = cache
    B, T, V = dlogits.shape
    drows = dlogits.reshape(B * T, V)
    grads = {"Wy": rows.T @ drows, "by": drows.sum(axis=0)}
    return (drows @ params["Wy"].T).reshape(B, T, -1), grads


def cross_entropy_forward(logits, targets):
    """The mean loss in nats. logits: (B, T, V), targets: (B, T). Returns loss and a cache."""
    z = logits - logits.max(axis=-1, keepdims=True)
    p = np.exp(z)
    total = p.sum(axis=-1, keepdims=True)
    p /= total
    right = np.take_along_axis(z, targets[..., None], axis=-1) - np.log(total)
    return -right.mean(), (p, targets)


def cross_entropy_backward(dloss, cache):
    """dloss: a number. Returns dlogits (B, T, V)."""
    p, targets = cache
    dlogits = p * (dloss / targets.size)
    B, T = targets.shape
    dlogits[np.arange(B)[:, None], np.arange(T), targets] -= dloss / targets.size
    return dlogits


# %% [markdown]
# `model_forward` now has **three** results: the loss of the chunk, and the two halves of the state with which the next chunk will start.
#
# $$x, h_0, c_0 \;\xrightarrow{\text{lstm}}\; \text{hs},\, c_{\text{last}} \qquad \text{hs} \;\xrightarrow{\text{readout}}\; \text{logits} \;\xrightarrow{\text{cross-entropy}}\; L \qquad h_{\text{last}} = \text{hs}[:, -1]$$

# %% nbgrader={"grade": false, "grade_id": "model_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def model_forward(x, targets, h0, c0, params):
    """The loss of one chunk, and the state after it.

    x, targets: (B, T) ids. h0, c0: (B, H). params: "Wx", "Wh", "b", "Wy", "by".
    Returns loss (a number), h_last (B, H), c_last (B, H) and a cache for `model_backward`.
    """
    ### BEGIN SOLUTION
    hs, c_last, lstm_cache = lstm_forward(x, h0, c0, params)
    logits, readout_cache = readout_forward(hs, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, hs[:, -1], c_last, (lstm_cache, readout_cache, loss_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_model_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {
    "Wx": np.sin(np.arange(24.0)).reshape(3, 8), "Wh": np.cos(np.arange(16.0)).reshape(2, 8), "b": np.sin(np.arange(8.0) + 0.5),
    "Wy": np.cos(np.arange(6.0)).reshape(2, 3), "by": np.array([0.1, -0.2, 0.3]),
}
x, targets = np.array([[1, 0, 2], [0, 0, 1]]), np.array([[0, 2, 1], [0, 1, 2]])
h0, c0 = np.array([[0.2, -0.5], [-0.3, 0.7]]), np.array([[1.0, -0.6], [-2.0, 0.4]])
check_values(
    model_forward, {"x": x, "targets": targets, "h0": h0, "c0": c0, "params": params},
    (
        1.15995792, np.array([[0.28172367, 0.26168556], [-0.02712637, 0.32536651]]),
        np.array([[0.6472968, 0.49019115], [-0.12625356, 0.92502164]]),
    ),
    given=["lstm_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    model_forward, {"x": x, "targets": targets, "h0": h0.astype("float32"), "c0": c0.astype("float32"), "params": single},
    [(), (2, 2), (2, 2)], given=["lstm_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20),
    "Wy": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
check_values(
    model_forward,
    {
        "x": rng.integers(0, 7, size=(3, 4)), "targets": rng.integers(0, 7, size=(3, 4)),
        "h0": rng.normal(size=(3, 5)), "c0": rng.normal(size=(3, 5)), "params": params,
    },
    reference.model_forward, given=["lstm_forward"],
    says="The loss and the last state are tried with random weights.",
)
### END HIDDEN TESTS

# %% [markdown]
# Three results forward, three gradients back: `dloss`, a number, and `dh_last` and `dc_last`, both $(B, H)$. Go through the three parts in reverse. $h_T$ gets two gradients,
# one from its own prediction and one from the next chunk, and you know what to do with two gradients that meet. $c_{\text{last}}$ has no prediction of its own.
# Both come from the next chunk as gradients of everything behind it, so `dloss` has no part in them.
#
# The result is `dh0`, `dc0` and one dict with all five gradients: `{**some, **others}` joins two dicts.

# %% nbgrader={"grade": false, "grade_id": "model_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def model_backward(dloss, dh_last, dc_last, cache):
    """The gradients of one chunk.

    dloss: a number. dh_last, dc_last: (B, H). cache: from `model_forward`.
    Returns dh0 (B, H), dc0 (B, H) and grads with the keys "Wx", "Wh", "b", "Wy", "by".
    """
    ### BEGIN SOLUTION
    lstm_cache, readout_cache, loss_cache = cache
    dlogits = cross_entropy_backward(dloss, loss_cache)
    dhs, readout_grads = readout_backward(dlogits, readout_cache)
    dhs[:, -1] += dh_last
    dh0, dc0, lstm_grads = lstm_backward(dhs, dc_last, lstm_cache)
    return dh0, dc0, {**lstm_grads, **readout_grads}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_model_backward", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(5)
params = {
    "Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20),
    "Wy": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
x = np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]])
check_gradients(
    model_forward, model_backward,
    {"x": x, "targets": (x + 2) % 7, "h0": rng.normal(size=(3, 5)), "c0": rng.normal(size=(3, 5)), "params": params},
    given=["lstm_forward", "lstm_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 24)), "Wh": rng.normal(size=(6, 24)), "b": rng.normal(size=24),
    "Wy": rng.normal(size=(6, 7)), "by": rng.normal(size=7),
}
check_gradients(
    model_forward, model_backward,
    {
        "x": rng.integers(2, 5, size=(4, 3)), "targets": rng.integers(0, 7, size=(4, 3)),
        "h0": rng.normal(size=(4, 6)), "c0": rng.normal(size=(4, 6)), "params": params,
    },
    reference=reference.model_forward, projections=4, given=["lstm_forward", "lstm_backward"],
    says="The gradients of the whole model are compared with central differences along random directions.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Where to start
#
# As in notebook 03 the matrices start with standard deviation $1/\sqrt H$ and the biases at zero. But think about what zero means for the forget gate: $f = \sigma(0) = \tfrac12$. Half of
# the pocket is lost at every character, and so is half of the gradient. After ten characters a thousandth is left. *The network would have to learn to remember
# before it could learn what is worth remembering.*
#
# The remedy is one line: start the forget gate's biases at 1 or more. $\sigma(1) = 0.73$, $\sigma(3) = 0.95$. Then the gate stands open until the network learns to shut it.
#
# Write `set_forget_bias`: the same parameters, with the $z_f$ block of `"b"` set to a value. New dict, new array for `"b"`; what came in stays as it was.

# %% nbgrader={"grade": false, "grade_id": "init_params", "locked": true, "schema_version": 3, "solution": false, "task": false}
def init_params(V, H, rng, dtype=np.float32):
    """Random first parameters of a model with V characters and H cells; all biases are zero."""
    params = {
        "Wx": rng.normal(scale=0.3, size=(V, 4 * H)),
        "Wh": rng.normal(scale=1 / math.sqrt(H), size=(H, 4 * H)),
        "b": np.zeros(4 * H),
        "Wy": rng.normal(scale=1 / math.sqrt(H), size=(H, V)),
        "by": np.zeros(V),
    }
    return {name: p.astype(dtype) for name, p in params.items()}


# %% nbgrader={"grade": false, "grade_id": "set_forget_bias", "locked": false, "schema_version": 3, "solution": true, "task": false}
def set_forget_bias(params, value):
    """The same parameters with other biases of the forget gate.

    params: "b" (4H,), blocks in the order i, f, o, g, and other entries. value: a number.
    Returns a new dict with the same keys, shapes and dtypes. Nothing that came in is changed.
    """
    ### BEGIN SOLUTION
    b = params["b"].copy()
    H = len(b) // 4
    b[H : 2 * H] = value
    return {**params, "b": b}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_set_forget_bias", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"b": np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], "float32"), "by": np.array([7.0, 8.0, 9.0], "float32")}
check_values(
    set_forget_bias, {"params": params, "value": 1.5},
    {"b": np.array([0.1, 0.2, 1.5, 1.5, 0.5, 0.6, 0.7, 0.8], "float32"), "by": np.array([7.0, 8.0, 9.0], "float32")},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 20)).astype("float32"), "Wh": rng.normal(size=(5, 20)).astype("float32"),
    "b": rng.normal(size=20).astype("float32"), "Wy": rng.normal(size=(5, 7)).astype("float32"),
}
check_values(
    set_forget_bias, {"params": params, "value": 2.0}, reference.set_forget_bias,
    says="The forget bias is set in a model in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# What does it buy? The next cell takes *untrained* networks, looks at the loss of one prediction at time $T$, walks back with your `lstm_step_backward` and writes down the norm of
# $\partial L_T / \partial c_{T-k}$ for every distance $k$, averaged over 64 places of the text. It is the measurement from the end of notebook 03, now along the road.
#
# **Predict.** Take the road alone, and a forget gate that stands at the same $f$ at every character. How large must $f$ be so that *half* of the gradient still arrives 50 characters earlier?

# %% tags=["question"]
guess_half_way = 0.986  # a number, three digits
predict("half way", guess_half_way, "3~4ff8eb40")

# %% nbgrader={"grade": false, "grade_id": "gradients_by_distance", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
REACH = training_steps(101, 21)  # how far back the gradients are followed


def places(ids, B, T):
    """B pieces of T characters from all over a text, (B, T), and the character after each, (B, 1)."""
    starts = np.linspace(0, len(ids) - T - 2, B).astype(int)
    return ids[starts[:, None] + np.arange(T)], ids[starts + T][:, None]


def gradients_by_distance(ids, params, B=64, T=REACH):
    """The mean norms of d loss_T / d h_(T-k) and d loss_T / d c_(T-k) for k = 1, ..., T, relative to k = 1."""
    x, target = places(ids, B, T)
    h = c = np.zeros((B, len(params["Wh"])), dtype=params["Wh"].dtype)
    caches, norms = [], []
    for t in range(T):
        h, c, cache = lstm_step_forward(x[:, t], h, c, params)
        caches.append(cache)
    logits, readout_cache = readout_forward(h[:, None], params)
    dlogits = cross_entropy_backward(1.0, cross_entropy_forward(logits, target)[1])
    dh, dc = readout_backward(dlogits, readout_cache)[0][:, 0], np.zeros_like(c)
    for cache in reversed(caches):
        dh, dc, _ = lstm_step_backward(dh, dc, cache)
        norms.append([np.linalg.norm(d, axis=1).mean() for d in (dh, dc)])
    norms = np.array(norms)
    return (norms / norms[0]).T


DISTANCES = np.arange(1, REACH + 1)
untrained = init_params(V, 256, np.random.default_rng(3), dtype=np.float64)
plot_curves(
    {
        f"forget bias {bias}, f ≈ {sigmoid(bias):.2f}": (DISTANCES, gradients_by_distance(corpus.held_out, set_forget_bias(untrained, bias))[1])
        for bias in (-1.0, 0.0, 1.0, 2.0, 4.0)
    },
    title="Before training: how much of the blame arrives k characters earlier?", x_label="distance in time k",
    y_label="norm of dc, relative to k = 1", log_y=True,
)


# %% [markdown]
# The scale is logarithmic, so straight lines are exponentials.
#
# - **Bias $-1$ or $0$**: after 20 characters a millionth is left with $-1$, a thousandth with $0$. Nothing farther away can be learned as long as the gates stand there.
# - **Bias $1$**: about a fiftieth arrives from 50 characters away.
# - **Bias $2$ or $4$**: the road is open.
#
# To hand on half over 50 steps a gate needs $f = 0.5^{1/50} = 0.986$. So $\sigma(2) = 0.88$ would be much too little if all gates stood there at all times, and even $\sigma(4) = 0.98$ not quite enough. They do not stand there: they
# scatter about that value, and over a long way the widest ones count. That is why more arrives than $f^k$, with every bias. (The lines that rise again towards the far end owe that to the side roads through $W_h$, which can also grow.)
#
# Be honest about what it buys. The bias only decides where learning *begins*; each of the $H$ forget gates is then free to open or shut. On this small book
# runs of 1,000 updates with biases from $-3$ to $1$ all ended at a held-out loss of 1.42 to 1.43: most next characters can be guessed from the last twenty. An open gate even
# costs time, because what is kept for ever must first be learned to be thrown away (bias $2$: 1.46, bias $4$: 1.60). What an open gate does give is reach. Below we start at $2$ and
# train half as long again, which ends at 1.42 too. How far the network then remembers you will see in part 7.

# %% [markdown]
# ## 5. Training
#
# ### Given: clip, Adam, streams
#
# **Gradient clipping**, the **optimiser** Adam and the streams are from notebook 03 and do not care what kind of network they train. `adam_step` is written a little faster here; it still returns new arrays.

# %% nbgrader={"grade": false, "grade_id": "optimiser_and_streams", "locked": true, "schema_version": 3, "solution": false, "task": false}
def clip_gradients(grads, max_norm):
    """Shorten the gradient to `max_norm` if it is longer. Returns the new grads and the old length."""
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in grads.values()))
    if norm <= max_norm:
        return grads, norm
    return {name: g * (max_norm / norm) for name, g in grads.items()}, norm


def adam_start(params):
    """Adam's state before the first update."""
    return {
        "t": 0,
        "m": {name: np.zeros_like(p) for name, p in params.items()},
        "v": {name: np.zeros_like(p) for name, p in params.items()},
    }


def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """One update. Returns the new params and the new state. Nothing that came in is changed."""
    t = state["t"] + 1
    correction = math.sqrt(1 - beta2**t)
    new, m, v = {}, {}, {}
    for name, g in grads.items():
        m[name] = beta1 * state["m"][name] + (1 - beta1) * g
        v[name] = beta2 * state["v"][name] + (1 - beta2) * (g * g)
        update = np.sqrt(v[name])
        update += epsilon * correction
        np.divide(m[name], update, out=update)
        update *= learning_rate * correction / (1 - beta1**t)
        new[name] = np.subtract(params[name], update, out=update)
    return new, {"t": t, "m": m, "v": v}


def make_streams(ids, B):
    """Cut a text (n,) into B streams: inputs (B, L) and targets (B, L) with L = (n - 1) // B."""
    L = (len(ids) - 1) // B
    return ids[: B * L].reshape(B, L), ids[1 : B * L + 1].reshape(B, L)


# %% [markdown]
# ### One call for an update
#
# `loss_and_gradients` is one call for everything that an update needs from the model: it runs your two passes with `dh_last` $=$ `dc_last` $= 0$, which is **truncated backpropagation through time**: the state goes on from
# chunk to chunk, the gradient ends at the border.
# `mean_loss` measures a text of any length with one reader, who carries the state through.

# %% nbgrader={"grade": false, "grade_id": "loss_and_gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
def loss_and_gradients(x, targets, h, c, *, params):
    """One chunk, forward and backward, truncated at its end.

    x, targets: (B, T). h, c: (B, H). Returns loss, h_last (B, H), c_last (B, H) and grads like params.
    """
    loss, h_last, c_last, cache = model_forward(x, targets, h, c, params)
    zero = np.zeros_like(c)
    _, _, grads = model_backward(1.0, zero, zero, cache)
    return loss, h_last, c_last, grads


def mean_loss(ids, params, chunk=1000):
    """The loss over a text, ids (n,), in nats per character, read in one pass from an empty state."""
    h = c = np.zeros((1, len(params["Wh"])), dtype=params["Wh"].dtype)
    total = 0.0
    for start in range(0, len(ids) - 1, chunk):
        piece = ids[None, start : start + chunk + 1]
        loss, h, c, _ = model_forward(piece[:, :-1], piece[:, 1:], h, c, params)
        total += float(loss) * (piece.shape[1] - 1)
    return total / (len(ids) - 1)


# %% [markdown]
# ### The training loop
#
# Begin at the beginning, and go on till you come to the end: then begin again. The readers always read the book's own characters, also
# where they guessed wrong; that is called **teacher forcing**. The frame is given; you write what happens in one update:
#
# 1. Which chunk? With `chunks` $= \lfloor L / T \rfloor$ whole chunks in a stream, update `step` takes number `step % chunks`: $T$ columns of `inputs` and `targets`.
# 2. At chunk 0, and only there, all readers open the book anew: `h` **and** `c` become zeros of shape $(B, H)$, in the dtype of the parameters. ($H$ is the number of rows of `"Wh"`.)
# 3. Call `gradients(x, targets, h, c, params=params)`. It returns the loss, the new `h` and `c`, and `grads`. **Both halves of the state are carried over** to the next update.
#    Take the argument `gradients`, not `loss_and_gradients` itself: a check and an experiment hand in another function.
# 4. Clip to `max_norm`, then one step of Adam. The learning rate falls in a straight line: $\eta \cdot (1 - \text{step} / \text{steps})$, the simplest **learning rate schedule**.
#
# After your lines, the loop expects the chunk's `loss`, and `params` and `state` after the update.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    """Truncated backpropagation through time over a text.

    ids: (n,) ids. params: the first parameters. B streams, chunks of T characters.
    gradients: called like `loss_and_gradients`, and returns the same.
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
            h = c = np.zeros((B, len(params["Wh"])), dtype=params["Wh"].dtype)
        here = slice(start, start + T)
        loss, h, c, grads = gradients(inputs[:, here], targets[:, here], h, c, params=params)
        grads, _ = clip_gradients(grads, max_norm)
        params, state = adam_step(params, grads, state, learning_rate * (1 - step / steps))
        ### END SOLUTION
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


# %% [markdown]
# The first check trains a network with a state of a single number for two updates, in float32, from parameters drawn at random, on a text of 13 characters. The second one hands in another function as `gradients`. It reads no text at all: from the characters, the state and its dtype
# it makes up a loss, a gradient and the next state, so that every chunk, every state and every clipped gradient of four passes over the text can be told from what comes out.

# %% nbgrader={"grade": true, "grade_id": "test_train", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

rng = np.random.default_rng(7)
start = {
    "Wx": rng.normal(size=(3, 4)), "Wh": rng.normal(size=(1, 4)), "b": rng.normal(size=4),
    "Wy": rng.normal(size=(1, 3)), "by": rng.normal(size=3),
}
start = {name: p.astype("float32") for name, p in start.items()}
check_values(
    train,
    {
        "ids": np.array([0, 0, 1, 0, 0, 1, 0, 0, 2, 0, 0, 2, 0]), "params": start,
        "steps": 2, "B": 2, "T": 3, "learning_rate": 0.1,
    },
    (
        {
            "Wx": np.array([
                [0.15129599, 0.22609437, -0.12409461, -1.0397323], [-0.52218646, -0.8426916, 0.20710121, 1.1902022],
                [-0.3427453, -0.47151482, 0.6390046, 0.20687082],
            ], "float32"),
            "Wh": np.array([[-0.03719647, -1.0760083, -0.17153494, 0.84425306]], "float32"),
            "b": np.array([-1.194461, -0.30986083, -1.7520937, -1.4396044], "float32"),
            "Wy": np.array([[-1.9913354, -0.08562247, -1.1175133]], "float32"),
            "by": np.array([0.42062455, 0.00729538, -0.33605903], "float32"),
        },
        np.array([1.01546109, 0.96168542]),
    ),
    given=["model_forward", "model_backward"], tolerance=1e-4,
)
wide = {"Wx": np.zeros((93, 8)), "Wh": np.zeros((2, 8)), "b": np.zeros(8), "Wy": np.zeros((2, 93)), "by": np.zeros(93)}
wide = {name: p.astype("float32") for name, p in wide.items()}
check_values(
    train,
    {
        "ids": np.arange(93), "params": wide, "steps": 60, "B": 2, "T": 3, "learning_rate": 0.1, "max_norm": 200.0,
        "gradients": lambda x, targets, h, c, *, params: (
            42 + h.itemsize + c.itemsize - x[0, 0] - h[0, 0] / 10 - c[0, 0] / 100, h + 1, c + 2,
            {name: np.full_like(p, targets[1, -1] - 70) for name, p in params.items()},
        ),
    },
    (
        {name: np.full(p.shape, 0.839463, "float32") for name, p in wide.items()},
        np.tile(50 - 3.12 * np.arange(15), 4),
    ),
    tolerance=1e-4,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20),
    "Wy": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
check_values(
    train, {"ids": rng.integers(0, 7, size=52), "params": params, "steps": 3, "B": 3, "T": 4, "learning_rate": 0.1},
    reference.train, given=["model_forward", "model_backward"], tolerance=1e-5,
    says="The first updates of training are compared: both halves of the state are carried from chunk to chunk.",
)
check_values(
    train,
    {"ids": rng.integers(0, 7, size=52), "params": params, "steps": 7, "B": 3, "T": 5, "learning_rate": 0.1, "max_norm": 0.3},
    reference.train, given=["model_forward", "model_backward"], tolerance=1e-5,
    says="Training is followed over the end of the text, where all readers begin anew, and with another limit for clipping.",
)
single = {
    "Wx": params["Wx"].astype("float32"), "Wh": params["Wh"].astype("float32"), "b": params["b"].astype("float32"),
    "Wy": params["Wy"].astype("float32"), "by": params["by"].astype("float32"),
}
check_values(
    train, {"ids": rng.integers(0, 7, size=52), "params": single, "steps": 2, "B": 3, "T": 4, "learning_rate": 0.01},
    reference.train, given=["model_forward", "model_backward"], tolerance=1e-3,
    says="Training is tried in float32, and has to stay there.",
)
### END HIDDEN TESTS

# %% [markdown]
# The next check looks at what comes out. Its gates are **stuck**: with biases of $20$ and $-20$ the input and the output gate are always open and the forget gate is always shut, so the pocket holds nothing but $1$ and the postcard nothing
# but $\tanh(1)$, whatever is read. Such a network can only learn how *frequent* each character is, by `by` and the columns of `Wy` together, and must come close to the best loss that is possible with that knowledge, 3.006 on this text. (The hidden check trains from random weights, on a text that
# you have never seen, and asks for much more.)

# %% nbgrader={"grade": true, "grade_id": "test_training_target", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_training, load_corpus

ids = load_corpus().train
stuck = {
    "Wx": np.zeros((46, 12)), "Wh": np.zeros((3, 12)), "b": np.repeat([20.0, -20.0, 20.0, 20.0], 3), "Wy": np.zeros((3, 46)), "by": np.zeros(46),
}
check_training(
    train, {"ids": ids, "params": stuck, "steps": 200, "B": 50, "T": 10, "learning_rate": 0.05},
    lambda params: np.log(np.exp(logits := np.tanh(1) * params["Wy"].sum(axis=0) + params["by"]).sum()) - logits[ids].mean(),
    at_most=3.03, like=stuck, given=["model_forward", "model_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, looking_glass, reference

text = looking_glass()
params = reference.set_forget_bias(reference.init_params(46, 64, hidden_rng()), 1.0)
check_training(
    train, {"ids": text.train, "params": params, "steps": 500, "B": 32, "T": 32, "learning_rate": 0.03},
    lambda params: reference.mean_loss(text.held_out, params),
    at_most=1.81, like=params, few={"ids": np.full(60, 3), "params": params, "steps": 3, "B": 2, "T": 4, "learning_rate": 0.01},
    given=["model_forward", "model_backward"],
    says="A small LSTM is trained for 500 updates on a text you have not seen, and its loss on the held-out part is measured.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Train it: two legs
#
# Now the real thing: $H = 256$, 32 readers, chunks of 32 characters, float32, about 320,000 parameters. It takes about two minutes on two free cores and goes in
# two legs. Each begins with a fresh Adam and a new learning rate that falls to zero.
#
# - **Leg 1** is short, with a high rate: some eleven times through the book (eleven **epochs**). It learns what the pages have in common, and ends about where the held-out loss is lowest.
#   If you want a network that writes, stop here (**early stopping**).
# - **Leg 2** is long and is an experiment in **memorising**. More than three times as many updates over the same pages, starting from the parameters of leg 1. There is little left to learn that
#   holds for other pages, but a lot about these.
#
# The `TrainingLog` measures the held-out part, which others call the **validation set**, now and then and remembers the parameters that did best there. Had enough? Interrupt the cell with ■: the leg stops after the
# update it is in, and everything below works with what was learned so far.
#
# **On a busy machine** there is nothing to set, as in notebook 03; it takes longer all the same.

# %% nbgrader={"grade": false, "grade_id": "train_full", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
H, B, T = 256, 32, 32
FORGET_BIAS = 2.0
LEG_1, RATE_1 = training_steps(1500, 30), 0.01
LEG_2, RATE_2 = training_steps(5000, 20), 0.005
EVERY = training_steps(250, 25)

start_params = set_forget_bias(init_params(V, H, np.random.default_rng(3)), FORGET_BIAS)
log = TrainingLog("04", mean_loss, corpus, start_params, every=EVERY)
leg_1_params, losses_1 = train(corpus.train, start_params, LEG_1, B, T, RATE_1, watch=log)


def watch_leg_2(step, params):
    """The log counts the updates of both legs."""
    return log(len(losses_1) + step, params)


final_params, losses_2 = train(corpus.train, leg_1_params, LEG_2, B, T, RATE_2, watch=watch_leg_2)
log.finish(final_params, np.concatenate([losses_1, losses_2]), characters=B * T)

# %% nbgrader={"grade": false, "grade_id": "curves", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
log.plot(title="Learning Alice, and then learning her by heart", lines={"chance": CHANCE, "bigram optimum": BIGRAM})

# %% [markdown]
# ### Read the curves honestly
#
# Leg 1 should end around $1.42$ on the held-out part, clearly below the RNN's $1.51$: a perplexity of 4.1 instead of 4.5. That is what the pocket is worth.
#
# Then the rate jumps up again, and the curves **part**, which is called **overfitting**. In our run the training loss fell to $0.65$, and the held-out loss *rose* almost all the while, to $1.80$ after 6,000 updates and $1.78$ at the end: worse than the
# RNN and even the MLP with its window of eight. As perplexities: on pages that it has read the network now hesitates between 1.9 characters, on new ones between 5.9. **A low
# training loss is memorising.** It shows that the code is right, that the network is large enough and that the optimiser works. It does not show that the network writes
# better, and here it demonstrably predicts worse on pages it has not seen. With 320,000 parameters for 130,000 characters there is room enough to learn a book by heart.
#
# What you report is the held-out loss, and what you sample from is `log.best_params`. (To be strict: the held-out part also *chose* these parameters, so it flatters them slightly. The clean way is a third part, the **test set**, at which nobody looks before
# the end. The book is too short for that.)

# %% [markdown]
# ### Experiment: who needs a forget gate?
#
# The LSTM of 1997 had no forget gate: $f = 1$, for ever. Try it, and the other extreme as well. `held_at` fixes the gate: its columns of `"Wx"` and `"Wh"` become zero, its bias a large number of either sign, and its gradients are set to zero, so that training
# leaves it there. All else is yours. With $f = 0$ the pocket is emptied at every step, and only the card $h$ is handed on.
#
# **First task: hold one letter.** The first character is an `a` or a `b`, then come 59 characters of noise, and at *every* position the right answer is that first letter. Whoever has lost it can only guess, at a loss of $\ln 2 = 0.693$. All networks are small ($H = 32$) and start from the same weights.
#
# **Predict.** Which one learns it last, or not at all?
#
# - a) $f = 1$ for ever
# - b) $f = 0$ for ever
# - c) learned, starting at bias 4 ($f \approx 0.98$)
# - d) learned, starting at bias 0 ($f \approx 0.5$)

# %% tags=["question"]
guess_hold = "b"  # "a", "b", "c" or "d"
predict("hold a letter", guess_hold, "918de052")


# %% nbgrader={"grade": false, "grade_id": "hold_a_letter", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def held_at(params, bias):
    """The same parameters with a forget gate that depends on its bias alone."""
    H = len(params["Wh"])
    keeps = np.ones(4 * H, dtype=params["b"].dtype)
    keeps[H : 2 * H] = 0
    return set_forget_bias({**params, "Wx": params["Wx"] * keeps, "Wh": params["Wh"] * keeps}, bias)


def gradients_but_f(x, targets, h, c, *, params):
    """Like `loss_and_gradients`; the forget gate learns nothing."""
    loss, h, c, grads = loss_and_gradients(x, targets, h, c, params=params)
    for name in ("Wx", "Wh", "b"):
        grads[name][..., h.shape[1] : 2 * h.shape[1]] = 0
    return loss, h, c, grads


def variants(start):
    """Name, first parameters and gradients of each forget gate that is tried."""
    learned = {f"learned, from bias {bias:.0f}": (set_forget_bias(start, bias), loss_and_gradients) for bias in (0.0, 1.0, 4.0)}
    return {**learned, "f = 1 for ever": (held_at(start, 30.0), gradients_but_f), "f = 0 for ever": (held_at(start, -30.0), gradients_but_f)}


def hold_a_letter(params, gradients, steps, B=32, T=60, rate=0.01):
    """The losses of training on texts whose first letter is the answer everywhere."""
    rng, state, losses = np.random.default_rng(3), adam_start(params), []
    empty = np.zeros((B, len(params["Wh"])), dtype=params["Wh"].dtype)
    for step in range(steps):
        x = rng.integers(2, V, size=(B, T))
        x[:, 0] = rng.integers(0, 2, size=B)
        loss, _, _, grads = gradients(x, np.repeat(x[:, :1], T, axis=1), empty, empty, params=params)
        params, state = adam_step(params, clip_gradients(grads, 1.0)[0], state, rate * (1 - step / steps))
        losses.append(float(loss))
    return np.array(losses)


small = init_params(V, 32, np.random.default_rng(3))
plot_curves(
    {name: hold_a_letter(params, gradients, training_steps(300, 3)) for name, (params, gradients) in variants(small).items()},
    title="First task: hold one letter through 59 others", x_label="update", lines={"guessing": math.log(2)}, log_y=True,
)

# %% [markdown]
# The wider the gate stands at the start, the sooner it is learned, and with $f = 0$ not at all: what the card alone can carry over a few steps is no help over sixty. A gate that starts half open sits at "guessing" for more than 150 updates, and one that starts at bias 1 for nearly as
# long, because hardly any gradient tells them about the first letter; then they get hold of an end of the thread. (With other sizes and rates the half-open one did not within 300 updates.) This is what `set_forget_bias` is for. If it were the whole truth, nobody would need a forget gate.
#
# **Second task: Alice.** The same five, now with $H = 64$ and 400 updates of your `train` on the book.
#
# **Predict.** Which one has the *lowest* held-out loss after so short a training?
#
# - a) $f = 1$ for ever
# - b) $f = 0$ for ever
# - c) learned, starting at bias 1
# - d) learned, starting at bias 4

# %% tags=["question"]
guess_alice = "b"  # "a", "b", "c" or "d"
predict("Alice", guess_alice, "c4d7e674")


# %% nbgrader={"grade": false, "grade_id": "no_forgetting", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def pocket_sizes(ids, params, stretch=500):
    """The mean size of the numbers in the pocket after every `stretch` characters of a text."""
    h = c = np.zeros((1, len(params["Wh"])), dtype=params["Wh"].dtype)
    sizes = []
    for start in range(0, len(ids) - stretch, stretch):
        _, h, c, _ = model_forward(ids[None, start : start + stretch], ids[None, start + 1 : start + stretch + 1], h, c, params)
        sizes.append(float(np.abs(c).mean()))
    return sizes


exam = corpus.held_out[: training_steps(len(corpus.held_out), 1200)]
print(f"{'forget gate':22}{'held out':>10}   mean size of what is in the pocket, every 2,500 characters")
for name, (params, gradients) in variants(init_params(V, 64, np.random.default_rng(3))).items():
    trained, _ = train(corpus.train, params, training_steps(400, 3), 32, 32, 0.01, gradients=gradients)
    sizes = pocket_sizes(exam, trained)[::5]
    print(f"{name:22}{mean_loss(exam, trained):10.3f}   " + "  ".join(f"{size:,.1f}" for size in sizes))


# %% [markdown]
# The order is turned round. In our run $f = 0$ came to 1.80, the learned gates to 1.88, 1.93 and 2.14 (from bias 0, 1 and 4), and $f = 1$ to 2.14. (With another seed and three times as many updates the order was the same.) Most next characters of Alice
# hang on the last few, so a network that throws its pocket away at every step starts with the right idea, and one whose pocket stands open must first learn to throw away.
#
# Do not conclude that the pocket is good for nothing. This is a small network at the beginning of its training; the large one above got over its first bias, and it needs the pocket for what lies farther back, as you will see in part 7. And compare the two experiments: *no* fixed gate is good
# at both tasks. A gate that learns when to open and when to shut can be.

# %% [markdown]
# **Explain.** The gate that never shuts learned the first task at once and is bad at the second. Why, although the gradient along the road arrives unharmed? Use the sizes in the table. And what does the pair of tasks say about "the right" forget bias?

# %% why_forget [markdown] tags=["written"]
# With $f = 1$ the pocket can only add, so each thing ever written in stays there, under all that came later. In the first task there is one thing to keep, and each text begins with an empty pocket.
# In the second the reader goes through a whole book without emptying it: the numbers grow into the hundreds and thousands, and beside them news of at most 1 is nothing. $\tanh(c)$ stands at $\pm 1$, whatever has just been read, and its slope $1 - \tanh^2(c)$ is almost 0, so that the gradient hardly
# gets from the card onto the road, however open the road is. A gate that starts at bias 4 has the same trouble on a smaller scale. Alice needs the opposite, too: what belonged to the last word should be gone when the next one begins.
# So a gate must be able to shut, and where it should start depends on how far back the answers of the task lie.

# %% [markdown]
# ## 6. Writing
#
# `sample_next` is yours from notebook 03: it draws from $\operatorname{softmax}(\text{logits} / \text{temperature})$. Below a **temperature** of 1 it plays safe, above it dares.

# %% nbgrader={"grade": false, "grade_id": "sample_next", "locked": true, "schema_version": 3, "solution": false, "task": false}
def sample_next(logits, temperature, rng):
    """Draw the next character from softmax(logits / temperature). logits: (V,). Returns one id."""
    z = logits / temperature
    p = np.exp(z - z.max())
    return int(rng.choice(len(p), p=p / p.sum()))


# %% [markdown]
# To write, the network reads the prompt, draws a character, **reads its own character**, draws the next, and so on: **autoregressive generation**. $B$ is 1 here. The difference from notebook 03: two things
# have to be carried along.
#
# 1. Start with an empty card and an empty pocket, and read the whole prompt.
# 2. From the newest `h`, compute logits with `readout_forward` (it wants `hs` of shape $(1, 1, H)$) and draw a character.
# 3. Read that character: one step. Go to 2.

# %% nbgrader={"grade": false, "grade_id": "generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generate(prompt, length, params, temperature, rng):
    """Let the model continue a text.

    prompt: (P,) ids with P >= 1. length: how many characters to write. rng: np.random.Generator.
    Reads the prompt from a state of zeros, then draws `length` times with `sample_next`.
    Returns the new ids (length,), without the prompt.
    """
    ### BEGIN SOLUTION
    zero = np.zeros((1, len(params["Wh"])), dtype=params["Wh"].dtype)
    hs, c, _ = lstm_forward(prompt[None], zero, zero, params)
    h, written = hs[:, -1], []
    for _ in range(length):
        logits, _ = readout_forward(h[:, None], params)
        written.append(sample_next(logits[0, 0], temperature, rng))
        h, c, _ = lstm_step_forward(np.array(written[-1:]), h, c, params)
    return np.array(written, dtype=np.int64)
    ### END SOLUTION


# %% [markdown]
# The first two checks use a temperature of almost zero, so that the same text must come out for everybody. The first network is made by hand: whatever it reads, it names the next of three letters, in a circle.
# The second one has a memory, and what it writes depends on all that it has read. The third check takes the circle once more, at a temperature of 1.5, and counts.

# %% nbgrader={"grade": true, "grade_id": "test_generate", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_text, check_values

open_gates, shut = np.full((3, 3), 20.0), np.full((3, 3), -20.0)
params = {
    "Wx": np.hstack([open_gates, shut, open_gates, 2 * np.eye(3)]), "Wh": np.zeros((3, 12)), "b": np.zeros(12),
    "Wy": np.array([[0.0, 3.0, 0.0], [0.0, 0.0, 3.0], [3.0, 0.0, 0.0]]), "by": np.zeros(3),
}
check_values(
    generate,
    {"prompt": np.array([2, 0]), "length": 5, "params": params, "temperature": 1e-6, "rng": np.random.default_rng(0)},
    np.array([1, 2, 0, 1, 2]), given=["lstm_forward", "lstm_step_forward"],
)
remembers = {
    "Wx": 2 * np.sin(1.37 * np.arange(60)).reshape(5, 12), "Wh": 2 * np.cos(1.37 * np.arange(36) + 1).reshape(3, 12),
    "b": np.repeat([0.0, 2.0, 0.0, 0.0], 3), "Wy": 3 * np.sin(1.37 * np.arange(15) + 2).reshape(3, 5), "by": np.zeros(5),
}
check_values(
    generate,
    {"prompt": np.array([3, 0, 4, 1]), "length": 12, "params": remembers, "temperature": 1e-6, "rng": np.random.default_rng(0)},
    np.array([4, 4, 4, 1, 1, 2, 0, 4, 4, 0, 4, 4]), given=["lstm_forward", "lstm_step_forward"],
)
shares = np.array([0.15512093, 0.68975814, 0.15512093])
check_text(
    generate,
    {"prompt": np.array([2, 0]), "length": 8, "params": params, "temperature": 1.5, "rng": np.random.default_rng(0)},
    lambda ids: np.roll(shares, ids[-1] if len(ids) else 0), length=8, given=["lstm_forward", "lstm_step_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(scale=0.5, size=(17, 48)), "Wh": rng.normal(size=(12, 48)), "b": rng.normal(scale=0.3, size=48),
    "Wy": rng.normal(size=(12, 17)), "by": rng.normal(scale=0.3, size=17),
}
params = reference.set_forget_bias(params, 2.0)
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=5), "length": 30, "params": params, "temperature": 1e-6, "rng": rng},
    reference.generate, given=["lstm_forward", "lstm_step_forward"],
    says="A random network continues a random prompt at a temperature of almost zero.",
)
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=1), "length": 40, "params": params, "temperature": 1e-6, "rng": rng},
    reference.generate, given=["lstm_forward", "lstm_step_forward"],
    says="A random network continues a prompt of a single character.",
)
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=4), "length": 60, "params": params, "temperature": 1.5, "rng": rng},
    reference.generate, given=["lstm_forward", "lstm_step_forward"],
    says="A random network writes at a high temperature: each character is one draw of `sample_next` with `rng`.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "samples", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
prompt = "alice was beginning to "
for temperature in (0.3, 1.0, 1.4):
    written = generate(corpus.encode(prompt), 320, log.best_params, temperature, np.random.default_rng(10))
    show_sample(prompt + corpus.decode(written), f"temperature {temperature}")
written = generate(corpus.encode(prompt), 400, log.best_params, 0.7, np.random.default_rng(10))
log.record(prompt + corpus.decode(written), "temperature 0.7")
train_text = corpus.decode(corpus.train)
show_samples(
    {
        name: corpus.decode(generate(corpus.encode(prompt), 320, params, 0.5, np.random.default_rng(10)))
        for name, params in {"best (leg 1)": log.best_params, "memorised (leg 2)": final_params}.items()
    },
    train_text,
)


# %% [markdown]
# At 0.3 it plays safe: "was", "the", "said", and hardly a word that does not exist. At 0.7 the figures of the book come on one after the other, nothing that they do makes sense, and now and
# then comes a word that is not from the book (in our run, `redought` and `rememuse`). At 1.4 the spelling falls apart.
#
# The last two texts stand side by side, from the parameters that did best on the held-out part and from those that know the book. Below each is the longest piece of it that stands in the book word for word.
#
# ### Does it copy?
#
# Notebook 03 asked this of an RNN with a training loss around 1.1, and found little. Ask again. Each network gets 60 characters from the training part, writes 200 more at a low temperature, and you look for
# the longest piece that stands word for word in the training part. For comparison the same of real Carroll, of pieces of the held-out part.

# %% nbgrader={"grade": false, "grade_id": "longest_quote", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def continued(params, rng):
    """What a network writes after 15 places of the training part, 200 characters each."""
    return [
        corpus.decode(generate(corpus.train[place : place + 60], 200, params, 0.4, rng))
        for place in range(5000, 125000, training_steps(8000, 60000))
    ]


passages = {
    "best parameters (leg 1)": continued(log.best_params, np.random.default_rng(1)),
    "final parameters (leg 2)": continued(final_params, np.random.default_rng(1)),
    "Carroll, held-out part": [corpus.decode(corpus.held_out[place : place + 200]) for place in range(0, 14000, 1000)],
}
for name, texts in passages.items():
    quotes = [longest_quote(text, train_text).strip() for text in texts]
    print(f"{name}: longest quote {np.mean([len(q) for q in quotes]):.0f} characters on average, at most {max(map(len, quotes))}")
    print(f"    {max(quotes, key=len)!r}")


# %% [markdown]
# Compare the three lines. In our run the best parameters and the final ones both quoted about 20 characters, hardly more than Carroll, who repeats himself for 18. So even a training loss of $0.65$ does not mean that the
# network recites when it writes freely: each drawn character that differs from the book leads it off the page it knows. Memorising is a matter of degree. It shows in the *gap* between the curves long before it
# shows in the sample.

# %% [markdown]
# ## 7. Looking inside
#
# ### The lines straighten up
#
# Here is the picture that notebook 03 told you to keep. First train a plain RNN of the same size once more, for as long as it takes to get to its best; its code is yours from notebook 03, made compact.

# %% nbgrader={"grade": false, "grade_id": "plain_rnn", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def plain_rnn_forward(x, h0, params):
    """x: (B, T). h0: (B, H). Returns hs (B, T, H) and a cache."""
    hs, h = params["Wx"][x.T] + params["bh"], h0
    for t in range(len(hs)):
        hs[t] += h @ params["Wh"]
        h = np.tanh(hs[t], out=hs[t])
    return hs.swapaxes(0, 1), (x, h0, hs, params)


def plain_rnn_backward(dhs, cache):
    """dhs: (B, T, H). Returns all dh_0, ..., dh_T as one array (T + 1, B, H), and grads."""
    x, h0, hs, params = cache
    T, B, H = hs.shape
    dz, dh = 1 - hs**2, np.zeros((T + 1, B, H), dtype=hs.dtype)
    for t in reversed(range(T)):
        dh[t + 1] += dhs[:, t]
        dz[t] *= dh[t + 1]
        dh[t] = dz[t] @ params["Wh"].T
    h_prev, dz = np.concatenate([h0[None], hs[:-1]]).reshape(T * B, H), dz.reshape(T * B, H)
    one_hot = np.eye(len(params["Wx"]), dtype=dz.dtype)[x.T.ravel()]
    return dh, {"Wx": one_hot.T @ dz, "Wh": h_prev.T @ dz, "bh": dz.sum(axis=0)}


def plain_rnn_gradients(x, targets, h, *, params):
    """Like `loss_and_gradients`, but the state is h alone."""
    hs, rnn_cache = plain_rnn_forward(x, h, params)
    logits, readout_cache = readout_forward(hs, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    dhs, readout_grads = readout_backward(cross_entropy_backward(1.0, loss_cache), readout_cache)
    return loss, hs[:, -1], {**plain_rnn_backward(dhs, rnn_cache)[1], **readout_grads}


def train_plain_rnn(ids, H, steps, B, T, learning_rate, rng):
    """The loop of notebook 03. Returns the trained params."""
    wide = init_params(V, H, rng)
    params = {"Wx": wide["Wx"][:, :H], "Wh": wide["Wh"][:, :H], "bh": wide["b"][:H], "Wy": wide["Wy"], "by": wide["by"]}
    params = {name: p.copy() for name, p in params.items()}
    inputs, targets = make_streams(ids, B)
    chunks, state = inputs.shape[1] // T, adam_start(params)
    for step in (bar := progress(steps)):
        start = step % chunks * T
        if start == 0:
            h = np.zeros((B, H), dtype=np.float32)
        loss, h, grads = plain_rnn_gradients(inputs[:, start : start + T], targets[:, start : start + T], h, params=params)
        grads, _ = clip_gradients(grads, 1.0)
        params, state = adam_step(params, grads, state, learning_rate * (1 - step / steps))
        bar.show(train=float(loss))
    return params


rnn_params = train_plain_rnn(corpus.train, H, training_steps(1500, 20), B, T, 0.005, np.random.default_rng(3))


# %% nbgrader={"grade": false, "grade_id": "straight_lines", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def plain_rnn_by_distance(ids, params, B=64, T=REACH):
    """The mean norm of d loss_T / d h_(T-k) for k = 1, ..., T, relative to k = 1."""
    x, target = places(ids, B, T)
    hs, rnn_cache = plain_rnn_forward(x, np.zeros((B, len(params["Wh"]))), params)
    logits, readout_cache = readout_forward(hs[:, -1:], params)
    dlogits = cross_entropy_backward(1.0, cross_entropy_forward(logits, target)[1])
    dhs = np.zeros_like(hs)
    dhs[:, -1:] = readout_backward(dlogits, readout_cache)[0]
    dh, _ = plain_rnn_backward(dhs, rnn_cache)
    norms = np.linalg.norm(dh[:-1], axis=2).mean(axis=1)[::-1]
    return norms / norms[0]


through_h, along_c = gradients_by_distance(corpus.held_out, log.best_params)
plot_curves(
    {
        "LSTM, along c": (DISTANCES, along_c),
        "LSTM after leg 2, along c": (DISTANCES, gradients_by_distance(corpus.held_out, final_params)[1]),
        "plain RNN, through h": (DISTANCES, plain_rnn_by_distance(corpus.held_out, rnn_params)),
        "LSTM, through h": (DISTANCES, through_h),
    },
    title="After training: how much of the blame arrives k characters earlier?", x_label="distance in time k",
    y_label="gradient norm, relative to k = 1", log_y=True,
)


# %% [markdown]
# There it is. For the plain RNN a straight fall: from 50 characters away less than a thousandth arrives (at the network of notebook 03 it was one or two). Along the pocket of the LSTM it is more than a hundred times as
# much, and the line bends towards the horizontal: some places forget quickly, others hardly at all, and at large distances only the patient ones are left. The
# postcard profits, too, because it is fed from the pocket.
#
# Where leg 2 ends, the road is wider still. To learn a page by heart one needs to know which page it is.
#
# One caution. Both networks were trained on chunks of 32 characters, so no gradient ever came from farther away *during training*. What you see beyond 32 was learned at short distances and carries over: a gate
# that stays open for 30 characters stays open for 100.

# %% [markdown]
# ### Does it know that somebody is speaking?
#
# In Alice a speech begins with a backtick and ends with an apostrophe, perhaps three hundred characters later. Whether the reader is inside is one bit, and to have it
# one must have kept it. Ask the pockets: is there a *place* in $c$ that goes with that bit?
#
# The next cell reads 32,000 characters of the training part and correlates each of the $H$ places with two features: *inside a quotation*, and *how many letters into a
# word*. It takes the place that goes with each feature most, and as a third one the place with the highest average forget gate. The cell after it shows all three at work on a
# held-out passage.

# %% nbgrader={"grade": false, "grade_id": "gates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def watch_cells(x, params):
    """The gates and pockets while reading x (B, T): gates (B, T, 3H) in the order i, f, o, and cs (B, T, H)."""
    h = c = np.zeros((len(x), len(params["Wh"])), dtype=params["Wh"].dtype)
    gates, cs = [], []
    for t in range(x.shape[1]):
        z = params["Wx"][x[:, t]] + h @ params["Wh"] + params["b"]
        h, c, _ = cell_forward(z, c)
        gates.append(sigmoid(z[:, : 3 * c.shape[1]]))
        cs.append(c)
    return np.stack(gates, axis=1), np.stack(cs, axis=1)


def inside_quotation(text):
    """For each character 1 from a backtick to the apostrophe that closes the speech, else 0."""
    inside, found = 0, []
    for here, following in zip(text, text[1:] + " ", strict=True):
        if here == "`":
            inside = 1
        elif here == "'" and not following.isalpha():
            inside = 0
        found.append(inside)
    return np.array(found)


def letters_into_word(text):
    """For each character the number of letters of its word so far."""
    count, found = 0, []
    for here in text:
        count = count + 1 if here.isalpha() else 0
        found.append(count)
    return np.array(found)


def correlations(cs, feature):
    """cs (n, H), feature (n,). Returns the correlation of each place with the feature, (H,)."""
    cs, feature = cs - cs.mean(axis=0), feature - feature.mean()
    return cs.T @ feature / (len(feature) * cs.std(axis=0) * feature.std() + 1e-9)


study = make_streams(corpus.train[: training_steps(32001, 3201)], 32)[0]
study_gates, study_cells = watch_cells(study, log.best_params)
study_rows = study_cells.reshape(-1, H)
speaking = np.concatenate([inside_quotation(corpus.decode(row)) for row in study])
into_word = np.concatenate([letters_into_word(corpus.decode(row)) for row in study])
patient = study_gates[..., H : 2 * H].mean(axis=(0, 1)).argmax()
chosen = {}
for name, feature in {"inside a quotation": speaking, "letters into the word": into_word}.items():
    r = correlations(study_rows, feature)
    chosen[f"place {np.abs(r).argmax()}, goes with: {name} (correlation {r[np.abs(r).argmax()]:+.2f})"] = np.abs(r).argmax()
chosen[f"place {patient}, highest average forget gate ({study_gates[..., H + patient].mean():.3f})"] = patient


# %% nbgrader={"grade": false, "grade_id": "draw_gates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "folded"]
def draw_gates(passage, before, chosen, params):
    """Forget, input and output gate and the pocket's content of some places, character by character."""
    import matplotlib.pyplot as plt

    from autograder import canvas, show_figure

    gates, cs = watch_cells(corpus.encode(before + passage)[None], params)
    gates, cs = gates[0, len(before) :], cs[0, len(before) :]
    figure, panels = canvas(15, 1.6 * len(chosen) + 0.4, rows=len(chosen), sharex=True)
    for axes, (title, place) in zip(panels, chosen.items(), strict=True):
        i, f, o = (gates[:, place + k * H] for k in range(3))
        c = cs[:, place] / np.abs(cs[:, place]).max()
        axes.imshow(np.stack([*(plt.cm.Blues(gate) for gate in (f, i, o)), plt.cm.RdBu_r(0.5 + 0.5 * c)]), aspect="auto")
        axes.set_yticks(range(4), ["forget f", "input i", "output o", "pocket c"])
        axes.set_title(title, loc="left", fontsize=11)
        axes.hlines(np.arange(3) + 0.5, -0.5, len(passage) - 0.5, color="white", linewidth=1.5)
        axes.tick_params(length=0)
        axes.set_xticks(range(len(passage)), [{" ": "␣", "\n": "⏎"}.get(letter, letter) for letter in passage], fontsize=10)
    about = "One panel for each of: " + "; ".join(chosen) + ". Each has four rows over the passage: forget, input and output gate from shut to open, and the content."
    show_figure(figure, alt=about)


held_out_text = corpus.decode(corpus.held_out)
begin = held_out_text.index("`call the next witness")
draw_gates(held_out_text[begin - 12 : begin + 98], held_out_text[begin - 500 : begin - 12], chosen, log.best_params)

# %% [markdown]
# Gates: white is shut, dark is open. Pocket: red and blue are the two signs.
#
# Look at the first panel. From the line breaks to just behind the opening backtick the forget gate lightens and the input gate darkens: the old content goes, the new is written, and the pocket turns deep blue. Then the input gate
# shuts, the forget gate opens fully, and the blue stays, a little paler from word to word, to the end of the speech. It is thrown away not at the apostrophe but one character later, at the space: only there is it certain that
# this was not the apostrophe of a `don't`. (The one in `duchess's` does little.) Nobody told the network what a quotation mark is.
#
# The place for letters lives faster. Its forget gate is shut at every space, where the pocket jumps to red, and letter by letter it goes over to blue. The third place hardly changes at all. (Your run may choose other
# places, and other colours.)
#
# ### One bit, kept for a hundred characters
#
# A single place is a narrow view; the network is free to spread a bit over many. So fit a **probe** (in papers: **linear probe**): the weighted sum of all $H$ numbers that comes closest to the bit (least squares, on the 32,000 characters), and then see
# on the held-out part how often it is on the right side of $\tfrac12$. A probe can only find what is there. Do the same with the postcard $h$ of the plain RNN.
#
# **Predict.** Somebody speaks in about a third of the held-out characters, so always saying "outside" is right for 64 of a hundred. The plain RNN writes nearly as well as the LSTM (1.51 against 1.42). For how many of a hundred is the probe on *its* $h$ right?
#
# - a) 88 or more
# - b) 76 to 87
# - c) 75 or less

# %% tags=["question"]
guess_probe = "c"  # "a", "b" or "c"
predict("probe of the RNN", guess_probe, "1facc669")


# %% nbgrader={"grade": false, "grade_id": "probe", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def probe(states, bit, new_states):
    """Fit states (n, H) to bit (n,) by ridge regression. Returns what that makes of new_states (m, H), as (m,)."""
    rows, new_rows = (np.column_stack([s, np.ones(len(s))]).astype(float) for s in (states, new_states))
    weights = np.linalg.solve(rows.T @ rows + 10 * np.eye(rows.shape[1]), rows.T @ bit)
    return new_rows @ weights


def rnn_states(x):
    """The h of the plain RNN for x (B, T), as rows (B T, H)."""
    return plain_rnn_forward(x, np.zeros((len(x), H), dtype=np.float32), rnn_params)[0].reshape(-1, H)


exam = corpus.held_out[None, : training_steps(14000, 2500)]
truth = inside_quotation(corpus.decode(exam))
answers = {
    "LSTM, pocket c": probe(study_rows, speaking, watch_cells(exam, log.best_params)[1][0]),
    "plain RNN, h": probe(rnn_states(study), speaking, rnn_states(exam)),
}
print(f"always saying 'outside' or always 'inside': right for {max(truth.mean(), 1 - truth.mean()):.0%} of the characters")
for name, answer in answers.items():
    print(f"{name}: right for {np.mean((answer > 0.5) == truth):.0%}")


# %% nbgrader={"grade": false, "grade_id": "draw_probe", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "folded"]
def draw_probe(shown):
    """The probes' answers over a passage; grey where somebody really speaks."""
    from autograder import BLUE, GREY, RED, canvas, show_figure

    figure, axes = canvas(11, 3.6)
    at = np.arange(shown.start, shown.stop)
    axes.fill_between(at, -0.8, 1.5, where=truth[shown] == 1, color=GREY, alpha=0.25, linewidth=0, label="inside a quotation")
    for (name, answer), colour, line in zip(answers.items(), (BLUE, RED), ("-", "--"), strict=True):
        axes.plot(at, answer[shown], color=colour, linestyle=line, linewidth=1.5, label=name)
    axes.axhline(0.5, color=GREY, linestyle="--", linewidth=1)
    axes.set(ylim=(-0.8, 1.5), xlim=(at[0], at[-1]), xlabel="position in the held-out part", ylabel="the probe's answer",
             title="Is somebody speaking? What a probe reads in the memory")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper right", ncols=3, fontsize=9)
    about = "Two curves over the passage, and grey where somebody really speaks. " + "; ".join(
        f"{name} is on the right side of one half for {np.mean((answer[shown] > 0.5) == truth[shown]):.0%} of it" for name, answer in answers.items()
    )
    show_figure(figure, alt=about + ".")


draw_probe(slice(2100, 2500))

# %% [markdown]
# In our run the probe on the pocket was right for about 93 % of the characters, the one on the RNN's $h$ for about 69 %, little better than the 64 % of always saying "outside". On the blue curve
# you can see the bit being set at the backtick, kept through the speech, and cleared. It is not always so sure: behind the first speech it wavers about one half for a hundred characters before it sinks. The red curve notices the
# backtick, too, and has forgotten it a few letters later. That is the falling line of the gradients, seen from the other side.

# %% [markdown]
# ## Takeaways
#
# - An LSTM has **two memories**: the card $h$ (hidden state), rewritten at every step, and the pocket $c$ (cell state), changed only by keeping a part and adding a part.
# - Along $c$ the gradient is multiplied by the **forget gate** and by nothing else. What was an inevitable decay became something that the network can *learn*.
# - Backpropagation is the same as ever: where a value is used twice, its gradients add. Now **two gradients** walk back through time, and the four gates are one matrix product.
# - The **forget bias** decides how far the network can feel at the start. No fixed gate is good at everything: what is kept must be thrown away at the right time, and that is learned.
# - A low **training loss is memory of the book**. Two legs, two networks: one that writes best, and one that knows these pages best.

# %% [markdown]
# ## Words of the field
#
# | term | here | what it is |
# |---|---|---|
# | hidden state | postcard, card, $h$ | what a recurrent network hands from step to step and predicts from |
# | cell state | pocket, $c$ | the LSTM's second memory, changed by keeping and adding only |
# | input, forget, output gate | $i$, $f$, $o$ | sigmoids that decide what goes in, what stays, what is shown |
# | candidate | news, $g$ | what would be written into the cell state |
# | Hadamard product | $\odot$ | element by element |
# | vanishing, exploding gradient | the falling line of notebook 03 | a gradient that shrinks or grows by a factor at each step back |
# | constant error carousel | the road | the way along $c$, on which the gradient meets no matrix |
# | truncated BPTT | `dh_last` $=$ `dc_last` $= 0$ | the state crosses the borders of chunks, the gradient does not |
# | GRU | a relative, end of part 2 | a cell with two gates and no pocket |
# | teacher forcing | it reads the book | in training the next input is the true character, not the model's own |
# | autoregressive generation | writing | each drawn character becomes the next input |
# | overfitting, early stopping | the curves part; leg 1 | learning what holds for the training data only; ending before |
# | perplexity | $e^{\text{loss}}$ | so many equally likely choices are as hard as this text is for the model |

# %% [markdown]
# ## Read on
#
# - Sepp Hochreiter and Jürgen Schmidhuber (1997), [*Long Short-Term Memory*](https://doi.org/10.1162/neco.1997.9.8.1735): the cell, still without a forget gate.
# - Felix Gers, Jürgen Schmidhuber and Fred Cummins (2000), [*Learning to Forget: Continual Prediction with LSTM*](https://doi.org/10.1162/089976600300015015): the forget gate, and why a memory that is never emptied breaks down.
# - Kyunghyun Cho and others (2014), [*Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation*](https://arxiv.org/abs/1406.1078): the GRU.
# - Junyoung Chung and others (2014), [*Empirical Evaluation of Gated Recurrent Neural Networks on Sequence Modeling*](https://arxiv.org/abs/1412.3555): GRU and LSTM side by side.
# - Rafal Jozefowicz, Wojciech Zaremba and Ilya Sutskever (2015), [*An Empirical Exploration of Recurrent Network Architectures*](https://proceedings.mlr.press/v37/jozefowicz15.html): more than ten thousand cells tried; with a forget bias of 1 the
#   LSTM catches up with the GRU.
# - Andrej Karpathy, Justin Johnson and Li Fei-Fei (2015), [*Visualizing and Understanding Recurrent Networks*](https://arxiv.org/abs/1506.02078): cells that know quotation marks and line lengths, as in part 7.
# - Christopher Olah (2015), [*Understanding LSTM Networks*](https://colah.github.io/posts/2015-08-Understanding-LSTMs/): the best-known pictures of the cell, and its variants.
# - *Dive into Deep Learning*, [*Long Short-Term Memory*](https://d2l.ai/chapter_recurrent-modern/lstm.html): the same with a library; the GRU and deeper stacks are on the pages after it.
# - Ian Goodfellow, Yoshua Bengio and Aaron Courville (2016), *Deep Learning*, [chapter 10](https://www.deeplearningbook.org/contents/rnn.html): the whole family of recurrent networks, gates and long-range dependencies among them.

# %% [markdown]
# ## What comes next
#
# The pocket is better than the postcard, but it is still one pocket of $H$ numbers, and everything that will be needed later has to be put in *before* one knows what will be asked. What if the network could turn the pages back and
# look up what it needs, when it needs it? Then the distance in time would be one step, no matter how far back the answer lies. That is **attention**, and notebook 05 gives it to your RNN and your LSTM.
