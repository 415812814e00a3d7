"""Chains of single numbers and products of random matrices: deep networks, boiled down."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Chain:
    """A chain of layers of one unit each, and its derivative after each of them."""

    values: Tensor
    by_autograd: Tensor
    by_product: Tensor
    """The product of the layers' own derivatives."""


def sigmoid_chain(layers: int, start: float = 1.0) -> Chain:
    """σ(σ(…σ(start)…)), in float64."""
    x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    values: list[Tensor] = []
    for _ in range(layers):
        values.append(torch.sigmoid(values[-1] if values else x))
    found = torch.stack(values).detach()
    slopes = found * (1 - found)
    return Chain(found, _derivatives(values, x), slopes.cumprod(0))


def linear_chain(layers: int, factor: float, start: float = 1.0) -> Chain:
    """w·(w·(…w·start…)), in float64."""
    x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    values: list[Tensor] = []
    for _ in range(layers):
        values.append(factor * (values[-1] if values else x))
    slopes = torch.full((layers,), factor, dtype=torch.float64)
    return Chain(torch.stack(values).detach(), _derivatives(values, x), slopes.cumprod(0))


@dataclass(frozen=True)
class Products:
    """`repeats` products P = M_n … M_1 of matrices with independent N(0, σ²) entries."""

    growth: Tensor
    """log ‖P e₁‖ / n of each; exact however large P gets."""
    theory: float
    largest: Tensor
    """Largest |entry| of the first product after each matrix, in float64."""
    norms32: Tensor
    """Its norm after each matrix, computed in float32."""
    last: Tensor
    """The first product, in float64."""
    infinite_norms: float
    """Share of the products whose float32 norm is not finite."""
    infinite_entries: float
    """Share of the products with a float32 entry that is not finite."""


def random_products(
    matrices: int, size: int, sigma: float, repeats: int, generator: torch.Generator
) -> Products:
    """Multiply them in float64, in float32, and once more with the length taken out each time."""
    # All at once, product by product: the first one stays the same however many follow it.
    shape = (repeats, matrices, size, size)
    drawn = sigma * torch.randn(shape, generator=generator, dtype=torch.float64)
    double = torch.eye(size, dtype=torch.float64).repeat(repeats, 1, 1)
    single, direction = double.float(), double[:, :, :1].clone()
    logarithm = torch.zeros(repeats, dtype=torch.float64)
    largest, norms32 = [], []
    for matrix in drawn.unbind(1):
        double, single = matrix @ double, matrix.float() @ single
        direction = matrix @ direction
        length = torch.linalg.vector_norm(direction, dim=(1, 2))
        logarithm += length.log()
        direction /= length[:, None, None]
        largest.append(double[0].abs().max())
        norms32.append(torch.linalg.matrix_norm(single[0]))
    infinite_norms = ~torch.linalg.matrix_norm(single).isfinite()
    infinite_entries = ~single.isfinite().flatten(1).all(dim=1)
    return Products(
        growth=logarithm / matrices,
        theory=growth_rate(size, sigma),
        largest=torch.stack(largest),
        norms32=torch.stack(norms32).double(),
        last=double[0],
        infinite_norms=infinite_norms.double().mean().item(),
        infinite_entries=infinite_entries.double().mean().item(),
    )


def growth_rate(size: int, sigma: float) -> float:
    """E log ‖M v‖ of a Gaussian d×d matrix and any unit vector: ‖M v‖² is σ² times a χ² of d
    degrees of freedom, whose logarithm is log 2 + ψ(d/2) on average."""
    half = torch.tensor(size / 2, dtype=torch.float64)
    return float(torch.log(torch.tensor(2 * sigma**2, dtype=torch.float64)) + half.digamma()) / 2


def _derivatives(values: list[Tensor], x: Tensor) -> Tensor:
    return torch.stack([torch.autograd.grad(v, x, retain_graph=True)[0] for v in values])
