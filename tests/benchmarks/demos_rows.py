"""The rows of the benchmark of the demos: jobs, who trains them, and targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.benchmarks import demos_jobs, demos_micro, demos_ours, demos_torch
from tests.benchmarks.demos_jobs import Job
from tests.benchmarks.demos_ours import Trainer

EAGER, NUMPY, C = (
    "autograd, eager",
    "autograd, compiled, NumPy",
    "autograd, compiled, C",
)
TORCH, MICROGRAD, MICROGPT = "PyTorch, eager", "micrograd", "in micrograd's manner"

Builder = Callable[[Any], Trainer]


@dataclass(frozen=True)
class Row:
    """A demo, who else can train its model, and what C is to reach beside them.

    A target is how often as many samples a second C is to train. ``says`` finds the
    accuracy in what the demo prints; ``long`` means that the demo takes long.
    """

    name: str
    job: Callable[[bool], Job]
    arguments: list[str]
    says: str
    others: dict[str, Builder] = field(default_factory=dict)
    targets: dict[str, float] = field(default_factory=dict)
    long: bool = False

    @property
    def demo(self) -> str:
        return self.name.split("-")[0]

    def builders(self) -> dict[str, Builder]:
        return {
            C: partial(demos_ours.compiled, backend="c"),
            NUMPY: partial(demos_ours.compiled, backend="numpy"),
            EAGER: demos_ours.eager,
            TORCH: demos_torch.eager,
            **self.others,
        }


def rows() -> list[Row]:
    """Give the demos in the order of the report."""
    micrograd: dict[str, Builder] = {MICROGRAD: demos_micro.micrograd}
    microgpt: dict[str, Builder] = {MICROGPT: demos_micro.microgpt}
    as_torch, of_gpt = {TORCH: 1.0}, demos_jobs.of_gpt
    held_out = r"^Accuracy .*held out"
    translate = ["--task", "translate"]
    far = {MICROGPT: 400.0}
    return [
        Row("moons", demos_jobs.of_moons, [], r"^Accuracy .*", micrograd),
        Row("digits", demos_jobs.of_digits, [], held_out, targets=as_torch),
        Row("sentiment", demos_jobs.of_sentiment, [], "^  neg.*MLP.*%", {}, as_torch),
        Row("speech", demos_jobs.of_speech, [], r"^  MLP.*%", targets=as_torch),
        Row("gpt", partial(of_gpt, "names"), [], "^Held-out.*", microgpt, far, True),
        Row(
            "gpt-translate",
            partial(of_gpt, "translate"),
            translate,
            "^Exact.*",
            microgpt,
            far,
            True,
        ),
    ]
