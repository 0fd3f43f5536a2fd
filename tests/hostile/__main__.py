"""Read damaged files for some minutes, and say how many there were."""

from __future__ import annotations

import argparse
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from tests.hostile.damage import WORDS
from tests.hostile.guard import limit_memory, only_reading, peak_memory
from tests.hostile.readers import Reader, readers

MEMORY = 2**29  # bytes that reading small files may take at most
PATIENCE = 5.0  # seconds for one of them


class Attack:
    """Damages files and reads them; ``finding`` says what should not have happened."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng, self.path = random.Random(seed), folder / "file"
        self.files = self.bytes = self.refused = 0
        self.slowest, self.finding = 0.0, ""

    def warm_up(self, name: str, reader: Reader) -> None:
        """Let each reader load what it needs, by a good file and by usual damage."""
        self.path.write_bytes(reader.good)
        if "forged" not in name:
            reader.read(self.path)
        for bad in (b"", *[reader.good[:20] + word for word in WORDS]):
            self.path.write_bytes(bad)
            with suppress(reader.error):
                reader.read(self.path)

    def read(self, name: str, reader: Reader, content: bytes) -> bool:
        """Read one file; False where something else happened than it should."""
        self.path.write_bytes(content)
        self.files += 1
        self.bytes += len(content)
        began = time.process_time()
        try:
            with only_reading(self.path):
                reader.read(self.path)
        except reader.error as error:
            self.refused += 1
            if str(self.path) not in str(error) or not str(error).isprintable():
                self.finding = f"{name}: a message that is not right: {error!r}"
        except BaseException as error:
            self.finding = f"{name}: {type(error).__name__}: {error}"
        took = time.process_time() - began
        self.slowest = max(self.slowest, took)
        if took > PATIENCE:
            self.finding = f"{name}: {took:.1f} s"
        if (
            self.path.read_bytes() != content
            or len(list(self.path.parent.iterdir())) > 1
        ):
            self.finding = f"{name}: a file was written"
        return not self.finding

    def report(self) -> str:
        return (
            f"{self.files:,} damaged files, {self.bytes:,} bytes: {self.refused:,} "
            f"refused, {self.files - self.refused:,} read; the slowest took "
            f"{self.slowest * 1000:.0f} ms; {peak_memory() / 1e6:.0f} MB at most"
        )


def main(arguments: list[str] | None = None) -> int:
    """Attack; give 1, and keep the file, where something else than an error came."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.hostile", description=__doc__
    )
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        attack, known = Attack(chosen.seed, Path(folder)), readers()
        for name, reader in known.items():
            attack.warm_up(name, reader)
        limit_memory(MEMORY)
        end = time.monotonic() + 60.0 * chosen.minutes
        while time.monotonic() < end and not attack.finding:
            for name, reader in known.items():
                content = reader.damage(reader.good, attack.rng)
                if not attack.read(name, reader, content):
                    break
        print(attack.report(), flush=True)
        if attack.finding:
            kept = Path(gettempdir(), f"hostile-{chosen.seed}.bin")
            kept.write_bytes(content)
            print(f"{attack.finding}\nthe file is kept as {kept}")
    return 1 if attack.finding else 0


if __name__ == "__main__":
    sys.exit(main())
