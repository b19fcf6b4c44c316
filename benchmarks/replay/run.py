"""Judging tables of tickets beside SQL written by hand: `python -m benchmarks.replay.run [--tickets N]`.

Every contender reads the same Parquet and writes rule, kind and amount of every outcome to Parquet; all of
them must write the same. Ends with 2 where a target is missed, 1 where the contenders disagree.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb
from sqlglot import exp

from api.tickets.parquet_tickets import read_parquet
from api.tickets.tables import TableOptions, read_tickets
from benchmarks.conclusions import from_verdict
from benchmarks.replay.tables import write_outcomes, write_tickets
from engine.evaluate.compiled.evaluator import CompiledEvaluator
from engine.evaluate.facts import facts_from
from engine.library import Library, load
from engine.plan.nodes import Plan
from engine.replay.dry_run.compare import comparison
from engine.replay.engines.duck import Duck
from engine.replay.lowering.causes import Bits
from engine.replay.lowering.lower import lower
from engine.replay.sql.columns import judged
from engine.replay.verdicts.table import outcomes_select
from engine.rulebook.types import Scalar

POLICY = Path(__file__).parents[1] / "policy"
BY_HAND = Path(__file__).with_name("by_hand.sql")
AS_OF = datetime(2016, 1, 1, tzinfo=UTC)
ROWS_JUDGED = 20_000
"""So many tickets are judged row by row, whose speed does not hang on the number."""
OF_BY_HAND, OF_ROWS, OF_ONCE = 0.8, 15.0, 1.6


@dataclass(frozen=True)
class Line:
    """What one contender takes for all the tickets, in seconds."""

    name: str
    seconds: float
    tickets: int

    @property
    def speed(self) -> float:
        return self.tickets / self.seconds


def main() -> int:
    options = _options()
    with TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        library = load(POLICY)
        assert library.plan is not None, "the benchmark's policy has no findings"
        source = write_tickets(library.plan, folder, options.tickets)
        if _differ(library.plan, source, folder, options):
            print("the contenders disagree", file=sys.stderr)
            return 1
        lines = _measured(library, source, folder, options)
    return _shown(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.replay.run", description="measure tickets a second")
    parser.add_argument("--tickets", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--folder", type=Path, help="keeps the made-up tickets for the next run")
    return parser.parse_args()


def _measured(library: Library, source: Path, folder: Path, options: argparse.Namespace) -> list[Line]:
    assert library.plan is not None, "the benchmark's policy has no findings"
    plan, changed = library.plan, _with_higher_fines(library.plan)
    contenders: dict[str, Callable[[], None]] = {
        "by hand": lambda: _by_hand(source, folder, options),
        "outcomes": lambda: _outcomes(plan, source, folder, options),
        "dry run of two editions": lambda: _dry_run(plan, changed, source, options),
    }
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.rounds):  # in turn, so that whatever slows the machine slows them alike
        for name, contender in contenders.items():
            started = time.perf_counter()
            contender()
            taken[name].append(time.perf_counter() - started)
    lines = [Line(name, median(seconds), options.tickets) for name, seconds in taken.items()]
    started = time.perf_counter()
    judged_rows = _row_by_row(plan, source, folder)
    return [*lines, Line("row by row, compiled", time.perf_counter() - started, judged_rows)]


def _by_hand(source: Path, folder: Path, options: argparse.Namespace) -> None:
    with duckdb.connect(config={"threads": options.threads, "memory_limit": options.memory}) as database:
        query = BY_HAND.read_text().replace("FROM tickets", f"FROM ({_numbered(source)})")
        database.execute(f"COPY ({query}) TO '{folder / 'by-hand.parquet'}' (FORMAT parquet)")


def _numbered(source: Path) -> str:
    return (
        f"SELECT *, file_row_number + 1 AS source_row FROM read_parquet('{source}', file_row_number = true)"  # noqa: S608 - our own name
    )


def _outcomes(plan: Plan, source: Path, folder: Path, options: argparse.Namespace) -> None:
    with Duck(memory=options.memory, threads=options.threads) as engine:
        table = read_tickets(engine, [str(source)], [plan], TableOptions(AS_OF))
        lowered = lower(plan, table.facts, undecided=False)
        outcomes = exp.alias_(outcomes_select(lowered, engine.dialect), "outcomes")
        select = [exp.column("source_row"), outcomes]
        engine.write_parquet(judged(table.source, lowered.columns, select), folder / "outcomes.parquet")


def _dry_run(plan: Plan, changed: Plan, source: Path, options: argparse.Namespace) -> None:
    """The one scan of a dry run, and what it keeps of every ticket."""
    with Duck(memory=options.memory, threads=options.threads) as engine:
        table = read_tickets(engine, [str(source)], [plan, changed], TableOptions(AS_OF))
        bits = Bits()
        sides = lower(plan, table.facts, bits), lower(changed, table.facts, bits)
        compared = comparison(*sides, {"source_row": exp.column("source_row")})
        engine.keep("compared", judged(table.source, compared.columns, list(compared.select)))


def _with_higher_fines(plan: Plan) -> Plan:
    """The same policy with each fine of its parameter a fifth higher."""
    parameters = {
        name: replace(one, steps=tuple((day, _raised(value)) for day, value in one.steps))
        for name, one in plan.parameters.items()
    }
    return replace(plan, parameters=parameters)


def _raised(value: Scalar) -> Scalar:
    return value * Decimal("1.2") if isinstance(value, Decimal) else value


def _row_by_row(plan: Plan, source: Path, folder: Path) -> int:
    """The compiled evaluator's own loop, with what the others read and write; how many tickets."""
    judge = CompiledEvaluator(plan)
    with source.open("rb") as stream:
        tickets = islice(read_parquet(stream, source.name, plan.facts), ROWS_JUDGED)
        concluded = (from_verdict(judge.decide(facts_from(t.facts, plan)[0], AS_OF)) for t in tickets)
        return write_outcomes(concluded, folder / "rows.parquet")


def _differ(plan: Plan, source: Path, folder: Path, options: argparse.Namespace) -> bool:
    """Whether what they write is not the same on every ticket."""
    _by_hand(source, folder, options)
    _outcomes(plan, source, folder, options)
    _row_by_row(plan, source, folder)
    return any(
        _unlike(folder / "outcomes.parquet", folder / name) for name in ("by-hand.parquet", "rows.parquet")
    )


def _unlike(ours: Path, other: Path) -> int:
    """How many tickets have other outcomes in one file than in the other."""
    query = f"""SELECT count(*) FROM '{ours}' AS ours JOIN '{other}' AS other USING (source_row)
                WHERE ours.outcomes IS DISTINCT FROM other.outcomes"""  # noqa: S608 - our own names
    found = duckdb.execute(query).fetchone()
    assert found is not None, "a count is one row"
    return int(found[0])


def _shown(lines: list[Line]) -> int:
    by_name = {line.name: line for line in lines}
    hand, ours, dry, rows = (by_name[name] for name in by_name)
    checks = [
        ("outcomes / by hand", ours.speed / hand.speed, OF_BY_HAND, True),
        ("outcomes / row by row", ours.speed / rows.speed, OF_ROWS, True),
        ("dry run / judging once (time)", dry.seconds / ours.seconds, OF_ONCE, False),
    ]
    for line in lines:
        print(f"{line.name:32} {line.seconds:9.2f} s {line.speed:12,.0f} tickets/s")
    missed = 0
    for name, found, target, at_least in checks:
        met = found >= target if at_least else found <= target
        missed += not met
        print(f"{name:32} {found:9.2f}   target {target}{'' if met else '   MISSED'}")
    return 2 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
