"""Reverse-mode automatic differentiation of scalar programs.

Read the source in this order: ``operation`` (what a primitive is), ``primitives`` (the
table of operations and their derivatives), ``value`` (a number that is a node),
``constant`` (what no derivative reaches), ``graph`` (walks), ``local_derivatives`` (the
rules at a node), ``chain_rule`` (the reverse sweep), ``functions`` (compositions),
``nest``, ``point`` and ``transforms`` (derivatives as functions), ``check`` (against
differences), ``anomaly`` (where a NaN came from), ``custom`` (a user's own primitives),
``drawing`` (pictures). Small helps: ``arguments`` (what they must be), ``refusals``
(what a Value is not taken for), ``printable`` (text without escapes), ``place`` (a line
of the caller's program), ``whole`` (many numbers set as one), ``files``.
"""

from autograd.anomaly import AnomalyError, detect_anomaly
from autograd.chain_rule import adjoints, backward, gradient, zero_grad
from autograd.check import GradcheckError, gradcheck
from autograd.compiler import TraceError, compile
from autograd.constant import no_grad, stop_gradient
from autograd.custom import primitive
from autograd.drawing import draw, explain, replay, to_dot, to_latex, tree
from autograd.functions import gelu, log_softmax, mean, prod, silu, softmax
from autograd.graph import leaves, topological_order
from autograd.operation import Primitive
from autograd.primitives import (
    abs,
    acos,
    asin,
    atan,
    atan2,
    cos,
    cosh,
    dot,
    erf,
    exp,
    expm1,
    hypot,
    leaky_relu,
    log,
    log1p,
    logsumexp,
    max,
    maximum,
    min,
    minimum,
    relu,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    step,
    sum,
    tan,
    tanh,
    where,
)
from autograd.transforms import (
    derivative,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from autograd.value import Value

__version__ = "0.1.0"

__all__ = [
    "AnomalyError",
    "GradcheckError",
    "Primitive",
    "TraceError",
    "Value",
    "abs",
    "acos",
    "adjoints",
    "asin",
    "atan",
    "atan2",
    "backward",
    "compile",
    "cos",
    "cosh",
    "derivative",
    "detect_anomaly",
    "dot",
    "draw",
    "erf",
    "exp",
    "explain",
    "expm1",
    "gelu",
    "grad",
    "gradcheck",
    "gradient",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "leaves",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "no_grad",
    "primitive",
    "prod",
    "relu",
    "replay",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "step",
    "stop_gradient",
    "sum",
    "tan",
    "tanh",
    "to_dot",
    "to_latex",
    "topological_order",
    "tree",
    "value_and_grad",
    "vjp",
    "where",
    "zero_grad",
]


def __dir__() -> list[str]:  # what completion offers: the public names, no modules
    return [*__all__, "__all__", "__doc__", "__file__", "__name__", "__version__"]
