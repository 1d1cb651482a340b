"""The course's models in PyTorch, as one would write them there: modules, autograd, its own optimisers."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everybody does

V = 46


class MLP(nn.Module):
    """Notebook 02: embedding, a hidden layer of ReLUs, logits."""

    def __init__(self, C: int, E: int, H: int):
        super().__init__()
        self.embedding, self.hidden, self.output = nn.Embedding(V, E), nn.Linear(C * E, H), nn.Linear(H, V)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(F.relu(self.hidden(self.embedding(x).flatten(1))))


class Recurrent(nn.Module):
    """Notebooks 03 and 04, with `A` the models of 05; `cell` is nn.RNN or nn.LSTM."""

    def __init__(self, cell: type[nn.Module], H: int, A: int = 0):
        super().__init__()
        self.cell, self.output = cell(V, H, batch_first=True), nn.Linear(H, V)
        self.attention = Attention(H, A) if A else None

    def forward(self, x: Tensor) -> Tensor:
        hs, _ = self.cell(F.one_hot(x, V).to(self.output.weight))
        return self.output(hs) + (self.attention(hs) if self.attention else 0)


class Attention(nn.Module):
    """Additive attention over earlier states, as logits."""

    def __init__(self, H: int, A: int):
        super().__init__()
        self.query, self.key = nn.Linear(H, A, bias=False), nn.Linear(H, A, bias=False)
        self.score, self.output = nn.Linear(A, 1, bias=False), nn.Linear(H, V, bias=False)

    def forward(self, hs: Tensor) -> Tensor:
        T = hs.shape[1]
        scores = self.score(torch.tanh(self.query(hs)[:, :, None] + self.key(hs)[:, None]))[..., 0]
        earlier = torch.ones(T, T, dtype=torch.bool).tril(-1)
        weights = torch.softmax(scores.masked_fill(~earlier, -1e30), dim=-1) * earlier
        return self.output(weights @ hs)


class Block(nn.Module):
    """A pre-norm Transformer block with PyTorch's fused attention."""

    def __init__(self, D: int, heads: int, hidden: int):
        super().__init__()
        self.heads, self.norm1, self.norm2 = heads, nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.join = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.expand, self.contract = nn.Linear(D, hidden), nn.Linear(hidden, D)

    def forward(self, x: Tensor) -> Tensor:
        B, T, D = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, T, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.join(seen.transpose(1, 2).reshape(B, T, D))
        return x + self.contract(F.gelu(self.expand(self.norm2(x)), approximate="tanh"))


class Transformer(nn.Module):
    """Notebook 06, without dropout."""

    def __init__(self, D: int, heads: int, hidden: int, layers: int, T: int):
        super().__init__()
        speeds = torch.exp(-math.log(1e4) * torch.arange(0, D, 2, dtype=torch.float64) / D)
        angles = torch.arange(T)[:, None] * speeds
        self.positions = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
        self.embedding, self.norm, self.output = nn.Embedding(V, D), nn.LayerNorm(D), nn.Linear(D, V)
        self.blocks = nn.Sequential(*(Block(D, heads, hidden) for _ in range(layers)))

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.norm(self.blocks(self.embedding(x) + self.positions.to(self.output.weight))))


def training_step(model: nn.Module, x: np.ndarray, targets: np.ndarray) -> Callable[[], None]:
    """A step on one batch: forward, backward, clip to norm 1, update."""
    x, targets = torch.from_numpy(x), torch.from_numpy(targets).reshape(-1)
    kind = torch.optim.AdamW if isinstance(model, Transformer) else torch.optim.Adam
    optimiser = kind(model.parameters(), lr=1e-4)

    def step() -> None:
        optimiser.zero_grad()
        F.cross_entropy(model(x).reshape(-1, V), targets).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()

    return step
