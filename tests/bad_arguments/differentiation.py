"""Backward and its kin, the transforms, gradcheck, and primitives of one's own."""

from __future__ import annotations

from tests.bad_arguments.rows import (
    NOT_FUNCTIONS,
    NOT_NUMBERS,
    NOT_VALUES,
    Row,
    Table,
    each,
    no,
    yes,
)

OUTPUT = "expected a Value to differentiate"
GRAPHLESS = ("has no graph", "no_grad()", "nothing to differentiate")


def _argnums(name: str) -> list[Row]:
    call = f"{name}(square, argnums={{}})(2.0)"
    wrong = ["None", "'0'", "0.0", "[0]", "True", "(0.0,)"]
    return [
        *each(call, wrong, TypeError, "argnums is an int or a tuple of ints"),
        *each(
            call, ["1", "-2", "(0, 1)", "2**70"], ValueError, "argnums=", "1 positional"
        ),
        no(call.replace("{}", "(0, 0)"), ValueError, "names an argument twice"),
    ]


def _points(name: str) -> list[Row]:
    call = f"{name}(square)({{}})"
    wrong = ["None", "'2'", "1j", "dict()", "numbers()", "object()"]
    return [
        *each(call, wrong, TypeError, "argument 0", "expected a real number"),
        no(call.replace("{}", "huge"), OverflowError, "larger int"),
        no(call.replace("{}", ""), ValueError, "argnums=0", "0 positional arguments"),
        no(call.replace("{}", "1.0, 2.0"), TypeError, "square()", "takes 1"),
    ]


def _functions(name: str, call: str) -> list[Row]:
    return [
        *each(call, NOT_FUNCTIONS, TypeError, f"{name} takes a function"),
        no(call.replace("{}", "lambda: 1.0"), TypeError, "<lambda>() takes 0"),
        no(call.replace("{}", "lambda x: None"), TypeError, "the output of f", "None"),
        no(call.replace("{}", "lambda x: 'y'"), TypeError, "the output of f", "'y'"),
    ]


def _transform(name: str) -> Table:
    return {
        f"autograd.{name}": {
            "f": [
                *each(
                    f"{name}({{}})",
                    NOT_FUNCTIONS,
                    TypeError,
                    f"{name} takes a function",
                ),
                *_functions(name, f"{name}({{}})(2.0)")[len(NOT_FUNCTIONS) :],
            ],
            "argnums": _argnums(name),
        },
        f"autograd.{name}()": {
            "args": _points(name),
            "kwargs": [
                no(f"{name}(square)(2.0, y=1.0)", TypeError, "square()", "'y'"),
            ],
        },
    }


MADE = "primitive(square, lambda z, x: 2 * x, {})"

TABLE: Table = {
    "autograd.backward": {
        "output": [
            *each("backward({})", NOT_VALUES, TypeError, OUTPUT),
            no("backward(constant)", ValueError, *GRAPHLESS),
            no(
                "backward(having(Value(1.0), grad=None) * a)",
                TypeError,
                "grad",
                "None",
                "zero_grad",
            ),
        ]
    },
    "Value.backward": {"": [no("constant.backward()", ValueError, *GRAPHLESS)]},
    "autograd.zero_grad": {
        "values": [
            *each("zero_grad({})", ["None", "3", "2.5", "square"], TypeError, "Values"),
            *each("zero_grad({})", ["'a'", "[None]", "[a, 2.0]"], TypeError, "Values"),
            no("zero_grad(model)", TypeError, "Values", "MLP"),
            yes("zero_grad([])", None),
        ]
    },
    "autograd.gradient": {
        "output": [
            *each("gradient({}, a)", NOT_VALUES, TypeError, OUTPUT),
            no("gradient(constant, a)", ValueError, *GRAPHLESS),
        ],
        "inputs": [
            *each(
                "gradient(c, {})", ["None", "2.0", "'a'"], TypeError, "expected Values"
            ),
            *each(
                "gradient(c, {})", ["[None]", "[a, 1.0]"], TypeError, "expected Values"
            ),
            yes("gradient(c, [])", []),
            yes("gradient(c, constant)", 0.0),
        ],
        "create_graph": [yes("gradient(c, a, create_graph=1).data", 4.0)],
    },
    "autograd.adjoints": {
        "output": each("adjoints({})", NOT_VALUES, TypeError, "expected a Value"),
        "inputs": [
            *each(
                "adjoints(c, {})", ["3", "a", "square"], TypeError, "a list of Values"
            ),
            *each("adjoints(c, {})", ["'a'", "[2.0]"], TypeError, "expected Values"),
        ],
        "cotangent": [
            *each("adjoints(c, cotangent={})", NOT_NUMBERS, TypeError, "real number"),
            yes("adjoints(c, cotangent=10)[a]", 40.0),
        ],
        "create_graph": [yes("adjoints(c, create_graph='yes')[b].data", 2.0)],
    },
    "autograd.leaves": {
        "roots": [
            *each("leaves({})", NOT_VALUES, TypeError, "expected a Value"),
            no("leaves([a, b])", TypeError, "leaves(*values)"),
            yes("leaves()", []),
        ]
    },
    "autograd.topological_order": {
        "roots": [
            *each("topological_order({})", NOT_VALUES, TypeError, "expected a Value"),
            yes("topological_order()", []),
        ]
    },
    "autograd.no_grad": {},
    "no_grad.__call__": {
        "function": each(
            "no_grad()({})", NOT_FUNCTIONS, TypeError, "no_grad() takes a f"
        )
    },
    "autograd.detect_anomaly": {},
    **_transform("grad"),
    **_transform("value_and_grad"),
    **_transform("jacobian"),
    **_transform("hessian"),
    "autograd.hvp": {"f": _functions("hvp", "hvp({})(2.0, 1.0)")},
    "autograd.hvp()": {
        "x": each(
            "hvp(square)({}, 1.0)", ["None", "'2'", "1j"], TypeError, "argument 0"
        ),
        "v": [
            *each(
                "hvp(square)(2.0, {})", ["None", "'2'", "1j"], TypeError, "the vector"
            ),
            no(
                "hvp(square)(2.0, [1.0, 2.0])",
                ValueError,
                "the vector has 2",
                "expected 1",
            ),
            no("hvp(square)(2.0, [])", ValueError, "the vector has 0", "expected 1"),
        ],
        "rest": [no("hvp(square)(2.0, 1.0, 3.0)", TypeError, "square()", "takes 1")],
    },
    "autograd.jvp": {"f": _functions("jvp", "jvp({})((2.0,), (1.0,))")},
    "autograd.jvp()": {
        "primals": [
            *each(
                "jvp(square)({}, (1.0,))",
                ["2.0", "None", "a"],
                TypeError,
                "jvp(f)((x,), (v,))",
            ),
            no("jvp(square)(('2',), (1.0,))", TypeError, "argument 0", "'2'"),
            no("jvp(square)((1.0, 2.0), (1.0, 1.0))", TypeError, "square()", "takes 1"),
        ],
        "tangents": [
            *each(
                "jvp(square)((2.0,), {})",
                ["None", "'2'", "(1j,)"],
                TypeError,
                "the tangents",
            ),
            *each(
                "jvp(square)((2.0,), {})",
                ["()", "(1.0, 2.0)"],
                ValueError,
                "the tangents has",
                "expected 1",
            ),
        ],
    },
    "autograd.vjp": {"f": _functions("vjp", "vjp({})(2.0)")},
    "autograd.vjp()": {
        "args": [
            *each("vjp(square)({})", ["None", "'2'", "1j"], TypeError, "argument 0"),
            no("vjp(square)()", ValueError, "0 positional arguments"),
            *each(
                "vjp(square)(2.0)[1]({})",
                ["None", "'2'", "1j"],
                TypeError,
                "the cotangent",
            ),
            *each(
                "vjp(square)(2.0)[1]({})",
                ["[]", "[1.0, 2.0]"],
                ValueError,
                "the cotangent has",
                "expected 1",
            ),
        ]
    },
    "autograd.derivative": {
        "f": _functions("derivative", "derivative({})(2.0)"),
        "order": [
            *each(
                "derivative(square, {})",
                ["None", "'1'", "1.0", "-1", "True", "nan"],
                ValueError,
                "order is a whole number",
                "{}",
            ),
            yes("derivative(square, 0)(3.0)", 9.0),
        ],
    },
    "autograd.derivative()": {
        "x": each("derivative(square)({})", NOT_NUMBERS, TypeError, "real number"),
    },
    "autograd.gradcheck": {
        "f": [
            *each(
                "gradcheck({}, 2.0)",
                NOT_FUNCTIONS,
                TypeError,
                "gradcheck takes a function",
            ),
            no("gradcheck(lambda x: None, 2.0)", TypeError, "the output of f"),
        ],
        "inputs": [
            *each(
                "gradcheck(square, {})",
                ["None", "'2'", "1j"],
                TypeError,
                "x0",
                "real number",
            ),
            no("gradcheck(square)", ValueError, "at least one number as an input"),
        ],
        "order": each(
            "gradcheck(square, 2.0, order={})",
            ["None", "0", "3", "True", "'1'", "1.5"],
            ValueError,
            "order is 1 or 2",
            "{}",
        ),
        "cotangent": [
            *each(
                "gradcheck(square, 2.0, cotangent={})",
                ["'1'", "1j", "dict()"],
                TypeError,
                "real number",
            ),
            *each(
                "gradcheck(square, 2.0, cotangent={})",
                ["[]", "[1.0, 2.0]"],
                ValueError,
                "the cotangent has",
                "expected 1",
            ),
        ],
        "tolerance": [
            *each(
                "gradcheck(square, 2.0, tolerance={})",
                NOT_NUMBERS,
                TypeError,
                "tolerance",
                "real number",
            ),
            *each(
                "gradcheck(square, 2.0, tolerance={})",
                ["0.0", "-1e-6", "inf", "nan"],
                ValueError,
                "tolerance must be above 0 and finite",
                "{}",
            ),
        ],
    },
    "autograd.primitive": {
        "value": [
            *each(
                "primitive({}, 1.0, name='p')",
                NOT_FUNCTIONS,
                TypeError,
                "primitive takes a function",
            ),
            no(
                "primitive(lambda x: 'y', 1.0, name='p')(2.0)",
                TypeError,
                "the value of p",
                "'y'",
            ),
            no("primitive(lambda x: x, 1.0)", ValueError, "a lambda needs a name="),
        ],
        "partials": [
            no(
                "primitive(square)",
                TypeError,
                "square needs a partial for each",
                "together=",
            ),
            no(
                "primitive(square, 1.0, 2.0)(3.0)",
                TypeError,
                "1 argument",
                "2 partials",
            ),
            *each(
                "primitive(square, {})",
                ["None", "'2'", "1j", "[2.0]"],
                TypeError,
                "a partial of square",
                "real number",
            ),
            no(
                "primitive(square, lambda x: x)(a).backward()",
                TypeError,
                "the derivative of square",
                "rule(z, x, ...)",
                "takes 1",
            ),
            no(
                "primitive(square, lambda z, x: None)(a).backward()",
                TypeError,
                "the derivative of square",
                "None",
            ),
        ],
        "name": each(
            MADE.replace("{}", "name={}"),
            ["3", "b'p'", "['p']"],
            TypeError,
            "name= takes a text",
            "{}",
        ),
        "together": [
            *each(
                "primitive(square, together={})",
                ["3.0", "'rule'", "[2.0]"],
                TypeError,
                "together=",
                "takes a function",
            ),
            no(
                "primitive(square, 1.0, together=square)",
                TypeError,
                "a partial for each argument, or together=",
            ),
            no(
                "primitive(square, together=lambda z, x: 1.0)(a).backward()",
                TypeError,
                "partials of square",
                "sequence of 1",
                "1.0",
            ),
            no(
                "primitive(square, together=lambda z, x: [1.0, 2.0])(a).backward()",
                TypeError,
                "sequence of 1",
                "[1.0, 2.0]",
            ),
        ],
        "needs": each(
            MADE.replace("{}", "needs={}"),
            ["None", "3"],
            TypeError,
            "needs= takes a text",
            "{}",
        ),
        "numpy": each(
            MADE.replace("{}", "numpy={}"),
            ["3", "'np.square'"],
            TypeError,
            "numpy=",
            "takes a function",
            "{}",
        ),
        "c": [
            *each(
                MADE.replace("{}", "c={}"),
                ["3", "b'x * x'", "square"],
                TypeError,
                "c= takes a text",
            ),
            no(
                "primitive(lambda *x: 0.0, 1.0, name='p', c='x')",
                TypeError,
                "p: c=",
                "named parameters",
            ),
        ],
    },
    # The class itself takes what it is given, as the table of primitives does: it is
    # ``primitive`` that checks.
    "autograd.Primitive": {
        "name": [yes("repr(Primitive(3, square))", "<primitive 3>")],
        "value": [yes("repr(Primitive('p', None))", "<primitive p>")],
        "partials": [yes("Primitive('p', square, None).partials", (None,))],
        "together": [yes("Primitive('p', square, together=3).partials", 3)],
        "needs": [yes("Primitive('p', square, needs=3).needs", 3)],
        "default": [yes("Primitive('p', square, default='x').default", "x")],
    },
}
