"""Half an hour of load: `python -m benchmarks.soak [--minutes M] [--rate R] [--workers W] [--threads T]`.

About half of the peak, with repeats of idempotent requests and wrong requests among the tickets, while the
rulebooks change every minute (every third time into something that must be refused). At the end memory and
handles must be flat, every answer as it must be, and what was acknowledged stored, no more and no less. Ends
with 1 where that is not so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.service.checks import check_each, count_rows
from benchmarks.service.load import Target, press
from benchmarks.service.mixtures import single
from benchmarks.service.processes import Held, held_by, slope
from benchmarks.service.servers import ROOT, Server, Size, caiding
from benchmarks.service.soak_load import Told

TICKETS = 4000
SAMPLE_EVERY_S = 5.0
MOST_RATE = 8000.0
"""More than that the load's own process does not make reliably."""
ROW_BYTES = 4000
"""What a decision takes on the disk at most, with its share of the indices."""
WARM_UP = 1 / 3
"""That part of the time goes by before memory has to be flat: caches fill, threads start."""
MOST_GROWTH = 1024 * 1024
"""Bytes a minute, over all processes, by which memory may still grow after that."""
MOST_HANDLES, MOST_THREADS = 16, 16
"""By so many the most at the end may exceed the most after the warm-up."""
FIRST_CHANGES = 8
"""So many editions before the load: until then each takes new memory, later ones do not."""
CHANGED, BROKEN = "sla.yaml", "penalties.yaml"
TITLE = "        title: {zh: "
"""Where a rule's title begins: it stands in verdicts, so that another one makes another edition."""


@dataclass
class Load:
    """The load's process and the last that it said."""

    process: subprocess.Popen[str]
    told: Told = field(default_factory=Told)

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told = Told(**json.loads(line))

    def finish(self) -> None:
        """Asks no more, and waits for the last answers."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="caiding-soak-") as name:
        folder = Path(name)
        rules = folder / "rules"
        shutil.copytree(ROOT / "rules", rules)
        size = Size(options.workers, options.threads)
        with caiding("soak", size, folder, f"sqlite:///{folder}/soak.db", (), rules) as server:
            trouble = _soak(server, folder, rules, options)
        print("\n".join(trouble) or "memory flat, handles flat, nothing lost, every answer as it must be")
    return 1 if trouble else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description="load the service for a long time")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, help="requests a second (else half of a short burst's)")
    parser.add_argument("--workers", type=int, default=Size.workers)
    parser.add_argument("--threads", type=int, default=Size.threads)
    return parser.parse_args()


def _soak(server: Server, folder: Path, rules: Path, options: argparse.Namespace) -> list[str]:
    bodies = single("history", TICKETS)
    target = Target(server.address, server.key, folder / "single")
    target.bodies.write_bytes(b"\n".join(bodies) + b"\n")
    check_each(target, bodies)
    for number in range(FIRST_CHANGES):
        _replace(rules / CHANGED, _retitled(f"0.{number}"))
        _ask_for_reload(server)
    rate = options.rate or _half_of_the_peak(target, options.minutes)
    print(f"{options.minutes:g} minutes at {rate:,.0f} requests/s", flush=True)
    before = _settled_rows(server)
    with _load(target, rate) as load:
        samples = _watch(server, load, rules, options.minutes)
        load.finish()
    stored = _settled_rows(server) - before
    print(
        f"acknowledged {load.told.acknowledged:,}, stored {stored:,}, without an answer {load.told.unknown:,}"
    )
    return [*_lost(load.told, stored), *_wrong(load.told), *_grown(samples, options.minutes)]


def _half_of_the_peak(target: Target, minutes: float) -> float:
    """Within what the disk and the load's process can take."""
    peak = press(target, 5).rate
    room = shutil.disk_usage(target.bodies).free / 2 / ROW_BYTES / (minutes * 60)
    return min(peak / 2, room, MOST_RATE)


def _settled_rows(server: Server) -> int:
    time.sleep(1)
    return count_rows(server.database)


@contextmanager
def _load(target: Target, rate: float) -> Iterator[Load]:
    program = [
        sys.executable,
        "-m",
        "benchmarks.service.soak_load",
        target.address,
        str(target.bodies),
        str(rate),
    ]
    with subprocess.Popen(  # noqa: S603 - our own command
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"CAIDING_KEY": target.key},
    ) as process:
        load = Load(process)
        listening = threading.Thread(target=load.listen, daemon=True)
        listening.start()
        try:
            yield load
        finally:
            if process.poll() is None:
                process.terminate()
            listening.join(10)


def _watch(server: Server, load: Load, rules: Path, minutes: float) -> list[Held]:
    """Samples until the time is over; changes the rulebooks and says how it goes every minute."""
    print(f"{'min':>4} {'acknowledged':>12} {'rows':>12} {'errors':>7} {'p50 ms':>7} {'p99 ms':>7}", end="")
    print(f" {'MiB':>7} {'handles':>7} {'threads':>7} {'processes':>9} {'editions':>8}", flush=True)
    started, samples, minute = time.monotonic(), list[Held](), 0
    while (at := time.monotonic() - started) < minutes * 60 and load.process.poll() is None:
        samples.append(held_by(server.pid, at / 60))
        if at / 60 >= minute + 1:
            minute += 1
            _say(minute, server, load.told, samples[-1])
            _change(rules, minute, server)
        time.sleep(SAMPLE_EVERY_S)
    return samples


def _say(minute: int, server: Server, told: Told, held: Held) -> None:
    rows = count_rows(server.database)
    print(
        f"{minute:4} {told.acknowledged:12,} {rows:12,} {told.errors:7} {told.p50:7.2f} {told.p99:7.2f}"
        f" {held.memory / 2**20:7.1f} {held.handles:7} {held.threads:7} {held.processes:9} {told.editions:8}",
        flush=True,
    )


def _change(rules: Path, minute: int, server: Server) -> None:
    """Another edition, found by the watch or asked for; every third time a folder that cannot be loaded."""
    original = (ROOT / "rules" / BROKEN).read_text(encoding="utf-8")
    broken = minute % 3 == 0
    _replace(rules / BROKEN, original + ("\nrules: [\n" if broken else ""))
    if not broken:
        _replace(rules / CHANGED, _retitled(str(minute)))
    if minute % 3 == 2:
        _ask_for_reload(server)


def _retitled(mark: str) -> str:
    """The rulebook with a mark in a title, which makes another edition of it."""
    text = (ROOT / "rules" / CHANGED).read_text(encoding="utf-8")
    return text.replace(TITLE, f"{TITLE}{mark} ", 1)


def _replace(path: Path, text: str) -> None:
    """At once: nobody sees half a file."""
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _ask_for_reload(server: Server) -> None:
    request = urllib.request.Request(  # noqa: S310 - the loopback
        f"{server.address}/v1/editions/reload", b"", {"Authorization": f"Bearer {server.key}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        answer.read()


def _lost(told: Told, stored: int) -> list[str]:
    if told.acknowledged <= stored <= told.acknowledged + told.unknown:
        return []
    return [f"lost or invented: {told.acknowledged:,} acknowledged, {stored:,} stored"]


def _wrong(told: Told) -> list[str]:
    few = [] if told.editions > 1 else ["no other edition ever judged"]
    return few + ([f"{told.errors} wrong answers, such as", *told.wrong[:3]] if told.errors else [])


def _grown(samples: list[Held], minutes: float) -> list[str]:
    steady = [sample for sample in samples if sample.at >= minutes * WARM_UP]
    growth = slope([(sample.at, sample.memory) for sample in steady])
    print(f"memory grows by {growth / 1024:,.0f} KiB a minute after the warm-up")
    found = [f"memory grows by {growth:,.0f} bytes a minute"] if growth > MOST_GROWTH else []
    half = len(steady) // 2
    for what, most in (("handles", MOST_HANDLES), ("threads", MOST_THREADS)):
        early, late = (
            max((getattr(s, what) for s in part), default=0) for part in (steady[:half], steady[half:])
        )
        found += [f"{what} grow from {early} to {late}"] if late > early + most else []
    return found


if __name__ == "__main__":
    sys.exit(main())
