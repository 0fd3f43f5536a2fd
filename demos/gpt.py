"""A small GPT, written number by number: it learns to write names, or to translate.

python -m demos.gpt [--task translate] [--eager] [--steps N]

The architecture is that of Karpathy's microgpt: one layer, 4 heads, 16 dimensions. It
is written in plain loops over Values, and trained compiled: the compiler finds the
matrix products in them. It learns the names of Python's standard library and makes up
new ones, or learns to say number words in German.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits
from tqdm import tqdm

from demos.gpt_model import GPT, attention, write
from demos.gpt_names import DataError, names
from demos.gpt_numbers import english, german, numbers, spelled_english, spelled_german
from demos.gpt_picture import result_figure
from demos.gpt_task import END, Pair, Task
from demos.gpt_training import (
    Bar,
    Compiled,
    Run,
    Settings,
    multiplications,
    train_eagerly,
)
from demos.options import folder, whole
from demos.output import complain, png, say, write_whole

HELD_OUT = 0.1  # of the names
TEMPERATURE = 0.7
SHOWN = 5  # translations


class Job(NamedTuple):
    """What is done for a task: steps, compiled and eager, and the words for it."""

    steps: int
    eager_steps: int
    thing: str
    token: str


JOBS = {
    "names": Job(4000, 10, "name", "character"),
    "translate": Job(1000, 10, "number", "piece"),
}

# ---- the job ------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Train, report, write and draw; give the exit code."""
    options = parse(argv)
    try:
        # Without a C compiler NumPy computes, with matrices too small for threads.
        with threadpool_limits(1):
            run(options)
    except DataError as error:
        return complain("gpt", str(error))
    except OSError as error:
        return complain(
            "gpt", f"cannot write into {options.out}: {error.strerror or error}"
        )
    except KeyboardInterrupt:
        return complain("gpt", "interrupted; no file was left half written", code=130)
    return 0


def run(options: argparse.Namespace) -> None:
    """Do the work that the options ask for, saying each step before it is taken."""
    started = perf_counter()
    job, task = JOBS[options.task], make_task(options.task, options.seed)
    steps = options.steps or (job.eager_steps if options.eager else job.steps)
    settings = Settings(steps, seed=options.seed)
    model = GPT(len(task.symbols), task.length, seed=options.seed)
    say(
        f"GPT: {len(task.learnt):,} {job.thing}s to learn from, {len(task.held_out):,} "
        f"held out; {len(task.symbols)} {job.token}s, seed {options.seed}."
        f"\n{len(model.parameters()):,} parameters, {task.length} positions."
        f"\n\nTraining: {steps:,} steps of Adam, {settings.batch} {job.thing}s each."
    )
    trained, unigram = train(model, task, settings, options.eager), task.unigram()
    held_out = trained.held_out
    say(times(model, task, trained))
    gain = unigram - held_out
    comparison = f"{abs(gain):.3f} {'less' if gain > 0.0 else 'more'}"
    say(
        f"\nHeld-out loss     {held_out:.3g} nats per {job.token}; by frequencies "
        f"alone (unigram) {unigram:.3f}: {comparison}\n"
    )
    show = show_names if options.task == "names" else show_numbers
    row = show(model, task, options)
    loss = (trained.eager if options.eager else trained.compiled).loss
    symbols = [symbol or "·" for symbol in task.decode(row)]
    heads = attention(model, row)
    figure = result_figure(loss, unigram, held_out, job.token, heads, symbols)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{options.task}.png"
    write_whole(path, png(figure))
    say(
        f"\nIn all            {perf_counter() - started:.1f} s"
        f"\nFiles             {path}  the loss, and where the heads look"
    )


# ---- tasks --------------------------------------------------------------------------


def make_task(name: str, seed: int) -> Task:
    """Give the pairs of a task, divided by the seed into learnt and held out."""
    if name == "translate":
        learnt, held_out = (
            [Pair(english(n), german(n)) for n in part] for part in numbers(seed)
        )
        return Task(learnt, held_out)
    pairs = [Pair((), tuple(name)) for name in names()]
    random.Random(seed).shuffle(pairs)
    count = round(HELD_OUT * len(pairs))
    return Task(pairs[count:], pairs[:count])


class Trained(NamedTuple):
    """What training gave: ``held_out`` is the loss per token, in nats."""

    eager: Run
    compiled: Run
    compiling: float  # seconds
    held_out: float


def train(model: GPT, task: Task, settings: Settings, eagerly: bool) -> Trained:
    """Train both ways, the one that is not asked for on a copy; and the held-out loss.

    Eager steps take long: only one is made where compiled training is asked for.
    """
    twin = deepcopy(model)
    eager_model, compiled_model = (model, twin) if eagerly else (twin, model)
    with Bar("eager", settings.steps if eagerly else 1) as bar:
        eager = train_eagerly(eager_model, task, settings, bar.total, bar.move)
    say("Compiling the loss, its gradient and the steps.")
    program = Compiled(compiled_model, task, settings)
    say(f"Compiled in {program.preparing:.1f} s.")
    with Bar("compiled", settings.steps) as bar:
        compiled = program.train(bar.move)
    compiled_model.load_state_dict(model.state_dict())
    held_out = program.loss(task.held_out)
    return Trained(eager, compiled, program.preparing, held_out)


# ---- what is said -------------------------------------------------------------------


def times(model: GPT, task: Task, trained: Trained) -> str:
    """Compare eager with compiled training: their times, and that they are the same."""
    eager, compiled = trained.eager, trained.compiled
    slow, fast = median(eager.seconds), median(compiled.seconds)
    apart = max(abs(a - b) for a, b in zip(eager.loss, compiled.loss, strict=False))
    products = multiplications(model)
    filled = sum(map(len, (pair.source + pair.target for pair in task.learnt)))
    return (
        f"\nTime per sample   {1e3 * slow:.3g} ms eager, {1e3 * fast:.3g} ms compiled "
        f"({1 / fast:,.0f} a second): a factor of {slow / fast:,.0f}"
        f"\nSame losses       they differ by at most {apart:.1g} in {len(eager.loss)} "
        f"step{'s' if len(eager.loss) > 1 else ''}"
        f"\nWhat limits it    {products / 1e6:.2f} million products a sample, "
        f"{1e-9 * products / fast:.1f} a nanosecond; a sample fills"
        f"\n                  {filled / len(task.learnt) + 1:.1f} of the {task.length} "
        f"positions, and the rest is computed in vain."
        f"\n                  Compiling takes the time of "
        f"{trained.compiling / fast:,.0f} samples."
    )


def show_names(model: GPT, task: Task, options: argparse.Namespace) -> list[int]:
    """Print names that the library does not have; give the tokens of one."""
    known = {"".join(pair.target) for pair in (*task.learnt, *task.held_out)}
    rng, new, old = random.Random(options.seed), dict[str, None](), 0
    for _ in range(20 * options.samples):
        tokens = write(model, [], TEMPERATURE, rng)
        name = "".join(task.decode(tokens))
        if name in known:
            old += 1
        elif name:
            new[name] = None
        if len(new) == options.samples:
            break
    say(f"New names at temperature {TEMPERATURE} ({old} more exist already):")
    for start in range(0, len(new), 5):
        say("  " + "".join(f"{name:17}" for name in [*new][start : start + 5]).rstrip())
    longest = max(new, key=len, default="")
    return [END, *task.encode(longest)][: task.length]


def show_numbers(model: GPT, task: Task, options: argparse.Namespace) -> list[int]:
    """Translate the held-out numbers, print how many are right; give one's tokens."""
    right, shown = 0, list[str]()
    pairs = list(task.held_out)
    random.Random(options.seed).shuffle(pairs)
    for pair in tqdm(pairs, "translating", unit="number", leave=False):
        written = task.decode(write(model, task.encode(pair.source)))
        right += written == pair.target
        verdict = "" if written == pair.target else "  (wrong)"
        shown.append(
            f"  {spelled_english(pair.source)}: {spelled_german(written)}{verdict}"
        )
    say(
        f"Exact matches     {right} of {len(pairs)} held-out numbers "
        f"({right / len(pairs):.1%})"
    )
    say("\n".join(shown[:SHOWN]))
    longest = max(pairs, key=lambda pair: len(pair.source + pair.target))
    return task.sample(longest)[0]


# ---- options ------------------------------------------------------------------------


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the options; what is wrong with them is one line on stderr, exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m demos.gpt",
        usage=argparse.SUPPRESS,  # an error is one line, without the usage above it
        description="Train a small GPT that is written in scalars.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add: Callable[..., Any] = parser.add_argument
    add("--task", choices=list(JOBS), default="names", help="what to learn")
    add("--steps", type=whole(1, 1_000_000), help="of training; fewer with --eager")
    add("--eager", action="store_true", help="train Value by Value: slow")
    add("--samples", type=whole(1, 1000), default=20, help="names to make up")
    add("--seed", type=whole(0, 2**32 - 1), default=0, help="of weights and batches")
    add("--out", type=folder, default=Path("gpt"), help="folder for the picture")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
