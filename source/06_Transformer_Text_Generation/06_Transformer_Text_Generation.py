# %% [markdown]
# # 06: a Transformer writes text
#
# In notebook 05 a recurrent network learned to look back: at every step it weighed all earlier states and took from them what it
# needed. It was still a reader who walks through the text one character at a time, though, and handed a memory from each step to the next.
#
# This notebook drops the walking. A **Transformer** has no memory that is passed along, no hidden state. All $T$ characters of a window lie on the table
# at once, like a hand of cards, and every character asks the ones before it directly: *who of you matters to me?* (That is **self-attention**, and the window is the **context window**.)
# Nothing is handed on, so nothing gets lost on the way: the character 60 places back is exactly as near as the last one.
# And because nobody has to wait for anybody, all positions are computed at the same time, in a few large matrix products.
#
# You will build every piece by hand, forward and backward, and put them together to a small **GPT**: the same drawing as the famous ones,
# only with 0.8 million parameters instead of hundreds of billions. (The Transformer of 2017 was made for translation and had two halves, an encoder that reads and a decoder that writes. A GPT is the writing half alone: a
# **decoder-only Transformer**.)
#
# | part | you write | you will see |
# |---|---|---|
# | 1 Who stands where | `positional_encoding`, `embedding_*` | how a set of characters becomes a sequence |
# | 2 Two small tools | `layer_norm_*`, `gelu_*` | a derivative with a picture behind it, and a soft switch |
# | 3 Attention | `causal_softmax_*`, `attention_*`, `split_heads`, `merge_heads`, `multi_head_*` | looking back, but never ahead; what several heads cost |
# | 4 The block | `mlp_*`, `dropout_*`, `block_*` | the residual stream |
# | 5 The model | `transformer_*`, `model_*` | all together; who notices a change, who knows the order |
# | 6 Training | `learning_rate_at`, `adamw_step`, `train` | models with a piece missing, one that peeks, warm-up, weight decay, and what memorising looks like |
# | 7 Writing | `generate` | your own Alice, and how much of it is quoted |
# | 8 Looking inside | no code, one question | what the heads look at |
#
# There are many functions, and each is short: one to ten lines. Run the notebook from top to bottom. Under every exercise there is a
# check that tells you what is wrong. Later exercises call earlier ones, so mend the first ✗ first. After you hand in, hidden
# checks try the same functions on other inputs.

# %% [markdown]
# - **You need**: notebook 05 for attention and the softmax backward, 02 for the MLP, 03 for Adam, clipping, cross-entropy and sampling. Mathematics: products of stacks of matrices and their two gradients, the chain rule through a mean and a standard
#   deviation (worked out here), the variance of a sum of independent numbers, sine and cosine.
# - **Working time**: six to eight hours if 05 went smoothly, thirteen to sixteen if it did not (an estimate from the 29 exercises and the questions). Training takes four minutes, the experiments one more.
# - **Points**: 100, of which forward 23, backward 52, training 16, three helpers (positions and heads) 6, writing 3.
# - **Two sittings**: parts 1 to 3 (15 exercises, 53 points), then there is a place for a rest; parts 4 to 7 (14 exercises, 47 points).
# - **Questions**: eight times you say what you expect before the next cell shows it (put your answer in place of `None`; it tells you at once whether you are right), and twice you explain in a few sentences what an experiment has shown.
# - **In a hurry**: part 8 asks for no code, and leg 2 of the training may be interrupted. Leave out no exercise: the model needs every one.
#
# **A map of the exercises.** Who calls whom; `thing_*` stands for `thing_forward` and `thing_backward`, the number for the part in which you write it, and ○ for what is given. A model calls `block_*` once for each of its blocks, and a block calls layer norm, dropout
# and `linear_*` more than once. You begin at the leaves and end at the root. If you lose your way, come back here.
#
# ```
# train 6
# ├ learning_rate_at 6
# ├ adamw_step 6
# ├ clip_gradients ○
# └ loss_and_gradients ○
#   └ model_* 5
#     ├ cross_entropy_* ○
#     └ transformer_* 5
#
# transformer_* 5
# ├ embedding_* 1
# │ └ positional_encoding 1
# ├ dropout_* 4
# ├ layer_norm_* 2
# ├ linear_* ○
# └ block_* 4
#   ├ layer_norm_* 2
#   ├ dropout_* 4
#   ├ multi_head_* 3
#   │ ├ linear_* ○
#   │ ├ split_heads 3
#   │ ├ merge_heads 3
#   │ └ attention_* 3
#   │   └ causal_softmax_* 3
#   └ mlp_* 4
#     ├ linear_* ○
#     └ gelu_* 2
#
# generate 7
# ├ transformer_forward 5
# └ sample_next ○
# ```

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import (
    TrainingLog,
    in_threads,
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
CONTEXT = 128  # T: the characters that the model sees at once
HEADS = 4

# %% nbgrader={"grade": false, "grade_id": "show_text", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
print(f"{len(corpus.ids):,} characters, {V} different ones: {corpus.alphabet!r}")
print(f"train on the first {len(corpus.train):,}, hold out the last {len(corpus.held_out):,}")
start = corpus.text.index("`curiouser and curiouser!'")
show_sample(corpus.text[start : start + CONTEXT], f"what it sees at once: {CONTEXT} characters")


# %% [markdown]
# The two numbers to beat are the same as before, in nats per character: **chance**, $\ln 46 = 3.829$, and the **bigram optimum**,
# $2.393$, the best that any model can do which sees one character only. As **perplexities** ($e^{\text{loss}}$, the number of equally likely characters that are as hard to guess) they are 46 and 10.9. The LSTM of notebook 04 reached
# $1.42$, which is 4.1.
#
# The conventions are the same too. `out, cache = thing_forward(x, ...)`, `dx, grads = thing_backward(dout, cache)`. `params` is one dict; a
# function reads the entries it needs, and its backward pass returns exactly those. Everything is batch first: $B$ windows of text, $T$
# characters each, and a vector of $D$ numbers for each character, so almost every array here has the shape $(B, T, D)$.
#
# ### What you bring along
#
# You wrote these in earlier notebooks. Two of them got a little more general:
#
# - `linear_forward` is the readout of notebook 03 for any weights: $x W + b$ on the last axis. It flattens all
#   leading axes to rows, because one large matrix product is faster than many small ones.
# - `surprise` is the cross-entropy of each single position (its **negative log-likelihood**), before the mean. You will want to look at single positions later.

# %% nbgrader={"grade": false, "grade_id": "old_friends", "locked": true, "schema_version": 3, "solution": false, "task": false}
def linear_forward(x, W, b):
    """x: (..., D). W: (D, E). b: (E,). Returns x W + b (..., E) and a cache for `linear_backward`."""
    out = x.reshape(-1, x.shape[-1]) @ W
    out += b
    return out.reshape(*x.shape[:-1], len(b)), (x, W)


def linear_backward(dout, cache):
    """dout: (..., E). Returns dx (..., D), dW (D, E), db (E,)."""
    x, W = cache
    rows, drows = x.reshape(-1, W.shape[0]), dout.reshape(-1, W.shape[1])
    return (drows @ W.T).reshape(x.shape), rows.T @ drows, drows.sum(axis=0)


def log_softmax(logits):
    """The log-probabilities (..., V) of logits (..., V)."""
    z = logits - logits.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def surprise(logits, targets):
    """The loss of each position. logits: (B, T, V). targets: (B, T) ids. Returns (B, T)."""
    return -np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)[..., 0]


def cross_entropy_forward(logits, targets):
    """The mean loss of logits (B, T, V) for targets (B, T), and a cache."""
    log_p = log_softmax(logits)
    return -np.take_along_axis(log_p, targets[..., None], axis=-1).mean(), (log_p, targets)


def cross_entropy_backward(dloss, cache):
    """dlogits (B, T, V): what was predicted minus what was right, over the number of positions."""
    log_p, targets = cache
    dlogits = np.exp(log_p)
    B, T = targets.shape
    dlogits[np.arange(B)[:, None], np.arange(T), targets] -= 1
    dlogits *= dloss / targets.size
    return dlogits


def clip_gradients(grads, max_norm):
    """The gradients, shortened to `max_norm` where they are longer together, and their norm."""
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in grads.values()))
    scale = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return {name: g * scale for name, g in grads.items()}, norm


def sample_next(logits, temperature, rng):
    """Draw one id from softmax(logits / temperature). logits: (V,)."""
    z = logits / temperature
    p = np.exp(z - z.max())
    return int(rng.choice(len(p), p=p / p.sum()))


# %% [markdown]
# ## 1. Who stands where
#
# Attention, as you know it from notebook 05, looks at a *set*: shuffle the earlier states, and the weighted sum is the same. The RNN underneath
# knew the order, because it had walked through it. Without it, `was` and `saw` are the same three cards.
#
# So each card gets a number. Not the number $t$ itself, which would grow without end, but a vector of $D$ waves of different lengths, the **positional
# encoding** $P$, a name tag for each position (this one is the **sinusoidal** encoding of the first Transformer; the GPTs learn a table of position vectors instead):
#
# $$P[t, 2i] = \sin\frac{t}{10000^{2i/D}} \qquad P[t, 2i+1] = \cos\frac{t}{10000^{2i/D}} \qquad P: (T, D), \quad i = 0, \dots, D/2 - 1$$
#
# Think of the hands of a clock, $D / 2$ of them. The first one ($i = 0$) turns by one radian per character, the last by almost nothing in a whole
# window. Each pair of sine and cosine is the tip of one hand. Look at all hands and you know the place; and to go $k$ characters further, turn each
# hand by a fixed angle, wherever you are. That makes "three characters ago" an easy thing to learn.
#
# ### Exercise: the positional encoding
#
# $t$ and $i$ count from 0, $D$ is even. Even columns are sines, odd columns cosines (slices `[:, 0::2]` and `[:, 1::2]`).
#
# The picture below the check shows what comes out. (The code of this picture, as of most in this notebook, is folded away: run the cell like any other, and go on.)

# %% nbgrader={"grade": false, "grade_id": "positional_encoding", "locked": false, "schema_version": 3, "solution": true, "task": false}
def positional_encoding(T, D):
    """Waves that number the positions.

    T: positions. D: the width of the model, an even number.
    Returns P (T, D), float64: P[t, 2i] = sin(t / 10000^(2i/D)), P[t, 2i+1] = cos(t / 10000^(2i/D)).
    """
    ### BEGIN SOLUTION
    angles = np.arange(T)[:, None] / 10000 ** (np.arange(0, D, 2) / D)  # (T, D/2)
    P = np.empty((T, D))
    P[:, 0::2] = np.sin(angles)
    P[:, 1::2] = np.cos(angles)
    return P
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_positional_encoding", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

check_values(
    positional_encoding, {"T": 3, "D": 4},
    np.array([
        [0.0, 1.0, 0.0, 1.0],
        [0.84147098, 0.54030231, 0.00999983, 0.99995],
        [0.90929743, -0.41614684, 0.01999867, 0.99980001],
    ]),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    positional_encoding, {"T": int(rng.integers(30, 60)), "D": 2 * int(rng.integers(7, 12))}, reference.positional_encoding,
    says="The positional encoding is tried for a longer window and a wider model.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "see_positions", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_positions(T=64, D=24):
    """The positional encoding of a window, one column per position."""
    from autograder import canvas, show_figure

    figure, axes = canvas(10, 4.4)
    image = axes.imshow(positional_encoding(T, D).T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    axes.set(title="Each column is the name tag of one position", xlabel="position t", ylabel=f"dimension (D = {D})")
    axes.set_yticks(range(0, D, 2))
    figure.colorbar(image, ax=axes, pad=0.01)
    about = (
        "Waves from left to right, one row per dimension, one column per position. In the top rows they change sign every few positions, in the bottom rows hardly at "
        "all. No two columns are alike."
    )
    show_figure(figure, alt=about)


draw_positions()


# %% [markdown]
# Above, fast waves, which tell neighbours apart; below, slow ones, which tell the beginning of the window from its end. Every column is different.
#
# ### Exercise: the embedding
#
# Each character id takes a row of a table $E$, its **embedding**, as it took a row of $W_x$ in the RNN, and the name tag of its position is added. (In larger models the ids stand for pieces of words; the general word is **token**.)
#
# $$\text{out}[b, t] = E[x_{b,t}] + P[t] \qquad E: (V, D), \quad x: (B, T), \quad \text{out}: (B, T, D)$$
#
# $P$ is the same for all windows in the batch. **Mind the dtype**: $P$ comes as float64, and float32 plus float64 is float64. Convert $P$ to the
# dtype of $E$ first, or everything that follows runs at half the speed. (From here on each forward pass is also checked with float32: what comes in as float32 has to go out as float32.)

# %% nbgrader={"grade": false, "grade_id": "embedding_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embedding_forward(x, params):
    """A vector for each character at its place.

    x: (B, T) ids. params: "E" (V, D).
    Returns out (B, T, D), the row of each id plus the encoding of its position, and a cache for `embedding_backward`.
    """
    ### BEGIN SOLUTION
    E = params["E"]
    P = positional_encoding(x.shape[1], E.shape[1]).astype(E.dtype)
    return E[x] + P, (x, E)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_embedding_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {"E": np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])}
check_values(
    embedding_forward, {"x": np.array([[2, 0, 2], [1, 1, 0]]), "params": params},
    np.array([
        [[0.5, 1.6], [0.94147098, 0.74030231], [1.40929743, 0.18385316]],
        [[0.3, 1.4], [1.14147098, 0.94030231], [1.00929743, -0.21614684]],
    ]),
    given=["positional_encoding"],
)
check_shapes(
    embedding_forward, {"x": np.array([[2, 0, 2, 1], [1, 1, 0, 2]]), "params": {"E": np.ones((3, 6), "float32")}}, [(2, 4, 6)],
    given=["positional_encoding"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
E = rng.normal(size=(7, 6))
x = rng.integers(1, 5, size=(3, 4))
check_values(
    embedding_forward, {"x": x, "params": {"E": E}}, reference.embedding_forward,
    given=["positional_encoding"], says="The embedding is tried with a random table.",
)
check_values(
    embedding_forward, {"x": x, "params": {"E": E.astype("float32")}}, reference.embedding_forward,
    given=["positional_encoding"], tolerance=1e-4, says="The embedding is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward there is nothing new. $P$ is a constant, it takes no gradient. A row of $E$ was used wherever its character stands, so its gradient is a sum:
#
# $$dE[v] = \sum_{b,t \,:\, x_{b,t} = v} d\text{out}[b, t] \qquad (B, T, D) \to (V, D)$$
#
# The trap of notebooks 01b to 03 is here as well: repeated characters. `np.add.at`, or a product with one-hot rows $(V, BT)(BT, D)$, which is faster.

# %% nbgrader={"grade": false, "grade_id": "embedding_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embedding_backward(dout, cache):
    """The gradient of the table.

    dout: (B, T, D). cache: from `embedding_forward`.
    Returns grads: "E" (V, D).
    """
    ### BEGIN SOLUTION
    x, E = cache
    one_hot = np.eye(len(E), dtype=dout.dtype)[x.ravel()]  # (B T, V)
    return {"E": one_hot.T @ dout.reshape(x.size, -1)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_embedding_backward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(1)
check_gradients(
    embedding_forward, embedding_backward,
    {"x": np.array([[2, 0, 2, 6], [1, 2, 2, 3], [0, 0, 5, 4]]), "params": {"E": rng.normal(size=(7, 6))}},
    given=["positional_encoding"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    embedding_forward, embedding_backward,
    {"x": rng.permutation(12).reshape(3, 4), "params": {"E": rng.normal(size=(13, 6))}},
    reference=reference.embedding_forward, given=["positional_encoding"],
    says="The gradient of the embedding is compared with central differences; all characters differ.",
)
check_gradients(
    embedding_forward, embedding_backward,
    {"x": rng.integers(2, 5, size=(3, 5)), "params": {"E": rng.normal(size=(7, 8))}},
    reference=reference.embedding_forward, given=["positional_encoding"],
    says="The gradient of the embedding is compared with central differences; characters repeat.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Two small tools
#
# ### Layer norm
#
# In a deep network numbers drift: some vectors become long, others short, and a layer that was fine with the one is blind for the other. EAT ME, DRINK ME.
# **Layer norm** (layer normalisation) brings each vector back to a standard size before it is used. It works on the vector of *one* character: subtract the mean of its $D$ numbers,
# divide by their standard deviation, then let the network choose a `gain` and a `bias` for each dimension.
#
# $$\mu = \frac{1}{D}\sum_d x_d \qquad \sigma = \sqrt{\frac{1}{D}\sum_d (x_d - \mu)^2 + \epsilon} \qquad z = \frac{x - \mu}{\sigma} \qquad \text{out} = z \odot \text{gain} + \text{bias}$$
#
# | symbol | shape | |
# |---|---|---|
# | $x, z, \text{out}$ | $(B, T, D)$ | or any shape that ends in $D$ |
# | $\mu, \sigma$ | $(B, T, 1)$ | one per character (`keepdims=True`) |
# | gain, bias | $(D,)$ | learned, shared by all characters; $\gamma$ and $\beta$ in papers |
#
# $\epsilon = 10^{-5}$ stands **inside** the root and saves you when all $D$ numbers are equal.

# %% nbgrader={"grade": false, "grade_id": "layer_norm_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm_forward(x, gain, bias):
    """Bring each vector to mean 0 and standard deviation 1, then scale and shift it.

    x: (..., D). gain, bias: (D,). The variance is the mean of (x - its mean) squared, plus 1e-5.
    Returns out (..., D) and a cache for `layer_norm_backward`.
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-5)
    z = centred / sigma
    return z * gain + bias, (z, sigma, gain)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_layer_norm_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

x = np.array([[[1.0, 3.0], [2.0, 2.0], [0.0, 0.002]]])
check_values(
    layer_norm_forward, {"x": x, "gain": np.array([2.0, 3.0]), "bias": np.array([0.5, -0.5])},
    np.array([[[-1.49999, 2.499985], [0.5, -0.5], [-0.10302269, 0.40453403]]]),
)
x, gain, bias = np.sin(np.arange(12.0) ** 2).reshape(2, 2, 3), np.array([2.0, 3.0, -1.0]), np.array([0.5, -0.5, 0.0])
check_values(
    layer_norm_forward, {"x": x, "gain": gain, "bias": bias},
    np.array([
        [[0.41353368, 3.23732394, 1.20254149], [3.26423343, -3.35056606, 0.43192803]],
        [[-0.95660131, -2.55707009, -1.41399069], [-1.07775084, -2.36612351, -1.41091659]],
    ]),
)
check_shapes(
    layer_norm_forward, {"x": x[0].astype("float32"), "gain": gain.astype("float32"), "bias": bias.astype("float32")}, [(2, 3)],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
x = rng.normal(size=(3, 4, 5)) * np.array([0.01, 1.0, 10.0, 1.0])[:, None] + rng.normal(size=(3, 4, 1))
gain, bias = rng.normal(size=5), rng.normal(size=5)
check_values(
    layer_norm_forward, {"x": x, "gain": gain, "bias": bias}, reference.layer_norm_forward,
    says="Layer norm is tried on short and long random vectors.",
)
check_values(
    layer_norm_forward,
    {"x": x.astype("float32"), "gain": gain.astype("float32"), "bias": bias.astype("float32")},
    reference.layer_norm_forward, tolerance=1e-4, says="Layer norm is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward. The gain and the bias are shared by all characters, so their gradients are sums over all axes but the last:
#
# $$d\text{gain} = \sum_{b,t} d\text{out} \odot z \qquad d\text{bias} = \sum_{b,t} d\text{out} \qquad (B, T, D) \to (D,)$$
#
# The interesting one is $dx$. With $dz = d\text{out} \odot \text{gain}$, shape $(B, T, D)$, you might expect $dz / \sigma$. But each $x_d$ also moves $\mu$ and
# $\sigma$, and through them *all* entries of $z$. Follow both ways by hand:
#
# - through $\mu$: raising $x_d$ by a little lowers every $z_e$ by $\tfrac{1}{D\sigma}$ of it. Together that costs $\frac{1}{\sigma}\,\frac1D\sum_e dz_e$.
# - through $\sigma$: $\partial\sigma / \partial x_d = z_d / D$, and $\partial z_e/\partial\sigma = -z_e/\sigma$. Together that costs $\frac{1}{\sigma}\, z_d\, \frac1D\sum_e dz_e z_e$.
#
# $$dx = \frac{1}{\sigma}\Bigl(dz - \operatorname{mean}(dz) - z \odot \operatorname{mean}(dz \odot z)\Bigr) \qquad (B, T, D), \text{ means over } D \text{ with shape } (B, T, 1)$$
#
# There is a picture behind it. Add a constant to all of $x$, or make all of $x$ a little longer: the output does not change. So no blame can lie in these
# two directions, and the two subtractions take out exactly the part of $dz$ that points along them.

# %% nbgrader={"grade": false, "grade_id": "layer_norm_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm_backward(dout, cache):
    """The gradients of layer norm.

    dout: (..., D). cache: from `layer_norm_forward`.
    Returns dx (..., D), dgain (D,), dbias (D,).
    """
    ### BEGIN SOLUTION
    z, sigma, gain = cache
    dz = dout * gain
    dx = (dz - dz.mean(axis=-1, keepdims=True) - z * (dz * z).mean(axis=-1, keepdims=True)) / sigma
    D = z.shape[-1]
    return dx, (dout * z).reshape(-1, D).sum(axis=0), dout.reshape(-1, D).sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_layer_norm_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(2)
check_gradients(
    layer_norm_forward, layer_norm_backward,
    {"x": rng.normal(size=(3, 4, 5)), "gain": rng.normal(size=5), "bias": rng.normal(size=5)},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    layer_norm_forward, layer_norm_backward,
    {"x": rng.normal(size=(2, 3, 6)) + 2, "gain": rng.normal(size=6), "bias": rng.normal(size=6)},
    reference=reference.layer_norm_forward,
    says="The gradients of layer norm are compared with central differences.",
)
check_gradients(
    layer_norm_forward, layer_norm_backward,
    {"x": rng.normal(scale=5, size=(4, 7)), "gain": rng.normal(size=7), "bias": rng.normal(size=7)},
    reference=reference.layer_norm_forward,
    says="The gradients of layer norm are compared with central differences for long vectors and an input with two axes.",
)
### END HIDDEN TESTS

# %% [markdown]
# **Predict.** Take a vector $x$, and the same vector ten times as long. Layer norm makes (nearly) the same output of both. The gradient that arrives, `dout`, is the same too. What about $dx$ for the long one?
#
# - a) It is ten times as long.
# - b) It is the same.
# - c) It is a tenth as long.

# %% tags=["question"]
guess_longer_vector = "c"  # a, b or c
predict("a longer vector", guess_longer_vector, "a49acd5a")

# %% nbgrader={"grade": false, "grade_id": "see_longer_vector", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
vector, upstream = np.random.default_rng(0).normal(size=(2, 1, 64))
for times in (0.1, 1.0, 10.0, 100.0):
    normed, norm_cache = layer_norm_forward(times * vector, np.ones(64), np.zeros(64))
    blame = layer_norm_backward(upstream, norm_cache)[0]
    print(f"{times:5.1f} times x: length of the output {np.linalg.norm(normed):.3f}, of dx {np.linalg.norm(blame):8.4f}")


# %% [markdown]
# It is the $1/\sigma$ in front of the formula. To turn a long vector by some angle takes a longer push than to turn a short one, so each number of a long vector matters less. You will meet this again in the block: the stream gets longer from branch to branch,
# and what is added late turns it less than what was added early.

# %% [markdown]
# ### GELU
#
# The MLP of notebook 02 needs a bend between its two layers, an **activation function**. Transformers use the **GELU** (Gaussian error linear unit), a ReLU with a soft corner: large positive numbers pass, large
# negative ones are stopped, and around zero the switch is gradual. In its usual approximation, element by element:
#
# $$u = \sqrt{2/\pi}\,\bigl(x + 0.044715\, x^3\bigr) \qquad \operatorname{gelu}(x) = \tfrac12\, x\, (1 + \tanh u) \qquad \text{all of the shape of } x$$
#
# Written as products, $x^3$ as `x * x * x`: a power with `**3` takes many times longer. This function runs over the largest arrays of the model.

# %% nbgrader={"grade": false, "grade_id": "gelu_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gelu_forward(x):
    """The Gaussian error linear unit, in the approximation by tanh.

    x: any shape. Returns out, an array of the same shape and dtype, and a cache for `gelu_backward`.
    """
    ### BEGIN SOLUTION
    k = math.sqrt(2 / math.pi)
    tanh = np.tanh(x * (k + (0.044715 * k) * (x * x)))
    return x * (0.5 + 0.5 * tanh), (x, tanh)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_gelu_forward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

check_values(gelu_forward, {"x": np.array([[-1.0, 0.0, 1.0], [2.0, -8.0, 8.0]])},
             np.array([[-0.15880801, 0.0, 0.84119199], [1.95459769, 0.0, 8.0]]))
check_shapes(gelu_forward, {"x": np.ones((2, 3, 4), "float32")}, [(2, 3, 4)])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
x = rng.normal(scale=2, size=(3, 4, 5))
check_values(gelu_forward, {"x": x}, reference.gelu_forward, says="The GELU is tried on random numbers.")
check_values(
    gelu_forward, {"x": x.astype("float32")}, reference.gelu_forward, tolerance=1e-4, says="The GELU is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward it is the product rule and the chain rule; no sums, each element minds its own business. With $\tau = \tanh u$ from the cache:
#
# $$\frac{d\operatorname{gelu}}{dx} = \underbrace{\tfrac12 (1 + \tau)}_{x \text{ in front}} + \underbrace{\tfrac12\, x\, (1 - \tau^2)\, \frac{du}{dx}}_{x \text{ inside}} \qquad \frac{du}{dx} = \sqrt{2/\pi}\,\bigl(1 + 3 \cdot 0.044715\, x^2\bigr)$$

# %% nbgrader={"grade": false, "grade_id": "gelu_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gelu_backward(dout, cache):
    """The gradient of the GELU.

    dout: any shape. cache: from `gelu_forward`. Returns dx, of the same shape.
    """
    ### BEGIN SOLUTION
    x, tanh = cache
    k = math.sqrt(2 / math.pi)
    inside = x * (k + (3 * 0.044715 * k) * (x * x)) * (1 - tanh * tanh)
    return (1 + tanh + inside) * (0.5 * dout)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_gelu_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

check_gradients(gelu_forward, gelu_backward, {"x": np.array([[-3.0, -1.0, -0.1], [0.2, 1.5, 4.0]])})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    gelu_forward, gelu_backward, {"x": rng.normal(scale=2, size=(2, 3, 5))}, reference=reference.gelu_forward,
    says="The gradient of the GELU is compared with central differences.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "see_gelu", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
line = np.linspace(-4, 4, 161)
plot_curves(
    {
        "gelu": (line, gelu_forward(line)[0]), "its derivative": (line, gelu_backward(np.ones(161), gelu_forward(line)[1])),
        "relu": (line, np.maximum(line, 0)),
    },
    title="A switch with a soft corner", x_label="x", y_label="",
    alt="Left of -3 the GELU is 0, right of 3 it is x, as the ReLU is; in between it dips softly below 0. Its derivative goes from 0 to 1, a little below 0 before "
    "and a little above 1 after.",
)


# %% [markdown]
# ## 3. Attention
#
# ### Queries, keys, values
#
# Every character of the window makes three vectors of $d$ numbers:
#
# - a **query** $q_t$: what am I looking for?
# - a **key** $k_j$: what do I have to offer?
# - a **value** $v_j$: what do I hand over if somebody picks me?
#
# How well does what $t$ is looking for fit what $j$ offers? In notebook 05 a small network judged that. Here it is a dot product, divided by $\sqrt d$: **scaled dot-product attention**, which is one matrix
# product for all pairs at once. A softmax makes weights of the scores, and each character takes home the weighted mean of the values:
#
# $$s_{tj} = \frac{q_t \cdot k_j}{\sqrt d} \qquad w_{t\cdot} = \operatorname{softmax}(s_{t\cdot}) \text{ over } j \le t \qquad \text{out}_t = \sum_{j \le t} w_{tj}\, v_j$$
#
# The picture shows it for the last letter of `alice`, with weights that are made up.

# %% nbgrader={"grade": false, "grade_id": "draw_roles", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_roles(letters="alice", weights=(5, 10, 20, 15, 50)):
    """One position looks back: its query meets every key, and the values come home by their weights."""
    from matplotlib.patches import FancyBboxPatch

    from autograder import BLUE, GREEN, GREY, RED, canvas, show_figure

    figure, axes = canvas(11, 5)
    last = len(letters) - 1

    def box(x, y, text, colour, alpha=1.0):
        edge = {"boxstyle": "round,pad=0.3", "facecolor": "none", "edgecolor": colour, "linewidth": 1.5, "alpha": alpha}
        axes.text(x, y, text, ha="center", va="center", fontsize=12, color=colour, alpha=alpha, bbox=edge)

    def arrow(start, end, colour):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0})

    for j, (letter, weight) in enumerate(zip(letters, weights, strict=True)):
        x = 1.8 * j
        axes.add_patch(FancyBboxPatch((x - 0.5, 2.75), 1.0, 2.35, boxstyle="round,pad=0.1", facecolor=GREY, alpha=0.15, edgecolor="none"))
        axes.text(x, 4.95, letter, ha="center", va="center", fontsize=15, color=GREY, family="monospace")
        box(x, 4.35, f"$v_{j + 1}$", RED)
        box(x, 3.7, f"$k_{j + 1}$", GREEN)
        box(x, 3.0, f"$q_{j + 1}$", BLUE, 1.0 if j == last else 0.75)
        arrow((x, 2.35), (x, 1.95), BLUE)
        axes.text(x, 1.7, f"$q_{last + 1} \\cdot k_{j + 1} / \\sqrt{{d}}$", ha="center", va="center", fontsize=11, color=BLUE)
        arrow((x, 1.45), (x, 1.05), GREY)
        axes.text(x, 0.8, f"{weight} %", ha="center", va="center", fontsize=9 + weight / 8, color=GREY)
        arrow((x, 0.5), (x, 0.15), RED)
    axes.plot([0, 1.8 * last, 1.8 * last], [2.35, 2.35, 2.7], color=BLUE, linewidth=1.5)
    total = " + ".join(f"{weight / 100:.2f}\\,v_{j + 1}" for j, weight in enumerate(weights))
    axes.text(0.9 * last, -0.15, f"$\\mathrm{{out}}_{last + 1} = {total}$", ha="center", va="center", fontsize=13, color=RED)
    for y, name in ((3.7, "every character has\nquery, key, value"), (1.7, "scores"), (0.8, "softmax: weights"), (-0.15, "weighted mean")):
        axes.text(-1.0, y, name, ha="right", va="center", fontsize=11, color=GREY, style="italic")
    axes.set(xlim=(-3.0, 1.8 * last + 0.8), ylim=(-0.5, 5.3))
    axes.axis("off")
    about = (
        f"Five cards with the letters of {letters}, each with a query, a key and a value. The query of the last card meets the key of every card, its own too, which gives "
        "five scores. A softmax makes percentages of them, and the output is the mean of the five values with these weights."
    )
    show_figure(figure, alt=about)


draw_roles()


# %% [markdown]
# **No peeking.** Position $t$ has to guess character $t + 1$. If it could look at $j = t + 1$, it would find the answer there and learn nothing. So the softmax
# runs over $j \le t$ only: everything to the right of the diagonal is hidden by the **causal mask**. (It may look at itself. In notebook 05 it could not, but here the
# character's own vector is an input like any other.)
#
# One window then teaches $T$ lessons in a single pass: guess the second character from one, the third from two, and so on. In each lesson the book's own characters lie on the table, never the model's guesses: **teacher forcing**.

# %% nbgrader={"grade": false, "grade_id": "draw_mask", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_mask(letters="alice was", seed=4):
    """Scores, mask and weights of a made-up attention over a few letters."""
    import matplotlib.pyplot as plt

    from autograder import GREY, canvas, show_figure

    T = len(letters)
    scores = np.random.default_rng(seed).normal(size=(T, T))
    masked = np.where(np.tri(T, dtype=bool), scores, np.nan)
    weights = np.nan_to_num(np.exp(masked))
    weights /= weights.sum(axis=1, keepdims=True)
    names = [letter.replace(" ", "␣") for letter in letters]
    pictures = {"scores: everybody with everybody": scores, "mask: the future is struck out": masked, "weights: each row sums to 1": weights}
    figure, axes = canvas(12, 4.2, columns=3)
    for ax, (title, picture) in zip(axes, pictures.items(), strict=True):
        colours = plt.get_cmap("Blues" if picture is weights else "RdBu_r").copy()
        colours.set_bad(GREY, alpha=0.35)
        limits = (0, 1) if picture is weights else (-2.5, 2.5)
        ax.imshow(np.where(np.tri(T, dtype=bool), picture, np.nan) if picture is weights else picture, cmap=colours, vmin=limits[0], vmax=limits[1])
        ax.set(title=title, xlabel="looks at j")
        ax.set_xticks(range(T), names)
        ax.set_yticks(range(T), names)
        for t in range(T) if picture is weights else ():
            for j in range(t + 1):
                dark = weights[t, j] > 0.55
                ax.text(j, t, f"{100 * weights[t, j]:.0f}", ha="center", va="center", fontsize=8, color="white" if dark else "navy")
    axes[0].set_ylabel("position t")
    about = (
        "Three squares, row t looks at column j. Left: a score in every cell. Middle: the cells right of the diagonal are struck out. Right: what is left has become "
        "weights in per cent, and each row sums to 100."
    )
    show_figure(figure, alt=about)


draw_mask()


# %% [markdown]
# The numbers on the right are per cent. The first `a` can only look at itself; the last `s` divides its attention among nine.
#
# ### Exercise: the causal softmax
#
# $$w_{tj} = \frac{e^{s_{tj} - m_t}}{\sum_{i \le t} e^{s_{ti} - m_t}} \;\text{ for } j \le t, \qquad w_{tj} = 0 \;\text{ for } j > t, \qquad m_t = \max_{i \le t} s_{ti}$$
#
# `scores` and `weights` have the shape $(\dots, T, T)$: row $t$ belongs to the position that looks, column $j$ to the one that is looked at. Whatever
# axes stand in front (batch, heads) come along for the ride.
#
# The simplest way: set the future to $-\infty$ *first*, since $e^{-\infty} = 0$, and do an ordinary stable softmax after that. If you
# mask after the softmax instead, the rows no longer sum to 1. And if you take the maximum before masking, a huge score in the future pushes all
# others down to zero. `np.tri(T, dtype=bool)` is True on and below the diagonal; `np.triu(..., 1)` keeps what is above it.

# %% nbgrader={"grade": false, "grade_id": "causal_softmax_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def causal_softmax_forward(scores):
    """Softmax over the last axis, in which position t sees only j <= t.

    scores: (..., T, T), row t is the position that looks. They may be huge.
    Returns weights (..., T, T), zero above the diagonal, and a cache for `causal_softmax_backward`.
    """
    ### BEGIN SOLUTION
    T = scores.shape[-1]
    weights = scores + np.triu(np.full((T, T), -np.inf, dtype=scores.dtype), 1)
    weights -= weights.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights, weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_causal_softmax_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

check_values(
    causal_softmax_forward, {"scores": np.zeros((1, 3, 3))},
    np.array([[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.33333333, 0.33333333, 0.33333333]]]),
)
scores = np.array([[[0.0, 5000.0, 0.0], [1000.0, 1000.0, 9000.0], [-3000.0, -2000.0, -2000.0]]])
check_values(
    causal_softmax_forward, {"scores": scores}, np.array([[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]]),
)
check_shapes(causal_softmax_forward, {"scores": np.ones((2, 3, 4, 4), "float32")}, [(2, 3, 4, 4)])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
scores = rng.normal(scale=2, size=(2, 3, 5, 5))
check_values(
    causal_softmax_forward, {"scores": scores}, reference.causal_softmax_forward,
    says="The causal softmax is tried on random scores of several heads.",
)
check_values(
    causal_softmax_forward, {"scores": 3000 * scores}, reference.causal_softmax_forward,
    says="The causal softmax is tried on huge scores.",
)
check_values(
    causal_softmax_forward, {"scores": scores.astype("float32")}, reference.causal_softmax_forward, tolerance=1e-4,
    says="The causal softmax is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward it is the softmax of notebook 05 (there you find where it comes from). In one row all weights share the denominator, so raising one score lowers all the other weights. The result is short:
#
# $$ds_{tj} = w_{tj}\Bigl(dw_{tj} - \sum_i w_{ti}\, dw_{ti}\Bigr) \qquad (\dots, T, T), \text{ the sum with shape } (\dots, T, 1)$$
#
# In words: a score gets credit as far as its value was *better than the average* of what was taken, in which each value counts by its weight. And the mask? Where $w_{tj} = 0$ the formula gives
# $0$ by itself: the future gets no blame, because it had no part in it.

# %% nbgrader={"grade": false, "grade_id": "causal_softmax_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def causal_softmax_backward(dweights, cache):
    """The gradient of the causal softmax.

    dweights: (..., T, T). cache: from `causal_softmax_forward`.
    Returns dscores (..., T, T), zero above the diagonal.
    """
    ### BEGIN SOLUTION
    weights = cache
    return weights * (dweights - (dweights * weights).sum(axis=-1, keepdims=True))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_causal_softmax_backward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(3)
check_gradients(causal_softmax_forward, causal_softmax_backward, {"scores": rng.normal(size=(2, 3, 4, 4))})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    causal_softmax_forward, causal_softmax_backward, {"scores": rng.normal(scale=2, size=(2, 3, 5, 5))},
    reference=reference.causal_softmax_forward,
    says="The gradient of the causal softmax is compared with central differences for several heads.",
)
check_gradients(
    causal_softmax_forward, causal_softmax_backward, {"scores": rng.normal(size=(3, 4, 4))},
    reference=reference.causal_softmax_forward,
    says="The gradient of the causal softmax is compared with central differences without an axis for heads.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise: attention
#
# Queries, keys and values come as $(B, \text{heads}, T, d)$ (what a head is, comes next; for now it is one more batch axis). `@` multiplies the last two axes, and
# `k.swapaxes(-1, -2)` turns them around:
#
# $$
# \begin{aligned}
# s &= q\, k^\top / \sqrt d & (\dots,T,d)(\dots,d,T) &\to (\dots,T,T)\\
# w &= \operatorname{causal\_softmax}(s) & &\phantom{\to}\; (\dots,T,T)\\
# \text{out} &= w\, v & (\dots,T,T)(\dots,T,d) &\to (\dots,T,d)
# \end{aligned}
# $$
#
# **Why $\sqrt d$?** If the entries of $q$ and $k$ are random with variance 1, their dot product is a sum of $d$ such products and has variance $d$. With $d = 32$ the scores
# would be around $\pm 6$, the softmax would put almost everything on one position from the start, and its gradient $w(1 - w)$ would be almost zero. Dividing
# by $\sqrt d$ brings the scores back to variance 1. (`math.sqrt`, not `np.sqrt`: a Python number leaves float32 alone.)

# %% nbgrader={"grade": false, "grade_id": "attention_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_forward(q, k, v):
    """Each position takes a weighted mean of the values up to its own.

    q, k, v: (B, heads, T, d).
    Returns out (B, heads, T, d) and a cache for `attention_backward`.
    """
    ### BEGIN SOLUTION
    scores = q @ k.swapaxes(-1, -2)
    scores *= 1 / math.sqrt(q.shape[-1])
    weights, softmax_cache = causal_softmax_forward(scores)
    return weights @ v, (q, k, v, weights, softmax_cache)
    ### END SOLUTION


# %% [markdown]
# In the check below, the query of the second position fits the first key: $q_2 \cdot k_1 / \sqrt 4 = \ln 3$, against $0$ for its own. So it takes three quarters of the first value
# and one quarter of its own. The third position has no preference and takes the mean.

# %% nbgrader={"grade": true, "grade_id": "test_attention_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np

from autograder import check_shapes, check_values

q = np.array([[[[0.0, 0.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]])
k = np.array([[[[math.log(3), 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]]])
v = np.array([[[[4.0, 0.0, 0.0, 1.0], [0.0, 4.0, 0.0, 1.0], [2.0, 2.0, 6.0, 1.0]]]])
out = np.array([[[[4.0, 0.0, 0.0, 1.0], [3.0, 1.0, 0.0, 1.0], [2.0, 2.0, 2.0, 1.0]]]])
two = {"q": np.repeat(q, 2, axis=1), "k": np.repeat(k, 2, axis=1), "v": np.repeat(v, 2, axis=1)}  # heads that are alike
check_values(attention_forward, two, np.repeat(out, 2, axis=1), given=["causal_softmax_forward"])
single = np.ones((2, 3, 5, 4), "float32")
check_shapes(attention_forward, {"q": single, "k": single, "v": single}, [(2, 3, 5, 4)], given=["causal_softmax_forward"])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
q, k, v = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3, 5, 4))
check_values(
    attention_forward, {"q": q, "k": k, "v": v}, reference.attention_forward, given=["causal_softmax_forward"],
    says="Attention is tried with random queries, keys and values of several heads.",
)
check_values(
    attention_forward, {"q": q.astype("float32"), "k": k.astype("float32"), "v": v.astype("float32")},
    reference.attention_forward, given=["causal_softmax_forward"], tolerance=1e-4, says="Attention is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward: two matrix products with the softmax between them. A product $C = A B$ gives $dA = dC\, B^\top$ and $dB = A^\top dC$; that is all you need, once on each side of the softmax.
#
# $$
# \begin{aligned}
# dv &= w^\top\, d\text{out} & (\dots,T,T)(\dots,T,d) &\to (\dots,T,d)\\
# dw &= d\text{out}\; v^\top & (\dots,T,d)(\dots,d,T) &\to (\dots,T,T)\\
# ds &= \operatorname{causal\_softmax\_backward}(dw) & &\phantom{\to}\; (\dots,T,T)\\
# dq &= ds\, k / \sqrt d & (\dots,T,T)(\dots,T,d) &\to (\dots,T,d)\\
# dk &= ds^\top q / \sqrt d & (\dots,T,T)(\dots,T,d) &\to (\dots,T,d)
# \end{aligned}
# $$
#
# Look at the transposes of $w$ and $ds$: they turn "who looks" into "who is looked at". Position $j$ collects its blame from all the later positions that looked at it. This is the Transformer's
# answer to backpropagation through time: from any position back to any other it is **one step**, not $k$ steps.

# %% nbgrader={"grade": false, "grade_id": "attention_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_backward(dout, cache):
    """The gradients of attention.

    dout: (B, heads, T, d). cache: from `attention_forward`.
    Returns dq, dk, dv, each (B, heads, T, d).
    """
    ### BEGIN SOLUTION
    q, k, v, weights, softmax_cache = cache
    dv = weights.swapaxes(-1, -2) @ dout
    dscores = causal_softmax_backward(dout @ v.swapaxes(-1, -2), softmax_cache)
    dscores *= 1 / math.sqrt(q.shape[-1])
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, dv
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_attention_backward", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(4)
check_gradients(
    attention_forward, attention_backward,
    {"q": rng.normal(size=(2, 3, 4, 5)), "k": rng.normal(size=(2, 3, 4, 5)), "v": rng.normal(size=(2, 3, 4, 5))},
    given=["causal_softmax_forward", "causal_softmax_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    attention_forward, attention_backward,
    {"q": rng.normal(size=(2, 1, 3, 4)), "k": rng.normal(size=(2, 1, 3, 4)), "v": rng.normal(size=(2, 1, 3, 4))},
    reference=reference.attention_forward, given=["causal_softmax_forward", "causal_softmax_backward"],
    says="The gradients of attention are compared with central differences for one head.",
)
check_gradients(
    attention_forward, attention_backward,
    {"q": rng.normal(size=(3, 2, 5, 4)), "k": rng.normal(size=(3, 2, 5, 4)), "v": rng.normal(size=(3, 2, 5, 4))},
    reference=reference.attention_forward, given=["causal_softmax_forward", "causal_softmax_backward"],
    says="The gradients of attention are compared with central differences for two heads and a longer window.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Several heads
#
# One attention gives each position one weighted mean. But a character may need two things at once: the last letters, to spell the word, and the quotation mark
# far back, to know whether somebody is speaking. So the $D$ dimensions are cut into slices of $d = D / \text{heads}$, and every slice does its
# own attention with its own weights. These are the **heads**, and the whole is **multi-head attention**.
#
# Nothing is computed twice for that, it is only a matter of how you look at the array. Number $h \cdot d + i$ of the $D$ numbers is number $i$ of head $h$:
#
# $$(B, T, D) \;\xrightarrow{\text{reshape}}\; (B, T, \text{heads}, d) \;\xrightarrow{\text{swap axes 1 and 2}}\; (B, \text{heads}, T, d)$$
#
# Reshaping straight to $(B, \text{heads}, T, d)$ gives the right shape and the wrong numbers: it would mix up characters. The order of the two moves matters. `merge_heads` goes the way back.

# %% nbgrader={"grade": false, "grade_id": "draw_reshape", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_reshape(T=4, heads=3, d=2):
    """Cutting the width into heads, the right way and the wrong way."""
    from matplotlib.patches import Rectangle

    from autograder import BLUE, GREEN, GREY, RED, canvas, show_figure

    figure, axes = canvas(11, 4.6)
    x = np.arange(T * heads * d).reshape(T, heads * d)

    def table(left, top, numbers):
        for (t, i), number in np.ndenumerate(numbers):
            head = number % (heads * d) // d
            place, colour = (left + 0.6 * i, top - 0.6 * (t + 1)), (BLUE, RED, GREEN)[head]
            axes.add_patch(Rectangle(place, 0.56, 0.56, facecolor=colour, alpha=0.25, hatch=("", "//", "..")[head], edgecolor=colour))
            axes.text(place[0] + 0.28, place[1] + 0.28, str(number), ha="center", va="center", fontsize=10, color=GREY, weight="bold")

    def note(x, y, text, size=11, colour=GREY):
        axes.text(x, y, text, ha="center", va="center", fontsize=size, color=colour)

    table(0, 2.9, x)
    note(1.8, 3.15, f"$x$: $T = {T}$ characters, $D = {heads * d}$ numbers each")
    note(1.8, 0.2, f"colours and hatching: the slices of\nthe {heads} heads, $d = {d}$ numbers each", 10)
    for side, (title, cut) in enumerate({
        "right: reshape to $(T, heads, d)$, then swap": x.reshape(T, heads, d).swapaxes(0, 1),
        "wrong: reshape straight to $(heads, T, d)$": x.reshape(heads, T, d),
    }.items()):  # fmt: skip
        top = (5.6, 2.3)[side]
        axes.annotate("", (5.3, top - 1.2), (3.9, 1.7), arrowprops={"arrowstyle": "-|>", "color": GREEN if side == 0 else RED, "linewidth": 1.6, "linestyle": ("-", "--")[side]})
        note(8.0, top + 0.28, title, 12, GREEN if side == 0 else RED)
        for h in range(heads):
            table(5.6 + 1.8 * h, top, cut[h])
            note(6.2 + 1.8 * h, top - 2.6, f"head {h}", 10)
    axes.set(xlim=(-0.2, 11), ylim=(-0.6, 6.2), aspect="equal")
    axes.axis("off")
    about = (
        "On the left a table of four characters in rows and six numbers in columns, in three slices of two columns. The right way gives each head a table of four rows: its "
        "own slice of every character. The wrong way gives head 0 the numbers 0 to 7, all of the first character and some of the second."
    )
    show_figure(figure, alt=about)


draw_reshape()


# %% nbgrader={"grade": false, "grade_id": "split_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_heads(x, heads):
    """Cut the last axis into heads.

    x: (B, T, heads * d). Returns (B, heads, T, d); head h holds the columns h * d to (h + 1) * d of x.
    """
    ### BEGIN SOLUTION
    B, T, D = x.shape
    return x.reshape(B, T, heads, D // heads).swapaxes(1, 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_split_heads", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

x = np.array([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]])
check_values(
    split_heads, {"x": x, "heads": 2},
    np.array([[[[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]], [[3.0, 4.0], [7.0, 8.0], [11.0, 12.0]]]]),
)
check_values(
    split_heads, {"x": np.arange(24.0).reshape(2, 2, 6), "heads": 3},
    np.array([
        [[[0.0, 1.0], [6.0, 7.0]], [[2.0, 3.0], [8.0, 9.0]], [[4.0, 5.0], [10.0, 11.0]]],
        [[[12.0, 13.0], [18.0, 19.0]], [[14.0, 15.0], [20.0, 21.0]], [[16.0, 17.0], [22.0, 23.0]]],
    ]),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    split_heads, {"x": rng.normal(size=(2, 5, 12)), "heads": 3}, reference.split_heads,
    says="Splitting is tried with three heads and two windows.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "merge_heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merge_heads(x):
    """Put the heads side by side again, the inverse of `split_heads`.

    x: (B, heads, T, d). Returns (B, T, heads * d).
    """
    ### BEGIN SOLUTION
    B, heads, T, d = x.shape
    return x.swapaxes(1, 2).reshape(B, T, heads * d)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_merge_heads", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

x = np.array([[[[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]], [[3.0, 4.0], [7.0, 8.0], [11.0, 12.0]]]])
check_values(
    merge_heads, {"x": x}, np.array([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]]),
)
check_values(
    merge_heads, {"x": np.arange(24.0).reshape(2, 3, 2, 2)},
    np.array([
        [[0.0, 1.0, 4.0, 5.0, 8.0, 9.0], [2.0, 3.0, 6.0, 7.0, 10.0, 11.0]],
        [[12.0, 13.0, 16.0, 17.0, 20.0, 21.0], [14.0, 15.0, 18.0, 19.0, 22.0, 23.0]],
    ]),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    merge_heads, {"x": rng.normal(size=(2, 3, 5, 4))}, reference.merge_heads,
    says="Merging is tried with three heads and two windows.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise: multi-head attention
#
# Where do queries, keys and values come from? From $x$, by three linear layers. They are done as one, with the three matrices side by side in $W_{qkv}$: first $D$ columns for the queries
# of all heads, then $D$ for the keys, then $D$ for the values. At the end one more linear layer lets the heads talk to each other:
#
# $$
# \begin{aligned}
# \text{qkv} &= x\, W_{qkv} + b_{qkv} & (B,T,D)(D,3D) &\to (B,T,3D)\\
# q, k, v &= \operatorname{split\_heads}(\text{qkv}, 3 \cdot \text{heads}) \text{ in three parts} & (B, 3\,\text{heads}, T, d) &\to 3 \times (B, \text{heads}, T, d)\\
# m &= \operatorname{merge\_heads}(\operatorname{attention}(q, k, v)) & (B, \text{heads}, T, d) &\to (B,T,D)\\
# \text{out} &= m\, W_o + b_o & (B,T,D)(D,D) &\to (B,T,D)
# \end{aligned}
# $$
#
# `np.split(a, 3, axis=1)` cuts an array into three equal parts. Use `linear_forward` for both linear layers, and let your cache keep theirs.

# %% nbgrader={"grade": false, "grade_id": "multi_head_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def multi_head_forward(x, params, heads):
    """Causal attention with several heads.

    x: (B, T, D). params: "Wqkv" (D, 3D), "bqkv" (3D,), "Wo" (D, D), "bo" (D,). heads: divides D.
    Returns out (B, T, D) and a cache for `multi_head_backward`.
    """
    ### BEGIN SOLUTION
    qkv, qkv_cache = linear_forward(x, params["Wqkv"], params["bqkv"])
    q, k, v = np.split(split_heads(qkv, 3 * heads), 3, axis=1)
    mixed, attention_cache = attention_forward(q, k, v)
    out, out_cache = linear_forward(merge_heads(mixed), params["Wo"], params["bo"])
    return out, (qkv_cache, attention_cache, out_cache, heads)
    ### END SOLUTION


# %% [markdown]
# The first check builds a layer by hand: queries and keys are zero, so every position takes the plain mean of all values up to its own, and the values are $x$ itself.

# %% nbgrader={"grade": true, "grade_id": "test_multi_head_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {
    "Wqkv": np.hstack([np.zeros((4, 8)), np.eye(4)]), "bqkv": np.zeros(12), "Wo": np.eye(4), "bo": np.array([0.0, 0.0, 0.0, 0.5]),
}
x = np.array([[[4.0, 0.0, 2.0, 0.0], [0.0, 2.0, 2.0, 0.0], [2.0, 4.0, 2.0, 3.0]]])
check_values(
    multi_head_forward, {"x": x, "params": params, "heads": 2},
    np.array([[[4.0, 0.0, 2.0, 0.5], [2.0, 1.0, 2.0, 0.5], [2.0, 2.0, 2.0, 1.5]]]),
    given=["split_heads", "merge_heads", "attention_forward", "causal_softmax_forward"],
)
params = {
    "Wqkv": np.sin(np.arange(48.0)).reshape(4, 12), "bqkv": np.cos(np.arange(12.0)),
    "Wo": np.cos(np.arange(16.0)).reshape(4, 4), "bo": np.array([0.1, -0.2, 0.3, 0.0]),
}
x = np.sin(np.arange(24.0)).reshape(2, 3, 4)
check_values(
    multi_head_forward, {"x": x, "params": params, "heads": 2},
    np.array([
        [
            [-0.1871223, -0.12069285, 0.67282197, 0.323566], [-0.37584979, -0.5687214, 0.37740775, 0.45236857],
            [0.30873171, -0.62734792, -0.37052584, -0.2972254],
        ],
        [
            [-0.3488917, -0.49397985, 0.43121572, 0.43577216], [-0.31614154, -0.98990658, -0.13743516, 0.31721214],
            [0.85438597, -0.24320536, -0.50107388, -0.82243877],
        ],
    ]),
    given=["split_heads", "merge_heads", "attention_forward", "causal_softmax_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    multi_head_forward, {"x": x.astype("float32"), "params": single, "heads": 4}, [(2, 3, 4)],
    given=["split_heads", "merge_heads", "attention_forward", "causal_softmax_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wqkv": rng.normal(scale=0.5, size=(6, 18)), "bqkv": rng.normal(size=18), "Wo": rng.normal(size=(6, 6)), "bo": rng.normal(size=6),
}
x = rng.normal(size=(2, 4, 6))
check_values(
    multi_head_forward, {"x": x, "params": params, "heads": 3}, reference.multi_head_forward,
    given=["split_heads", "merge_heads", "attention_forward", "causal_softmax_forward"],
    says="Multi-head attention is tried with three heads and random weights.",
)
single = {name: p.astype("float32") for name, p in params.items()}
check_values(
    multi_head_forward, {"x": x.astype("float32"), "params": single, "heads": 2}, reference.multi_head_forward,
    given=["split_heads", "merge_heads", "attention_forward", "causal_softmax_forward"], tolerance=1e-4,
    says="Multi-head attention is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward: the same line of stations, read from right to left.
#
# $$d\text{out} \;\xrightarrow{\text{linear}}\; dm \;\xrightarrow{\text{split}}\; d\text{mixed} \;\xrightarrow{\text{attention}}\; dq, dk, dv \;\xrightarrow{\text{put together, merge}}\; d\text{qkv} \;\xrightarrow{\text{linear}}\; dx$$
#
# Splitting and merging only move numbers about, so **each is the backward pass of the other**. What `np.split` took apart along axis 1, `np.concatenate([dq, dk, dv], axis=1)`
# puts together: $(B, 3\,\text{heads}, T, d)$, and merged, $(B, T, 3D)$.

# %% nbgrader={"grade": false, "grade_id": "multi_head_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def multi_head_backward(dout, cache):
    """The gradients of multi-head attention.

    dout: (B, T, D). cache: from `multi_head_forward`.
    Returns dx (B, T, D) and grads: "Wqkv" (D, 3D), "bqkv" (3D,), "Wo" (D, D), "bo" (D,).
    """
    ### BEGIN SOLUTION
    qkv_cache, attention_cache, out_cache, heads = cache
    dmerged, dWo, dbo = linear_backward(dout, out_cache)
    dq, dk, dv = attention_backward(split_heads(dmerged, heads), attention_cache)
    dqkv = merge_heads(np.concatenate([dq, dk, dv], axis=1))
    dx, dWqkv, dbqkv = linear_backward(dqkv, qkv_cache)
    return dx, {"Wqkv": dWqkv, "bqkv": dbqkv, "Wo": dWo, "bo": dbo}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_multi_head_backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(5)
params = {
    "Wqkv": rng.normal(scale=0.5, size=(6, 18)), "bqkv": rng.normal(size=18), "Wo": rng.normal(size=(6, 6)), "bo": rng.normal(size=6),
}
check_gradients(
    multi_head_forward, multi_head_backward, {"x": rng.normal(size=(2, 4, 6)), "params": params, "heads": 3},
    given=[
        "split_heads", "merge_heads", "attention_forward", "attention_backward", "causal_softmax_forward", "causal_softmax_backward",
    ],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    "Wqkv": rng.normal(scale=0.5, size=(8, 24)), "bqkv": rng.normal(size=24), "Wo": rng.normal(size=(8, 8)), "bo": rng.normal(size=8),
}
check_gradients(
    multi_head_forward, multi_head_backward, {"x": rng.normal(size=(3, 5, 8)), "params": params, "heads": 2},
    reference=reference.multi_head_forward, projections=6,
    given=[
        "split_heads", "merge_heads", "attention_forward", "attention_backward", "causal_softmax_forward", "causal_softmax_backward",
    ],
    says="The gradients of multi-head attention are compared with central differences along random directions.",
)
### END HIDDEN TESTS

# %% [markdown]
# **Predict.** Take a layer of the same width $D$ with eight heads instead of one. What does it have more of?
#
# - a) Attention weights.
# - b) Parameters.
# - c) Multiplications for the scores.
# - d) All three.

# %% tags=["question"]
guess_eight_heads = "a"  # a, b, c or d
predict("eight heads", guess_eight_heads, "f90fd518")

# %% nbgrader={"grade": false, "grade_id": "see_heads", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
width, places = 128, 64
print(f"D = {width}, T = {places}\nheads    d   parameters   multiplications for the scores   attention weights")
for heads in (1, 2, 4, 8):
    q = split_heads(np.zeros((1, places, width)), heads)
    weights, _ = causal_softmax_forward(q @ q.swapaxes(-1, -2))
    print(f"{heads:5} {q.shape[-1]:4} {4 * width * width + 4 * width:12,} {weights.size * q.shape[-1]:32,} {weights.size:19,}")


# %% [markdown]
# $W_{qkv}$ and $W_o$ have the same shapes whatever the number of heads, and eight heads of 16 numbers multiply as much as one of 128. Only the tables of weights grow, $\text{heads} \cdot T^2$ for each window. What one pays with is the
# width of each: a query of few numbers can ask simple questions only.

# %% [markdown]
# ### A good place for a rest
#
# 15 of the 29 exercises are done, and 53 of the 100 points are yours. Save the notebook. When you come back, run all cells above this one (*Run → Run All Above Selected Cell*), and you are here again; nothing so far takes long.
#
# **What stands**
#
# | you have | it takes | it gives | who talks to whom |
# |---|---|---|---|
# | `embedding_*` | ids $(B, T)$ | vectors $(B, T, D)$ with a name tag for the place | nobody |
# | `layer_norm_*`, `gelu_*` | any $(\dots, D)$ | the same shape | nobody: each vector alone |
# | `multi_head_*`, with `attention_*`, `causal_softmax_*`, `split_heads` and `merge_heads` inside | $(B, T, D)$ | $(B, T, D)$ | every position asks itself and all before it |
#
# **What is still to come**
#
# | part | exercises | points | |
# |---|---:|---:|---|
# | 4 The block | 6 | 18 | one network for each position alone, and the plus sign that makes depth harmless |
# | 5 The model | 4 | 10 | blocks in a row, from ids to the loss |
# | 6 Training | 3 | 16 | a learning rate that changes, Adam with decay, the loop |
# | 7 Writing | 1 | 3 | the samples |
#
# The new mathematics lies behind you: layer norm and attention were the hard derivatives. From here on you put together what you have. Try to answer three questions before you open the answers: over which axis does layer norm take its mean? Over
# which axis do the attention weights sum to 1? Which of the functions above would notice if somebody shuffled the positions?
#
# <details><summary>The answers</summary>
#
# The last one, $D$. The last one of the scores, the keys $j$. The embedding, which gives out the name tags, and attention, because of its mask.
#
# </details>

# %% [markdown]
# ## 4. The block
#
# Attention *collects*. Somebody still has to *think* about what was collected, and that is done by each position for itself.
#
# ### Exercise: the MLP
#
# The network of notebook 02, applied to every position alone, with a hidden layer that is four times as wide as the stream ($F = 4 D$). Papers call it the **feed-forward network** (FFN):
#
# $$\text{out} = \operatorname{gelu}(x\, W_1 + b_1)\, W_2 + b_2 \qquad (B,T,D)(D,F) \to (B,T,F), \quad (B,T,F)(F,D) \to (B,T,D)$$
#
# Two thirds of all parameters of a Transformer sit here.

# %% nbgrader={"grade": false, "grade_id": "mlp_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mlp_forward(x, params):
    """Two linear layers with a GELU between them, at each position alone.

    x: (B, T, D). params: "W1" (D, F), "b1" (F,), "W2" (F, D), "b2" (D,).
    Returns out (B, T, D) and a cache for `mlp_backward`.
    """
    ### BEGIN SOLUTION
    h, cache_1 = linear_forward(x, params["W1"], params["b1"])
    a, gelu_cache = gelu_forward(h)
    out, cache_2 = linear_forward(a, params["W2"], params["b2"])
    return out, (cache_1, gelu_cache, cache_2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_mlp_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {
    "W1": np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]]), "b1": np.zeros(3),
    "W2": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), "b2": np.array([0.1, 0.2]),
}
check_values(
    mlp_forward, {"x": np.array([[[1.0, 2.0], [0.0, 0.0]]]), "params": params},
    np.array([[[0.78238398, 1.99578968], [0.1, 0.2]]]), given=["gelu_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(mlp_forward, {"x": np.ones((3, 4, 2), "float32"), "params": single}, [(3, 4, 2)], given=["gelu_forward"])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W1": rng.normal(size=(4, 7)), "b1": rng.normal(size=7), "W2": rng.normal(size=(7, 4)), "b2": rng.normal(size=4)}
check_values(
    mlp_forward, {"x": rng.normal(size=(2, 3, 4)), "params": params}, reference.mlp_forward, given=["gelu_forward"],
    says="The MLP is tried with random weights.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "mlp_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mlp_backward(dout, cache):
    """The gradients of the MLP.

    dout: (B, T, D). cache: from `mlp_forward`.
    Returns dx (B, T, D) and grads: "W1" (D, F), "b1" (F,), "W2" (F, D), "b2" (D,).
    """
    ### BEGIN SOLUTION
    cache_1, gelu_cache, cache_2 = cache
    da, dW2, db2 = linear_backward(dout, cache_2)
    dx, dW1, db1 = linear_backward(gelu_backward(da, gelu_cache), cache_1)
    return dx, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_mlp_backward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(6)
params = {"W1": rng.normal(size=(4, 7)), "b1": rng.normal(size=7), "W2": rng.normal(size=(7, 4)), "b2": rng.normal(size=4)}
check_gradients(
    mlp_forward, mlp_backward, {"x": rng.normal(size=(2, 3, 4)), "params": params}, given=["gelu_forward", "gelu_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W1": rng.normal(size=(5, 8)), "b1": rng.normal(size=8), "W2": rng.normal(size=(8, 5)), "b2": rng.normal(size=5)}
check_gradients(
    mlp_forward, mlp_backward, {"x": rng.normal(size=(3, 4, 5)), "params": params},
    reference=reference.mlp_forward, given=["gelu_forward", "gelu_backward"],
    says="The gradients of the MLP are compared with central differences.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Dropout
#
# A model with 0.8 million parameters can learn 130,000 characters by heart, and it will. Whatever makes that harder is called **regularisation**. **Dropout** does it so: during training each number is set to zero with
# probability `rate`, anew at each update, so no unit can rely on one other unit being there. Like a class in which every day some pupils are absent: everybody has to
# know a bit of everything.
#
# What remains is divided by $1 - \text{rate}$, so that the *expected* value stays the same and nothing has to be changed when dropout is switched off for measuring and
# writing:
#
# $$\text{out} = x \odot \text{mask}, \qquad \text{mask} = \begin{cases} 0 & \text{with probability rate} \\ 1/(1 - \text{rate}) & \text{otherwise}\end{cases} \qquad \text{all of the shape of } x$$
#
# Backward, the same mask: what was not there has no blame.
#
# So that your numbers can be compared, draw the mask in this way: an entry is **kept** where `rng.random(x.shape, dtype=np.float32) >= rate`. And mind the dtype once more: a
# boolean array divided by a Python number is float64. Multiply it by `x.dtype.type(1 / (1 - rate))`, or convert it first.

# %% nbgrader={"grade": false, "grade_id": "dropout_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dropout_forward(x, rate, rng):
    """Set numbers to zero at random and make up for it.

    x: any shape. rate: the probability of zero, 0 <= rate < 1. rng: a Generator, or None.
    Entries are kept where rng.random(x.shape, dtype=np.float32) >= rate, and divided by 1 - rate.
    With rng None or rate 0, out is x, and nothing is drawn.
    Returns out, of the shape and dtype of x, and a cache for `dropout_backward`.
    """
    ### BEGIN SOLUTION
    if rng is None or rate == 0:
        return x, None
    keep = rng.random(x.shape, dtype=np.float32) >= rate
    mask = keep * x.dtype.type(1 / (1 - rate))
    return x * mask, mask
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_dropout_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_no_draws, check_shapes, check_values

x = np.array([[1.0, -2.0, 3.0, 0.5], [4.0, 5.0, -6.0, 2.0]])
check_values(dropout_forward, {"x": x, "rate": 0.3, "rng": None}, x)
check_values(
    dropout_forward, {"x": x, "rate": 0.2, "rng": np.random.default_rng(5)}, np.array([[1.25, -2.5, 0.0, 0.625], [5.0, 6.25, -7.5, 2.5]]),
)
check_values(
    dropout_forward, {"x": x, "rate": 0.6, "rng": np.random.default_rng(5)}, np.array([[2.5, -5.0, 0.0, 1.25], [0.0, 0.0, -15.0, 0.0]]),
)
check_values(dropout_forward, {"x": x, "rate": 0.0, "rng": np.random.default_rng(5)}, x)
check_no_draws(dropout_forward, {"x": x, "rate": 0.0, "rng": np.random.default_rng(5)})
check_shapes(dropout_forward, {"x": x.astype("float32"), "rate": 0.2, "rng": np.random.default_rng(5)}, [(2, 4)])
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
x = rng.normal(size=(3, 4, 50)) + 1
check_values(
    dropout_forward, {"x": x, "rate": 0.2, "rng": rng}, reference.dropout_forward,
    says="Dropout is tried on a large array: how many entries are zero, and is the mean kept?",
)
check_values(
    dropout_forward, {"x": x.astype("float32"), "rate": 0.4, "rng": rng}, reference.dropout_forward, tolerance=1e-4,
    says="Dropout is tried in float32.",
)
check_values(dropout_forward, {"x": x, "rate": 0.0, "rng": rng}, x, says="Dropout is tried with rate 0.")
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "dropout_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dropout_backward(dout, cache):
    """The gradient of dropout: the same mask.

    dout: any shape. cache: from `dropout_forward`, also from a call that was switched off. Returns dx.
    """
    ### BEGIN SOLUTION
    return dout if cache is None else dout * cache
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_dropout_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(7)
x = rng.normal(size=(3, 4, 5))
check_gradients(dropout_forward, dropout_backward, {"x": x, "rate": 0.4, "rng": np.random.default_rng(8)})
check_gradients(dropout_forward, dropout_backward, {"x": x, "rate": 0.4, "rng": None})
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_gradients(
    dropout_forward, dropout_backward, {"x": rng.normal(size=(2, 3, 7)), "rate": 0.25, "rng": rng},
    reference=reference.dropout_forward,
    says="The gradient of dropout is compared with central differences while the same mask is drawn.",
)
check_gradients(
    dropout_forward, dropout_backward, {"x": rng.normal(size=(2, 3, 7)), "rate": 0.0, "rng": rng},
    reference=reference.dropout_forward, says="The gradient of dropout is compared with central differences at rate 0.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The residual stream
#
# Now the drawing that made all this deep. Do not send $x$ *through* attention and MLP; let it pass by, and let both **add** something to it. That is a **residual connection**, or **skip connection**.

# %% nbgrader={"grade": false, "grade_id": "draw_block", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_block(backward=False):
    """One block and the stream that runs past it; with `backward`, the way of the gradients in red."""
    from autograder import BLUE, GREEN, GREY, RED, canvas, show_figure

    figure, axes = canvas(12, 4.2)

    def box(x, y, text, colour):
        axes.text(x, y, text, ha="center", va="center", fontsize=11, color=colour,
                  bbox={"boxstyle": "round,pad=0.4", "facecolor": "none", "edgecolor": colour, "linewidth": 1.5})

    def arrow(points, colour, style="-|>"):
        axes.plot(*zip(*points[:-1], strict=True), color=colour, linewidth=1.6, solid_capstyle="round", linestyle="--" if colour == RED else "-")
        axes.annotate("", points[-1], points[-2], arrowprops={"arrowstyle": style, "color": colour, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0, "linestyle": "--" if colour == RED else "-"})

    axes.plot([0.4, 11.9], [0, 0], color=BLUE, alpha=0.22, linewidth=16, solid_capstyle="butt", zorder=0)
    axes.text(0.35, 0.32, "$x$  $(B, T, D)$", fontsize=12, color=BLUE)
    axes.text(10.6, 0.32, "out  $(B, T, D)$", fontsize=12, color=BLUE)
    branches = {1.9: (("layer norm", "multi-head\nattention", "dropout"), "collect"), 6.8: (("layer norm", "MLP", "dropout"), "think")}
    for left, (stations, name) in branches.items():
        right = left + 3.2
        arrow([(left, 0.05), (left, 1.58)], GREEN)
        arrow([(right, 1.58), (right, 0.17)], GREEN)
        box(left, 1.75, stations[0], GREEN)
        box(left + 1.65, 1.75, stations[1], GREEN)
        box(right, 1.75, stations[2], GREEN)
        arrow([(left + 0.52, 1.75), (left + (1.12 if "head" in stations[1] else 1.4), 1.75)], GREEN)
        arrow([(left + (2.18 if "head" in stations[1] else 1.9), 1.75), (right - 0.42, 1.75)], GREEN)
        axes.text(right, 0, "+", ha="center", va="center", fontsize=16, color=BLUE,
                  bbox={"boxstyle": "circle,pad=0.08", "facecolor": "none", "edgecolor": BLUE, "linewidth": 1.5})
        axes.text(left + 1.65, 2.5, name, ha="center", fontsize=12, color=GREY, style="italic")
    arrow([(0.5, 0), (1.3, 0)], BLUE)
    arrow([(10.9, 0), (11.9, 0)], BLUE)
    if backward:
        arrow([(11.8, -0.3), (0.5, -0.3)], RED)
        axes.text(6.1, -0.62, "the gradient runs straight back along the stream, untouched ...", ha="center", fontsize=11, color=RED)
        for left in branches:
            arrow([(left + 3.4, -0.3), (left + 3.4, 1.56)], RED)
            arrow([(left - 0.2, 1.56), (left - 0.2, -0.27)], RED)
            arrow([(left + 2.78, 1.5), (left + 0.42, 1.5)] if "MLP" in branches[left][0] else [(left + 2.78, 1.35), (left + 0.42, 1.35)], RED)
            axes.text(left + 1.6, 0.8, "... and what comes back\nthrough the branch is added", ha="center", va="center", fontsize=10.5, color=RED)
    axes.set(xlim=(0, 12.2), ylim=(-0.85, 2.8))
    axes.axis("off")
    forward = (
        "A broad band, the stream, runs from x at the left to out at the right. Two branches leave it and come back at a +. The first collects: layer norm, multi-head "
        "attention, dropout. The second thinks: layer norm, MLP, dropout."
    )
    back = (
        "The same block with dashed red arrows from right to left. One runs straight back along the stream, untouched. At each + a copy goes back through the branch, and "
        "what comes out where the branch begins is added."
    )
    show_figure(figure, alt=back if backward else forward)


draw_block()


# %% [markdown]
# The grey-blue band is the **residual stream**: one vector of $D$ numbers per character that runs from the embedding to the output. A branch reads from it (through a layer norm) and adds
# its result back:
#
# $$
# \begin{aligned}
# x_1 &= x + \operatorname{dropout}(\operatorname{attention}(\operatorname{norm}_1(x))) & &(B,T,D)\\
# \text{out} &= x_1 + \operatorname{dropout}(\operatorname{mlp}(\operatorname{norm}_2(x_1))) & &(B,T,D)
# \end{aligned}
# $$
#
# The layer norm stands *in* the branch, before attention or MLP: **pre-norm**. The first Transformer had it after the plus sign, on the stream itself (**post-norm**). There the way back leads through every norm, and training is harder to start.
#
# Do you recognise it? $c_t = f_t \odot c_{t-1} + i_t \odot g_t$ was the LSTM's trick for time: leave the memory alone and only add. The residual stream is the same trick for
# depth. A block that has nothing to say adds zero and is not in the way, which is why it does no harm to stack many.
#
# | entry of `params` | shape | used by |
# |---|---|---|
# | `"gain1"`, `"bias1"` | $(D,)$ | layer norm in front of attention |
# | `"Wqkv"`, `"bqkv"`, `"Wo"`, `"bo"` | $(D, 3D), (3D,), (D, D), (D,)$ | multi-head attention |
# | `"gain2"`, `"bias2"` | $(D,)$ | layer norm in front of the MLP |
# | `"W1"`, `"b1"`, `"W2"`, `"b2"` | $(D, F), (F,), (F, D), (D,)$ | MLP |
#
# ### Exercise: the block

# %% nbgrader={"grade": false, "grade_id": "block_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def block_forward(x, params, heads, rate=0.0, rng=None):
    """One block: attention, then MLP, each behind a layer norm and with dropout, and each added to the stream.

    x: (B, T, D). params: "gain1", "bias1", "Wqkv", "bqkv", "Wo", "bo", "gain2", "bias2", "W1", "b1", "W2", "b2".
    rate, rng: for `dropout_forward`, first behind attention, then behind the MLP.
    Returns out (B, T, D) and a cache for `block_backward`.
    """
    ### BEGIN SOLUTION
    normed, norm_1 = layer_norm_forward(x, params["gain1"], params["bias1"])
    branch, attention = multi_head_forward(normed, params, heads)
    branch, dropout_1 = dropout_forward(branch, rate, rng)
    x = x + branch
    normed, norm_2 = layer_norm_forward(x, params["gain2"], params["bias2"])
    branch, mlp = mlp_forward(normed, params)
    branch, dropout_2 = dropout_forward(branch, rate, rng)
    return x + branch, (norm_1, attention, dropout_1, norm_2, mlp, dropout_2)
    ### END SOLUTION


# %% [markdown]
# The first check again makes a block by hand: with $W_o$ and $W_2$ zero, the branches have nothing to say but their biases. In the second one dropout sets some of these to zero, first
# behind attention, then behind the MLP.

# %% nbgrader={"grade": true, "grade_id": "test_block_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

rng = np.random.default_rng(9)
params = {
    "gain1": rng.normal(size=4), "bias1": rng.normal(size=4), "Wqkv": rng.normal(size=(4, 12)), "bqkv": rng.normal(size=12),
    "Wo": np.zeros((4, 4)), "bo": np.array([0.1, 0.0, 0.0, 0.0]),
    "gain2": rng.normal(size=4), "bias2": rng.normal(size=4), "W1": rng.normal(size=(4, 7)), "b1": rng.normal(size=7),
    "W2": np.zeros((7, 4)), "b2": np.array([0.0, 0.0, 0.0, -0.2]),
}
x = rng.normal(size=(2, 3, 4))
check_values(
    block_forward, {"x": x, "params": params, "heads": 2}, x + np.array([0.1, 0.0, 0.0, -0.2]),
    given=["layer_norm_forward", "multi_head_forward", "mlp_forward", "dropout_forward"],
)
check_values(
    block_forward, {"x": x, "params": params, "heads": 2, "rate": 0.2, "rng": np.random.default_rng(3)},
    lambda x, params, heads, rate, rng: (
        x + (rng.random(x.shape, dtype=np.float32) >= rate) * params["bo"] / 0.8
        + (rng.random(x.shape, dtype=np.float32) >= rate) * params["b2"] / 0.8
    ),
    given=["layer_norm_forward", "multi_head_forward", "mlp_forward", "dropout_forward"],
)
shapes = {
    "gain1": (4,), "bias1": (4,), "Wqkv": (4, 12), "bqkv": (12,), "Wo": (4, 4), "bo": (4,),
    "gain2": (4,), "bias2": (4,), "W1": (4, 5), "b1": (5,), "W2": (5, 4), "b2": (4,),
}
params = {name: np.sin(np.arange(np.prod(shape)) + 3 * i).reshape(shape) for i, (name, shape) in enumerate(shapes.items())}
x = np.sin(np.arange(24.0)).reshape(2, 3, 4)
check_values(
    block_forward, {"x": x, "params": params, "heads": 2},
    np.array([
        [
            [1.01674167, 0.39496467, -0.58994102, -1.03245766], [1.28741349, 0.44552007, -0.80598245, -1.31646842],
            [2.70597264, 1.36284849, -1.23327228, -2.6955282],
        ],
        [
            [0.46511386, 0.30536524, -0.13513477, -0.4513925], [1.25210286, 0.34511498, -0.87917003, -1.29515016],
            [2.20475241, 1.49807354, -0.58592723, -2.13122921],
        ],
    ]),
    given=["layer_norm_forward", "multi_head_forward", "mlp_forward", "dropout_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    block_forward, {"x": x.astype("float32"), "params": single, "heads": 2, "rate": 0.2, "rng": np.random.default_rng(3)}, [(2, 3, 4)],
    given=["layer_norm_forward", "multi_head_forward", "mlp_forward", "dropout_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {name: rng.normal(scale=0.5, size=p.shape) for name, p in reference.init_block(6, 7, 1, rng).items()}
x = rng.normal(size=(3, 4, 6)) + 1
check_values(
    block_forward, {"x": x, "params": params, "heads": 2}, reference.block_forward,
    given=["layer_norm_forward", "multi_head_forward", "mlp_forward", "dropout_forward"],
    says="A block is tried with random weights and without dropout.",
)
check_values(
    block_forward, {"x": x, "params": params, "heads": 3, "rate": 0.3, "rng": rng}, reference.block_forward,
    given=["layer_norm_forward", "multi_head_forward", "mlp_forward", "dropout_forward"],
    says="A block is tried with random weights and with dropout.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "draw_block_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
draw_block(backward=True)


# %% [markdown]
# Backward: $\text{out} = x_1 + \text{branch}$ hands the same `dout` to both. Send one copy back through the branch, and **add** what comes out at its
# beginning to the other copy. Then the same for the first branch. For the second one:
#
# $$
# \begin{aligned}
# d\text{branch} &= \operatorname{dropout\_backward}(d\text{out}) & &(B,T,D)\\
# d\text{normed} &= \operatorname{mlp\_backward}(d\text{branch}) & &(B,T,D)\\
# dx_1 &= d\text{out} + \operatorname{layer\_norm\_backward}(d\text{normed}) & &(B,T,D)
# \end{aligned}
# $$
#
# The summand $d\text{out}$ arrives at $x_1$ with no matrix and no slope in between. However many blocks you stack, the first one hears about
# the loss directly. `{**some, **others}` joins two dicts.

# %% nbgrader={"grade": false, "grade_id": "block_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def block_backward(dout, cache):
    """The gradients of one block.

    dout: (B, T, D). cache: from `block_forward`.
    Returns dx (B, T, D) and grads with the keys and shapes of the block's params.
    """
    ### BEGIN SOLUTION
    norm_1, attention, dropout_1, norm_2, mlp, dropout_2 = cache
    dnormed, mlp_grads = mlp_backward(dropout_backward(dout, dropout_2), mlp)
    dbranch, dgain2, dbias2 = layer_norm_backward(dnormed, norm_2)
    dx = dout + dbranch
    dnormed, attention_grads = multi_head_backward(dropout_backward(dx, dropout_1), attention)
    dbranch, dgain1, dbias1 = layer_norm_backward(dnormed, norm_1)
    norm_grads = {"gain1": dgain1, "bias1": dbias1, "gain2": dgain2, "bias2": dbias2}
    return dx + dbranch, {**norm_grads, **attention_grads, **mlp_grads}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_block_backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(10)
params = {
    "gain1": rng.normal(size=4), "bias1": rng.normal(size=4), "Wqkv": rng.normal(size=(4, 12)), "bqkv": rng.normal(size=12),
    "Wo": rng.normal(size=(4, 4)), "bo": rng.normal(size=4),
    "gain2": rng.normal(size=4), "bias2": rng.normal(size=4), "W1": rng.normal(size=(4, 7)), "b1": rng.normal(size=7),
    "W2": rng.normal(size=(7, 4)), "b2": rng.normal(size=4),
}
check_gradients(
    block_forward, block_backward, {"x": rng.normal(size=(2, 3, 4)), "params": params, "heads": 2},
    given=[
        "layer_norm_forward", "layer_norm_backward", "multi_head_forward", "multi_head_backward",
        "mlp_forward", "mlp_backward", "dropout_forward", "dropout_backward",
    ],
)
check_gradients(
    block_forward, block_backward,
    {"x": rng.normal(size=(2, 3, 4)), "params": params, "heads": 2, "rate": 0.4, "rng": np.random.default_rng(8)}, projections=4,
    given=[
        "layer_norm_forward", "layer_norm_backward", "multi_head_forward", "multi_head_backward",
        "mlp_forward", "mlp_backward", "dropout_forward", "dropout_backward",
    ],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {name: rng.normal(scale=0.5, size=p.shape) for name, p in reference.init_block(6, 7, 1, rng).items()}
check_gradients(
    block_forward, block_backward, {"x": rng.normal(size=(2, 4, 6)), "params": params, "heads": 3},
    reference=reference.block_forward, projections=5,
    given=[
        "layer_norm_forward", "layer_norm_backward", "multi_head_forward", "multi_head_backward",
        "mlp_forward", "mlp_backward", "dropout_forward", "dropout_backward",
    ],
    says="The gradients of a block are compared with central differences along random directions.",
)
check_gradients(
    block_forward, block_backward, {"x": rng.normal(size=(3, 5, 6)), "params": params, "heads": 2, "rate": 0.4, "rng": rng},
    reference=reference.block_forward, projections=5,
    given=[
        "layer_norm_forward", "layer_norm_backward", "multi_head_forward", "multi_head_backward",
        "mlp_forward", "mlp_backward", "dropout_forward", "dropout_backward",
    ],
    says="The gradients of a block are compared with central differences while dropout draws the same masks.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. The model
#
# In front the embedding, then the blocks one after the other, then a last layer norm (`"gain"`, `"bias"`) and the readout, which gives the **logits**. (Many models use the table $E$ a second time, transposed, as $W_y$: **weight tying**. This one does not.) All parameters live in one dict; those of
# block $i$ carry the prefix `"i."`: `"0.Wqkv"`, `"0.bqkv"`, ..., `"3.b2"`. The picture shows the model that you will train; in the cell below it three small helpers keep the prefixes out of your way.

# %% nbgrader={"grade": false, "grade_id": "draw_model", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
def draw_model(D=128, F=512, blocks=4):
    """The whole model from ids to logits, with shapes below and the number of parameters above."""
    from autograder import BLUE, GREEN, GREY, RED, canvas, show_figure

    figure, axes = canvas(12, 3.6)
    block = 4 * D * D + 2 * D * F + 9 * D + F
    stations = {
        "ids": ("", GREY), "$E[x] + P$": (f"{V * D:,}", BLUE), "dropout": ("", BLUE),
        **{f"block {i}": (f"{block:,}", GREEN) for i in range(blocks)},
        "layer norm": (f"{2 * D}", BLUE), "$W_y, b_y$": (f"{(D + 1) * V:,}", BLUE), "logits": ("", GREY),
    }  # fmt: skip
    places = 1.5 * np.arange(len(stations))
    axes.plot([places[1] + 0.45, places[-3] - 0.6], [0, 0], color=BLUE, alpha=0.22, linewidth=18, solid_capstyle="butt", zorder=0)
    for x, (name, (count, colour)) in zip(places, stations.items(), strict=True):
        box = {"boxstyle": "round,pad=0.4", "facecolor": "none", "edgecolor": colour, "linewidth": 1.5}
        is_block = name.startswith("block")
        axes.text(x, 0.75 if is_block else 0, name, ha="center", va="center", fontsize=11, color=colour, bbox=box)
        axes.text(x, 1.6, count, ha="center", va="center", fontsize=10, color=GREY)
        if is_block:
            axes.text(x + 0.25, 0, "+", ha="center", va="center", fontsize=15, color=BLUE)
            for start, end in (((x - 0.3, 0.1), (x - 0.3, 0.48)), ((x + 0.25, 0.48), (x + 0.25, 0.14))):
                axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREEN, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0})
    for x in (places[0] + 0.35, places[-3] + 0.6, places[-2] + 0.55):
        axes.annotate("", (x + 0.4, 0), (x, 0), arrowprops={"arrowstyle": "-|>", "color": BLUE, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0})
    for x, shape in ((places[0], "(B, T)"), ((places[1] + places[-3]) / 2, "the residual stream (B, T, D)"), (places[-1], "(B, T, V)")):
        axes.text(x, -0.65, shape, ha="center", va="center", fontsize=11, color=BLUE)
    axes.text(places[0], 1.6, "parameters:", ha="center", va="center", fontsize=10, color=GREY, style="italic")
    axes.annotate("", (places[1], -1.25), (places[-1], -1.25), arrowprops={"arrowstyle": "-|>", "color": RED, "linewidth": 1.6, "linestyle": "--"})
    axes.text(places.mean(), -1.5, "backward: the same stations from right to left", ha="center", va="center", fontsize=11, color=RED)
    axes.set(xlim=(-0.7, places[-1] + 0.7), ylim=(-1.8, 1.9))
    axes.axis("off")
    about = (
        f"From left to right: ids, the embedding E[x] + P, dropout, {blocks} blocks, layer norm, the readout, logits. The stream runs as one band from the embedding to the last "
        f"norm; each block takes from it and adds to it. Of the parameters {block:,} are in each block, {V * D:,} in the embedding."
    )
    show_figure(figure, alt=about)


draw_model()


# %% nbgrader={"grade": false, "grade_id": "block_names", "locked": true, "schema_version": 3, "solution": false, "task": false}
def number_of_blocks(params):
    """How many blocks the model has."""
    return sum(name.endswith(".Wqkv") for name in params)


def block_params(params, i):
    """The parameters of block i under their short names: {"Wqkv": params["i.Wqkv"], ...}."""
    prefix = f"{i}."
    return {name[len(prefix) :]: p for name, p in params.items() if name.startswith(prefix)}


def full_names(grads, i):
    """The other way: {"i.Wqkv": grads["Wqkv"], ...}."""
    return {f"{i}.{name}": gradient for name, gradient in grads.items()}


# %% [markdown]
# ### Where to start
#
# Matrices start at random with standard deviation $1/\sqrt{\text{inputs}}$, so that signals keep their length. Two of them are made smaller: $W_o$ and $W_2$ write onto the
# stream, and $2 \times$ blocks of them add up, so each is divided by the root of that number. Gains start at 1, biases at 0. With the small $W_y$ the first guess is that all
# characters are equally likely, and the loss starts at $\ln 46$.
#
# **A small table beside large waves.** $E$ starts at a standard deviation of 0.02, as in the GPTs. There the positions are a learned table that starts about as small. Here they are waves: an entry of $P$ is 0.71 large (root of the mean square),
# 35 times as large as one of $E$. So at first nearly all that comes out of the first layer norm says *where*, and hardly anything says *which character*. The training gets over it: Adam's steps have about the size of the learning rate, however small the
# number is that they change, and in the hundred updates of warm-up below an entry that is always pushed the same way can go 0.13, six times its start. The first Transformer avoided the question and multiplied $E$ by $\sqrt D$, so that both began at about
# one size. What a larger table brings in a short training, you will measure below, in a small model; how it would end in the large one we have not measured.

# %% nbgrader={"grade": false, "grade_id": "init_params", "locked": true, "schema_version": 3, "solution": false, "task": false}
def init_block(D, F, blocks, rng):
    """Random first parameters of one of the blocks, float64."""
    small = 1 / math.sqrt(2 * blocks)
    return {
        "gain1": np.ones(D), "bias1": np.zeros(D),
        "Wqkv": rng.normal(scale=1 / math.sqrt(D), size=(D, 3 * D)), "bqkv": np.zeros(3 * D),
        "Wo": rng.normal(scale=small / math.sqrt(D), size=(D, D)), "bo": np.zeros(D),
        "gain2": np.ones(D), "bias2": np.zeros(D),
        "W1": rng.normal(scale=1 / math.sqrt(D), size=(D, F)), "b1": np.zeros(F),
        "W2": rng.normal(scale=small / math.sqrt(F), size=(F, D)), "b2": np.zeros(D),
    }  # fmt: skip


def init_params(V, D, F, blocks, rng, dtype=np.float32):
    """Random first parameters of a model with V characters, width D, hidden width F."""
    params = {
        "E": rng.normal(scale=0.02, size=(V, D)), "gain": np.ones(D), "bias": np.zeros(D),
        "Wy": rng.normal(scale=0.02, size=(D, V)), "by": np.zeros(V),
    }  # fmt: skip
    for i in range(blocks):
        params |= full_names(init_block(D, F, blocks, rng), i)
    return {name: p.astype(dtype) for name, p in params.items()}


# %% [markdown]
# ### Exercise: the Transformer

# %% nbgrader={"grade": false, "grade_id": "transformer_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def transformer_forward(x, params, heads, rate=0.0, rng=None):
    """Scores for the next character at every position.

    x: (B, T) ids. params: "E" (V, D), the blocks' with their prefixes, "gain", "bias" (D,), "Wy" (D, V), "by" (V,).
    rate, rng: for `dropout_forward`, behind the embedding and in each block.
    Returns logits (B, T, V) and a cache for `transformer_backward`.
    """
    ### BEGIN SOLUTION
    stream, embedding = embedding_forward(x, params)
    stream, dropout = dropout_forward(stream, rate, rng)
    blocks = []
    for i in range(number_of_blocks(params)):
        stream, block = block_forward(stream, block_params(params, i), heads, rate, rng)
        blocks.append(block)
    normed, norm = layer_norm_forward(stream, params["gain"], params["bias"])
    logits, readout = linear_forward(normed, params["Wy"], params["by"])
    return logits, (embedding, dropout, blocks, norm, readout)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_transformer_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_shapes, check_values

params = {
    "E": np.array([[100.0, 0.0], [0.0, 100.0], [50.0, 50.1]]), "gain": np.array([2.0, 2.0]), "bias": np.array([0.0, 1.0]),
    "Wy": np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]), "by": np.array([0.0, 0.0, 3.0]),
}
check_values(
    transformer_forward, {"x": np.array([[0, 0, 1]]), "params": params, "heads": 1},
    np.array([[[2.0, -1.0, 3.5], [2.0, -1.0, 3.5], [-2.0, 3.0, 3.5]]]),
    given=["embedding_forward", "block_forward", "layer_norm_forward", "dropout_forward"],
)
shapes = {
    "gain1": (4,), "bias1": (4,), "Wqkv": (4, 12), "bqkv": (12,), "Wo": (4, 4), "bo": (4,),
    "gain2": (4,), "bias2": (4,), "W1": (4, 3), "b1": (3,), "W2": (3, 4), "b2": (4,),
}
shapes = {
    "E": (3, 4), "gain": (4,), "bias": (4,), "Wy": (4, 3), "by": (3,),
    **{f"0.{name}": shape for name, shape in shapes.items()}, **{f"1.{name}": shape for name, shape in shapes.items()},
}
params = {name: np.sin(np.arange(np.prod(shape)) + 3 * i).reshape(shape) for i, (name, shape) in enumerate(shapes.items())}
x = np.array([[2, 0, 1], [1, 1, 0]])
check_values(
    transformer_forward, {"x": x, "params": params, "heads": 2},
    np.array([
        [[0.81412132, -0.21808067, -1.0497803], [-0.29957225, 0.49347335, 0.83282183], [-0.53194703, 0.78941374, 1.38499116]],
        [[-0.18623532, 0.61018372, 0.84560266], [-0.20326854, 0.61169037, 0.86426398], [-0.37120058, 0.64310104, 1.06613853]],
    ]),
    given=["embedding_forward", "block_forward", "layer_norm_forward", "dropout_forward"],
)
check_values(
    transformer_forward, {"x": x, "params": params, "heads": 2, "rate": 0.25, "rng": np.random.default_rng(5)},
    np.array([
        [[-0.68407969, 0.47421085, 1.19651412], [0.1019916, 0.19262094, 0.10615548], [-0.76066817, 0.81037754, 1.63636588]],
        [[-1.80682026, 1.04545846, 2.93654749], [-0.23137839, 0.63851407, 0.92135964], [0.4965043, 0.11965051, -0.36720941]],
    ]),
    given=["embedding_forward", "block_forward", "layer_norm_forward", "dropout_forward"],
)
single = {name: p.astype("float32") for name, p in params.items()}
check_shapes(
    transformer_forward, {"x": x, "params": single, "heads": 2, "rate": 0.25, "rng": np.random.default_rng(5)}, [(2, 3, 3)],
    given=["embedding_forward", "block_forward", "layer_norm_forward", "dropout_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    name: p + rng.normal(scale=0.5, size=p.shape) for name, p in reference.init_params(7, 6, 8, 2, rng, dtype=np.float64).items()
}
x = rng.integers(2, 6, size=(3, 4))
check_values(
    transformer_forward, {"x": x, "params": params, "heads": 2}, reference.transformer_forward,
    given=["embedding_forward", "block_forward", "layer_norm_forward", "dropout_forward"],
    says="The Transformer is tried with two blocks, random weights and no dropout.",
)
check_values(
    transformer_forward, {"x": x, "params": params, "heads": 3, "rate": 0.3, "rng": rng}, reference.transformer_forward,
    given=["embedding_forward", "block_forward", "layer_norm_forward", "dropout_forward"],
    says="The Transformer is tried with two blocks, random weights and dropout.",
)
### END HIDDEN TESTS

# %% [markdown]
# Backward: readout, last norm, the blocks from the last to the first, dropout, embedding. Collect all gradients in one dict, with the full names.

# %% nbgrader={"grade": false, "grade_id": "transformer_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def transformer_backward(dlogits, cache):
    """The gradients of all parameters.

    dlogits: (B, T, V). cache: from `transformer_forward`.
    Returns grads with the keys and shapes of params.
    """
    ### BEGIN SOLUTION
    embedding, dropout, blocks, norm, readout = cache
    grads = {}
    dnormed, grads["Wy"], grads["by"] = linear_backward(dlogits, readout)
    dstream, grads["gain"], grads["bias"] = layer_norm_backward(dnormed, norm)
    for i in reversed(range(len(blocks))):
        dstream, block_grads = block_backward(dstream, blocks[i])
        grads |= full_names(block_grads, i)
    return grads | embedding_backward(dropout_backward(dstream, dropout), embedding)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_transformer_backward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(11)
shapes = {
    "gain1": (4,), "bias1": (4,), "Wqkv": (4, 12), "bqkv": (12,), "Wo": (4, 4), "bo": (4,),
    "gain2": (4,), "bias2": (4,), "W1": (4, 6), "b1": (6,), "W2": (6, 4), "b2": (4,),
}
shapes = {
    "E": (7, 4), "gain": (4,), "bias": (4,), "Wy": (4, 7), "by": (7,),
    **{f"0.{name}": shape for name, shape in shapes.items()}, **{f"1.{name}": shape for name, shape in shapes.items()},
}
params = {name: rng.normal(scale=0.7, size=shape) for name, shape in shapes.items()}
check_gradients(
    transformer_forward, transformer_backward,
    {"x": np.array([[2, 0, 2, 6, 5], [1, 2, 2, 3, 3], [0, 0, 5, 4, 1]]), "params": params, "heads": 2}, projections=4,
    given=[
        "embedding_forward", "embedding_backward", "block_forward", "block_backward",
        "layer_norm_forward", "layer_norm_backward", "dropout_forward", "dropout_backward",
    ],
)
check_gradients(
    transformer_forward, transformer_backward,
    {"x": np.array([[2, 0, 2, 6], [1, 2, 2, 3]]), "params": params, "heads": 2, "rate": 0.3, "rng": np.random.default_rng(8)},
    projections=3,
    given=[
        "embedding_forward", "embedding_backward", "block_forward", "block_backward",
        "layer_norm_forward", "layer_norm_backward", "dropout_forward", "dropout_backward",
    ],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    name: p + rng.normal(scale=0.5, size=p.shape) for name, p in reference.init_params(7, 8, 12, 2, rng, dtype=np.float64).items()
}
check_gradients(
    transformer_forward, transformer_backward, {"x": rng.integers(2, 6, size=(3, 5)), "params": params, "heads": 2},
    reference=reference.transformer_forward, projections=4,
    given=[
        "embedding_forward", "embedding_backward", "block_forward", "block_backward",
        "layer_norm_forward", "layer_norm_backward", "dropout_forward", "dropout_backward",
    ],
    says="The gradients of the whole Transformer are compared with central differences along random directions.",
)
check_gradients(
    transformer_forward, transformer_backward,
    {"x": rng.integers(2, 6, size=(2, 4)), "params": params, "heads": 4, "rate": 0.3, "rng": rng},
    reference=reference.transformer_forward, projections=4,
    given=[
        "embedding_forward", "embedding_backward", "block_forward", "block_backward",
        "layer_norm_forward", "layer_norm_backward", "dropout_forward", "dropout_backward",
    ],
    says="The gradients of the whole Transformer are compared with central differences while dropout draws the same masks.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Does anything leak?
#
# The most famous mistake in this kind of model is a mask that lets a little of the future through. The loss then looks marvellous, and the text is rubbish. Here is a test that is
# good for any model: change one character, and see at which positions the logits change.

# %% [markdown]
# **Predict.** In `down the rabbit-hole` the character at place 9 (the `r`; places count from 0) becomes another one. At which places do the logits move, in a model with random parameters that leaks nothing?
#
# - a) At 9 only.
# - b) At 10 only: it is guessed from 9.
# - c) At all of them.
# - d) At 9 and all after it.

# %% tags=["question"]
guess_who_notices = "d"  # a, b, c or d
predict("who notices", guess_who_notices, "3431a6ba")


# %% nbgrader={"grade": false, "grade_id": "leak_test", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def who_notices(place, text="down the rabbit-hole"):
    """How far the logits move at each position when the character at `place` is another one."""
    params = init_params(V, 32, 64, 2, np.random.default_rng(0), dtype=np.float64)
    x = corpus.encode(text)[None]
    changed = x.copy()
    changed[0, place] = (x[0, place] + 1) % V
    before, after = (transformer_forward(ids, params, 4)[0][0] for ids in (x, changed))
    return list(text), np.linalg.norm(after - before, axis=1)


letters, moved = who_notices(place=9)
plot_bars(
    letters, moved, highlight=[t == 9 for t in range(len(letters))],
    title="The red character is changed: who notices?", y_label="change of the logits",
)
print("before the change:", moved[:9].max(), "  after it: every position,", f"at least {moved[9:].min():.4f}")

# %% [markdown]
# To the left of the change all bars are exactly zero, so nothing leaks. To the right *every* position has noticed: one step of attention reaches the whole window.

# %% [markdown]
# ### Experiment: who knows the order?
#
# `dog bites man.` and `man bites dog.` are made of the same cards, and both end in a full stop. At that full stop, the two readers have seen the same *set*. Take away the name tags ($P = 0$) and compare what the model says there. (The table $E$ is made as large as the waves for this,
# so that both are heard.)
#
# **Predict.** Without name tags, are the logits at the full stop the same for both sentences?
#
# - a) Yes, with one block and with two.
# - b) With one block yes, with two no.
# - c) With one block no, with two yes.
# - d) No, neither with one nor with two.

# %% tags=["question"]
guess_dog_bites_man = "b"  # a, b, c or d
predict("dog bites man", guess_dog_bites_man, "a4016640")


# %% nbgrader={"grade": false, "grade_id": "who_knows_the_order", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def at_the_end(text, blocks, with_tags, seed=0):
    """The logits at the last character, of a model with random parameters and a table E of size 1."""
    params = init_params(V, 32, 64, blocks, np.random.default_rng(seed), dtype=np.float64)
    params["E"] = 50 * params["E"]
    stream = embedding_forward(corpus.encode(text)[None], params)[0]
    if not with_tags:
        stream = stream - positional_encoding(len(text), 32)
    for i in range(blocks):
        stream, _ = block_forward(stream, block_params(params, i), 4)
    return linear_forward(layer_norm_forward(stream, params["gain"], params["bias"])[0], params["Wy"], params["by"])[0][0, -1]


for with_tags in (True, False):
    for blocks in (1, 2):
        one, other = (at_the_end(text, blocks, with_tags) for text in ("dog bites man.", "man bites dog."))
        print(f"{'with' if with_tags else 'no'} name tags, blocks: {blocks}, difference of the logits: {np.linalg.norm(one - other):.6f}")


# %% [markdown]
# One of the four numbers is zero, up to rounding. **Explain it**, in three to six sentences: why can one block without name tags not tell the sentences apart, and where do two blocks get the order from, though nobody told them any?

# %% why_order [markdown] tags=["written"]
# In one block the full stop's query is compared with the key of each character and takes the weighted mean of their values. Query, keys and values depend on the characters alone, so both sentences give the same weights with the same values, only summed in another order; the mean is the same, and the MLP looks
# at one position only. In two blocks the second one reads what the first has written, and that does depend on the order, because of the causal mask: the `o` of `dog` at the beginning has seen `d` and itself, the `o` of `dog` at the end
# has seen `man bites d` as well. So the vectors at the earlier positions differ between the sentences, and the second block collects different values. The mask alone lets a model of two and more blocks know something about the order, though name tags make it much easier to use.

# %% [markdown]
# ### Exercise: from text to loss
#
# With the targets, and `cross_entropy_forward` and `cross_entropy_backward` from above, two functions of two or three lines complete the model.

# %% nbgrader={"grade": false, "grade_id": "model_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def model_forward(x, targets, params, heads, rate=0.0, rng=None):
    """The loss of a batch of windows.

    x, targets: (B, T) ids. params, heads, rate, rng: for `transformer_forward`.
    Returns loss, a number in nats per character, and a cache for `model_backward`.
    """
    ### BEGIN SOLUTION
    logits, transformer_cache = transformer_forward(x, params, heads, rate, rng)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, (transformer_cache, loss_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_model_forward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

shapes = {
    "gain1": (4,), "bias1": (4,), "Wqkv": (4, 12), "bqkv": (12,), "Wo": (4, 4), "bo": (4,),
    "gain2": (4,), "bias2": (4,), "W1": (4, 3), "b1": (3,), "W2": (3, 4), "b2": (4,),
}
shapes = {
    "E": (3, 4), "gain": (4,), "bias": (4,), "Wy": (4, 3), "by": (3,),
    **{f"0.{name}": shape for name, shape in shapes.items()}, **{f"1.{name}": shape for name, shape in shapes.items()},
}
params = {name: np.sin(np.arange(np.prod(shape)) + 3 * i).reshape(shape) for i, (name, shape) in enumerate(shapes.items())}
x, targets = np.array([[2, 0, 1], [1, 1, 0]]), np.array([[0, 1, 2], [2, 0, 1]])
check_values(
    model_forward, {"x": x, "targets": targets, "params": params, "heads": 2}, 0.93938686, given=["transformer_forward"],
)
check_values(
    model_forward, {"x": x, "targets": targets, "params": params, "heads": 2, "rate": 0.25, "rng": np.random.default_rng(5)},
    1.16493104, given=["transformer_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    name: p + rng.normal(scale=0.5, size=p.shape) for name, p in reference.init_params(7, 6, 8, 1, rng, dtype=np.float64).items()
}
check_values(
    model_forward,
    {
        "x": rng.integers(0, 7, size=(3, 4)), "targets": rng.integers(0, 7, size=(3, 4)), "params": params, "heads": 2,
        "rate": 0.2, "rng": rng,
    },
    reference.model_forward, given=["transformer_forward"],
    says="The loss is tried with random weights and dropout.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "model_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def model_backward(dloss, cache):
    """The gradients of a batch of windows.

    dloss: a number, 1.0 when the loss is all that counts. cache: from `model_forward`.
    Returns grads with the keys and shapes of params.
    """
    ### BEGIN SOLUTION
    transformer_cache, loss_cache = cache
    return transformer_backward(cross_entropy_backward(dloss, loss_cache), transformer_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_model_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_gradients

rng = np.random.default_rng(12)
params = {
    "E": rng.normal(size=(7, 4)), "gain": rng.normal(size=4), "bias": rng.normal(size=4), "Wy": rng.normal(size=(4, 7)), "by": rng.normal(size=7),
}
x = np.array([[2, 0, 2, 6, 5], [1, 2, 2, 3, 3], [0, 0, 5, 4, 1]])
check_gradients(
    model_forward, model_backward, {"x": x, "targets": (x + 2) % 7, "params": params, "heads": 2},
    given=["transformer_forward", "transformer_backward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    name: p + rng.normal(scale=0.5, size=p.shape) for name, p in reference.init_params(7, 8, 12, 2, rng, dtype=np.float64).items()
}
check_gradients(
    model_forward, model_backward,
    {"x": rng.integers(2, 6, size=(3, 5)), "targets": rng.integers(0, 7, size=(3, 5)), "params": params, "heads": 2},
    reference=reference.model_forward, projections=4, given=["transformer_forward", "transformer_backward"],
    says="The gradients of the loss of a model with two blocks are compared with central differences along random directions.",
)
### END HIDDEN TESTS

# %% [markdown]
# Training asks for a loss and its gradients, again and again. `loss_and_gradients` does both. `text_surprise` measures every character of a text of any length, and `mean_loss` is its mean. The model sees at most
# $T$ characters, so the text is cut into windows of full length that **overlap by half**: a window starts every $T/2$ characters. The first one scores all its
# positions, every other one only its second half, which no earlier window has scored. So each prediction is counted exactly once, and all but those of the very first window have at
# least $T/2$ characters of context. (Without the overlap, the first characters of each window would be guessed from almost nothing.)

# %% nbgrader={"grade": false, "grade_id": "mean_loss", "locked": true, "schema_version": 3, "solution": false, "task": false}
def loss_and_gradients(x, targets, rng, *, params, heads, rate):
    """The loss of a batch, x and targets (B, T), and its gradients."""
    loss, cache = model_forward(x, targets, params, heads, rate, rng)
    return float(loss), model_backward(1.0, cache)


def text_surprise(ids, params, T=CONTEXT, heads=HEADS, B=16):
    """The loss of each prediction (n - 1,) in a text, ids (n,), read in windows of T that overlap by half."""
    n = len(ids) - 1  # predictions
    T = min(T, n)
    starts = np.append(np.arange(0, n - T, max(1, T // 2)), n - T)  # the last window ends with the text
    new = np.diff(starts, prepend=-T)  # how many positions of a window no earlier one has scored
    parts = []
    for i in range(0, len(starts), B):
        windows = starts[i : i + B, None] + np.arange(T)
        logits, _ = transformer_forward(ids[windows], params, heads)
        is_new = np.arange(T) >= T - new[i : i + B, None]
        parts.append(surprise(logits, ids[windows + 1])[is_new])
    return np.concatenate(parts)


def mean_loss(ids, params, T=CONTEXT, heads=HEADS):
    """The loss over a text, ids (n,), in nats per character."""
    return float(text_surprise(ids, params, T, heads).mean(dtype=np.float64))


# %% [markdown]
# ## 6. Training
#
# ### Warm-up and cosine
#
# At the start Adam has seen few gradients, its running means are guesses, and a Transformer is touchy: a few wild steps can saturate its attention. So the learning rate
# **warms up** in a straight line, from almost nothing to its `peak`, and after that falls along half a cosine, to settle down. This **learning rate schedule** is the usual one for Transformers:
#
# $$
# \eta(\text{step}) = \begin{cases}
# \text{peak} \cdot (\text{step} + 1) / \text{warmup} & \text{step} < \text{warmup}\\[2pt]
# \text{peak} \cdot \tfrac12 \Bigl(1 + \cos\bigl(\pi\, \frac{\text{step} - \text{warmup}}{\text{steps} - \text{warmup}}\bigr)\Bigr) & \text{otherwise}
# \end{cases} \qquad \text{step} = 0, 1, \dots, \text{steps} - 1
# $$
#
# Use `math.cos`, so that you return an ordinary Python number.

# %% nbgrader={"grade": false, "grade_id": "learning_rate_at", "locked": false, "schema_version": 3, "solution": true, "task": false}
def learning_rate_at(step, steps, peak, warmup):
    """The learning rate of one update.

    step: 0, ..., steps - 1. peak: the highest rate. warmup: the number of updates with a rising rate, at least 1.
    Returns a Python float: peak * (step + 1) / warmup at first, then half a cosine from peak to almost 0.
    """
    ### BEGIN SOLUTION
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_learning_rate_at", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from autograder import check_values

check_values(learning_rate_at, {"step": 0, "steps": 110, "peak": 0.5, "warmup": 10}, 0.05)
check_values(learning_rate_at, {"step": 10, "steps": 110, "peak": 0.5, "warmup": 10}, 0.5)
check_values(learning_rate_at, {"step": 60, "steps": 110, "peak": 0.5, "warmup": 10}, 0.25)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
check_values(
    learning_rate_at, {"step": int(rng.integers(3, 19)), "steps": 90, "peak": 0.003, "warmup": 20}, reference.learning_rate_at,
    says="The learning rate is tried while it warms up.",
)
check_values(
    learning_rate_at, {"step": int(rng.integers(21, 85)), "steps": 90, "peak": 0.003, "warmup": 20}, reference.learning_rate_at,
    says="The learning rate is tried while it falls.",
)
check_values(
    learning_rate_at, {"step": 2, "steps": 5, "peak": 0.003, "warmup": 20}, reference.learning_rate_at,
    says="The learning rate is tried in a training that ends before the warm-up does.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "see_learning_rate", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure", "drawn"]
plot_curves(
    {"learning_rate_at(step, 1000, 0.002, 100)": [learning_rate_at(step, 1000, 0.002, 100) for step in range(1000)]},
    title="Warm up, then settle down", y_label="learning rate",
    alt="The learning rate climbs in a straight line from almost 0 to 0.002 over the first 100 steps, then falls in half a wave to almost 0 at step 1000.",
)


# %% [markdown]
# ### AdamW
#
# You wrote Adam in notebook 03. The **W** stands for weight decay: at each update every weight also shrinks a little towards zero, unless the gradient holds against it. A weight that
# is there for one sentence of the book only fades away; this too works against memorising.
#
# The decay is **decoupled**: it is *not* added to the gradient, where Adam's division by $\sqrt{\hat v}$ would distort it, but goes straight into the update. With $\lambda$ = `weight_decay`, for each array, element by
# element (all have the parameter's shape):
#
# $$
# \begin{aligned}
# m &\leftarrow \beta_1 m + (1-\beta_1)\, g & v &\leftarrow \beta_2 v + (1-\beta_2)\, g^2\\
# \hat m &= m / (1 - \beta_1^t) & \hat v &= v / (1 - \beta_2^t)\\
# \theta &\leftarrow \theta - \eta\, \bigl(\hat m / (\sqrt{\hat v} + \epsilon) + \lambda\, \theta\bigr)
# \end{aligned}
# $$
#
# Only **matrices** decay, arrays with two axes (`p.ndim >= 2`). Biases and gains are few, and pulling a gain towards zero would switch its dimension off; for them, $\lambda = 0$.
# $\beta_2$ is 0.95 here instead of 0.999, a shorter memory, as is usual for Transformers.

# %% nbgrader={"grade": false, "grade_id": "adam_start", "locked": true, "schema_version": 3, "solution": false, "task": false}
def adam_start(params):
    """Adam's state before the first update."""
    return {
        "t": 0,
        "m": {name: np.zeros_like(p) for name, p in params.items()},
        "v": {name: np.zeros_like(p) for name, p in params.items()},
    }


# %% nbgrader={"grade": false, "grade_id": "adamw_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    """One update of Adam with decoupled weight decay on the matrices.

    params, grads: dicts with the same keys and shapes.
    state: {"t": updates so far, "m": dict like params, "v": dict like params}.
    Returns the new params and the new state. Nothing that came in is changed.
    """
    ### BEGIN SOLUTION
    t = state["t"] + 1
    m = {k: beta1 * state["m"][k] + (1 - beta1) * g for k, g in grads.items()}
    v = {k: beta2 * state["v"][k] + (1 - beta2) * (g * g) for k, g in grads.items()}
    new_params = {}
    for k, p in params.items():
        update = (m[k] / (1 - beta1**t)) / (np.sqrt(v[k] / (1 - beta2**t)) + epsilon)
        if p.ndim >= 2:
            update += weight_decay * p
        new_params[k] = p - learning_rate * update
    return new_params, {"t": t, "m": m, "v": v}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_adamw_step", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

params = {"W": np.array([[1.0, -1.0, 0.5]]), "b": np.array([2.0])}
grads = {"W": np.array([[10.0, -0.01, 0.0]]), "b": np.array([3.0])}
state = {
    "t": 0, "m": {"W": np.zeros((1, 3)), "b": np.zeros(1)}, "v": {"W": np.zeros((1, 3)), "b": np.zeros(1)},
}
check_values(
    adamw_step, {"params": params, "grads": grads, "state": state, "learning_rate": 0.1, "weight_decay": 0.2},
    (
        {"W": np.array([[0.88, -0.88, 0.49]]), "b": np.array([1.9])},
        {
            "t": 1,
            "m": {"W": np.array([[1.0, -0.001, 0.0]]), "b": np.array([0.3])},
            "v": {"W": np.array([[5.0, 5e-6, 0.0]]), "b": np.array([0.45])},
        },
    ),
)
state = {
    "t": 4, "m": {"W": np.array([[0.5, 0.2, -0.1]]), "b": np.array([1.0])}, "v": {"W": np.array([[0.3, 0.6, 0.2]]), "b": np.array([0.4])},
}
check_values(
    adamw_step,
    {
        "params": params, "grads": grads, "state": state, "learning_rate": 0.1, "weight_decay": 0.3,
        "beta1": 0.8, "beta2": 0.9, "epsilon": 0.01,
    },
    (
        {"W": np.array([[0.89885967, -0.99028835, 0.50268106]]), "b": np.array([1.88195975])},
        {
            "t": 5,
            "m": {"W": np.array([[2.4, 0.158, -0.08]]), "b": np.array([1.4])},
            "v": {"W": np.array([[10.27, 0.54001, 0.18]]), "b": np.array([1.26])},
        },
    ),
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {"W1": rng.normal(size=(5, 4)), "b1": rng.normal(size=4)}
grads = {"W1": rng.normal(size=(5, 4)), "b1": rng.normal(size=4)}
state = {
    "t": 3,
    "m": {"W1": rng.normal(size=(5, 4)), "b1": rng.normal(size=4)},
    "v": {"W1": rng.uniform(0.1, 2, size=(5, 4)), "b1": rng.uniform(0.1, 2, size=4)},
}
check_values(
    adamw_step, {"params": params, "grads": grads, "state": state, "learning_rate": 0.1}, reference.adamw_step,
    says="An update of AdamW is tried in the middle of training.",
)
check_values(
    adamw_step,
    {
        "params": params, "grads": grads, "state": state, "learning_rate": 0.1,
        "weight_decay": 0.5, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.5,
    },
    reference.adamw_step, says="An update of AdamW is tried with other values of decay, beta and epsilon.",
)
check_values(
    adamw_step,
    {
        "params": {"W1": params["W1"].astype("float32")}, "grads": {"W1": grads["W1"].astype("float32")},
        "state": {"t": 0, "m": {"W1": np.zeros((5, 4), "float32")}, "v": {"W1": np.zeros((5, 4), "float32")}},
        "learning_rate": 0.1,
    },
    reference.adamw_step, tolerance=1e-4, says="The first update of AdamW is tried in float32.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### The training loop
#
# No streams this time: there is no memory that would have to be carried from chunk to chunk, so every update may take its windows from anywhere in the text (a random **mini-batch**). The frame of `train` is given; you
# write one update:
#
# 1. Draw $B$ places with `rng.integers(0, len(ids) - T, size=B)`. A window is the $T$ ids from its place on, shape $(B, T)$ in all; the targets are the same, one character later.
# 2. `loss, grads = gradients(x, targets, rng, params=params, heads=heads, rate=rate)`. The argument `gradients` is `loss_and_gradients`, or something that does the same faster.
# 3. Clip to `max_norm`.
# 4. One step of AdamW, with the learning rate of this step and the given `weight_decay`.
#
# After your lines, the loop expects `loss`, and `params` and `state` after the update.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(
    ids, params, steps, B, T, peak, rng, heads=HEADS, rate=0.0, warmup=100, weight_decay=0.1, max_norm=1.0,
    gradients=loss_and_gradients, watch=None,
):
    """Train on random windows of a text.

    ids: (n,) ids. params: the first parameters. B windows of T characters per update. peak, warmup: for `learning_rate_at`.
    rng: draws the windows with rng.integers(0, len(ids) - T, size=B), and after that the dropout.
    watch: is called as watch(step, params) after each update; it may return losses to show.
    Returns the trained params and losses (steps,), the loss of each update's batch before that update.
    """
    state = adam_start(params)
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        ### BEGIN SOLUTION
        windows = rng.integers(0, len(ids) - T, size=B)[:, None] + np.arange(T)  # (B, T)
        loss, grads = gradients(ids[windows], ids[windows + 1], rng, params=params, heads=heads, rate=rate)
        grads, _ = clip_gradients(grads, max_norm)
        learning_rate = learning_rate_at(step, steps, peak, warmup)
        params, state = adamw_step(params, grads, state, learning_rate, weight_decay)
        ### END SOLUTION
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


# %% [markdown]
# The first check trains a model whose parameters are all zero, in float32, so that nothing but `by` can learn. Its text repeats every three characters, so all windows of three hold the
# same. The first update can be done in the head: `by` becomes 0.1, 0.1, -0.1, -0.1. The second check hands in another function as `gradients`. It is no model at all: from the windows,
# `heads`, `rate` and a draw of its own it makes up a loss and gradients, so that every window, every draw and every update of a longer training can be told from what comes out.

# %% nbgrader={"grade": true, "grade_id": "test_train", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_values

zeros = {"E": np.zeros((4, 2)), "gain": np.zeros(2), "bias": np.zeros(2), "Wy": np.zeros((2, 4)), "by": np.zeros(4)}
zeros = {name: p.astype("float32") for name, p in zeros.items()}
check_values(
    train,
    {
        "ids": np.array([0, 0, 1] * 5), "params": zeros, "steps": 2, "B": 2, "T": 3, "peak": 0.1,
        "rng": np.random.default_rng(0), "heads": 1, "rate": 0.0, "warmup": 1,
    },
    ({**zeros, "by": np.array([0.19986927, 0.19800817, -0.1997209, -0.1997209], "float32")}, np.array([1.38629436, 1.29128605])),
    given=["model_forward", "model_backward", "learning_rate_at", "adamw_step"], tolerance=1e-4,
)
wide = {"E": np.zeros((60, 2)), "gain": np.zeros(2), "bias": np.zeros(2), "Wy": np.zeros((2, 60)), "by": np.zeros(60)}
wide = {name: p.astype("float32") for name, p in wide.items()}
check_values(
    train,
    {
        "ids": np.arange(60), "params": wide, "steps": 130, "B": 2, "T": 10, "peak": 0.05, "rng": np.random.default_rng(0),
        "heads": 3, "rate": 0.2, "warmup": 20, "weight_decay": 0.5, "max_norm": 30.0,
        "gradients": lambda x, targets, rng, *, params, heads, rate: (
            50 + heads + rate - x[0, 0] - x[1, -1] / 100 - rng.random(),
            {name: float((targets - x).mean()) * (1 - 5 * p) for name, p in params.items()},
        ),
    },
    lambda ids, params, steps, B, T, peak, rng, heads, rate, *others: (
        {name: np.full(p.shape, -1.60889 if p.ndim == 2 else -3.421753, "float32") for name, p in params.items()},
        np.array([
            50 + heads + rate - places[0] - (places[1] + T - 1) / 100 - rng.random()
            for places in (rng.integers(0, len(ids) - T, size=B) for _ in range(steps))
        ]),
    ),
    given=["learning_rate_at", "adamw_step"], tolerance=1e-4,
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    name: p + rng.normal(scale=0.3, size=p.shape) for name, p in reference.init_params(7, 6, 8, 1, rng, dtype=np.float64).items()
}
check_values(
    train,
    {
        "ids": rng.integers(0, 7, size=52), "params": params, "steps": 4, "B": 3, "T": 5, "peak": 0.1, "rng": rng,
        "heads": 2, "rate": 0.0, "warmup": 2, "weight_decay": 0.1, "max_norm": 1.0,
    },
    reference.train, given=["model_forward", "model_backward", "learning_rate_at", "adamw_step"], tolerance=1e-5,
    says="The first updates of training are compared.",
)
check_values(
    train,
    {
        "ids": rng.integers(0, 7, size=40), "params": params, "steps": 3, "B": 2, "T": 4, "peak": 0.1, "rng": rng,
        "heads": 3, "rate": 0.2, "warmup": 1, "weight_decay": 0.7, "max_norm": 0.3,
    },
    reference.train, given=["model_forward", "model_backward", "learning_rate_at", "adamw_step"], tolerance=1e-5,
    says="Training is compared with dropout, and with other limits for weight decay and clipping.",
)
### END HIDDEN TESTS

# %% [markdown]
# The next check looks at what comes out of a training. Again from all zeros: the model can only learn how *frequent* each character is, and must come close to the best loss that is possible with that
# knowledge, 3.006 on this text. (The hidden check trains from random weights, on a text that you have never seen, and asks for much more.)

# %% nbgrader={"grade": true, "grade_id": "test_training_target", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_training, load_corpus

ids = load_corpus().train
zeros = {"E": np.zeros((46, 2)), "gain": np.zeros(2), "bias": np.zeros(2), "Wy": np.zeros((2, 46)), "by": np.zeros(46)}
check_training(
    train,
    {"ids": ids, "params": zeros, "steps": 200, "B": 50, "T": 20, "peak": 0.2, "rng": np.random.default_rng(0), "heads": 1, "rate": 0.0, "warmup": 10},
    lambda params: np.log(np.exp(params["by"]).sum()) - params["by"][ids].mean(),
    at_most=3.02, like=zeros, given=["model_forward", "model_backward", "learning_rate_at", "adamw_step"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, looking_glass, reference

text = looking_glass()
params = reference.init_params(46, 32, 64, 1, hidden_rng())
check_training(
    train,
    {
        "ids": text.train, "params": params, "steps": 600, "B": 32, "T": 24, "peak": 0.008, "rng": hidden_rng(),
        "heads": 2, "rate": 0.0, "warmup": 60,
    },
    lambda params: reference.mean_loss(text.held_out, params, T=24, heads=2),
    at_most=2.34, like=params,
    few={"ids": np.full(60, 3), "params": params, "steps": 3, "B": 2, "T": 4, "peak": 0.01, "rng": hidden_rng(), "heads": 2, "rate": 0.0, "warmup": 2},
    given=["model_forward", "model_backward", "learning_rate_at", "adamw_step"],
    says="A small Transformer is trained for 600 updates on a text you have not seen, and its loss on the held-out part is measured.",
)
### END HIDDEN TESTS

# %% [markdown]
# ### Experiment: take one thing away
#
# Which of the pieces carry the model? Here is a small Transformer, $D = 32$ with four blocks, trained for 400 updates, and five others in which one thing is different: **one head** instead of four; **no positions**, the name tags left out; **post-norm**; **no residual**, each branch's
# output instead of the sum; and **large table**, an $E$ that starts at eight times its size, so that it is a quarter as large as the waves. Everything else is equal: first parameters, windows, learning rate. Your own layers are put together in other ways, and your `train` trains them.
#
# **Predict.** Two of the five end far behind the others, close to a model that knows only how frequent each character is (3.006). Which?
#
# - a) One head and no positions.
# - b) No positions and no residual.
# - c) Post-norm and no residual.
# - d) No positions and post-norm.

# %% tags=["question"]
guess_take_away = "c"  # a, b, c or d
predict("take one thing away", guess_take_away, "86af3c09")


# %% nbgrader={"grade": false, "grade_id": "other_drawings", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def sublayer_forward(x, gain, bias, branch, drawing):
    """One branch and the way it joins the stream. branch(x) gives its output and a cache."""
    if drawing == "post-norm":
        added, branch_cache = branch(x)
        out, norm_cache = layer_norm_forward(x + added, gain, bias)
    else:
        normed, norm_cache = layer_norm_forward(x, gain, bias)
        added, branch_cache = branch(normed)
        out = added if drawing == "no residual" else x + added
    return out, (norm_cache, branch_cache)


def sublayer_backward(dout, cache, branch_backward, drawing):
    """dx, the gradients of the branch, and those of the layer norm."""
    norm_cache, branch_cache = cache
    if drawing == "post-norm":
        dsum, *norm_grads = layer_norm_backward(dout, norm_cache)
        dadded, grads = branch_backward(dsum, branch_cache)
        return dsum + dadded, grads, norm_grads
    dnormed, grads = branch_backward(dout, branch_cache)
    dadded, *norm_grads = layer_norm_backward(dnormed, norm_cache)
    return dadded if drawing == "no residual" else dout + dadded, grads, norm_grads


def other_forward(ids, params, heads, drawing, attend=multi_head_forward):
    """The Transformer by another drawing: logits, a cache, and the stream behind each block."""
    stream, embedding = embedding_forward(ids, params)
    if drawing == "no positions":
        stream = params["E"][ids]
    caches, streams = [], []
    for i in range(number_of_blocks(params)):
        own = block_params(params, i)
        stream, first = sublayer_forward(stream, own["gain1"], own["bias1"], lambda x, own=own: attend(x, own, heads), drawing)
        stream, second = sublayer_forward(stream, own["gain2"], own["bias2"], lambda x, own=own: mlp_forward(x, own), drawing)
        caches.append((first, second))
        streams.append(stream)
    normed, norm = layer_norm_forward(stream, params["gain"], params["bias"])
    logits, readout = linear_forward(normed, params["Wy"], params["by"])
    return logits, (embedding, caches, norm, readout), streams


def other_gradients(drawing, attend=multi_head_forward, attend_backward=multi_head_backward):
    """A function for the argument `gradients` of `train`."""

    def gradients(x, targets, rng, *, params, heads, rate):
        logits, (embedding, caches, norm, readout), _ = other_forward(x, params, heads, drawing, attend)
        loss, loss_cache = cross_entropy_forward(logits, targets)
        grads = {}
        dnormed, grads["Wy"], grads["by"] = linear_backward(cross_entropy_backward(1.0, loss_cache), readout)
        dstream, grads["gain"], grads["bias"] = layer_norm_backward(dnormed, norm)
        for i, (first, second) in reversed(list(enumerate(caches))):
            dstream, mlp_grads, (dgain2, dbias2) = sublayer_backward(dstream, second, mlp_backward, drawing)
            dstream, attention_grads, (dgain1, dbias1) = sublayer_backward(dstream, first, attend_backward, drawing)
            norm_grads = {"gain1": dgain1, "bias1": dbias1, "gain2": dgain2, "bias2": dbias2}
            grads |= full_names({**norm_grads, **attention_grads, **mlp_grads}, i)
        return float(loss), grads | embedding_backward(dstream, embedding)

    return gradients


# %% nbgrader={"grade": false, "grade_id": "take_away", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
SMALL_STEPS, SMALL_T = training_steps(400, 3), 32
held_out_windows = corpus.held_out[: training_steps(300, 5) * SMALL_T + 1]
small_params, small_losses = {}, {}
for drawing in ("as it is", "one head", "no positions", "post-norm", "no residual", "large table"):
    heads = 1 if drawing == "one head" else HEADS
    params = init_params(V, 32, 128, 4, np.random.default_rng(0))
    if drawing == "large table":
        params["E"] = 8 * params["E"]
    small_params[drawing], losses = train(
        corpus.train, params, SMALL_STEPS, B=16, T=SMALL_T, peak=8e-3, rng=np.random.default_rng(1), heads=heads, warmup=60,
        gradients=other_gradients(drawing),
    )
    width = max(1, SMALL_STEPS // 40)
    blocks = losses[: len(losses) // width * width].reshape(-1, width).mean(axis=1)
    small_losses[drawing] = (width * (np.arange(len(blocks)) + 0.5), blocks)
    windows = held_out_windows[:-1].reshape(-1, SMALL_T), held_out_windows[1:].reshape(-1, SMALL_T)
    held_out = surprise(other_forward(windows[0], small_params[drawing], heads, drawing)[0], windows[1]).mean()
    print(f"{drawing}: held out {held_out:.2f}")
plot_curves(small_losses, title="One thing changed in each", x_label="update", lines={"bigram optimum": BIGRAM, "frequencies": 3.006})


# %% [markdown]
# What to see, with our numbers (other seeds give others, but the same picture):
#
# - **One head** costs next to nothing in so small and so short a training (2.20, as with four). Several heads pay where there are several things to look at, and so small a model hardly gets beyond the last few letters.
# - **No positions** gets below the bigram optimum all the same (2.27): the last experiment says how it can know of order at all. It even leads at first, since no large wave covers the small table. Then the three that end lower overtake it.
# - **Post-norm** and **no residual** stay at the frequencies for hundreds of updates (2.88 and 3.01 at the end). For post-norm it is a matter of the learning rate, and a smaller one brings it off the ground: at a quarter of this rate it comes to 2.53, the unchanged model to 2.49. No residual is another matter.
# - **A large table** is ahead of the small one from the beginning of this training to its end (2.15).
#
# Is it that the gradient vanishes without the residual stream? No: at the start the first block's weights get gradients as large as the last one's, since each layer norm divides by its $\sigma$, which is small where little was written. Look instead at the vectors in a model that has not been trained at all, here one with eight blocks: how alike are those of different positions of a window, behind each block? (The **cosine similarity** of notebook 02: 1 is the same direction.)

# %% nbgrader={"grade": false, "grade_id": "how_alike", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def how_alike(drawing, blocks=8, D=32):
    """The mean cosine between normed vectors of different positions, behind the embedding and each block."""
    params = init_params(V, D, 4 * D, blocks, np.random.default_rng(0), dtype=np.float64)
    ids = corpus.train[1000 : 1000 + 4 * 64].reshape(4, 64)
    found = []
    for stream in [embedding_forward(ids, params)[0], *other_forward(ids, params, HEADS, drawing)[2]]:
        z, _ = layer_norm_forward(stream, np.ones(D), np.zeros(D))
        cosines = z @ z.swapaxes(-1, -2) / D  # each z has the length sqrt(D)
        found.append((cosines.sum(axis=(1, 2)) - 64).mean() / (64 * 63))
    return found


plot_curves(
    {drawing: how_alike(drawing) for drawing in ("as it is", "post-norm", "no residual")}, title="How alike are the positions of a window?",
    x_label="blocks passed", y_label="mean cosine",
)

# %% [markdown]
# **Explain it**, in three to six sentences: what does attention do to the vectors of a window, what does the sum with $x$ keep, and why does a model without it end just at 3.0, the loss of the frequencies?

# %% why_frequencies [markdown] tags=["written"]
# Attention gives each position a weighted mean of what the positions up to it have. At the start the weights are not far from even, so neighbouring positions get nearly the same mean, and where nothing else is kept, four blocks in a row make a mean of means of means: all vectors of the window point the same way, and what
# distinguished the characters is gone. The residual sum keeps each position's own vector and adds the mean to it, so the difference stays however many blocks follow. When all positions have the same vector in front of the readout, they get the same prediction, and the best single prediction for all positions is the frequency of each
# character; its loss is 3.006. And the gradient helps little: to the upper blocks all positions look the same, so it cannot tell them which character stood where.

# %% [markdown]
# ### Experiment: a model that peeks
#
# And the famous mistake? In this small model the mask is one place off: position $t$ sees as far as $t + 1$, the very character that it has to guess. Only the last position of a window has nobody to its right.
#
# **Predict.** What is the training loss at the end of these 400 updates?
#
# - a) About 2.2, as without peeking: it has to learn to look there, and 400 updates are too few.
# - b) About 1.4, as good as the best model of this course.
# - c) Below 0.2.

# %% tags=["question"]
guess_peeking = "c"  # a, b or c
predict("peeking", guess_peeking, "ad0a43e9")


# %% nbgrader={"grade": false, "grade_id": "peeking", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def peeking_forward(x, params, heads):
    """Multi-head attention with keys and values one place early: position t sees 1 to t + 1."""
    qkv, qkv_cache = linear_forward(x, params["Wqkv"], params["bqkv"])
    q, k, v = np.split(split_heads(qkv, 3 * heads), 3, axis=1)
    mixed, attention_cache = attention_forward(q, np.roll(k, -1, axis=2), np.roll(v, -1, axis=2))
    out, out_cache = linear_forward(merge_heads(mixed), params["Wo"], params["bo"])
    return out, (qkv_cache, attention_cache, out_cache, heads)


def peeking_backward(dout, cache):
    qkv_cache, attention_cache, out_cache, heads = cache
    dmerged, dWo, dbo = linear_backward(dout, out_cache)
    dq, dk, dv = attention_backward(split_heads(dmerged, heads), attention_cache)
    dqkv = merge_heads(np.concatenate([dq, np.roll(dk, 1, axis=2), np.roll(dv, 1, axis=2)], axis=1))
    dx, dWqkv, dbqkv = linear_backward(dqkv, qkv_cache)
    return dx, {"Wqkv": dWqkv, "bqkv": dbqkv, "Wo": dWo, "bo": dbo}


peeking_params, losses = train(
    corpus.train, init_params(V, 32, 128, 4, np.random.default_rng(0)), SMALL_STEPS, B=16, T=SMALL_T, peak=8e-3,
    rng=np.random.default_rng(1), warmup=60, gradients=other_gradients("as it is", peeking_forward, peeking_backward),
)
x, targets = held_out_windows[:-1].reshape(-1, SMALL_T), held_out_windows[1:].reshape(-1, SMALL_T)
peeked = surprise(other_forward(x, peeking_params, HEADS, "as it is", peeking_forward)[0], targets)
honest = surprise(transformer_forward(x, peeking_params, HEADS)[0], targets)
print(f"training loss, last updates: {losses[-20:].mean():.3f}")
print(f"held out, peeking: {peeked.mean():.3f}; at the last position of a window alone: {peeked[:, -1].mean():.2f}")
print(f"held out, the same parameters with your mask: {honest.mean():.2f} (chance is {CHANCE:.2f})")
text, dice = list(corpus.encode("alice was beginning to ")), np.random.default_rng(0)
for _ in range(training_steps(90, 5)):
    logits = other_forward(np.array(text[-SMALL_T:])[None], peeking_params, HEADS, "as it is", peeking_forward)[0]
    text.append(sample_next(logits[0, -1], 0.7, dice))
show_sample(corpus.decode(np.array(text)), "written by the model that peeks")

# %% [markdown]
# In our run it found the hole within two hundred updates. Nearly all of the loss that is left comes from the one position in 32 at which there is nothing to copy. The held-out loss is as marvellous as the training loss, for it is measured with the same hole, so **a held-out part does not uncover this mistake**; two other things do: the leak test above, and letting the model write. There, the
# next character does not exist yet, and all it ever learned was to read it off. With the mask put right it does far worse than a model that guesses, because it is sure of the wrong character.

# %% [markdown]
# ### Two cores, half a batch each
#
# A full update takes some hundredths of a second, and there are thousands. Almost all of it is spent on matrix products and on element-wise functions; NumPy runs the first on all cores, but
# the second on one. So share the windows instead, by the **data parallelism** of notebook 02: `in_threads(loss_and_gradients)`.
#
# **On a busy machine** there is nothing to set, as in notebook 03; it takes longer all the same. (`in_threads` gives NumPy one thread for each half, so that the halves do not get in each other's way.)
#
# ### The real thing: two legs
#
# $D = 128$, 4 heads, $F = 512$, 4 blocks: 0.8 million parameters, in float32. The training has two legs, with a purpose each:
#
# - **Leg 1, with dropout** 0.1: learn English, from as many characters as 21 **epochs** have (times through the training part). Watch the held-out curve, the loss on the **validation set**.
# - **Leg 2, without dropout**, from the parameters of leg 1: learn *this book*. What happens now is memorising, on purpose, so that you see what it looks like.
#
# It took four minutes on our two cores. Had enough? Interrupt the cell with ■: the leg ends after the update it is in, and everything below works with what was learned so far. (Once for
# each leg.)

# %% nbgrader={"grade": false, "grade_id": "train_full", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
D, F, BLOCKS = 128, 512, 4
B, T = 8, CONTEXT
LEG_1, PEAK_1, DROPOUT = training_steps(2800, 6), 2.5e-3, 0.1
LEG_2, PEAK_2 = training_steps(4400, 4), 1.5e-3
WARMUP, DECAY_1, DECAY_2, EVERY = 100, 0.1, 0.02, training_steps(400, 5)

start_params = init_params(V, D, F, BLOCKS, np.random.default_rng(3))
log = TrainingLog("06", mean_loss, corpus, start_params, every=EVERY)
rng, parallel = np.random.default_rng(4), in_threads(loss_and_gradients)
middle_params, losses_1 = train(
    corpus.train, start_params, LEG_1, B, T, PEAK_1, rng, rate=DROPOUT,
    warmup=WARMUP, weight_decay=DECAY_1, gradients=parallel, watch=log,
)
final_params, losses_2 = train(
    corpus.train, middle_params, LEG_2, B, T, PEAK_2, rng, rate=0.0,
    warmup=WARMUP, weight_decay=DECAY_2, gradients=parallel, watch=lambda step, params: log(len(losses_1) + step, params),
)
log.finish(final_params, np.concatenate([losses_1, losses_2]), characters=B * T)

# %% nbgrader={"grade": false, "grade_id": "curves", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
log.plot(title=f"Two legs: dropout until update {len(losses_1)}, memorising after it", lines={"chance": CHANCE, "bigram optimum": BIGRAM})


# %% [markdown]
# ### Read the curves honestly
#
# In the first leg both curves fall together, and with dropout the training loss lies *above* what the model can do, because it is measured with a tenth of the numbers missing. When the second leg begins, dropout is
# gone, and the curves part: the training loss dives. In our run the held-out loss was 1.420 at that point. It jumped a little with the new learning rate, found its best value, 1.411, at update 4,000, and then turned and **rose**, to 1.79,
# while the training loss went down to 0.51.
#
# The model gets better and better at these pages and *worse* at every other text: **overfitting**. As perplexities, 1.7 on the pages that it has read, and on the others 4.1 at best and 6.0 at the end. (Papers about characters
# mostly give **bits per character**, the loss divided by $\ln 2$: 1.411 nats are 2.04 bits.) What grows is its confidence: on a page that it does not know it now says the wrong
# thing with conviction, and cross-entropy punishes that. **Low training loss is memorising.** It proves that your gradients are right and that the model is large enough, nothing else. What you report, and
# what you sample from, are the parameters that were best on text that they have not seen (**early stopping**, afterwards). (They were picked by looking at the held-out part, so their figure is a little on the bright side.)
#
# Compare with notebooks 03 to 05: on so small a text the Transformer's best held-out loss is lower than the LSTM's (1.423, and 1.417 with attention) by about a hundredth at most. And it took over two minutes to get there, where the
# LSTM took less than half a minute. It has no built-in idea that the last character matters most (the field would say: a weaker **inductive bias**); it has to learn
# even that. Its advantage shows where there is more text and more hardware: it makes better use of both than anything that has to walk.
#
# ## 7. Writing
#
# The model has no memory, so there is nothing to carry along: to draw the next character, show it the last $T$ characters, all of them, and take the logits of the **last** position. Then append, and show it
# the window again, moved by one: **autoregressive generation**. ($B$ is 1. Real systems keep the keys and values of old positions, the **KV cache**, instead of computing them again. And many draw from the $k$ likeliest characters only, **top-k sampling**, so
# that no unlikely one ever slips in.)
#
# 1. Take the last $T$ ids of everything so far, prompt included; if there are fewer, take what is there.
# 2. `transformer_forward`, without dropout; the logits of the last position go to `sample_next`.
# 3. Append, and go to 1.

# %% nbgrader={"grade": false, "grade_id": "generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generate(prompt, length, params, temperature, rng, T=CONTEXT, heads=HEADS):
    """Let the model continue a text.

    prompt: (P,) ids with P >= 1. length: how many characters to write. rng: np.random.Generator.
    Draws `length` times with `sample_next` from what the model says after the last T characters.
    Returns the new ids (length,), without the prompt.
    """
    ### BEGIN SOLUTION
    text = list(prompt)
    for _ in range(length):
        logits, _ = transformer_forward(np.array(text[-T:])[None], params, heads)
        text.append(sample_next(logits[0, -1], temperature, rng))
    return np.array(text[len(prompt) :], dtype=np.int64)
    ### END SOLUTION


# %% [markdown]
# The first two checks use a temperature of almost zero, so that the same text must come out for everybody. The first model is made by hand: whatever it reads, it names the next of three
# letters, in a circle. What the second one writes depends on the heads and on all $T$ characters that it may see, and on no others. The third check takes the circle once more, at a temperature of
# 1.5, and counts.

# %% nbgrader={"grade": true, "grade_id": "test_generate", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from autograder import check_text, check_values

params = {
    "E": 100 * np.eye(3, 4), "gain": np.ones(4), "bias": np.zeros(4),
    "Wy": np.array([[0.0, 3.0, 0.0], [0.0, 0.0, 3.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), "by": np.zeros(3),
}
check_values(
    generate,
    {
        "prompt": np.array([2, 0]), "length": 5, "params": params, "temperature": 1e-6, "rng": np.random.default_rng(0),
        "T": 3, "heads": 2,
    },
    np.array([1, 2, 0, 1, 2]), given=["transformer_forward"],
)
shapes = {
    "E": (5, 4), "gain": (4,), "bias": (4,), "Wy": (4, 5), "by": (5,),
    "0.gain1": (4,), "0.bias1": (4,), "0.Wqkv": (4, 12), "0.bqkv": (12,), "0.Wo": (4, 4), "0.bo": (4,),
    "0.gain2": (4,), "0.bias2": (4,), "0.W1": (4, 3), "0.b1": (3,), "0.W2": (3, 4), "0.b2": (4,),
}
looks_back = {name: 2 * np.sin(5.498 * np.arange(np.prod(shape)) + 3 * i).reshape(shape) for i, (name, shape) in enumerate(shapes.items())}
check_values(
    generate,
    {
        "prompt": np.array([3, 0, 4, 1, 2, 0]), "length": 12, "params": looks_back, "temperature": 1e-6, "rng": np.random.default_rng(0),
        "T": 4, "heads": 2,
    },
    np.array([2, 2, 3, 4, 3, 4, 2, 2, 2, 3, 4, 3]), given=["transformer_forward"],
)
# Of a prompt that is shorter than the window, there is no more to take.
check_values(
    generate,
    {
        "prompt": np.array([3, 0]), "length": 6, "params": looks_back, "temperature": 1e-6, "rng": np.random.default_rng(0),
        "T": 4, "heads": 2,
    },
    np.array([4, 3, 4, 3, 4, 2]), given=["transformer_forward"],
)
params = {
    "E": 1e6 * np.eye(3, 4), "gain": np.ones(4), "bias": np.zeros(4),
    "Wy": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), "by": np.zeros(3),
}
shares = np.array([0.15008859, 0.69982282, 0.15008859])
check_text(
    generate,
    {"prompt": np.array([2, 0]), "length": 8, "params": params, "temperature": 1.5, "rng": np.random.default_rng(0), "T": 3, "heads": 2},
    lambda ids: np.roll(shares, ids[-1] if len(ids) else 0), length=8, given=["transformer_forward"],
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference

rng = hidden_rng()
params = {
    name: p + rng.normal(scale=0.7, size=p.shape) for name, p in reference.init_params(17, 8, 12, 1, rng, dtype=np.float64).items()
}
check_values(
    generate,
    {
        "prompt": rng.integers(0, 17, size=4), "length": 25, "params": params, "temperature": 1e-6, "rng": rng,
        "T": 7, "heads": 2,
    },
    reference.generate, given=["transformer_forward"],
    says="A random Transformer continues a random prompt beyond the length of its window, at a temperature of almost zero.",
)
check_values(
    generate,
    {
        "prompt": rng.integers(0, 17, size=13), "length": 12, "params": params, "temperature": 1e-6, "rng": rng,
        "T": 5, "heads": 4,
    },
    reference.generate, given=["transformer_forward"],
    says="A random Transformer continues a prompt that is longer than its window.",
)
check_values(
    generate,
    {
        "prompt": rng.integers(0, 17, size=9), "length": 40, "params": params, "temperature": 4.0, "rng": rng,
        "T": 6, "heads": 4,
    },
    reference.generate, given=["transformer_forward"],
    says="A random Transformer writes at a high temperature, and every draw is compared.",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "samples", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
prompt = "alice was beginning to "
for temperature in (0.3, 1.0, 1.4):
    written = generate(corpus.encode(prompt), training_steps(320, 20), log.best_params, temperature, np.random.default_rng(10))
    show_sample(prompt + corpus.decode(written), f"temperature {temperature}")
written = generate(corpus.encode(prompt), training_steps(400, 20), log.best_params, 0.7, np.random.default_rng(10))
log.record(prompt + corpus.decode(written), "temperature 0.7")

# %% [markdown]
# ### Does it copy?
#
# The question of notebook 03 once more. Give the model 60 characters of the training part, let it continue for 150 characters at a low temperature, and ask: how long is the longest piece that stands word for word in the
# training part? Ask it of the best parameters (early in the memorising), of the final ones (after it), and of real Carroll in the held-out part.

# %% [markdown]
# **Predict.** The final parameters have a training loss of about 0.5, a perplexity of 1.7 on the pages that they are asked to continue. How long is the longest quote in 150 characters of theirs, on average?
#
# - a) About 20 characters.
# - b) About 70.
# - c) Nearly all 150.

# %% tags=["question"]
guess_longest_quote = "a"  # a, b or c
predict("longest quote", guess_longest_quote, "2c2b8f97")


# %% nbgrader={"grade": false, "grade_id": "longest_quote", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def continuations(params, places, length, temperature=0.4):
    """What the model writes after 60 characters of the training part, at each of several places."""
    rng = np.random.default_rng(1)
    return [corpus.decode(generate(corpus.train[i : i + 60], length, params, temperature, rng)) for i in places]


places, length = range(5000, 125000, training_steps(12000, 90000)), training_steps(150, 8)
passages = {
    "best parameters": continuations(log.best_params, places, length),
    "final parameters": continuations(final_params, places, length),
    "Carroll, held-out part": [corpus.decode(corpus.held_out[i : i + length]) for i in range(0, 14000, 1400)],
}
train_text = corpus.decode(corpus.train)
for name, texts in passages.items():
    quotes = [longest_quote(text, train_text).strip() for text in texts]
    print(f"{name}: longest quote {np.mean([len(q) for q in quotes]):.0f} characters on average, at most {max(map(len, quotes))}")
    print(f"    {max(quotes, key=len)!r}")
print()
show_samples({"best parameters": passages["best parameters"][0], "memorised": passages["final parameters"][0]}, train_text)

# %% [markdown]
# In our run the best parameters quoted 16 characters on average and the final ones 21, against Carroll's own 18. Like the networks before it, the model does not recite, although it knows so much of the book by heart.
#
# ## 8. Looking inside
#
# ### What is context worth?
#
# The first position of a window sees one character, the last one $T$. The next figure shows the held-out loss by position, the mean over many windows.

# %% [markdown]
# **Predict.** From a context of 17 to 64 characters to one of 65 to 128, how much does the held-out loss fall?
#
# - a) Hardly at all, by less than 0.05.
# - b) By 0.1 to 0.3.
# - c) By more than 0.5.

# %% tags=["question"]
guess_far_context = "a"  # a, b or c
predict("far context", guess_far_context, "9cde9e73")


# %% nbgrader={"grade": false, "grade_id": "loss_by_position", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def loss_by_position(ids, params, windows):
    """The mean loss (T,) at each position of windows that are spread over a text."""
    places = np.linspace(0, len(ids) - T - 1, windows).astype(int)[:, None] + np.arange(T)
    parts = [
        surprise(transformer_forward(ids[part], params, HEADS)[0], ids[part + 1]) for part in np.array_split(places, max(1, windows // 20))
    ]
    return np.concatenate(parts).mean(axis=0)


by_position = loss_by_position(corpus.held_out, log.best_params, training_steps(3000, 20))
plot_curves(
    {"held out, best parameters": (np.arange(1, T + 1), by_position)}, title="The more it sees, the better it guesses",
    x_label="characters seen", lines={"bigram optimum": BIGRAM},
)
for low, high in ((1, 1), (2, 4), (5, 16), (17, 64), (65, 128)):
    print(f"after {low:2} to {high:3} characters: {by_position[low - 1 : high].mean():.3f}")


# %% [markdown]
# With one character it cannot be better than the bigram model, and is a little worse (2.49 in our run): that case is rare in training. The next few bring nearly all of the gain: they spell the word. What comes from further back is
# worth very little on average: from the group of 5 to 16 characters to that of 65 to 128 the loss falls by 0.02 only. It is real all the same. Look at the samples above: most of their lines are about as long as Carroll's, so the model knows how long the line is already. (Because the first positions are so
# much worse, `text_surprise` lets the windows overlap.)
#
# ### Attention maps
#
# What do the heads look at? For one sentence, each picture below shows one head of one block: row $t$ is the position that looks, column $j$ what it looks at, and every row sums to 1. Your
# own functions compute it; the code only stops in the middle of each block to take the weights out.

# %% nbgrader={"grade": false, "grade_id": "attention_weights", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def attention_weights(x, params, heads=HEADS):
    """The weights of every block: a list of arrays (B, heads, T, T)."""
    stream, _ = embedding_forward(x, params)
    found = []
    for i in range(number_of_blocks(params)):
        own = block_params(params, i)
        normed, _ = layer_norm_forward(stream, own["gain1"], own["bias1"])
        qkv, _ = linear_forward(normed, own["Wqkv"], own["bqkv"])
        q, k, _ = np.split(split_heads(qkv, 3 * heads), 3, axis=1)
        found.append(causal_softmax_forward(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]))[0])
        stream, _ = block_forward(stream, own, heads)
    return found


def draw_heads(text, params, block):
    """The attention maps of all heads of a block, with the letters along both sides."""
    from autograder import canvas, show_figure

    weights = attention_weights(corpus.encode(text)[None], params)[block][0]
    letters = [letter.replace(" ", "␣").replace("\n", "⏎") for letter in text]
    figure, axes = canvas(12.5, 12.5, rows=2, columns=2)
    for h, ax in enumerate(axes.ravel()):
        ax.imshow(np.where(np.tri(len(text), dtype=bool), np.sqrt(weights[h]), np.nan), cmap="Blues", vmin=0, vmax=1)
        ax.set_title(f"block {block}, head {h}")
        ax.set_xticks(range(len(text)), letters, fontsize=8)
        ax.set_yticks(range(len(text)), letters, fontsize=8)
        ax.tick_params(length=0)
        ax.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("looks at j")
    figure.supylabel("position t")
    places = np.arange(len(text))
    far = [np.mean(places - weights[h] @ places) for h in range(len(weights))]
    about = f"Four maps, one per head of block {block}: row t looks at column j. On average the heads look back " + ", ".join(f"{one:.1f}" for one in far)
    show_figure(figure, alt=about + " characters.")


place = corpus.text.index("`what a curious feeling!' said alice")
sentence = corpus.text[place : place + 48].replace("\n", " ")
draw_heads(sentence, log.best_params, block=0)

# %% nbgrader={"grade": false, "grade_id": "attention_deep", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
draw_heads(sentence, log.best_params, block=2)


# %% [markdown]
# (Colours show the root of the weight, so that small ones can be seen.) Things to look for:
#
# - **A stripe next to the diagonal**: a head that looks at the character just before (in our run, head 0 of block 0). That is how the model spells, and it learned it from the waves of
#   the positional encoding alone.
# - **A pale triangle**: a head that takes a little of everything, such as the other three of block 0.
# - **A short column that starts at the diagonal**: all letters of a word look at its beginning (most clearly head 3 of block 2).
# - **A long column**: one position that many later ones look at, often a quotation mark or the first character. Some heads may park their attention there when they have nothing to do,
#   because the weights must sum to 1 somewhere (an **attention sink**).
#
# ### How far do they look?
#
# A map of one sentence may be chance. Over many windows of the held-out part: the mean weight that each head gives to the character $k$ places back, and the mean distance for every head.

# %% nbgrader={"grade": false, "grade_id": "attention_by_distance", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
def weight_by_distance(ids, params, windows):
    """(blocks, heads, T): the mean weight at distance k, of the positions in the second half of their windows."""
    places = np.linspace(0, len(ids) - T, windows).astype(int)[:, None] + np.arange(T)
    found = []
    for weights in attention_weights(ids[places], params):
        mean = weights.mean(axis=0)  # (heads, T, T)
        rows = [np.pad(mean[:, t, t::-1], ((0, 0), (0, T - 1 - t))) for t in range(T // 2, T)]
        found.append(np.mean(rows, axis=0))
    return np.array(found)


profile = weight_by_distance(corpus.held_out, log.best_params, training_steps(200, 20))
plot_curves(
    {f"block {i}": profile[i].mean(axis=0)[: T // 2 + 1] for i in range(BLOCKS)}, title="Where the blocks look, mean of their heads",
    x_label="distance k (0 is the character itself)", y_label="mean weight", log_y=True,
)
print("mean distance of each head, in characters")
for i in range(BLOCKS):
    print(f"    block {i}: " + "  ".join(f"{distance:5.1f}" for distance in np.sort(profile[i] @ np.arange(T))))

# %% [markdown]
# In most heads near characters get most of the weight. A head that spread its weight evenly over all it may see would have a mean distance of about 48 here, so a figure near that belongs to a
# head that takes an average over the page: which letters and signs are about at all? In our run these are three of the four heads of block 0. Figures of 2 to 5 belong to the spellers. From block 1 on the heads
# begin near and look farther back from block to block. Nobody told a head to care for near or for far; they divided the work among themselves.
#
# ### Where is it surprised?
#
# The loss of each character in the same passage of the held-out part as in notebook 03. Red bars are the first letters of words.

# %% nbgrader={"grade": false, "grade_id": "surprised", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
passage = corpus.held_out[2000:2400]
losses_here, letters = text_surprise(passage, log.best_params), corpus.decode(passage)
first = np.array([letters[t] in " \n`(-" and letters[t + 1].isalpha() for t in range(len(losses_here))])
shown = slice(320, 399)
plot_bars(
    list(letters[1:][shown]), losses_here[shown], highlight=first[shown],
    title="Surprise, character by character", y_label="loss (nats)",
)
print(f"first letters of words: {losses_here[first].mean():.2f} nats, everything else: {losses_here[~first].mean():.2f}")


# %% [markdown]
# ## Takeaways
#
# - **Attention instead of memory.** Every position asks all earlier ones at once. From any character to any earlier one it is one step, forward and backward, so nothing vanishes on the way; the price is a table
#   of $T \times T$ weights per head, and a window that ends.
# - **Order is not built in.** Without the positional encoding, and but for the mask, a window is a bag of characters.
# - **The mask is the whole difference** between guessing and cheating. Test it by changing the future.
# - **Residual stream and layer norm** make depth harmless: each block adds a little, and the gradient has a straight road back.
# - **Backpropagation stayed the same.** Every backward pass here is three old rules: a matrix product gives two transposed products, what is used twice adds its gradients, and what is normalised loses the
#   directions that it normalises away.
# - A low **training loss is memory of the book**; you drove it down on purpose and watched the held-out loss pay for it.

# %% [markdown]
# ## Words of the field
#
# | term | here | what it is |
# |---|---|---|
# | decoder-only Transformer, GPT | the model | blocks of causal self-attention and MLP, a language model |
# | positional encoding | name tags, $P$ | tells attention who stands where |
# | token embedding | a row of $E$ | a learned vector for each id |
# | layer normalisation | `layer_norm_*` | each vector brought to mean 0 and standard deviation 1, then gain and bias |
# | scaled dot-product attention | `attention_*` | softmax of $q k^\top / \sqrt d$, times $v$ |
# | causal mask | no peeking | position $t$ sees $j \le t$ only |
# | multi-head attention | `multi_head_*` | several attentions side by side, each on a slice of the width |
# | feed-forward network | `mlp_*` | two layers for each position alone |
# | residual (skip) connection | the stream, the plus sign | a branch's result is added to what passes by |
# | pre-norm, post-norm | the norm in the branch | the layer norm before the branch, or after the plus |
# | dropout, regularisation | absent pupils | what makes learning by heart harder |
# | warm-up, cosine schedule | `learning_rate_at` | a learning rate that rises first and then falls |
# | AdamW | `adamw_step` | Adam with weight decay beside the gradient, not in it |
# | KV cache | kept keys and values | writing without computing the past again |
# | inductive bias | built-in ideas | what a model assumes before it has seen any data |

# %% [markdown]
# ## Read on
#
# - Ashish Vaswani and others (2017), [*Attention Is All You Need*](https://arxiv.org/abs/1706.03762): the Transformer, with both halves.
# - Alec Radford and others (2019), [*Language Models are Unsupervised Multitask Learners*](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf): GPT-2, whose block is yours.
# - The pieces: Jimmy Lei Ba, Jamie Ryan Kiros and Geoffrey Hinton (2016), [*Layer Normalization*](https://arxiv.org/abs/1607.06450); Dan Hendrycks and Kevin Gimpel (2016), [*Gaussian Error Linear Units*](https://arxiv.org/abs/1606.08415);
#   Nitish Srivastava and others (2014), [*Dropout*](https://jmlr.org/papers/v15/srivastava14a.html); Kaiming He and others (2015), [*Deep Residual Learning for Image Recognition*](https://arxiv.org/abs/1512.03385), where the plus sign comes from.
# - Ruibin Xiong and others (2020), [*On Layer Normalization in the Transformer Architecture*](https://arxiv.org/abs/2002.04745): pre-norm against post-norm, and what warm-up has to do with it.
# - Ilya Loshchilov and Frank Hutter (2017), [*Decoupled Weight Decay Regularization*](https://arxiv.org/abs/1711.05101): AdamW; and (2016), [*SGDR*](https://arxiv.org/abs/1608.03983): the cosine.
# - Rami Al-Rfou and others (2018), [*Character-Level Language Modeling with Deeper Self-Attention*](https://arxiv.org/abs/1808.04444): what such a model does with hundreds of times more text and 64 blocks.
# - Guangxuan Xiao and others (2023), [*Efficient Streaming Language Models with Attention Sinks*](https://arxiv.org/abs/2309.17453): why heads park on the first position. Jianlin Su and others (2021),
#   [*RoFormer*](https://arxiv.org/abs/2104.09864): positions as rotations.
# - [*The Annotated Transformer*](https://nlp.seas.harvard.edu/annotated-transformer/): the first paper line by line, with code. Jay Alammar, [*The Illustrated Transformer*](https://jalammar.github.io/illustrated-transformer/): the same in pictures.
# - Andrej Karpathy, [*nanoGPT*](https://github.com/karpathy/nanoGPT): this notebook's model in PyTorch, small enough to read in an evening.
# - *Dive into Deep Learning*, [*The Transformer Architecture*](https://d2l.ai/chapter_attention-mechanisms-and-transformers/transformer.html): encoder and decoder with a library.

# %% [markdown]
# ## An open challenge
#
# There are no points in this section, and no right answer: **how low can the held-out loss go, with NumPy and ten minutes on two cores?** Your Transformer stands at about 1.41. PPMd, a
# compressor that has never heard of gradients, gets to 1.28 on the same characters. Can you pass it with what you know?
#
# Write a function `open_reader(train, V, rng)`. It learns from `train`, ids $(n,)$ of an alphabet of $V$ characters, as long as its time lets it, and returns a function `read(previous)`. That one
# is asked for the next character again and again, and each time it is told the one that came after its last answer: `None` at the beginning of a piece of text, then one id at a time.
# It returns $V$ probabilities, and it may go on learning while it reads.
#
# The rules in short: 20 minutes of the processor for learning and reading together (ten on two cores), and no more than 1,000 bytes of text and numbers in your code. (Comments and docstrings are free.) A grader reads
# other pieces of the book than the notebook does, one character at a time, and only it knows which. Hand in as ever; your instructor says whether there is a table of places.
#
# Where to look for the nats:
#
# - **Regularisation.** The held-out curve of leg 1 turns because the book is short. Dropout, weight decay, a smaller model, or stopping in time: what is best for *ten minutes*?
# - **Averages.** Two models are wrong in different places. The mean of their probabilities is often better than either, and so is a model whose parameters are a mean over the last updates.
# - **Learning while reading.** The pieces to be read have names and scenes of their own. After each character you know the answer, so take a step with it.
# - **Counting.** The table of notebook 01b counts pairs. Count what follows one, two, ... eight characters, and let the longest one that was seen before have a word. Who decides which one to trust? A neuron could.
#
# The cell below is yours. It holds a first answer, the table of pairs from notebook 01b, which you may throw away. Everything above can be called, your exercises too; of other
# cells of your own a grader runs what they define, and nothing that they compute.

# %% tags=["challenge"]
def open_reader(train, V, rng):
    """Learn from train, ids (n,); return read(previous), which gives the V probabilities of the next character."""
    counts = np.full((V, V), 0.05)
    np.add.at(counts, (train[:-1], train[1:]), 1)

    def read(previous):
        if previous is None:  # a piece of text begins, and nothing is known of it
            return np.full(V, 1 / V)
        return counts[previous] / counts[previous].sum()

    return read


# %% [markdown]
# `challenge_loss` measures it here and now, on the held-out part of the book, in the way of the grader. With `stretches=10` it reads ten pieces from all over the book and lets you learn from the rest, as the
# grader does; with `characters=1000` it is done sooner.

# %% nbgrader={"grade": false, "grade_id": "challenge_here", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["figure"]
from autograder import challenge_loss

loss_here = challenge_loss(open_reader)

# %% [markdown]
# ## What comes next
#
# From a single neuron to here, everything was written by you: no framework has computed one gradient. This is the last notebook, but your model is not the last model. It sees 128 characters and not one more, it spells every word letter by letter, and it has read
# one book. What separates it from the ones that answer questions is mostly size and polish: tokens of several characters instead of single ones, positions that are rotated into queries and keys, kept keys and values when writing, thousands of times more text,
# parameters and cores, and after that a second training on answers that people found good. The functions are these. Open the code of any open language model and look for them: you will recognise norm, attention, MLP, and the plus sign after each.
