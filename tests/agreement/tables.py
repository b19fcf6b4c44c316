"""Many made-up tables, proved and tried: `python -m tests.agreement.tables [--tables N] [--seed N]`.

Ends with 1 where the proof says of one what trying every ticket refutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from random import Random

from tests.prove.tables import differences, made_up


def main() -> int:
    """Tells every table of which something wrong was said, by the seed that makes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    begun, wrong = time.monotonic(), 0
    for seed in range(asked.seed, asked.seed + asked.tables):
        for difference in differences(made_up(Random(seed))):
            wrong += 1
            print(f"seed {seed}: {difference}", flush=True)
        if (seed + 1) % 500 == 0:
            print(f"{seed + 1 - asked.seed} tables in {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{asked.tables} tables, {wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
