"""What Prometheus reads at `/metrics`: counts of requests and verdicts, and the state of the service.

Counting must not be felt beside a verdict of some 30 microseconds. A value of prometheus_client that
several processes share costs a lock and more than a microsecond, and one request with its verdict would
touch about ten. So each thread counts in a dict of its own, which nobody else writes, and a daemon thread
folds the differences into the shared values every quarter of a second; an exposition folds its own
process first.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from engine.evaluate.verdict import Verdict

FOLD_EVERY = 0.25
"""Seconds by which the counts of another process may be behind."""
LATENCIES = tuple(
    ms / 1000 for ms in (0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 150, 250, 500, 1000, 5000)
)
"""Upper bounds in seconds: fine where a service should be, coarse where nobody wants it."""
GROUP_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 4000)
METHODS = {name: name for name in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")}
OTHER = "other"
SHARED_BYTES = 2**18
"""Of each file in which a process shares its values."""
NOTHING_MISSING = ("",)
"""Stands for the missing names where nothing that a ticket could say would decide."""

Role: TypeAlias = Literal["worker", "supervisor", "scribe"]
ReloadResult: TypeAlias = Literal["activated", "refused"]
OpinionResult: TypeAlias = Literal["agreed", "disagreed", "failed", "timed_out", "skipped", "not_available"]
RingResult: TypeAlias = Literal["delivered", "failed", "given_up", "stopped"]
DryRunResult: TypeAlias = Literal["done", "failed", "cancelled"]
StateName: TypeAlias = Literal["edition", "log", "watches", "dry_runs"]
Key: TypeAlias = tuple[Any, ...]

STATES: Mapping[str, tuple[StateName, str, tuple[str, ...]]] = {
    "caiding_edition_info": ("edition", "The edition that judges, always 1", ("edition", "revision")),
    "caiding_edition_generation": ("edition", "Which edition of the running service that is", ()),
    "caiding_edition_since_seconds": ("edition", "Since when it judges, seconds since 1970", ()),
    "caiding_log_waiting": ("log", "Decisions that wait to be written", ()),
    "caiding_log_last_commit_seconds": ("log", "When the log was last written, seconds since 1970", ()),
    "caiding_log_failing_since_seconds": ("log", "Since when it cannot be written, 0 while it can", ()),
    "caiding_watches": ("watches", "Watches by state", ("state",)),
    "caiding_dry_runs": ("dry_runs", "Dry runs that are kept, by state", ("state",)),
}
"""Read when they are asked for, each with whatever knows it, its meaning and its labels."""


class _Alive:
    """Lives as long as its thread."""


class _Tally:
    """What one thread counted, and how much of it is folded."""

    def __init__(self, alive: weakref.ref[_Alive]) -> None:
        self.counts: defaultdict[Key, float] = defaultdict(int)
        self.folded: dict[Key, float] = {}
        self.alive = alive


class _Mine(threading.local):
    """Each thread's own counts."""

    def __init__(self, tallies: list[_Tally]) -> None:
        self.alive = _Alive()
        tally = _Tally(weakref.ref(self.alive))
        tallies.append(tally)
        self.counts = tally.counts


class _Buckets(Histogram):
    """A histogram that takes many observations of one bucket at once."""

    def add(self, bucket: int, observations: float) -> None:
        self._buckets[bucket].inc(observations)

    def add_sum(self, amount: float) -> None:
        self._sum.inc(amount)


class _States(Collector):
    """The values of `STATES` as they were last said in this process."""

    def __init__(self) -> None:
        self.values: dict[str, Mapping[tuple[str, ...], float]] = {}
        self.unread: dict[str, float] = {}

    def collect(self) -> Iterator[Metric]:
        for name, found in list(self.values.items()):
            _, meaning, labels = STATES[name]
            yield _family(name, meaning, labels, found)
        unread: dict[tuple[str, ...], float] = {(state,): failed for state, failed in self.unread.items()}
        yield _family("caiding_state_unread", "1 for a state that could not be read", ("state",), unread)


def _family(
    name: str, meaning: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for given, value in values.items():
        family.add_metric(given, value)
    return family


def _take_room(folder: Path) -> None:
    """Puts this process's files of shared values on the disk before they are first written to.

    They are written by way of memory, and writing into a hole of such a file while the disk is full ends the
    process. There is room for many times the names that Caiding has, so that they never grow.
    """
    for kind in ("counter", "histogram", "gauge_liveall", "gauge_livemax"):
        with (folder / f"{kind}_{os.getpid()}.db").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, SHARED_BYTES)


class Metrics:
    """All that is counted in one process; make one in each, once `PROMETHEUS_MULTIPROC_DIR` names a folder.

    Without that variable everything stays in this process. `fold_every` None starts no thread: then counts
    are folded at an exposition and by `close`.
    """

    def __init__(self, role: Role = "worker", fold_every: float | None = FOLD_EVERY) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._registry = CollectorRegistry()
        self._states = _States()
        self._registry.register(self._states)
        self._readers: dict[StateName, Callable[[], object]] = {}
        self._known: set[str] = {"", "as_of"}
        self._tallies: list[_Tally] = []
        self._mine = _Mine(self._tallies)
        self._adders: dict[Key, Callable[[float], None]] = {}
        self._folding = threading.Lock()
        self._closed = threading.Event()
        self._role = role
        if self._shared:
            _take_room(Path(self._shared))
        self._define(None if self._shared else self._registry)
        if self._shared:
            MultiProcessCollector(self._registry, path=self._shared)  # type: ignore[no-untyped-call]
            atexit.register(self.close)
        if self._shared and fold_every is not None:
            threading.Thread(
                target=self._keep_folding, args=[fold_every], name="metrics", daemon=True
            ).start()

    def _define(self, registry: CollectorRegistry | None) -> None:
        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"caiding_{name}", meaning, labels, registry=registry)

        def gauge(name: str, meaning: str, mode: Literal["liveall", "livemax"], *labels: str) -> Gauge:
            return Gauge(f"caiding_{name}", meaning, labels, registry=registry, multiprocess_mode=mode)

        def histogram(name: str, meaning: str, bounds: Iterable[float], *labels: str) -> _Buckets:
            return _Buckets(f"caiding_{name}", meaning, labels, registry=registry, buckets=tuple(bounds))

        self._requests = counter("requests", "Answered requests", "route", "method", "status")
        self._latency = histogram("request_seconds", "Time from request to answer", LATENCIES, "route")
        self._limited = counter("rate_limited", "Requests refused because their key asked too often")
        self._verdicts = counter("verdicts", "Verdicts, by whether anything is undecided", "state")
        self._outcomes = counter("outcomes", "Outcomes of verdicts", "rulebook", "kind")
        self._defeated = counter("defeated", "Outcomes that an exception took away", "rulebook")
        self._undecided = counter("undecided", "What was missing to decide a rule", "missing", "reason")
        self._reloads = counter("reloads", "Attempts to load the folder of rulebooks", "result")
        self._opinions = counter("second_opinions", "Second opinions by the durable engine", "result")
        self._rings = counter("rings", "Deadlines that rang, by what came of the delivery", "result")
        self._dry_runs = counter("dry_runs_ended", "Dry runs that have ended, by how", "result")
        self._groups = histogram("log_group_decisions", "Decisions that shared a commit", GROUP_SIZES)
        self._commits = histogram("log_commit_seconds", "Time to write a group and commit it", LATENCIES)
        self._refused = gauge("edition_refused", "1 while the folder holds what was refused", "livemax")
        self._resident = gauge("process_resident_bytes", "Memory of the process", "liveall", "role")
        self._handles = gauge("process_open_handles", "Open files and sockets", "liveall", "role")
        self._threads = gauge("process_threads", "Threads of the process", "liveall", "role")

    # What happens often: no lock, nothing shared

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route` is a pattern (`/v1/verdicts/{id}`), never a path as it was asked for."""
        counts = self._mine.counts
        method = METHODS.get(method, OTHER)
        counts["request", route, method, status, bisect_left(LATENCIES, seconds)] += 1
        counts["seconds", route] += seconds

    def verdict(self, verdict: Verdict) -> None:
        counts = self._mine.counts
        undecided = verdict["undecided"]
        counts["verdict", "undecided" if undecided else "decided"] += 1
        for outcome in verdict["outcomes"]:
            counts["outcome", outcome["rule"], outcome["kind"]] += 1
        for defeated in verdict["defeated"]:
            counts["defeated", defeated["rule"]] += 1
        for item in undecided:
            for name in item["missing"] or NOTHING_MISSING:
                counts["undecided", name, item["reason"]] += 1

    def committed(self, decisions: int, seconds: float) -> None:
        """A group of the decision log was written: how many shared the commit, and how long it took."""
        counts = self._mine.counts
        counts["group", bisect_left(GROUP_SIZES, decisions)] += 1
        counts["grouped",] += decisions
        counts["commit", bisect_left(LATENCIES, seconds)] += 1
        counts["committing",] += seconds

    # What happens seldom

    def rate_limited(self) -> None:
        self._mine.counts["limited",] += 1

    def second_opinion(self, result: OpinionResult) -> None:
        self._mine.counts["opinion", result] += 1

    def ring(self, result: RingResult) -> None:
        """A delivery to a webhook that has succeeded or failed, or that was not to be made any more."""
        self._mine.counts["ring", result] += 1

    def dry_run(self, result: DryRunResult) -> None:
        """A dry run has ended."""
        self._mine.counts["dry_run", result] += 1

    def reload(self, result: ReloadResult) -> None:
        """Said by the one process that keeps the editions."""
        self._mine.counts["reload", result] += 1
        self._refused.set(result == "refused")

    # States, said by whoever knows them: at a change, or from a reader when somebody asks

    def edition(self, edition: str, revision: str, generation: int, since: float) -> None:
        """The edition by which this process judges; `since` in seconds since 1970."""
        self._say("caiding_edition_info", {(edition, revision): 1})
        self._say("caiding_edition_generation", {(): generation})
        self._say("caiding_edition_since_seconds", {(): since})

    def names(self, names: Iterable[str]) -> None:
        """The facts and parameters of an edition; whatever else is missing is counted as `other`."""
        self._known.update(names)

    def log(self, waiting: int, last_commit: float | None, failing_since: float | None) -> None:
        """The decision log as its scribe sees it; instants in seconds since 1970."""
        self._say("caiding_log_waiting", {(): waiting})
        self._say("caiding_log_last_commit_seconds", {(): last_commit or 0})
        self._say("caiding_log_failing_since_seconds", {(): failing_since or 0})

    def by_state(self, name: Literal["watches", "dry_runs"], counts: Mapping[str, int]) -> None:
        self._say(f"caiding_{name}", {(state,): count for state, count in counts.items()})

    def read_with(self, state: StateName, reader: Callable[[], object]) -> None:
        """`reader` says a state anew before each exposition; one that fails leaves no old values there."""
        self._readers[state] = reader

    def _say(self, name: str, values: Mapping[tuple[str, ...], float]) -> None:
        self._states.values[name] = values

    # What is made of it

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format; counts of other processes lag by `FOLD_EVERY` at most."""
        self.fold()
        for state, reader in list(self._readers.items()):
            self._read(state, reader)
        if self._shared:
            forget_the_dead(Path(self._shared))
        return generate_latest(self._registry)

    def _read(self, state: StateName, reader: Callable[[], object]) -> None:
        try:
            reader()
        except Exception:  # noqa: BLE001 - whatever ails the database or the scribe, metrics must answer
            self._states.unread[state] = 1
            for name, (owner, _, _) in STATES.items():
                if owner == state:
                    self._states.values.pop(name, None)
        else:
            self._states.unread[state] = 0

    def fold(self) -> None:
        """Puts what the threads have counted since the last time where an exposition finds it."""
        with self._folding:
            for tally in tuple(self._tallies):
                ended = tally.alive() is None
                self._fold_one(tally)
                if ended:
                    self._tallies.remove(tally)
            self._measure_process()

    def close(self) -> None:
        """Ends the folding; what was counted last is not lost."""
        self._closed.set()
        self.fold()

    def _keep_folding(self, every: float) -> None:
        while not self._closed.wait(every):
            self.fold()

    def _fold_one(self, tally: _Tally) -> None:
        for key, total in dict(tally.counts).items():
            new = total - tally.folded.get(key, 0)
            if new:
                tally.folded[key] = total
                self._adder(key)(new)

    def _adder(self, key: Key) -> Callable[[float], None]:
        found = self._adders.get(key)
        if found is None:
            found = self._adders[key] = self._find_adder(key)
        return found

    def _find_adder(self, key: Key) -> Callable[[float], None]:
        match key:
            case ("request", route, method, status, bucket):
                requests, latency = self._requests.labels(route, method, status), self._latency.labels(route)

                def add(new: float) -> None:
                    requests.inc(new)
                    latency.add(bucket, new)

                return add
            case ("seconds", route):
                return self._latency.labels(route).add_sum
            case ("verdict", state):
                return self._verdicts.labels(state).inc
            case ("outcome", rule, kind):
                return self._outcomes.labels(_rulebook(rule), kind).inc
            case ("defeated", rule):
                return self._defeated.labels(_rulebook(rule)).inc
            case ("undecided", name, reason):
                return self._undecided.labels(name if name in self._known else OTHER, reason).inc
            case _:
                return self._find_seldom(key)

    def _find_seldom(self, key: Key) -> Callable[[float], None]:
        match key:
            case ("group", bucket):
                return lambda new: self._groups.add(bucket, new)
            case ("grouped",):
                return self._groups.add_sum
            case ("commit", bucket):
                return lambda new: self._commits.add(bucket, new)
            case ("committing",):
                return self._commits.add_sum
            case ("limited",):
                return self._limited.inc
            case ("opinion", result):
                return self._opinions.labels(result).inc
            case ("ring", result):
                return self._rings.labels(result).inc
            case ("dry_run", result):
                return self._dry_runs.labels(result).inc
            case ("reload", result):
                return self._reloads.labels(result).inc
            case _:
                raise ValueError(f"nothing counts {key}")

    def _measure_process(self) -> None:
        """Where there is no /proc these three are not there."""
        try:
            resident = int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            handles = sum(1 for _ in Path("/proc/self/fd").iterdir())
            threads = sum(1 for _ in Path("/proc/self/task").iterdir())
        except OSError:
            return
        self._resident.labels(self._role).set(resident)
        self._handles.labels(self._role).set(handles)
        self._threads.labels(self._role).set(threads)


def forget_the_dead(folder: Path) -> None:
    """Takes the memory and handles of processes that have ended away; what they counted stays counted."""
    for file in folder.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{process}").exists():
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]


def _rulebook(rule: str) -> str:
    """The first part of a rule's id: `penalties` of `penalties/practice/photo`."""
    return rule.partition("/")[0]
