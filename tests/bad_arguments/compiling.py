"""Compiled functions, and training as one program."""

from __future__ import annotations

from autograd import TraceError
from tests.bad_arguments.rows import (
    NOT_FUNCTIONS,
    NOT_NUMBERS,
    NOT_PATHS,
    NOT_WHOLE,
    Row,
    Table,
    each,
    no,
    yes,
)

COMPILE = "compile(square, 0.0, backend='numpy', {})"
TRAIN = "compiled.training([1.0, 2.0], update=descend, parameters=[w], {})"
RULE = "compiled.training([1.0, 2.0], update={}, parameters=[w]).run(None, [1], [0.1])"
NOT_A_TRACE = ("has not been traced", "call it once", "compile(f, [0.0, 0.0])")


def _batches(call: str) -> list[Row]:
    wrong = ["None", "'text'", "1j", "dict()", "object()", "[None]", "['a']", "[1j]"]
    return [
        *each(call, wrong, TypeError, "argument 0", "expected a real number"),
        no(call.replace("{}", "[a]"), TypeError, "argument 0[0]", "v.data"),
        no(call.replace("{}", "[]"), ValueError, "argument 0", "the batch is empty"),
        *each(
            call,
            ["[[1.0]]", "np.zeros((2, 2))"],
            ValueError,
            "argument 0",
            "each one number",
        ),
        no(call.replace("{}", "[1.0, nan]"), ValueError, "argument 0", "row 1", "nan"),
        no(call.replace("{}", "[inf]"), ValueError, "argument 0", "row 0", "inf"),
        no(
            call.replace("{}", "[1.0], [2.0]"),
            TypeError,
            "expected 1 argument",
            "got 2",
        ),
        no(call.replace("{}", ""), TypeError, "expected 1 argument", "got 0"),
    ]


def _thetas(call: str) -> list[Row]:
    return [
        *each(
            call,
            ["'2'", "['a']", "[None]", "[1j]", "[w]", "[[1.0], [2.0, 3.0]]"],
            TypeError,
            "theta",
            "a number for each parameter",
        ),
        *each(
            call,
            ["2.0", "[]", "[1.0, 2.0]", "[[2.0]]"],
            ValueError,
            "theta has shape",
            "(1,)",
        ),
    ]


TABLE: Table = {
    "autograd.compile": {
        "f": [
            *each("compile({})", NOT_FUNCTIONS, TypeError, "compile takes a function"),
            no("compile(lambda: 1.0, 0.0)", TypeError, "<lambda>() takes 0"),
            no("compile(lambda x: 'y', 0.0)", TypeError, "the output of f", "'y'"),
            no(
                "compile(lambda x: 1.0 if x > 0 else 2.0, 0.0)",
                TraceError,
                "branch",
                "where",
            ),
            no("compile(lambda x: None, 0.0)", TypeError, "the output of f"),
        ],
        "like": [
            *each(
                "compile(square, {})",
                ["None", "'2'", "1j", "dict()"],
                TypeError,
                "real number",
            ),
            no("compile(square, 0.0, 0.0)", TypeError, "square()", "takes 1"),
            yes("compile(square, nan, backend='numpy')(3.0)", 9.0),
        ],
        "batched": [
            *each(
                COMPILE.replace("{}", "batched={}"),
                ["None", "1", "'yes'", "nan"],
                TypeError,
                "batched is True, False or a list",
                "{}",
            ),
            *each(
                COMPILE.replace("{}", "batched={}"),
                ["[None]", "['no']", "[2]"],
                TypeError,
                "batched must be True or False",
            ),
            *each(
                COMPILE.replace("{}", "batched={}"),
                ["[]", "[True, False]"],
                ValueError,
                "batched has",
                "1 arguments",
            ),
        ],
        "dtype": [
            *each(
                COMPILE.replace("{}", "dtype={}"),
                [
                    "'int64'",
                    "'float16'",
                    "'real'",
                    "int",
                    "3",
                    "[1]",
                    "object()",
                    "complex",
                ],
                ValueError,
                "dtype is float64 or float32",
            ),
            yes("compile(square, 0.0, backend='numpy', dtype=float)(3.0)", 9.0),
        ],
        "backend": each(
            "compile(square, 0.0, backend={})",
            ["None", "'cuda'", "3", "['c']", "''", "np.zeros(2)"],
            ValueError,
            "unknown backend",
            "auto, numpy, c",
        ),
        "threads": each(
            COMPILE.replace("{}", "threads={}"),
            ["'2'", "0", "-1", "2.0", "True", "nan", "[2]"],
            ValueError,
            "threads is a whole number from 1 on",
            "{}",
        ),
    },
    "Compiled.__call__": {
        "args": [
            *_batches("compiled({})"),
            *each(
                "pair({})",
                ["[[1.0], [2.0]]", "[1.0, 2.0]", "np.zeros((3, 3))"],
                ValueError,
                "argument 0",
                "each (2,)",
                "(batch, 2)",
            ),
            no(
                "pair([[1.0, 2.0], [3.0]])",
                ValueError,
                "argument 0",
                "(batch, 2)",
                "unequal length",
            ),
            *each(
                "untraced({})",
                ["None", "dict()"],
                ValueError,
                "argument 0",
                "expected a batch of samples",
                "{}",
            ),
            no("untraced('x')", TypeError, "real number", "'x'"),
            no("compiled(1.0, 2.0)", TypeError, "expected 1 argument", "got 2"),
            yes("compiled(True)", 1.0),
        ]
    },
    "Compiled.value_and_grad": {
        "args": _batches("compiled.value_and_grad({})"),
        "theta": _thetas("compiled.value_and_grad([1.0], theta={})"),
    },
    "Compiled.backward": {"args": _batches("compiled.backward({})")},
    "Compiled.assign": {
        "theta": [
            *each(
                "compiled.assign({})", ["None"], TypeError, "theta", "a number for each"
            ),
            *_thetas("compiled.assign({})"),
            no("untraced.assign([1.0])", RuntimeError, *NOT_A_TRACE),
        ]
    },
    "Compiled.get_theta": {
        "": [no("untraced.get_theta()", RuntimeError, *NOT_A_TRACE)]
    },
    "Compiled.source": {
        "language": [
            *each(
                "compiled.source({})",
                ["None", "'rust'", "3", "['c']", "''"],
                ValueError,
                "unknown language",
                "python, c",
            ),
            no("untraced.source()", RuntimeError, *NOT_A_TRACE),
        ]
    },
    "Compiled.export": {
        "path": [
            *each(
                "compiled.export({})",
                NOT_PATHS,
                TypeError,
                "the path of a file, such as 'model.c'",
                "{}",
            ),
            *each(
                "compiled.export({})",
                ["'model'", "'model.h'", "''", "'2.c'", "'a b.c'"],
                ValueError,
                "that of the C function",
                "export('model.c')",
            ),
            *each(
                "compiled.export({})",
                ["'main.c'", "'int.c'"],
                ValueError,
                "has a meaning in the C file",
                "another name",
            ),
            no(
                "compiled.export('nowhere/m.c')",
                FileNotFoundError,
                "no folder 'nowhere'",
            ),
        ],
        "samples": [
            no("compiled.export('m.c', ['a'])", TypeError, "argument 0", "'a'"),
            no(
                "compiled.export('m.c', [1.0], [2.0])",
                TypeError,
                "expected 1 argument",
                "got 2",
            ),
            no("compiled.export('m.c', [nan])", ValueError, "row 0", "nan"),
        ],
    },
    "Compiled.training": {
        "args": _batches(
            "compiled.training({}, update=descend, parameters=[w])".replace(
                "({}, ", "(*[{}], "
            )
        ),
        "update": [
            *each(RULE, NOT_FUNCTIONS, TypeError, "update=", "takes a function"),
            *each(
                RULE,
                ["lambda x: [x]", "lambda x, g, lr, t, s: [x]", "lambda: []"],
                TypeError,
                "update(x, g, lr, t, *state)",
                "0 of state",
            ),
            *each(
                RULE,
                [
                    "lambda *a: None",
                    "lambda *a: []",
                    "lambda *a: [1.0, 2.0]",
                    "lambda *a: 3.0",
                    "lambda *a: 'x'",
                ],
                TypeError,
                "update(x, g, lr, t, *state)",
                "the new x and 0 of state",
            ),
        ],
        "parameters": each(
            "compiled.training([1.0], update=descend, parameters={})",
            [
                "None",
                "[]",
                "w",
                "3",
                "'w'",
                "[None]",
                "[2.0]",
                "[w, w]",
                "[w * 1.0]",
                "[[w], [w, w]]",
            ],
            ValueError,
            "parameters must be some leaf Values",
        ),
        "states": [
            *each(
                TRAIN.replace("{}", "states={}"),
                NOT_WHOLE,
                TypeError,
                "states must be a whole number",
            ),
            no(
                TRAIN.replace("{}", "states=-1"),
                ValueError,
                "states must be at least 0",
                "-1",
            ),
            no(
                TRAIN.replace("{}", "states=1"),
                TypeError,
                "with 1 of state",
                "descend(x",
            ),
        ],
        "clip": [
            *each(
                TRAIN.replace("{}", "clip={}"),
                NOT_NUMBERS[1:],
                TypeError,
                "clip",
                "real number",
            ),
            *each(
                TRAIN.replace("{}", "clip={}"),
                ["-1.0", "nan", "inf"],
                ValueError,
                "clip must be at least 0 and finite",
                "{}",
            ),
        ],
    },
    "Training.run": {
        "order": [
            *each(
                "training.run({}, [1], [0.1])",
                ["'a'", "['a']", "[None]", "[[0], [0, 1]]"],
                TypeError,
                "order: expected a list of numbers of samples",
            ),
            *each(
                "training.run({}, [1], [0.1])",
                ["[0.0]", "[0, 1]", "[]", "0", "[[0]]"],
                ValueError,
                "order",
            ),
            *each(
                "training.run({}, [1], [0.1])",
                ["[2]", "[-1]", "[2**40]"],
                ValueError,
                "order has numbers beyond the 2 samples",
            ),
        ],
        "sizes": [
            *each(
                "training.run(None, {}, [0.1])",
                ["['1']", "[None]", "'1'"],
                TypeError,
                "sizes: expected a list of whole numbers",
            ),
            *each(
                "training.run(None, {}, [0.1])",
                ["[0]", "[-1]", "[1.5]"],
                ValueError,
                "sizes are whole numbers from 1 on",
                "{}",
            ),
            no(
                "training.run(None, [3], [0.1])",
                ValueError,
                "there are 2 samples, fewer than 3",
            ),
            yes("training.run(None, [], []).tolist()", []),
        ],
        "rates": [
            *each(
                "training.run(None, [1], {})",
                ["['1']", "[None]", "None", "'1'", "[1j]"],
                TypeError,
                "rates: expected a list of numbers",
            ),
            no(
                "training.run(None, [1], [0.1, 0.1])",
                ValueError,
                "there are 1 steps, but 2 rates",
            ),
            no("training.run(None, [1], 0.1)", ValueError, "rates has shape ()"),
        ],
    },
    "Training.step": {
        "chosen": [
            *each(
                "training.step({}, 0.1)",
                ["None", "'a'", "['a']", "[None]", "slice(2)"],
                TypeError,
                "chosen: expected a list of the numbers of samples",
            ),
            *each(
                "training.step({}, 0.1)", ["0", "[[0]]"], ValueError, "chosen has shape"
            ),
            *each(
                "training.step({}, 0.1)",
                ["[0.0]", "[]", "[True]"],
                ValueError,
                "chosen lists the numbers of some samples",
            ),
            *each(
                "training.step({}, 0.1)",
                ["[2]", "[-1]"],
                ValueError,
                "chosen has numbers beyond the 2 samples",
            ),
        ],
        "rate": [
            *each(
                "training.step([0], {})", NOT_NUMBERS, TypeError, "rate", "real number"
            ),
            no(
                "training.step([0], inf)",
                FloatingPointError,
                "the update of parameter 0 overflows",
            ),
        ],
    },
    "Training.position": {
        "position": [
            *each(
                "having(training, position={})",
                [
                    "None",
                    "3",
                    "(1, 2)",
                    "([2.0], [])",
                    "(['a'], [], 0)",
                    "(None, None, None)",
                ],
                TypeError,
                "position is (an array of 1 numbers",
                "{}",
            ),
            *each(
                "having(training, position={})",
                ["([1.0, 2.0], [], 0)", "([1.0], [[1.0]], 0)", "(2.0, [], 0)"],
                ValueError,
                "position is (an array of 1 numbers",
            ),
            *each(
                "having(training, position={})",
                ["([2.0], [], None)", "([2.0], [], 1.5)"],
                TypeError,
                "steps must be a whole number",
            ),
            no(
                "having(training, position=([2.0], [], -1))",
                ValueError,
                "steps must be at least 0",
            ),
        ]
    },
    "Training.read_parameters": {},
}
