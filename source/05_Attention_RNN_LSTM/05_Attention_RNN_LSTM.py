# %% [markdown]
# # 05: looking back, attention on top of an RNN and an LSTM
#
# So far your networks had to carry everything along. The RNN of notebook 03 rewrote one postcard, its **hidden state**, after every character. The LSTM of 04 got a
# pocket beside the card, in which things can stay. But card and pocket have only $H$ numbers each (the field speaks of a **bottleneck**), and whatever is in neither is lost.
#
# Here is a different idea: **keep the old postcards**. Put each one into a box, and at every character leaf through
# the box: which of my earlier memories would help me now? Take more of those, less of the others, and mix them into one
# vector, the context, in full the **context vector**. Guess the next character from the newest memory *and* the context.
#
# This is **attention**, in the form of Bahdanau, Cho and Bengio (2014), which is called **additive attention**. Nobody tells the network where to look. It learns that
# too, because every part of "looking" has a derivative, and you will write all of them.
#
# | part | you write | you will see |
# |---|---|---|
# | 1 Scores | `scores_*` | how well does a memory fit a question? |
# | 2 Weights | `masked_softmax_*` | shares that add up to 1, and none for the future |
# | 3 Context | `context_*`, `attention_*` | one memory, three roles, three gradients |
# | 4 Two models | `output_*`, `rnn_attention_*`, `lstm_attention_*` | the same attention on two different networks |
# | 5 Training | `train`, `generate` | one loop for both, and their own Alice |
# | 6 Does it help? | two answers in your own words | both models against their parents without attention, a task of another kind, and a cheaper score |
# | 7 Looking inside | nothing, you only look | where do they look, and how far back? |
#
# - **You need**: notebooks 03 and 04 (backpropagation through time for both networks, the training loop over streams, sampling). Mathematics: softmax (its derivative is worked out here), matrix products with a batch axis in front and their two
#   gradients, broadcasting and the sums that undo it, the chain rule where one value is used several times.
# - **Working time**: four to five hours if 04 went smoothly, eight to twelve if it did not (an estimate from the 16 exercises). The questions and the two written answers take
#   about half an hour of it. Training takes three minutes, the experiments a quarter of one.
# - **Points**: 100, of which forward 25, backward 56, training 13, writing 6.
# - **In a hurry**: parts 6 and 7 ask for no code, and the second leg of the LSTM's training may be interrupted. Leave out no exercise: all that comes later calls them.
#
# What you wrote in 03 and 04 is given here: both recurrent networks, the loss, clipping, Adam, the streams, drawing a character. Run the
# notebook from top to bottom, and mend the first ✗ first, because later exercises call earlier ones. After you hand in, hidden checks
# try the same functions on other inputs.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from functools import partial

import numpy as np

import autograder
from autograder import (
    TrainingLog,
    in_threads,
    load_corpus,
    plot_bars,
    plot_curves,
    plot_heatmap,
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
# The picture shows one moment. The network has read `a l i c e` and has five memories $h_1, \dots, h_5$. The newest one, $h_5$, asks
# (the **query**), the earlier ones answer (the **keys**), and the better an answer fits, the thicker its arrow. The context
# $c_5$ is the mix of the earlier memories with these shares. The next character is guessed from both. (The code of the picture is folded away: run the cell like any other, and go on.)

# %% nbgrader={"grade": false, "grade_id": "draw_attention", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
from autograder import BLUE, GREEN, GREY, RED, canvas, show_figure


def sketch(draw, alt, **limits):
    """A picture of boxes and arrows: `draw(box, arrow)` fills it, and `alt` says what it shows."""
    figure, axes = canvas(11, 4.8)

    def box(x, y, text, colour):
        axes.text(x, y, text, ha="center", va="center", fontsize=13, color=colour, zorder=3,
                  bbox={"boxstyle": "round,pad=0.45", "facecolor": "none", "edgecolor": colour, "linewidth": 1.6})

    def arrow(start, end, colour, text="", at=0.5, width=1.6, bend=0.0, shift=(0, 0)):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width, "linestyle": "--" if colour == RED else "-",
                      "connectionstyle": f"arc3,rad={bend}", "shrinkA": 2, "shrinkB": 2, "mutation_scale": 15})
        x, y = (a + at * (b - a) + s for a, b, s in zip(start, end, shift, strict=True))
        axes.text(x, y, text, ha="center", va="center", fontsize=11, color=colour)

    draw(box, arrow)
    axes.set(**limits)
    axes.axis("off")
    show_figure(figure, alt)


def one_query(box, arrow):
    """h5 asks, h1 to h4 answer."""
    for t, letter in enumerate("alice", 1):
        x = 2 * t
        box(x, -0.2, f"$x_{t}$ = {letter}", GREY)
        box(x, 1, f"$h_{t}$", BLUE)
        arrow((x, 0.12), (x, 0.66), GREY)
        arrow((x - (1.68 if t > 1 else 1.2), 1), (x - 0.34, 1), GREY)
    box(5, 3, "$c_5$", GREEN)
    box(10, 3, "logits: next?", GREY)
    arrow((10, 1.34), (10, 2.66), GREY, "$W_y$", shift=(0.3, 0))
    arrow((5.4, 3), (8.95, 3), GREEN, "$W_c$", shift=(0, 0.17))
    for j, weight in enumerate((0.15, 0.55, 0.10, 0.20), 1):
        arrow((2 * j, 1.34), (5 + 0.12 * (j - 2.5), 2.64), GREEN, f"{weight:.2f}", 0.4, 1 + 9 * weight, shift=(-0.34 if j < 3 else 0.34, 0.12))
    arrow((9.66, 1.2), (5.45, 2.75), BLUE, "asks", bend=0.12, shift=(0.3, 0.42))


sketch(
    one_query, "A row of memories h1 to h5, each made from its character, a, l, i, c, e, and from the memory before. h5 asks. From h1 to h4 arrows lead up to the "
    "context c5, as thick as their shares: 0.15, 0.55, 0.10, 0.20. c5 by Wc and h5 by Wy lead to the logits of the next character.",
    xlim=(0.5, 11.4), ylim=(-0.7, 3.5),
)


# %% [markdown]
# Here `l` gets more than half of the attention. The sum of all shares is 1.
#
# Questions and answers come from the same network, about the same text: that is **self-attention**. In translation, for which attention was invented, one network (the **encoder**) has read a sentence in one language, and
# another (the **decoder**) writes it in a second one. There the decoder asks and the encoder's memories answer: **cross-attention**. The mathematics is the same.
#
# Every position asks its own question, and each may look at **strictly earlier** positions only: not at itself (its own memory goes to the
# output anyway), and never at later ones. A later memory has already read the character that is to be guessed. A network that may look
# there reaches a wonderful training loss and can write nothing, because when it writes there is no future to look at. In training the whole text lies there, since the network always reads the book's own characters (**teacher
# forcing**). So the future has to be covered up: with the **causal mask** of part 2.
#
# ## 1. Scores: how well does a memory fit?
#
# The network below gives us all memories of a chunk, `hs` $(B, T, H)$. The query of position $t$ and the key of position $j$ are two
# projections into a space of $A$ numbers, and a score is what a tiny network makes of their sum. This tiny network is the **score function**; Bahdanau and his coauthors call it the **alignment model**, because in translation it finds out which
# word belongs to which.
#
# $$
# \begin{aligned}
# q_t &= h_t W_q & (B,T,H)(H,A) &\to (B,T,A)\\
# k_j &= h_j W_k & (B,T,H)(H,A) &\to (B,T,A)\\
# p_{tj} &= \tanh(q_t + k_j) & &\;\;\;\; (B,T,T,A)\\
# e_{tj} &= v \cdot p_{tj} & (B,T,T,A)(A,) &\to (B,T,T)
# \end{aligned}
# $$
#
# | symbol | in code | shape | what it is |
# |---|---|---|---|
# | $h$ | `hs` | $(B, T, H)$ | the memories of a chunk |
# | $W_q, W_k$ | `params["Wq"]`, `params["Wk"]` | $(H, A)$ | what to ask, what to answer |
# | $v$ | `params["v"]` | $(A,)$ | how much each of the $A$ features counts |
# | $e_{tj}$ | `scores[b, t, j]` | $(B, T, T)$ | row $t$ is the query, column $j$ the key; both count from 0 in code, from 1 in the pictures |
#
# All pairs $(t, j)$ at once: `q[:, :, None]` has shape $(B, T, 1, A)$ and `k[:, None]` has shape $(B, 1, T, A)$; NumPy
# stretches the axes of length 1 (**broadcasting**), and their sum is $(B, T, T, A)$. Compute the forbidden pairs too. The mask comes in part 2.
#
# **What it costs.** $p$ is the largest array of the course: with $B = T = 32$ and $A = 128$ it holds 4.2 million numbers, 17 MB. Twice the chunk, four times the memory.

# %% [markdown]
# Here is the way of one query, with the numbers of the picture above: each memory can appear in three roles, as what **asks** (query), as what **is asked** (key) and as what **is handed over** (value).

# %% nbgrader={"grade": false, "grade_id": "draw_roles", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def roles(box, arrow):
    """h5 asks: scores, shares, and the context as their sum."""
    box(0.4, 0, "$h_5$", BLUE)
    box(2.6, 0, "query  $q_5$", BLUE)
    arrow((0.75, 0), (1.75, 0), BLUE, "$W_q$", shift=(0, 0.22))
    for j, (score, share) in enumerate(((0.41, 0.15), (1.70, 0.55), (0.00, 0.10), (0.69, 0.20)), 1):
        y = 4.6 - 0.9 * j
        box(0.4, y, f"$h_{j}$", GREY)
        box(2.6, y, f"key  $k_{j}$", GREY)
        box(5.4, y, f"{score:.2f}", BLUE)
        box(7.9, y, f"{share:.2f}", GREEN)
        box(10.1, y, f"{share:.2f} · $h_{j}$", GREEN)
        arrow((0.75, y), (1.85, y), GREY, "$W_k$" if j == 1 else "", shift=(0, 0.22))
        arrow((3.35, y), (4.95, y), GREY)
        arrow((3.5, 0), (5.15, y - 0.32), BLUE, width=1)
        arrow((5.85, y), (7.45, y), GREEN)
        arrow((8.35, y), (9.2, y), GREEN)
        arrow((10.95, y), (12.15, 2.35), GREEN, width=1 + 6 * share)
    box(12.65, 2.35, "$c_5$", GREEN)
    for x, text in ((5.4, "scores  $e_{5j}$\n$v \\cdot \\tanh(q_5 + k_j)$"), (7.9, "shares  $w_{5j}$\nsoftmax"), (10.1, "values\n$w_{5j}\\, h_j$"), (12.55, "context\n(their sum)")):
        arrow((x, 4.4), (x, 4.4), GREY, text)


sketch(
    roles, "h5 by Wq becomes the query q5; h1 to h4 by Wk become the keys k1 to k4. Query and key together give the scores 0.41, 1.70, 0.00 and 0.69, a softmax makes the shares "
    "0.15, 0.55, 0.10 and 0.20 of them, and the values h1 to h4, each times its share, add up to the context c5.",
    xlim=(0, 13.1), ylim=(-0.4, 4.9),
)


# %% nbgrader={"grade": false, "grade_id": "scores_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scores_forward(hs, params):
    """Additive scores of all pairs: how well does key j fit query t?

    hs: (B, T, H). params: "Wq" (H, A), "Wk" (H, A), "v" (A,).
    Returns scores (B, T, T), scores[b, t, j] = v . tanh(hs[b, t] Wq + hs[b, j] Wk), and a cache for
    `scores_backward`.
    """
    ### BEGIN SOLUTION
    q, k = hs @ params["Wq"], hs @ params["Wk"]
    p = q[:, :, None] + k[:, None]
    np.tanh(p, out=p)
    return p @ params["v"], (hs, p, params)
    ### END SOLUTION


# %% [markdown]
# In the first check $H = 1$ and $A = 2$, and the weights are such that $e_{tj} = 2\tanh(h_t) - \tanh(h_j)$. You can do it on paper. The second one has ordinary
# numbers. The third hands in float32: what comes in as float32 has to go out as float32, or training takes twice as long.

# %% nbgrader={"grade": true, "grade_id": "test_scores_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import check_shapes, check_values

params = {"Wq": np.array([[1.0, 0.0]]), "Wk": np.array([[0.0, 1.0]]), "v": np.array([2.0, -1.0])}
check_values(
    scores_forward, {"hs": np.array([[[1.0], [0.0], [-1.0]]]), "params": params},
    math.tanh(1.0) * np.array([[[1.0, 2.0, 3.0], [-1.0, 0.0, 1.0], [-3.0, -2.0, -1.0]]]),
)
params = {"Wq": np.cos(np.arange(6.0)).reshape(2, 3), "Wk": np.sin(np.arange(6.0) + 0.5).reshape(2, 3), "v": np.array([1.5, -1.0, 2.0])}
hs = np.sin(np.arange(12.0)).reshape(2, 3, 2)
check_values(
    scores_forward, {"hs": hs, "params": params},
    np.array([
        [[-1.01793718, 0.34306675, 0.17180312], [-0.40058453, 0.61765066, 0.19430906], [-0.61525074, 0.93134818, 0.38743064]],
        [[-1.01860911, 0.27048274, 0.30232014], [-0.5610969, 0.40489988, 0.4442486], [-0.56247696, 0.71711106, 0.69772364]],
    ]),
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(scores_forward, {"hs": hs.astype("float32"), "params": single}, [(2, 3, 3)])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6)}
hs = rng.normal(size=(3, 4, 5))
check_values(
    scores_forward, {"hs": hs, "params": params}, reference.scores_forward,
    says="The scores are tried with random memories and weights.",
)
single = {"Wq": params["Wq"].astype("float32"), "Wk": params["Wk"].astype("float32"), "v": params["v"].astype("float32")}
check_values(
    scores_forward, {"hs": hs.astype("float32"), "params": single}, reference.scores_forward,
    tolerance=1e-4, says="The scores are tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Backward through the scores
#
# You get `dscores`, call it $de$ $(B, T, T)$, and pass it on to everything that made the scores. One step at a time:
#
# $$
# \begin{aligned}
# dv &= \textstyle\sum_{b,t,j} de_{tj}\; p_{tj} & (B,T,T)\cdot(B,T,T,A) &\to (A,)\\
# dz_{tj} &= de_{tj}\; v \odot (1 - p_{tj}^2) & &\;\;\;\;(B,T,T,A)\\
# dq_t &= \textstyle\sum_j dz_{tj} & (B,T,T,A) &\to (B,T,A)\\
# dk_j &= \textstyle\sum_t dz_{tj} & (B,T,T,A) &\to (B,T,A)
# \end{aligned}
# $$
#
# The two sums are the heart of it. One query met **all keys** ($q_t$ stands in the whole row $t$), so its gradient is a
# sum over keys. One key met **all queries** ($k_j$ stands in the whole column $j$), so its gradient is a sum over queries. Where the
# forward pass stretched an axis, the backward pass sums over it.
#
# Then two linear layers, as always, and a memory that was both query and key gets both gradients:
#
# $$
# \begin{aligned}
# dW_q &= \textstyle\sum_{b,t} h_t^\top\, dq_t & (H, BT)(BT, A) &\to (H, A)\\
# dW_k &= \textstyle\sum_{b,j} h_j^\top\, dk_j & (H, BT)(BT, A) &\to (H, A)\\
# dh &= dq\, W_q^\top + dk\, W_k^\top & (B,T,A)(A,H) &\to (B,T,H)
# \end{aligned}
# $$
#
# **A plain version is just as right:** build `dz` with `dscores[..., None]`, then `.sum(axis=2)` and `.sum(axis=1)`. It walks through
# several arrays of size $(B,T,T,A)$, and in this notebook these are what costs time. **The fast version** pulls $v$ out of the sums and multiplies out the bracket:
#
# $$dq_t = v \odot \Bigl(\textstyle\sum_j de_{tj} \;-\; \sum_j de_{tj}\; p_{tj}^2\Bigr) \qquad dk_j = v \odot \Bigl(\textstyle\sum_t de_{tj} \;-\; \sum_t de_{tj}\; p_{tj}^2\Bigr) \qquad (B,T,A)$$
#
# Now only $p^2$ is large. The sum over $j$ is a matrix product for each query, $(1, T)(T, A) \to (1, A)$, that is
# `dscores[:, :, None] @ p**2`, and the sum over $t$ is `np.einsum("btj,btja->bja", dscores, p**2)`.

# %% nbgrader={"grade": false, "grade_id": "scores_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scores_backward(dscores, cache):
    """The gradients of the scores.

    dscores: (B, T, T). cache: from `scores_forward`.
    Returns dhs (B, T, H), from both roles, and grads: "Wq" (H, A), "Wk" (H, A), "v" (A,).
    """
    ### BEGIN SOLUTION
    hs, p, params = cache
    H, A = params["Wq"].shape
    squared = p * p
    dq = params["v"] * (dscores.sum(axis=2)[..., None] - (dscores[:, :, None] @ squared)[:, :, 0])
    dk = params["v"] * (dscores.sum(axis=1)[..., None] - np.einsum("btj,btja->bja", dscores, squared))
    rows = hs.reshape(-1, H)
    grads = {
        "Wq": rows.T @ dq.reshape(-1, A),
        "Wk": rows.T @ dk.reshape(-1, A),
        "v": dscores.ravel() @ p.reshape(-1, A),
    }
    return dq @ params["Wq"].T + dk @ params["Wk"].T, grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_scores_backward", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(1)
params = {"Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6)}
check_gradients(scores_forward, scores_backward, {"hs": 0.5 * rng.normal(size=(2, 3, 5)), "params": params})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wq": rng.normal(size=(4, 6)), "Wk": rng.normal(size=(4, 6)), "v": rng.normal(size=6)}
check_gradients(
    scores_forward, scores_backward, {"hs": 0.5 * rng.normal(size=(2, 3, 4)), "params": params},
    reference=reference.scores_forward,
    says="The gradients of the scores are compared with central differences.",
)
params = {"Wq": rng.normal(size=(6, 4)), "Wk": rng.normal(size=(6, 4)), "v": rng.normal(size=4)}
check_gradients(
    scores_forward, scores_backward, {"hs": 0.5 * rng.normal(size=(3, 5, 6)), "params": params},
    reference=reference.scores_forward,
    says="The gradients of the scores are compared with central differences on a longer chunk.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Weights: shares of attention
#
# A softmax turns each row of scores into shares, the **attention weights** (often written $\alpha_{tj}$). Row $t$ may use the columns $j < t$ only; covering up the others is the **causal mask**:
#
# $$w_{tj} = \frac{e^{\,e_{tj}}}{\sum_{i<t} e^{\,e_{ti}}} \;\text{ for } j < t, \qquad w_{tj} = 0 \;\text{ for } j \ge t \qquad\qquad (B,T,T) \to (B,T,T)$$
#
# For $T = 4$ the shares may stand where there is a ●:
#
# ```
#       key j  0 1 2 3
# query t = 0  . . . .
# query t = 1  ● . . .
# query t = 2  ● ● . .
# query t = 3  ● ● ● .
# ```
#
# Query 0 has nothing to look at: its row is all zeros. In every other row the shares add up to 1, so the only candidate of query 1 gets all of it.
#
# Three traps:
#
# - **Mask before the softmax**, not after. If you set entries to zero *after* dividing, the rest no longer adds up to 1. A score of
#   $-\infty$ becomes $e^{-\infty} = 0$ and takes no share: `np.where(earlier, scores, -np.inf)` with `earlier = np.tri(T, T, -1, dtype=bool)`.
# - **Subtract the largest allowed score** of each row before you exponentiate. The largest of *all* scores may stand in the future, and after
#   subtracting it every allowed entry can be $e^{-\text{huge}} = 0$. Then you divide 0 by 0.
# - **Row 0** has no candidate at all. Its weights are zeros, not NaN.

# %% nbgrader={"grade": false, "grade_id": "masked_softmax_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def masked_softmax_forward(scores):
    """The softmax of each row over strictly earlier positions; finite also for huge scores.

    scores: (B, T, T), row t is the query, column j the key.
    Returns weights (B, T, T): weights[b, t, j] = 0 for j >= t, rows t >= 1 add up to 1, row 0 is all zeros.
    And a cache for `masked_softmax_backward`.
    """
    ### BEGIN SOLUTION
    T = scores.shape[-1]
    earlier = np.tri(T, T, -1, dtype=bool)
    z = np.where(earlier, scores, -np.inf)[:, 1:]  # row 0 has nothing to look at
    z = np.exp(z - z.max(axis=-1, keepdims=True))
    weights = np.zeros_like(scores)
    weights[:, 1:] = z / z.sum(axis=-1, keepdims=True)
    return weights, weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_masked_softmax_forward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

weights = np.array([
    [[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.25, 0.75, 0.0, 0.0], [0.1, 0.4, 0.5, 0.0]],
    [[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.6, 0.4, 0.0, 0.0], [0.7, 0.1, 0.2, 0.0]],
])
scores = np.log(np.array([
    [[5.0, 5.0, 5.0, 5.0], [2.0, 7.0, 7.0, 7.0], [1.0, 3.0, 9.0, 9.0], [1.0, 4.0, 5.0, 8.0]],
    [[2.0, 1.0, 3.0, 1.0], [9.0, 1.0, 4.0, 6.0], [3.0, 2.0, 8.0, 1.0], [7.0, 1.0, 2.0, 9.0]],
]))
check_values(masked_softmax_forward, {"scores": scores}, weights)
check_values(masked_softmax_forward, {"scores": scores + np.array([[[0.0], [5000.0], [-5000.0], [9000.0]]])}, weights)
check_values(masked_softmax_forward, {"scores": scores + 9000 * np.triu(np.ones((4, 4)))}, weights)
check_shapes(masked_softmax_forward, {"scores": scores.astype("float32")}, [(2, 4, 4)])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
scores = rng.normal(scale=2, size=(3, 5, 5))
check_values(
    masked_softmax_forward, {"scores": scores}, reference.masked_softmax_forward,
    says="The weights are tried on random scores: strictly earlier positions only, and each row adds up to 1.",
)
check_values(
    masked_softmax_forward, {"scores": 2000 * np.triu(np.ones((5, 5))) + 40 * scores}, reference.masked_softmax_forward,
    says="The weights are tried with huge scores at the positions that must not be seen.",
)
check_values(
    masked_softmax_forward, {"scores": scores.astype("float32")}, reference.masked_softmax_forward,
    tolerance=1e-4, says="The weights are tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Backward through the softmax
#
# All shares of a row come out of one pot: more for one means less for all others. Each output depends on each score of its row. For one row, with
# $w_i = e^{e_i} / \sum$:
#
# $$\frac{\partial w_i}{\partial e_j} = w_i\,(\mathbb 1_{i=j} - w_j)$$
#
# This table of $T \times T$ derivatives is the softmax's **Jacobian**. Nobody wants to store one for each row. Multiply it by what comes from above, add up over $i$, and it is gone (a **vector-Jacobian product**):
#
# $$de_{tj} = \sum_i dw_{ti}\, w_{ti}\,(\mathbb 1_{i=j} - w_{tj}) = w_{tj}\,\Bigl(dw_{tj} - \sum_i dw_{ti}\, w_{ti}\Bigr) \qquad (B,T,T)$$
#
# Read it as: a score should grow if its memory is *more useful than the average* of what this query takes now. That average is the subtracted sum,
# shape $(B, T, 1)$: no plain mean, each memory counts by its share $w_{ti}$.
#
# And the mask? Where $w_{tj} = 0$, the product is 0: nothing flows into the future, and nothing into row 0. The formula does it by itself.
#
# **Predict.** Query 1 has a single candidate, memory 0, and its share gets the gradient $dw_{1,0} = 0.8$. What is the gradient of its *score*, $de_{1,0}$?
#
# - a) 0.8
# - b) between 0 and 0.8; it depends on the score
# - c) 0

# %% tags=["question"]
guess_one_candidate = "c"  # a, b or c
autograder.predict("one candidate", guess_one_candidate, "ab676dba")


# %% nbgrader={"grade": false, "grade_id": "masked_softmax_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def masked_softmax_backward(dweights, cache):
    """The gradient of the masked softmax.

    dweights: (B, T, T). cache: from `masked_softmax_forward`.
    Returns dscores (B, T, T), zero wherever a query may not look.
    """
    ### BEGIN SOLUTION
    weights = cache
    average = (dweights * weights).sum(axis=-1, keepdims=True)
    return weights * (dweights - average)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_masked_softmax_backward", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(2)
check_gradients(masked_softmax_forward, masked_softmax_backward, {"scores": rng.normal(size=(3, 4, 4))})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    masked_softmax_forward, masked_softmax_backward, {"scores": rng.normal(size=(2, 5, 5))},
    reference=reference.masked_softmax_forward,
    says="The gradient of the weights is compared with central differences.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "look_at_dscores", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
some_scores = np.array([[[0.0, 0, 0, 0], [0.3, 0, 0, 0], [1.0, -1.0, 0, 0], [0.5, 0.0, -0.5, 0]]])
some_dweights = np.array([[[0.0, 0, 0, 0], [0.8, 0, 0, 0], [0.8, -0.2, 0, 0], [0.8, 0.4, -0.2, 0]]])
some_shares, some_cache = masked_softmax_forward(some_scores)
for name, matrix in {"shares": some_shares, "dweights": some_dweights, "dscores": masked_softmax_backward(some_dweights, some_cache)}.items():
    print(f"{name}\n{np.round(matrix[0], 2) + 0.0}")


# %% [markdown]
# Row 1 of `dscores` is 0: its share is 1 whatever the score is, so moving the score changes nothing. And each row of `dscores` adds up to 0. A query can only move attention from one memory to another, never have more of it.

# %% [markdown]
# ## 3. Context: the mix
#
# The context of position $t$ is the sum of the earlier memories, each with its share. For all positions that is one matrix product per reader:
#
# $$c_t = \sum_j w_{tj}\, h_j \qquad\qquad \text{contexts} = \text{weights}\;\text{hs} \qquad (B,T,T)(B,T,H) \to (B,T,H)$$
#
# Here a memory plays its third role, after query and key: it is the **value** that is handed over. `@` multiplies the last two axes and
# keeps $B$ apart. Row 0 of the weights is zero, so the first context is the zero vector.

# %% nbgrader={"grade": false, "grade_id": "context_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context_forward(weights, hs):
    """For each position the mix of memories.

    weights: (B, T, T). hs: (B, T, H).
    Returns contexts (B, T, H) and a cache for `context_backward`.
    """
    ### BEGIN SOLUTION
    return weights @ hs, (weights, hs)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_context_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

weights = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.25, 0.75, 0.0]], [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]])
hs = np.array([[[4.0, 0.0], [0.0, 8.0], [1.0, 1.0]], [[2.0, 6.0], [4.0, 2.0], [5.0, 3.0]]])
check_values(
    context_forward, {"weights": weights, "hs": hs},
    np.array([[[0.0, 0.0], [4.0, 0.0], [1.0, 6.0]], [[0.0, 0.0], [2.0, 6.0], [3.0, 4.0]]]),
)
check_shapes(context_forward, {"weights": weights.astype("float32"), "hs": hs.astype("float32")}, [(2, 3, 2)])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    context_forward, {"weights": rng.normal(size=(3, 4, 4)), "hs": rng.normal(size=(3, 4, 5))}, reference.context_forward,
    says="The contexts are tried with random weights and memories.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward it is a matrix product as always, one per reader. (`.swapaxes(1, 2)` transposes the last two axes and leaves $B$ alone.)
#
# $$
# \begin{aligned}
# d\text{weights} &= d\text{contexts}\;\text{hs}^\top & (B,T,H)(B,H,T) &\to (B,T,T)\\
# d\text{hs} &= \text{weights}^\top\, d\text{contexts} & (B,T,T)(B,T,H) &\to (B,T,H)
# \end{aligned}
# $$
#
# The transpose has a meaning: forward, position $t$ *collects* from all $j$; backward, $j$ gets something back from all $t$ that looked at it.

# %% nbgrader={"grade": false, "grade_id": "context_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context_backward(dcontexts, cache):
    """The gradients of the mix.

    dcontexts: (B, T, H). cache: from `context_forward`.
    Returns dweights (B, T, T) and dhs (B, T, H).
    """
    ### BEGIN SOLUTION
    weights, hs = cache
    return dcontexts @ hs.swapaxes(1, 2), weights.swapaxes(1, 2) @ dcontexts
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_context_backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(3)
check_gradients(
    context_forward, context_backward, {"weights": rng.normal(size=(2, 3, 3)), "hs": rng.normal(size=(2, 3, 5))},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    context_forward, context_backward, {"weights": rng.normal(size=(3, 4, 4)), "hs": rng.normal(size=(3, 4, 5))},
    reference=reference.context_forward,
    says="The gradients of the contexts are compared with central differences.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Attention, put together
#
# $$\text{hs} \;\xrightarrow{\text{scores}}\; e \;\xrightarrow{\text{masked softmax}}\; w \;\xrightarrow{\text{context, with hs again}}\; \text{contexts} \qquad (B,T,H) \to (B,T,H)$$

# %% nbgrader={"grade": false, "grade_id": "attention_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_forward(hs, params):
    """Each position looks back at the earlier memories of its chunk.

    hs: (B, T, H). params: "Wq" (H, A), "Wk" (H, A), "v" (A,).
    Returns contexts (B, T, H), the first one zero, and a cache for `attention_backward`.
    """
    ### BEGIN SOLUTION
    scores, scores_cache = scores_forward(hs, params)
    weights, softmax_cache = masked_softmax_forward(scores)
    contexts, context_cache = context_forward(weights, hs)
    return contexts, (scores_cache, softmax_cache, context_cache)
    ### END SOLUTION


# %% [markdown]
# In the first check all scores are equal ($v = 0$), so the context is the plain average of all earlier memories.

# %% nbgrader={"grade": true, "grade_id": "test_attention_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {"Wq": np.ones((2, 3)), "Wk": np.ones((2, 3)), "v": np.zeros(3)}
check_values(
    attention_forward, {"hs": np.array([[[2.0, 0.0], [4.0, 6.0], [0.0, 3.0], [9.0, 9.0]]]), "params": params},
    np.array([[[0.0, 0.0], [2.0, 0.0], [3.0, 3.0], [2.0, 3.0]]]),
    given=["scores_forward", "masked_softmax_forward", "context_forward"],
)
params = {"Wq": np.cos(np.arange(6.0)).reshape(2, 3), "Wk": np.sin(np.arange(6.0) + 0.5).reshape(2, 3), "v": np.array([1.5, -1.0, 2.0])}
hs = np.sin(np.arange(12.0)).reshape(2, 3, 2)
check_values(
    attention_forward, {"hs": hs, "params": params},
    np.array([
        [[0.0, 0.0], [0.0, 0.84147098], [0.74964477, 0.26408626]], [[0.0, 0.0], [-0.2794155, 0.6569866], [0.71324725, 0.46540677]],
    ]),
    given=["scores_forward", "masked_softmax_forward", "context_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    attention_forward, {"hs": hs.astype("float32"), "params": single}, [(2, 3, 2)],
    given=["scores_forward", "masked_softmax_forward", "context_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6)}
check_values(
    attention_forward, {"hs": rng.normal(size=(3, 4, 5)), "params": params}, reference.attention_forward,
    given=["scores_forward", "masked_softmax_forward", "context_forward"],
    says="Attention is tried with random memories and weights.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Three ways back into a memory
#
# Backward you only go through your three functions in reverse. There is one place to think: `hs` went **into two of
# them**. As *value* it went into the contexts, and as *query* and as *key* into the scores (`scores_backward` has added these two already).
# A value that is used several times gets the sum of all its gradients. Here are the ways into $h_3$: its own context asked
# with it, and all later contexts looked at it.

# %% nbgrader={"grade": false, "grade_id": "draw_attention_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def three_roles(box, arrow):
    """Where the gradient of h3 comes from."""
    for t in range(1, 6):
        x = 2 * t
        box(x, 0.4, f"$h_{t}$", BLUE if t == 3 else GREY)
        box(x, 3, f"$c_{t}$", GREEN)
        arrow((x - (1.68 if t > 1 else 1.2), 0.4), (x - 0.34, 0.4), GREY)
    arrow((6, 2.65), (6, 0.75), RED, "as query", shift=(-0.5, 0))
    for t, at, shift in ((4, 0.15, (-0.8, 0)), (5, 0.3, (0.8, -0.15))):
        arrow((2 * t - 0.2, 2.65), (6.1 + 0.12 * (t - 3), 0.75), RED, "as key and value", at, shift=shift)


sketch(
    three_roles, "The memories h1 to h5 in a row, above each its context. Three dashed red arrows lead into h3: from c3, as query, and from c4 and from c5, as key and value.",
    xlim=(0.5, 11.4), ylim=(-0.1, 3.5),
)


# %% [markdown]
# Compare this with the long way through the recurrence. The loss at position 30 reaches the memory of position 3 through 27 steps
# of the RNN, each a sip from the DRINK ME bottle. Through attention it arrives **in one step**, multiplied by one share $w_{30,3}$. That is why
# attention was a small revolution: it changes not only what the network can see, but where the gradient can go.

# %% nbgrader={"grade": false, "grade_id": "attention_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_backward(dcontexts, cache):
    """The gradients of attention.

    dcontexts: (B, T, H). cache: from `attention_forward`.
    Returns dhs (B, T, H), from all three roles, and grads: "Wq" (H, A), "Wk" (H, A), "v" (A,).
    """
    ### BEGIN SOLUTION
    scores_cache, softmax_cache, context_cache = cache
    dweights, dhs_as_values = context_backward(dcontexts, context_cache)
    dscores = masked_softmax_backward(dweights, softmax_cache)
    dhs_in_scores, grads = scores_backward(dscores, scores_cache)
    return dhs_as_values + dhs_in_scores, grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_attention_backward", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(4)
params = {"Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6)}
check_gradients(
    attention_forward, attention_backward, {"hs": 0.7 * rng.normal(size=(2, 4, 5)), "params": params},
    given=[
        "scores_forward", "scores_backward", "masked_softmax_forward", "masked_softmax_backward",
        "context_forward", "context_backward",
    ],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wq": rng.normal(size=(6, 5)), "Wk": rng.normal(size=(6, 5)), "v": rng.normal(size=5)}
check_gradients(
    attention_forward, attention_backward, {"hs": 0.7 * rng.normal(size=(3, 4, 6)), "params": params},
    reference=reference.attention_forward, projections=6,
    given=[
        "scores_forward", "scores_backward", "masked_softmax_forward", "masked_softmax_backward",
        "context_forward", "context_backward",
    ],
    says="The gradients of attention are compared with central differences along random directions.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Two models
#
# ### From memory and context to logits
#
# The next character is guessed from both, through one linear layer each. The results are scores again, now for characters: the **logits**.
#
# $$\text{logits} = \text{hs}\; W_y + \text{contexts}\; W_c + b_y \qquad (B,T,H)(H,V) + (B,T,H)(H,V) + (V,) \to (B,T,V)$$

# %% nbgrader={"grade": false, "grade_id": "output_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def output_forward(hs, contexts, params):
    """Logits of the next character, from memories and contexts.

    hs, contexts: (B, T, H). params: "Wy" (H, V), "Wc" (H, V), "by" (V,).
    Returns logits (B, T, V) and a cache for `output_backward`.
    """
    ### BEGIN SOLUTION
    return hs @ params["Wy"] + contexts @ params["Wc"] + params["by"], (hs, contexts, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_output_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {
    "Wy": np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0]]), "Wc": np.array([[10.0, 0.0, 0.0], [0.0, 10.0, 20.0]]),
    "by": np.array([0.1, 0.2, 0.3]),
}
check_values(
    output_forward, {"hs": np.array([[[1.0, 2.0], [0.0, -1.0]]]), "contexts": np.array([[[0.0, 0.0], [3.0, 1.0]]]), "params": params},
    np.array([[[1.1, 4.2, 1.3], [30.1, 8.2, 19.3]]]),
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    output_forward, {"hs": np.ones((3, 4, 2), "float32"), "contexts": np.ones((3, 4, 2), "float32"), "params": single}, [(3, 4, 3)],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wy": rng.normal(size=(5, 7)), "Wc": rng.normal(size=(5, 7)), "by": rng.normal(size=7)}
check_values(
    output_forward, {"hs": rng.normal(size=(3, 4, 5)), "contexts": rng.normal(size=(3, 4, 5)), "params": params},
    reference.output_forward, says="The logits are tried with random memories, contexts and weights.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward: two linear layers that share one bias. You know both.
#
# $$
# \begin{aligned}
# d\text{hs} &= d\text{logits}\; W_y^\top & (B,T,V)(V,H) &\to (B,T,H)\\
# d\text{contexts} &= d\text{logits}\; W_c^\top & (B,T,V)(V,H) &\to (B,T,H)\\
# dW_y &= \textstyle\sum_{b,t} \text{hs}_{b,t}^\top\, d\text{logits}_{b,t} & (H,BT)(BT,V) &\to (H,V)\\
# dW_c &= \textstyle\sum_{b,t} \text{contexts}_{b,t}^\top\, d\text{logits}_{b,t} & (H,BT)(BT,V) &\to (H,V)\\
# db_y &= \textstyle\sum_{b,t} d\text{logits}_{b,t} & (B,T,V) &\to (V,)
# \end{aligned}
# $$

# %% nbgrader={"grade": false, "grade_id": "output_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def output_backward(dlogits, cache):
    """The gradients of the output layer.

    dlogits: (B, T, V). cache: from `output_forward`.
    Returns dhs (B, T, H), dcontexts (B, T, H) and grads: "Wy" (H, V), "Wc" (H, V), "by" (V,).
    """
    ### BEGIN SOLUTION
    hs, contexts, params = cache
    H, V = params["Wy"].shape
    rows = dlogits.reshape(-1, V)
    grads = {
        "Wy": hs.reshape(-1, H).T @ rows,
        "Wc": contexts.reshape(-1, H).T @ rows,
        "by": rows.sum(axis=0),
    }
    return dlogits @ params["Wy"].T, dlogits @ params["Wc"].T, grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_output_backward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(5)
params = {"Wy": rng.normal(size=(5, 7)), "Wc": rng.normal(size=(5, 7)), "by": rng.normal(size=7)}
check_gradients(
    output_forward, output_backward,
    {"hs": rng.normal(size=(2, 3, 5)), "contexts": rng.normal(size=(2, 3, 5)), "params": params},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"Wy": rng.normal(size=(5, 6)), "Wc": rng.normal(size=(5, 6)), "by": rng.normal(size=6)}
check_gradients(
    output_forward, output_backward,
    {"hs": rng.normal(size=(3, 4, 5)), "contexts": rng.normal(size=(3, 4, 5)), "params": params},
    reference=reference.output_forward,
    says="The gradients of the output layer are compared with central differences.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### What you already have
#
# The next cell holds your work from 03 and 04, in a fast form: the recurrences of the RNN and of the LSTM (gates in the order
# $i, f, o, g$, so that the three sigmoids lie side by side) and the loss. The shapes are the ones you know:
#
# | function | takes | returns |
# |---|---|---|
# | `rnn_forward` | `x` $(B,T)$, `h0` $(B,H)$, `params` | `hs` $(B,T,H)$, cache |
# | `rnn_backward` | `dhs` $(B,T,H)$, cache | `dh0` $(B,H)$, grads `"Wx" "Wh" "bh"` |
# | `lstm_forward` | `x` $(B,T)$, `h0`, `c0` $(B,H)$, `params` | `hs` $(B,T,H)$, `c_last` $(B,H)$, cache |
# | `lstm_backward` | `dhs` $(B,T,H)$, `dc_last` $(B,H)$, cache | `dh0`, `dc0` $(B,H)$, grads `"Wx" "Wh" "b"` |
# | `cross_entropy_forward` | `logits` $(B,T,V)$, `targets` $(B,T)$ | loss, cache |
# | `cross_entropy_backward` | `dloss`, cache | `dlogits` $(B,T,V)$ |
#
# (`c_last` belongs to the LSTM's cell state. It has nothing to do with the context, for which the literature also likes the letter $c$.)

# %% nbgrader={"grade": false, "grade_id": "recurrences", "locked": true, "schema_version": 3, "solution": false, "task": false}
def rnn_forward(x, h0, params):
    """Read a chunk with the RNN of 03. x: (B, T) ids. Returns hs (B, T, H) and a cache."""
    T = x.shape[1]
    hs = np.empty((T + 1, *h0.shape), dtype=h0.dtype)  # time first: each step works on one block of memory
    hs[0] = h0
    np.add(params["Wx"][x.T], params["bh"], out=hs[1:])
    for t in range(T):
        hs[t + 1] += hs[t] @ params["Wh"]
        np.tanh(hs[t + 1], out=hs[t + 1])
    return hs[1:].swapaxes(0, 1), (x, hs, params)


def rnn_backward(dhs, cache):
    """Backpropagation through time. Returns dh0 (B, H) and grads "Wx", "Wh", "bh"."""
    x, hs, params = cache
    dz, dh = 1 - hs[1:] ** 2, np.zeros_like(hs[0])
    Wh_T = np.ascontiguousarray(params["Wh"].T)
    for t in reversed(range(len(dz))):
        dh += dhs[:, t]
        dz[t] *= dh
        dh = dz[t] @ Wh_T
    return dh, {**recurrent_grads(x, hs, dz, params), "bh": dz.sum(axis=(0, 1))}


def recurrent_grads(x, hs, dz, params):
    """The gradients "Wx" and "Wh", each in one matrix product over all T B rows. dz: (T, B, H or 4H)."""
    rows = dz.reshape(-1, dz.shape[-1])
    one_hot = np.eye(len(params["Wx"]), dtype=dz.dtype)[x.T.ravel()]  # (T B, V)
    return {"Wx": one_hot.T @ rows, "Wh": hs[:-1].reshape(len(rows), -1).T @ rows}


def lstm_forward(x, h0, c0, params):
    """Read a chunk with the LSTM of 04. Returns hs (B, T, H), c_last (B, H) and a cache."""
    T, H = x.shape[1], h0.shape[1]
    z = params["Wx"][x.T]  # (T, B, 4H), becomes the gates i, f, o and the candidate g
    z += params["b"]
    hs, cs = np.empty((2, T + 1, *h0.shape), dtype=h0.dtype)
    hs[0], cs[0] = h0, c0
    tanh_c = np.empty_like(cs[1:])
    for t in range(T):
        z[t] += hs[t] @ params["Wh"]
        sigmoids = z[t, :, : 3 * H]
        sigmoids *= 0.5  # sigmoid(a) = (1 + tanh(a / 2)) / 2: one tanh for all four, and no overflow
        np.tanh(z[t], out=z[t])
        sigmoids *= 0.5
        sigmoids += 0.5
        i, f, o, g = z[t].reshape(-1, 4, H).swapaxes(0, 1)
        np.multiply(f, cs[t], out=cs[t + 1])
        cs[t + 1] += i * g
        np.tanh(cs[t + 1], out=tanh_c[t])
        np.multiply(o, tanh_c[t], out=hs[t + 1])
    return hs[1:].swapaxes(0, 1), cs[-1], (x, hs, cs, tanh_c, z, params)


def lstm_backward(dhs, dc_last, cache):
    """Backpropagation through time. Returns dh0, dc0 (B, H) and grads "Wx", "Wh", "b"."""
    x, hs, cs, tanh_c, z, params = cache
    T, B, H = tanh_c.shape
    i, f, o, g = np.split(z, 4, axis=2)
    dz = np.empty_like(z)  # first the local slopes of all steps at once, then times what comes from above
    np.subtract(1, z[..., : 3 * H], out=dz[..., : 3 * H])
    dz[..., : 3 * H] *= z[..., : 3 * H]
    dz[..., :H] *= g
    dz[..., H : 2 * H] *= cs[:-1]
    dz[..., 2 * H : 3 * H] *= tanh_c
    np.multiply(1 - g * g, i, out=dz[..., 3 * H :])
    dc_from_h = o * (1 - tanh_c * tanh_c)
    Wh_T = np.ascontiguousarray(params["Wh"].T)
    dh, dc = np.zeros_like(dc_last), dc_last.copy()
    for t in reversed(range(T)):
        dh += dhs[:, t]
        dc += dh * dc_from_h[t]
        gates = dz[t].reshape(B, 4, H)
        gates[:, :2] *= dc[:, None]
        gates[:, 2] *= dh
        gates[:, 3] *= dc
        dh = dz[t] @ Wh_T
        dc *= f[t]
    return dh, dc, {**recurrent_grads(x, hs, dz, params), "b": dz.sum(axis=(0, 1))}


def cross_entropy_forward(logits, targets):
    """The mean cross-entropy in nats per character, and a cache."""
    log_p = logits - logits.max(axis=-1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=-1, keepdims=True))
    return -np.take_along_axis(log_p, targets[..., None], axis=-1).mean(), (log_p, targets)


def cross_entropy_backward(dloss, cache):
    """The gradient of the mean cross-entropy, dlogits (B, T, V)."""
    log_p, targets = cache
    B, T = targets.shape
    dlogits = np.exp(log_p)
    dlogits[np.arange(B)[:, None], np.arange(T), targets] -= 1
    return dlogits * (dloss / targets.size)


# %% [markdown]
# ### Attention on the RNN
#
# $$x, h_0 \xrightarrow{\text{rnn}} \text{hs} \xrightarrow{\text{attention}} \text{contexts} \qquad\qquad \text{hs}, \text{contexts} \xrightarrow{\text{output}} \text{logits} \xrightarrow{\text{cross-entropy}} L \qquad\qquad h_{\text{last}} = \text{hs}[:, -1]$$
#
# The recurrence does not notice that somebody looks at its memories. Attention sits **on top**, and every chunk starts with an
# empty box: the queries of a chunk see the earlier memories *of that chunk*. What came before the chunk still comes in through `h0`, as
# in 03. `params` is one dict for everything; hand it to each function as it is.

# %% nbgrader={"grade": false, "grade_id": "rnn_attention_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_attention_forward(x, targets, h0, params):
    """The loss of one chunk with attention on an RNN, and the memory after it.

    x, targets: (B, T) ids. h0: (B, H).
    params: "Wx", "Wh", "bh" for the RNN, "Wq", "Wk", "v" for attention, "Wy", "Wc", "by" for the output.
    Returns loss (a number), h_last (B, H) and a cache for `rnn_attention_backward`.
    """
    ### BEGIN SOLUTION
    hs, rnn_cache = rnn_forward(x, h0, params)
    contexts, attention_cache = attention_forward(hs, params)
    logits, output_cache = output_forward(hs, contexts, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, hs[:, -1], (rnn_cache, attention_cache, output_cache, loss_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_rnn_attention_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {
    "Wx": np.array([[0.5, -1.0], [-0.5, 0.2], [1.0, 0.3]]), "Wh": np.array([[0.4, 0.1], [-0.3, 0.8]]), "bh": np.array([0.1, -0.1]),
    "Wq": np.array([[1.0], [2.0]]), "Wk": np.array([[-1.0], [1.0]]), "v": np.array([3.0]),
    "Wy": np.array([[1.0, 0.0, -1.0], [0.5, 1.0, 0.0]]), "Wc": np.array([[0.0, 2.0, 0.0], [1.0, 0.0, -2.0]]),
    "by": np.array([0.0, 0.2, -0.1]),
}
x, targets, h0 = np.array([[0, 2, 1, 2], [1, 1, 0, 2]]), np.array([[2, 1, 2, 0], [1, 0, 2, 2]]), np.array([[0.3, -0.2], [0.0, 0.5]])
check_values(
    rnn_attention_forward, {"x": x, "targets": targets, "h0": h0, "params": params},
    (1.32979144, np.array([[ 0.82405411,  0.11441161], [ 0.88467800, -0.31709904]])),
    given=["attention_forward", "output_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    rnn_attention_forward, {"x": x, "targets": targets, "h0": h0.astype("float32"), "params": single}, [(), (2, 2)],
    given=["attention_forward", "output_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5),
    "Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6),
    "Wy": rng.normal(size=(5, 7)), "Wc": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
check_values(
    rnn_attention_forward,
    {"x": rng.integers(0, 7, size=(3, 4)), "targets": rng.integers(0, 7, size=(3, 4)), "h0": rng.normal(size=(3, 5)), "params": params},
    reference.rnn_attention_forward, given=["attention_forward", "output_forward"],
    says="The loss and the last memory of the RNN with attention are tried with random weights.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward: the same parts in reverse. Count the arrows that leave a memory now:
#
# 1. to the output, through $W_y$,
# 2. to attention, as query, key and value (your `attention_backward` has added these three),
# 3. to the next step of the recurrence (`rnn_backward` takes care of it),
# 4. and the last memory goes to the next chunk: `dh_last` $(B, H)$.
#
# So what `rnn_backward` should get as `dhs` is the sum of 1 and 2, with 4 added at the last position, `[:, -1]`. Add into a new array, not into
# one that somebody else still needs.

# %% nbgrader={"grade": false, "grade_id": "rnn_attention_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_attention_backward(dloss, dh_last, cache):
    """The gradients of one chunk with attention on an RNN.

    dloss: a number. dh_last: (B, H). cache: from `rnn_attention_forward`.
    Returns dh0 (B, H) and grads with the keys "Wx", "Wh", "bh", "Wq", "Wk", "v", "Wy", "Wc", "by".
    """
    ### BEGIN SOLUTION
    rnn_cache, attention_cache, output_cache, loss_cache = cache
    dlogits = cross_entropy_backward(dloss, loss_cache)
    dhs_from_output, dcontexts, output_grads = output_backward(dlogits, output_cache)
    dhs_from_attention, attention_grads = attention_backward(dcontexts, attention_cache)
    dhs = dhs_from_output + dhs_from_attention
    dhs[:, -1] += dh_last
    dh0, rnn_grads = rnn_backward(dhs, rnn_cache)
    return dh0, {**rnn_grads, **attention_grads, **output_grads}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_rnn_attention_backward", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(6)
params = {
    "Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5),
    "Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6),
    "Wy": rng.normal(size=(5, 7)), "Wc": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
x = np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]])
check_gradients(
    rnn_attention_forward, rnn_attention_backward,
    {"x": x, "targets": (x + 2) % 7, "h0": rng.normal(size=(3, 5)), "params": params}, projections=5,
    given=["attention_forward", "attention_backward", "output_forward", "output_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(8, 6)), "Wh": rng.normal(size=(6, 6)), "bh": rng.normal(size=6),
    "Wq": rng.normal(size=(6, 5)), "Wk": rng.normal(size=(6, 5)), "v": rng.normal(size=5),
    "Wy": rng.normal(size=(6, 8)), "Wc": rng.normal(size=(6, 8)), "by": rng.normal(size=8),
}
check_gradients(
    rnn_attention_forward, rnn_attention_backward,
    {"x": rng.integers(2, 5, size=(4, 3)), "targets": rng.integers(0, 8, size=(4, 3)), "h0": rng.normal(size=(4, 6)), "params": params},
    reference=reference.rnn_attention_forward, projections=4,
    given=["attention_forward", "attention_backward", "output_forward", "output_backward"],
    says="The gradients of the RNN with attention are compared with central differences along random directions.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Attention on the LSTM
#
# The same, with a state of two arrays. Attention looks at the memories `hs`; the cell state stays the LSTM's private matter. What changes is
# that `c0`, `c_last` and their gradients are handed through.

# %% nbgrader={"grade": false, "grade_id": "lstm_attention_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_attention_forward(x, targets, h0, c0, params):
    """The loss of one chunk with attention on an LSTM, and the state after it.

    x, targets: (B, T) ids. h0, c0: (B, H).
    params: "Wx", "Wh", "b" for the LSTM, "Wq", "Wk", "v" for attention, "Wy", "Wc", "by" for the output.
    Returns loss (a number), h_last (B, H), c_last (B, H) and a cache for `lstm_attention_backward`.
    """
    ### BEGIN SOLUTION
    hs, c_last, lstm_cache = lstm_forward(x, h0, c0, params)
    contexts, attention_cache = attention_forward(hs, params)
    logits, output_cache = output_forward(hs, contexts, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, hs[:, -1], c_last, (lstm_cache, attention_cache, output_cache, loss_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_lstm_attention_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {
    "Wx": np.array([[0.5, -1.0, 0.2, 0.9], [-0.5, 0.2, 0.7, -0.8], [1.0, 0.3, -0.4, 0.6]]),
    "Wh": np.array([[0.4, 0.1, -0.3, 0.8]]), "b": np.array([0.1, 1.0, -0.1, 0.2]),
    "Wq": np.array([[1.0, 2.0]]), "Wk": np.array([[-1.0, 1.0]]), "v": np.array([3.0, -2.0]),
    "Wy": np.array([[1.0, 0.0, -1.0]]), "Wc": np.array([[0.0, 6.0, -3.0]]), "by": np.array([0.0, 0.2, -0.1]),
}
x, targets = np.array([[0, 2, 1, 2], [1, 1, 0, 2]]), np.array([[2, 1, 2, 0], [1, 0, 2, 2]])
h0, c0 = np.array([[0.3], [-0.2]]), np.array([[0.9], [-0.4]])
check_values(
    lstm_attention_forward, {"x": x, "targets": targets, "h0": h0, "c0": c0, "params": params},
    (1.48561743, np.array([[0.30732688], [0.19164080]]), np.array([[1.42538089], [0.56421427]])),
    given=["attention_forward", "output_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    lstm_attention_forward,
    {"x": x, "targets": targets, "h0": h0.astype("float32"), "c0": c0.astype("float32"), "params": single}, [(), (2, 1), (2, 1)],
    given=["attention_forward", "output_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20),
    "Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6),
    "Wy": rng.normal(size=(5, 7)), "Wc": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
check_values(
    lstm_attention_forward,
    {
        "x": rng.integers(0, 7, size=(3, 4)), "targets": rng.integers(0, 7, size=(3, 4)),
        "h0": rng.normal(size=(3, 5)), "c0": rng.normal(size=(3, 5)), "params": params,
    },
    reference.lstm_attention_forward, given=["attention_forward", "output_forward"],
    says="The loss and the last state of the LSTM with attention are tried with random weights.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "lstm_attention_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_attention_backward(dloss, dh_last, dc_last, cache):
    """The gradients of one chunk with attention on an LSTM.

    dloss: a number. dh_last, dc_last: (B, H). cache: from `lstm_attention_forward`.
    Returns dh0 (B, H), dc0 (B, H) and grads with the keys "Wx", "Wh", "b", "Wq", "Wk", "v", "Wy", "Wc", "by".
    """
    ### BEGIN SOLUTION
    lstm_cache, attention_cache, output_cache, loss_cache = cache
    dlogits = cross_entropy_backward(dloss, loss_cache)
    dhs_from_output, dcontexts, output_grads = output_backward(dlogits, output_cache)
    dhs_from_attention, attention_grads = attention_backward(dcontexts, attention_cache)
    dhs = dhs_from_output + dhs_from_attention
    dhs[:, -1] += dh_last
    dh0, dc0, lstm_grads = lstm_backward(dhs, dc_last, lstm_cache)
    return dh0, dc0, {**lstm_grads, **attention_grads, **output_grads}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_lstm_attention_backward", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(7)
params = {
    "Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20),
    "Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6),
    "Wy": rng.normal(size=(5, 7)), "Wc": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
x = np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]])
check_gradients(
    lstm_attention_forward, lstm_attention_backward,
    {"x": x, "targets": (x + 2) % 7, "h0": rng.normal(size=(3, 5)), "c0": rng.normal(size=(3, 5)), "params": params},
    projections=5, given=["attention_forward", "attention_backward", "output_forward", "output_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(8, 24)), "Wh": rng.normal(size=(6, 24)), "b": rng.normal(size=24),
    "Wq": rng.normal(size=(6, 5)), "Wk": rng.normal(size=(6, 5)), "v": rng.normal(size=5),
    "Wy": rng.normal(size=(6, 8)), "Wc": rng.normal(size=(6, 8)), "by": rng.normal(size=8),
}
check_gradients(
    lstm_attention_forward, lstm_attention_backward,
    {
        "x": rng.integers(2, 5, size=(4, 3)), "targets": rng.integers(0, 8, size=(4, 3)),
        "h0": rng.normal(size=(4, 6)), "c0": rng.normal(size=(4, 6)), "params": params,
    },
    reference=reference.lstm_attention_forward, projections=4,
    given=["attention_forward", "attention_backward", "output_forward", "output_backward"],
    says="The gradients of the LSTM with attention are compared with central differences along random directions.",
)
### END HIDDEN TESTS

# %% [markdown]
# You wrote attention once and used it twice. It asks for nothing but a row of vectors. Remember that when
# you get to the end of this notebook.

# %% [markdown]
# ## 5. Training
#
# ### Given: the tools of 03 and 04
#
# Streams, clipping, Adam and drawing a character are yours from the earlier notebooks. Some small helpers make it possible to write *one* training loop for
# both models. The **state** is a tuple: `(h,)` for the RNN, `(h, c)` for the LSTM, each $(B, H)$. In Python, `f(x, *state)` passes all of
# its entries, and `loss, *state, grads = ...` collects whatever stands between the first and the last result.
#
# `init_params` starts the forget gates at a bias of 1, so that $f = \sigma(1) = 0.73$. (The long run of 04 began at 2, which is $f = 0.88$.) In 04 you could
# read that on this book biases up to 1 all end alike.
#
# `mean_loss` measures a text of any length in one pass: the state is carried through, and attention looks back within chunks of $T$ characters, as in
# training.

# %% nbgrader={"grade": false, "grade_id": "tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
def make_streams(ids, B):
    """Cut a text into B streams. Returns inputs and targets (B, L) with L = (n - 1) // B."""
    L = (len(ids) - 1) // B
    return ids[: B * L].reshape(B, L), ids[1 : B * L + 1].reshape(B, L)


def clip_gradients(grads, max_norm):
    """Shorten the gradient to `max_norm` if it is longer. Returns clipped and the norm before."""
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in grads.values()))
    scale = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return {name: g * scale for name, g in grads.items()}, norm


def adam_start(params):
    """Adam's state before the first update."""
    return {
        "t": 0,
        "m": {name: np.zeros_like(p) for name, p in params.items()},
        "v": {name: np.zeros_like(p) for name, p in params.items()},
    }


def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """One update. Returns the new params and the new state; nothing that came in is changed."""
    t, m, v, new_params = state["t"] + 1, {}, {}, {}
    root = math.sqrt(1 - beta2**t)
    for name, g in grads.items():
        m[name] = beta1 * state["m"][name]
        m[name] += (1 - beta1) * g
        v[name] = beta2 * state["v"][name]
        v[name] += (1 - beta2) * g * g
        step = np.sqrt(v[name])
        step += epsilon * root
        np.divide(m[name], step, out=step)
        step *= -learning_rate * root / (1 - beta1**t)
        step += params[name]
        new_params[name] = step
    return new_params, {"t": t, "m": m, "v": v}


def sample_next(logits, temperature, rng):
    """Draw one id from softmax(logits / temperature). logits: (V,)."""
    z = logits / temperature
    p = np.exp(z - z.max())
    return int(rng.choice(len(p), p=p / p.sum()))


def init_params(kind, V, H, A, rng, dtype=np.float32):
    """Random first parameters; kind is "rnn" or "lstm", and with A = 0 there is no attention."""
    gates = {"rnn": 1, "lstm": 4}[kind]
    params = {
        "Wx": rng.normal(scale=0.3, size=(V, gates * H)),
        "Wh": rng.normal(scale=1 / math.sqrt(H), size=(H, gates * H)),
        "Wy": rng.normal(scale=1 / math.sqrt(H), size=(H, V)),
        "by": np.zeros(V),
    }
    if kind == "rnn":
        params["bh"] = np.zeros(H)
    else:
        params["b"] = np.repeat([0.0, 1.0, 0.0, 0.0], H)  # forget gates start open
    if A:
        params["Wq"] = rng.normal(scale=1 / math.sqrt(H), size=(H, A))
        params["Wk"] = rng.normal(scale=1 / math.sqrt(H), size=(H, A))
        params["v"] = rng.normal(scale=1 / math.sqrt(A), size=A)
        params["Wc"] = rng.normal(scale=1 / math.sqrt(H), size=(H, V))
    return {name: p.astype(dtype) for name, p in params.items()}


def start_state(params, B):
    """The state of B readers before the first character: (h,) for an RNN, (h, c) for an LSTM."""
    zeros = np.zeros((B, len(params["Wh"])), dtype=params["Wh"].dtype)
    return (zeros,) if "bh" in params else (zeros, zeros)


def read(x, state, params):
    """Read x (B, T) from a state, without attention. Returns hs (B, T, H) and the state after it."""
    if len(state) == 1:
        hs, _ = rnn_forward(x, *state, params)
        return hs, (hs[:, -1],)
    hs, c_last, _ = lstm_forward(x, *state, params)
    return hs, (hs[:, -1], c_last)


def predict(hs, params):
    """The logits (B, T, V) for memories hs (B, T, H); without attention when params have none."""
    if "Wc" not in params:
        return hs @ params["Wy"] + params["by"]
    contexts, _ = attention_forward(hs, params)
    return output_forward(hs, contexts, params)[0]


def mean_loss(ids, params, T=32):
    """The loss over a text, ids (n,), in nats per character; the state is carried, chunks have T characters."""
    state, total = start_state(params, 1), 0.0
    for start in range(0, len(ids) - 1, 32 * T):  # the memories of 32 chunks, then attention in all of them at once
        piece = ids[start : start + 32 * T + 1]
        hs, state = read(piece[None, :-1], state, params)
        whole = (len(piece) - 1) // T * T
        for part, length in ((slice(0, whole), T), (slice(whole, None), len(piece) - 1 - whole)):
            targets = piece[1:][part]
            if len(targets):
                logits = predict(hs[0, part].reshape(-1, length, hs.shape[2]), params)
                total += float(cross_entropy_forward(logits, targets.reshape(-1, length))[0]) * len(targets)
    return total / (len(ids) - 1)


def loss_and_gradients(x, targets, *state, params):
    """One chunk of truncated BPTT with attention: loss, the new state's arrays one by one, grads."""
    nothing = np.zeros_like(state[0])
    if len(state) == 1:
        loss, h_last, cache = rnn_attention_forward(x, targets, *state, params)
        _, grads = rnn_attention_backward(1.0, nothing, cache)
        return loss, h_last, grads
    loss, h_last, c_last, cache = lstm_attention_forward(x, targets, *state, params)
    _, _, grads = lstm_attention_backward(1.0, nothing, nothing, cache)
    return loss, h_last, c_last, grads


# %% [markdown]
# ### The training loop
#
# Truncated backpropagation through time with teacher forcing, as in 03 and 04. The frame is given and you write one update:
#
# 1. Which chunk? Update `step` takes chunk number `step % chunks` of the streams, $T$ columns of `inputs` and `targets`.
# 2. At chunk 0, and only there, all readers open the book anew: `start_state(params, B)`.
# 3. `gradients(x, targets, *state, params=params)` gives the loss, the new state and the gradients. The new state is the start of the next
#    update: **the state is carried over**.
# 4. Clip to `max_norm`, then one step of Adam with the learning rate $\eta \cdot (1 - \text{step} / \text{steps})$.
#
# The frame does one thing that 03 and 04 did not need: on every pass over the text it cuts the streams a few characters later, so that the borders of
# the chunks fall on other characters. The reason: attention can tell the place in the chunk from the number of memories in the box. When we kept the same borders on
# every pass, our LSTM learned the *chunks* by heart: at the end its loss was 0.32 on them, and 0.54 on the same text, cut 16 characters later.
#
# `gradients` is an argument, so that the full runs can pass a version that works on two cores, or one without attention. Call that one, whatever it is.
# After your lines, the loop expects the chunk's `loss`, and `params` and `adam` after the update.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    """Truncated BPTT over a text, for both models.

    ids: (n,) ids. params: the first parameters. B streams, chunks of T characters.
    gradients: called as gradients(x, targets, *state, params=params); returns loss, the arrays of the new state, grads.
    watch: is called as watch(step, params) after each update; it may return losses to show.
    Returns the trained params and losses (steps,), the loss of each update's chunk before that update.
    """
    chunks = (len(ids) - T) // B // T
    adam = adam_start(params)
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        if step % chunks == 0:  # a new pass over the text: its chunks begin at other characters
            inputs, targets = make_streams(ids[11 * (step // chunks) % T :], B)
        ### BEGIN SOLUTION
        start = step % chunks * T
        if start == 0:
            state = start_state(params, B)
        here = slice(start, start + T)
        loss, *state, grads = gradients(inputs[:, here], targets[:, here], *state, params=params)
        grads, _ = clip_gradients(grads, max_norm)
        params, adam = adam_step(params, grads, adam, learning_rate * (1 - step / steps))
        ### END SOLUTION
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


# %% [markdown]
# The first check trains a tiny RNN with attention for two updates, in float32, from parameters drawn at random, on a text of 15 characters. The second one has an LSTM's parameters and hands in another function as `gradients`. It reads no text at all: from the characters, the state and its dtype
# it makes up a loss, a gradient and the next state, so that every chunk, every state and every clipped gradient of four passes over the text can be told from what comes out.

# %% nbgrader={"grade": true, "grade_id": "test_train", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

rng = np.random.default_rng(7)
start = {
    "Wx": rng.normal(size=(3, 2)), "Wh": rng.normal(size=(2, 2)), "bh": rng.normal(size=2),
    "Wq": rng.normal(size=(2, 1)), "Wk": rng.normal(size=(2, 1)), "v": rng.normal(size=1),
    "Wy": rng.normal(size=(2, 3)), "Wc": rng.normal(size=(2, 3)), "by": rng.normal(size=3),
}
start = {name: p.astype("float32") for name, p in start.items()}
check_values(
    train,
    {
        "ids": np.array([0, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 2, 0, 0]), "params": start,
        "steps": 2, "B": 2, "T": 3, "learning_rate": 0.1,
    },
    (
        {
            "Wx": np.array([[-0.14591986, 0.15813367], [-0.12486432, -1.0384455], [-0.3050108, -1.139368]], "float32"),
            "Wh": np.array([[-0.08807939, 1.1955335], [-0.38510862, -0.76180923]], "float32"),
            "bh": np.array([0.6398332, 0.21296632], "float32"),
            "Wq": np.array([[0.24399877], [-0.7808911]], "float32"), "Wk": np.array([[-0.17916602], [0.8221802]], "float32"),
            "v": np.array([-1.4942758], "float32"),
            "Wy": np.array([[-0.31995893, -1.8314209, -1.429112], [-1.9917706, -0.08609489, -1.1174637]], "float32"),
            "Wc": np.array([[0.41039416, 0.30657986, -0.334006], [-2.372116, -0.38939124, -0.19607702]], "float32"),
            "by": np.array([0.2608827, -1.6473056, -0.6256499], "float32"),
        },
        np.array([0.91404372, 0.70450044]),
    ),
    given=["rnn_attention_forward", "rnn_attention_backward"], tolerance=1e-4,
)
wide = {
    "Wx": np.zeros((93, 8)), "Wh": np.zeros((2, 8)), "b": np.zeros(8), "Wq": np.zeros((2, 4)), "Wk": np.zeros((2, 4)),
    "v": np.zeros(4), "Wy": np.zeros((2, 93)), "Wc": np.zeros((2, 93)), "by": np.zeros(93),
}
wide = {name: p.astype("float32") for name, p in wide.items()}
check_values(
    train,
    {
        "ids": np.arange(93), "params": wide, "steps": 60, "B": 2, "T": 3, "learning_rate": 0.1, "max_norm": 200.0,
        "gradients": lambda x, targets, h, c, *, params: (
            42 + h.itemsize + c.itemsize - x[0, 0] - h[0, 0] / 10 - c[0, 0] / 100, h + 1, c + 2,
            {name: np.full_like(p, targets[1, -1] - 69) for name, p in params.items()},
        ),
    },
    (
        {name: np.full(p.shape, 0.6719183, "float32") for name, p in wide.items()},
        np.concatenate([start - 3.12 * np.arange(15) for start in (50, 48, 49, 50)]),
    ),
    tolerance=1e-4,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(7, 5)), "Wh": rng.normal(size=(5, 5)), "bh": rng.normal(size=5),
    "Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6),
    "Wy": rng.normal(size=(5, 7)), "Wc": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
check_values(
    train,
    {"ids": rng.integers(0, 7, size=52), "params": params, "steps": 3, "B": 3, "T": 4, "learning_rate": 0.1, "max_norm": 0.5},
    reference.train, given=["rnn_attention_forward", "rnn_attention_backward"], tolerance=1e-5,
    says="The first updates of the RNN with attention are compared: the state is carried from chunk to chunk.",
)
params = {
    "Wx": rng.normal(size=(7, 20)), "Wh": rng.normal(size=(5, 20)), "b": rng.normal(size=20),
    "Wq": rng.normal(size=(5, 6)), "Wk": rng.normal(size=(5, 6)), "v": rng.normal(size=6),
    "Wy": rng.normal(size=(5, 7)), "Wc": rng.normal(size=(5, 7)), "by": rng.normal(size=7),
}
check_values(
    train,
    {"ids": rng.integers(0, 7, size=52), "params": params, "steps": 7, "B": 3, "T": 5, "learning_rate": 0.1, "max_norm": 0.3},
    reference.train, given=["lstm_attention_forward", "lstm_attention_backward"], tolerance=1e-5,
    says="The LSTM with attention is followed over the end of the text, where all readers begin anew, with another limit for clipping.",
)
### END HIDDEN TESTS

# %% [markdown]
# The next check looks at what comes out of a training. With `bh` at 20 the memory is **stuck**: every number of it is $\tanh(20) = 1$, whatever is read, and a mean of ones is one again. Such a network can only
# learn how *frequent* each character is, and must come close to the best loss that is possible with that knowledge, 3.006 on this text. (The hidden checks train both models from random weights, with all your
# functions, on a text that you have never seen, and ask for much more.)

# %% nbgrader={"grade": true, "grade_id": "test_training_target", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_training, load_corpus

ids = load_corpus().train
stuck = {
    "Wx": np.zeros((46, 3)), "Wh": np.zeros((3, 3)), "bh": np.full(3, 20.0), "Wq": np.zeros((3, 2)), "Wk": np.zeros((3, 2)),
    "v": np.zeros(2), "Wy": np.zeros((3, 46)), "Wc": np.zeros((3, 46)), "by": np.zeros(46),
}
check_training(
    train, {"ids": ids, "params": stuck, "steps": 200, "B": 50, "T": 20, "learning_rate": 0.03},
    lambda params: np.log(np.exp(logits := params["Wy"].sum(axis=0) + params["Wc"].sum(axis=0) + params["by"]).sum()) - logits[ids].mean(),
    at_most=3.02, like=stuck, given=["rnn_attention_forward", "rnn_attention_backward", "lstm_attention_forward", "lstm_attention_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, looking_glass, reference

text = looking_glass()
params = reference.init_params("rnn", 46, 32, 16, hidden_rng())
check_training(
    train, {"ids": text.train, "params": params, "steps": 300, "B": 32, "T": 16, "learning_rate": 0.02},
    lambda params: reference.mean_loss(text.held_out, params, 16),
    at_most=2.31, like=params, few={"ids": np.full(60, 3), "params": params, "steps": 3, "B": 2, "T": 4, "learning_rate": 0.01},
    given=["rnn_attention_forward", "rnn_attention_backward", "lstm_attention_forward", "lstm_attention_backward"],
    says="A small RNN with attention is trained for 300 updates on a text you have not seen, and its loss on the held-out part is measured.",
)
params = reference.init_params("lstm", 46, 32, 16, hidden_rng())
check_training(
    train, {"ids": text.train, "params": params, "steps": 300, "B": 32, "T": 16, "learning_rate": 0.05},
    lambda params: reference.mean_loss(text.held_out, params, 16),
    at_most=2.02, like=params, few={"ids": np.full(60, 3), "params": params, "steps": 3, "B": 2, "T": 4, "learning_rate": 0.01},
    given=["rnn_attention_forward", "rnn_attention_backward", "lstm_attention_forward", "lstm_attention_backward"],
    says="A small LSTM with attention is trained for 300 updates on a text you have not seen, and its loss on the held-out part is measured.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Writing
#
# To write, the network reads its own characters one by one (**autoregressive generation**). New is the **box of postcards**: attention needs the earlier memories, so keep them. In training
# no query ever looked back over more than $T - 1$ memories, so when it writes it should not either: keep the last `window` $= T$
# memories (the newest one, which asks, and those before it, which answer).
#
# 1. Read the prompt from the empty state: `read(x, state, params)` takes ids $(1, P)$ and returns `hs` $(1, P, H)$ and the new state.
#    Keep the last `window` memories.
# 2. `predict(recent, params)` runs attention and the output over memories $(1, n, H)$ and gives logits $(1, n, V)$; you need those of the last position. Draw a character.
# 3. Read that character, append its memory, forget what is older than `window`. Go to 2.

# %% nbgrader={"grade": false, "grade_id": "generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generate(prompt, length, params, window, temperature, rng):
    """Let a model continue a text; works for both kinds.

    prompt: (P,) ids with P >= 1. length: how many characters to write. rng: np.random.Generator.
    window: how many of the latest memories attention sees, the newest one (the query) included.
    Reads the prompt from an empty state, then draws `length` times with `sample_next`.
    Returns the new ids (length,), without the prompt.
    """
    ### BEGIN SOLUTION
    recent, state = read(prompt[None], start_state(params, 1), params)
    written = []
    for _ in range(length):
        recent = recent[:, -window:]
        logits = predict(recent, params)[0, -1]
        written.append(sample_next(logits, temperature, rng))
        hs, state = read(np.array([written[-1:]]), state, params)
        recent = np.concatenate([recent, hs], axis=1)
    return np.array(written, dtype=np.int64)
    ### END SOLUTION


# %% [markdown]
# The first three checks use a temperature of almost zero, so that the same text must come out for everybody. The first network is made by hand: whatever it reads, it names the next of
# three letters, in a circle. The next two, an RNN and an LSTM, look back, and what they write depends on the state, on the window and on all that was read. The last check takes the
# circle once more, at a temperature of 1.5, and counts.

# %% nbgrader={"grade": true, "grade_id": "test_generate", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_text, check_values

params = {
    "Wx": np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]), "Wh": np.zeros((3, 3)), "bh": np.zeros(3),
    "Wq": np.ones((3, 2)), "Wk": np.ones((3, 2)), "v": np.ones(2), "Wc": np.zeros((3, 3)),
    "Wy": np.array([[0.0, 3.0, 0.0], [0.0, 0.0, 3.0], [3.0, 0.0, 0.0]]), "by": np.zeros(3),
}
check_values(
    generate,
    {"prompt": np.array([2, 0]), "length": 5, "params": params, "window": 4, "temperature": 1e-6, "rng": np.random.default_rng(0)},
    np.array([1, 2, 0, 1, 2]), given=["attention_forward", "output_forward"],
)
looks_back = {
    "Wx": 2 * np.sin(7.401 * np.arange(15) + 6).reshape(5, 3), "Wh": np.sin(7.401 * np.arange(9) + 7).reshape(3, 3), "bh": np.zeros(3),
    "Wq": np.sin(7.401 * np.arange(6) + 1).reshape(3, 2), "Wk": np.sin(7.401 * np.arange(6) + 2).reshape(3, 2),
    "v": 3 * np.sin(7.401 * np.arange(2) + 3), "Wc": 6 * np.sin(7.401 * np.arange(15) + 4).reshape(3, 5),
    "Wy": 2 * np.sin(7.401 * np.arange(15) + 5).reshape(3, 5), "by": np.zeros(5),
}
prompt = np.array([3, 0, 4, 1, 2, 0])
check_values(
    generate,
    {"prompt": prompt, "length": 12, "params": looks_back, "window": 3, "temperature": 1e-6, "rng": np.random.default_rng(0)},
    np.array([3, 4, 2, 3, 4, 3, 1, 1, 1, 1, 1, 1]), given=["attention_forward", "output_forward"],
)
looks_back = {
    "Wx": 2 * np.sin(4.46 * np.arange(60) + 6).reshape(5, 12), "Wh": 2 * np.sin(4.46 * np.arange(36) + 7).reshape(3, 12),
    "b": np.repeat([0.0, 1.0, 0.0, 0.0], 3),
    "Wq": np.sin(4.46 * np.arange(6) + 1).reshape(3, 2), "Wk": np.sin(4.46 * np.arange(6) + 2).reshape(3, 2),
    "v": 3 * np.sin(4.46 * np.arange(2) + 3), "Wc": 6 * np.sin(4.46 * np.arange(15) + 4).reshape(3, 5),
    "Wy": 2 * np.sin(4.46 * np.arange(15) + 5).reshape(3, 5), "by": np.zeros(5),
}
check_values(
    generate,
    {"prompt": prompt, "length": 12, "params": looks_back, "window": 3, "temperature": 1e-6, "rng": np.random.default_rng(0)},
    np.array([0, 1, 1, 4, 0, 4, 1, 1, 1, 3, 2, 2]), given=["attention_forward", "output_forward"],
)
shares = np.array([0.11266178, 0.77467643, 0.11266178])
check_text(
    generate,
    {"prompt": np.array([2, 0]), "length": 8, "params": params, "window": 4, "temperature": 1.5, "rng": np.random.default_rng(0)},
    lambda ids: np.roll(shares, ids[-1] if len(ids) else 0), length=8, given=["attention_forward", "output_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wx": rng.normal(size=(17, 12)), "Wh": rng.normal(scale=0.5, size=(12, 12)), "bh": rng.normal(scale=0.3, size=12),
    "Wq": rng.normal(size=(12, 7)), "Wk": rng.normal(size=(12, 7)), "v": rng.normal(size=7), "Wc": rng.normal(scale=4, size=(12, 17)),
    "Wy": rng.normal(size=(12, 17)), "by": rng.normal(scale=0.3, size=17),
}
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=9), "length": 30, "params": params, "window": 5, "temperature": 1e-6, "rng": rng},
    reference.generate, given=["attention_forward", "output_forward"],
    says="A random RNN with attention continues a prompt that is longer than the window, at a temperature of almost zero.",
)
params = {
    "Wx": rng.normal(size=(17, 48)), "Wh": rng.normal(size=(12, 48)), "b": rng.normal(size=48),
    "Wq": rng.normal(size=(12, 7)), "Wk": rng.normal(size=(12, 7)), "v": rng.normal(size=7), "Wc": rng.normal(scale=4, size=(12, 17)),
    "Wy": rng.normal(size=(12, 17)), "by": rng.normal(scale=0.3, size=17),
}
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=1), "length": 30, "params": params, "window": 8, "temperature": 1e-6, "rng": rng},
    reference.generate, given=["attention_forward", "output_forward"],
    says="A random LSTM with attention continues a prompt of a single character.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Train both, full size
#
# Now $H = 256$ and $A = 128$, float32. Two things make it fast enough:
#
# - **No loop but the recurrence.** Everything about attention is a handful of products over all $(b, t, j)$ at once.
# - **Two halves of the batch at the same time**: `in_threads(loss_and_gradients)`, the **data parallelism** of notebook 02. (NumPy releases Python's lock while it computes, so both cores really work.)
#
# **On a busy machine** there is nothing to set, as in notebook 03; it takes longer all the same. (`in_threads` gives NumPy one thread for each half, so that the halves do not get in each other's way.)
#
# First the RNN with attention. Had enough? Interrupt the cell with ■: training stops after the update it is in, and everything below works
# with what was learned so far.

# %% nbgrader={"grade": false, "grade_id": "train_full_rnn", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
H, A, B, T = 256, 128, 32, 32
RNN_STEPS, RNN_EVERY = training_steps(3200, 12), training_steps(160, 12)
RNN_RATE = 0.005

fast = in_threads(loss_and_gradients)
measure = partial(mean_loss, T=T)

rnn_start = init_params("rnn", V, H, A, np.random.default_rng(3))
rnn_log = TrainingLog("05-rnn", measure, corpus, rnn_start, every=RNN_EVERY)
rnn_final, losses = train(corpus.train, rnn_start, RNN_STEPS, B, T, RNN_RATE, gradients=fast, watch=rnn_log)
rnn_log.finish(rnn_final, losses, characters=B * T)

# %% nbgrader={"grade": false, "grade_id": "curves_rnn", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
rnn_log.plot(title="RNN with attention", lines={"chance": CHANCE, "bigram optimum": BIGRAM})

# %% [markdown]
# Then the LSTM with attention, in **two legs**, as in 04. The first leg is short, with a learning rate that falls to zero; it learns what is true of all of
# Carroll's English, and its end is about the best that this network ever does on the held-out part. The second leg starts again from there
# with a fresh learning rate and goes on for much longer; what it adds is true of these pages only.

# %% nbgrader={"grade": false, "grade_id": "train_full_lstm", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
LSTM_LEG1, LSTM_LEG2 = training_steps(1000, 8), training_steps(3500, 8)
LSTM_RATE1, LSTM_RATE2 = 0.01, 0.005
LSTM_EVERY = training_steps(125, 16)

lstm_start = init_params("lstm", V, H, A, np.random.default_rng(3))
lstm_log = TrainingLog("05-lstm", measure, corpus, lstm_start, every=LSTM_EVERY)
lstm_leg1, losses1 = train(corpus.train, lstm_start, LSTM_LEG1, B, T, LSTM_RATE1, gradients=fast, watch=lstm_log)
lstm_final, losses2 = train(
    corpus.train, lstm_leg1, LSTM_LEG2, B, T, LSTM_RATE2, gradients=fast,
    watch=lambda step, params: lstm_log(len(losses1) + step, params),
)
lstm_log.finish(lstm_final, np.concatenate([losses1, losses2]), characters=B * T)

# %% nbgrader={"grade": false, "grade_id": "curves_lstm", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
lstm_log.plot(title="LSTM with attention, two legs", lines={"chance": CHANCE, "bigram optimum": BIGRAM})

# %% [markdown]
# ### Read the curves honestly
#
# The training loss of the LSTM falls and falls, in our run to 0.36, while the held-out loss has long turned around and *rises*, from 1.42 to 1.95: **overfitting**. As **perplexities** ($e^{\text{loss}}$, the number of equally likely
# characters that are as hard to guess): 1.4 on pages that it has read, and from 4.1 up to 7 on the others. (The RNN's held-out loss
# was still sinking a little when its run ended, at 1.55, perplexity 4.7, but its training loss was 0.95 by then, and that gap tells the same.) **Low training loss is memorising.** A
# network with 400,000 parameters that reads the same 130,000 characters many times can learn a good part of them by heart. That proves that your
# gradients are right and that your optimiser works. It does not make the network a better writer, and so the log remembers the parameters that were
# best on the held-out part (**early stopping**, afterwards). From these you sample.

# %% nbgrader={"grade": false, "grade_id": "samples", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
prompt = "alice was beginning to "
for log in (rnn_log, lstm_log):
    written = generate(corpus.encode(prompt), 400, log.best_params, T, 0.7, np.random.default_rng(10))
    log.record(prompt + corpus.decode(written), f"{log.model}: best parameters, temperature 0.7")
for temperature in (0.3, 1.2):
    written = generate(corpus.encode(prompt), 250, lstm_log.best_params, T, temperature, np.random.default_rng(10))
    show_sample(prompt + corpus.decode(written), f"05-lstm: best parameters, temperature {temperature}")
show_samples(
    {
        name: corpus.decode(generate(corpus.encode(prompt), 250, params, T, 0.3, np.random.default_rng(10)))
        for name, params in {"best": lstm_log.best_params, "memorised (final)": lstm_final}.items()
    },
    corpus.decode(corpus.train),
)

# %% [markdown]
# The last two stand side by side, the LSTM's best parameters and the final ones, those with the *lowest training loss*; below each you see the longest piece of it that stands in the book word for word. Does the right one read better? In ours, `the dormouse shook its head impatiently` stands in the book, word for word; the sentence around it
# does not, and means nothing. This network is very sure of itself as long as it walks along a page it knows. One step beside the path, and it is sure of nonsense.
#
# ## 6. Does attention help?
#
# An honest question needs a fair opponent, a **baseline**. We call it the model's *parent*: the same recurrence, the same seed, the same schedule, **without attention**. A
# parent has no `"Wq"`, `"Wk"`, `"v"`, `"Wc"`; its gradients are put together from the functions that you were given. Your `train` takes it as it
# is. The LSTM's parent runs the first leg only: that is where the held-out loss is decided.
#
# **Predict.** The LSTM with attention came to about 1.42 on the held-out part. Where will its parent end, which has no box to look into?
#
# - a) above 1.47, so attention is worth something
# - b) between 1.38 and 1.47, so it is worth little here
# - c) below 1.38, so it is in the way

# %% tags=["question"]
guess_parent = "b"  # a, b or c
autograder.predict("parent", guess_parent, "c8372700")


# %% nbgrader={"grade": false, "grade_id": "train_parents", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def parent_gradients(x, targets, *state, params):
    """Like `loss_and_gradients`, without attention."""
    nothing = np.zeros_like(state[0])
    if len(state) == 1:
        hs, cache = rnn_forward(x, *state, params)
        last = (hs[:, -1],)
    else:
        hs, c_last, cache = lstm_forward(x, *state, params)
        last = (hs[:, -1], c_last)
    loss, loss_cache = cross_entropy_forward(predict(hs, params), targets)
    dlogits = cross_entropy_backward(1.0, loss_cache)
    dhs = dlogits @ params["Wy"].T
    *_, grads = rnn_backward(dhs, cache) if len(state) == 1 else lstm_backward(dhs, nothing, cache)
    grads["Wy"] = hs.reshape(-1, hs.shape[2]).T @ dlogits.reshape(-1, dlogits.shape[2])
    grads["by"] = dlogits.sum(axis=(0, 1))
    return loss, *last, grads


def train_parent(kind, steps, rate, every):
    """The log of a model of this kind that is trained without attention."""
    start = init_params(kind, V, H, 0, np.random.default_rng(3))
    log = TrainingLog(f"{kind} without attention", measure, corpus, start, every=every)
    final, losses = train(corpus.train, start, steps, B, T, rate, gradients=in_threads(parent_gradients), watch=log)
    log.finish(final, losses, characters=B * T)
    return log


rnn_parent = train_parent("rnn", RNN_STEPS, RNN_RATE, RNN_EVERY)
lstm_parent = train_parent("lstm", LSTM_LEG1, LSTM_RATE1, LSTM_EVERY)


# %% nbgrader={"grade": false, "grade_id": "compare_parents", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def compare(title, log, parent):
    """The curves of a model and its parent, over the updates that both have made."""
    curves = {}
    for name, one in {"attention": log, "none": parent}.items():
        for part, (x, y) in one.curves().items():
            shown = (np.asarray(x) > 0) & (np.asarray(x) <= len(parent.losses))
            curves[f"{name}, {part}"] = (np.asarray(x)[shown], np.asarray(y)[shown])
    plot_curves(curves, title=title, x_label="update", lines={"bigram optimum": BIGRAM})


compare("RNN, with and without attention", rnn_log, rnn_parent)
compare("LSTM, with and without attention (first leg)", lstm_log, lstm_parent)

def full_box_loss(ids, params, T):
    """The held-out loss of predictions with at least T / 2 earlier memories to look at."""
    hs, _ = read(ids[None, :-1], start_state(params, 1), params)
    windows = np.arange(0, len(ids) - T, T // 2)[:, None] + np.arange(T)
    losses = []
    for part in np.array_split(windows, max(1, len(windows) // 32)):
        logits = predict(hs[0][part], params)[:, T // 2 :]
        losses.append((float(cross_entropy_forward(logits, ids[part + 1][:, T // 2 :])[0]), len(part)))
    return np.average([loss for loss, _ in losses], weights=[n for _, n in losses])


first_leg = [(step, loss) for step, loss in lstm_log.held_out if step <= len(losses1)]
leg1_train = measure(corpus.train[: training_steps(len(corpus.train), 1000)], lstm_leg1)
measured = corpus.held_out[: training_steps(len(corpus.held_out), 700)]
print(f"{'':32}{'updates':>9}{'train':>9}{'held out':>10}{'full box':>10}{'parameters':>12}{'chars/s':>10}")
for name, log, updates, train_loss, held_out_loss in (
    ("RNN", rnn_parent, len(rnn_parent.losses), rnn_parent.train_loss, rnn_parent.best_loss),
    ("RNN with attention", rnn_log, len(rnn_log.losses), rnn_log.train_loss, rnn_log.best_loss),
    ("LSTM, first leg", lstm_parent, len(lstm_parent.losses), lstm_parent.train_loss, lstm_parent.best_loss),
    ("LSTM with attention, first leg", lstm_log, len(losses1), leg1_train, min(loss for _, loss in first_leg)),
    ("LSTM with attention, both legs", lstm_log, len(lstm_log.losses), lstm_log.train_loss, lstm_log.best_loss),
):
    full_box = full_box_loss(measured, log.best_params, T)
    print(f"{name:32}{updates:9,}{train_loss:9.3f}{held_out_loss:10.3f}{full_box:10.3f}"
          f"{log.parameters:12,}{log.chars_per_second:10,.0f}")

# %% [markdown]
# Train: final parameters. Held out: best parameters. *Full box*: the same, for those predictions only that had at least $T/2$
# earlier memories to look at (for the parents: at the same characters).
#
# An honest reading:
#
# - **Training loss: lower with attention.** It gives the network another way to recognise a place in the book, and more parameters to remember it with.
# - **Held-out loss: hardly a difference, and not always a gain.** The LSTM with attention ended a little below its parent (1.417 against 1.423), the RNN a little *above* (1.546 against
#   1.525). That is hardly an accident: with two other seeds the LSTM gained 0.005 and 0.008, and the RNN lost 0.044 and 0.026. Most of what attention adds is spent on memorising sooner.
# - **Part of it is the empty box.** At the start of every chunk there is nothing to look at. Compare *full box* with *held out*: for the parents both are
#   the same, with attention *full box* is lower, and there both models are ahead of their parents, by 0.006 and 0.017. Longer chunks would help, but $p$ grows with $T^2$.
# - **And it costs time**: the RNN read a third as many characters per second as its parent, the LSTM about half as many.
#
# Is attention a bad idea, then? It solves a problem that this task hardly has. The next *character* depends mostly on the last few, and
# these are in the newest memory anyway. (It is not our book alone: Daniluk and others, 2017, found the same with words, see *Read on*.) Attention was invented for translation, where the network must find the one word in a foreign
# sentence that it has to translate now, and there it made all the difference. It will do so here too, once it is the *only* way from one position to
# another: in notebook 06.
#
# ### What is it worth to the trained model?
#
# Another way to ask, called an **ablation**: take the trained networks and break their attention, without training again. With $v = 0$ all scores are equal and the context becomes a
# plain average of the earlier memories. With $W_c = 0$ the context is ignored.
#
# **Predict.** By how much does the held-out loss of the LSTM rise when its context is ignored?
#
# - a) by less than 0.1
# - b) by 0.1 to 0.5
# - c) by more than 0.5: it was trained to lean on it

# %% tags=["question"]
guess_ablation = "a"  # a, b or c
autograder.predict("ablation", guess_ablation, "d7e37e2c")

# %% nbgrader={"grade": false, "grade_id": "break_attention", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
piece = corpus.held_out[: training_steps(len(corpus.held_out), 700)]
print(f"held-out loss{'as learned':>22}{'equal shares':>16}{'no context':>14}")
for name, log in {"RNN with attention": rnn_log, "LSTM with attention": lstm_log}.items():
    best = log.best_params
    variants = [best, {**best, "v": 0 * best["v"]}, {**best, "Wc": 0 * best["Wc"]}]
    print(f"{name:22}" + "".join(f"{measure(piece, params):>13.3f}  " for params in variants))

# %% [markdown]
# Breaking it costs something, so the networks do use what they see. In our run equal shares did at least as much harm as no context at all (to the RNN more, 0.09 against 0.06; to the LSTM the same, 0.03),
# so *which* memories are mixed matters. But it costs much less than you might have expected: most of what is needed is in the newest memory.

# %% [markdown]
# ### A task of another kind: repeat after me
#
# Take a text of another kind: a full stop, ten different letters in any order, a bar, and **the same ten letters once more**, then the next full stop and ten new letters. The first ten cannot be guessed. The second ten can, all of them, by whoever still has the first. No string ever comes back, so there is nothing to
# learn by heart. Three small networks ($H = 64$, $A = 32$) read 600 batches with your `train`, and every 20 updates the loss of the *repeated* letters is measured on 64 strings that no training sees. Without any memory it would be $\ln 26 = 3.26$.
#
# **Predict.** Which of them repeats nearly all letters correctly after 600 updates?
#
# - a) the LSTM without attention: ten letters fit well into a pocket of 64 numbers
# - b) the plain RNN with attention
# - c) both
# - d) neither

# %% tags=["question"]
guess_copying = "b"  # a, b, c or d
autograder.predict("copying", guess_copying, "bfa10304")

# %% nbgrader={"grade": false, "grade_id": "copy_task", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
LETTERS = "abcdefghijklmnopqrstuvwxyz.|"
LENGTH, COPY_STEPS = 10, training_steps(600, 4)
PERIOD = 2 * LENGTH + 2


def strings(count, rng):
    """Texts such as `.qwertyuiop|qwertyuiop` as ids, (count, PERIOD)."""
    letters = rng.permuted(np.tile(np.arange(26), (count, 1)), axis=1)[:, :LENGTH]
    return np.concatenate([np.full((count, 1), 26), letters, np.full((count, 1), 27), letters], axis=1)


copy_text = strings(32 * COPY_STEPS + 2, np.random.default_rng(3)).ravel()[: 32 * COPY_STEPS * PERIOD + PERIOD + 1]
unseen = strings(64, np.random.default_rng(4))


def copying(params, guess=predict):
    """Loss and accuracy on the repeated letters of unseen strings."""
    hs, _ = read(unseen[:, :-1], start_state(params, len(unseen)), params)
    logits, targets = guess(hs, params)[:, LENGTH + 1 :], unseen[:, LENGTH + 2 :]
    return float(cross_entropy_forward(logits, targets)[0]), (logits.argmax(axis=-1) == targets).mean()


def learn_to_copy(kind, A, gradients, guess=predict):
    """The trained parameters, and the curve (updates, losses) of the repeated letters."""
    curve = []

    def watch(step, params):
        if step % 20 == 0 or step == COPY_STEPS - 1:
            curve.append((step + 1, copying(params, guess)[0]))

    start = init_params(kind, 28, 64, A, np.random.default_rng(4))
    params, _ = train(copy_text, start, COPY_STEPS, 32, PERIOD, 0.01, gradients=gradients, watch=watch)
    return params, tuple(np.array(curve).T)


copiers = {
    "RNN": learn_to_copy("rnn", 0, parent_gradients),
    "LSTM": learn_to_copy("lstm", 0, parent_gradients),
    "RNN with attention": learn_to_copy("rnn", 32, loss_and_gradients),
}
plot_curves({name: curve for name, (_, curve) in copiers.items()}, title="Repeating ten letters", x_label="update", y_label="loss of the repeated letters",
            lines={"guessing among 26": math.log(26)})
for name, (params, _) in copiers.items():
    print(f"{name:20} repeats {copying(params)[1]:4.0%} of the letters of an unseen string")

# %% [markdown]
# There it is. After less than half of the updates the RNN with attention has found out how to do it, and then it can do it for *any* string. (Its curve may rise a little again here and there: the learning rate is high.) The others learn letter by letter to carry a few more of them along.
#
# How does it do it? Look at the map of one string that it has never seen.

# %% nbgrader={"grade": false, "grade_id": "copy_map", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
copier = copiers["RNN with attention"][0]
copier_hs, _ = read(unseen[:1, :-1], start_state(copier, 1), copier)
shown = [LETTERS[i] for i in unseen[0, :-1]]
plot_heatmap(
    masked_softmax_forward(scores_forward(copier_hs, copier)[0])[0][0], rows=shown, columns=shown,
    title="Repeating ten letters: where each position looks", x_label="key: an earlier character", y_label="query: the character just read", colour_label="weight",
)


# %% [markdown]
# The lower half is one bright line. At the bar the network looks at the first letter, and then, with each letter that it has just read, at the memory that was made *one letter later*: the letter to be said next. That memory can be found, because its $h$ still knows what came before,
# so that its key can say "I follow `j`". One rule for all letters and all strings, and nobody wrote it down. (In the upper half nothing can be guessed and it does not matter where it looks; in our run it rested on the full stop.)

# %% [markdown]
# **In your own words.** Why does attention win at this task, against an LSTM with a much better memory than the plain RNN's, while on Alice it brought next to nothing?

# %% why_copying [markdown] tags=["written"]
# To repeat ten letters in order, the LSTM must have all ten in its pocket at once, each at its own place, and must learn to put them there long before they are of any use: the bottleneck. With attention nothing has to be carried. The old memories
# lie in the box, the network only has to learn which of them to ask for, and this one rule ("the memory made just after the letter that I have just read") serves for all letters and all strings. The gradient, too, comes back in a single step, whereas without attention it must walk back through ten.
# On Alice the next letter hangs mostly on the last few characters, and these are in the newest memory already. So there is hardly anything left that is worth looking up.

# %% [markdown]
# ### A cheaper score: the dot product
#
# The tiny network behind a score, $v \cdot \tanh(q_t + k_j)$, makes $p$ $(B, T, T, A)$. Luong and others (2015) asked whether it is needed, and took the product of query and key itself:
#
# $$e_{tj} = \frac{q_t \cdot k_j}{\sqrt A} \qquad\qquad e = \frac{q\, k^\top}{\sqrt A} \qquad (B,T,A)(B,A,T) \to (B,T,T)$$
#
# It has no $v$ and no $\tanh$, and $p$ is gone. (The division by $\sqrt A$ came later; notebook 06 tells you why.) What do you expect: does it repeat letters as well? The next cell exchanges the scores and nothing else, trains on the same strings, and then takes the time of one pass forward and backward through the scores.

# %% nbgrader={"grade": false, "grade_id": "dot_product", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def dot_scores_forward(hs, params):
    """Scores (B, T, T) from dot products of queries and keys."""
    q, k = hs @ params["Wq"], hs @ params["Wk"]
    return q @ k.swapaxes(1, 2) / math.sqrt(q.shape[2]), (hs, q, k, params)


def dot_scores_backward(dscores, cache):
    """dhs (B, T, H) and grads; "v" takes no part."""
    hs, q, k, params = cache
    d = dscores / math.sqrt(q.shape[2])
    dq, dk = d @ k, d.swapaxes(1, 2) @ q
    rows = hs.reshape(-1, hs.shape[2])
    grads = {"Wq": rows.T @ dq.reshape(len(rows), -1), "Wk": rows.T @ dk.reshape(len(rows), -1), "v": 0 * params["v"]}
    return dq @ params["Wq"].T + dk @ params["Wk"].T, grads


def dot_guess(hs, params):
    """Like `predict`, with dot products."""
    weights, _ = masked_softmax_forward(dot_scores_forward(hs, params)[0])
    return output_forward(hs, context_forward(weights, hs)[0], params)[0]


def dot_gradients(x, targets, h, *, params):
    """Like `loss_and_gradients` for an RNN, with dot products."""
    hs, rnn_cache = rnn_forward(x, h, params)
    scores, scores_cache = dot_scores_forward(hs, params)
    weights, softmax_cache = masked_softmax_forward(scores)
    contexts, context_cache = context_forward(weights, hs)
    logits, output_cache = output_forward(hs, contexts, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    dhs, dcontexts, output_grads = output_backward(cross_entropy_backward(1.0, loss_cache), output_cache)
    dweights, as_values = context_backward(dcontexts, context_cache)
    in_scores, scores_grads = dot_scores_backward(masked_softmax_backward(dweights, softmax_cache), scores_cache)
    _, rnn_grads = rnn_backward(dhs + as_values + in_scores, rnn_cache)
    return loss, hs[:, -1], {**rnn_grads, **scores_grads, **output_grads}


def milliseconds(forward, backward, T):
    """The best of five: one pass forward and backward through scores, B = 8, H = A = 64."""
    from time import perf_counter

    rng = np.random.default_rng(0)
    hs, params, times = rng.normal(size=(8, T, 64)).astype(np.float32), init_params("rnn", V, 64, 64, rng), []
    for _ in range(training_steps(5, 1)):
        begin = perf_counter()
        scores, cache = forward(hs, params)
        backward(scores, cache)
        times.append(1000 * (perf_counter() - begin))
    return min(times)


dot_params, dot_curve = learn_to_copy("rnn", 32, dot_gradients, dot_guess)
plot_curves({"additive": copiers["RNN with attention"][1], "dot product": dot_curve}, title="Repeating ten letters: two kinds of score", x_label="update",
            y_label="loss of the repeated letters", lines={"guessing among 26": math.log(26)})
print(f"dot product: repeats {copying(dot_params, dot_guess)[1]:.0%} of the letters of an unseen string\n\nmilliseconds, by T {'additive':>10}{'dot product':>13}")
for T_tried in (16, 32, 64, 128):
    print(f"{T_tried:17}{milliseconds(scores_forward, scores_backward, T_tried):11.1f}{milliseconds(dot_scores_forward, dot_scores_backward, T_tried):13.1f}")


# %% [markdown]
# In our run the dot product repeats as well as the additive score, and found out in less than half the updates, each of which took about half the time. For the scores alone it was, on free cores, five times as fast at $T = 16$ and some fifty times at $T = 128$ (beside other programs such short times jump about), where twice the $T$ costs the additive score at least four times as much.

# %% [markdown]
# **In your own words.** What does the dot product give up, what does it gain, and why does its lead grow with $T$? Is there a reason to expect that it repeats letters worse?

# %% which_score [markdown] tags=["written"]
# The additive score is a small network: it can express how query and key fit in ways that are not a product, and it has a vector $v$ of its own to weigh features. The dot product only asks whether the two point the same way.
# But $W_q$ and $W_k$ are learned, so the network can turn queries and keys such that what belongs together does point the same way, and for "find the memory that came after this letter" that is just what is needed.
# What it gains is the axis $A$: the additive score computes and keeps $A$ numbers for each of the $T^2$ pairs and walks through them element by element, forward and backward, while the dot product keeps one and is a single matrix product, which is what processors do best.
# The number of pairs grows with $T^2$ for both. But for the dot product a pair costs so little that at these lengths the two projections, whose work grows with $T$ only, are still a large part of its time,
# while nearly all the time of the additive score goes into the pairs, and when $p$ no longer fits into the processor's cache, each of them costs even more. So one time grows about like $T$ and the other like $T^2$ or faster.

# %% [markdown]
# ## 7. Looking inside
#
# ### Where does it look?
#
# Attention has a charm that hidden units lack: you can look at it. The pictures are called **attention maps**. Each row below is a query, a moment of reading; bright columns are the earlier
# characters whose memories it mixes in. The passage is from the held-out part, one chunk long.

# %% nbgrader={"grade": false, "grade_id": "attention_maps", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def attention_weights(ids, place, params, T, lead=200):
    """The weights (T, T) over ids[place : place + T]; the network has read `lead` characters before."""
    _, state = read(ids[None, place - lead : place], start_state(params, 1), params)
    hs, _ = read(ids[None, place : place + T], state, params)
    return masked_softmax_forward(scores_forward(hs, params)[0])[0][0]


place = corpus.decode(corpus.held_out).index("`here!' cried alice")
letters = list(corpus.decode(corpus.held_out[place : place + T]))
print(repr("".join(letters)))
for name, log in {"RNN": rnn_log, "LSTM": lstm_log}.items():
    plot_heatmap(
        attention_weights(corpus.held_out, place, log.best_params, T), rows=letters, columns=letters,
        title=f"{name} with attention: where each position looks", x_label="key: an earlier character",
        y_label="query: the character just read", colour_label="weight",
    )


# %% [markdown]
# What to look at: the upper right triangle is dark, because the future is masked. Row 1 has one candidate only. Bright *columns* are memories that
# many later positions come back to: in our run, for the RNN the spaces between the words, for the LSTM the opening backtick and the `!'` at the end of the speech. A bright line beside the
# diagonal would be a fixed distance, "what I read $k$ characters ago", as in the map of the repeated letters; neither of these has one.
#
# ### How far back?
#
# The mean weight by distance, over many chunks of the held-out part, for queries in the second half of a chunk, which have a real choice. The
# green line is what equal shares would give.

# %% nbgrader={"grade": false, "grade_id": "weight_by_distance", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def all_weights(ids, params, T):
    """The weights of all whole chunks of a text, (chunks, T, T)."""
    chunks = len(ids) // T
    hs, _ = read(ids[None, : chunks * T], start_state(params, 1), params)
    scores, _ = scores_forward(hs.reshape(chunks, T, -1), params)
    return masked_softmax_forward(scores)[0]


def weight_by_distance(weights):
    """The mean weight at distances 1, ..., T / 2, over queries in the second half of a chunk."""
    T = weights.shape[-1]
    return np.array([
        np.mean([weights[:, t, t - distance].mean() for t in range(T // 2, T)]) for distance in range(1, T // 2 + 1)
    ])


looks = {name: all_weights(piece, log.best_params, T) for name, log in {"RNN": rnn_log, "LSTM": lstm_log}.items()}
equal = np.tri(T, T, -1) / np.maximum(np.arange(T), 1)[:, None]
plot_curves(
    {
        **{f"{name} with attention": (np.arange(1, T // 2 + 1), weight_by_distance(w)) for name, w in looks.items()},
        "equal shares": (np.arange(1, T // 2 + 1), weight_by_distance(equal[None])),
    },
    title="How far back does it look?", x_label="distance: the key was read so many characters before the query", y_label="mean weight",
)

# %% [markdown]
# ### At which characters?
#
# For every character: how much weight do memories get that were made right after reading it, compared with equal shares? 1 means neither
# liked nor avoided. Red bars get at least one and a half times their share.

# %% nbgrader={"grade": false, "grade_id": "weight_by_character", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
keys = piece[: len(piece) // T * T].reshape(-1, T)
frequent = [i for i in range(V) if (keys == i).sum() >= 40]
for name, w in looks.items():
    received = w[:, T // 2 :, :-1].sum(axis=1) / equal[T // 2 :, :-1].sum(axis=0)  # (chunks, T - 1): 1 is an equal share
    ratio = np.array([received[keys[:, :-1] == i].mean() for i in frequent])
    plot_bars([corpus.alphabet[i] for i in frequent], ratio, highlight=ratio >= 1.5,
              title=f"{name} with attention: which memories are looked at?", y_label="weight / equal share")

# %% [markdown]
# In our run the nearest two memories got clearly more than their share, and from the fourth on the curve is flat: apart from its neighbours, the network does
# not look at a *distance*, it looks for *content*. And the LSTM has found something on its own. It likes memories from right after opening quotation marks, line breaks and
# full stops, with three times their share and more: milestones, where a sentence or a speech begins. There one can read off whether somebody is speaking, and what kind of line this is.
# (The RNN is less choosy. Its favourites, backtick, dash, line break and space among them, get one and a half times to twice their share.)
#
# One warning. A bright cell says where a mixture *came from*, not what it was good for. You have just seen that breaking attention costs
# little; a beautiful map alone proves nothing. (How much it may prove is a dispute in the field, see *Read on*.)
#
# ## Takeaways
#
# - **Attention is a soft look-up**: scores, softmax, weighted sum. It needs no rule where to look, because all three are differentiable.
# - **A value that is used several times gets the sum of its gradients.** Here one memory is query, key, value, input of the output layer and input of the next
#   step, and that is only bookkeeping.
# - **Where the forward pass stretched an axis, the backward pass sums over it**: queries sum over keys, keys sum over queries.
# - **The mask belongs before the softmax.** Looking at the future costs nothing in training and everything in writing.
# - **Attention pays where the answer lies far back and can be looked up**: repeating letters, or words in another language. On Alice most of it is in the newest memory.
# - A low **training loss is memory of the book**, with attention as without. And whether a new part *helps* is a question for a parent
#   trained in the same way, not for the new model alone.
#
# ### What it costs
#
# Count for one chunk: the recurrence takes $T$ steps that must wait for one another. Attention takes $T^2$ pairs that need not
# wait for anything, but each pair keeps $A$ numbers of $p$ $(B, T, T, A)$ for the way back. At $T = 256$ these would be a gigabyte for 32 readers.

# %% [markdown]
# ## Words of the field
#
# | term | here | what it is |
# |---|---|---|
# | hidden state | memory, postcard, $h_t$ | what the recurrent network makes of all that it has read |
# | query, key, value | what asks, what answers, what is handed over | three roles; here one memory plays them all |
# | score function, alignment model | `scores_*` | says how well a key fits a query |
# | additive attention | $v \cdot \tanh(q_t + k_j)$ | a score from a small network (Bahdanau's) |
# | dot-product attention | $q_t \cdot k_j$, in part 6 and in notebook 06 | a score from one product (Luong's) |
# | attention weights | shares, $w_{tj}$ | the softmax of the scores; each row adds up to 1 |
# | causal mask | none for the future | hides what comes later |
# | context vector | context, $c_t$ | the sum of the values, each times its weight |
# | self-attention | looking back | queries, keys and values from the same sequence |
# | cross-attention | in translation | queries from one sequence, keys and values from another |
# | encoder, decoder | in translation | the network that reads, the network that writes |
# | broadcasting | stretching axes of length 1 | NumPy's rule for shapes that differ; backward it is a sum |
# | baseline | parent | the same model without the new part |
# | ablation | breaking it | taking a part away to see what it was worth |
# | attention map | the bright and dark squares | a picture of the weights |

# %% [markdown]
# ## Read on
#
# - Dzmitry Bahdanau, Kyunghyun Cho and Yoshua Bengio (2014), [*Neural Machine Translation by Jointly Learning to Align and Translate*](https://arxiv.org/abs/1409.0473): attention, and the scores of part 1.
# - Ilya Sutskever, Oriol Vinyals and Quoc Le (2014), [*Sequence to Sequence Learning with Neural Networks*](https://arxiv.org/abs/1409.3215): translation with a single card, the bottleneck that attention removed.
# - Minh-Thang Luong, Hieu Pham and Christopher Manning (2015), [*Effective Approaches to Attention-based Neural Machine Translation*](https://arxiv.org/abs/1508.04025): other score functions, among them the dot product.
# - Jianpeng Cheng, Li Dong and Mirella Lapata (2016), [*Long Short-Term Memory-Networks for Machine Reading*](https://arxiv.org/abs/1601.06733): an LSTM that looks back at its own memories, inside the recurrence instead of on top of it.
# - Michał Daniluk, Tim Rocktäschel, Johannes Welbl and Sebastian Riedel (2017), [*Frustratingly Short Attention Spans in Neural Language Modeling*](https://arxiv.org/abs/1702.04521): such models mostly use the last five memories.
# - Sarthak Jain and Byron Wallace (2019), [*Attention is not Explanation*](https://arxiv.org/abs/1902.10186), and Sarah Wiegreffe and Yuval Pinter (2019), [*Attention is not not Explanation*](https://arxiv.org/abs/1908.04626): what a map may prove.
# - Chris Olah and Shan Carter (2016), [*Attention and Augmented Recurrent Neural Networks*](https://distill.pub/2016/augmented-rnns/): with pictures that move.
# - Lilian Weng (2018), [*Attention? Attention!*](https://lilianweng.github.io/posts/2018-06-24-attention/): many score functions in one table.
# - *Dive into Deep Learning*, [*Attention Scoring Functions*](https://d2l.ai/chapter_attention-mechanisms-and-transformers/attention-scoring-functions.html): additive and dot-product scores with a library.

# %% [markdown]
# ## What comes next
#
# Your attention sees no further than its chunk, its scores fill the memory, and below it the recurrence still walks one character at a time. Notebook 06 changes all three:
#
# - A score becomes the **dot product** of part 6, $q_t \cdot k_j$. All scores are then one matrix product, $(B,T,A)(B,A,T) \to (B,T,T)$, the factor $A$ in memory is gone, and chunks can be longer.
# - Your attention did not care where its vectors came from; it worked on an RNN and on an LSTM alike. **What if we drop the recurrence altogether**, and let attention
#   do all the talking between positions? Then no step waits for another, and the whole chunk is computed at once. That is the **Transformer**.
