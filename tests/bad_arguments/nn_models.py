"""Layers, models, initialisations and predictions."""

from __future__ import annotations

from tests.bad_arguments.rows import (
    NOT_FUNCTIONS,
    NOT_NUMBERS,
    NOT_WHOLE,
    Row,
    Table,
    each,
    no,
    yes,
)

ACTIVATIONS = ("gelu", "identity", "leaky_relu", "relu", "sigmoid", "softmax", "tanh")
STATE = "neuron.load_state_dict({})"


def size(name: str, call: str) -> list[Row]:
    return [
        *each(call, NOT_WHOLE, TypeError, f"{name} must be a whole number"),
        *each(call, ["0", "-1"], ValueError, f"{name} must be at least 1", "{}"),
        *each(
            call, ["10**9", "2**70"], ValueError, f"{name} must be at most 100,000,000"
        ),
    ]


def activation(call: str) -> list[Row]:
    return [
        *each(
            call,
            ["'rleu'", "''", "'ReLU'"],
            ValueError,
            "unknown activation",
            *ACTIVATIONS,
        ),
        *each(
            call,
            ["None", "3", "['relu']", "b'relu'"],
            TypeError,
            "known activation",
            *ACTIVATIONS,
        ),
    ]


def init(call: str) -> list[Row]:
    return [
        *each(
            call,
            ["'he'", "3", "0.1", "[1.0]"],
            TypeError,
            "init must be a function (nin, nout, rng)",
            "{}",
        ),
        no(
            call.replace("{}", "nn.init.uniform"),
            TypeError,
            "lacks its arguments",
            "nn.init.uniform()",
        ),
        no(call.replace("{}", "lambda: 0.1"), TypeError, "<lambda>() takes 0"),
        *each(
            call,
            ["lambda *a: None", "lambda *a: 'w'", "lambda *a: a"],
            TypeError,
            "init",
            "real number",
        ),
        *each(
            call,
            ["lambda *a: nan", "lambda *a: inf"],
            ValueError,
            "init must give finite weights",
        ),
    ]


def rng(call: str) -> list[Row]:
    wrong = ["3", "'seed'", "np.random.RandomState", "[1]", "square"]
    return each(
        call, wrong[:2] + wrong[3:], TypeError, "rng must be a random.Random", "got"
    )


def layer(name: str, start: str) -> dict[str, list[Row]]:
    return {
        "activation": activation(f"{name}({start}, activation={{}})"),
        "init": init(f"{name}({start}, init={{}})"),
        "rng": rng(f"{name}({start}, rng={{}})"),
    }


def sample(call: str, describe: str) -> list[Row]:
    return [
        *each(
            call,
            ["[1.0]", "[1.0, 2.0, 3.0]", "[]", "3.0", "None", "dict()"],
            ValueError,
            describe,
            "takes 2 inputs",
        ),
        no(
            call.replace("{}", "[[1.0, 2.0]]"),
            ValueError,
            describe,
            "nn.predict(model, X)",
        ),
        *each(
            call,
            ["['a', 'b']", "[None, 1.0]", "[1j, 1.0]", "'ab'"],
            TypeError,
            "real number",
        ),
        yes(call.replace("{}", "numbers()") + " is not None", True),
    ]


def finite_number(name: str, call: str, positive: bool = True) -> list[Row]:
    least = [no(call.replace("{}", "-1.0"), ValueError, name, "at least 0", "-1.0")]
    return [
        *each(call, NOT_NUMBERS, TypeError, name, "real number"),
        *each(call, ["nan", "inf"], ValueError, name, "finite", "{}"),
        *(least if positive else []),
    ]


def given_init(call: str) -> dict[str, list[Row]]:
    call = f"{call}(2, 3, random.Random(0))"
    return {
        "nin": each(
            call.replace("2,", "{},"), NOT_WHOLE[:-1], TypeError, "nin must be a whole"
        ),
        "nout": each(
            call.replace("3,", "{},"), NOT_WHOLE[:-1], TypeError, "nout must be a whole"
        ),
        "rng": each(
            call.replace("random.Random(0)", "{}"),
            ["None", "3"],
            TypeError,
            "rng must be",
        ),
    }


TABLE: Table = {
    "nn.Neuron": {
        "nin": size("nin", "nn.Neuron({})"),
        "nout": size("nout", "nn.Neuron(2, nout={})"),
        **layer("nn.Neuron", "2"),
    },
    "nn.Layer": {
        "nin": size("nin", "nn.Layer({}, 2)"),
        "nout": [
            *size("nout", "nn.Layer(2, {})"),
            no(
                "nn.Layer(2, 1, 'softmax')",
                ValueError,
                "softmax over one output",
                "sigmoid",
            ),
        ],
        **layer("nn.Layer", "2, 2"),
    },
    "nn.MLP": {
        "nin": size("nin", "nn.MLP({}, [2, 1])"),
        "nouts": [
            *each(
                "nn.MLP(2, {})",
                ["None", "3", "[]", "'16'", "b'16'", "dict()", "{16, 1}"],
                ValueError,
                "the sizes of its layers as a list",
                "MLP(2, [16, 1])",
            ),
            *each(
                "nn.MLP(2, {})",
                ["[2.5]", "['16']", "[None]", "[[2]]", "[True]"],
                TypeError,
                "nout must be a whole number",
            ),
            *each(
                "nn.MLP(2, {})",
                ["[3, 0]", "[3, -1]"],
                ValueError,
                "nout must be at least 1",
            ),
            no("nn.MLP(2, [3, 2**70])", ValueError, "nout must be at most 100,000,000"),
            yes("len(nn.MLP(2, np.array([3, 1]), rng=random.Random(0)).layers)", 2),
            yes("len(nn.MLP(2, (n for n in (3, 1)), rng=random.Random(0)).layers)", 2),
        ],
        **layer("nn.MLP", "2, [2, 1]"),
        "output_activation": activation("nn.MLP(2, [2, 1], output_activation={})"),
    },
    "nn.Sequential": {
        "layers": [
            *each(
                "nn.Sequential({})",
                ["None", "3", "'relu'", "[neuron]"],
                TypeError,
                "Sequential takes modules and functions",
                "{}",
            ),
            yes("nn.Sequential()(3.0)", 3.0),
        ]
    },
    "Neuron.__call__": {"x": sample("neuron({})", "Neuron(2, 'tanh')")},
    "Layer.__call__": {"x": sample("model.layers[0]({})", "Layer(2, 3, 'tanh')")},
    "MLP.__call__": {"x": sample("model({})", "Layer(2, 3, 'tanh')")},
    "Sequential.__call__": {
        "x": sample("nn.Sequential(model, tanh)({})", "Layer(2, 3")
    },
    "nn.Module": {},
    "Module.__call__": {
        "x": [
            no(
                "nn.Module()(3.0)",
                NotImplementedError,
                "Module says nowhere",
                "define __call__",
            )
        ]
    },
    **{f"{kind}.describe": {} for kind in ("Module", "Neuron", "Layer")},
    **{f"Module.{name}": {} for name in ("parameters", "state_dict", "zero_grad")},
    "Module.named_parameters": {
        "": [
            no(
                "having(nn.Module(), things={Value(1.0)}).named_parameters()",
                TypeError,
                "things is a set",
                "a list, a tuple or a dict",
            ),
            no(
                "having(nn.Module(), d={1: Value(1.0), '1': a}).named_parameters()",
                ValueError,
                "two parameters have the name 'd.1'",
            ),
        ]
    },
    "Module.load_state_dict": {
        "state": [
            *each(
                STATE,
                ["None", "3", "[1.0]", "'w.0'", "neuron"],
                TypeError,
                "load_state_dict takes what state_dict() gives",
                "a dict",
            ),
            no(
                STATE.replace("{}", "dict()"),
                ValueError,
                "nothing loaded",
                "missing: w.0, w.1, b",
            ),
            no(
                STATE.replace("{}", "{'w.0': 1.0, 'w.1': 'x', 'b': None}"),
                ValueError,
                "nothing loaded",
                "not one number: w.1 = 'x', b = None",
            ),
            no(
                STATE.replace("{}", "{'w.0': 1.0, 'w.1': 1.0, 'b': huge}"),
                ValueError,
                "nothing loaded",
                "not one number: b",
            ),
            no(
                STATE.replace("{}", "neuron.state_dict() | {'v': 1.0}"),
                ValueError,
                "nothing loaded",
                "unknown to this model: v",
            ),
        ]
    },
    "nn.identity": {"x": [yes("nn.identity(None)", None)]},
    "nn.init.uniform": {
        "low": finite_number("low", "nn.init.uniform({}, 1.0)", positive=False),
        "high": finite_number("high", "nn.init.uniform(0.0, {})", positive=False),
    },
    "nn.init.normal": {
        "mean": finite_number("mean", "nn.init.normal({}, 1.0)", positive=False),
        "std": finite_number("std", "nn.init.normal(0.0, {})"),
    },
    **{
        f"nn.init.{name}": {"gain": finite_number("gain", f"nn.init.{name}({{}})")}
        for name in (
            "xavier_normal",
            "xavier_uniform",
            "kaiming_normal",
            "kaiming_uniform",
        )
    },
    **{
        f"nn.init.{name}()": given_init(f"nn.init.{name}()")
        for name in (
            *("uniform", "normal", "xavier_normal", "xavier_uniform"),
            *("kaiming_normal", "kaiming_uniform"),
        )
    },
    "nn.init.default": {"activation": activation("nn.init.default({})")},
    "nn.init.default()": given_init("nn.init.default('relu')"),
    "nn.predict": {
        "model": [
            *each(
                "nn.predict({}, X)",
                NOT_FUNCTIONS,
                TypeError,
                "predict takes a function",
                "got",
            ),
            no("nn.predict(X, line)", TypeError, "predict takes a function", "[[1.0]"),
        ],
        "X": [
            *each(
                "nn.predict(line, {})",
                ["None", "3.0", "'x'", "dict()", "line"],
                TypeError,
                "X must be a list of rows or an array",
            ),
            *each(
                "nn.predict(line, {})",
                ["[None]", "['a']", "[[1j]]"],
                TypeError,
                "X must hold numbers only",
                "row 0, column 0",
            ),
            *each(
                "nn.predict(line, {})",
                ["[nan]", "[[inf]]"],
                ValueError,
                "X must hold finite numbers only",
                "row 0",
            ),
            no("nn.predict(line, [])", ValueError, "X is empty"),
            no(
                "nn.predict(line, [[1.0], [1.0, 2.0]])",
                ValueError,
                "X is ragged",
                "row 1",
            ),
            no("nn.predict(line, [[1.0, 2.0]])", ValueError, "takes 1 input, got 2"),
        ],
    },
}
