"""Losses and metrics."""

from __future__ import annotations

from tests.bad_arguments.rows import NOT_NUMBERS, Row, Table, each, no


def loss(name: str, targets: str = "[1, 0]") -> dict[str, list[Row]]:
    first, second = f"nn.{name}({{}}, {targets})", f"nn.{name}([0.5, 0.5], {{}})"
    return {
        "predictions": [
            *each(
                first,
                ["['a', 'b']", "[None, 1.0]", "[1j, 0.5]"],
                TypeError,
                "real number",
            ),
            *each(
                first,
                ["[]", "[0.5]", "[0.5] * 3"],
                ValueError,
                "as many targets as predictions",
            ),
            no(
                first.replace("{}", "[[0.5], [0.5, 0.5]]"),
                ValueError,
                "sample 1",
                "2 outputs",
            ),
        ],
        "targets": [
            *each(
                second, ["['a', 'b']", "[None, 1]", "[1j, 1]"], TypeError, "real number"
            ),
            *each(
                second,
                ["[]", "[1]", "3.0", "[1, 1, 1]", "None"],
                ValueError,
                "as many targets as predictions",
            ),
            no(
                second.replace("{}", "[[1, 1], [1, 1]]"),
                ValueError,
                "sample 0",
                "target of 2",
            ),
            no(f"nn.{name}([], [])", ValueError, "the batch is empty"),
        ],
    }


def metric(name: str) -> dict[str, list[Row]]:
    name = f"nn.metrics.{name}"
    return {
        "predictions": [
            *each(
                f"{name}({{}}, [0, 1])",
                ["None", "3", "'ab'", "square", "a"],
                TypeError,
                "predictions must be a list over samples",
            ),
            *each(
                f"{name}({{}}, [0, 1])",
                ["['a', 'b']", "[None, 0.5]", "[1j, 0.5]"],
                TypeError,
                "predictions must hold numbers only",
                "row 0",
            ),
            *each(
                f"{name}({{}}, [0, 1])",
                ["[nan, 0.5]", "[inf, 0.5]"],
                ValueError,
                "predictions must hold finite numbers",
            ),
            no(
                f"{name}([[0.1, 0.2], [0.3]], [0, 1])",
                ValueError,
                "predictions is ragged",
                "row 1",
            ),
            no(f"{name}([0.5], [0, 1])", ValueError, "1 predictions and 2 targets"),
            no(
                f"{name}([], [])",
                ValueError,
                "as many targets as predictions, at least one",
            ),
        ],
        "targets": [
            *each(
                f"{name}([0.1, 0.9], {{}})",
                ["None", "3", "'01'", "square"],
                TypeError,
                "targets must be a list over samples",
            ),
            *each(
                f"{name}([0.1, 0.9], {{}})",
                ["['a', 'b']", "[None, 1]"],
                TypeError,
                "targets must hold numbers only",
                "row 0",
            ),
            *each(
                f"{name}([0.1, 0.9], {{}})",
                ["[0.5, 1]", "[2, 1]", "[0, -1]"],
                ValueError,
                "the targets must be 0 and 1, or -1 and 1",
            ),
            *each(
                f"{name}([[0.1, 0.9]], {{}})",
                ["[2]", "[-1]", "[0.5]"],
                ValueError,
                "there are 2 classes",
            ),
            no(
                f"{name}([0.1, 0.9], [nan, 1])",
                ValueError,
                "targets must hold finite numbers",
            ),
        ],
        "threshold": [
            *each(
                f"{name}([0.1, 0.9], [0, 1], {{}})",
                NOT_NUMBERS[1:],
                TypeError,
                "threshold",
                "real number",
            ),
            *each(
                f"{name}([0.1, 0.9], [0, 1], {{}})",
                ["nan", "inf"],
                ValueError,
                "threshold must be finite",
            ),
        ],
    }


TABLE: Table = {
    **{
        f"nn.{name}": loss(name)
        for name in ("mse", "half_mse", "binary_cross_entropy_with_logits")
    },
    "nn.hinge": {
        **loss("hinge", "[1, -1]"),
        "targets": [
            *loss("hinge")["targets"],
            *each(
                "nn.hinge([0.5, 0.5], {})",
                ["[0, 1]", "[nan, 1]", "[2, 1]"],
                ValueError,
                "sample 0",
                "-1 or 1",
                "2 * y - 1",
            ),
        ],
    },
    "nn.binary_cross_entropy": {
        "predictions": [
            *loss("binary_cross_entropy")["predictions"],
            *each(
                "nn.binary_cross_entropy([{}, 0.5], [1, 0])",
                ["2.0", "-0.1", "nan", "inf"],
                ValueError,
                "sample 0",
                "probabilities must lie between 0 and 1",
                "{}",
            ),
            no(
                "nn.binary_cross_entropy([0.0, 0.5], [1, 0])",
                ValueError,
                "sample 0",
                "costs infinity",
                "binary_cross_entropy_with_logits",
            ),
        ],
        "targets": [
            *loss("binary_cross_entropy")["targets"],
            *each(
                "nn.binary_cross_entropy([0.5, 0.5], [{}, 0])",
                ["2.0", "-1.0", "nan"],
                ValueError,
                "sample 0",
                "targets must lie between 0 and 1",
                "{}",
            ),
        ],
    },
    "nn.cross_entropy": {
        "predictions": [
            *each(
                "nn.cross_entropy({}, 0)",
                ["3.0", "None", "a"],
                TypeError,
                "a list of logits for each sample",
                "binary_cross_entropy_with_logits",
            ),
            *each(
                "nn.cross_entropy({}, [0])",
                ["[['a', 'b']]", "[[None, 1.0]]"],
                TypeError,
                "real number",
            ),
            no("nn.cross_entropy([], [])", ValueError, "the batch is empty"),
            no(
                "nn.cross_entropy([[1.0, 2.0]], [0, 1])",
                ValueError,
                "1 predictions and 2 targets",
            ),
        ],
        "targets": [
            *each(
                "nn.cross_entropy([[1.0, 2.0]], [{}])",
                ["None", "0.5", "1.0"],
                TypeError,
                "numbers of classes as int",
                "astype(int)",
                "{}",
            ),
            *each(
                "nn.cross_entropy([[1.0, 2.0]], [{}])",
                ["2", "-1", "2**70"],
                ValueError,
                "sample 0",
                "there are 2 classes",
                "{}",
            ),
            no(
                "nn.cross_entropy([[1.0, 2.0]], [[0.5, 0.6]])",
                ValueError,
                "must sum to 1",
            ),
            no(
                "nn.cross_entropy([[1.0, 2.0]], [[1.0]])",
                ValueError,
                "2 classes, got 1 prob",
            ),
        ],
    },
    **{
        f"nn.metrics.{name}": metric(name)
        for name in ("accuracy", "f1", "confusion_matrix", "classes")
    },
}
