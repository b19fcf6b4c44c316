"""Measures what the service promises about speed: `python -m benchmarks.service.run [--json FILE] [--quick]`.

Everything runs on one machine in one run: the servers, all started beforehand, take turns under the same
load, round by round, and what counts is the median of the ratios within a round. Ends with 2 when a target
is missed, 1 when a server does not start, answers wrongly or loses a verdict.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.service.checks import WrongError, check_batch, check_each, count_rows
from benchmarks.service.load import CONNECTIONS, PACED_CONNECTIONS, Loaded, Target, has_wrk, paced, press
from benchmarks.service.mixtures import MIXTURES, Mixture, batches, single
from benchmarks.service.postgres import own_postgres
from benchmarks.service.report import Half, Line, Report, show
from benchmarks.service.servers import DidNotStartError, Server, Size, bare, caiding

TICKETS, BATCH, BATCH_CONNECTIONS = 4000, 1000, 4
LEAST_LOGGED, LEAST_UNLOGGED, LEAST_BATCH = 0.6, 0.85, 10.0
"""Shares of bare Flask's requests a second; tickets a second in batches by tickets one by one."""
SETTLE_S = 1.0


@dataclass
class Contender:
    """A server with what is posted to it.

    `acknowledged` counts what it must have stored, `in_flight` what it may have: when its time is over wrk
    does not wait for the last answers.
    """

    server: Server
    target: Target
    least: float | None
    stored: bool
    acknowledged: int = 0
    in_flight: int = 0


@dataclass(frozen=True)
class Taken:
    """One round: every contender in turn, then batches at the one with the log on."""

    singles: list[Loaded]
    batch: Loaded


@dataclass
class Arena:
    """All contenders of one mixture, started; the first is bare Flask, the second has the log on."""

    contenders: list[Contender] = field(default_factory=list)
    answer_bytes: int = 0

    @property
    def logged(self) -> Contender:
        return self.contenders[1]


def main() -> int:
    options = _options()
    if not has_wrk():
        print("wrk is not installed: a generator of our own presses, which shows lower peaks")
    size = Size(options.workers, options.threads)
    rounds, seconds = (3, 2) if options.quick else (5, 4)
    try:
        reports = [_measure(mixture, size, rounds, seconds) for mixture in options.mixtures]
    except (WrongError, DidNotStartError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    if options.json:
        options.json.write_text(json.dumps([asdict(report) for report in reports], indent=2) + "\n")
    missed = [f"{name} ({report.mixture})" for report in reports for name in report.missed]
    print("\n" + (f"not as promised: {', '.join(missed)}" if missed else "every target is met"))
    return 2 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.service.run", description="measure requests a second")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--mixtures", nargs="+", choices=MIXTURES, default=list(MIXTURES))
    parser.add_argument("--workers", type=int, default=Size.workers)
    parser.add_argument("--threads", type=int, default=Size.threads)
    return parser.parse_args()


def _measure(mixture: Mixture, size: Size, rounds: int, seconds: float) -> Report:
    bodies = single(mixture, TICKETS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="caiding-bench-")))
        (folder / "single").write_bytes(b"\n".join(bodies) + b"\n")
        (folder / "batches").write_bytes(b"\n".join(batches(bodies, BATCH)) + b"\n")
        arena = _start(size, folder, stack, bodies)
        for contender in arena.contenders:
            _press(contender, 1)
        taken = [_round(arena, folder / "batches", seconds) for _ in range(rounds)]
        lines = [_line(contender, taken, i) for i, contender in enumerate(arena.contenders)]
        half = paced(arena.logged.target, 3 * seconds, lines[1].rate / 2)
        _note(arena.logged, half, PACED_CONNECTIONS)
        _nothing_is_lost(arena)
    ticket_bytes = sum(map(len, bodies)) // len(bodies)
    report = Report(mixture, ticket_bytes, arena.answer_bytes, lines, _batch_line(taken), _half(half))
    show(report)
    return report


def _start(size: Size, folder: Path, stack: ExitStack, bodies: Sequence[bytes]) -> Arena:
    """Starts all, and checks of each that it answers every ticket and stores it once."""
    arena = Arena()

    def enter(server: Server, least: float | None, *, stored: bool) -> Contender:
        contender = Contender(server, Target(server.address, server.key, folder / "single"), least, stored)
        if server.key:
            arena.answer_bytes = check_each(contender.target, bodies)
            contender.acknowledged = len(bodies)
        arena.contenders.append(contender)
        return contender

    def serve(name: str, url: str, *more: str) -> Server:
        return stack.enter_context(caiding(name, size, folder, url, more))

    enter(serve("SQLite, log on", f"sqlite:///{folder}/log.db"), LEAST_LOGGED, stored=True)
    flask = stack.enter_context(bare(size, arena.answer_bytes, folder))
    enter(flask, None, stored=False)
    arena.contenders.reverse()
    unlogged = serve("log off (measurement only)", f"sqlite:///{folder}/none.db", "--without-log")
    enter(unlogged, LEAST_UNLOGGED, stored=False)
    url = stack.enter_context(own_postgres())
    if url is None:
        print("skipped: PostgreSQL is not installed")
    else:
        enter(serve("PostgreSQL, log on", url), None, stored=True)
    check_batch(_batch_target(arena.logged, folder / "batches"))
    arena.logged.acknowledged += BATCH
    _nothing_is_lost(arena)
    return arena


def _batch_target(contender: Contender, bodies: Path) -> Target:
    return Target(contender.server.address, contender.server.key, bodies, "/v1/verdicts/batch")


def _round(arena: Arena, batch_bodies: Path, seconds: float) -> Taken:
    singles = [_press(contender, seconds) for contender in arena.contenders]
    target = _batch_target(arena.logged, batch_bodies)
    batch = press(target, seconds, BATCH_CONNECTIONS)
    _note(arena.logged, batch, BATCH_CONNECTIONS, BATCH)
    return Taken(singles, batch)


def _press(contender: Contender, seconds: float) -> Loaded:
    loaded = press(contender.target, seconds)
    _note(contender, loaded, CONNECTIONS)
    return loaded


def _note(contender: Contender, loaded: Loaded, connections: int, each: int = 1) -> None:
    if loaded.refused or loaded.broken:
        name = contender.server.name
        raise WrongError(f"{name}: {loaded.refused} answers are errors, {loaded.broken} never came")
    contender.acknowledged += loaded.requests * each
    contender.in_flight += connections * each


def _nothing_is_lost(arena: Arena) -> None:
    """What was acknowledged is stored, and nothing else but what wrk did not wait for."""
    time.sleep(SETTLE_S)
    for contender in arena.contenders:
        if contender.stored:
            rows, least = count_rows(contender.server.database), contender.acknowledged
            if not least <= rows <= least + contender.in_flight:
                raise WrongError(f"{contender.server.name}: {least:,} acknowledged, {rows:,} stored")


def _line(contender: Contender, taken: Sequence[Taken], place: int) -> Line:
    ratio = median(each.singles[place].rate / each.singles[0].rate for each in taken)
    return _medians(contender.server.name, [each.singles[place] for each in taken], 1, ratio, contender.least)


def _batch_line(taken: Sequence[Taken]) -> Line:
    ratio = median(each.batch.rate * BATCH / each.singles[1].rate for each in taken)
    name = f"batches of {BATCH:,}, by single posts"
    return _medians(name, [each.batch for each in taken], BATCH, ratio, LEAST_BATCH)


def _medians(name: str, loaded: Sequence[Loaded], each: int, ratio: float, least: float | None) -> Line:
    rate = median(one.rate for one in loaded) * each
    p50, p99 = (median(times) * 1000 for times in zip(*((one.p50, one.p99) for one in loaded), strict=True))
    return Line(name, rate, ratio, p50, p99, least)


def _half(loaded: Loaded) -> Half:
    return Half(loaded.rate, loaded.p50 * 1000, loaded.p99 * 1000)


if __name__ == "__main__":
    sys.exit(main())
