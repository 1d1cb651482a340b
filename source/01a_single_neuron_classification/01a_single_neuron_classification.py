# %% [markdown]
# # 01a: is this character a vowel?
#
# You see at once that `e` is a vowel and `t` is not. Somebody told you the rule, long ago. In this notebook nobody tells
# the machine. It sees characters from *Alice's Adventures in Wonderland*, each with a label, vowel or not, and has to
# find the rule by itself, from its own mistakes.
#
# The machine is **one neuron**: 46 weights and one bias. You will write all of it in NumPy, the forward pass that
# answers, the backward pass that learns from the error, and the loop that repeats the two. Every network in this
# course, up to the Transformer in 06, is built from these same moves. This is the only notebook in which everything is
# small enough to check by hand, so do.
#
# The field calls this machine an **artificial neuron**; statisticians, who came to it on another way, call it
# **logistic regression**. In all seven notebooks the names under which others know a thing stand in bold where it first
# appears, and once more in a table at the end.
#
# - **You need**: no notebook before this one. Python and NumPy arrays: indexing, `@`, sums over an axis. Mathematics: derivatives and the chain rule,
#   $e^x$ and logarithms, the dot product.
# - **Working time**: two to three hours if all of that is familiar, five to eight if some of it is new (an estimate from the 11
#   exercises; half an hour of it is for the questions and the two written answers).
# - **Points**: 100, of which forward 30, backward 40, training 22, decisions 8.
# - **In a hurry**: sections 12 to 14 ask for no code, and no later notebook uses what you write in 10 and 11 (8 points). All the rest comes back.

# %% [markdown]
# ## The picture
#
# ```
#      x      w
#
# 'a'  0 ─► w_a ─┐
# 'b'  0 ─► w_b ─┤
#  :             │
# 'e'  1 ─► w_e ─┼► z = x·w + b
#  :             │       │
# 'z'  0 ─► w_z ─┘       ▼
#                 p = sigmoid(z)
#                        │
#                        ▼
#                       0.97
#            "97 % sure: vowel"
# ```
#
# Read it from left to right, then down. Each possible character has an input line, and the line of the character at hand carries
# a 1, all others a 0. Each line has a **weight**, one for each character. The neuron adds up input times weight, adds its **bias** $b$, and gets a
# **score** $z$, which may be any number. The sigmoid, its **activation function**, turns the score into a probability $p$, between 0 and 1.
#
# Learning means one thing only: changing the 46 weights and the bias, a little at a time, so that $p$ gets closer to
# the truth.

# %% [markdown]
# ## How to work here
#
# - Fill in the cells marked with `raise NotImplementedError`. The docstring says what goes in and what comes out.
# - Run the check below each. It prints a ✓, or says what is wrong. Grading runs those checks and a few more.
#   Work from top to bottom: later exercises call earlier ones, so mend the first ✗ first.
# - Shapes stand next to every formula: $B$ is the number of characters in a batch, $V = 46$ the size of the alphabet.
# - Never change an argument in place. Make new arrays.
# - Cells that only draw a picture are folded away in most editors. Run them like all others and go on.
# - **Predict.** stands before a cell that shows something. Put your guess in place of `None`, a letter or a number, run it, then
#   look. Nothing later needs the guess, and a wrong one that is then understood is worth more than a right one. Twice you are
#   asked to explain in a few sentences what you saw. Neither gives points, unless your course says so.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import load_corpus, plot_bars, plot_curves, predict, progress, show_sample, training_steps

VOWELS = "aeiou"
EPSILON = 1e-7  # the smallest probability that the loss takes seriously

# %% [markdown]
# ## The text and its labels
#
# The whole book in lower case is one long array of ids, one integer per character. The first 90 % are for training; the
# last 10 % are **held out**: the neuron is judged on them and never learns from them. Such a part is called a
# **validation set** if choices are made with it, as later in this course, and a **test set** if it is looked at only once, at the end.
#
# A label is `True` for a vowel. We call `y` a consonant, and so are the space, the comma and the line break: here,
# everything but `a e i o u` is "not a vowel".

# %% [markdown]
# **Predict.** A program looks at nothing and says "not a vowel" every time. How often is it right on this text?
#
# - (a) about three times in ten
# - (b) about half of the time
# - (c) about seven times in ten
# - (d) more than nine times in ten

# %% tags=["question"]
guess_always_no = "c"  # a letter
predict("always no", guess_always_no, "f0867767")

# %% nbgrader={"grade": false, "grade_id": "look_at_the_text", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
corpus = load_corpus()
alphabet, V = corpus.alphabet, corpus.vocabulary_size
is_vowel = np.isin(np.arange(V), corpus.encode(VOWELS))  # (V,) bool, by id
counts = np.bincount(corpus.train, minlength=V)  # (V,)

print(f"V = {V} characters, {len(corpus.train):,} to train on, {len(corpus.held_out):,} held out")
print(f"vowels: {is_vowel[corpus.train].mean():.1%} of the training text, {is_vowel[corpus.held_out].mean():.1%} of the rest")
start = corpus.text.index("`oh dear!")
show_sample(corpus.text[start : start + 300], "the text")
plot_bars(
    list(alphabet), counts / counts.sum(), highlight=is_vowel,
    title="How often each character occurs (vowels in red)", y_label="share of the training text",
)


# %% [markdown]
# Two things to keep in mind for later. The classes are not balanced (**class imbalance**): who always says "not a vowel"
# is right 72 % of the time, an **accuracy** of 0.72 without having learned anything; so ask of every accuracy what doing nothing would give. And the characters are far from equally frequent: one in five is a space, while `3` occurs once in the whole
# book.

# %% [markdown]
# ## 1. Characters as vectors: one-hot
#
# The ids are names, not amounts. `e` has id 24 and `z` has id 45, but `z` is not "almost twice an `e`". So the neuron
# gets no id. It gets a vector of length $V$ with a single 1, the **one-hot encoding** of the character:
#
# $$x_{i,c} = \begin{cases}1 & c = \text{id}_i\\ 0 & \text{otherwise}\end{cases} \qquad \text{ids } (B,) \;\to\; x\;(B, V)$$
#
# A small wonder follows: $x \cdot w$ is a sum over 46 products, 45 of which are zero. What is left is $w_c$.
# Multiplying by a one-hot vector **looks up** a weight. Each character owns one weight, and nobody else touches it.
#
# Return `float32`. The numbers 0 and 1 are exact in every precision, and together with weights in `float32` or
# `float64` the result has the dtype of the weights.

# %% nbgrader={"grade": false, "grade_id": "one_hot", "locked": false, "schema_version": 3, "solution": true, "task": false}
def one_hot(ids, vocabulary_size):
    """One row per id, with a 1 in the column of that id and 0 elsewhere.

    ids: (B,) integers from 0 to vocabulary_size - 1; the same id may occur several times.
    vocabulary_size: V, an integer.
    Returns x, a (B, V) array of dtype float32.
    """
    ### BEGIN SOLUTION
    x = np.zeros((len(ids), vocabulary_size), dtype=np.float32)
    x[np.arange(len(ids)), ids] = 1
    return x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_one_hot", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_values

check_values(
    one_hot,
    {"ids": np.array([2, 0, 2]), "vocabulary_size": 4},
    np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]], dtype=np.float32),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    one_hot,
    {"ids": rng.integers(5, size=17), "vocabulary_size": 7},
    reference.one_hot,
    says="`one_hot` is tried on random ids, some of them several times, some not at all.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. From score to probability: the sigmoid
#
# The score $z$ may be any number. A probability may not. The sigmoid, or **logistic function**, squeezes the whole number line into $(0, 1)$:
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^{z}}{1 + e^{z}} \qquad z\;(B,) \;\to\; p\;(B,)$$
#
# - $z = 0$ means "no idea": $\sigma(0) = 0.5$.
# - Each step up in $z$ multiplies the odds $p/(1-p)$ by $e \approx 2.7$. The score **is** the logarithm of the odds,
#   which is called the **logit**.
# - It is symmetric: $\sigma(-z) = 1 - \sigma(z)$.
#
# **Large scores.** Both fractions above are the same number, and both go wrong in a computer. For $z = 1000$ the right
# one is $\infty/\infty$, which is `nan`. For $z = -1000$ the left one still gives 0, but on the way $e^{1000}$
# overflows: a warning in your own cells (the checks keep quiet about it), and luck that $1/\infty$ is the right answer.
# Code that survives such numbers is called **numerically stable**. The rule that saves you, here and in every later notebook: **never take `exp` of a large positive number.** Use the left fraction where $z \ge 0$ and the right one where $z < 0$; with $e^{-|z|}$ you need a
# single `exp` for both. `np.where(condition, a, b)` chooses element by element.
#
# Also avoid $1 - \dots$ for small results: $\sigma(-40) \approx 4 \cdot 10^{-18}$ is a fine `float64`, but
# $1 - \sigma(40)$ is computed as $1 - 1 = 0$, and soon you will want its logarithm.

# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)), element by element, without overflow for large |z|.

    z: float array of any shape. Very negative scores give tiny probabilities with all their digits, not a rounded 0.
    Returns an array of the same shape and dtype, every entry between 0 and 1.
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(z))  # at most 1, so it cannot overflow
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_sigmoid", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_values

check_values(sigmoid, {"z": np.array([-1.0, 0.0, 2.0])}, np.array([0.2689414214, 0.5, 0.8807970780]))
check_values(sigmoid, {"z": np.array([-1000.0, 1000.0])}, np.array([0.0, 1.0]))
check_values(sigmoid, {"z": np.array([-40.0])}, np.array([4.248354255e-18]))
check_values(
    sigmoid,
    {"z": np.array([[-1.0, 0.0, 2.0], [0.5, -3.0, 1.0]], dtype=np.float32)},
    np.array([[0.26894142, 0.5, 0.88079708], [0.62245933, 0.04742587, 0.73105858]], dtype=np.float32),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    sigmoid,
    {"z": rng.normal(scale=3, size=(4, 3)).astype(np.float32)},
    reference.sigmoid,
    says="`sigmoid` is tried on a matrix of dtype float32.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "look_at_sigmoid", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
z = np.linspace(-8, 8, 161)
plot_curves(
    {"sigmoid(z)": (z, sigmoid(z)), "its slope p (1 - p)": (z, sigmoid(z) * (1 - sigmoid(z)))},
    title="The sigmoid, and how fast it moves", x_label="score z", y_label="probability p",
    alt="The sigmoid rises in an S from 0 at the left over one half at score 0 to 1 at the right. Its slope is a low hill: a quarter at "
    "score 0, and next to nothing beyond scores of 5 on either side.",
)


# %% [markdown]
# Look at the slope too; you need it soon. Where the neuron is undecided, a small change of the score changes a lot.
# Where it is sure, at both ends, hardly anything moves: from 4 to 5 the odds grow by the same factor of 2.7 as from 0 to 1, but $p$ goes
# from 0.982 to 0.993 only, as there is hardly anything left to gain.

# %% [markdown]
# ## 3. The neuron, forward
#
# Both parts together, for a whole batch at once:
#
# $$z = x\,w + b \qquad p = \sigma(z)$$
#
# | | $x$ | $w$ | $b$ | $z$ | $p$ |
# |---|---|---|---|---|---|
# | shape | $(B, V)$ | $(V,)$ | $(1,)$ | $(B,)$ | $(B,)$ |
#
# The bias is an array with one entry, which NumPy adds to every row. Stretching an axis of length 1 like this is called **broadcasting**.
#
# A forward pass also returns a **cache**: whatever its backward pass will want to know later. What you put in is
# your business; only your own `neuron_backward` reads it. If you do not know yet, come back after section 6.
#
# The neuron itself does not care that its input is one-hot. The checks use arbitrary numbers for $x$.

# %% nbgrader={"grade": false, "grade_id": "neuron_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def neuron_forward(x, params):
    """One sigmoid neuron, for every row of a batch.

    x: (B, V) floats.
    params: {"w": (V,), "b": (1,)}.
    Returns p, cache: p is (B,), the probability of "yes" for each row; the cache is for neuron_backward.
    """
    ### BEGIN SOLUTION
    p = sigmoid(x @ params["w"] + params["b"])
    return p, (x, params["w"], p)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_neuron_forward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_shapes, check_values

x = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
params = {"w": np.array([3.0, 7.0, -1.0]), "b": np.array([-1.0])}
check_shapes(neuron_forward, {"x": x, "params": params}, [(2,)], given=["sigmoid"])
check_values(
    neuron_forward, {"x": x, "params": params}, np.array([0.8807970780, 0.1192029220]), given=["sigmoid"]
)
# No longer one-hot, and in float32, which should stay float32: the scores are 2, -0.5 and 2.
check_values(
    neuron_forward,
    {
        "x": np.array([[0.5, 2.0], [0.0, -1.0], [1.5, 3.0]], dtype=np.float32),
        "params": {"w": np.array([-1.0, 1.0], dtype=np.float32), "b": np.array([0.5], dtype=np.float32)},
    },
    np.array([0.88079708, 0.37754067, 0.88079708], dtype=np.float32),
    given=["sigmoid"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    neuron_forward,
    {"x": rng.normal(size=(4, 6)), "params": {"w": rng.normal(size=6), "b": rng.normal(size=1)}},
    reference.neuron_forward,
    given=["sigmoid"],
    says="`neuron_forward` is tried on inputs that are not one-hot.",
)
check_values(
    neuron_forward,
    {
        "x": rng.normal(size=(3, 5)).astype(np.float32),
        "params": {"w": rng.normal(size=5).astype(np.float32), "b": rng.normal(size=1).astype(np.float32)},
    },
    reference.neuron_forward,
    given=["sigmoid"],
    says="`neuron_forward` is tried on float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. How wrong is it? Binary cross-entropy
#
# To improve, the neuron needs a single number that says how bad its answers are. Ask of every character: **which
# probability did you give to the truth?** Call it $q$:
#
# $$q_i = \begin{cases} p_i & \text{if } y_i \text{ (it is a vowel)}\\ 1 - p_i & \text{if not}\end{cases} \qquad p, y, q\;(B,)$$
#
# The loss is the mean surprise at the truth, $-\log q$, in nats:
#
# $$\text{loss} = -\frac1B \sum_{i=1}^{B} \log q_i \qquad \text{a single number}$$
#
# Certain and right, $q = 1$: loss 0. Undecided, $q = 0.5$: loss $\log 2 \approx 0.693$. Sure and wrong, $q = 0.01$:
# loss 4.6. The price of being wrong has no upper end, so it pays to be honest about doubt.
#
# Textbooks write $-\frac1B\sum y\log p + (1-y)\log(1-p)$. It is the same sum: one of its two terms is always multiplied
# by 0. They call it **binary cross-entropy**, **log loss** or **negative log-likelihood**: the product of all $q_i$ is the
# probability that the neuron gives to all labels together, their *likelihood*, so the smallest loss means the largest likelihood.
#
# **The logarithm of 0.** A sigmoid can round to exactly 0 or 1, and $-\log 0 = \infty$. In the textbook form even a
# perfect answer can become $0 \cdot \log 0$ = `nan`. Therefore: pick $q$ first (with `np.where`), and treat every $q$
# below `EPSILON = 1e-7` as `EPSILON`. A single character then costs at most 16.1 nats.
#
# The labels are `bool`. That is on purpose: a `float32` array times an *integer* array is `float64` in NumPy, and `1 - y`
# is an integer array. With `np.where(y, ...)` and `~y` ("not y") the dtype stays what it was.

# %% nbgrader={"grade": false, "grade_id": "binary_cross_entropy_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def binary_cross_entropy_forward(p, y):
    """Mean of -log(probability given to the truth), in nats.

    p: (B,) floats from 0 to 1, both possible. y: (B,) bool, True where the answer is "yes".
    A probability of the truth below EPSILON counts as EPSILON.
    Returns loss, cache: loss is a single number; the cache is for binary_cross_entropy_backward.
    """
    ### BEGIN SOLUTION
    q = np.maximum(np.where(y, p, 1 - p), EPSILON)
    return -np.mean(np.log(q)), (q, y)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_binary_cross_entropy_forward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np
from autograder import check_values

check_values(
    binary_cross_entropy_forward,
    {"p": np.array([0.5, 0.5, 0.75, 0.25]), "y": np.array([True, False, True, False])},
    (2 * math.log(2) + 2 * math.log(4 / 3)) / 4,
)
check_values(
    binary_cross_entropy_forward,
    {"p": np.array([0.0, 1.0, 1.0, 0.0, 0.5]), "y": np.array([True, False, True, False, True])},
    (2 * math.log(1e7) + math.log(2)) / 5,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    binary_cross_entropy_forward,
    {"p": rng.uniform(0.02, 0.98, size=7), "y": rng.permutation(np.arange(7) < 3)},
    reference.binary_cross_entropy_forward,
    says="The loss is tried on random probabilities with both kinds of label.",
)
order = rng.permutation(7)
check_values(
    binary_cross_entropy_forward,
    {"p": np.array([0.0, 4e-7, 3e-8, 1.0, 0.3, 1.0, 0.6])[order], "y": (np.arange(7) < 5)[order]},
    reference.binary_cross_entropy_forward,
    says="The loss is tried where some probabilities are 0 or 1, or close to `EPSILON`.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Backward: who is to blame?
#
# The forward pass was a chain: parameters → $z$ → $p$ → loss. Now walk the chain from its end to its start and ask at
# each link: *if this value were a tiny bit larger, how would the loss change?* That is the **gradient**. Each backward
# function gets the answer for its output (`dloss`, `dp`: "upstream") and returns the answer for its inputs. The chain
# rule says how: multiply by the local slope.
#
# Walking the chain like this is **backpropagation**, which mathematicians know as **reverse-mode automatic
# differentiation** (here you are the automaton). What one backward function computes is a **vector-Jacobian product**:
# the upstream gradient times the table of all local slopes, a table that is never written down as a whole.
#
# Start with the loss. For one character, $\text{loss} = -\frac1B \log q$, and the slope of $\log q$ is $1/q$:
#
# $$dp_i = dloss \cdot \frac{1}{B}\cdot\begin{cases} -\,1/q_i & \text{if } y_i\quad(q = p)\\ +\,1/q_i & \text{if not}\quad(q = 1 - p)\end{cases} \qquad dloss \text{ a number},\;\; dp\;(B,)$$
#
# Read the signs before you code them. A vowel: more $p$ means less loss, so the gradient is negative. Not a
# vowel: the other way round. And the less probability the truth got, the steeper.
#
# Why the factor `dloss`, when the loss is the end of the chain? In training it is 1. Taking it anyway keeps all backward
# functions alike, and the check uses a random one. For a $q$ below `EPSILON`, use $1/\text{EPSILON}$.
# (Strictly, the clipped loss is flat there. But a neuron that is sure and wrong should hear which way is down.)

# %% nbgrader={"grade": false, "grade_id": "binary_cross_entropy_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def binary_cross_entropy_backward(dloss, cache):
    """The gradient of binary_cross_entropy_forward.

    dloss: a single number, the gradient of what follows with respect to the loss.
    cache: from binary_cross_entropy_forward.
    Returns dp, (B,), with the dtype of p. The labels have no gradient.
    """
    ### BEGIN SOLUTION
    q, y = cache
    return dloss * np.where(y, -1 / q, 1 / q) / len(q)
    ### END SOLUTION


# %% [markdown]
# The check below does not know the formula. It takes your *forward* function, moves each entry of $p$ by $h = 10^{-5}$
# up and down, and compares the change of the loss with your gradient:
#
# $$\frac{\text{loss}(p_i + h) - \text{loss}(p_i - h)}{2h} \approx dp_i$$
#
# This is a **gradient check** by **finite differences**. It works for every forward function you will ever write, which
# is why the whole course is checked with it. (Why not learn with it, and save the backward pass? It needs two forward passes for
# every single parameter.)

# %% nbgrader={"grade": true, "grade_id": "test_binary_cross_entropy_backward", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_gradients

check_gradients(
    binary_cross_entropy_forward,
    binary_cross_entropy_backward,
    {"p": np.array([0.9, 0.2, 0.6, 0.35, 0.7]), "y": np.array([True, False, False, True, False])},
)
# Sure and wrong: q is 0 twice, and counts as EPSILON. The third q is small, and counts as it is.
check_gradients(
    binary_cross_entropy_forward,
    binary_cross_entropy_backward,
    {"p": np.array([0.0, 1.0, 2e-7]), "y": np.array([True, False, True])},
    expected=lambda dloss: dloss / 3 * np.array([-1e7, 1e7, -5e6]),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    binary_cross_entropy_forward,
    binary_cross_entropy_backward,
    {"p": rng.uniform(0.05, 0.95, size=7), "y": rng.permutation(np.arange(7) < 3)},
    reference=reference.binary_cross_entropy_forward,
    says="The gradient of the loss is compared with finite differences on a random batch.",
)
check_gradients(
    binary_cross_entropy_forward,
    binary_cross_entropy_backward,
    {"p": np.array([1.0, 3e-7, 0.0, 4e-8]), "y": np.array([False, True, True, True])},
    expected=lambda dloss: dloss / 4 * np.array([1e7, -1 / 3e-7, -1e7, -1e7]),
    says="The gradient of the loss is tried where the truth got a probability of 0, or nearly.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. The neuron, backward
#
# `dp` has arrived from the loss. Two links are left, and $w$, $b$ and $x$ are at their other end.
#
# **Through the sigmoid.** Its slope is $\sigma'(z) = p\,(1-p)$, the second curve in the figure above. You have $p$
# already, so there is no `exp` in the backward pass:
#
# $$dz = dp \odot p \odot (1 - p) \qquad \text{all } (B,)$$
#
# **Through the sum** $z_i = \sum_c x_{i,c}\,w_c + b$. Ask of each quantity where it was used:
#
# - The bias went into every row, with factor 1. Its gradient collects from every row.
# - Weight $w_c$ went into every row, with factor $x_{i,c}$. It collects too, with that factor.
# - Input $x_{i,c}$ went into row $i$ only, with factor $w_c$. There is nothing to collect.
#
# $$db = \sum_i dz_i \;\;(1,) \qquad\quad dw_c = \sum_i x_{i,c}\,dz_i \;\;(V,) \qquad\quad dx_{i,c} = dz_i\,w_c \;\;(B, V)$$
#
# If you are unsure which product gives $dw$, let the shapes decide: from $(B, V)$ and $(B,)$ to $(V,)$ there is only
# one way.
#
# Here $x$ is data, and nobody needs $dx$. You return it all the same: as soon as one layer sits on top of another, its
# $dx$ is the other's `dp`.

# %% nbgrader={"grade": false, "grade_id": "neuron_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def neuron_backward(dp, cache):
    """The gradients of neuron_forward.

    dp: (B,), the gradient with respect to the neuron's output.
    cache: from neuron_forward.
    Returns dx, grads: dx is (B, V), grads is {"w": (V,), "b": (1,)}, all with the dtype of the inputs.
    """
    ### BEGIN SOLUTION
    x, w, p = cache
    dz = dp * p * (1 - p)
    dx = dz[:, None] * w
    return dx, {"w": x.T @ dz, "b": dz.sum(keepdims=True)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_neuron_backward", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_gradients

x = np.array([[0.5, -1.0, 2.0, 0.0], [1.0, 0.0, -0.5, 1.5], [-2.0, 0.5, 1.0, 1.0]])
params = {"w": np.array([0.4, -0.3, 0.8, 0.1]), "b": np.array([-0.2])}
check_gradients(neuron_forward, neuron_backward, {"x": x, "params": params}, given=["sigmoid"])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    neuron_forward,
    neuron_backward,
    {"x": rng.normal(size=(5, 3)), "params": {"w": rng.normal(size=3), "b": rng.normal(size=1)}},
    reference=reference.neuron_forward,
    given=["sigmoid"],
    says="The neuron's gradients are compared with finite differences on a random batch.",
)
check_gradients(
    neuron_forward,
    neuron_backward,
    {
        "x": reference.one_hot(np.array([3, 1, 3, 0, 3, 1]), 5).astype(np.float64),
        "params": {"w": rng.normal(size=5), "b": rng.normal(size=1)},
    },
    reference=reference.neuron_forward,
    given=["sigmoid"],
    says="The neuron's gradients are compared with finite differences where characters repeat.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Once forward, once backward
#
# Now hook the four functions together: forward, forward, backward, backward. The upstream gradient of the
# loss itself is `1.0`. Inside the chain, something pleasant happens. Take a vowel, $q = p$:
#
# $$dz = \underbrace{-\frac{1}{B\,p}}_{\text{from the loss}} \cdot \underbrace{p\,(1-p)}_{\text{from the sigmoid}} = \frac{p - 1}{B}$$
#
# For a character that is not a vowel you get $p/B$. Both are the same sentence, with $y$ as 1 or 0:
#
# $$\boxed{\,dz = \frac{p - y}{B}\,} \qquad (B,) \qquad\text{"answer minus truth"}$$
#
# (This is $dz$, with the sigmoid's slope already in it. Your functions hand on $dp$ and leave the slope to `neuron_backward`.)
#
# With a one-hot input this goes straight to the weight of the character. Let $f_c$ be the share of the batch that is
# character $c$, and $p_c$ the answer for it:
#
# $$dw_c = f_c \cdot (p_c - y_c) \qquad\qquad db = \overline{p} - \overline{y}$$
#
# **How fast a weight learns depends on how often its character occurs.** Remember this formula when you look at the
# results. Remember also what $b$ wants: a mean answer that equals the share of vowels.

# %% nbgrader={"grade": false, "grade_id": "loss_and_gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
def loss_and_gradients(params, x, y):
    """The neuron's binary cross-entropy on a batch, and how it changes with the parameters.

    params: {"w": (V,), "b": (1,)}. x: (B, V) floats. y: (B,) bool.
    Returns loss, grads: loss is a single number, grads is {"w": (V,), "b": (1,)}.
    """
    ### BEGIN SOLUTION
    p, neuron_cache = neuron_forward(x, params)
    loss, loss_cache = binary_cross_entropy_forward(p, y)
    dp = binary_cross_entropy_backward(1.0, loss_cache)
    _, grads = neuron_backward(dp, neuron_cache)
    return loss, grads
    ### END SOLUTION


# %% [markdown]
# You can predict the next check's numbers in your head. All parameters are 0, so $p = 0.5$ everywhere. Three
# characters: id 0, which is a vowel, and twice id 2, which is not. Then $dz = (-\frac16, \frac16, \frac16)$.

# %% nbgrader={"grade": true, "grade_id": "test_loss_and_gradients", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np
from autograder import check_values

check_values(
    loss_and_gradients,
    {
        "params": {"w": np.zeros(4), "b": np.zeros(1)},
        "x": np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]]),
        "y": np.array([True, False, False]),
    },
    (math.log(2), {"w": np.array([-1 / 6, 0.0, 1 / 3, 0.0]), "b": np.array([1 / 6])}),
    given=[
        "neuron_forward",
        "binary_cross_entropy_forward",
        "binary_cross_entropy_backward",
        "neuron_backward",
    ],
)
check_values(
    loss_and_gradients,
    {
        "params": {"w": np.array([1.0, -0.5, 2.0]), "b": np.array([0.5])},
        "x": np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0], [0.5, 0.0, 1.0], [2.0, -1.0, 0.5]]),
        "y": np.array([True, True, False, False]),
    },
    (2.416935569, {"w": np.array([0.515693494, -0.654473051, 0.581094525]), "b": np.array([0.169062543])}),
    given=[
        "neuron_forward",
        "binary_cross_entropy_forward",
        "binary_cross_entropy_backward",
        "neuron_backward",
    ],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    loss_and_gradients,
    {
        "params": {"w": rng.normal(size=4), "b": rng.normal(size=1)},
        "x": rng.normal(size=(7, 4)),
        "y": rng.permutation(np.arange(7) < 3),
    },
    reference.loss_and_gradients,
    given=[
        "neuron_forward",
        "binary_cross_entropy_forward",
        "binary_cross_entropy_backward",
        "neuron_backward",
    ],
    says="Loss and gradients are tried together on a random batch.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 8. One step downhill
#
# The gradient points to where the loss grows fastest. So go the other way, by a small multiple, the **learning rate**
# $\eta$. This is **gradient descent**. Nobody learns $\eta$; you choose it, and such a number is called a **hyperparameter**.
#
# $$w \leftarrow w - \eta\,dw \;\;(V,) \qquad\quad b \leftarrow b - \eta\,db \;\;(1,)$$
#
# Nobody can draw a loss over 47 parameters, but over two one can. Take a neuron with a single input, which is 1 for `a` to `e`, the
# first five letters, and 0 for every other character. It has one weight $w$ and one bias $b$ and is asked for vowels as before. It
# cannot always be right, as `a` and `e` look to it like `b`, `c` and `d`, so there is one best pair $(w, b)$. Every point of the
# picture is a pair, and along each line the loss is the same, as the height is along a contour line of a map: a **loss surface**, seen from above.

# %% nbgrader={"grade": false, "grade_id": "draw_descent", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
from autograder import BLUE, GREY, RED, canvas, show_figure

book = load_corpus()
is_early, is_yes = np.isin(book.train, book.encode("abcde")), np.isin(book.train, book.encode(VOWELS))
# Each character is one of four kinds: (input, truth, share of the text).
KINDS = [(e, v, ((is_early == e) & (is_yes == v)).mean()) for e in (0, 1) for v in (0, 1)]


def draw_surface(axes, points, title):
    """Contour lines of the loss over w and b, its lowest point, and a path of pairs (w, b)."""
    w, b = np.meshgrid(np.linspace(-1, 6, 141), np.linspace(-6, 1.5, 151))
    height = sum(share * np.logaddexp(0, (1 - 2 * v) * (w * e + b)) for e, v, share in KINDS)
    lines = axes.contour(w, b, height, levels=[0.485, 0.5, 0.53, 0.58, 0.65, 0.8, 1, 1.3, 1.7], colors=GREY, linewidths=0.8)
    axes.clabel(lines, levels=[0.5, 0.58, 0.8, 1.3], fontsize=8)
    axes.plot(*np.transpose(points), color=BLUE, marker="o", markersize=4, linewidth=1.4)
    axes.plot(2.56, -1.63, marker="*", markersize=13, color=RED)
    axes.set(title=title, xlabel="weight w", ylabel="bias b", xlim=(-1, 6), ylim=(-6, 1.5), aspect="equal")


def slope(w, b):
    """How the loss changes with w and with b: the mean of answer minus truth, where the input is 1 and everywhere."""
    off = [(e, share * (1 / (1 + np.exp(-w * e - b)) - v)) for e, v, share in KINDS]
    return np.array([sum(e * d for e, d in off), sum(d for _, d in off)])


path = [np.zeros(2)]
for _ in range(40):
    path.append(path[-1] - 3 * slope(*path[-1]))
figure, axes = canvas(6.5, 6)
draw_surface(axes, path, "40 steps downhill with learning rate 3")
axes.annotate("start: loss 0.693", (0, 0), xytext=(8, 5), textcoords="offset points", color=BLUE)
axes.annotate("lowest point: loss 0.480", (2.56, -1.63), xytext=(5.9, -4.4), ha="right", color=RED, arrowprops={"arrowstyle": "-", "color": RED})
show_figure(figure, alt="""Contour lines of the loss over weight w and bias b: an oval valley, lowest at w = 2.6, b = -1.6.
A path starts at (0, 0), goes down steeply in one long step of b, turns into the valley, and reaches its lowest point in ever shorter steps.""")


# %% [markdown]
# The gradient stands at right angles to the lines, and the steeper the slope, the longer it is. So the first step is long,
# the path turns into the valley, and the steps become short on its flat floor, although $\eta$ stays the same. (The lines are drawn closer in height
# near the lowest point, from 0.485 to 0.5 and 0.53, than on the slopes; else the floor would be empty.)
#
# Return new arrays and leave the old ones alone. We keep the parameters from different moments of training to
# compare them, and an update in place would change the past.

# %% nbgrader={"grade": false, "grade_id": "gradient_descent_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_descent_step(params, grads, learning_rate):
    """Every parameter moved one step against its gradient.

    params, grads: dicts with the same keys, and under each key two arrays of the same shape.
    learning_rate: a float.
    Returns a new dict of new arrays with the dtypes of params; params stays as it is.
    """
    ### BEGIN SOLUTION
    return {name: params[name] - learning_rate * grads[name] for name in params}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_gradient_descent_step", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_values

check_values(
    gradient_descent_step,
    {
        "params": {"w": np.array([1.0, 2.0]), "b": np.array([0.5])},
        "grads": {"w": np.array([0.5, -1.0]), "b": np.array([2.0])},
        "learning_rate": 0.1,
    },
    {"w": np.array([0.95, 2.1]), "b": np.array([0.3])},
)
check_values(
    gradient_descent_step,
    {
        "params": {"slope": np.array([[1.0, -2.0]], dtype=np.float32)},
        "grads": {"slope": np.array([[3.0, 0.5]], dtype=np.float32)},
        "learning_rate": 2.0,
    },
    {"slope": np.array([[-5.0, -3.0]], dtype=np.float32)},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    gradient_descent_step,
    {
        "params": {"w": rng.normal(size=5).astype(np.float32), "b": rng.normal(size=1).astype(np.float32)},
        "grads": {"w": rng.normal(size=5).astype(np.float32), "b": rng.normal(size=1).astype(np.float32)},
        "learning_rate": 0.3,
    },
    reference.gradient_descent_step,
    says="One step is tried on random float32 parameters.",
)
### END HIDDEN TESTS

# %% [markdown]
# With $\eta = 3$ the path above arrives. Is more better?
#
# **Predict.** Your functions now take 40 steps on that surface with three learning rates. What will $\eta = 15$ do?
#
# - (a) go the same way in a fifth of the steps
# - (b) jump to and fro across the valley, and not arrive
# - (c) go uphill and away, farther at each step

# %% tags=["question"]
guess_too_large = "b"  # a letter
predict("too large a step", guess_too_large, "bd65cba1")

# %% nbgrader={"grade": false, "grade_id": "three_learning_rates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
some = book.train[:5000]
x_early, y_some = np.isin(some, book.encode("abcde"))[:, None].astype(float), np.isin(some, book.encode(VOWELS))
figure, panels = canvas(12, 4.6, columns=3)
told = []
for axes, rate in zip(panels, (0.3, 3, 15), strict=True):
    place, path = {"w": np.zeros(1), "b": np.zeros(1)}, []
    for _ in range(41):
        path.append((place["w"][0], place["b"][0]))
        loss, grads = loss_and_gradients(place, x_early, y_some)
        place = gradient_descent_step(place, grads, rate)
    draw_surface(axes, path, f"learning rate {rate}: loss {loss:.3f}")
    before, last = (f"({w:.2f}, {b:.2f})" for w, b in path[-2:])
    told.append(f"with learning rate {rate} the last step goes from {before} to {last}, where the loss is {loss:.3f}")
show_figure(figure, alt=f"Three paths of 40 steps from (0, 0) on the same contour lines, lowest at (2.56, -1.63): {'; '.join(told)}.")


# %% [markdown]
# - **Too small**: nothing goes wrong, and nothing gets done. After 40 steps the path is not even halfway.
# - **Too large**: a gradient tells the slope where you stand and nothing about what comes. One long step goes past the valley
#   and up the other side, where the slope points back, and is steeper, so the next one goes too far again.
# - It does not run away for ever, because this slope has an upper end: $|p - y|$ is at most 1. In later notebooks, with several layers
#   behind each other, it has none, and there too large a step may end in `inf`.
#
# The best rate lies a little below the one that begins to jump. Where that is, depends on how strongly the valley is curved, and nobody knows
# beforehand; so people try a few, each about three or ten times the one before.

# %% [markdown]
# ## 9. Training
#
# Repeat: take some characters, compute loss and gradients, take a step.
#
# *Some* characters, because all 133,738 at once would cost 134 times as much as 1,000, and 1,000 random ones (a
# **batch**, or **mini-batch**) already point in nearly the same direction. That makes it **stochastic gradient descent**, SGD.
# 134 steps draw as many characters as the text has: one **epoch**. Draw new positions of the text at every step, with
# `rng.integers(len(ids), size=batch_size)`; a position may come twice. Use the same positions for the ids and for their
# labels.
#
# All randomness comes from `rng`, and you take nothing else from it. Then the same generator gives the same run, on
# your machine and on your neighbour's, and you can compare numbers.
#
# `train` starts from the parameters that it is given, so you can train a little, look, and go on.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(params, ids, y, steps, batch_size, learning_rate, rng):
    """Train the neuron with gradient descent on random batches of a text.

    params: {"w": (V,), "b": (1,)}, where training starts; not changed.
    ids: (N,) integers, the characters of the text. y: (N,) bool, their labels.
    steps: how many batches. batch_size: B, characters per batch. learning_rate: a float.
    rng: np.random.Generator. Every step draws its positions by rng.integers(len(ids), size=batch_size), and nothing else.
    Returns params, losses: the trained parameters (a new dict with the dtypes of params) and a (steps,) float array
    with the loss of every batch, measured before its step.
    """
    ### BEGIN SOLUTION
    losses = np.zeros(steps)
    for step in range(steps):
        batch = rng.integers(len(ids), size=batch_size)
        x = one_hot(ids[batch], len(params["w"]))
        losses[step], grads = loss_and_gradients(params, x, y[batch])
        params = gradient_descent_step(params, grads, learning_rate)
    return params, losses
    ### END SOLUTION


# %% [markdown]
# The first check uses a text of a single character, six times the vowel with id 2. Every batch is the same there, and
# you can follow the steps with a pocket calculator. The second looks at your batches: with a learning rate of 0 nothing
# is learned, and each loss tells which characters were drawn. Grading then trains on all of *Alice*, with a shuffled
# alphabet.

# %% nbgrader={"grade": true, "grade_id": "test_train", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_values

check_values(
    train,
    {
        "params": {"w": np.zeros(4, dtype=np.float32), "b": np.zeros(1, dtype=np.float32)},
        "ids": np.full(6, 2),
        "y": np.full(6, True),
        "steps": 15,
        "batch_size": 5,
        "learning_rate": 0.5,
        "rng": np.random.default_rng(0),
    },
    (
        {"w": np.array([0.0, 0.0, 1.3336432, 0.0], dtype=np.float32), "b": np.array([1.3336432], dtype=np.float32)},
        np.array([
            0.693147, 0.474077, 0.347698, 0.270016, 0.218867, 0.183157, 0.157027, 0.137176,
            0.121635, 0.109164, 0.098951, 0.090444, 0.083255, 0.077103, 0.071782,
        ]),
    ),
    tolerance=1e-5,
    given=["one_hot", "loss_and_gradients", "gradient_descent_step"],
)

q = np.array([0.9, 0.5, 0.2, 0.05])  # the probability of "vowel" for ids 0 to 3
ids_to_draw = np.array([0, 1, 2, 3, 1, 0, 2, 3])
y_to_draw = np.array([True, False, True, False, True, False, False, True])
rng_to_draw = np.random.default_rng(5)
drawn = np.array([rng_to_draw.integers(8, size=5) for _ in range(14)])
params_to_keep = {"w": np.log(q / (1 - q)) - 0.5, "b": np.array([0.5])}
check_values(
    train,
    {
        "params": params_to_keep,
        "ids": ids_to_draw,
        "y": y_to_draw,
        "steps": 14,
        "batch_size": 5,
        "learning_rate": 0.0,
        "rng": np.random.default_rng(5),
    },
    (params_to_keep, -np.log(np.where(y_to_draw, q[ids_to_draw], 1 - q[ids_to_draw]))[drawn].mean(axis=1)),
    given=["one_hot", "loss_and_gradients", "gradient_descent_step"],
)
### BEGIN HIDDEN TESTS
from autograder import check_training, load_corpus
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    train,
    {
        "params": {"w": rng.normal(size=5), "b": rng.normal(size=1)},
        "ids": np.full(9, 3),
        "y": np.full(9, False),
        "steps": 7,
        "batch_size": 4,
        "learning_rate": 1.5,
        "rng": rng,
    },
    reference.train,
    given=["one_hot", "loss_and_gradients", "gradient_descent_step"],
    says="Training is followed step by step on a text of one character, from random parameters.",
)
check_values(
    train,
    {
        "params": {"w": rng.normal(size=5), "b": rng.normal(size=1)},
        "ids": rng.permutation(np.array([0, 1, 1, 2, 3, 3, 3, 4])),
        "y": rng.permutation(np.arange(8) < 3),
        "steps": 6,
        "batch_size": 3,
        "learning_rate": 1.5,
        "rng": rng,
    },
    reference.train,
    given=["one_hot", "loss_and_gradients", "gradient_descent_step"],
    says="Training is followed step by step on a short text, with batches drawn as the docstring says.",
)
alice, new_id = load_corpus(), rng.permutation(46)
vowels = alice.encode("aeiou")
held_out_labels = np.isin(alice.held_out, vowels)
check_training(
    train,
    {
        "params": {"w": np.zeros(46, dtype=np.float32), "b": np.zeros(1, dtype=np.float32)},
        "ids": new_id[alice.train],
        "y": np.isin(alice.train, vowels),
        "steps": 200,
        "batch_size": 500,
        "learning_rate": 1.0,
        "rng": hidden_rng(),
    },
    lambda params: reference.mean_loss(params, new_id[alice.held_out], held_out_labels),
    at_most=0.09,
    like={"w": np.zeros(46), "b": np.zeros(1)},
    few={
        "params": {"w": hidden_rng().normal(size=46), "b": hidden_rng().normal(size=1)},
        "ids": np.full(9, 3),
        "y": np.full(9, False),
        "steps": 3,
        "batch_size": 4,
        "learning_rate": 1.0,
        "rng": hidden_rng(),
    },
    given=["one_hot", "loss_and_gradients", "gradient_descent_step"],
    says="The neuron is trained on *Alice* with a shuffled alphabet, and judged on the held-out text.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The real run
#
# To follow the loss on the whole text we need it often, and there is a shortcut. The neuron's answer depends on the
# character and on nothing else. So 46 answers, one per character, are enough for a text of any length.

# %% nbgrader={"grade": false, "grade_id": "mean_loss", "locked": true, "schema_version": 3, "solution": false, "task": false}
def answers(params):
    """The neuron's p for each character of the alphabet, (V,)."""
    V = len(params["w"])
    return neuron_forward(one_hot(np.arange(V), V), params)[0]


def mean_loss(params, ids, y):
    """Binary cross-entropy over a whole text: ids and labels are (N,)."""
    return float(binary_cross_entropy_forward(answers(params)[ids], y)[0])


# %% [markdown]
# All parameters start at 0. In the figure below, the dotted line is the best that a neuron without inputs could do. It would always answer
# $p = 0.28$, the share of vowels.
#
# **Predict.** What is the loss before the first step? (A number, two digits.)

# %% tags=["question"]
guess_first_loss = 0.69  # a number
predict("loss at the start", guess_first_loss, "2~c652127b")

# %% [markdown]
# **Predict.** And how will the curve of the held-out text lie, compared with that of the training batches?
#
# - (a) on it
# - (b) clearly above: the neuron has not seen these pages
# - (c) clearly below

# %% tags=["question"]
guess_held_out = "a"  # a letter
predict("held-out curve", guess_held_out, "94e8a418")

# %% nbgrader={"grade": false, "grade_id": "train_on_alice", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
ids, y = corpus.train, is_vowel[corpus.train]
held_out_ids, held_out_y = corpus.held_out, is_vowel[corpus.held_out]

STEPS_PER_LOOK = 10
looks = training_steps(2000, 100) // STEPS_PER_LOOK
rng = np.random.default_rng(1)
trained = {"w": np.zeros(V, dtype=np.float32), "b": np.zeros(1, dtype=np.float32)}
history = [trained]  # the parameters every 10 steps
train_losses, held_out_losses = [], [mean_loss(trained, held_out_ids, held_out_y)]
for _ in (bar := progress(looks)):
    trained, losses = train(trained, ids, y, STEPS_PER_LOOK, 1000, 1.0, rng)
    history.append(trained)
    train_losses.extend(losses)
    held_out_losses.append(mean_loss(trained, held_out_ids, held_out_y))
    bar.show(train=losses[-1], held_out=held_out_losses[-1])

steps_seen = STEPS_PER_LOOK * np.arange(looks + 1)
share = y.mean()
plot_curves(
    {"training batches": train_losses, "held-out text": (steps_seen, held_out_losses)},
    title="One neuron learns the vowels", log_y=True,
    lines={"always answering 28 %": -share * np.log(share) - (1 - share) * np.log(1 - share)},
)
print(f"after {steps_seen[-1]} steps: held-out loss {held_out_losses[-1]:.4f}, parameters are {trained['w'].dtype}")

# %% [markdown]
# The curve starts at $\log 2 = 0.693$, falls below the dotted line within a few steps, and after 2,000 steps is near
# 0.009.
#
# **Why is held-out as good as training?** No luck and no skill. Whether a character is a vowel depends on the character
# alone, and each one in the held-out part occurs in the training part as well. So the neuron meets nothing new there.
# So this is no proof of **generalisation**, being right about what was not seen, and there is no room for **overfitting**,
# learning what holds for the training pages only. In 01b and 02 this will change.
#
# **Why does the curve never level off?** There is no doubt in the data: an `e` is always a vowel. So the best $p$ is
# exactly 1, and a sigmoid reaches 1 only at $z = \infty$. There is no best weight. However large, a larger one is
# better still, and the loss can come as close to 0 as you have patience. (Classes that a weighted sum can tell apart
# without a mistake are called **linearly separable**.) How much patience, the next cell measures.

# %% nbgrader={"grade": false, "grade_id": "doubling", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
print(f"{'steps':>6} {'loss':>9} {'score of e':>11} {'score of space':>15}")
for step in 250, 500, 1000, 2000:
    if step <= steps_seen[-1]:
        early = history[step // STEPS_PER_LOOK]
        z_e, z_space = early["w"][corpus.encode("e ")] + early["b"]
        print(f"{step:6} {held_out_losses[step // STEPS_PER_LOOK]:9.4f} {z_e:11.2f} {z_space:15.2f}")

# %% [markdown]
# Twice the steps, half the loss, and $\log 2 \approx 0.7$ more on the score of `e`. It goes on like this for ever,
# slower and slower: $p - y$ shrinks as the answer gets better, so the neuron slows itself down.
#
# ### Which learning rate?
#
# All this was with $\eta = 1$. Four new neurons now train for 500 steps each.
#
# **Predict.** Which learning rate ends with the lowest loss on the held-out text?
#
# - (a) 0.01, slow and careful
# - (b) 1, as above
# - (c) 30
# - (d) 300

# %% tags=["question"]
guess_rate = "c"  # a letter
predict("best learning rate", guess_rate, "bc441b26")

# %% nbgrader={"grade": false, "grade_id": "learning_rates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
trials, trial_looks = {}, training_steps(500, 20) // STEPS_PER_LOOK
for rate in 0.01, 1, 30, 300:
    rng = np.random.default_rng(1)
    trial = {"w": np.zeros(V, dtype=np.float32), "b": np.zeros(1, dtype=np.float32)}
    seen_losses = [mean_loss(trial, held_out_ids, held_out_y)]
    for _ in range(trial_looks):
        trial, _losses = train(trial, ids, y, STEPS_PER_LOOK, 1000, rate, rng)
        seen_losses.append(mean_loss(trial, held_out_ids, held_out_y))
    trials[f"η = {rate}"] = (STEPS_PER_LOOK * np.arange(trial_looks + 1), seen_losses)
    p_e, p_space = answers(trial)[corpus.encode("e ")]
    print(f"learning rate {rate:6}: held-out loss {seen_losses[-1]:.4f}, bias {trial['b'][0]:7.2f}, p of e {p_e:.2g}, p of space {p_space:.2g}")
plot_curves(trials, title="The same neuron with four learning rates, held-out text", log_y=True)


# %% [markdown]
# From 0.01 to 30 more is better, and much better: with certain labels the weights have far to go, and there is no lowest point that one could
# jump over. Then comes a cliff. At 300 the loss is 4.48 after the first look and stays there, to the last digit. The neuron
# says "not a vowel" to everything, even to `e`, and its accuracy is 0.72 for ever.
#
# **Explain.** Why does the neuron with $\eta = 300$ not recover, although it is as wrong as can be about every vowel? Follow its first step: what is $db$ at
# the start, where does $b$ go, and what is $p$ then? Then multiply the two slopes of the next backward pass, that of the loss (with `EPSILON`) and that of the sigmoid.
# (Three to six sentences; no code.)

# %% why_it_does_not_recover [markdown] tags=["written"]
# At the start every p is 0.5, so db = 0.5 - 0.28 = 0.22, and the first step moves b by -300 times that, to about -66. The weights of the vowels
# rise by much less, since each gets only its share of the batch. So every score is below -40 and every p is practically 0. For a vowel the loss is as steep as it can be,
# but not steeper than 1/EPSILON = 10^7, while the slope of the sigmoid, p (1 - p), is about e^-40 or smaller. Their product, dz, is practically 0: the
# neuron is sure, wrong and deaf, it has saturated. The formula dz = p - y would still say -1 there; it holds only while q is above EPSILON.

# %% [markdown]
# ## 10. From probability to decision
#
# A probability is not yet an answer. To act, pick a **threshold** (a **decision threshold**) and say "vowel" from there on:
#
# $$\text{decided}_i = (p_i \ge \text{threshold}) \qquad p\;(B,)\;\to\;\text{decided}\;(B,) \text{ of bool}$$

# %% nbgrader={"grade": false, "grade_id": "classify", "locked": false, "schema_version": 3, "solution": true, "task": false}
def classify(p, threshold):
    """Decide "yes" where the probability is at least the threshold.

    p: (B,) floats. threshold: a float. Returns a (B,) bool array; p equal to the threshold is a "yes".
    """
    ### BEGIN SOLUTION
    return p >= threshold
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_classify", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_values

check_values(
    classify,
    {"p": np.array([0.1, 0.5, 0.8, 0.3]), "threshold": 0.5},
    np.array([False, True, True, False]),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
p = rng.random(size=12)
check_values(
    classify,
    {"p": p, "threshold": float(p[4])},
    reference.classify,
    says="`classify` is tried with a threshold that one of the probabilities hits exactly.",
)
### END HIDDEN TESTS

# %% [markdown]
# Now read with it. Below, every character that the neuron takes for a vowel is in CAPITALS, at different moments of its
# training.

# %% [markdown]
# **Predict.** After 20 steps the neuron finds exactly one of the five vowels. Which one?
#
# - (a) `e`, the most frequent
# - (b) `a`, the first in the alphabet
# - (c) another one: the batches are random, so chance decides

# %% tags=["question"]
guess_first_vowel = "a"  # a letter
predict("first vowel", guess_first_vowel, "32b11eb4")

# %% nbgrader={"grade": false, "grade_id": "read_along", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
passage = corpus.held_out[27:240]  # from the start of a line
for step in 0, 10, 20, 50, 2000:
    if step <= steps_seen[-1]:
        decided = classify(answers(history[step // STEPS_PER_LOOK])[passage], 0.5)
        text = "".join(c.upper() if d else c for c, d in zip(corpus.decode(passage), decided, strict=True))
        show_sample(text, f"after {step} steps")


# %% [markdown]
# At first it takes everything for a vowel, as $p = 0.5$ hits the threshold exactly. Then nothing, then only `e`, the
# most frequent vowel, then `a`, `o` and `i`, which are next, and `u` last. That is $dw_c = f_c\,(p_c - y_c)$ at
# work.

# %% [markdown]
# ## 11. Two ways of being wrong
#
# Accuracy counts all errors alike. Often they are not alike, and it is better to ask two questions:
#
# $$\text{precision} = \frac{\#(\text{decided and } y)}{\#\,\text{decided}} \qquad\qquad \text{recall} = \frac{\#(\text{decided and } y)}{\#\,y}$$
#
# **Precision**: of those called vowels, how many are? A false alarm, a **false positive**, lowers it. **Recall**: of the
# vowels, how many were found? One that was missed, a **false negative**, lowers it. When nothing is called a
# vowel, there is no false alarm either, and we set precision to 1.

# %% nbgrader={"grade": false, "grade_id": "precision_and_recall", "locked": false, "schema_version": 3, "solution": true, "task": false}
def precision_and_recall(decided, y):
    """How reliable "yes" is, and how many of the true ones it finds.

    decided, y: (B,) bool; y holds at least one True.
    Returns precision, recall, two floats from 0 to 1; precision is 1.0 when nothing is decided "yes".
    """
    ### BEGIN SOLUTION
    hits = (decided & y).sum()
    precision = float(hits / decided.sum()) if decided.any() else 1.0
    return precision, float(hits / y.sum())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_precision_and_recall", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from autograder import check_values

check_values(
    precision_and_recall,
    {"decided": np.array([True, True, True, False, False]), "y": np.array([True, False, True, True, True])},
    (2 / 3, 1 / 2),
)
check_values(
    precision_and_recall,
    {"decided": np.full(4, False), "y": np.array([True, False, True, False])},
    (1.0, 0.0),
)
check_values(
    precision_and_recall,
    {"decided": np.array([True, False, True, False]), "y": np.array([False, True, False, False])},
    (0.0, 0.0),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    precision_and_recall,
    {"decided": rng.permutation(np.arange(11) < 5), "y": np.arange(11) < 7},
    reference.precision_and_recall,
    says="Precision and recall are tried on random decisions.",
)
check_values(
    precision_and_recall,
    {"decided": np.full(6, False), "y": np.arange(6) < 2},
    reference.precision_and_recall,
    says="Precision and recall are tried where nothing is decided yes.",
)
check_values(
    precision_and_recall,
    {"decided": rng.permutation(np.arange(6) < 3), "y": np.full(6, True)},
    reference.precision_and_recall,
    says="Precision and recall are tried where every case is a yes.",
)
wrong = rng.permutation(np.arange(8) < 3)
check_values(
    precision_and_recall, {"decided": wrong, "y": ~wrong}, reference.precision_and_recall,
    says="Precision and recall are tried where every yes is wrong.",
)
### END HIDDEN TESTS

# %% [markdown]
# **Predict.** After 20 steps and with the threshold 0.5, the neuron found a single vowel. Is there a threshold with which *the same* neuron, not trained any
# further, makes no mistake at all?
#
# - (a) no, it has to learn the other vowels first
# - (b) yes, a higher one
# - (c) yes, a lower one

# %% tags=["question"]
guess_threshold = "c"  # a letter
predict("other threshold", guess_threshold, "d6459816")


# %% nbgrader={"grade": false, "grade_id": "threshold", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def threshold_curves(p, y):
    """Precision and recall for thresholds from 0 to 1: a dict for plot_curves."""
    thresholds = np.linspace(0, 1, 201)
    both = np.array([precision_and_recall(classify(p, t), y) for t in thresholds])
    return {"precision": (thresholds, both[:, 0]), "recall": (thresholds, both[:, 1])}


for step in 20, steps_seen[-1]:
    p = answers(history[step // STEPS_PER_LOOK])[held_out_ids]
    plot_curves(
        threshold_curves(p, held_out_y), title=f"What the threshold does, after {step} steps",
        x_label="threshold", y_label="share",
    )

# %% [markdown]
# The blue curve, precision, reaches 1 where the threshold passes the last of what is no vowel. The dashed red one, recall, comes down in one stair per vowel.
#
# After 20 steps, 0.5 is a bad threshold: it finds only the `e`s. But with 0.3 the same neuron is perfect. The vowels
# already stand above all other characters; they just do not stand above 0.5. After 2,000 steps any threshold between
# 0.1 and 0.9 will do. So most of the training did not make the *decisions* better. It made the *probabilities* better,
# and the loss sees that, while accuracy does not.

# %% [markdown]
# ## 12. What it has learned
#
# A neuron with one weight per character can be read like a table.
#
# **Predict.** The digit `3` occurs once in the training text. What will its weight be, and what does the neuron answer?
#
# - (a) a weight as negative as that of `t`, "not a vowel"
# - (b) a weight near 0, "no idea", that is $p = 0.5$
# - (c) a weight near 0, "not a vowel"

# %% tags=["question"]
guess_rare = "c"  # a letter
predict("weight of a rare one", guess_rare, "a886e322")

# %% nbgrader={"grade": false, "grade_id": "weights", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
order = np.argsort(-counts, kind="stable")  # from frequent to rare
letters = [alphabet[i] for i in order]
plot_bars(
    letters, trained["w"][order], highlight=is_vowel[order],
    title=f"The 46 weights, from frequent to rare characters (vowels in red); the bias is {trained['b'][0]:.2f}", y_label="weight w",
)
q = np.where(is_vowel, answers(trained), 1 - answers(trained))
plot_bars(
    letters, -np.log(q[order]), highlight=is_vowel[order],
    title="What is left to learn: loss per character", y_label="loss (nats)",
)
for character in "e", "u", "z", "3":
    i = corpus.encode(character)[0]
    print(f"{character!r}: {counts[i]:6,} times in the text, weight {trained['w'][i]:6.2f}, p = {answers(trained)[i]:.4f}")

# %% [markdown]
# - The five vowels stand out, in the order of their frequency. Nobody told the neuron the rule; it is written in the
#   weights now.
# - Within each colour the weights shrink from left to right: **rare characters learn slowest**, since their gradient is
#   multiplied by their share of the text. In the second figure the loss therefore grows from left to right.
# - At the same frequency a vowel is left with more loss than a consonant. It has to climb against the bias, while a
#   consonant is carried by it.
# - `3` occurs once in 133,738 characters. Its weight has hardly moved, and still the neuron answers "not a vowel". That
#   is the **bias** speaking: it is negative because most characters are not vowels. For a character that was never
#   seen, the bias is the whole answer. An `é` would be taken for a consonant. Unseen characters are the only thing to
#   generalise to here, and there the neuron can only guess.

# %% [markdown]
# ## 13. The same neuron, a harder question
#
# Your functions never mention vowels. Give them other labels and they learn something else. So ask: **is the *next*
# character a vowel?** The input is still the present character.
#
# This question has no certain answer. After `t` there may be an `o` or an `h`. What will the loss do now, and the
# weights?

# %% [markdown]
# **Predict.** What does the loss do on the way through 2,000 steps?
#
# - (a) it falls, and then stays well above 0
# - (b) it goes towards 0 again, only more slowly
# - (c) it stays where always answering "28 %" is

# %% tags=["question"]
guess_next = "a"  # a letter
predict("next vowel", guess_next, "a90b885f")

# %% nbgrader={"grade": false, "grade_id": "next_vowel", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
next_ids, next_y = ids[:-1], y[1:]
held_next_ids, held_next_y = held_out_ids[:-1], held_out_y[1:]

rng = np.random.default_rng(2)
next_params = {"w": np.zeros(V, dtype=np.float32), "b": np.zeros(1, dtype=np.float32)}
next_train, next_held_out = [mean_loss(next_params, next_ids, next_y)], [mean_loss(next_params, held_next_ids, held_next_y)]
for _ in (bar := progress(looks)):
    next_params, _losses = train(next_params, next_ids, next_y, STEPS_PER_LOOK, 1000, 1.0, rng)
    next_train.append(mean_loss(next_params, next_ids, next_y))
    next_held_out.append(mean_loss(next_params, held_next_ids, held_next_y))
    bar.show(train=next_train[-1], held_out=next_held_out[-1])

followers = np.bincount(next_ids, minlength=V)
counted = np.bincount(next_ids, weights=next_y, minlength=V) / followers  # how often a vowel follows
table = {"w": np.log(counted + 1e-9) - np.log(1 - counted + 1e-9), "b": np.zeros(1)}  # the log odds of these shares
floor = mean_loss(table, next_ids, next_y)
plot_curves(
    {
        "training text": (steps_seen, next_train),
        "held-out text": (steps_seen, next_held_out),
        "best possible on the training text": (steps_seen[[0, -1]], [floor, floor]),
    },
    title="Is the next character a vowel?",
)
plot_bars(
    letters, answers(next_params)[order], highlight=is_vowel[order],
    title="The neuron's answer: probability that a vowel follows", y_label="p",
)
print(f"the neuron:           training text {next_train[-1]:.4f}, held-out text {next_held_out[-1]:.4f}")
print(f"counting (no neuron): training text {floor:.4f}, held-out text {mean_loss(table, held_next_ids, held_next_y):.4f}")
for character in "t", "q", "e", " ", "h":
    i = corpus.encode(character)[0]
    print(f"after {character!r}: the neuron says {answers(next_params)[i]:.3f}, counted {counted[i]:.3f}")

# %% nbgrader={"grade": false, "grade_id": "next_vowel_threshold", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
p = answers(next_params)[held_next_ids]
plot_curves(
    threshold_curves(p, held_next_y), title="Is the next character a vowel? What the threshold does",
    x_label="threshold", y_label="share",
)
for t in 0.3, 0.5, 0.8:
    precision, recall = precision_and_recall(classify(p, t), held_next_y)
    print(f"threshold {t}: precision {precision:.2f}, recall {recall:.2f}")

# %% [markdown]
# What changed, although not a line of the neuron did:
#
# - **The loss has a floor.** The best possible answer after `t` is the share of `t`s that a vowel follows. It cannot be
#   0 or 1, so some surprise remains however long you train: 0.475 nats per character. This is the **irreducible error**.
# - **The weights stop.** $dw_c = f_c\,(p_c - \overline{y}_c)$ is zero exactly when the answer $p_c$ equals the counted
#   share $\overline{y}_c$. The neuron has learned to count without counting: 0.25 after `t`, 0.85 after `h`.
# - **Rare is slow, again.** Nearly every `q` is followed by `u`, but there are only 186 of them in the training text.
#   After 2,000 steps the neuron is still on its way.
# - **Held-out is even lower than training.** That is not skill. The table that simply counts the training text also
#   does better on the held-out part: its pages are a little easier to predict. Compare a loss with another on the same
#   text only.
# - **The threshold is a real choice.** Precision and recall now pull in opposite directions, and no threshold is right
#   for both. What you pick depends on which mistake costs you more.

# %% [markdown]
# ## 14. Two letters, three questions
#
# In section 13 nobody could have known the answer. Now it is certain again. Take two neighbouring letters of the text and give the neuron two inputs: is the first
# one from the first half of the alphabet, `a` to `m`? Is the second one? Then ask three neurons one question each: are *both* from the first half? Is *at least one*? Is *exactly one*?
# (Computer scientists call them AND, OR and XOR, the **exclusive or**.)
#
# **Predict.** Which of them can one neuron not learn?
#
# - (a) both
# - (b) exactly one
# - (c) at least one
# - (d) none, as each answer follows from the two inputs without any doubt

# %% tags=["question"]
guess_cannot = "b"  # a letter
predict("cannot be learned", guess_cannot, "4bdbb7c7")

# %% nbgrader={"grade": false, "grade_id": "three_questions", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
is_letter = np.isin(ids, corpus.encode("abcdefghijklmnopqrstuvwxyz"))
together = is_letter[:-1] & is_letter[1:]
early = np.isin(ids, corpus.encode("abcdefghijklm"))
first, second = early[:-1][together], early[1:][together]
x_pairs = np.stack([first, second], axis=1).astype(np.float32)  # (pairs, 2)
FOUR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)  # all that x can be

curves = {}
print(f"{'p for (first, second) =':24} (0, 0)   (0, 1)   (1, 0)   (1, 1)")
for question, y_pairs in {"both": first & second, "at least one": first | second, "exactly one": first ^ second}.items():
    rng, losses = np.random.default_rng(3), []
    pair_params = {"w": np.zeros(2, dtype=np.float32), "b": np.zeros(1, dtype=np.float32)}
    for _ in range(training_steps(1500, 20)):
        batch = rng.integers(len(x_pairs), size=1000)
        loss, grads = loss_and_gradients(pair_params, x_pairs[batch], y_pairs[batch])
        pair_params = gradient_descent_step(pair_params, grads, 1.0)
        losses.append(loss)
    curves[question] = losses
    print(f"{question:22}", "".join(f"{p:9.3f}" for p in neuron_forward(FOUR, pair_params)[0]))
plot_curves(curves, title="Three questions about two neighbouring letters", y_label="loss (nats)", log_y=True)

# %% [markdown]
# "Both" and "at least one" go towards 0 like the vowels. "Exactly one" stays close to $\log 2$, the loss of a coin, and its four answers stay in the middle. More training does not help, nor does another learning rate. The picture shows
# what the neuron would have to do. It says "yes" where $z = w_1 x_1 + w_2 x_2 + b$ is above 0, and that is one side of a straight line.

# %% nbgrader={"grade": false, "grade_id": "draw_three_questions", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]
figure, panels = canvas(10, 3.4, columns=3)
for axes, name, yes, line in zip(panels, ("both", "at least one", "exactly one"), ({3}, {1, 2, 3}, {1, 2}), (1.5, 0.5, None), strict=True):
    for i, corner in enumerate(CORNERS):
        colour, marker, word = (RED, "s", "yes") if i in yes else (BLUE, "o", "no")
        axes.plot(*corner, marker=marker, color=colour, markersize=11)
        axes.annotate(word, corner, xytext=(9, 7), textcoords="offset points", color=colour)
    if line:
        axes.plot([line - 1.4, 1.4], [1.4, line - 1.4], color=GREY, linestyle="--")
        axes.annotate("z = 0", (1.15, line - 1.15), xytext=(4, 4), textcoords="offset points", color=GREY)
    else:
        axes.annotate("which line?", (0.5, 0.5), ha="center", va="center", color=GREY)
    axes.set(title=name, xlim=(-0.4, 1.5), ylim=(-0.4, 1.5), xticks=(0, 1), yticks=(0, 1), xlabel="first letter early?", aspect="equal")
panels[0].set_ylabel("second letter early?")
show_figure(figure, alt="""Three squares with their four corners, the possible inputs. For "both" only the corner (1, 1) is a yes, and a dashed line cuts it off.
For "at least one" a line cuts off (0, 0), the only no. For "exactly one" the yeses (0, 1) and (1, 0) lie across from each other, and no line is drawn.""")

# %% [markdown]
# **Explain.** Show that no $w_1, w_2, b$ answer "exactly one" rightly. Write down what must hold of $z$ at each of the four corners, two of them above 0 and two below, and add them up in pairs.
# Then say in a sentence why the same two inputs would be enough for *several* neurons, of which one reads the answers of two others.

# %% why_one_line_is_not_enough [markdown] tags=["written"]
# At (0, 1) and (1, 0) the answer is yes, so w2 + b > 0 and w1 + b > 0; together w1 + w2 + 2b > 0. At (0, 0) and (1, 1) it is no, so b < 0 and w1 + w2 + b < 0;
# together w1 + w2 + 2b < 0. Both cannot be, so no weights exist, and no training can find them: the classes are not linearly separable. Two neurons can learn "at
# least one" and "both", which are each one line. A third neuron that reads their answers has an easy question left: the first, but not the second.

# %% [markdown]
# A single neuron draws one straight line through its inputs. That was enough for vowels, since there each character has a weight of its own. Two letters together are another matter,
# and so are words. The way out is a second layer, and 02 builds it.

# %% [markdown]
# ## Takeaways
#
# - A neuron is a weighted sum, a bias and a sigmoid. With one-hot inputs it is a table with one weight per character.
# - The sigmoid's score is the log of the odds. Never take `exp` of large positive numbers, never `log` of 0.
# - Cross-entropy is the mean of $-\log$(probability given to the truth). Sigmoid and cross-entropy together have the
#   simplest of gradients: $dz = (p - y)/B$, answer minus truth.
# - Backward is forward in reverse. What went in many times collects many gradients; shapes tell you how.
# - Learning is proportional to frequency, so what is rare is learned last, and what was never seen is left to the bias.
# - Where the labels are certain, the loss goes to 0 and the weights grow without end. Where they are not, the loss has
#   a floor and the neuron learns the frequencies.
# - A learning rate that is too small wastes your time, and one that is too large jumps over the valley, or so far that the sigmoid saturates
#   and nothing moves any more.
# - One neuron draws one straight line. "Exactly one of the two" is beyond it, however long it trains.
# - The loss judges probabilities, the threshold makes decisions. They are different things, and the threshold is your
#   choice.

# %% [markdown]
# ## Words of the field
#
# | term | here | what it is |
# |---|---|---|
# | artificial neuron, logistic regression | the neuron | a weighted sum, a bias and a sigmoid; under its two names |
# | one-hot encoding | a vector with a single 1 | a symbol as a vector in which no two symbols are alike |
# | logit | score $z$ | the logarithm of the odds $p/(1-p)$; any number before it becomes a probability |
# | activation function | sigmoid | the function behind the weighted sum |
# | binary cross-entropy, log loss, negative log-likelihood | mean surprise at the truth | the mean of $-\log$ of the probability given to the right one of two answers |
# | backpropagation, reverse-mode automatic differentiation | who is to blame? | the chain rule walked from the loss back to the parameters |
# | vector-Jacobian product | what a backward function returns | the upstream gradient times all local slopes |
# | gradient check, finite differences | moving each entry by $h$ | a gradient compared with slopes that were measured on the forward pass |
# | gradient descent, learning rate | one step downhill, $\eta$ | move each parameter against its gradient, by $\eta$ times it |
# | hyperparameter | $\eta$, the batch size | a number that you choose and training does not learn |
# | stochastic gradient descent, mini-batch | some characters, a batch | gradient descent on a few examples, drawn anew for each step |
# | epoch | 134 steps | as many steps as it takes to draw as many examples as there are |
# | validation set, test set | held-out part | text that is not trained on: one to choose with, one to report |
# | generalisation, overfitting | what 01b and 02 will meet | being right on what was not seen; learning what holds for the training examples only |
# | precision, recall | two ways of being wrong | the share of right ones among the yeses; the share of the true ones that were found |

# %% [markdown]
# ## Read on
#
# - Frank Rosenblatt (1958), [*The Perceptron: A Probabilistic Model for Information Storage and Organization in the Brain*](https://doi.org/10.1037/h0042519):
#   the ancestor. Its neuron had a hard step where yours has a sigmoid, and learned from its mistakes all the same.
# - David Cox (1958), [*The Regression Analysis of Binary Sequences*](https://doi.org/10.1111/j.2517-6161.1958.tb00292.x): logistic
#   regression, in the same year, from somebody who was not thinking of brains at all.
# - Baydin, Pearlmutter, Radul and Siskind (2018), [*Automatic Differentiation in Machine Learning: a Survey*](https://www.jmlr.org/papers/v18/17-468.html):
#   what your backward functions are called by those who let a program derive them.
# - Michael Nielsen, *Neural Networks and Deep Learning*, [chapter 1](http://neuralnetworksanddeeplearning.com/chap1.html): neurons and
#   gradient descent, slowly and with much patience.
# - CS231n, [*Backpropagation, Intuitions*](https://cs231n.github.io/optimization-2/): the chain rule on small circuits that you can follow with a pencil.
# - *Dive into Deep Learning*, [*Linear Neural Networks for Classification*](https://d2l.ai/chapter_linear-classification/index.html): the same
#   step with a library that does the backward pass for you.

# %% [markdown]
# ## What comes next
#
# This neuron answers one yes-or-no question, and it sees one character. "Is the next character a vowel?" is as far as it
# gets; it cannot say *which* one comes next, so it cannot write. **01b** asks *which one of 46*, with 46 such neurons side by
# side and a softmax in place of the sigmoid, and the machine begins to write.
