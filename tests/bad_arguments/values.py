"""Values, their operators and methods, and the functions of numbers."""

from __future__ import annotations

from tests.bad_arguments.rows import (
    NOT_ITERABLE,
    NOT_NUMBERS,
    Row,
    Table,
    each,
    no,
    yes,
)

UNARY = (
    *("abs", "acos", "asin", "atan", "cos", "cosh", "erf", "exp", "expm1", "log"),
    *("log1p", "relu", "sigmoid", "sign", "sin", "sinh", "softplus", "sqrt", "step"),
    *("tan", "tanh"),
)
BINARY = ("atan2", "hypot", "maximum", "minimum")
TEXTS_AND_NESTS = ["'2'", "b'2'", "1j", "[2.0]", "(2.0,)", "dict()", "None"]
STRANGERS = ["square", "object()", "math", "range(3)", "numbers()"]


def number(call: str) -> list[Row]:
    """An argument that must be a number, or a Value."""
    return [
        *each(call, NOT_NUMBERS, TypeError, "expected", "real number"),
        no(call.replace("{}", "np.array(['a', 'b'])"), TypeError, "array", "(2,)"),
        no(call.replace("{}", "np.zeros((2, 2))"), TypeError, "(2, 2)", "one real"),
        no(call.replace("{}", "huge"), OverflowError, "larger int", "float64"),
    ]


def sequence(name: str, empty: Row) -> list[Row]:
    """An argument that must be a sequence of numbers and Values."""
    call = f"{name}({{}})"
    return [
        *each(call, NOT_ITERABLE, TypeError, name, "sequence", f"{name}([x, y])"),
        *each(call, ["'12'", "['a']"], TypeError, "real number", "(str)"),
        no(f"{name}([1.0, None])", TypeError, "real number", "None"),
        no(f"{name}([[1.0], [2.0]])", TypeError, "real number", "[1.0]"),
        no(f"{name}(np.zeros((2, 2)))", TypeError, "array", "shape (2,)"),
        no(f"{name}([1j, 2.0])", TypeError, "real number", "1j"),
        empty,
    ]


def _unary(name: str) -> dict[str, list[Row]]:
    return {
        "args": [
            *number(f"{name}({{}})"),
            no(f"{name}()", TypeError, name, "1 argument", "got 0"),
            no(f"{name}(a, b)", TypeError, name, "1 argument", "got 2"),
            yes(f"{name}(True) == {name}(1.0)", True),
        ]
    }


def _binary(name: str) -> dict[str, list[Row]]:
    return {
        "args": [
            *number(f"{name}(a, {{}})"),
            *number(f"{name}({{}}, 1.0)"),
            no(f"{name}(1.0)", TypeError, name, "2 arguments", "got 1"),
            no(f"{name}(a, b, c)", TypeError, name, "2 arguments", "got 3"),
            yes(f"{name}(nan, nan)", float("nan")),
        ]
    }


def _operator(sign: str, call: str) -> list[Row]:
    return [
        *each(call, TEXTS_AND_NESTS, TypeError, "expected a real number"),
        *each(call, STRANGERS, TypeError, "unsupported operand", sign, "Value"),
        no(call.replace("{}", "huge"), OverflowError, "larger int"),
    ]


def _comparison(sign: str) -> dict[str, list[Row]]:
    return {"y": [*number(f"a {sign} {{}}"), yes(f"a {sign} nan", False)]}


OPERATORS = {
    "add": ("+", "y"),
    "sub": ("-", "y"),
    "mul": ("*", "y"),
    "truediv": ("/", "y"),
    "pow": ("**", "y"),
}

TABLE: Table = {
    "autograd.Value": {
        "data": [
            *number("Value({})"),
            no("Value(a)", TypeError, "is a Value already", "v.data", "label='a'"),
            no("Value()", TypeError, "data"),
            yes("Value(True).data", 1.0),
            yes("Value(np.array([3])).data", 3.0),
            yes("Value(nan).data", float("nan")),
            yes("Value(-inf).data", float("-inf")),
            no("having(Value(1.0), data='2').exp()", TypeError, "real number", "'2'"),
            no("having(Value(1.0), data=None) + 1.0", TypeError, "real number", "None"),
            yes("(having(Value(1.0), data=3) * 2.0).data", 6.0),
        ],
        "label": [
            no("Value(2.0, label=5)", TypeError, "label is a text", "5 (int)"),
            no("Value(2.0, label=None)", TypeError, "label is a text", "NoneType"),
            no("Value(2.0, (a, b))", TypeError, "label is a text", "(tuple)"),
        ],
    },
    **{f"autograd.{name}": _unary(name) for name in UNARY},
    **{f"autograd.{name}": _binary(name) for name in BINARY},
    "autograd.leaky_relu": {
        "args": [
            *number("leaky_relu({})"),
            *number("leaky_relu(a, {})"),
            no("leaky_relu()", TypeError, "leaky_relu", "arguments", "got 0"),
            yes("leaky_relu(-2.0)", -0.02),
        ]
    },
    "autograd.where": {
        "args": [
            *number("where({}, a, b)"),
            *number("where(1.0, {}, b)"),
            *number("where(1.0, a, {})"),
            no("where(1.0, a)", TypeError, "where", "3 arguments", "got 2"),
            yes("where(True, 2.0, 3.0)", 2.0),
        ]
    },
    "autograd.gelu": {"x": number("gelu({})")},
    "autograd.silu": {"x": number("silu({})")},
    "autograd.stop_gradient": {"x": number("stop_gradient({})")},
    "autograd.sum": {"sequences": sequence("sum", yes("sum([])", 0.0))},
    "autograd.prod": {"xs": sequence("prod", yes("prod([])", 1.0))},
    "autograd.max": {
        "sequences": [
            *sequence("max", no("max([])", ValueError, "max", "empty")),
            no("max(1.0, 2.0)", TypeError, "max takes 1 sequence", "got 2"),
        ]
    },
    "autograd.min": {
        "sequences": sequence("min", no("min([])", ValueError, "min", "empty"))
    },
    "autograd.logsumexp": {
        "sequences": sequence(
            "logsumexp", no("logsumexp([])", ValueError, "logsumexp", "empty")
        )
    },
    "autograd.mean": {
        "xs": sequence("mean", no("mean([])", ValueError, "mean", "empty sequence"))
    },
    "autograd.softmax": {
        "xs": sequence("softmax", no("softmax([])", ValueError, "softmax", "empty"))
    },
    "autograd.log_softmax": {
        "xs": sequence(
            "log_softmax", no("log_softmax([])", ValueError, "log_softmax", "empty")
        )
    },
    "autograd.dot": {
        "sequences": [
            *each("dot({}, [1.0])", NOT_ITERABLE, TypeError, "dot takes sequences"),
            *each("dot([1.0], {})", NOT_ITERABLE, TypeError, "dot takes sequences"),
            no("dot([1.0])", TypeError, "dot takes 2 sequences", "got 1"),
            no("dot([1.0], [1.0, 2.0])", ValueError, "equal lengths", "1 and 2"),
            no("dot(['a'], [1.0])", TypeError, "real number", "'a'"),
            yes("dot([], [])", 0.0),
            yes("dot(numbers(), numbers())", 5.0),
        ]
    },
    **{
        f"Value.__{name}__": {y: _operator(sign, f"a {sign} {{}}")}
        for name, (sign, y) in OPERATORS.items()
    },
    **{
        f"Value.__r{name}__": {"x": _operator(sign, f"{{}} {sign} a")}
        for name, (sign, y) in OPERATORS.items()
    },
    "Value.__lt__": _comparison("<"),
    "Value.__le__": _comparison("<="),
    "Value.__gt__": _comparison(">"),
    "Value.__ge__": _comparison(">="),
    "Value.__eq__": {
        "other": [
            *each(
                "a == {}",
                ["2.0", "2", "True"],
                TypeError,
                "compared as nodes",
                "v.data",
            ),
            yes("a == None", False),
            yes("a == 'a'", False),
        ]
    },
    "Refusals.__round__": {
        "digits": each("round(a, {})", ["None", "1", "'1'"], TypeError, "v.data")
    },
    **{
        f"Value.{name}": {"y": number(f"a.{name}({{}})")}
        for name in ("hypot", "maximum", "minimum")
    },
    "Value.atan2": {"x": number("a.atan2({})")},
    "Value.arctan2": {"x": number("a.arctan2({})")},
    "Value.leaky_relu": {"slope": number("a.leaky_relu({})")},
    **{
        f"Value.{name}": {} for name in (*UNARY, "arccos", "arcsin", "arctan", "detach")
    },
    "Primitive.__call__": {"args": [no("tanh('x')", TypeError, "real number", "'x'")]},
    "CustomPrimitive.__call__": {
        "args": [
            no(
                "primitive(square, lambda z, x: 2 * x)(1.0, 2.0)",
                TypeError,
                "square was called with 2 arguments",
                "1 partial",
            ),
            *number("primitive(square, lambda z, x: 2 * x)({})"),
        ]
    },
}
