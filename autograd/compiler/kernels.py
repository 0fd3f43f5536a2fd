"""The NumPy spelling of each primitive: ``kernel(out, *operands)`` fills out.

Operands are arrays that broadcast to out. What warns in NumPy is judged by the caller.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import primitives as table
from autograd.custom import CustomPrimitive

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.operation import Primitive

    Array = np.ndarray[Any, Any]
    Kernel = Callable[..., Any]


def _ufunc(ufunc: Any) -> Kernel:
    return lambda out, *operands: ufunc(*operands, out=out)


def _sigmoid(out: Array, x: Array) -> None:  # 1 / (1 + e^-x); e^-x may be infinite
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)


def _step(out: Array, x: Array) -> None:
    np.greater(x, 0.0, out=out)
    flat = x.reshape(-1)
    squares = flat.dot(flat)  # NaN if any x is
    if squares != squares:
        np.copyto(out, x, where=np.isnan(x))


def _leaky_relu(out: Array, x: Array, slope: Array) -> None:
    np.multiply(x, slope, out=out)
    np.copyto(out, x, where=x > 0.0)


def _where(out: Array, condition: Array, x: Array, y: Array) -> None:
    out[...] = np.where(condition, x, y)


def _erf(out: Array, x: Array) -> None:
    out[...] = _vectorised_erf()(x)


def _vectorised_erf() -> Any:
    try:
        from scipy.special import erf
    except ImportError:
        return np.vectorize(math.erf, otypes=[float])
    return erf


KERNELS: dict[Primitive, Kernel] = {
    table.add: _ufunc(np.add),
    table.sub: _ufunc(np.subtract),
    table.mul: _ufunc(np.multiply),
    table.div: _ufunc(np.divide),
    table.neg: _ufunc(np.negative),
    table.power: _ufunc(np.power),
    table.general_power: _ufunc(np.power),
    table.exp: _ufunc(np.exp),
    table.log: _ufunc(np.log),
    table.log1p: _ufunc(np.log1p),
    table.expm1: _ufunc(np.expm1),
    table.sqrt: _ufunc(np.sqrt),
    table.sin: _ufunc(np.sin),
    table.cos: _ufunc(np.cos),
    table.tan: _ufunc(np.tan),
    table.asin: _ufunc(np.arcsin),
    table.acos: _ufunc(np.arccos),
    table.atan: _ufunc(np.arctan),
    table.atan2: _ufunc(np.arctan2),
    table.hypot: _ufunc(np.hypot),
    table.sinh: _ufunc(np.sinh),
    table.cosh: _ufunc(np.cosh),
    table.tanh: _ufunc(np.tanh),
    table.erf: _erf,
    table.sigmoid: _sigmoid,
    table.softplus: lambda out, x: np.logaddexp(x, 0.0, out=out),
    table.relu: lambda out, x: np.maximum(x, 0.0, out=out),
    table.leaky_relu: _leaky_relu,
    table.abs: _ufunc(np.absolute),
    table.sign: _ufunc(np.sign),
    table.step: _step,
    table.less: _ufunc(np.less),
    table.less_equal: _ufunc(np.less_equal),
    table.maximum: _ufunc(np.maximum),
    table.minimum: _ufunc(np.minimum),
    table.where: _where,
}


def kernel_of(op: Primitive) -> Kernel:
    """Give the kernel of a primitive; a user's own brings its function for arrays."""
    if not isinstance(op, CustomPrimitive):
        return KERNELS[op]
    assert op.numpy is not None
    for_arrays = op.numpy

    def kernel(out: Array, *operands: Array) -> None:
        out[...] = for_arrays(*operands)

    return kernel


# Over sequences: xs has the sequence along its first axis.
REDUCTIONS: dict[Primitive, Kernel] = {
    table.max: lambda out, xs: np.maximum.reduce(xs, axis=0, out=out),
    table.min: lambda out, xs: np.minimum.reduce(xs, axis=0, out=out),
}
