"""fit, files, histories and plots."""

from __future__ import annotations

from tests.bad_arguments.nn_optim import (
    amount,
    optional_amount,
    optional_whole,
    whole,
)
from tests.bad_arguments.rows import (
    NOT_FUNCTIONS,
    NOT_NUMBERS,
    Row,
    Table,
    each,
    no,
    yes,
)

FIT = "nn.fit(line, X, Y, progress=False, epochs=1, compile=False, {})"
HISTORY = "history.load_state_dict(history.state_dict() | {})"


def rows_of(name: str, call: str) -> list[Row]:
    return [
        *each(
            call,
            ["None", "3.0", "'x'", "b'x'", "dict()"],
            TypeError,
            f"{name} must be a list of rows or an array",
            "{}",
        ),
        *each(
            call,
            ["[None]", "['a']", "[[1j]]", "[a]"],
            TypeError,
            f"{name} must hold numbers only",
            "row 0, column 0",
        ),
        *each(
            call,
            ["[1.0, nan, 2.0]", "[1.0, inf, 2.0]"],
            ValueError,
            f"{name} must hold finite numbers only",
            "row 1",
        ),
        no(call.replace("{}", "[]"), ValueError, f"{name} is empty"),
        no(
            call.replace("{}", "[[1.0], [1.0, 2.0], [1.0]]"),
            ValueError,
            f"{name} is ragged",
            "row 1",
        ),
        no(call.replace("{}", "[1.0, 2.0]"), ValueError, "one target for each row"),
    ]


def flag(name: str) -> list[Row]:
    return each(
        FIT.replace("compile=False, ", "")
        .replace("progress=False, ", "")
        .replace("{}", name + "={}"),
        ["'no'", "'False'", "2", "0.0", "[]"],
        TypeError,
        f"{name} must be True or False",
        "{}",
    )


TABLE: Table = {
    "nn.fit": {
        "model": [
            *each(
                "nn.fit({}, X, Y)",
                ["None", "3", "'model'", "square", "X"],
                TypeError,
                "a model that can be called and has parameters()",
            ),
            no(
                "nn.fit(nn.Sequential(square), X, Y)",
                ValueError,
                "the model has no parameters",
            ),
        ],
        "X": rows_of("X", "nn.fit(line, {}, Y)"),
        "y": rows_of("y", "nn.fit(line, X, {})"),
        "loss": [
            *each(
                FIT.replace("{}", "loss={}"),
                ["'mse_loss'", "''", "'MSE'"],
                ValueError,
                "unknown loss",
                "binary_cross_entropy",
                "cross_entropy",
                "hinge",
                "mse",
            ),
            *each(
                FIT.replace("{}", "loss={}"),
                ["None", "3", "['mse']"],
                TypeError,
                "known loss",
                "cross_entropy",
                "mse",
            ),
            no(FIT.replace("{}", "loss=lambda p: p"), TypeError, "<lambda>() takes 1"),
            no(
                FIT.replace("{}", "loss=lambda p, y: 1.0"),
                TypeError,
                "the loss must be one Value",
                "1.0",
            ),
            no(
                FIT.replace("{}", "loss=lambda p, y: None"),
                TypeError,
                "the loss must be one Value",
                "None",
            ),
        ],
        "optimizer": [
            *each(
                FIT.replace("{}", "optimizer={}"),
                ["'adaam'", "'SGD'"],
                ValueError,
                "unknown optimizer",
                "adagrad, adam, adamw, rmsprop, sgd",
            ),
            *each(
                FIT.replace("{}", "optimizer={}"),
                ["None", "3"],
                TypeError,
                "known optimizer",
                "adagrad, adam, adamw, rmsprop, sgd",
            ),
            no(
                FIT.replace("{}", "optimizer=lambda p: None"),
                TypeError,
                "must make an nn.Optimizer",
                "<lambda> gave None",
            ),
            no(
                FIT.replace("{}", "optimizer=adam"),
                ValueError,
                "holds no parameter of this model",
            ),
        ],
        "lr": [
            *optional_amount("lr", FIT.replace("{}", "lr={}")),
            no(FIT.replace("{}", "lr=lambda: 0.1"), TypeError, "<lambda>() takes 0"),
            no(FIT.replace("{}", "lr=lambda t: 'x'"), TypeError, "lr at step 0", "'x'"),
            no(
                "nn.fit(model, [[1.0, 2.0]], [1.0], optimizer=adam, lr=0.1)",
                ValueError,
                "set optimizer.lr",
            ),
        ],
        "epochs": [
            *whole("epochs", "nn.fit(line, X, Y, epochs={})", least=0),
            yes(
                "len(nn.fit(line, X, Y, epochs=0, progress=False, compile=False).loss)",
                0,
            ),
        ],
        "batch_size": optional_whole("batch_size", FIT.replace("{}", "batch_size={}")),
        "l2": amount("l2", FIT.replace("{}", "l2={}")),
        "clip_norm": optional_amount("clip_norm", FIT.replace("{}", "clip_norm={}")),
        "shuffle": [
            *flag("shuffle"),
            *each(FIT, ["shuffle=None"], TypeError, "shuffle"),
        ],
        "seed": whole("seed", FIT.replace("{}", "seed={}"), least=0),
        "validation": [
            *each(
                FIT.replace("{}", "validation={}"),
                ["3", "X", "'ab3'", "(X,)", "(X, Y, X)"],
                TypeError,
                "validation must be a pair (X, y)",
            ),
            no(
                FIT.replace("{}", "validation=(X, [1.0])"),
                ValueError,
                "validation X has 3 rows and validation y has 1",
            ),
            no(
                FIT.replace("{}", "validation=([[nan]], [1.0])"),
                ValueError,
                "validation X",
                "row 0",
            ),
        ],
        "metrics": [
            *each(
                FIT.replace("{}", "validation=(X, Y), metrics={}"),
                ["'acuracy'", "['acuracy']"],
                ValueError,
                "unknown metric 'acuracy'",
                "accuracy, f1",
            ),
            *each(
                FIT.replace("{}", "validation=(X, Y), metrics={}"),
                ["None", "3", "[None]"],
                TypeError,
                "known metric",
                "accuracy, f1",
            ),
            no(
                FIT.replace("{}", "metrics='accuracy'"),
                ValueError,
                "metrics are about the validation data",
                "validation=(X, y)",
            ),
            no(
                FIT.replace("{}", "validation=(X, Y), metrics=[square, square]"),
                ValueError,
                "two metrics of the name 'square'",
            ),
        ],
        "patience": [
            *optional_whole(
                "patience", FIT.replace("{}", "validation=(X, Y), patience={}")
            ),
            no(
                FIT.replace("{}", "patience=3"),
                ValueError,
                "patience is about the validation data",
            ),
        ],
        "checkpoint": [
            *each(
                FIT.replace("{}", "checkpoint={}"),
                ["3", "2.5", "['x']"],
                TypeError,
                "the path of a file",
                "{}",
            ),
            no(
                FIT.replace("{}", "checkpoint='nowhere/x'"),
                FileNotFoundError,
                "no folder",
                "nowhere",
            ),
        ],
        "every": [
            *whole("every", FIT.replace("{}", "checkpoint='x', every={}")),
            no(FIT.replace("{}", "every=0"), ValueError, "every must be at least 1"),
        ],
        "resume": [
            *flag("resume"),
            no(FIT.replace("{}", "resume=True"), ValueError, "give checkpoint=path"),
        ],
        "progress": flag("progress"),
        "callback": each(
            FIT.replace("{}", "callback={}"),
            ["3", "'print'", "[print]"],
            TypeError,
            "callback= takes a function",
            "{}",
        ),
        "compile": flag("compile"),
    },
    "nn.save": {
        "path": [
            *each(
                "nn.save({}, model)",
                ["None", "3", "2.5", "['x']"],
                TypeError,
                "the path of a file",
                "{}",
            ),
            no(
                "nn.save('nowhere/x.json', model)",
                FileNotFoundError,
                "no folder",
                "nowhere",
            ),
            no("nn.save('.', model)", ValueError, "no regular file"),
        ],
        "model": [
            *each(
                "nn.save('x.json', {})",
                ["None", "3", "X", "'model'"],
                TypeError,
                "a model that has parameters()",
            ),
            no(
                "nn.save('x.json', having(nn.Module(), w=Value(nan)))",
                ValueError,
                "parameter w is nan",
                "only finite numbers can be saved",
            ),
        ],
        "optimizer": each(
            "nn.save('x.json', model, {})",
            ["3", "'adam'", "model", "history"],
            TypeError,
            "optimizer must be an nn.Optimizer",
        ),
        "history": each(
            "nn.save('x.json', model, None, {})",
            ["3", "[]", "adam"],
            TypeError,
            "history must be a nn.History",
        ),
    },
    "nn.load": {
        "path": [
            *each(
                "nn.load({}, model)",
                ["None", "3", "2.5", "['x']"],
                TypeError,
                "the path of a file",
                "{}",
            ),
            no("nn.load('nowhere.json', model)", FileNotFoundError, "nowhere.json"),
            no("nn.load('.', model)", ValueError, "no regular file"),
        ],
        "model": each(
            "nn.load('x.json', {})",
            ["None", "3", "X"],
            TypeError,
            "a model that has parameters()",
        ),
        "optimizer": each(
            "nn.load('x.json', model, {})",
            ["3", "'adam'", "model"],
            TypeError,
            "optimizer must be an nn.Optimizer",
        ),
        "history": each(
            "nn.load('x.json', model, None, {})",
            ["3", "[]", "adam"],
            TypeError,
            "history must be a nn.History",
        ),
    },
    "nn.History": {},
    "History.state_dict": {},
    "History.add_steps": {
        "losses": each(
            "history.add_steps({}, [0.1], 0.1)",
            ["None", "'a'", "3.0", "[None]", "[nan]", "['a']"],
            ValueError,
            "losses must",
        ),
        "rates": each(
            "history.add_steps([1.0], {}, 0.1)",
            ["None", "'a'", "[]", "[0.1, 0.1]", "['a']", "[inf]"],
            ValueError,
            "rates must",
        ),
        "seconds": amount("seconds", "history.add_steps([1.0], [0.1], {})"),
    },
    "History.cut": {
        "steps": whole("steps", "history.cut({}, 0)", least=0),
        "epochs": whole("epochs", "history.cut(0, {})", least=0),
    },
    "History.load_state_dict": {
        "state": [
            *each(
                "history.load_state_dict({})",
                ["None", "3", "[1.0]", "'loss'"],
                TypeError,
                "load_state_dict takes what state_dict() gives",
                "a dict",
            ),
            *each(
                "history.load_state_dict({})",
                ["dict()", "{'loss': []}"],
                ValueError,
                "a history must hold epoch_loss, learning_rate, loss",
            ),
            *each(
                HISTORY,
                [
                    "{'loss': None}",
                    "{'loss': 'ab'}",
                    "{'loss': [1.0, None]}",
                    "{'loss': [1.0, nan]}",
                ],
                ValueError,
                "loss must",
            ),
            no(
                HISTORY.replace("{}", "{'loss': [1.0]}"), ValueError, "differ in length"
            ),
            no(
                HISTORY.replace("{}", "{'metrics': []}"),
                ValueError,
                "a history must hold",
            ),
            no(
                HISTORY.replace("{}", "{'metrics': {'f1': None}}"),
                ValueError,
                "metric f1 must be a list",
            ),
        ]
    },
    "History.plot": {
        "ax": [
            *each(
                "history.plot({})",
                ["3", "'ax'", "[]", "[None]", "[3, 4]", "square"],
                TypeError,
                "ax must be an axis of matplotlib",
            ),
            no("nn.History().plot()", ValueError, "nothing to plot", "no step"),
        ]
    },
    "nn.plot_decision_boundary": {
        "model": each(
            "nn.plot_decision_boundary({}, [[0.0, 0.0]], [0])",
            NOT_FUNCTIONS,
            TypeError,
            "plot_decision_boundary takes a function",
        ),
        "X": [
            *rows_of("X", "nn.plot_decision_boundary(model, {}, [0, 1, 1])"),
            no(
                "nn.plot_decision_boundary(line, X, [0, 1, 1])",
                ValueError,
                "samples of 2 numbers",
                "these have 1",
            ),
        ],
        "y": [
            *rows_of(
                "y",
                "nn.plot_decision_boundary(model, [[0, 0], [1, 0], [1, 1]], {})",
            ),
            no(
                "nn.plot_decision_boundary(model, [[0.0, 0.0]], [0.5])",
                ValueError,
                "0 and 1, or -1 and 1",
            ),
        ],
        "ax": each(
            "nn.plot_decision_boundary(model, [[0.0, 0.0]], [0], ax={})",
            ["3", "'ax'", "[]", "square"],
            TypeError,
            "ax must be an axis of matplotlib",
        ),
        "threshold": [
            *each(
                "nn.plot_decision_boundary(model, [[0.0, 0.0]], [0], threshold={})",
                NOT_NUMBERS[1:],
                TypeError,
                "threshold",
                "real number",
            ),
            *each(
                "nn.plot_decision_boundary(model, [[0.0, 0.0]], [0], threshold={})",
                ["nan", "inf"],
                ValueError,
                "threshold must be finite",
            ),
        ],
    },
}
