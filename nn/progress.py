"""A bar that shows how far training is."""

from __future__ import annotations

from math import nan
from time import perf_counter

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from typing import Any


class ProgressBar:
    """A bar by tqdm, or nothing; the loss beside it changes ten times a second."""

    def __init__(self, progress: bool | None, steps: int, done: int = 0) -> None:
        self._bar: Any = None
        self._shown, self._loss = 0.0, nan
        if progress is False:
            return
        try:
            from tqdm import tqdm
        except ImportError:
            if progress:
                raise ImportError(
                    "progress=True draws a bar with tqdm: pip install tqdm"
                ) from None
        else:
            self._bar = tqdm(total=steps, initial=done, desc="fit", unit="step")

    def step(self, steps: int, loss: float) -> None:
        """Go on by so many steps; the loss is that of the last of them."""
        if self._bar is not None:
            now, self._loss = perf_counter(), loss
            if now - self._shown > 0.1:
                self._show()
                self._shown = now
            self._bar.update(steps)

    def _show(self) -> None:
        self._bar.set_postfix(loss=f"{self._loss:.4g}", refresh=False)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._show()
            self._bar.close()
