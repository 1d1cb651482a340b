# %% [markdown]
# # 02: a multilayer perceptron reads through a window
#
# The bigram neurons of notebook 01b saw one character and guessed the next. Nothing could bring them below 2.393, because after `h` alone
# nobody knows whether `the`, `she` or `oh!` is being written.
#
# Alice, too large for the little door, lies down and looks through it with one eye: a piece of the garden, and nothing left or right of it. Your next
# network looks at the text like that. It sees a **window** of $C = 8$ characters and guesses the ninth. Then the window moves on by one.
#
# With eight characters, a table of counts is no longer an option, and you will see why. Instead you build the first real *network* of the course:
# characters become vectors, a hidden layer combines them, an output layer scores all characters. Three layers, and
# the error goes back through all of them: this is **backpropagation**.
#
# A network like this is a **multilayer perceptron** (MLP), the plainest **feed-forward network**: everything flows from the input to the output, and nothing comes back. Its window is its
# **context window**, here a small one of fixed length. With words in place of characters, such a network beat the best tables of counts in 2003 (Bengio and others, see the end).
#
# | part | you write | you will see |
# |---|---|---|
# | 1 The window | `make_windows` | why counting does not work any more |
# | 2 Three layers | `embedding_*`, `hidden_*`, `output_*` | characters as vectors, ReLU, and each layer's way back |
# | 3 The whole model | `model_*` | backward is the same layers in reverse |
# | 4 Training | `momentum_step`, `train` | mini-batches, momentum, weight decay |
# | 5 Writing | `next_probabilities`, `draw_next`, `generate`, a few sentences | what weight decay and learning rate do, and your network's own Alice |
# | 6 Looking inside | a few sentences | a map of the alphabet, how far back it pays to look, and what neurons with a kink are worth |
#
# - **You need**: notebooks 01a and 01b. Mathematics: matrix products and transposes, the chain rule for functions of several variables. The map in part 6 uses a singular value decomposition; you
#   need not know it.
# - **Working time**: three to five hours if 01b went smoothly, seven to ten if backward passes with matrices are new to you (an estimate from the 14 exercises); half an hour of it goes into five questions
#   ("Predict", answered before a cell shows what happens) and two answers in words. All training together takes about two minutes on two free cores.
# - **Points**: 100, of which windows 4, forward 16, backward 48, training 20, writing 12.
# - **In a hurry**: part 6 and the comparisons of weight decays and learning rates in part 5 hold no exercise.
#
# The functions are short: most take one to five lines. Run the notebook from top to bottom. Under every exercise there is a check that tells you what is
# wrong. Later exercises call earlier ones, so mend the first ✗ first. After you hand in, hidden checks try the same functions on other inputs.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import (
    TrainingLog,
    in_threads,
    load_corpus,
    plot_bars,
    plot_curves,
    predict,
    progress,
    show_sample,
    training_steps,
)

corpus = load_corpus()
V = 46  # different characters
CHANCE = math.log(V)
BIGRAM = 2.393


# %% [markdown]
# Two numbers to beat, in nats per character, as in 01b: **chance**, $\ln 46 = 3.829$, and the **bigram optimum**, $2.393$, the best that any
# model can do if it sees one character.
#
# ## 1. The window
#
# Cut the text into all its windows of $C$ characters, each starting one character after the one before. The target of a window is the character right behind it.
# A text of $n$ characters has $N = n - C$ windows with a target. For the ids 0 to 6 and $C = 3$:
#
# $$\text{windows} = \begin{pmatrix}0&1&2\\1&2&3\\2&3&4\\3&4&5\end{pmatrix} \;(N, C) \qquad\qquad \text{targets} = \begin{pmatrix}3\\4\\5\\6\end{pmatrix} \;(N,)$$
#
# No loop over the text is needed: `np.lib.stride_tricks.sliding_window_view(ids, C)` is a view of *all* windows, shape $(n - C + 1, C)$, and copies nothing. Only the
# last one has no target.
#
# (The next cell only draws this. Most editors fold its code away: run it like any other, and go on.)

# %% nbgrader={"grade": false, "grade_id": "draw_windows", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_windows(text="alice was beginning", C=8, rows=4):
    """The first windows of a text, one below the other, each with its target."""
    from matplotlib.patches import Rectangle

    from autograder import BLUE, GREY, RED, canvas, show_figure

    figure, axes = canvas(10, 2.9)
    for row in range(rows):
        for place, character in enumerate(text):
            inside, is_target = row <= place < row + C, place == row + C
            colour = BLUE if inside else RED if is_target else GREY
            if inside or is_target:
                axes.add_patch(Rectangle((place, -row), 0.9, 0.75, fill=False, edgecolor=colour, linewidth=2.4 if is_target else 1.4))
            axes.text(place + 0.45, 0.37 - row, character.replace(" ", "␣"), ha="center", va="center", color=colour,
                      fontsize=14, fontweight="bold" if is_target else "normal")
        axes.text(-0.4, 0.37 - row, f"windows[{row}]", ha="right", va="center", color=BLUE, fontsize=11)
        axes.text(len(text) + 0.3, 0.37 - row, f"targets[{row}]", ha="left", va="center", color=RED, fontsize=11)
    axes.set(xlim=(-3.2, len(text) + 3), ylim=(0.9 - rows, 0.9))
    axes.axis("off")
    show_figure(
        figure,
        f"The text '{text}' in {rows} lines. A frame of {C} characters moves one to the right from line to line, windows 0 to {rows - 1}; the one character "
        "behind it is the target.",
    )


draw_windows()


# %% nbgrader={"grade": false, "grade_id": "make_windows", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_windows(ids, C):
    """All windows of C characters and the character after each.

    ids: (n,) ids with n > C. C: the length of a window.
    Returns windows (N, C) and targets (N,), ids, with N = n - C: row i of windows starts at character i.
    """
    ### BEGIN SOLUTION
    return np.lib.stride_tricks.sliding_window_view(ids, C)[:-1], ids[C:]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_make_windows", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

check_values(
    make_windows, {"ids": np.array([5, 0, 3, 3, 1, 4]), "C": 2},
    (np.array([[5, 0], [0, 3], [3, 3], [3, 1]]), np.array([3, 3, 1, 4])),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    make_windows, {"ids": rng.integers(0, 30, size=47), "C": 8}, reference.make_windows,
    says="The windows of a random text are compared.",
)
check_values(
    make_windows, {"ids": rng.integers(0, 30, size=6), "C": 5}, reference.make_windows,
    says="The windows are tried on a text that is one character longer than a window.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "show_windows", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
start = corpus.text.index("the book her sister")
some_windows, some_targets = make_windows(corpus.ids[start : start + 20], 8)
for window, target in zip(some_windows[:6], some_targets[:6], strict=True):
    print(f"{corpus.decode(window)!r:12} -> {corpus.decode([target])!r}")

# %% [markdown]
# ### Why not count?
#
# In 01b the best model was a table of counts. So why not count what follows each *window*? That helps only with windows that were seen before. So ask, for each length $C$: of the windows in the held-out
# part, how many occur anywhere in the training part?
#
# **Predict.** Of 100 held-out windows of $C = 8$ characters, how many stand somewhere in the training part, which has 133,738 characters?
#
# - (a) about 5
# - (b) about 45
# - (c) about 85

# %% tags=["question"]
guess_known_windows = "b"  # "a", "b" or "c"
predict("known windows", guess_known_windows, "17f0fbbc")

# %% nbgrader={"grade": false, "grade_id": "seen_before", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
train_text, held_out_text = corpus.decode(corpus.train), corpus.decode(corpus.held_out)
lengths, seen, different = list(range(1, 13)), [], []
for length in lengths:
    known = {train_text[i : i + length] for i in range(len(train_text) - length + 1)}
    places = range(len(held_out_text) - length + 1)
    seen.append(100 * np.mean([held_out_text[i : i + length] in known for i in places]))
    different.append(len(known))
plot_bars(
    [str(length) for length in lengths], seen, highlight=[length == 8 for length in lengths],
    title="How many held-out windows of C characters occur in the training part? (C = 8 in red)", y_label="percent",
)
print(f"different windows in the training part: {different[0]} with C = 1, {different[3]:,} with C = 4, {different[7]:,} with C = 8")


# %% [markdown]
# At $C = 8$ more than half of the held-out windows are new; the others are the book's turns of phrase, such as `said the`, and the insides of its long words. And 133,731 windows of 83,172 kinds leave one or two counts for a row of the table, from which nobody can
# tell a probability. (This is **data sparsity**, and that it gets worse exponentially in $C$ is the **curse of dimensionality**.) A table has nothing to say about `e queen ` if it only ever counted `he king `. A model must notice that two windows are **alike**. A table cannot: its
# rows know nothing of each other.
#
# ## 2. Three layers
#
# The way out is to give each character a **vector** of $E = 16$ numbers, its **embedding**, and to learn the vectors together with everything else. Characters that play
# the same part in words get similar vectors, and what the network learns about one then holds for the other.

# %% nbgrader={"grade": false, "grade_id": "draw_network", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_network(window="ice was ", backward=False):
    """The three layers for one window; with `backward`, the way of the gradients in red."""
    from matplotlib.patches import Rectangle

    from autograder import BLUE, GREY, RED, canvas, show_figure

    figure, axes = canvas(11, 5)
    strips = np.random.default_rng(4).normal(size=(V, 5))

    def box(x, y, width, height, text, colour=BLUE):
        axes.add_patch(Rectangle((x, y), width, height, facecolor="none", edgecolor=colour, linewidth=1.6))
        axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=12, color=colour)

    def arrow(start, end, colour=BLUE, width=1.6):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 2, "shrinkB": 2, "linestyle": "--" if colour == RED else "-"})

    for c, character in enumerate(window):
        x = 1.1 * c
        box(x, 0, 0.9, 0.6, character.replace(" ", "␣"), GREY)
        arrow((x + 0.45, 0.6), (x + 0.45, 1.3))
        vector = strips[corpus.encode(character)[0]]
        axes.imshow(vector[None], extent=(x, x + 0.9, 1.3, 1.65), cmap="RdBu_r", vmin=-2, vmax=2, aspect="auto", zorder=2)
        axes.add_patch(Rectangle((x, 1.3), 0.9, 0.35, fill=False, edgecolor=BLUE, linewidth=1.6, zorder=3))
        arrow((x + 0.45, 1.65), (4.3 + (c - 3.5) * 0.6, 2.5), width=1)
    box(1.3, 2.5, 6.0, 0.6, "$h = \\mathrm{ReLU}(e\\,W_1 + b_1)$")
    arrow((4.3, 3.1), (4.3, 3.8))
    box(2.3, 3.8, 4.0, 0.6, "logits $= h\\,W_2 + b_2$")
    arrow((4.3, 4.4), (4.3, 5.0))
    axes.text(4.3, 5.2, "softmax: the next character?", ha="center", va="center", fontsize=12, color=GREY)
    if backward:
        for y, text in ((5.0, "dlogits"), (3.8, "dh"), (2.4, "de"), (1.3, "dE: scatter-add")):
            arrow((9.1, y), (9.1, y - 0.65), RED)
            axes.text(9.3, y - 0.33, text, ha="left", va="center", fontsize=12, color=RED)
    else:
        notes = ((0.3, "window  x  (B, C)"), (1.47, "vectors  e  (B, C·E)"), (2.8, "hidden  h  (B, H)"), (4.1, "logits  (B, V)"))
        for y, text in notes:
            axes.text(9.0, y, text, ha="left", va="center", fontsize=12, color=BLUE if y > 1 else GREY)
        axes.text(0.1, 0.93, "E", ha="center", va="center", fontsize=13, color=BLUE)
        axes.text(1.1, 2.1, "$W_1$", ha="center", va="center", fontsize=13, color=BLUE)
        axes.text(4.6, 3.43, "$W_2$", ha="center", va="center", fontsize=13, color=BLUE)
    axes.set(xlim=(-0.3, 11.2), ylim=(-0.2, 5.5))
    axes.set_aspect("auto")
    axes.axis("off")
    forward = (
        "From bottom to top: the eight characters of the window, x (B, C); from each an arrow up to its row of E, the vectors e (B, C·E); W1 leads all of "
        "them into one hidden layer, h = ReLU(e W1 + b1), (B, H); W2 leads to the logits (B, V), and softmax to the next character."
    )
    back = "The same layers, and beside them dashed red arrows from top to bottom: dlogits, dh, de, and dE, where the pieces are added row by row."
    show_figure(figure, alt=back if backward else forward)


draw_network()


# %% [markdown]
# One convention for all functions here: `params` is one dict for the whole model, a function **reads from it the entries it needs**, and its
# backward pass returns a dict `grads` with **exactly those entries**. The *cache* holds whatever you want to see again in the backward pass. Nobody else looks
# into it.
#
# | entry | shape | full model | what it does |
# |---|---|---|---|
# | `params["E"]` | $(V, E)$ | $46 \times 16$ | row $v$ is the vector of character $v$ |
# | `params["W1"]`, `params["b1"]` | $(C E, H)$, $(H,)$ | $128 \times 128$ | the hidden layer |
# | `params["W2"]`, `params["b2"]` | $(H, V)$, $(V,)$ | $128 \times 46$ | the output layer |
#
# ### Embedding, forward
#
# Look up the vector of each character in the window, and lay the $C$ vectors end to end in one row:
#
# $$e_b = \bigl[\,E[x_{b,1}]\;\; E[x_{b,2}]\;\cdots\; E[x_{b,C}]\,\bigr] \qquad x\ (B, C) \;\to\; E[x]\ (B, C, E) \;\to\; e\ (B, C E)$$
#
# ($E$ stands for two things, as in the code: the table, and how many numbers a vector has.) There is only **one** table. A `t` has the same vector wherever it stands in the window; *where* it stands shows in the place that the vector takes in the row.

# %% nbgrader={"grade": false, "grade_id": "embedding_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embedding_forward(x, params):
    """The vectors of the characters in each window, end to end.

    x: (B, C) ids. params: "E" (V, E).
    Returns e (B, C * E), first the E numbers of the first character, and a cache for `embedding_backward`.
    """
    ### BEGIN SOLUTION
    return params["E"][x].reshape(len(x), -1), (x, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_embedding_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"E": np.array([[0.0, 0.1], [1.0, 1.1], [2.0, 2.1], [3.0, 3.1]])}
check_values(
    embedding_forward, {"x": np.array([[1, 3, 1], [0, 0, 2]]), "params": params},
    np.array([[1.0, 1.1, 3.0, 3.1, 1.0, 1.1], [0.0, 0.1, 0.0, 0.1, 2.0, 2.1]]),
)
# float32 stays float32
check_values(
    embedding_forward, {"x": np.array([[2, 0], [3, 3], [1, 2]]), "params": {"E": params["E"].astype("float32")}},
    np.array([[2.0, 2.1, 0.0, 0.1], [3.0, 3.1, 3.0, 3.1], [1.0, 1.1, 2.0, 2.1]], "float32"),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
table = rng.normal(size=(7, 5))
x = rng.integers(2, 6, size=(4, 3))
check_values(
    embedding_forward, {"x": x, "params": {"E": table}}, reference.embedding_forward,
    says="The embedding is tried on random windows.",
)
check_values(
    embedding_forward, {"x": x, "params": {"E": table.astype("float32")}}, reference.embedding_forward,
    tolerance=1e-5, says="The embedding is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Embedding, backward
#
# The gradient `de` $(B, C E)$ comes in. Cut each row into its $C$ pieces again: `de.reshape(B, C, E)`. The piece at $(b, c)$ belongs to the vector that was
# read there, row $x_{b,c}$ of the table. You met this in 01b: **a lookup forward is a scatter-add backward**.
#
# $$dE[v] = \sum_{b,c\,:\,x_{b,c} = v} de_{b,c} \qquad (B, C, E) \to (V, E)$$
#
# In `hatter w` the `t` stands twice in one window, and other windows of the batch have a `t` as well. All these pieces must be **added**, and `+=` does not do that. The next cell
# springs the trap of 01b once more.

# %% nbgrader={"grade": false, "grade_id": "scatter_add", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
window = corpus.encode("hatter w")
assigned, summed = np.zeros(V), np.zeros(V)
assigned[window] += 1.0
np.add.at(summed, window, 1.0)
t = corpus.encode("t")[0]
print("assigned[window] += 1           counts", int(assigned[t]), "t")
print("np.add.at(summed, window, 1)    counts", int(summed[t]), "t")


# %% [markdown]
# `np.add.at(dE, x, pieces)` takes `x` $(B, C)$ and `pieces` $(B, C, E)$ as they are. There is a second way, which is about four times as fast on large batches: write the lookup as a
# product with a one-hot matrix $O$ $(B C, V)$ that has a 1 at the id of each character. Forward it is $O\,E$, so backward it is
#
# $$dE = O^\top\, de \qquad (V, BC)(BC, E) \to (V, E)$$
#
# where most of the multiplications are by zero, but a matrix product is what your machine does best. `np.eye(V)[ids]` gives one-hot rows (mind the `dtype`).
# Both are right. The ids are not differentiable, so there is no `dx`: return `grads` alone.

# %% nbgrader={"grade": false, "grade_id": "embedding_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embedding_backward(de, cache):
    """The gradient of the table of vectors.

    de: (B, C * E), the gradient of the loss with respect to e. cache: from `embedding_forward`.
    Returns grads: "E" (V, E).
    """
    ### BEGIN SOLUTION
    x, params = cache
    V, E = params["E"].shape
    one_hot = np.eye(V, dtype=de.dtype)[x.ravel()]  # (B C, V)
    return {"E": one_hot.T @ de.reshape(-1, E)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_embedding_backward", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(0)
params = {"E": rng.normal(size=(7, 5))}
check_gradients(embedding_forward, embedding_backward, {"x": np.array([[6, 0, 3], [4, 1, 2]]), "params": params})
check_gradients(embedding_forward, embedding_backward, {"x": np.array([[2, 0, 2], [2, 4, 1]]), "params": params})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"E": rng.normal(size=(8, 5))}
check_gradients(
    embedding_forward, embedding_backward, {"x": rng.permutation(8)[:6].reshape(2, 3), "params": params},
    reference=reference.embedding_forward,
    says="The gradient of the embedding is compared with central differences; all characters differ.",
)
check_gradients(
    embedding_forward, embedding_backward,
    {"x": rng.permutation(8)[np.array([[2, 0, 2], [1, 0, 0], [0, 0, 5], [2, 2, 1]])], "params": params},
    reference=reference.embedding_forward,
    says="The gradient of the embedding is compared with central differences; characters repeat inside windows and between them.",
)
check_gradients(
    embedding_forward, embedding_backward,
    {"x": rng.permutation(8)[np.array([[2, 0, 4], [1, 0, 3], [5, 0, 4], [6, 7, 4]])], "params": params},
    reference=reference.embedding_forward,
    says="The gradient of the embedding is compared with central differences; characters repeat between windows only.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The hidden layer
#
# Each of the $H = 128$ hidden neurons (**hidden units**) looks at the whole row $e$, weighs it up, and keeps quiet if the result is negative:
#
# $$z = e\,W_1 + b_1 \qquad h = \operatorname{ReLU}(z) = \max(0, z) \qquad (B, CE)(CE, H) \to (B, H)$$
#
# The first half is a **fully connected layer** (or *dense*, or *linear*), the second half its activation function, the **rectified linear unit**. Why the $\max$? Without it, $(e W_1 + b_1) W_2 + b_2$ would be one single linear layer in two pieces. With it, a neuron can be a *detector*: silent for most
# windows, loud for, say, "two letters after a space, of which the last is a vowel".

# %% nbgrader={"grade": false, "grade_id": "hidden_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hidden_forward(e, params):
    """A linear layer and a ReLU.

    e: (B, D), where D is C * E. params: "W1" (D, H), "b1" (H,).
    Returns h (B, H) and a cache for `hidden_backward`.
    """
    ### BEGIN SOLUTION
    h = np.maximum(e @ params["W1"] + params["b1"], 0)
    return h, (e, h, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_hidden_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"W1": np.array([[1.0, -1.0, 0.5], [2.0, 0.0, -1.0]]), "b1": np.array([0.5, 0.0, -0.5])}
check_values(
    hidden_forward, {"e": np.array([[1.0, 1.0], [-2.0, 0.5], [3.0, -1.0], [0.0, 0.0]]), "params": params},
    np.array([[3.5, 0.0, 0.0], [0.0, 2.0, 0.0], [1.5, 0.0, 2.0], [0.5, 0.0, 0.0]]),
)
# float32 stays float32
single = {"W1": params["W1"].astype("float32"), "b1": params["b1"].astype("float32")}
check_values(
    hidden_forward, {"e": np.array([[1.0, 1.0], [3.0, -1.0]], "float32"), "params": single},
    np.array([[3.5, 0.0, 0.0], [1.5, 0.0, 2.0]], "float32"),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W1": rng.normal(size=(7, 5)), "b1": rng.normal(size=5)}
e = rng.normal(size=(4, 7))
check_values(
    hidden_forward, {"e": e, "params": params}, reference.hidden_forward,
    says="The hidden layer is tried with random vectors and weights.",
)
single = {"W1": params["W1"].astype("float32"), "b1": params["b1"].astype("float32")}
check_values(
    hidden_forward, {"e": e.astype("float32"), "params": single}, reference.hidden_forward,
    tolerance=1e-4, says="The hidden layer is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The hidden layer, backward
#
# `dh` $(B, H)$ comes in. First through the ReLU. Where $z$ was positive, $h = z$ and the slope is 1. Where it was negative, $h$ is 0 whatever happens to
# $z$, and the slope is 0:
#
# $$dz = dh \odot [\,z > 0\,] \qquad (B, H)$$
#
# A silent neuron passes nothing back: for this window it had no influence, so it gets no blame. One that is silent for *every* window learns nothing any more: a **dead ReLU**. (At exactly
# $z = 0$ there is a kink and no slope; take 0, one of the possible **subgradients**.) Note that
# $z > 0$ and $h > 0$ are the same question.
#
# Then through the linear layer, which you know:
#
# $$
# \begin{aligned}
# de &= dz\, W_1^\top & (B,H)(H,CE) &\to (B,CE)\\
# dW_1 &= e^\top dz & (CE,B)(B,H) &\to (CE,H)\\
# db_1 &= \textstyle\sum_b dz_b & (B,H) &\to (H,)
# \end{aligned}
# $$
#
# If you are ever in doubt where a transpose goes: in the small checks, where all sizes differ, there is only one way to multiply these matrices that gives the right shape. And no $1/B$ here: the mean is taken in the loss,
# and `dh` has it inside already.

# %% nbgrader={"grade": false, "grade_id": "draw_gate", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_gate():
    """The ReLU as a curve, and what it does to eight neurons on the way forward and back."""
    from matplotlib.patches import Rectangle

    from autograder import BLUE, GREY, RED, canvas, show_figure

    rows = {
        "z": (0.9, -0.4, 1.2, -2, 0.3, -1.1, -0.2, 0.7), "h = max(0, z)": (0.9, 0, 1.2, 0, 0.3, 0, 0, 0.7),
        "dh (comes in)": (0.5, 0.8, -0.3, 0.6, -0.9, -0.4, 0.2, 0.1), "dz = dh · [z > 0]": (0.5, 0, -0.3, 0, -0.9, 0, 0, 0.1),
    }
    figure, (curve, table) = canvas(11, 3.2, columns=2, width_ratios=(1, 2.4))
    curve.plot([-2, 0, 2], [0, 0, 2], color=BLUE, linewidth=2.4)
    curve.text(-1.95, 0.2, "slope 0:\nsilent", color=GREY, fontsize=11)
    curve.text(0.15, 1.55, "slope 1:\npasses", color=BLUE, fontsize=11)
    curve.set(xlabel="z", ylabel="h", title="the kink")
    curve.spines[["top", "right"]].set_visible(False)
    for row, (name, values) in enumerate(rows.items()):
        table.text(-0.3, -row, name, ha="right", va="center", color=RED if row > 1 else BLUE, fontsize=12)
        for j, value in enumerate(values):
            is_open = rows["z"][j] > 0
            colour = GREY if not is_open else RED if row > 1 else BLUE
            table.add_patch(Rectangle((j, -row - 0.38), 0.92, 0.76, fill=False, edgecolor=colour, linewidth=1.6, linestyle="-" if is_open else ":"))
            table.text(j + 0.46, -row, f"{value:g}", ha="center", va="center", color=colour, fontsize=12)
    table.set(xlim=(-2.9, 8.1), ylim=(-3.6, 0.6), title="one window, eight neurons; dotted: silent")
    table.axis("off")
    show_figure(
        figure,
        "Left: the ReLU, flat at 0 for negative z, with slope 1 for positive z. Right: eight neurons. Where z is negative, h is 0 on the way forward and dz is 0 on "
        "the way back, whatever dh comes in; where it is positive, h is z and dz is dh.",
    )


draw_gate()


# %% nbgrader={"grade": false, "grade_id": "hidden_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hidden_backward(dh, cache):
    """The gradients of the hidden layer.

    dh: (B, H). cache: from `hidden_forward`.
    Returns de (B, D) and grads: "W1" (D, H), "b1" (H,).
    """
    ### BEGIN SOLUTION
    e, h, params = cache
    dz = dh * (h > 0)
    return dz @ params["W1"].T, {"W1": e.T @ dz, "b1": dz.sum(axis=0)}
    ### END SOLUTION


# %% [markdown]
# A gradient check compares your gradient with measured slopes, and at a kink there is no slope to measure. So this check chooses $z$ first, well
# away from zero, and then weights $W_1$ that lead to it.

# %% nbgrader={"grade": true, "grade_id": "test_hidden_backward", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(1)
e, b1 = rng.normal(size=(3, 7)), rng.normal(size=5)
z = np.array([[0.9, -0.4, 1.2, -2.0, 0.3], [-1.1, 0.5, 0.7, -0.6, -0.2], [0.4, 1.5, -0.8, -1.3, 0.6]])
params = {"W1": np.linalg.pinv(e) @ (z - b1), "b1": b1}
check_gradients(hidden_forward, hidden_backward, {"e": e, "params": params})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
e, b1 = rng.normal(size=(4, 8)), rng.normal(size=6)
z = rng.choice([-1.0, 1.0], size=(4, 6)) * rng.uniform(0.2, 2.0, size=(4, 6))
params = {"W1": np.linalg.pinv(e) @ (z - b1), "b1": b1}
check_gradients(
    hidden_forward, hidden_backward, {"e": e, "params": params},
    reference=reference.hidden_forward,
    says="The gradients of the hidden layer are compared with central differences; about half of the neurons are silent.",
)
params = {"W1": np.linalg.pinv(e) @ (np.abs(z) - b1), "b1": b1}
check_gradients(
    hidden_forward, hidden_backward, {"e": e, "params": params},
    reference=reference.hidden_forward,
    says="The gradients of the hidden layer are compared with central differences; no neuron is silent.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The output layer
#
# One more linear layer turns the $H$ hidden numbers into $V$ scores. No ReLU here: a score may be negative.
#
# $$\text{logits} = h\,W_2 + b_2 \qquad (B, H)(H, V) \to (B, V)$$

# %% nbgrader={"grade": false, "grade_id": "output_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def output_forward(h, params):
    """Scores for the next character.

    h: (B, H). params: "W2" (H, V), "b2" (V,).
    Returns logits (B, V) and a cache for `output_backward`.
    """
    ### BEGIN SOLUTION
    return h @ params["W2"] + params["b2"], (h, params)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_output_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"W2": np.array([[1.0, 0.0, -1.0, 2.0], [0.5, 1.0, 0.0, -2.0]]), "b2": np.array([0.0, 0.1, 0.2, 0.3])}
check_values(
    output_forward, {"h": np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 0.0]]), "params": params},
    np.array([[2.0, 2.1, -0.8, -1.7], [0.5, 1.1, 0.2, -1.7], [3.0, 0.1, -2.8, 6.3]]),
)
# float32 stays float32
single = {"W2": params["W2"].astype("float32"), "b2": params["b2"].astype("float32")}
check_values(
    output_forward, {"h": np.array([[0.0, 1.0], [3.0, 0.0]], "float32"), "params": single},
    np.array([[0.5, 1.1, 0.2, -1.7], [3.0, 0.1, -2.8, 6.3]], "float32"), tolerance=1e-5,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W2": rng.normal(size=(5, 7)), "b2": rng.normal(size=7)}
check_values(
    output_forward, {"h": rng.normal(size=(3, 5)), "params": params}, reference.output_forward,
    says="The output layer is tried with random weights.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward it is the hidden layer without the mask. Write the three formulas down yourself this time; the shapes lead you:
#
# $$d\text{logits}\ (B, V) \;\to\; dh\ (B, H), \quad dW_2\ (H, V), \quad db_2\ (V,)$$

# %% nbgrader={"grade": false, "grade_id": "output_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def output_backward(dlogits, cache):
    """The gradients of the output layer.

    dlogits: (B, V). cache: from `output_forward`.
    Returns dh (B, H) and grads: "W2" (H, V), "b2" (V,).
    """
    ### BEGIN SOLUTION
    h, params = cache
    return dlogits @ params["W2"].T, {"W2": h.T @ dlogits, "b2": dlogits.sum(axis=0)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_output_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(2)
params = {"W2": rng.normal(size=(5, 7)), "b2": rng.normal(size=7)}
check_gradients(output_forward, output_backward, {"h": rng.normal(size=(3, 5)), "params": params})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W2": rng.normal(size=(6, 8)), "b2": rng.normal(size=8)}
check_gradients(
    output_forward, output_backward, {"h": rng.normal(size=(4, 6)), "params": params},
    reference=reference.output_forward,
    says="The gradients of the output layer are compared with central differences.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. The whole model
#
# ### Cross-entropy, from 01b
#
# You wrote the loss in 01b, so here it is given: minus the log of the probability of the character that really came, averaged over the batch.
#
# $$p_b = \operatorname{softmax}(\text{logits}_b)\;(V,) \qquad L = -\frac{1}{B} \sum_b \ln p_b[\text{target}_b]\;() \qquad d\text{logits}_b = \frac{d\text{loss}}{B}\bigl(p_b - \text{onehot}(\text{target}_b)\bigr)\;(V,)$$

# %% nbgrader={"grade": false, "grade_id": "cross_entropy", "locked": true, "schema_version": 3, "solution": false, "task": false}
def cross_entropy_forward(logits, targets):
    """The mean cross-entropy in nats per character. logits: (B, V). targets: (B,) ids."""
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return -log_p[np.arange(len(targets)), targets].mean(), (log_p, targets)


def cross_entropy_backward(dloss, cache):
    """The gradient of the mean cross-entropy: dlogits (B, V)."""
    log_p, targets = cache
    dlogits = np.exp(log_p)
    dlogits[np.arange(len(targets)), targets] -= 1
    return dlogits * (dloss / len(targets))


# %% [markdown]
# ### Forward: plug the layers together
#
# $$x \;\xrightarrow{\text{embedding}}\; e \;\xrightarrow{\text{hidden}}\; h \;\xrightarrow{\text{output}}\; \text{logits} \;\xrightarrow{\text{cross-entropy}}\; L$$
#
# Each arrow leaves a cache. Keep all four: together they are the cache of the model.

# %% nbgrader={"grade": false, "grade_id": "model_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def model_forward(x, targets, params):
    """The mean loss of a batch of windows.

    x: (B, C) ids. targets: (B,) ids. params: "E", "W1", "b1", "W2", "b2".
    Returns loss (a number) and a cache for `model_backward`.
    """
    ### BEGIN SOLUTION
    e, embedding_cache = embedding_forward(x, params)
    h, hidden_cache = hidden_forward(e, params)
    logits, output_cache = output_forward(h, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, (embedding_cache, hidden_cache, output_cache, loss_cache)
    ### END SOLUTION


# %% [markdown]
# The first check has $W_2 = 0$: then all characters are equally likely, whatever is in the window. The second can be followed by hand. It has one number for each
# character, one hidden neuron, and a window of two.

# %% nbgrader={"grade": true, "grade_id": "test_model_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import check_values

rng = np.random.default_rng(3)
params = {"E": rng.normal(size=(7, 2)), "W1": rng.normal(size=(6, 5)), "b1": rng.normal(size=5), "W2": np.zeros((5, 7)), "b2": np.zeros(7)}
check_values(
    model_forward, {"x": np.array([[1, 0, 4], [2, 2, 6], [5, 3, 1], [0, 0, 0]]), "targets": np.array([1, 6, 2, 0]), "params": params},
    math.log(7), given=["embedding_forward", "hidden_forward", "output_forward"],
)
# e = (1, 3), then z = 2 * 1 - 3 + 1.5 = 0.5 and the logits are (0.5, 0, -0.5); for the window (1, 0), e = (3, 1), z = 6.5
params = {
    "E": np.array([[1.0], [3.0], [9.0]]), "W1": np.array([[2.0], [-1.0]]), "b1": np.array([1.5]),
    "W2": np.array([[1.0, 0.0, -1.0]]), "b2": np.zeros(3),
}
check_values(
    model_forward, {"x": np.array([[0, 1], [1, 0]]), "targets": np.array([2, 0]), "params": params},
    (math.log(math.exp(1) + math.exp(0.5) + 1) + math.log(1 + math.exp(-6.5) + math.exp(-13))) / 2,
    given=["embedding_forward", "hidden_forward", "output_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "E": rng.normal(size=(7, 5)), "W1": rng.normal(size=(15, 6)), "b1": rng.normal(size=6),
    "W2": rng.normal(size=(6, 7)), "b2": rng.normal(size=7),
}
check_values(
    model_forward, {"x": rng.integers(0, 7, size=(4, 3)), "targets": rng.integers(0, 7, size=4), "params": params},
    reference.model_forward, given=["embedding_forward", "hidden_forward", "output_forward"],
    says="The loss of a batch is tried with random weights.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Backward: the same layers in reverse
#
# This is all of backpropagation: one vector-Jacobian product after the other (01a). Each layer gets the gradient of its output and hands back the gradient of its input, which is the next one's output:

# %% nbgrader={"grade": false, "grade_id": "draw_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
draw_network(backward=True)


# %% [markdown]
# $$\text{dloss} \;\to\; \text{dlogits}\ (B, V) \;\to\; dh\ (B, H) \;\to\; de\ (B, CE) \;\to\; dE\ (V, E)$$
#
# On the way, each layer leaves the gradients of its own parameters. Collect all five in one dict: `{**some, **others}` joins dicts.

# %% nbgrader={"grade": false, "grade_id": "model_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def model_backward(dloss, cache):
    """The gradients of the mean loss of a batch.

    dloss: a number. cache: from `model_forward`.
    Returns grads with the keys "E", "W1", "b1", "W2", "b2".
    """
    ### BEGIN SOLUTION
    embedding_cache, hidden_cache, output_cache, loss_cache = cache
    dlogits = cross_entropy_backward(dloss, loss_cache)
    dh, output_grads = output_backward(dlogits, output_cache)
    de, hidden_grads = hidden_backward(dh, hidden_cache)
    return {**embedding_backward(de, embedding_cache), **hidden_grads, **output_grads}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_model_backward", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(4)
x = np.array([[2, 0, 2], [1, 2, 2], [0, 0, 5], [2, 2, 1]])
table, b1 = rng.normal(size=(7, 5)), rng.normal(size=6)
z = rng.choice([-1.0, 1.0], size=(4, 6)) * rng.uniform(0.2, 2.0, size=(4, 6))
params = {
    "E": table, "W1": np.linalg.pinv(table[x].reshape(4, 15)) @ (z - b1), "b1": b1,
    "W2": rng.normal(size=(6, 7)), "b2": rng.normal(size=7),
}
check_gradients(
    model_forward, model_backward, {"x": x, "targets": np.array([3, 1, 1, 6]), "params": params},
    given=["embedding_forward", "embedding_backward", "hidden_forward", "hidden_backward", "output_forward", "output_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
x = rng.permutation(8)[np.array([[2, 0, 2], [1, 2, 2], [0, 0, 5], [2, 2, 1]])]
table, b1 = rng.normal(size=(8, 5)), rng.normal(size=6)
z = rng.choice([-1.0, 1.0], size=(4, 6)) * rng.uniform(0.2, 2.0, size=(4, 6))
params = {
    "E": table, "W1": np.linalg.pinv(table[x].reshape(4, 15)) @ (z - b1), "b1": b1,
    "W2": rng.normal(size=(6, 8)), "b2": rng.normal(size=8),
}
check_gradients(
    model_forward, model_backward, {"x": x, "targets": rng.integers(0, 8, size=4), "params": params},
    reference=reference.model_forward, projections=4,
    given=["embedding_forward", "embedding_backward", "hidden_forward", "hidden_backward", "output_forward", "output_backward"],
    says="The gradients of the whole model are compared with central differences along random directions.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Training
#
# ### Momentum
#
# The gradient of a small batch is noisy: it points downhill only on average. **Momentum** (the *heavy-ball method*) lets the steps have a memory. Imagine a heavy ball instead of a
# walker: each gradient gives it a push, and the velocity $v$ dies away slowly. Pushes that agree from batch to batch add up, the noise mostly
# cancels.
#
# For each array, element by element (all have the parameter's shape), with momentum $\mu$, learning rate $\eta$ and weight decay $\lambda$:
#
# $$
# \begin{aligned}
# v &\leftarrow \mu\, v + g\\
# \theta &\leftarrow \theta - \eta\,(v + \lambda\, \theta)
# \end{aligned}
# $$
#
# - If the gradient stays the same, the velocity grows to $g\,(1 + \mu + \mu^2 + \cdots) = g / (1 - \mu)$: with $\mu = 0.9$ you move ten times as fast as plain gradient descent
#   with the same $\eta$.
# - **Weight decay** pulls every parameter a tiny bit towards zero in each update, with a $\lambda$ of a few thousandths. A weight survives only if the data keep pushing it. What a single
#   page of the book once said fades away; what all pages say stays. It costs one product, and you will measure what it brings. (It acts on $\theta$ itself and does not go through the velocity: **decoupled weight decay**. Added to the gradient
#   it would be the slope of a penalty on the squares of all weights, **L2 regularisation**.)
#
# Use the *new* $v$ and the *old* $\theta$ on the right of the second line.

# %% [markdown]
# A valley that is steep across and gentle along, the same noise in both runs, and the lowest point at the star. The run with momentum has a fifth of the learning rate. Without momentum nearly all of each step goes across the valley and back. A larger learning rate would
# not help: it would throw the walker out. In the velocity the pushes across cancel from step to step, and the pushes along the valley add up.

# %% nbgrader={"grade": false, "grade_id": "draw_ravine", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_ravine(rate=0.09, steps=30):
    """The way down a narrow valley with noisy gradients, without momentum and with it."""
    from autograder import BLUE, GREEN, GREY, RED, canvas, show_figure

    slope, noise = np.array([0.4, 18.0]), np.random.default_rng(3).normal(scale=(0.3, 2.0), size=(steps, 2))
    x, y = np.meshgrid(np.linspace(-10.8, 2.2, 200), np.linspace(-1.5, 1.5, 120))
    figure, rows = canvas(10, 5, rows=2, sharex=True)
    for axes, momentum, step, colour in ((rows[0], 0.0, rate, BLUE), (rows[1], 0.9, rate / 5, RED)):
        axes.contour(x, y, slope[0] * x**2 / 2 + slope[1] * y**2 / 2, levels=[0.2, 1, 3, 6, 10, 15, 20], colors=GREY, linewidths=0.8)
        path = [np.array([-10.0, 1.0])] * 2
        for pushed in noise:  # a step is the gradient and a part of the step before
            path.append(path[-1] + momentum * (path[-1] - path[-2]) - step * (slope * path[-1] + pushed))
        axes.plot(*np.array(path[1:]).T, "o-", color=colour, markersize=4, linewidth=1.6)
        axes.plot(0, 0, "*", color=GREEN, markersize=14)
        axes.set(title=f"momentum {momentum:g}, learning rate {step:g}: {steps} updates", xticks=[], yticks=[])
    show_figure(
        figure,
        "Two maps of a long narrow valley with a star at its lowest point, and the same start at the left end. Above, without momentum: a zigzag across the "
        "valley that after 30 updates is two thirds of the way. Below, with momentum: a smooth wave that arrives near the star.",
    )


draw_ravine()


# %% nbgrader={"grade": false, "grade_id": "momentum_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def momentum_step(params, grads, velocity, learning_rate, momentum, weight_decay=0.0):
    """One update.

    params, grads, velocity: dicts with the same keys and shapes. learning_rate, momentum, weight_decay: numbers.
    Returns the new params and the new velocity. Nothing that came in is changed.
    """
    ### BEGIN SOLUTION
    velocity = {name: momentum * velocity[name] + g for name, g in grads.items()}
    params = {name: p - learning_rate * (velocity[name] + weight_decay * p) for name, p in params.items()}
    return params, velocity
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_momentum_step", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"W": np.array([[1.0, -1.0, 0.5]]), "b": np.array([2.0])}
grads = {"W": np.array([[3.0, 0.0, -2.0]]), "b": np.array([1.0])}
velocity = {"W": np.array([[0.0, 10.0, 2.0]]), "b": np.array([-4.0])}
check_values(
    momentum_step, {"params": params, "grads": grads, "velocity": velocity, "learning_rate": 0.1, "momentum": 0.5},
    ({"W": np.array([[0.7, -1.5, 0.6]]), "b": np.array([2.1])}, {"W": np.array([[3.0, 5.0, -1.0]]), "b": np.array([-1.0])}),
)
# with weight decay 0.2 each new parameter is 0.1 * 0.2 times its old value smaller
check_values(
    momentum_step,
    {"params": params, "grads": grads, "velocity": velocity, "learning_rate": 0.1, "momentum": 0.5, "weight_decay": 0.2},
    ({"W": np.array([[0.68, -1.48, 0.59]]), "b": np.array([2.06])}, {"W": np.array([[3.0, 5.0, -1.0]]), "b": np.array([-1.0])}),
)
# float32 stays float32, whatever the keys are
check_values(
    momentum_step,
    {
        "params": {"slope": np.array([1.0, -1.0], "float32")}, "grads": {"slope": np.array([3.0, 0.0], "float32")},
        "velocity": {"slope": np.array([0.0, 10.0], "float32")}, "learning_rate": 0.1, "momentum": 0.5, "weight_decay": 0.2,
    },
    ({"slope": np.array([0.68, -1.48], "float32")}, {"slope": np.array([3.0, 5.0], "float32")}), tolerance=1e-5,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W1": rng.normal(size=(5, 4)), "b1": rng.normal(size=4), "E": rng.normal(size=(7, 3))}
grads = {"W1": rng.normal(size=(5, 4)), "b1": rng.normal(size=4), "E": rng.normal(size=(7, 3))}
velocity = {"W1": rng.normal(size=(5, 4)), "b1": rng.normal(size=4), "E": rng.normal(size=(7, 3))}
check_values(
    momentum_step,
    {"params": params, "grads": grads, "velocity": velocity, "learning_rate": 0.3, "momentum": 0.8, "weight_decay": 0.05},
    reference.momentum_step, says="An update is tried in the middle of training, with weight decay.",
)
check_values(
    momentum_step, {"params": params, "grads": grads, "velocity": velocity, "learning_rate": 0.3, "momentum": 0.95},
    reference.momentum_step, says="An update is tried in the middle of training, without weight decay.",
)
check_values(
    momentum_step,
    {
        "params": {"W2": params["W1"].astype("float32")}, "grads": {"W2": grads["W1"].astype("float32")},
        "velocity": {"W2": velocity["W1"].astype("float32")}, "learning_rate": 0.3, "momentum": 0.8, "weight_decay": 0.05,
    },
    reference.momentum_step, tolerance=1e-4, says="An update is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Where to start, and how to measure
#
# If all weights were zero, all hidden neurons would do the same for ever. So they start at random; this is called **symmetry breaking**. A ReLU throws away half of what comes in, so the matrix
# before it, $W_1$ with its $n = CE$ rows, starts with standard deviation $\sqrt{2/n}$ to keep the signal as long as it was (**He initialisation**). No ReLU follows $W_2$, which has $n = H$ rows, so $\sqrt{1/n}$ is enough there. The embeddings start small: at first all
# characters lie close together, and training pulls them apart.
#
# `mean_loss` measures a text of any length: the mean over *all* its windows. (Its first $C$ characters are never targets.) `batch_gradients` is one forward and one backward pass.

# %% nbgrader={"grade": false, "grade_id": "init_params", "locked": true, "schema_version": 3, "solution": false, "task": false}
def init_params(V, C, E, H, rng, dtype=np.float32):
    """Random first parameters: V characters, windows of C, E numbers per character, H hidden neurons."""
    params = {
        "E": rng.normal(scale=0.1, size=(V, E)),
        "W1": rng.normal(scale=math.sqrt(2 / (C * E)), size=(C * E, H)),
        "b1": np.zeros(H),
        "W2": rng.normal(scale=math.sqrt(1 / H), size=(H, V)),
        "b2": np.zeros(V),
    }
    return {name: p.astype(dtype) for name, p in params.items()}


def window_length(params):
    """C, which the shapes of W1 (C * E, H) and E (V, E) tell."""
    return params["W1"].shape[0] // params["E"].shape[1]


def mean_loss(ids, params, chunk=2048):
    """The mean loss over all windows of a text, ids (n,), in nats per character."""
    windows, targets = make_windows(ids, window_length(params))
    total = 0.0
    for start in range(0, len(targets), chunk):
        here = slice(start, start + chunk)
        total += float(model_forward(windows[here], targets[here], params)[0]) * len(targets[here])
    return total / len(targets)


def batch_gradients(x, targets, params):
    """The mean loss of a batch, and its gradients."""
    loss, cache = model_forward(x, targets, params)
    return float(loss), model_backward(1.0, cache)


# %% [markdown]
# ### The training loop
#
# There are 133,730 windows. A **mini-batch** of $B$ windows, drawn at random, gives a gradient that is right on average and a hundred times cheaper. The
# frame of `train` is given; you write what happens in one update:
#
# 1. Draw $B$ row numbers with `rng.integers(N, size=B)`, where $N$ is the number of windows: one call per update, so that the check can follow you. Take these rows of `windows` and
#    the *same* rows of `targets`.
# 2. Forward and backward: `loss, grads = gradients(x, y, params=params)`, for a batch `x` $(B, C)$ and `y` $(B,)$. By default that is `batch_gradients` from above, your own model.
# 3. One `momentum_step`. The learning rate falls in a straight line, the linear decay of 01b: $\eta \cdot (1 - \text{step} / \text{steps})$.
#
# After your lines, the loop expects the batch's `loss`, and `params` and `velocity` after the update.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(
    ids, params, steps, B, learning_rate, momentum, weight_decay, rng, watch=None, gradients=batch_gradients,
):
    """Mini-batch gradient descent with momentum over all windows of a text.

    ids: (n,) ids. params: the first parameters. B: windows in a batch, rows `rng.integers(N, size=B)`.
    watch: is called as watch(step, params) after each update; it may return losses to show.
    gradients: called as gradients(x, y, params=params) with windows x and targets y; returns the mean loss and grads.
    Returns the trained params and losses (steps,), the loss of each update's batch before that update.
    """
    windows, targets = make_windows(ids, window_length(params))
    N = len(targets)
    velocity = {name: np.zeros_like(p) for name, p in params.items()}
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        ### BEGIN SOLUTION
        rows = rng.integers(N, size=B)
        loss, grads = gradients(windows[rows], targets[rows], params=params)
        rate = learning_rate * (1 - step / steps)
        params, velocity = momentum_step(params, grads, velocity, rate, momentum, weight_decay)
        ### END SOLUTION
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


# %% [markdown]
# The first check trains a network whose parameters are all zero, on a text of three characters, `0 2 1`: one window (0, 2) with the target 1. Nothing but `b2` can learn
# then, and two updates are easily done on paper. (The gradient of `b2` is $p - \text{onehot}(1)$; the second update has half the learning rate and still some velocity from the first.)

# %% nbgrader={"grade": true, "grade_id": "test_train", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

zeros = {"E": np.zeros((3, 2)), "W1": np.zeros((4, 5)), "b1": np.zeros(5), "W2": np.zeros((5, 3)), "b2": np.zeros(3)}
check_values(
    train,
    {
        "ids": np.array([0, 2, 1]), "params": zeros, "steps": 2, "B": 4, "learning_rate": 0.6, "momentum": 0.5,
        "weight_decay": 0.0, "rng": np.random.default_rng(0),
    },
    ({**zeros, "b2": np.array([-0.3284905, 0.65698099, -0.3284905])}, np.array([1.09861229, 0.74080493])),
    given=["make_windows", "model_forward", "model_backward", "momentum_step"],
)
# Sixty updates in float32 with gradients that are 0.5 everywhere, and a loss that tells which windows were drawn.
text = np.array([0, 2, 1, 1, 0, 2, 0, 1, 2])
start = {
    "E": np.array([[0.5], [-1.0], [0.25]], "float32"), "W1": np.array([[1.0], [-0.5]], "float32"), "b1": np.zeros(1, "float32"),
    "W2": np.array([[2.0, -1.0, 0.0]], "float32"), "b2": np.array([0.5, 0.0, -0.5], "float32"),
}
rng = np.random.default_rng(3)
rows = np.array([rng.integers(7, size=3) for _ in range(60)])
check_values(
    train,
    {
        "ids": text, "params": start, "steps": 60, "B": 3, "learning_rate": 0.05, "momentum": 0.5, "weight_decay": 0.1,
        "rng": np.random.default_rng(3), "watch": None,
        "gradients": lambda x, targets, params: (
            x[:, 0].mean() + 2 * targets.mean(), {name: np.full_like(p, 0.5) for name, p in params.items()}
        ),
    },
    (
        {
            "E": np.array([[-0.944834], [-2.232341], [-1.159418]], "float32"), "W1": np.array([[-0.515665], [-1.803172]], "float32"), "b1": np.array([-1.374003], "float32"),
            "W2": np.array([[0.342674, -2.232341, -1.374003]], "float32"), "b2": np.array([-0.944834, -1.374003, -1.803172], "float32"),
        },
        text[rows].mean(axis=1) + 2 * text[rows + 2].mean(axis=1),
    ),
    tolerance=1e-5, given=["make_windows", "momentum_step"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "E": rng.normal(size=(7, 5)), "W1": rng.normal(size=(15, 6)), "b1": rng.normal(size=6),
    "W2": rng.normal(size=(6, 7)), "b2": rng.normal(size=7),
}
check_values(
    train,
    {
        "ids": rng.integers(0, 7, size=40), "params": params, "steps": 3, "B": 4, "learning_rate": 0.1, "momentum": 0.7,
        "weight_decay": 0.1, "rng": rng,
    },
    reference.train, given=["make_windows", "model_forward", "model_backward", "momentum_step"], tolerance=1e-5,
    says="The first updates of training are compared on a random text, with momentum and weight decay.",
)
check_values(
    train,
    {
        "ids": np.full(20, 3), "params": params, "steps": 4, "B": 5, "learning_rate": 0.2, "momentum": 0.9,
        "weight_decay": 0.0, "rng": rng,
    },
    reference.train, given=["make_windows", "model_forward", "model_backward", "momentum_step"], tolerance=1e-5,
    says="Training is compared on a text of one repeated character, where all batches are alike.",
)
### END HIDDEN TESTS

# %% [markdown]
# The next check looks at what comes out. It starts from all zeros: the network can only learn how *frequent* each character is, and must come close to the best loss that is
# possible with that knowledge, 3.006 on this text. (The hidden check trains from random weights, on a text that you have never seen, and asks for much more.)

# %% nbgrader={"grade": true, "grade_id": "test_training_target", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_training, load_corpus

ids = load_corpus().train
zeros = {"E": np.zeros((46, 2)), "W1": np.zeros((6, 4)), "b1": np.zeros(4), "W2": np.zeros((4, 46)), "b2": np.zeros(46)}
check_training(
    train,
    {
        "ids": ids, "params": zeros, "steps": 300, "B": 200, "learning_rate": 1.0, "momentum": 0.9,
        "weight_decay": 0.0, "rng": np.random.default_rng(5),
    },
    lambda params: np.log(np.exp(params["b2"]).sum()) - params["b2"][ids].mean(),
    at_most=3.02, like=zeros, given=["make_windows", "model_forward", "model_backward", "momentum_step"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, looking_glass, reference

text = looking_glass()
params = reference.init_params(46, 5, 8, 48, hidden_rng())
check_training(
    train,
    {
        "ids": text.train, "params": params, "steps": 1500, "B": 128, "learning_rate": 0.4, "momentum": 0.9,
        "weight_decay": 0.0005, "rng": hidden_rng(),
    },
    lambda params: reference.mean_loss(text.held_out, params),
    at_most=2.15, like=params,
    few={"ids": np.full(20, 3), "params": params, "steps": 3, "B": 5, "learning_rate": 0.2, "momentum": 0.9, "weight_decay": 0.0, "rng": hidden_rng()},
    given=["make_windows", "model_forward", "model_backward", "momentum_step"],
    says="A small network is trained for 1500 updates on a text you have not seen, and its loss on the held-out part is measured.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Train it, then let it write
#
# Now the real thing: $C = 8$, $E = 16$, $H = 128$, batches of 1024 windows, float32. It takes less than a minute on two free cores.
#
# `in_threads` gives each core one half of the batch. Both run *your* functions on their own windows, and since the loss is a mean, the mean of the two gradients is the gradient of the whole
# batch. NumPy lets other threads run while it computes, so the halves really run at the same time. The result is the same up to rounding. This is **data parallelism**. (While it works, `in_threads` also holds NumPy
# to one thread for each part, so that the parts do not get in each other's way on a busy machine.)
#
# `TrainingLog` measures the held-out part now and then, and remembers the parameters that did best there. (Remembering is free: your `momentum_step` makes new arrays each time, so the old ones stay
# as they were.) You may interrupt the training with ■; what was learned so far is kept.

# %% nbgrader={"grade": false, "grade_id": "train_full", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
C, E, H, B = 8, 16, 128, 1024
STEPS, EVERY = training_steps(30_000, 40), training_steps(1000, 20)
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, SEED = 0.6, 0.9, 0.002, 2

start_params = init_params(V, C, E, H, np.random.default_rng(SEED))
log = TrainingLog("02", mean_loss, corpus, start_params, every=EVERY)
final_params, losses = train(
    corpus.train, start_params, STEPS, B, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, np.random.default_rng(SEED),
    watch=log, gradients=in_threads(batch_gradients),
)
log.finish(final_params, losses, characters=B)

# %% nbgrader={"grade": false, "grade_id": "curves", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
log.plot(title="Learning Alice through a window of 8", lines={"chance": CHANCE, "bigram optimum": BIGRAM})

# %% [markdown]
# ### Read the curves honestly
#
# Both curves fall through the bigram line at once, as the second picture shows: eight characters tell much more than one. Then they **part**. In our run the training loss went on falling, to 1.204, a perplexity of 3.3. The held-out loss
# stood at 1.67 after the first 1,000 updates and crept to 1.524, a perplexity of 4.6, in the other 29,000. (It is measured after 1, 2, 4, 8, ... updates and later every 1,000, and the plot joins these points by straight lines. What it does between two of them, you do not see.) Both fall a little faster again towards the end, when the learning rate gets small, so the last parameters were the best.
#
# The gap, the **generalisation gap**, is what the network knows about *these pages* and about no others: it **overfits**. It has 23,000 parameters, and in this run it sees each of the 133,730 windows 230 times
# (230 **epochs**). **Low training loss is memorising.** It shows that your code and your optimiser work. For how well the network writes, only the held-out curve counts, so that is where
# the parameters for sampling are chosen. To end training where the held-out loss is lowest is called **early stopping**; ours goes on to the end and only remembers the best.
#
# ### What does weight decay bring?
#
# Here are three shorter runs that differ only in $\lambda$: 0, 0.002 and 0.02.
#
# **Predict.** With which $\lambda$ is the loss lowest?
#
# - (a) with 0, on both parts of the text
# - (b) with 0 on the training part, with 0.002 on the held-out part
# - (c) with 0.002, on both parts
# - (d) with 0 on the training part, with 0.02 on the held-out part

# %% tags=["question"]
guess_weight_decay = "b"  # "a", "b", "c" or "d"
predict("weight decay", guess_weight_decay, "1c8f9fd5")


# %% nbgrader={"grade": false, "grade_id": "compare_decay", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def short_run(decay, steps, every):
    """A shorter training with this weight decay: the held-out losses, and the final parameters."""
    points = []

    def look(step, params):
        """Measure the held-out loss now and then."""
        if (step + 1) % every == 0:
            points.append((step + 1, mean_loss(held_out, params)))

    trained, _ = train(
        corpus.train, start_params, steps, B, LEARNING_RATE, MOMENTUM, decay, np.random.default_rng(SEED),
        watch=look, gradients=in_threads(batch_gradients),
    )
    return points, trained


# all of both parts; a little of them where nobody waits for the figures
train_part, held_out = corpus.train[: training_steps(200_000, 3000)], corpus.held_out[: training_steps(200_000, 3000)]
held_out_curves, train_losses = {}, {}
for decay in (0.0, 0.002, 0.02):
    points, trained = short_run(decay, training_steps(6000, 20), training_steps(300, 10))
    held_out_curves[f"weight decay {decay:g}"] = tuple(np.array(points).T)
    train_losses[decay] = mean_loss(train_part, trained)
plot_curves(held_out_curves, title="Held-out loss with three strengths of weight decay", x_label="update")
for decay, loss in train_losses.items():
    print(f"weight decay {decay:g}: training part {loss:.3f}, held-out part {held_out_curves[f'weight decay {decay:g}'][1][-1]:.3f}")

# %% [markdown]
# Without it, the training loss is lower (1.219 in our run, against 1.254 with $\lambda = 0.002$) and the held-out loss is **higher** (1.569 against 1.531): the network spends its weights on details of
# single pages. With too much of it, it may no longer say what it knows: $\lambda = 0.02$ ended at 1.62 and 1.71.
# In between it trades a little memory for a better grasp of the language. That is what is called **regularisation**, and $\lambda$ is one more hyperparameter that is chosen on the held-out part.
#
# ### Which learning rate?
#
# $\lambda$ was found by trying, and so was $\eta$. Here are eight runs of a thousand updates each. They begin at the same parameters and see the same small batches, and their learning rates go from 0.01 to 10.
#
# **Predict.** Which of these four ends with the lowest held-out loss?
#
# - (a) 0.01
# - (b) 0.1
# - (c) 1
# - (d) 10

# %% tags=["question"]
guess_best_rate = "c"  # "a", "b", "c" or "d"
predict("best rate", guess_best_rate, "cc5388f1")

# %% nbgrader={"grade": false, "grade_id": "search_rates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
from autograder import BLUE, RED, canvas, show_figure

rates, watched = [0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 4.0, 10.0], make_windows(held_out, C)[0]
reached, silent = [], []
for rate in rates:
    with np.errstate(all="ignore"):  # no warnings
        trained, _ = train(
            corpus.train, start_params, training_steps(1000, 5), 256, rate, MOMENTUM, WEIGHT_DECAY, np.random.default_rng(SEED),
        )
        h, _ = hidden_forward(embedding_forward(watched, trained)[0], trained)
        reached.append(mean_loss(held_out, trained))
    silent.append(int(H - (h > 0).any(axis=0).sum()))
told = [f"{rate:g}: " + (f"{loss:.2f}" if math.isfinite(loss) else "no number") for rate, loss in zip(rates, reached, strict=True)]
figure, (left, right) = canvas(11, 3.4, columns=2)
left.semilogx(rates, reached, "o-", color=BLUE)
left.set(xlabel="learning rate", ylabel="loss (nats per character)", title="Held-out loss after 1,000 updates")
right.bar([f"{rate:g}" for rate in rates], silent, color=RED)
right.set(xlabel="learning rate", title=f"Neurons (of {H}) silent in all held-out windows")
show_figure(figure, f"Held-out loss by learning rate: {', '.join(told)}. Silent neurons in the same order: {', '.join(map(str, silent))}.")
print("  ".join(told))


# %% [markdown]
# A loss that is no number is not drawn, and neurons without numbers count as silent. In our run 0.01 ended at 2.68, above the bigram optimum, 0.1 at 1.95, 0.3 at 1.74, and 1 was best with 1.66. The next step is a cliff: at 2 all 128 neurons went silent and the loss was
# 3.02, and from 4 on the numbers left the range of float32. (From another start the run with 2 went well, and one with 3 lost every seventh neuron: close to the edge it is luck.) That is the usual picture: too small is only slow, too large
# breaks, and the best place is not far from the edge. Long runs are safer somewhat further from it: the real one has 0.6.
#
# **Explain** in a few sentences. Why does 0.01 end so high, although its steps go downhill? What has happened to the silent neurons at the large rates, why do they not come back when the rate falls towards 0, and
# what can a network still learn when all of them are silent?

# %% why_rate [markdown] tags=["written"]
# The gradient tells a direction, and the learning rate how far to go. At 0.01 each update changes the parameters so little that after a thousand of them the run has hardly begun: it would need many times as many. At the large rates a
# step goes far beyond the valley. One such step can move a neuron's weights and bias so far that $z$ is negative for every window. Its slope is then 0 everywhere, its weights get no gradient, and a smaller learning rate times 0
# is still 0: it stays silent for good. When all neurons are silent, $h$ is 0 and the logits are $b_2$, whatever is in the window. The network can still learn how frequent each character is, and the best
# loss with that knowledge is about 3.0, which is where such runs end. At still larger rates each step makes the next gradient larger, until the numbers overflow.

# %% [markdown]
# ### From scores to probabilities: temperature and top-k
#
# To write, turn the scores of one window into probabilities and draw. Two screws to turn, the first of which you know from 01b:
#
# $$p = \operatorname{softmax}(\text{logits} / \tau) \qquad (V,)$$
#
# - The **temperature** $\tau$ sharpens ($\tau < 1$) or flattens ($\tau > 1$) the distribution. A small $\tau$ makes large scores: subtract the maximum before the exponential here, too.
# - **Top-k sampling** keeps the $k$ most likely characters, gives all others probability exactly 0, and divides by the new sum so that the rest adds up to 1 again. It cuts off the long tail: forty
#   unlikely characters with half a percent each are together a typing error in every fifth character.

# %% nbgrader={"grade": false, "grade_id": "next_probabilities", "locked": false, "schema_version": 3, "solution": true, "task": false}
def next_probabilities(logits, temperature, top_k=None):
    """The probabilities of the next character.

    logits: (V,), float32 or float64. temperature: a number above 0.
    top_k: how many characters may be drawn, those with the largest logits, of equal ones at the border any or all; None, V or more: all.
    Returns p (V,), the dtype of logits, with sum 1.
    """
    ### BEGIN SOLUTION
    z = logits / temperature
    p = np.exp(z - z.max())
    if top_k is not None:
        p[np.argsort(logits)[:-top_k]] = 0
    return p / p.sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_next_probabilities", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import check_values

# e^0 : e^(ln 2) : e^(ln 5) is 1 : 2 : 5; at temperature 0.5 the shares are squared, 1 : 4 : 25
logits = np.array([math.log(2), 0.0, math.log(5)])
check_values(next_probabilities, {"logits": logits, "temperature": 1.0, "top_k": None}, np.array([2 / 8, 1 / 8, 5 / 8]))
check_values(next_probabilities, {"logits": logits, "temperature": 0.5, "top_k": 2}, np.array([4 / 29, 0.0, 25 / 29]))
# huge logits: 1 : 3 and nothing; and float32, which stays float32
high = np.array([3000.0, 3000.0 + math.log(3), -3000.0])
check_values(next_probabilities, {"logits": high, "temperature": 1.0, "top_k": None}, np.array([1 / 4, 3 / 4, 0.0]))
check_values(
    next_probabilities, {"logits": logits.astype("float32"), "temperature": 1.0, "top_k": 1}, np.array([0.0, 0.0, 1.0], "float32"),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
logits = rng.permutation(np.linspace(-3.0, 3.0, 9)) + rng.uniform(-0.2, 0.2, size=9)
check_values(
    next_probabilities, {"logits": logits, "temperature": 1.7, "top_k": 4}, reference.next_probabilities,
    says="The probabilities are tried on random logits with top-k.",
)
check_values(
    next_probabilities, {"logits": logits, "temperature": 0.6, "top_k": 9}, reference.next_probabilities,
    says="The probabilities are tried with top-k as large as the alphabet.",
)
check_values(
    next_probabilities, {"logits": logits.astype("float32"), "temperature": 1e-3, "top_k": None}, reference.next_probabilities,
    tolerance=1e-4, says="The probabilities are tried in float32 at a very low temperature.",
)
check_values(
    next_probabilities, {"logits": logits.astype("float32"), "temperature": 0.9, "top_k": 1}, reference.next_probabilities,
    tolerance=1e-4, says="The probabilities are tried in float32 with a single character left.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Draw one, then write
#
# `rng.choice(len(p), p=p)` draws an id with probabilities `p`.

# %% nbgrader={"grade": false, "grade_id": "draw_next", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_next(logits, temperature, rng, top_k=None):
    """Draw the next character with the probabilities of `next_probabilities`.

    logits: (V,). temperature: a number above 0. rng: np.random.Generator. top_k: a number or None.
    Returns one id as an int.
    """
    ### BEGIN SOLUTION
    p = next_probabilities(logits, temperature, top_k)
    return int(rng.choice(len(p), p=p))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_draw_next", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_sampling, check_values

check_sampling(draw_next, np.array([1.0, -0.5, 2.0, 0.0, 1.5]), temperature=0.7, draws=600, given=["next_probabilities"])
check_values(
    draw_next, {"logits": np.array([1.0, 2.5, 0.5, 0.0, 3.0, 2.0]), "temperature": 50.0, "rng": np.random.default_rng(1), "top_k": 1},
    4, given=["next_probabilities"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, hidden_seed

rng = hidden_rng()
check_sampling(
    draw_next, rng.permutation(np.linspace(-2.0, 2.0, 7)).astype("float32"), temperature=1.7, draws=600, seed=hidden_seed(),
    given=["next_probabilities"], says="Drawing is tried on float32 logits at a high temperature.",
)
logits = rng.permutation(np.linspace(-1.0, 1.0, 60))
check_values(
    draw_next, {"logits": logits, "temperature": 50.0, "rng": rng, "top_k": 1}, int(np.argmax(logits)),
    given=["next_probabilities"], says="Drawing is tried at a very high temperature with a single character left.",
)
### END HIDDEN TESTS

# %% [markdown]
# To write, the network looks at the last $C$ characters, draws the next one, **appends its own character**, and looks again: the window moves over what it has written itself. $B$ is 1 here.
# `next_logits` is given: your three layers without the loss.

# %% nbgrader={"grade": false, "grade_id": "next_logits", "locked": true, "schema_version": 3, "solution": false, "task": false}
def next_logits(x, params):
    """The scores of the next character: x (B, C) ids, logits (B, V)."""
    e, _ = embedding_forward(x, params)
    h, _ = hidden_forward(e, params)
    return output_forward(h, params)[0]


# %% nbgrader={"grade": false, "grade_id": "generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generate(prompt, length, params, temperature, top_k, rng):
    """Let the model continue a text.

    prompt: (P,) ids with P >= C = window_length(params). length: how many characters to write. top_k: a number or None.
    rng: np.random.Generator. Each new character is drawn with `draw_next` from the C characters before it.
    Returns the new ids (length,), without the prompt.
    """
    ### BEGIN SOLUTION
    C, written = window_length(params), list(prompt)
    for _ in range(length):
        logits = next_logits(np.array([written[-C:]]), params)
        written.append(draw_next(logits[0], temperature, rng, top_k))
    return np.array(written[len(prompt) :], dtype=np.int64)
    ### END SOLUTION


# %% [markdown]
# The first check has a network that answers with the *first* character of its window of three, so that a prompt of three repeats for ever. At a temperature of almost zero, or with
# top-k 1, the same text must come out for everybody.

# %% nbgrader={"grade": true, "grade_id": "test_generate", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_text, check_values

params = {
    "E": np.eye(4), "W1": np.eye(12)[:, :4], "b1": np.zeros(4), "W2": 3 * np.eye(4), "b2": np.zeros(4),
}
check_values(
    generate,
    {"prompt": np.array([0, 0, 3, 1, 2]), "length": 7, "params": params, "temperature": 1e-6, "top_k": None, "rng": np.random.default_rng(0)},
    np.array([3, 1, 2, 3, 1, 2, 3]), given=["embedding_forward", "hidden_forward", "output_forward", "draw_next"],
)
# A window of two: the scores of the next character are a row of `far` for its first and a row of `near` for its last character.
far, near = np.array([[2.0, 0.0, 0.0], [0.0, 1.5, 0.0], [0.5, 0.0, 1.0]]), np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.5]])
params = {"E": np.eye(3), "W1": np.eye(6), "b1": np.zeros(6), "W2": np.concatenate([far, near]), "b2": np.zeros(3)}
check_text(
    generate,
    {"prompt": np.array([0, 1, 2]), "length": 5, "params": params, "temperature": 0.4, "top_k": None, "rng": np.random.default_rng(1)},
    lambda ids: (
        np.exp((far[[1, 2, *ids][-2]] + near[[1, 2, *ids][-1]]) / 0.4)
        / np.exp((far[[1, 2, *ids][-2]] + near[[1, 2, *ids][-1]]) / 0.4).sum()
    ),
    length=5, draws=300, given=["embedding_forward", "hidden_forward", "output_forward", "draw_next"],
)
check_values(
    generate,
    {"prompt": np.array([0, 1, 2]), "length": 6, "params": params, "temperature": 50.0, "top_k": 1, "rng": np.random.default_rng(2)},
    np.array([1, 0, 1, 0, 1, 0]), given=["embedding_forward", "hidden_forward", "output_forward", "draw_next"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "E": rng.normal(size=(17, 5)), "W1": rng.normal(size=(20, 12)), "b1": rng.normal(scale=0.3, size=12),
    "W2": rng.normal(scale=2, size=(12, 17)), "b2": rng.normal(scale=0.3, size=17),
}
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=9), "length": 30, "params": params, "temperature": 1e-6, "top_k": None, "rng": rng},
    reference.generate, given=["embedding_forward", "hidden_forward", "output_forward", "draw_next"],
    says="A random network continues a random prompt at a temperature of almost zero.",
)
check_values(
    generate,
    {"prompt": rng.integers(0, 17, size=4), "length": 30, "params": params, "temperature": 3.0, "top_k": 1, "rng": rng},
    reference.generate, given=["embedding_forward", "hidden_forward", "output_forward", "draw_next"],
    says="A random network continues a prompt of exactly one window with top-k 1.",
)
few = {
    "E": rng.normal(size=(5, 3)), "W1": rng.normal(size=(6, 8)), "b1": rng.normal(scale=0.3, size=8),
    "W2": rng.normal(size=(8, 5)), "b2": rng.normal(scale=0.3, size=5),
}
few["W2"] *= 6 / np.std(reference.next_logits(np.indices((5, 5)).reshape(2, -1).T, few))
check_text(
    generate, {"prompt": np.array([4, 0, 3]), "length": 4, "params": few, "temperature": 3.0, "top_k": 4, "rng": rng},
    lambda ids: reference.next_probabilities(reference.next_logits(np.array([[0, 3, *ids][-2:]]), few)[0], 3.0, 4),
    length=4, given=["embedding_forward", "hidden_forward", "output_forward", "draw_next"],
    says="What `generate` writes at a high temperature is held against the probabilities of the network.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "record", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
prompt = "alice was beginning to "
written = generate(corpus.encode(prompt), training_steps(400, 60), log.best_params, 0.7, None, np.random.default_rng(7))
log.record(prompt + corpus.decode(written))

# %% nbgrader={"grade": false, "grade_id": "samples", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
for temperature, top_k in ((0.3, None), (1.0, None), (1.0, 5), (1.6, None), (1.6, 5)):
    written = generate(
        corpus.encode(prompt), training_steps(240, 40), log.best_params, temperature, top_k, np.random.default_rng(10),
    )
    show_sample(prompt + corpus.decode(written), f"temperature {temperature}, top-k {top_k or 'off'}")


# %% [markdown]
# At 0.3 it plays safe and turns in circles: in our run the Mock Turtle came up three times in 240 characters. At 0.7 (the sample above) nine words in ten are from the book, and there is no meaning. At 1.6 the spelling falls apart. Top-k mends
# that in part: of the words, about every second one was invented without it and every third one with it, for likely characters in a row do not make a word yet.
#
# Whatever you set, look at how it loses the thread: a quotation opens and is never closed, a sentence changes its subject in the middle. Carroll's full lines have about 60 characters, and the longest 71; those of our sample
# had anything from 8 to 189, for who sees eight characters cannot know how long the line is already.

# %% [markdown]
# ## 6. Looking inside
#
# ### A map of the alphabet
#
# Nobody told the network what a vowel is. Each character has 16 numbers, found by gradient descent. To look at them, project the 16 dimensions onto the two in which the characters differ most
# (**principal component analysis**, PCA): take off the mean row, compute the singular value decomposition $X = U S V^\top$, $(n, 16) = (n, 16)(16, 16)(16, 16)$, and draw the first two columns of $U S$. Characters
# that occur fewer than 100 times are left out.

# %% nbgrader={"grade": false, "grade_id": "embedding_map", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def draw_map(table, title):
    """The characters in the plane of the two main directions of their vectors (V, E)."""
    from autograder import BLUE, GREY, RED, canvas, show_figure

    frequent = np.flatnonzero(np.bincount(corpus.train, minlength=V) >= 100)
    rows = table[frequent].astype(float)
    U, S, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    places, share = U[:, :2] * S[:2], (S**2 / (S**2).sum())[:2]
    figure, axes = canvas(9, 6.5)
    kinds = {"vowels": RED, "consonants": BLUE, "everything else": GREY}
    names = {" ": "␣", "\n": "⏎"}
    for (x, y), i in zip(places, frequent, strict=True):
        character = corpus.alphabet[i]
        kind = "vowels" if character in "aeiou" else "consonants" if character.isalpha() else "everything else"
        axes.text(x, y, names.get(character, character), color=kinds[kind], fontsize=18 if character.isalpha() else 24, ha="center", va="center", fontweight="bold")
    for kind, colour in kinds.items():
        axes.plot([], [], "o", color=colour, label=kind)
    axes.set(
        xlim=(places[:, 0].min() * 1.15, places[:, 0].max() * 1.15), ylim=(places[:, 1].min() * 1.15, places[:, 1].max() * 1.15),
        title=title, xlabel=f"first direction ({share[0]:.0%} of the differences)", ylabel=f"second direction ({share[1]:.0%})",
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    across = " ".join(names.get(corpus.alphabet[i], corpus.alphabet[i]) for i in frequent[np.argsort(places[:, 0])])
    about = f"{title}. Along the first direction they stand in this order: {across}. The next cell gives neighbours in numbers."
    show_figure(figure, alt=about)


draw_map(log.best_params["E"], "The learned vectors of the characters, seen from two of 16 sides")


# %% nbgrader={"grade": false, "grade_id": "neighbours", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def neighbours(character, table, n=4):
    """The n characters whose vectors point most nearly in the same direction, with the cosines."""
    frequent = np.bincount(corpus.train, minlength=V) >= 100
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    own = corpus.encode(character)[0]
    cosines = np.where(frequent, unit @ unit[own], -1)
    return [(corpus.alphabet[i], float(cosines[i])) for i in np.argsort(-cosines) if i != own][:n]


for character in "aetbmgy.,'\n":
    near = neighbours(character, log.best_params["E"])
    print(f"{character!r:5} is nearest to   " + "   ".join(f"{other!r} {cosine:.2f}" for other, cosine in near))


# %% [markdown]
# The first direction separates letters from everything else: marks and spaces end a word, whichever they are. (Only the apostrophe stands between the camps, as it does in `don't`.) Space and line break point almost the same way,
# with a **cosine similarity** of 0.87, since Carroll's lines might have ended elsewhere, and `.`, `?` and `!` are neighbours. What the network learns about one of them it now knows about the others too. A table of counts could not do that.
#
# Among the letters do not read too much into the map. In our run `a`, `e`, `i` and `o` lie near each other in it and `u` does not, but the two directions hold only a fifth of the differences, and the cosines between vowels are small. That is
# sensible: `he ca` and `he co` go on quite differently, so the network must also keep letters apart.
#
# ### Which place in the window matters?
#
# Spoil one place at a time (**permutation importance**): in all held-out windows, replace the character at this place by one from another window, and measure how much the loss rises.

# %% nbgrader={"grade": false, "grade_id": "places", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def loss_without(place, windows, targets, params, rng):
    """The mean loss when the characters at one place of the windows are shuffled among them."""
    spoiled = windows.copy()
    spoiled[:, place] = rng.permutation(spoiled[:, place])
    return float(model_forward(spoiled, targets, params)[0])


held_out_windows, held_out_targets = make_windows(held_out, C)
base = float(model_forward(held_out_windows, held_out_targets, log.best_params)[0])
rng = np.random.default_rng(11)
rises = [loss_without(place, held_out_windows, held_out_targets, log.best_params, rng) - base for place in range(C)]
plot_bars(
    [f"{C - place} back" for place in range(C)], rises, title="How much worse, if one place of the window is spoiled?",
    y_label="rise of the loss (nats)",
)
print("  ".join(f"{C - place} back: {rise:.2f}" for place, rise in enumerate(rises)))

# %% [markdown]
# The last character counts most by far, each place further back counts less. Yet even the one eight back still helps a little.
#
# ### How long should the window be?
#
# The same model with windows of other lengths, in short runs. For $C = 1$ you know how it must end: close to the bigram optimum.
#
# **Predict.** A window of twelve characters holds all that one of eight holds, and more. How is its held-out loss after such a run?
#
# - (a) higher, by more than two hundredths
# - (b) the same, to within two hundredths
# - (c) lower, by more than two hundredths

# %% tags=["question"]
guess_longer_window = "a"  # "a", "b" or "c"
predict("longer window", guess_longer_window, "2be5d6b0")

# %% nbgrader={"grade": false, "grade_id": "window_lengths", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
window_lengths, after = [1, 2, 3, 4, 6, 8, 12], {"train": [], "held out": []}
for length in window_lengths:
    trained, _ = train(
        corpus.train, init_params(V, length, E, H, np.random.default_rng(SEED)), training_steps(4000, 10), 512,
        0.5, MOMENTUM, WEIGHT_DECAY, np.random.default_rng(SEED), gradients=in_threads(batch_gradients),
    )
    after["train"].append(mean_loss(train_part, trained))
    after["held out"].append(mean_loss(held_out, trained))
plot_curves(
    {name: (window_lengths, values) for name, values in after.items()},
    title="How much does a longer window bring?", x_label="window length C", lines={"bigram optimum": BIGRAM},
)
for length, train_loss, held_out_loss in zip(window_lengths, after["train"], after["held out"], strict=True):
    print(f"C = {length:2}: training part {train_loss:.3f}, held-out part {held_out_loss:.3f}")

# %% [markdown]
# Most of what there is to gain comes from the last four characters: spelling is a local affair. After that the training loss goes on falling, but the held-out loss of these short runs is the same for six characters as for four
# (1.53), and then it **rises**, to 1.56 for eight and 1.60 for twelve. A longer window needs a larger $W_1$, and with this little text it mostly uses it to memorise. What is really missing, who speaks, whether a quotation is open, what this
# chapter is about, lies dozens or hundreds of characters back, and no window of reasonable size reaches it.
#
# ### Neurons that never speak
#
# A neuron that is silent for every window is dead (part 2). Kill some on purpose, by a bias of $-10$ before the first update, and train without weight decay: the full network, one in which 120 of the 128 neurons
# are dead, and a small one with only 8.
#
# **Predict.** Where does the network with the 120 dead neurons end?
#
# - (a) near the one with 8 neurons
# - (b) near the full one, since training pulls up biases that are too low
# - (c) far above both

# %% tags=["question"]
guess_dead_neurons = "a"  # "a", "b" or "c"
predict("dead neurons", guess_dead_neurons, "b90890c4")


# %% nbgrader={"grade": false, "grade_id": "dead_neurons", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def run_with(bias, hidden, alive):
    """A short training without weight decay; all but `alive` neurons start at this bias. First and trained parameters."""
    first = init_params(V, C, E, hidden, np.random.default_rng(SEED))
    first["b1"] = np.where(np.arange(hidden) < alive, 0, bias).astype(np.float32)
    trained, _ = train(corpus.train, first, training_steps(1500, 5), 256, LEARNING_RATE, MOMENTUM, 0.0, np.random.default_rng(SEED))
    return first, trained


runs = {"128 neurons": (H, H), "128, and 120 dead": (H, 8), "8 neurons": (8, 8)}
trained_runs = {name: run_with(-10.0, *sizes) for name, sizes in runs.items()}
plot_bars(
    list(runs), [mean_loss(held_out, trained) for _, trained in trained_runs.values()],
    title="Held-out loss of short runs", y_label="loss (nats per character)",
)
for name, (first, trained) in trained_runs.items():
    same = (first["W1"] == trained["W1"]).all(axis=0) & (first["b1"] == trained["b1"])
    print(f"{name}: {mean_loss(held_out, trained):.3f}, and {same.sum()} neurons that training left exactly as they were")


# %% [markdown]
# 120 neurons are exactly what they were at the start, to the last bit, and what is left is a network with 8 neurons: 2.07 in our run, as the small one, where the full one reached 1.64. No force pulls a dead neuron back, since the
# gradient with respect to its bias has the factor 0 as well. (Weight decay would move it: it makes the bias of $-10$ smaller, slowly, and with it the silence.) So one begins with biases of zero, weights of a size
# that leaves about half of the neurons open, and a learning rate that throws none of them out.
#
# ### What is the kink worth?
#
# Now take the ReLU away and leave all else: the same 23,000 parameters, two layers in a row, nothing between them. Your functions need no change for that, for $\operatorname{ReLU}(z) - \operatorname{ReLU}(-z) = z$: twice
# as many neurons, the second half with the opposite weights, have no kink at all. What do you expect of such a network: nearly as good, half-way to the bigram optimum of 2.393, or no better than that?

# %% nbgrader={"grade": false, "grade_id": "without_kink", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def straight(params):
    """The same network without its kinks, by twice as many neurons: ReLU(z) - ReLU(-z) is z."""
    W1, b1, W2 = params["W1"], params["b1"], params["W2"]
    return {**params, "W1": np.concatenate([W1, -W1], axis=1), "b1": np.concatenate([b1, -b1]), "W2": np.concatenate([W2, -W2])}


def straight_gradients(x, targets, params):
    """The mean loss of a batch without the kinks, and its gradients: a neuron's and its mirror image's are one."""
    loss, grads = batch_gradients(x, targets, straight(params))
    one, mirror = slice(None, H), slice(H, None)
    together = {"W1": grads["W1"][:, one] - grads["W1"][:, mirror], "b1": grads["b1"][one] - grads["b1"][mirror]}
    return loss, {**grads, **together, "W2": grads["W2"][one] - grads["W2"][mirror]}


kinked, linear = (
    train(
        corpus.train, start_params, training_steps(2000, 5), 512, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY,
        np.random.default_rng(SEED), gradients=in_threads(gradients),
    )[0]
    for gradients in (batch_gradients, straight_gradients)
)
linear = straight(linear)
for part, ids in {"training part": train_part, "held-out part": held_out}.items():
    print(f"{part}: with ReLU {mean_loss(ids, kinked):.3f}, without {mean_loss(ids, linear):.3f}")

# %% [markdown]
# In our run the network without the kink ended at 2.04 on the training part and 2.08 on the held-out part, the one with it at 1.37 and 1.58. So a sum over the window is better than any model that sees one character, but it
# gets less than half of what the window has to give. And it does not even memorise, with as many parameters: its two losses are nearly the same.
#
# **Explain.** What can a network without the kink say about a window, whatever its weights are, and what can it not? Give an example from English in which what a letter means for the next one depends on another letter.

# %% why_kink [markdown] tags=["written"]
# Two linear layers are one linear layer: the logits are $e\,(W_1 W_2)$ and a bias, and $e$ is the vectors of the eight characters in a row. So each place gives its own points to every next character, and all these points are added;
# how many points a character gives never depends on what stands elsewhere. That is enough to learn much, for instance that after an `h` a vowel is likely. It cannot say "only if". After `an`, a `d` is
# likely if a space stands in front (`and`), and much less so after `m` (`man`). In a sum, the space three places back would give its points to `d` after `of` and `is` as well. A neuron with a kink can be silent until
# its clues come together, and speak only then.

# %% [markdown]
# ### How good is it?
#
# Better than you may expect. Our run ended at a held-out loss of 1.524. The vanilla RNN of notebook 03, with four times as many parameters and no window, ended at 1.512 when we trained it: better, but hardly.
# (It is no race under equal rules: this network had weight decay, which brought four hundredths in the short runs above, and the RNN had none.) A window is a strong **baseline**: a few characters hold most of what can be
# known about the next one, and the window hands them over complete and in order. A recurrent network has to *learn* what to keep, and how. What it has is room for
# improvement: its memory has no edge, and notebooks 04 to 06 learn to use that.

# %% [markdown]
# ## Takeaways
#
# - **Embeddings**: give each symbol a vector and learn it. Similar symbols share what is learned, and that is why a network can say something about windows that it has never seen.
# - **Backpropagation is layers in reverse.** Each layer takes the gradient of its output and returns the gradients of its input and of its parameters. It need not know what comes before or after.
# - **A ReLU passes the gradient where it passed the signal**, and nowhere else.
# - **A lookup forward is a scatter-add backward**, with repeats inside the window and across the batch.
# - **Momentum** adds up what the batches agree on; a **falling learning rate** brings it to rest; **weight decay** makes the network forget what only one page said.
# - A low **training loss is memory of the book**. What you report, and what you sample from, is chosen on text that the network did not train on.

# %% [markdown]
# ## Words of the field
#
# | term | here | what it is |
# |---|---|---|
# | multilayer perceptron, feed-forward network | three layers | layers one after the other, with nothing that comes back |
# | context window | the window of $C$ characters | all that the model sees of the past |
# | data sparsity, curse of dimensionality | why not count? | nearly every long context is new, and the more so the longer it is |
# | embedding | a vector for each character | a row of a table that is learned with everything else |
# | fully connected layer, hidden units | $h$, the detectors | a matrix product, a bias, an activation function |
# | rectified linear unit, dead ReLU | $\max(0, z)$, a neuron that keeps quiet | lets through what is positive; a unit that never is, and so learns nothing |
# | subgradient | 0 at the kink | what takes the place of a slope where there is none |
# | symmetry breaking, He initialisation | start at random | different first weights, with standard deviation $\sqrt{2/n}$ before a ReLU |
# | momentum | a heavy ball | a running sum of gradients takes the gradient's place |
# | weight decay, L2 regularisation | a pull towards zero | every weight shrinks a little at each update; the same by way of the loss |
# | regularisation | a little memory for a better grasp | whatever lowers the held-out loss by making memorising harder |
# | data parallelism | each core one half of the batch | the same model on several parts of a batch at once, and the mean of their gradients |
# | generalisation gap, early stopping | the curves part, the best parameters are kept | held-out loss minus training loss; choosing the moment on held-out text |
# | top-k sampling | $k$ characters may be drawn | sampling from the $k$ most likely only |
# | principal component analysis, cosine similarity | a map of the alphabet, nearest vectors | looking at vectors: the directions in which they differ most; the angle between two |

# %% [markdown]
# ## Read on
#
# - David Rumelhart, Geoffrey Hinton and Ronald Williams (1986), [*Learning Representations by Back-propagating Errors*](https://doi.org/10.1038/323533a0): four pages that made
#   hidden layers learn.
# - Yoshua Bengio, Réjean Ducharme, Pascal Vincent and Christian Jauvin (2003), [*A Neural Probabilistic Language Model*](https://www.jmlr.org/papers/v3/bengio03a.html): this notebook's network, with words.
# - Xavier Glorot, Antoine Bordes and Yoshua Bengio (2011), [*Deep Sparse Rectifier Neural Networks*](https://proceedings.mlr.press/v15/glorot11a.html): why $\max(0, z)$ is enough.
# - Kaiming He and others (2015), [*Delving Deep into Rectifiers*](https://arxiv.org/abs/1502.01852): where $\sqrt{2/n}$ comes from.
# - Ilya Sutskever, James Martens, George Dahl and Geoffrey Hinton (2013), [*On the Importance of Initialization and Momentum in Deep Learning*](https://proceedings.mlr.press/v28/sutskever13.html): the heavy ball, measured.
# - Anders Krogh and John Hertz (1991), [*A Simple Weight Decay Can Improve Generalization*](https://papers.nips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html): the pull towards zero, explained for a linear network.
# - Michael Nielsen, *Neural Networks and Deep Learning*, [chapter 2](http://neuralnetworksanddeeplearning.com/chap2.html): backpropagation once more, derived in another notation.
# - CS231n, [*Learning and Evaluation*](https://cs231n.github.io/neural-networks-3/): gradient checks, momentum, and what to look for in curves.
# - Ian Goodfellow, Yoshua Bengio and Aaron Courville (2016), *Deep Learning*, [chapter 6](https://www.deeplearningbook.org/contents/mlp.html): feed-forward networks with all the theory that is left out here.

# %% [markdown]
# ## What comes next
#
# The window has an edge, and everything beyond it does not exist. Making it wider costs parameters for each new place, and $W_1$ has to learn everything anew at every place: that `q` calls for `u`
# does not depend on where in the window the `q` stands, but nothing in the network says so. (What a network assumes before it has seen any data is called its **inductive bias**.)
#
# What if the network used the *same* small layer for every character, and handed on a summary of all it has read?
#
# $$h_t = \tanh\bigl(W_x[x_t] + h_{t-1} W_h + b_h\bigr) \qquad (B, H)$$
#
# No window, no edge, and no more parameters for a longer text. That is the **recurrent network** of notebook 03. The price: the error must then travel back through time.
