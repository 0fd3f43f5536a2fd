"""Attack for some minutes: ``python -m tests.attack --minutes 10 --seed 1``."""

from __future__ import annotations

import argparse
import sys

from tests.attack.campaign import ALL, Campaign


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign; give 1 where anyone disagreed."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judges", nargs="+", choices=list(ALL), help="by default all")
    chosen = parser.parse_args(arguments)
    campaign = Campaign(chosen.seed, chosen.judges)
    campaign.run(chosen.minutes, sys.stdout)
    return 1 if campaign.found else 0


if __name__ == "__main__":
    sys.exit(main())
