# %% [markdown]
# # 01b: the next character from the current one
#
# Somebody reads *Alice in Wonderland* to you, one character at a time, and stops. You are shown only the last
# character. Which one comes next?
#
# If it is `q`, you answer `u` and you are right nearly every time. If it is `t`, you say `h` and you are right about every third
# time. If it is a space, a new word is about to begin, and you can only say that some first letters are more common than others.
#
# In 01a one neuron answered a yes-or-no question. Here a row of neurons answers this one: **one neuron per
# character**, and each says how strongly it believes in its own character. You write the forward pass, the backward pass
# and the training. The result writes text.
#
# What you build is a **language model**: it gives a probability to everything that may come next. Here that is **next-character prediction**;
# the large ones do the same with pieces of words. The row of neurons with a softmax behind it is called **softmax regression**.
#
# This notebook has a rare feature: **you can compute the best possible loss beforehand, without training**.
# So at the end you will not wonder whether 2.40 is good. You will know that on the text it learns from nothing lower than 2.3928 exists.
#
# - **You need**: notebook 01a. Mathematics: the chain rule and logarithms as there, partial derivatives of a function of many variables, conditional
#   probabilities (for section 10), the product of a vector and a matrix.
# - **Working time**: two to four hours if 01a went smoothly, six to nine if this is new to you (an estimate from the 11 exercises;
#   half an hour of it is for the questions and the two written answers).
# - **Points**: 100, of which forward 23, backward 40, training 18, counting 11, writing 8.
# - **In a hurry**: sections 13 to 15 ask for no code (run their cells all the same), and of section 10 you need the two conclusions, not the proof.
#
# Work from top to bottom: under every exercise stands a check, and later exercises call earlier ones, so mend the first ✗ first. **Predict.** and **Explain.** are
# meant as in 01a: commit yourself, then look.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import (
    TrainingLog,
    check_gradients,
    check_sampling,
    check_training,
    check_values,
    load_corpus,
    plot_bars,
    plot_curves,
    plot_heatmap,
    predict,
    progress,
    show_sample,
    training_steps,
)

corpus = load_corpus()
names = list(corpus.alphabet)
vocabulary_size = corpus.vocabulary_size

# %% [markdown]
# ## 1 · Look at the text first
#
# The text is one long array of ids: character number `t` is `corpus.ids[t]`, a number from 0 to $V - 1$, with $V = 46$
# characters (lower-case letters, space ␣, line break ⏎, punctuation). The field says **token** for the unit that is predicted, here one character, and
# **vocabulary** for all of them. `corpus.train` is the first 90 % and
# `corpus.held_out` the last 10 %, which training never sees.
#
# A **bigram** is a pair of neighbours (current character, next character), the **n-gram** with $n = 2$. All that this notebook's model can ever learn is
# in these pairs; a text in which nothing but the current character decides about the next one is a **Markov chain**. Here is what follows a `t`:

# %% nbgrader={"grade": false, "grade_id": "figure_after_t", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
current_ids, next_ids = corpus.train[:-1], corpus.train[1:]
after_t = np.bincount(next_ids[current_ids == corpus.encode("t")[0]], minlength=vocabulary_size)
plot_bars(
    names, after_t / after_t.sum(), highlight=after_t >= np.sort(after_t)[-3],
    title='What follows "t" in Alice (the three most common in red)', y_label="share of all pairs that start with t",
)

print(f"{len(corpus.train):,} characters to train on, {len(corpus.held_out):,} held out, V = {vocabulary_size}\n")
for character in "qthe. ":
    followers = np.bincount(next_ids[current_ids == corpus.encode(character)[0]], minlength=vocabulary_size)
    best = np.argsort(-followers)[:5]
    print(f"after {character!r}:", "   ".join(f"{names[j]!r} {followers[j] / followers.sum():4.0%}" for j in best))


# %% [markdown]
# ## 2 · One neuron per character
#
# Each neuron $j$ computes a **score** $z_j$ for "the next character is $j$". The scores are called **logits**.
#
# ```text
# one-hot       W (V, V)
# of "t"      ┌──────────┐
#   ␣  0      │ row ␣    │
#   a  0      │ row a    │
#   h  0      │ row h    │
#   t  1 ───► │ row t ═══│══► + b
#   z  0      │ row z    │     ║
#             └──────────┘     ║
#       ╔══════════════════════╝
#       ▼
#   logits            p
#   ␣  0.9           0.24
#   a -1.5           0.02
#   h  1.2  softmax  0.32
#   t -1.1  ──────►  0.03
#   z -7.0           0.00
# ```
#
# (Five of the 46 characters; the probabilities are the shares counted above.)
#
# Read the weight matrix in two ways:
#
# - **column** $j$ holds the weights of neuron $j$, which stands for the *next* character $j$;
# - **row** $i$ holds what all the neurons say when the *current* character is $i$.
#
# The input is a one-hot vector $o$, shape $(V,)$: a 1 at the current character $i$ and 0 elsewhere. So the matrix product does
# nothing but pick a row:
#
# $$z = o\,W + b = W_{i,:} + b \qquad o: (V,)\quad W: (V, V)\quad b: (V,)\quad z: (V,)$$
#
# You will never build $o$. You will pick the row.
#
# From now on a batch of ids `x` has any shape, $(N,)$ or $(B, T)$, and the logits have one axis more, $(N, V)$ or $(B, T, V)$. The
# last axis always runs over the next character. Write your functions so that they work along this **last axis**, and both
# shapes come for free.

# %% [markdown]
# ## 3 · From scores to probabilities: softmax
#
# Scores can be any number. Probabilities must be positive and add up to 1. Softmax takes care of both:
#
# $$p_j = \frac{e^{z_j}}{\sum_{k=1}^{V} e^{z_k}} \qquad z: (\dots, V) \quad p: (\dots, V)$$
#
# The exponential makes everything positive, the division makes the sum 1. Taking the same number $c$ off *all* scores changes
# nothing, because $e^{z_j - c} = e^{z_j} / e^c$ and $e^c$ cancels. Only differences of scores matter.
#
# That is also the cure for a real problem. $e^{1000}$ does not fit into a float: it becomes infinity, and
# $\infty / \infty$ is NaN. Choose $c = \max_k z_k$. Then the largest exponent is 0, the largest exponential is 1, and nothing
# can overflow.
#
# **Exercise 1.** Write a softmax that survives any finite scores. `np.max` and `np.sum` with `axis=-1, keepdims=True` keep the
# shapes fit for **broadcasting**: NumPy stretches an axis of length 1 to the length that the other array has there.

# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax(logits):
    """Turn scores into probabilities along the last axis.

    logits: (..., V), any finite numbers, also 1000 or -1000.
    Returns p: (..., V), same dtype; along the last axis positive (or 0 by rounding) with sum 1.
    """
    ### BEGIN SOLUTION
    exponentials = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return exponentials / np.sum(exponentials, axis=-1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_softmax", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

# e^0 : e^(ln 2) : e^(ln 5) is 1 : 2 : 5
logits = np.array([[0.0, np.log(2.0), np.log(5.0)], [3.0, 3.0, 3.0]])
check_values(softmax, {"logits": logits}, np.array([[1 / 8, 2 / 8, 5 / 8], [1 / 3, 1 / 3, 1 / 3]]))
check_values(softmax, {"logits": np.array([1000.0, 1000.0, -1000.0, 1000.0])}, np.array([1 / 3, 1 / 3, 0.0, 1 / 3]))
# Rows at very different heights, each with the ratio 1 : 3; and float32, which should stay float32.
high, low = np.array([2000.0, 2000.0 + np.log(3.0)]), np.array([-2000.0 + np.log(3.0), -2000.0])
check_values(softmax, {"logits": np.array([[high, low]])}, np.array([[[1 / 4, 3 / 4], [3 / 4, 1 / 4]]]))
check_values(
    softmax, {"logits": logits.astype(np.float32)},
    np.array([[1 / 8, 2 / 8, 5 / 8], [1 / 3, 1 / 3, 1 / 3]], np.float32), tolerance=1e-5,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    softmax, {"logits": rng.normal(scale=2, size=(2, 3, 5))}, reference.softmax,
    says="`softmax` is tried on a batch of sequences, (B, T, V).",
)
check_values(
    softmax, {"logits": rng.normal(scale=1000, size=(4, 7)) + 3000 * rng.permutation(4)[:, None]}, reference.softmax,
    says="`softmax` is tried on very large scores of both signs, row by row at very different heights.",
)
check_values(
    softmax, {"logits": rng.normal(size=(4, 7)).astype(np.float32)}, reference.softmax, tolerance=1e-5,
    says="`softmax` is tried in float32, which should stay float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · How wrong is a prediction: cross-entropy
#
# The model says $p$, then the next character turns out to be $y$. How surprised should it be? We measure the surprise by
# $-\ln p_y$: zero if it was certain and right, $\ln 4 \approx 1.386$ if it gave $y$ a quarter, and without limit as $p_y$ goes to 0.
# The **loss** is the mean surprise over all $M$ positions of a batch ($M = N$ or $M = B \cdot T$), in *nats per character*. It is the **cross-entropy** of
# prediction and text, or the negative log-likelihood of 01a for more than two answers:
#
# $$L = -\frac{1}{M} \sum_{m=1}^{M} \ln p_{m,\,y_m} \qquad p: (M, V) \quad y: (M,) \quad L: \text{a number}$$
#
# A handy way to read it: $e^L$ is the number of equally likely characters among which the model is still guessing. It has a name, **perplexity**, and
# papers often quote it in place of the loss. A model that knows nothing gives everything $1/V$ and has the loss $\ln V = \ln 46 = 3.829$, perplexity 46. We call this *chance*.
#
# **Mind the trap.** If $p_y$ is tiny, it rounds to 0, and $\ln 0 = -\infty$. So do not take the logarithm of softmax. Do the algebra first:
#
# $$\ln p_j = \ln \frac{e^{z_j - c}}{\sum_k e^{z_k - c}} = (z_j - c) - \ln \sum_{k} e^{z_k - c}, \qquad c = \max_k z_k$$
#
# The sum on the right holds at least one $e^0 = 1$, so its logarithm is always finite. The whole is called **log-softmax**, its second half **log-sum-exp**.
#
# **Exercise 2.** Compute the loss this way. To pick one entry per position out of $(\dots, V)$, use
# `np.take_along_axis(log_p, targets[..., None], axis=-1)`: it works for every leading shape. Put into the cache what the backward pass
# will need; read the next section first if you want to know what that is.

# %% nbgrader={"grade": false, "grade_id": "cross_entropy_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy_forward(logits, targets):
    """Mean surprise -ln p(target) of softmax(logits), in nats.

    logits: (..., V), any finite numbers, also 1000 or -1000.
    targets: (...), ids of the characters that really came next.
    Returns loss, cache: loss is one number, the mean over all positions; cache is up to you.
    """
    ### BEGIN SOLUTION
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    loss = -np.mean(np.take_along_axis(log_p, targets[..., None], axis=-1))
    return loss, (log_p, targets)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_forward", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

# Equal scores for 5 characters: the surprise is ln 5, whatever comes.
check_values(
    cross_entropy_forward, {"logits": np.zeros((2, 3, 5)), "targets": np.array([[0, 4, 2], [1, 1, 3]])}, np.log(5),
    given=["softmax"],
)
# p is (1/8, 2/8, 5/8) and (4/8, 2/8, 2/8), and the targets have 2/8 and 4/8: the mean of ln 4 and ln 2.
logits = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 2.0, 2.0]]))
check_values(
    cross_entropy_forward, {"logits": logits, "targets": np.array([1, 0])}, (np.log(4) + np.log(2)) / 2, given=["softmax"],
)
# Certain and wrong: the surprise is large, but it is a number.
check_values(
    cross_entropy_forward, {"logits": np.array([[1000.0, 0.0, 0.0]]), "targets": np.array([2])}, 1000.0, given=["softmax"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    cross_entropy_forward, {"logits": rng.normal(scale=2, size=(2, 3, 5)), "targets": rng.integers(5, size=(2, 3))},
    reference.cross_entropy_forward, given=["softmax"],
    says="`cross_entropy_forward` is tried on a batch of sequences.",
)
check_values(
    cross_entropy_forward, {"logits": rng.normal(scale=2, size=(6, 4)), "targets": rng.integers(4, size=6)},
    reference.cross_entropy_forward, given=["softmax"],
    says="`cross_entropy_forward` is tried on logits (N, V).",
)
check_values(
    cross_entropy_forward, {"logits": rng.normal(scale=2000, size=(4, 7)), "targets": rng.integers(7, size=4)},
    reference.cross_entropy_forward, given=["softmax"],
    says="`cross_entropy_forward` is tried on very large scores of both signs.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · The gradient of the loss
#
# To learn, we ask each score: *if you rose a little, how would the loss change?* For one position with target $y$, the
# last section gave $\ell = -\ln p_y = -z_y + \ln \sum_k e^{z_k}$ (the $c$ cancels). Differentiate by $z_j$, term by term:
#
# - $-z_y$ gives $-1$ if $j = y$, else 0;
# - $\ln \sum_k e^{z_k}$ gives $e^{z_j} / \sum_k e^{z_k}$, and that is $p_j$.
#
# So a page of algebra shrinks to *what I predicted minus what came*. The loss is the mean over $M$ positions, and the
# chain rule brings in the upstream gradient `dloss` (how much the final result changes when $L$ does; a number):
#
# $$\frac{\partial L}{\partial z_{m,j}} = \frac{1}{M}\left(p_{m,j} - [\,j = y_m]\right), \qquad
# \texttt{dlogits} = \texttt{dloss} \cdot \frac{\partial L}{\partial z} \qquad \texttt{dlogits}: \text{the shape of the logits, } (\dots, V)$$
#
# Three things to notice. Along the last axis the entries add up to 0: what one score gains, the others lose. If the prediction was
# perfect, the gradient is zero. And $M$ counts *all* positions, $B \cdot T$ of them for a $(B, T)$ batch.
#
# **Exercise 3.** Write the backward pass. Subtracting 1 in one place per position: `np.put_along_axis` and `np.take_along_axis` are partners,
# or compare `targets[..., None]` with `np.arange` of the number of characters. Do not write into an array that lies in the cache.

# %% nbgrader={"grade": false, "grade_id": "cross_entropy_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy_backward(dloss, cache):
    """Gradient of the mean cross-entropy with respect to the logits.

    dloss: a number, the upstream gradient of the loss.
    cache: what cross_entropy_forward returned.
    Returns dlogits: (..., V), the shape and dtype of the logits.
    """
    ### BEGIN SOLUTION
    log_p, targets = cache
    came = targets[..., None] == np.arange(log_p.shape[-1])
    return (np.exp(log_p) - came) * (dloss / targets.size)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_backward", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(5)
inputs = {"logits": rng.normal(scale=2, size=(2, 3, 5)), "targets": np.array([[4, 0, 4], [2, 3, 0]])}
check_gradients(cross_entropy_forward, cross_entropy_backward, inputs, given=["softmax"])
inputs = {"logits": rng.normal(scale=2, size=(4, 3)), "targets": np.array([2, 0, 0, 1])}
check_gradients(cross_entropy_forward, cross_entropy_backward, inputs, given=["softmax"])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    cross_entropy_forward, cross_entropy_backward,
    {"logits": rng.normal(scale=2, size=(2, 3, 5)), "targets": rng.integers(5, size=(2, 3))},
    reference=reference.cross_entropy_forward, given=["softmax"],
    says="`cross_entropy_backward` is tried on a batch of sequences.",
)
check_gradients(
    cross_entropy_forward, cross_entropy_backward,
    {"logits": rng.normal(scale=2, size=(6, 4)), "targets": rng.integers(4, size=6)},
    reference=reference.cross_entropy_forward, given=["softmax"],
    says="`cross_entropy_backward` is tried on logits (N, V).",
)
### END HIDDEN TESTS

# %% [markdown]
# Look at the gradient once, with the sign turned round: gradient descent moves *against* it. Here a model that knows nothing
# (all scores 0) has seen `t` and learns that `h` came. The neuron of `h` is pushed up, all the others are pushed down a little, and all
# pushes together make 0.

# %% nbgrader={"grade": false, "grade_id": "figure_push", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
seen = np.zeros((1, vocabulary_size))
_, push_cache = cross_entropy_forward(seen, corpus.encode("h"))
push = -cross_entropy_backward(1.0, push_cache)[0]
plot_bars(
    names, push, highlight=push > 0,
    title='One example, "t" then "h": the push on each neuron\'s score', y_label="-dlogits",
    alt="One bar per character. The bar of h stands up to 0.98; the bars of all the other 45 characters hang down to -0.02 each.",
)

# %% [markdown]
# The push on `h` is $1 - \frac{1}{46}$, and each of the others gives back the $\frac{1}{46}$ that it had claimed. So every character that comes also teaches something about the 45 that did not come.
#
# **Predict.** Another model is as wrong as can be. It gave `h` a probability of one in a billion, and then `h` came: a loss of 20.7. How large is the push on the score of `h`?
#
# - (a) about 1
# - (b) about 20, like the loss
# - (c) about a billion, the slope of $-\ln p$ at this $p$

# %% tags=["question"]
guess_push = "a"  # a letter
predict("push of a surprise", guess_push, "daa581e9")

# %% nbgrader={"grade": false, "grade_id": "figure_surprise", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
h = int(corpus.encode("h")[0])
print(f"{'p of h':>8} {'loss':>8} {'push on h':>10} {'on each other one':>18}")
for p in 1e-9, 1 / vocabulary_size, 0.5, 0.98:
    row = np.zeros((1, vocabulary_size))
    row[0, h] = np.log(p / (1 - p) * (vocabulary_size - 1))  # the score that gives h this p, when all others are alike
    loss, cache = cross_entropy_forward(row, np.array([h]))
    push = -cross_entropy_backward(1.0, cache)[0]
    print(f"{p:8.2g} {loss:8.3f} {push[h]:10.3f} {push[h - 1]:18.4f}")


# %% [markdown]
# The loss has no upper end, but the push has: $1 - p$ is at most 1. The slope of $-\ln p$ is enormous there, $1/p$, and the softmax is as flat as that is steep, so that the two cancel. Even a terrible mistake moves no parameter by more than one learning rate, and a right answer hardly moves
# any.

# %% [markdown]
# ## 6 · The layer, forward
#
# $$\texttt{logits} = W[x] + b \qquad x: (\dots)\quad W: (V, V)\quad b: (V,)\quad \texttt{logits}: (\dots, V)$$
#
# NumPy's indexing does the work: `W[x]` with an array of ids `x` of shape $(B, T)$ gives one row per id, shape $(B, T, V)$. You will meet
# the same lookup in every notebook after this one, where it is called an **embedding**.
#
# **Exercise 4.** The parameters are in a dict: `params["W"]` and `params["b"]`.

# %% nbgrader={"grade": false, "grade_id": "bigram_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bigram_forward(x, params):
    """Scores for the next character, from the current one alone.

    x: (...) ids of the current characters, such as (N,) or (B, T).
    params: {"W": (V, V), "b": (V,)}; row i of W belongs to the current character i.
    Returns logits, cache: logits is (..., V), cache is up to you.
    """
    ### BEGIN SOLUTION
    return params["W"][x] + params["b"], x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_bigram_forward", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"W": np.array([[0.0, 1.0, 2.0], [10.0, 11.0, 12.0], [20.0, 21.0, 22.0]]), "b": np.array([0.5, 0.0, -0.5])}
check_values(
    bigram_forward, {"x": np.array([2, 0]), "params": params},
    np.array([[20.5, 21.0, 21.5], [0.5, 1.0, 1.5]]),
)
# Two sequences of two, in float32, which should stay float32.
single = {"W": params["W"].astype(np.float32), "b": params["b"].astype(np.float32)}
check_values(
    bigram_forward, {"x": np.array([[1, 1], [0, 2]]), "params": single},
    np.array([[[10.5, 11, 11.5], [10.5, 11, 11.5]], [[0.5, 1, 1.5], [20.5, 21, 21.5]]], np.float32),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W": rng.normal(size=(5, 5)), "b": rng.normal(size=5)}
check_values(
    bigram_forward, {"x": rng.integers(5, size=(2, 3)), "params": params}, reference.bigram_forward,
    says="`bigram_forward` is tried on a batch of sequences, (B, T).",
)
check_values(
    bigram_forward, {"x": rng.integers(5, size=7), "params": params}, reference.bigram_forward,
    says="`bigram_forward` is tried on a row of ids, (N,).",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · The layer, backward
#
# The gradient of the logits comes in, `dlogits` of shape $(\dots, V)$. Which weights did it pass through? A position with the current
# character $i$ used row $i$ of $W$ and nothing else, and each entry of that row went straight into one logit. So:
#
# $$\texttt{dW}_{i,:} = \sum_{m:\; x_m = i} \texttt{dlogits}_{m,:} \qquad \texttt{dW}: (V, V)$$
#
# $$\texttt{db} = \sum_{m} \texttt{dlogits}_{m,:} \qquad \texttt{db}: (V,)$$
#
# In words: **each position puts its gradient into the row that it read, and rows read more than once collect more than once.** The
# forward pass gathers rows (a **gather**), the backward pass scatters and adds (a **scatter-add**). The bias was used at every position, so it collects from all.
#
# ```text
#  x   dlogits       dW
#     (3, V)       (V, V)
#
#  t  row 0 ──┐    row a = 0
#  h  row 1 ──│──► row h = row 1
#  t  row 2 ──┴──► row t = row 0
#                        + row 2
# ```
#
# **Mind the trap.** `dW[x] = dlogits` keeps only the last gradient of a repeated character. `dW[x] += dlogits` looks right and does the same:
# NumPy reads all the rows first, adds, and writes back, so the last one wins. The tool that really adds is
# `np.add.at(dW, x, dlogits)`.
#
# The ids $x$ are not differentiable (there is no character "a bit more than t"), so there is no `dx`.
#
# **Exercise 5.** Return the dict of gradients, with the same keys as `params`. Let `dW` have the dtype of `dlogits`.

# %% nbgrader={"grade": false, "grade_id": "bigram_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bigram_backward(dlogits, cache):
    """Gradients of the layer's parameters.

    dlogits: (..., V), upstream gradient of the logits.
    cache: what bigram_forward returned.
    Returns grads: {"W": (V, V), "b": (V,)}, in the dtype of dlogits.
    """
    ### BEGIN SOLUTION
    x = cache
    V = dlogits.shape[-1]
    dW = np.zeros((V, V), dtype=dlogits.dtype)
    np.add.at(dW, x, dlogits)
    return {"W": dW, "b": dlogits.reshape(-1, V).sum(axis=0)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_bigram_backward", "locked": true, "points": 22, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(7)
params = {"W": rng.normal(size=(5, 5)), "b": rng.normal(size=5)}
# All ids differ: each row of W is read at most once.
check_gradients(bigram_forward, bigram_backward, {"x": np.array([3, 0, 4]), "params": params})
# Some ids repeat, in a sequence and across the batch.
check_gradients(bigram_forward, bigram_backward, {"x": np.array([[1, 4, 1], [4, 4, 2]]), "params": params})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W": rng.normal(size=(4, 4)), "b": rng.normal(size=4)}
check_gradients(
    bigram_forward, bigram_backward, {"x": rng.integers(4, size=(2, 5)), "params": params},
    reference=reference.bigram_forward,
    says="`bigram_backward` is tried on a batch of sequences, (B, T), in which characters repeat.",
)
check_gradients(
    bigram_forward, bigram_backward, {"x": rng.integers(4, size=9), "params": params},
    reference=reference.bigram_forward,
    says="`bigram_backward` is tried on a row of ids, (N,), in which characters repeat.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · One step downhill
#
# The gradient points uphill. A step of gradient descent with learning rate $\eta$ goes the other way, for each parameter $\theta$ by itself:
#
# $$\theta \leftarrow \theta - \eta\, \texttt{d}\theta \qquad \theta,\ \texttt{d}\theta: \text{same shape}\quad \eta: \text{a number}$$
#
# **Exercise 6.** Return a *new* dict of *new* arrays. (`params["W"] -= ...` would change the caller's array behind its back.)

# %% nbgrader={"grade": false, "grade_id": "sgd_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sgd_step(params, grads, learning_rate):
    """One step of gradient descent.

    params, grads: dicts with the same keys, whatever they are, and arrays of the same shapes.
    learning_rate: a number.
    Returns new params: the same keys, shapes and dtypes; `params` stays as it is.
    """
    ### BEGIN SOLUTION
    return {name: params[name] - learning_rate * grads[name] for name in params}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_sgd_step", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([0.5, -0.5])}
grads = {"W": np.array([[10.0, 0.0], [-10.0, 20.0]]), "b": np.array([-1.0, 1.0])}
check_values(
    sgd_step, {"params": params, "grads": grads, "learning_rate": 0.1},
    {"W": np.array([[0.0, 2.0], [4.0, 2.0]]), "b": np.array([0.6, -0.6])},
)
# Whatever the keys are; and float32 stays float32.
check_values(
    sgd_step,
    {"params": {"gain": np.array([1.0, -2.0], np.float32)}, "grads": {"gain": np.array([0.5, 4.0], np.float32)}, "learning_rate": 2.0},
    {"gain": np.array([0.0, -10.0], np.float32)},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W": rng.normal(size=(3, 4)), "b": rng.normal(size=4), "U": rng.normal(size=(2, 5))}
grads = {"W": rng.normal(size=(3, 4)), "b": rng.normal(size=4), "U": rng.normal(size=(2, 5))}
check_values(
    sgd_step, {"params": params, "grads": grads, "learning_rate": 0.3}, reference.sgd_step,
    says="`sgd_step` is tried on three parameters.",
)
single = {"W": rng.normal(size=(3, 4)).astype(np.float32), "b": rng.normal(size=4).astype(np.float32)}
steps = {"W": rng.normal(size=(3, 4)).astype(np.float32), "b": rng.normal(size=4).astype(np.float32)}
check_values(
    sgd_step, {"params": single, "grads": steps, "learning_rate": 2.0}, reference.sgd_step, tolerance=1e-5,
    says="`sgd_step` is tried in float32, which should stay float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 9 · How good can it get? Count
#
# Before training, find out what training can reach. Count all the pairs of the text: $C_{ij}$ is how often $j$ directly follows $i$.
#
# $$C: (V, V) \qquad \sum_{ij} C_{ij} = \text{number of characters} - 1$$
#
# **Exercise 7.** Count them. The same pair occurs many times, so this is a scatter-add again: `np.add.at` takes a tuple of
# two index arrays, one for the rows and one for the columns, and the number 1 to add.

# %% nbgrader={"grade": false, "grade_id": "bigram_counts", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bigram_counts(ids, V):
    """How often each character follows each other one.

    ids: (N,) a text as ids. V: the size of the alphabet.
    Returns counts: (V, V), counts[i, j] is the number of places where j comes directly after i.
    """
    ### BEGIN SOLUTION
    counts = np.zeros((V, V))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_bigram_counts", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

# The text 0 1 1 2 0 1 has the pairs 01, 11, 12, 20, 01; character 3 never occurs.
check_values(
    bigram_counts, {"ids": np.array([0, 1, 1, 2, 0, 1]), "V": 4},
    np.array([[0.0, 2, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]), any_number=True,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    bigram_counts, {"ids": rng.integers(5, size=120), "V": 7}, reference.bigram_counts, any_number=True,
    says="`bigram_counts` is tried on a random text in which two characters never occur.",
)
### END HIDDEN TESTS

# %% [markdown]
# **Predict.** There are $46^2 = 2116$ possible pairs, and the training part has 133,737 places for them. How many of the 2116 occur at least once?
#
# - (a) nearly all: there are 63 places for each
# - (b) about two thirds
# - (c) fewer than half

# %% tags=["question"]
guess_pairs = "c"  # a letter
predict("pairs that occur", guess_pairs, "1b1d13a6")

# %% nbgrader={"grade": false, "grade_id": "pairs_that_occur", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
pair_counts = bigram_counts(corpus.train, vocabulary_size)
print(f"{(pair_counts > 0).sum()} of {vocabulary_size**2} pairs occur, {(pair_counts == 1).sum()} of them only once, such as:")
for i, j in np.argwhere(pair_counts == 1)[::6]:
    print(repr(names[i] + names[j]), end="  ")
print(f"\n\nthe 50 most common pairs make up {np.sort(pair_counts.ravel())[-50:].sum() / pair_counts.sum():.0%} of the text")


# %% [markdown]
# Text is very uneven. A few pairs come again and again, a good many came once by chance, and for most the text has no example at all. Whether "not seen" means
# "impossible" is a question that returns in section 11.

# %% [markdown]
# ## 10 · The floor: why no single layer can beat it
#
# Write $p(i)$ for the share of pairs that start with $i$, and $p(j \mid i) = C_{ij} / \sum_k C_{ik}$ for the share of those that go on with
# $j$. Let the model answer $q(j \mid i)$ after $i$, whatever it is. In the loss, equal pairs have equal surprise, so collect them:
#
# $$L = -\frac{1}{M}\sum_m \ln q(y_m \mid x_m) = -\sum_i p(i) \sum_j p(j \mid i)\, \ln q(j \mid i)$$
#
# Now add and subtract $\ln p(j \mid i)$ inside the sum. It falls into two parts:
#
# $$L \;=\; \underbrace{-\sum_{i} p(i) \sum_j p(j \mid i) \ln p(j \mid i)}_{H(\text{next}\,\mid\,\text{current}):\ \text{the text's, no } q \text{ in it}}
# \;+\; \sum_i p(i) \underbrace{\sum_j p(j \mid i) \ln \frac{p(j \mid i)}{q(j \mid i)}}_{\mathrm{KL}_i \;\ge\; 0:\ \text{the model's error after } i}$$
#
# The first part, the **conditional entropy**, belongs to the text. No weights appear in it, so no training can lower it. The second part is a mean of
# **Kullback-Leibler divergences**, the usual measure of how far one distribution is from another, and never negative: since $\ln u \le u - 1$, we have $-\mathrm{KL}_i = \sum_j p(j \mid i) \ln \frac{q(j \mid i)}{p(j \mid i)} \le \sum_j p(j \mid i) \left(\frac{q(j \mid i)}{p(j \mid i)} - 1\right) \le 0$, and it is
# zero only when $q = p$. So:
#
# - **Nothing gets below $H$.** Not a better optimiser, nor a wider layer, nor ten layers: we used only that the answer $q(\cdot \mid i)$ depends on
#   the current character alone. What is missing is information, not cleverness.
# - **One layer can reach it.** It owns a separate row of scores for each $i$, and with $W_{ij} = \ln p(j \mid i)$, $b = 0$, softmax returns
#   exactly $p(j \mid i)$.
#
# The floor is that of the text on which you count. Another text has another floor; what the same model costs there is a question for section 11.
#
# **Exercise 8.** Compute $H$ from counts. Where a count is 0, the term $p \ln p$ counts as 0 (its limit), and a row without any count has
# no weight; take care that neither becomes NaN. One good way: sum over the non-zero entries only, with
# $H = -\frac{1}{\sum C} \sum_{C_{ij} > 0} C_{ij} \ln \frac{C_{ij}}{\sum_k C_{ik}}$.

# %% nbgrader={"grade": false, "grade_id": "conditional_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conditional_entropy(counts):
    """Entropy of the next character when the current one is known, in nats.

    counts: (R, V), how often each of V characters came in each of R situations; may hold zeros and rows of zeros.
    Returns a number: the mean of -ln p(j | i) over all that was counted, p(j | i) = counts[i, j] / sum of row i.
    """
    ### BEGIN SOLUTION
    i, j = np.nonzero(counts)
    seen = counts[i, j]
    return -np.sum(seen * np.log(seen / counts.sum(axis=1)[i])) / np.sum(counts)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_conditional_entropy", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

# Row 0 (8 of 12 pairs) is a fair choice of two: ln 2. Row 1 never occurs. Row 2 (4 of 12) is certain: 0.
check_values(
    conditional_entropy, {"counts": np.array([[4.0, 4.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 4.0]])},
    8 / 12 * np.log(2.0),
)
# A single situation with the shares 1/4, 1/4 and 1/2.
check_values(conditional_entropy, {"counts": np.array([[2.0, 0.0, 2.0, 4.0]])}, 1.5 * np.log(2.0))
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
table = rng.integers(1, 9, size=(5, 5)) * (rng.random((5, 5)) < 0.6) + 7.0 * np.eye(5)
check_values(
    conditional_entropy, {"counts": table}, reference.conditional_entropy,
    says="`conditional_entropy` is tried on random counts, some of them zero.",
)
check_values(
    conditional_entropy, {"counts": rng.integers(1, 9, size=(1, 6)).astype(float)}, reference.conditional_entropy,
    says="`conditional_entropy` is tried on a single row, which makes it the plain entropy.",
)
### END HIDDEN TESTS

# %% [markdown]
# With a single row of counts, your function is the plain **entropy** of the characters: the best loss of a model that does not even look at the
# current character. That gives three landmarks: knowing nothing, knowing how common each character is, and knowing the current one.

# %% nbgrader={"grade": false, "grade_id": "figure_landmarks", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
counts = bigram_counts(corpus.train, vocabulary_size)
chance = float(np.log(vocabulary_size))
unigram = float(conditional_entropy(counts.sum(axis=0, keepdims=True)))
optimum = float(conditional_entropy(counts))
landmarks = {"chance, ln V": chance, "unigram entropy": unigram, "optimum, H(next | current)": optimum}
for name, nats in landmarks.items():
    print(f"{name:<28} {nats:.4f} nats per character, a guess among {np.exp(nats):4.1f} characters")


# %% [markdown]
# ## 11 · Counting instead of training
#
# The section above says that $W_{ij} = \ln p(j \mid i)$ is optimal. Try it. The next cell defines two small helpers: fresh parameters, all zero,
# and the loss of given parameters on a whole text. In a text, the target of each character is simply its neighbour: the inputs are
# `ids[:-1]`, the targets are `ids[1:]`.
#
# All zero is a fine start here. (Later, in networks with a hidden layer, it would be a disaster; ask yourself why when you get there.)

# %% nbgrader={"grade": false, "grade_id": "evaluate", "locked": true, "schema_version": 3, "solution": false, "task": false}
def zero_params(V):
    """Fresh float32 parameters, {"W": (V, V), "b": (V,)}, all zero: every character is equally likely."""
    return {"W": np.zeros((V, V), dtype=np.float32), "b": np.zeros(V, dtype=np.float32)}


def evaluate(params, ids):
    """Loss of the layer over a whole text, ids (N,), in nats per character."""
    logits, _ = bigram_forward(ids[:-1], params)
    loss, _ = cross_entropy_forward(logits, ids[1:])
    return float(loss)


# %% [markdown]
# **Predict.** You take $W = \ln p(j \mid i)$ as counted on the training part. On the training part its loss is the floor, as proved. What is its loss on the *held-out* part, of 14,859 pairs?
#
# - (a) a few hundredths above the floor
# - (b) about 3, that of characters without context
# - (c) infinite

# %% tags=["question"]
guess_counted = "c"  # a letter
predict("counted, held out", guess_counted, "75cc85b5")

# %% nbgrader={"grade": false, "grade_id": "figure_counting", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
with np.errstate(divide="ignore"):
    log_share = np.log(counts / counts.sum(axis=1, keepdims=True))
counted = {"W": log_share, "b": np.zeros(vocabulary_size)}
unseen = int((bigram_counts(corpus.held_out, vocabulary_size) * (counts == 0)).sum())

print(f"untrained, all zero:   training part {evaluate(zero_params(vocabulary_size), corpus.train):.4f}")
print(f"W = ln p(j | i):       training part {evaluate(counted, corpus.train):.4f}")
print(f"                       held-out part {evaluate(counted, corpus.held_out):.4f}")
print(f"pairs in the held-out part that the training part does not have: {unseen} of {len(corpus.held_out) - 1:,}")

# %% [markdown]
# Two lessons. On the training part, counting lands exactly on the floor. On the held-out part its loss is **infinite**: eleven times a pair comes that never occurred
# in training, and counting calls it impossible. One certain error is enough. (Who works with tables mends them by **smoothing**: a little is added to every count.)
#
# How much is a little? Let $\alpha$ be what is added to each of the 2116 counts before they are turned into shares. A large $\alpha$ drowns what was counted: in the end all characters are equally likely.
#
# **Predict.** With which of these is the held-out loss lowest?
#
# - (a) $\alpha = 0.1$
# - (b) $\alpha = 1$, as if every pair had been seen once more (the textbooks' "add one")
# - (c) $\alpha = 10$

# %% tags=["question"]
guess_smoothing = "a"  # a letter
predict("how much smoothing", guess_smoothing, "95ddcc5c")

# %% nbgrader={"grade": false, "grade_id": "figure_smoothing", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
amounts = 10.0 ** np.linspace(-4, 1, 11)
smoothed = {"training part": [], "held-out part": []}
for amount in amounts:
    table = counts + amount
    params = {"W": np.log(table / table.sum(axis=1, keepdims=True)), "b": np.zeros(vocabulary_size)}
    smoothed["training part"].append(evaluate(params, corpus.train))
    smoothed["held-out part"].append(evaluate(params, corpus.held_out))
plot_curves(
    {name: (np.log10(amounts[:-1]), losses[:-1]) for name, losses in smoothed.items()}, lines={"floor of the training part": optimum},
    title="How much to add to each count?", x_label="log10 of the amount (-1 is 0.1)",
)
for amount, before, after in list(zip(amounts, *smoothed.values(), strict=True))[::2]:
    print(f"{amount:8.4g} added: training part {before:.4f}, held-out part {after:.4f}")


# %% [markdown]
# Smoothing can only spoil the training loss, which was at the floor. On the held-out part it works wonders at once: even a ten-thousandth of a count is enough to make infinity finite. The best amount is near 0.1, where the loss is
# 2.392; one whole count for each pair is already more than the evidence of the rare ones can bear. (The held-out part may lie below 2.3928, which is the floor of the *training* part.)
#
# So why train at all? For one character of context, a smoothed table does as well. But somebody has to choose the amount. Weights that start at 0 move away only as far as the evidence pushes
# them, so nothing ever becomes quite impossible. And the table of counts has $46^2 = 2116$ entries for one character of context, but $46^{10} \approx 4 \cdot 10^{16}$ for
# ten. Nobody can count that. The networks of the coming notebooks learn it with the same loss and the same training loop that you write now.

# %% [markdown]
# ## 12 · Training
#
# One step of **mini-batch SGD** (stochastic gradient descent, as in 01a):
#
# 1. draw `batch_size` random positions $t$ of the text, from 0 to the last but one: `rng.integers(len(ids) - 1, size=batch_size)`;
# 2. forward: the inputs are $x = \texttt{ids}[t]$, shape $(N,)$, and the targets their right neighbours $y = \texttt{ids}[t + 1]$, shape $(N,)$; compute logits, then loss;
# 3. backward: start with `dloss = 1.0`, go through the loss to `dlogits`, then through the layer to `grads`;
# 4. one `sgd_step`.
#
# A batch gives only an estimate of the gradient over the whole text, but one of 256 positions costs a five-hundredth of it.
#
# **Exercise 9.** Put your functions together. The learning rates come as a list, one per step, so that they can change on the way (you will
# see below what that is good for). Draw a new batch for each step.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(params, ids, learning_rates, batch_size, rng):
    """Mini-batch SGD on pairs of neighbouring characters, one step per learning rate.

    params: {"W": (V, V), "b": (V,)}, where to start. ids: (N,) the text.
    learning_rates: a list of numbers; step k uses learning_rates[k].
    batch_size: how many random positions each step looks at, `rng.integers(len(ids) - 1, size=batch_size)`.
    Returns params, losses: the new parameters, and an array (steps,) with the loss of each step's batch before its update.
    """
    ### BEGIN SOLUTION
    losses = []
    for learning_rate in learning_rates:
        positions = rng.integers(len(ids) - 1, size=batch_size)
        logits, layer_cache = bigram_forward(ids[positions], params)
        loss, loss_cache = cross_entropy_forward(logits, ids[positions + 1])
        dlogits = cross_entropy_backward(1.0, loss_cache)
        grads = bigram_backward(dlogits, layer_cache)
        params = sgd_step(params, grads, learning_rate)
        losses.append(loss)
    return params, np.array(losses)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_train", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_randomness, check_training, check_values

# A text of two characters has one pair, 0 1, so every batch is alike. In float32, which should stay float32.
start = {"W": np.array([[0.2, -0.3], [0.1, 0.4]], np.float32), "b": np.array([0.5, -0.1], np.float32)}
check_values(
    train,
    {"params": start, "ids": np.array([0, 1]), "learning_rates": [0.5, 0.1, 1.5, 0.2, 0.0, 0.7, 0.4, 1.0, 0.3, 0.6],
     "batch_size": 1, "rng": np.random.default_rng(1)},
    (
        {"W": np.array([[-0.9125181, 0.8125181], [0.1, 0.4]], np.float32), "b": np.array([-0.6125181, 1.0125181], np.float32)},
        np.array([
            1.3873353, 0.5128065, 0.4514838, 0.0625168, 0.0596446,
            0.0596446, 0.0509413, 0.0471401, 0.0393642, 0.0376155,
        ]),
    ),
    tolerance=1e-5,
    given=["bigram_forward", "bigram_backward", "cross_entropy_forward", "cross_entropy_backward", "sgd_step"],
)
# Half of this text is cheap and half of it is dear, and nothing is learned at rate 0: a batch from all over the text costs about as much as the whole text.
cheap, dear = np.log(1 + np.exp([-3.0, 3.0]))
fixed = {"W": np.array([[3.0, 0.0], [3.0, 0.0]]), "b": np.ones(2)}
check_values(
    train, {"params": fixed, "ids": np.repeat([0, 1], 400), "learning_rates": [0.0] * 30, "batch_size": 200, "rng": np.random.default_rng(3)},
    (fixed, np.full(30, (cheap + dear) / 2)), tolerance=0.2,
    given=["bigram_forward", "bigram_backward", "cross_entropy_forward", "cross_entropy_backward", "sgd_step"],
)
# Twenty characters in a circle, five times over: the next character is certain, so the loss can go to 0.
circle = np.array([7, 0, 12, 3, 18, 9, 1, 15, 5, 11, 19, 2, 8, 14, 6, 17, 4, 10, 16, 13])
text, after = np.tile(circle, 5), np.roll(circle, -1)[np.argsort(circle)]
still = {"W": np.zeros((20, 20)), "b": np.zeros(20)}
check_randomness(
    train, {"params": still, "ids": text, "learning_rates": [2.0, 1.0], "batch_size": 16, "rng": np.random.default_rng(2)},
    given=["bigram_forward", "bigram_backward", "cross_entropy_forward", "cross_entropy_backward", "sgd_step"],
)
check_training(
    train, {"params": still, "ids": text, "learning_rates": [8.0] * 200, "batch_size": 16, "rng": np.random.default_rng(2)},
    lambda params: np.mean(np.log(np.exp(params["W"] + params["b"]).sum(axis=1)) - (params["W"] + params["b"])[np.arange(20), after]),
    at_most=0.1, like=still,
    given=["bigram_forward", "bigram_backward", "cross_entropy_forward", "cross_entropy_backward", "sgd_step"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, looking_glass, reference

rng = hidden_rng()
# In a text of one repeated character all batches are alike, so the result does not depend on how they are drawn.
check_values(
    train,
    {"params": {"W": rng.normal(size=(4, 4)), "b": rng.normal(size=4)}, "ids": np.full(30, 2),
     "learning_rates": [0.5, 0.1, 1.5], "batch_size": 6, "rng": rng},
    reference.train,
    given=["bigram_forward", "bigram_backward", "cross_entropy_forward", "cross_entropy_backward", "sgd_step"],
    says="`train` is tried for three steps from random parameters, with three different learning rates.",
)
fixed = {"W": rng.normal(scale=0.1, size=(3, 3)), "b": np.array([0.0, 4.0, 0.0])}
check_values(
    train,
    {"params": fixed, "ids": np.repeat(rng.permutation(2), 500), "learning_rates": [0.0] * 40, "batch_size": 150, "rng": rng},
    reference.train, tolerance=0.2,
    given=["bigram_forward", "bigram_backward", "cross_entropy_forward", "cross_entropy_backward", "sgd_step"],
    says="`train` is tried at a learning rate of 0 on a text whose one half is cheap and whose other half is dear.",
)
mirror = looking_glass()
V = mirror.vocabulary_size
check_training(
    train,
    {"params": reference.zero_params(V), "ids": mirror.train, "learning_rates": np.linspace(20, 0, 1000, endpoint=False).tolist(),
     "batch_size": 256, "rng": hidden_rng()},
    lambda params: reference.evaluate(params, mirror.train),
    at_most=2.59, like={"W": np.zeros((V, V)), "b": np.zeros(V)},
    few={"params": {"W": hidden_rng().normal(size=(V, V)), "b": np.zeros(V)}, "ids": np.full(30, 2), "learning_rates": [0.5, 0.3],
         "batch_size": 6, "rng": hidden_rng()},
    given=["bigram_forward", "bigram_backward", "cross_entropy_forward", "cross_entropy_backward", "sgd_step"],
    says="`train` is tried on a text that you have not seen.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 13 · Which learning rate?
#
# The loss of this layer is **convex**: one valley, no side valleys to get stuck in. Yet with a careless learning rate you would not reach its floor in an hour. Two things
# stand against each other:
#
# - **Rare rows are slow.** Row $i$ of `dW` collects only from positions with the current character $i$, and the mean divides by all $M$. For `q`, which is one character in seven
#   hundred, the gradient is a seven-hundredth of what its row alone would need. At $\eta = 1$ it crawls. That calls for a **large** $\eta$.
# - **Batches are noisy.** Even at the optimum, the gradient of a single batch is not zero, so the weights keep jittering around it, and the more so the larger $\eta$ is. That
#   calls for a **small** $\eta$.
#
# The way out: large first, small later. Such a plan is a **learning rate schedule**; ours is **linear decay**, along a straight line to 0. Here are two constant rates and a falling one, each for
# 4000 steps with batches of 256. The plot shows how far the loss on the training part is above the optimum (mind the logarithmic axis).

# %% nbgrader={"grade": false, "grade_id": "figure_learning_rates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def falling(peak, steps):
    """Learning rates from `peak` down a straight line to 0, as a list."""
    return np.linspace(peak, 0, steps, endpoint=False).tolist()


steps, rounds = training_steps(4000, 20), training_steps(8, 2)
schedules = {"constant 1": [1.0] * steps, "constant 12": [12.0] * steps, "falling from 12 to 0": falling(12, steps)}
gaps = {}
for name, rates in schedules.items():
    trial, gap = zero_params(vocabulary_size), [chance - optimum]
    rng = np.random.default_rng(3)
    for k in (bar := progress(rounds, title=name)):
        chunk = rates[k * steps // rounds : (k + 1) * steps // rounds]
        trial, _ = train(trial, corpus.train, chunk, 256, rng)
        gap.append(evaluate(trial, corpus.train) - optimum)
        bar.show(gap=gap[-1])
    gaps[name] = (np.arange(rounds + 1) * steps // rounds, gap)
plot_curves(gaps, title="How far above the optimum?", y_label="loss - optimum (nats per character)", log_y=True)

# %% [markdown]
# At rate 1 the curve creeps. At rate 12 it drops fast and then gets stuck in its own noise. The falling rate is as fast at first, and as the steps
# become small, the noise dies away and it goes on falling.
#
# ## 14 · The full run
#
# 20,000 steps with batches of 256, about 38 epochs, the rate falling from 12 to 0. The goal: **within 0.005 of the optimum**, that is at most 2.398 on the training part
# (and at most 2.45 on the held-out part). It takes about ten seconds.

# %% nbgrader={"grade": false, "grade_id": "figure_training", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
steps = training_steps(20_000, 50)
rates = falling(12, steps)
stops = np.unique((steps * np.linspace(0, 1, training_steps(26, 4)) ** 3).astype(int))  # where to measure: often at first, seldom later
rng = np.random.default_rng(4)
trained = zero_params(vocabulary_size)
log = TrainingLog("01b", lambda ids, params: evaluate(params, ids), corpus, trained, every=1)
batch_losses = []
train_curve = [evaluate(trained, corpus.train)]
for k in (bar := progress(len(stops) - 1)):
    trained, new_losses = train(trained, corpus.train, rates[stops[k] : stops[k + 1]], 256, rng)
    batch_losses.extend(new_losses)
    train_curve.append(evaluate(trained, corpus.train))
    bar.show(train=train_curve[-1], **log(stops[k + 1] - 1, trained))
log.finish(trained, batch_losses, characters=256)

plot_curves(
    {"single batches": batch_losses[:100]}, lines=landmarks, title="The first 100 steps, batch by batch",
)
plot_curves(
    {"train": (stops, train_curve), "held out": log.curves()["held out"]}, lines=landmarks, title="The whole run",
)
final = train_curve[-1]
print(f"training part {final:.4f}, that is {final - optimum:.4f} above the optimum {optimum:.4f} (goal: at most 0.005)")

# %% [markdown]
# The held-out loss follows the training loss all the way down, in our run to 2.394, a perplexity of 11.0. With 133,737 pairs for 2162 parameters there is little to memorise, so the layer does not overfit. (The last
# chapters happen to be about as easy to predict as the rest, and no pair is impossible for the trained layer.)
#
# ### The same layer with little text
#
# Now give it only the first 2,000 characters, a page and a half, and let it train on and on, at a constant rate.
#
# **Predict.** What will the held-out loss do?
#
# - (a) fall as far as before, only more slowly
# - (b) fall to a higher value and stay there: the loss is convex, so nothing can go wrong
# - (c) fall, and then rise again

# %% tags=["question"]
guess_little = "c"  # a letter
predict("little text", guess_little, "e6c90388")

# %% nbgrader={"grade": false, "grade_id": "figure_little_text", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
little = corpus.train[:2000]
little_counts = bigram_counts(little, vocabulary_size)
table = little_counts + 0.2  # about the best amount for so little text
table_params = {"W": np.log(table / table.sum(axis=1, keepdims=True)), "b": np.zeros(vocabulary_size)}
looks = np.unique((training_steps(5000, 30) * np.linspace(0, 1, 21) ** 3).astype(int))
rng, pupil = np.random.default_rng(5), zero_params(vocabulary_size)
little_curves = {"on its 2,000 characters": [evaluate(pupil, little)], "held out": [evaluate(pupil, corpus.held_out)]}
for k in (bar := progress(len(looks) - 1)):
    pupil, _ = train(pupil, little, [4.0] * int(looks[k + 1] - looks[k]), 256, rng)
    for curve, text in zip(little_curves.values(), (little, corpus.held_out), strict=True):
        curve.append(evaluate(pupil, text))
    bar.show(train=curve[-1])
plot_curves(
    {name: (looks[3:], losses[3:]) for name, losses in little_curves.items()}, lines={"floor of the 2,000": float(conditional_entropy(little_counts))},
    title=f"The layer with 2,000 characters to learn from, after the first {looks[3]} steps",
)
lowest = int(np.argmin(little_curves["held out"]))
print(f"held out: lowest {little_curves['held out'][lowest]:.3f} after {looks[lowest]} steps, in the end {little_curves['held out'][-1]:.3f}")
print(f"smoothed table, held out: {evaluate(table_params, corpus.held_out):.3f}")

# %% [markdown]
# Here it is, the overfitting that 01a could not show: the loss on the 2,000 characters falls on towards its floor, and on all other text the layer gets worse, slowly and for good. At its best moment it is about as good as the smoothed table.
#
# **Explain.** Why does the held-out loss rise, although the training goes on as it should? Which scores are still moving after some hundred steps, and where would they end? And what do stopping early and smoothing have in common?
# (Three to six sentences; no code.)

# %% why_it_gets_worse [markdown] tags=["written"]
# The floor of the 2,000 characters is reached where softmax returns their counted shares, and most pairs were never counted there, so their share is 0. Once the common pairs
# are right, what is left to gain is to push the scores of the unseen pairs further down; they would go to minus infinity, as in the table without smoothing. The held-out text
# has many of these pairs, and each costs more the surer the layer has become that it does not exist; with endless training the loss would be infinite. That the loss is convex
# only says that training finds the best answer for the 2,000 characters, not that this is a good answer for others. Stopping early leaves the unseen pairs some of the probability that they had at the start,
# and smoothing gives them some: both keep the model nearer to "all equally likely" than the counts alone are.

# %% [markdown]
# ### Back to the whole text
#
# Where does the tiny rest of the gap sit? Section 10 splits it by current character: $L - H = \sum_i p(i)\, \mathrm{KL}_i$, one bar for each $i$.

# %% nbgrader={"grade": false, "grade_id": "figure_gap", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
share = counts / counts.sum(axis=1, keepdims=True)
learned = softmax(trained["W"].astype(np.float64) + trained["b"])
ratio = np.where(counts > 0, share, 1) / np.where(counts > 0, learned, 1)
weight = counts.sum(axis=1) / counts.sum()
gap = weight * (share * np.log(ratio)).sum(axis=1)
wasted = -weight * np.log1p(-np.where(counts == 0, learned, 0).sum(axis=1))
plot_bars(
    names, 1000 * gap, highlight=counts.sum(axis=1) < 100, y_label="thousandths of a nat",
    title=f"What is left above the optimum, by current character (sum {gap.sum():.4f}; rare ones in red)",
)
print(f"{wasted.sum() / gap.sum():.0%} of it is paid for probability that still lies on pairs that never occur.")

# %% [markdown]
# The space is 140 times as common as the `q`, and its bar is four times as high: apart from the rarest characters, all take a similar part in the gap. Most of it is paid for pairs that never occur. Their best score is $-\infty$, and the less
# probability is left on them, the weaker is the push that takes it away ($\texttt{dlogits} = p$ there). So the last thousandths come slowly, and for the held-out text that is a blessing.

# %% [markdown]
# ## 15 · What did it learn?
#
# Add $b$ to each row of $W$, take softmax, and row $i$ of the picture is what the layer expects after $i$. Below it, the same picture from counting. The layer has
# never seen a table of counts. It only ever nudged its scores.

# %% nbgrader={"grade": false, "grade_id": "figure_heat_maps", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
labels = list("\n ,.'abcdefghijklmnopqrstuvwxyz")
common = corpus.encode("".join(labels))
for matrix, title in [(learned, "Learned: softmax(W + b)"), (share, "Counted: pairs of the training part")]:
    plot_heatmap(
        matrix[np.ix_(common, common)], rows=labels, columns=labels, title=title,
        x_label="next character", y_label="current character", colour_label="probability",
    )

# %% [markdown]
# Read a few rows: `q` has a single bright field at `u`; a comma is followed by a space or a line break; `t` and `s` like `h`; letters at the end of words are bright
# in the column ␣. Whole columns are striped too: vowels are welcome nearly everywhere.
#
# A question to think about: $b$ is not needed. Why? (Add $b$ to each row of $W$ and set $b$ to zero: nothing changes.) It still helps on the way: all positions push $b$, so the layer
# knows how common each character is after a few steps, and then the rows need only learn what differs.

# %% [markdown]
# ## 16 · Let it write
#
# To write, draw the next character from $p$, make it the current one, and go on. This is **autoregressive generation**, the model feeds on its own output, and the drawing is called
# **sampling**. A **temperature** $\tau > 0$ sets how daring the draw is:
#
# $$p = \mathrm{softmax}(z / \tau) \qquad z: (V,)\quad p: (V,)$$
#
# For $\tau \to 0$ the differences between scores grow without limit and the best character wins every time (**greedy decoding**). $\tau = 1$ is the learned distribution. For large $\tau$ all
# characters become equally likely. The same five scores at four temperatures:

# %% nbgrader={"grade": false, "grade_id": "draw_temperature", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
from autograder import BLUE, canvas, show_figure

scores = np.array([2.0, 1.0, 0.5, 0.0, -1.0])
figure, panels = canvas(10, 2.8, columns=4, sharey=True)
for axes, tau in zip(panels, (0.2, 0.6, 1, 3), strict=True):
    heights = np.exp(scores / tau) / np.exp(scores / tau).sum()
    bars = axes.bar(["2", "1", "0.5", "0", "-1"], heights, color=BLUE)
    axes.bar_label(bars, [f"{height:.2f}" for height in heights], fontsize=8)
    axes.set(title=f"temperature {tau:g}", xlabel="score z", ylim=(0, 1.1))
panels[0].set_ylabel("probability p")
show_figure(figure, alt="Bars of the probabilities of the same five scores, 2, 1, 0.5, 0 and -1, at four temperatures. At 0.2 the first has nearly all, at 0.6 three quarters, at 1 a good half, at 3 they are not far apart.")


# %% [markdown]
# **Exercise 10.** Draw one id. `rng.choice(n, p=...)` draws one of $0 \dots n - 1$; your stable softmax makes small temperatures safe.

# %% nbgrader={"grade": false, "grade_id": "sample_next", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample_next(logits, temperature, rng):
    """Draw one character id with the probabilities softmax(logits / temperature).

    logits: (V,). temperature: a number above 0. rng: the source of randomness.
    Returns an id, an integer from 0 to V - 1.
    """
    ### BEGIN SOLUTION
    return int(rng.choice(len(logits), p=softmax(logits / temperature)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_sample_next", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_sampling

check_sampling(sample_next, np.array([0.5, -1.0, 2.0, 0.0, 1.0]), temperature=1.0, given=["softmax"])
check_sampling(sample_next, np.array([0.5, -1.0, 2.0, 0.0, 1.0]), temperature=0.5, given=["softmax"])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_sampling(
    sample_next, rng.permutation(np.linspace(-2.0, 2.0, 7)), temperature=0.6, draws=600, given=["softmax"],
    says="`sample_next` is tried at a temperature below 1.",
)
check_sampling(
    sample_next, rng.permutation(np.linspace(-3.0, 3.0, 6)), temperature=3.0, draws=600, given=["softmax"],
    says="`sample_next` is tried at a temperature above 1.",
)
### END HIDDEN TESTS

# %% [markdown]
# **Exercise 11.** Write a whole text. Start with `start_id`, and get each further character from one call of `sample_next` on the logits of the one before.

# %% nbgrader={"grade": false, "grade_id": "generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generate(params, start_id, length, temperature, rng):
    """Let the layer write, each character drawn from the one before.

    params: {"W": (V, V), "b": (V,)}. start_id: the first id. temperature, rng: as in sample_next.
    length: how many ids to return, the first one included.
    Returns ids: (length,) an integer array; ids[0] is start_id, each further id comes from one call of sample_next.
    """
    ### BEGIN SOLUTION
    ids = [start_id]
    while len(ids) < length:
        logits, _ = bigram_forward(np.array([ids[-1]]), params)
        ids.append(sample_next(logits[0], temperature, rng))
    return np.array(ids)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_generate", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_text, check_values

# After 0 comes 2, after 2 comes 1, after 1 comes 3, after 3 comes 0: at a low temperature there is no choice.
scores = np.array([[0.0, 0, 9, 0], [0, 0, 0, 9], [0, 9, 0, 0], [9, 0, 0, 0]])
check_values(
    generate,
    {"params": {"W": scores, "b": np.zeros(4)}, "start_id": 2, "length": 7, "temperature": 0.1, "rng": np.random.default_rng(1)},
    np.array([2, 1, 3, 0, 2, 1, 3]), given=["bigram_forward", "sample_next"],
)
# At a higher temperature there is: each character is drawn with the probabilities that the one before it gives.
scores = np.array([[1.0, 0.0, -1.0], [2.0, 0.5, 1.5], [-0.5, 0.0, 1.0]])
check_text(
    generate,
    {"params": {"W": scores, "b": np.array([0.0, 0.5, 0.0])}, "start_id": 1, "length": 6, "temperature": 0.35, "rng": np.random.default_rng(2)},
    lambda ids: (
        np.exp((scores[ids[-1]] + [0.0, 0.5, 0.0]) / 0.35) / np.exp((scores[ids[-1]] + [0.0, 0.5, 0.0]) / 0.35).sum()
        if len(ids) else np.array([0.0, 1.0, 0.0])
    ),
    length=6, given=["bigram_forward", "sample_next"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W": rng.normal(size=(7, 7)), "b": rng.normal(size=7)}
check_values(
    generate, {"params": params, "start_id": 4, "length": 1, "temperature": 1.0, "rng": rng}, reference.generate,
    given=["bigram_forward", "sample_next"],
    says="`generate` is tried for a text of one character, the start.",
)
next_of = rng.permutation(6)
params = {"W": 2 * np.eye(6)[next_of] + rng.normal(scale=0.1, size=(6, 6)), "b": rng.normal(scale=0.1, size=6)}
check_values(
    generate, {"params": params, "start_id": 3, "length": 40, "temperature": 0.05, "rng": rng}, reference.generate,
    given=["bigram_forward", "sample_next"],
    says="`generate` is tried where each character has one clear successor, at a low temperature.",
)
params = {"W": rng.normal(scale=1.5, size=(5, 5)), "b": rng.normal(size=5)}
check_text(
    generate, {"params": params, "start_id": 2, "length": 5, "temperature": 1.4, "rng": rng},
    lambda ids: reference.softmax((params["W"][ids[-1]] + params["b"]) / 1.4) if len(ids) else np.eye(5)[2],
    length=5, given=["bigram_forward", "sample_next"],
    says="What `generate` writes at a temperature above 1 is held against the layer's probabilities.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "figure_samples", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
start = int(corpus.encode("a")[0])
for temperature in [0.2, 0.6, 1.0, 3.0]:
    rng = np.random.default_rng(6)
    ids = generate(trained, start, 280, temperature, rng)
    show_sample(corpus.decode(ids), title=f"temperature {temperature:g}")
log.record(corpus.decode(generate(log.best_params, start, 280, 0.8, np.random.default_rng(7))), title="temperature 0.8")

# %% [markdown]
# At temperature 0.2 it runs in circles: the likeliest followers lead back to where it was. At 0.6 there are little words, `the`, `and`, `he`. At 1 you see the text as the layer knows it:
# spaces at fair distances, vowels between consonants, no meaning. At 3 nearly everything is possible.
#
# No word longer than a few letters comes out right, except by luck, and you can say why: when it writes the third letter of a word, it has forgotten the first.
#
# ### Which temperature is right?
#
# A temperature changes the probabilities, so it also changes the loss: take the trained layer, divide its scores by $\tau$, and measure on the held-out part.
#
# **Predict.** At which $\tau$ is this loss lowest?
#
# - (a) about 0.5: the likeliest characters are the right ones most often
# - (b) about 1
# - (c) about 2: a modest model is less surprised

# %% tags=["question"]
guess_temperature = "b"  # a letter
predict("best temperature", guess_temperature, "5b7c4ca3")

# %% nbgrader={"grade": false, "grade_id": "figure_temperature", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
temperatures = np.round(np.linspace(0.5, 2, 16), 2)
losses = [evaluate({name: array / tau for name, array in trained.items()}, corpus.held_out) for tau in temperatures]
plot_curves(
    {"held out": (temperatures, losses)}, lines={"optimum of the training part": optimum},
    title="The loss of the trained layer at other temperatures", x_label="temperature",
)


def words(text):
    "The words of a text: all that letters make without a gap."
    return "".join(c if c.isalpha() else " " for c in text).split()


known = set(words(corpus.text))
for tau in 0.2, 0.4, 0.6, 0.8, 1.0, 1.5:
    written = words(corpus.decode(generate(trained, start, training_steps(4000, 100), tau, np.random.default_rng(8))))
    real = [word for word in written if word in known]
    print(f"temperature {tau}: {len(real) / max(1, len(written)):4.0%} of its words stand in the book, {len(set(real)):3} different ones")

# %% [markdown]
# The loss is lowest at $\tau = 1$, without having been asked to be: cross-entropy is lowest where the probabilities are those of the text (section 10), so training has already set the scores to the right
# scale. The share of true words tells another story. It grows the colder the model is, though in the end only because the same few words come again and again: of
# *different* true words there are most somewhere between.
#
# **Explain.** Why do the two disagree about the best temperature? What is being asked of the model by the loss, and what by counting true words? Which temperature would you choose for writing, and what do you give up?
# (Three to six sentences; no code.)

# %% which_temperature [markdown] tags=["written"]
# The loss asks for the probability of whatever comes next in a real text, the rare things too, and charges most for what was held to be nearly impossible. So it is lowest when the
# shares are the true ones, at temperature 1, and a colder model pays dearly for every rare follower. Counting true words looks only at what the model itself writes: each
# rare draw may spoil a word, so it is safest to take only common followers, which give short and common words. In the extreme it writes the same few words in a circle; that is right word by word and still a bad likeness of the
# book. For reading one takes something between, about 0.6 to 0.8, and gives up rare words and surprises for fewer slips.

# %% [markdown]
# ## What to take with you
#
# - **Softmax and cross-entropy belong together.** Compute log-softmax with the maximum taken off; the gradient is *prediction minus truth*, over the number of positions.
# - **A lookup forward is a scatter-add backward.** Rows that were read twice collect twice: `np.add.at`, not `+=`.
# - **A loss means little without landmarks.** Chance 3.829, unigram 3.006, optimum 2.393, that is perplexities of 46, 20 and 11: you knew beforehand what to expect, and a bug that stops at 2.6 could not hide.
# - **The loss is a floor plus an error.** $L = H + \sum_i p(i)\,\mathrm{KL}_i$. Training removes the second term. The first one is the price of looking at one character only.
# - **Never seen is not impossible.** Counting takes it for that, and so does training that goes on too long on too little text. Smoothing and stopping early both leave it a chance.
# - **Large steps first, small steps last.** A falling learning rate buys both speed for rare events and silence at the end.

# %% [markdown]
# ## Words of the field
#
# | term | here | what it is |
# |---|---|---|
# | language model, next-character prediction | the row of neurons | a model that gives a probability to each possible next token |
# | token, vocabulary | a character, the alphabet of 46 | the unit that is predicted, and all that there are |
# | softmax regression | one layer of neurons | a linear layer and a softmax; also called multinomial logistic regression |
# | bigram, n-gram | a pair of neighbours | $n$ tokens in a row, and a model that counts them |
# | logits | scores | what goes into a softmax |
# | cross-entropy | mean surprise | the mean of $-\ln p$ of what came, in nats per character |
# | perplexity | among how many it is still guessing | $e^L$ for a loss $L$ in nats |
# | log-softmax, log-sum-exp | the algebra with the maximum taken off | the logarithm of a softmax, computed without overflow |
# | scatter-add | each position puts its gradient into the row that it read | the gradient of a lookup: rows that were read twice collect twice |
# | entropy, conditional entropy | the floor | the lowest mean surprise that is possible without, and with, the current character |
# | Kullback-Leibler divergence | the model's error after $i$ | how far a predicted distribution is from the true one |
# | smoothing | what a table would need | giving some probability to what was never counted |
# | learning rate schedule, linear decay | large first, small later | a plan for $\eta$ over the steps of training |
# | autoregressive generation | it reads its own character | a model whose output is its next input |
# | sampling, temperature, greedy decoding | letting it write, $\tau$ | drawing from $p$; how flat $p$ is made; always taking the most likely |

# %% [markdown]
# ## Read on
#
# - Claude Shannon (1948), [*A Mathematical Theory of Communication*](https://doi.org/10.1002/j.1538-7305.1948.tb01338.x): entropy comes from
#   here, and so does text written by a bigram model, made by hand with a book.
# - Claude Shannon (1951), [*Prediction and Entropy of Printed English*](https://doi.org/10.1002/j.1538-7305.1951.tb01366.x): how far people get at the
#   game at the top of this notebook when they may see more than one letter.
# - Herbert Robbins and Sutton Monro (1951), [*A Stochastic Approximation Method*](https://doi.org/10.1214/aoms/1177729586): why noisy steps find their way if they get smaller in time.
# - Dan Jurafsky and James Martin, [*Speech and Language Processing*](https://web.stanford.edu/~jurafsky/slp3/), the chapter on n-gram language models: counting, smoothing and perplexity in full.
# - CS231n, [*Linear Classification*](https://cs231n.github.io/linear-classify/): the same layer and loss on pictures, and beside them another loss.
# - Andrej Karpathy, [*makemore*](https://github.com/karpathy/makemore): a series that also begins with bigrams, on people's names, and climbs on to the Transformer.

# %% [markdown]
# ## What comes next
#
# To get below 2.393, no better optimiser will do: the model must see **more than one character**. This one forgets each character as soon as the next has come, and it cannot
# notice that two characters play the same part. In notebook **02** a network looks at eight characters at once, gives each a vector, combines them in a hidden layer, and the floor
# gives way.
