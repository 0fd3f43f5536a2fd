"""Optimisers and learning-rate schedules."""

from __future__ import annotations

from tests.bad_arguments.rows import (
    NOT_NUMBERS,
    NOT_WHOLE,
    Row,
    Table,
    each,
    no,
    yes,
)

STATE = "{'steps': 1, 'mean': [0.0] * 13, 'mean_square': [0.0] * 13}"


def amount(name: str, call: str) -> list[Row]:
    """A number that is finite and at least 0."""
    return [
        *each(call, NOT_NUMBERS, TypeError, name, "real number"),
        *each(
            call, ["-0.1", "nan", "inf"], ValueError, f"{name} must be at least 0", "{}"
        ),
    ]


def optional_amount(name: str, call: str) -> list[Row]:
    return [row for row in amount(name, call) if "=None" not in row.call]


def whole(name: str, call: str, least: int = 1) -> list[Row]:
    return [
        *each(call, NOT_WHOLE, TypeError, f"{name} must be a whole number"),
        no(
            call.replace("{}", str(least - 1)),
            ValueError,
            f"{name} must be at least {least}",
        ),
    ]


def optional_whole(name: str, call: str, least: int = 1) -> list[Row]:
    return [row for row in whole(name, call, least) if "=None" not in row.call]


def parameters(name: str) -> list[Row]:
    call = f"nn.{name}({{}}, lr=0.1)"
    return [
        *each(
            call,
            ["None", "3", "model", "a"],
            TypeError,
            "a list of Values",
            "model.parameters()",
        ),
        *each(
            call,
            ["'w'", "[None]", "[2.0]", "[c]", "[constant * 1.0, c]"],
            TypeError,
            "leaf Values such as model.parameters()",
        ),
        no(call.replace("{}", "[]"), ValueError, "at least one parameter, got none"),
        no(call.replace("{}", "[a, a]"), ValueError, "more than once"),
    ]


def rate(call: str) -> list[Row]:
    return amount("lr", call)


def optimizer(name: str, *amounts: str) -> dict[str, list[Row]]:
    start = f"nn.{name}([a], "
    return {
        "parameters": parameters(name),
        "lr": rate(start + "lr={})"),
        **{each_: amount(each_, f"{start}{each_}={{}})") for each_ in amounts},
    }


def betas(name: str) -> list[Row]:
    call = f"nn.{name}([a], betas={{}})"
    return [
        *each(
            call,
            ["None", "0.9", "()", "(0.9,)", "(0.9, 0.99, 0.999)", "'ab3'"],
            TypeError,
            "betas is a pair such as (0.9, 0.999)",
        ),
        *each(call, ["('a', 0.9)", "(None, 0.9)"], TypeError, "beta1", "real number"),
        *each(
            call,
            ["(1.0, 0.9)", "(-0.1, 0.9)", "(nan, 0.9)"],
            ValueError,
            "beta1 must be at least 0 and less than 1",
        ),
        *each(
            call,
            ["(0.9, 1.0)", "(0.9, inf)"],
            ValueError,
            "beta2 must be at least 0 and less than 1",
        ),
    ]


def schedule(name: str) -> dict[str, list[Row]]:
    return {"step": whole("step", f"nn.{name}(0.1, 10)({{}})", least=0)}


TABLE: Table = {
    "nn.Optimizer": {
        "parameters": parameters("Optimizer"),
        "lr": rate("nn.Optimizer([a], {})"),
        "state": each(
            "nn.Optimizer([a], 0.1, {})",
            ["None", "3", "'velocity'", "[3]", "[None]", "{'v'}"],
            TypeError,
            "state lists names of variables",
            "{}",
        ),
    },
    "nn.SGD": {
        **optimizer("SGD", "momentum", "weight_decay"),
        "nesterov": [
            *each(
                "nn.SGD([a], momentum=0.9, nesterov={})",
                ["None", "'no'", "2", "0.9"],
                TypeError,
                "nesterov must be True or False",
                "{}",
            ),
            no(
                "nn.SGD([a], nesterov=True)",
                ValueError,
                "nesterov needs a momentum above 0",
            ),
        ],
    },
    "nn.RMSProp": {
        **optimizer("RMSProp", "alpha", "eps", "weight_decay", "momentum"),
        "alpha": [
            *amount("alpha", "nn.RMSProp([a], alpha={})"),
            no("nn.RMSProp([a], alpha=1.0)", ValueError, "alpha", "less than 1"),
        ],
    },
    "nn.Adagrad": optimizer("Adagrad", "eps", "weight_decay"),
    "nn.Adam": {**optimizer("Adam", "eps", "weight_decay"), "betas": betas("Adam")},
    "nn.AdamW": {**optimizer("AdamW", "eps", "weight_decay"), "betas": betas("AdamW")},
    "Optimizer.lr": {"lr": rate("having(adam, lr={})")},
    "Optimizer.rate_at": {
        "step": [
            *whole("step", "adam.rate_at({})", least=0),
            no(
                "nn.SGD([a], lr=lambda: 0.1).rate_at(0)",
                TypeError,
                "<lambda>() takes 0",
            ),
            no(
                "nn.SGD([a], lr=lambda t: None).rate_at(0)",
                TypeError,
                "lr at step 0",
                "None",
            ),
            no(
                "nn.SGD([a], lr=lambda t: -0.1).rate_at(3)",
                ValueError,
                "lr at step 3",
                "-0.1",
            ),
        ]
    },
    "Optimizer.step": {
        "": [
            *each(
                "nn.SGD([having(Value(1.0, 'w'), grad={})]).step()",
                ["None", "'1'", "1j", "[1.0]", "np.zeros(2)"],
                TypeError,
                "the grad of parameter w",
                "real number",
            ),
            *each(
                "nn.SGD([having(Value(1.0, 'w'), data={})]).step()",
                ["None", "'1'", "1j", "a"],
                TypeError,
                "the data of parameter w",
                "real number",
            ),
            *each(
                "nn.SGD([having(Value(1.0, 'w'), grad={})]).step()",
                ["nan", "inf"],
                FloatingPointError,
                "the gradient of parameter w is {}",
                "no parameter was changed",
            ),
        ]
    },
    "Optimizer.zero_grad": {},
    "Optimizer.state_dict": {},
    "Optimizer.load_state_dict": {
        "state": [
            *each(
                "adam.load_state_dict({})",
                ["None", "3", "[1.0]", "'steps'"],
                TypeError,
                "load_state_dict takes what state_dict() gives",
                "a dict",
            ),
            *each(
                "adam.load_state_dict({})",
                ["dict()", "{'steps': 1}", "{1: 2}"],
                ValueError,
                "nothing loaded: expected mean, mean_square, steps",
            ),
            *each(
                f"adam.load_state_dict({STATE} | {{}})",
                ["{'mean': None}", "{'mean': 3.0}", "{'mean': [0.0]}", "{'mean': []}"],
                ValueError,
                "nothing loaded: mean needs 13 numbers",
            ),
            *each(
                f"adam.load_state_dict({STATE} | {{}})",
                ["{'mean': ['a'] * 13}", "{'mean': [None] * 13}"],
                TypeError,
                "mean",
                "real number",
            ),
            no(
                f"adam.load_state_dict({STATE} | {{'mean': [nan] * 13}})",
                ValueError,
                "mean must be finite",
            ),
            *each(
                f"adam.load_state_dict({STATE} | {{}})",
                ["{'steps': None}", "{'steps': 1.5}", "{'steps': True}"],
                TypeError,
                "steps must be a whole number",
            ),
            *each(
                f"adam.load_state_dict({STATE} | {{}})",
                ["{'steps': -1}", "{'steps': huge}"],
                ValueError,
                "steps must be at",
            ),
        ]
    },
    "nn.clip_grad_norm": {
        "parameters": [
            *each(
                "nn.clip_grad_norm({}, 1.0)",
                ["None", "3", "model", "'w'", "[None]", "[2.0]"],
                TypeError,
                "clip_grad_norm takes a list of Values",
                "model.parameters()",
            ),
            no(
                "nn.clip_grad_norm([having(Value(1.0), grad=None)], 1.0)",
                TypeError,
                "a grad",
                "None",
            ),
            yes("nn.clip_grad_norm([], 1.0)", 0.0),
            yes("nn.clip_grad_norm([having(Value(1.0), grad=nan)], 1.0)", float("nan")),
        ],
        "max_norm": amount("max_norm", "nn.clip_grad_norm(model.parameters(), {})"),
    },
    "nn.step_decay": {
        "lr": amount("lr", "nn.step_decay({}, 10)"),
        "every": whole("every", "nn.step_decay(0.1, {})"),
        "gamma": amount("gamma", "nn.step_decay(0.1, 10, {})"),
    },
    "nn.cosine_decay": {
        "lr": amount("lr", "nn.cosine_decay({}, 10)"),
        "steps": whole("steps", "nn.cosine_decay(0.1, {})"),
        "final": amount("final", "nn.cosine_decay(0.1, 10, {})"),
    },
    "nn.linear_warmup": {
        "schedule": [
            *amount("lr", "nn.linear_warmup({}, 10)"),
            no("nn.linear_warmup(lambda: 0.1, 10)(0)", TypeError, "<lambda>() takes 0"),
            no("nn.linear_warmup(lambda t: None, 10)(0)", TypeError, "lr", "None"),
        ],
        "steps": whole("steps", "nn.linear_warmup(0.1, {})"),
        "start": [
            *amount("start", "nn.linear_warmup(0.1, 10, {})"),
            no(
                "nn.linear_warmup(0.1, 10, 1.5)",
                ValueError,
                "start",
                "at most 1",
                "1.5",
            ),
        ],
    },
    "nn.step_decay()": schedule("step_decay"),
    "nn.cosine_decay()": schedule("cosine_decay"),
    "nn.linear_warmup()": schedule("linear_warmup"),
}
