"""What a program is: leaves, and steps that each apply one operation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.attack.operations import call

# An operand: an int is the place of an earlier result, a float a constant.
Operand = int | float
Step = tuple[str, tuple[Operand, ...]]


@dataclass(frozen=True)
class Program:
    """A program with its numbers: inputs in several samples, parameters, and steps.

    Results are numbered: first the inputs, then the parameters, then the steps. The
    last of them is the output.
    """

    samples: tuple[tuple[float, ...], ...]
    parameters: tuple[float, ...]
    steps: tuple[Step, ...]

    @property
    def inputs(self) -> int:
        return len(self.samples[0])

    @property
    def leaves(self) -> int:
        return self.inputs + len(self.parameters)

    def leaf_numbers(self, sample: int = 0) -> list[float]:
        """Give the numbers of all leaves in one sample."""
        return [*self.samples[sample], *self.parameters]

    def run(self, leaves: Sequence[Any], apply: Callable[..., Any] = call) -> Any:
        """Compute the output; ``apply(name, *operands)`` computes each step."""
        return self.results(leaves, apply)[-1]

    def results(
        self, leaves: Sequence[Any], apply: Callable[..., Any] = call
    ) -> list[Any]:
        """Compute all results, those of leaves included."""
        results = list(leaves)
        for name, operands in self.steps:
            args = [results[a] if type(a) is int else a for a in operands]
            results.append(apply(name, *args))
        return results

    def function(self, parameters: Sequence[Any]) -> Callable[..., Any]:
        """Give the program as a function of its inputs that captures parameters."""

        def f(*inputs: Any) -> Any:
            return self.run([*inputs, *parameters])

        return f

    def rounded(self) -> Program:
        """Give the program with all its numbers rounded to float32."""

        def single(x: Any) -> Any:
            return x if type(x) is int else float(np.float32(x))

        return dataclasses.replace(
            self,
            samples=tuple(tuple(map(single, sample)) for sample in self.samples),
            parameters=tuple(map(single, self.parameters)),
            steps=tuple((name, tuple(map(single, args))) for name, args in self.steps),
        )

    @property
    def numbers(self) -> list[float]:
        """List all numbers in the program."""
        constants = [a for _, args in self.steps for a in args if type(a) is float]
        inputs = [x for sample in self.samples for x in sample]
        return [*inputs, *self.parameters, *constants]

    def moved(self) -> Program:
        """Give the program at other parameters, close by."""
        numbers = [0.875 * x + 0.0625 if abs(x) < 4.0 else x for x in self.parameters]
        return dataclasses.replace(self, parameters=tuple(numbers))

    # ---- text ------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Name every result as the text does."""
        steps = range(len(self.steps))
        return [
            *[f"x{i}" for i in range(self.inputs)],
            *[f"w{i}" for i in range(len(self.parameters))],
            *[f"v{i}" for i in steps],
        ]

    def head(self) -> list[str]:
        """List the lines that import all that is needed and make the parameters."""
        names = self.names()[self.inputs : self.leaves]
        return [
            "from autograd import *",
            "from tests.attack.operations import call",
            "",
            *[f"{w} = Value({number(x)})" for w, x in zip(names, self.parameters)],
            f"parameters = [{', '.join(names)}]",
            "",
            "",
        ]

    def body(self) -> list[str]:
        """List the lines of a function that computes the steps."""
        names, lines = self.names(), []
        for k, (name, operands) in enumerate(self.steps):
            args = [names[a] if type(a) is int else number(a) for a in operands]
            lines.append(f"    v{k} = {_expression(name, args)}")
        return lines

    def text(self) -> str:
        """Write the program as Python that can be pasted."""
        names = self.names()
        samples = [f"({''.join(number(x) + ', ' for x in s)})" for s in self.samples]
        lines = [
            *self.head(),
            f"def f({', '.join(names[: self.inputs])}):",
            *self.body(),
            f"    return {names[-1]}",
            "",
            "",
            f"samples = [{', '.join(samples)}]",
        ]
        return "\n".join(lines)


_INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "power": "**"}


def number(x: Any) -> str:
    """Write a number so that Python reads the same one."""
    text = repr(float(x))
    return text if text[-1] not in "fn" else f'float("{text}")'


def _expression(name: str, args: list[str]) -> str:
    if name in _INFIX:
        operands = [f"({a})" if a.startswith("-") else a for a in args]
        return f" {_INFIX[name]} ".join(operands)
    return f"call({', '.join([repr(name), *args])})"
