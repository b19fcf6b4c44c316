"""Measures what Caiding promises about speed: `python -m benchmarks.run [--json FILE] [--quick]`.

Every engine must first give the same fines on every ticket. Ends with 2 when a target is missed, 1 when the
engines disagree.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.commands import Command, measure_commands
from benchmarks.contenders import (
    MissingError,
    by_hand,
    compiled,
    compiled_from_json,
    disagreement,
    durable,
    reference,
    zen,
)
from benchmarks.many_rules import LARGE, MOST_TIMES_SLOWER, SMALL, Loading, contenders, load_timed
from benchmarks.rounds import Contender, Measured, measure
from benchmarks.tickets import Ticket, tickets
from engine.library import load
from engine.plan.nodes import Plan

POLICY = Path(__file__).parent / "policy"
COUNT, ROUNDS = 3000, 21
QUICK_COUNT, QUICK_ROUNDS = 600, 7


@dataclass(frozen=True)
class Report:
    """Everything measured in one run."""

    policy: list[Measured]
    index: list[Measured]
    loading: Loading
    commands: list[Command]

    @property
    def missed(self) -> list[str]:
        """The names of what is slower than promised; a command that fails has no speed."""
        slow = [m.name for m in self.policy if m.target is not None and m.ratio < m.target]
        slow += [m.name for m in self.index[1:] if 1 / m.ratio > MOST_TIMES_SLOWER]
        slow += ["loading"] if self.loading.seconds > self.loading.target else []
        return slow + [c.command for c in self.commands if c.seconds > c.target or c.code]


class DisagreementError(Exception):
    """Engines give different fines for a ticket, so their speed says nothing."""


def main() -> int:
    options = _options()
    count, rounds = (QUICK_COUNT, QUICK_ROUNDS) if options.quick else (COUNT, ROUNDS)
    try:
        report = measure_all(count, rounds)
    except DisagreementError as difference:
        print(f"engines disagree: {difference}", file=sys.stderr)
        return 1
    show(report)
    if options.json:
        options.json.write_text(json.dumps(asdict(report), indent=2) + "\n")
    return 2 if report.missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.run", description="measure decisions a second")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    parser.add_argument("--quick", action="store_true", help="fewer tickets and rounds")
    return parser.parse_args()


def measure_all(count: int, rounds: int) -> Report:
    plan = load(POLICY).plan
    if plan is None:
        raise ValueError("the benchmark's policy has findings")
    policy = _measure_policy(plan, tickets(plan, count), rounds)
    small, _ = load_timed(SMALL)
    large, loading = load_timed(LARGE)
    return Report(policy, measure(contenders(small, large), rounds), loading, measure_commands())


def _measure_policy(plan: Plan, made_up: list[Ticket], rounds: int) -> list[Measured]:
    with ExitStack() as stack:
        taking_part = [by_hand(made_up), *compiled(plan, made_up), *_optional(plan, made_up, stack)]
        taking_part.append(reference(plan, made_up))
        difference = disagreement(taking_part)
        if difference:
            raise DisagreementError(difference)
        return measure(taking_part, rounds)


def _optional(plan: Plan, made_up: list[Ticket], stack: ExitStack) -> list[Contender]:
    """What can take part here; of the rest it is said why they cannot."""
    enter: tuple[Callable[[], list[Contender]], ...] = (
        lambda: [compiled_from_json(plan, made_up)],
        lambda: zen(made_up),
        lambda: [stack.enter_context(durable(made_up))],
    )
    found: list[Contender] = []
    for some in enter:
        try:
            found += some()
        except MissingError as reason:
            print(f"skipped: {reason}")
    return found


def show(report: Report) -> None:
    print(f"{'one ticket':32} {'tickets/s':>11} {'us':>9} {'ratio':>7} {'target':>7}")
    for line in report.policy:
        target = "" if line.target is None else f"{line.target:.2f}"
        speed = 1_000_000 / line.microseconds
        print(f"{line.name:32} {speed:11,.0f} {line.microseconds:9.2f} {line.ratio:7.3f} {target:>7}")
    print(f"\n{'cost by rules that can apply':32} {'us':>9} {'times':>7} {'at most':>7}")
    for counted, most in zip(report.index, ("", f"{MOST_TIMES_SLOWER:.1f}"), strict=True):
        print(f"{counted.name:32} {counted.microseconds:9.2f} {1 / counted.ratio:7.2f} {most:>7}")
    print(f"\n{'start-up and loading':32} {'s':>9} {'at most':>7}")
    loading = (f"loading {report.loading.rules:,} rules", report.loading.seconds, report.loading.target)
    for name, seconds, limit in (loading, *((c.command, c.seconds, c.target) for c in report.commands)):
        print(f"{name:32} {seconds:9.2f} {limit:7.1f}")
    print("\n" + (f"not as promised: {', '.join(report.missed)}" if report.missed else "every target is met"))


if __name__ == "__main__":
    sys.exit(main())
