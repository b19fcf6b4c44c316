"""All that a request needs, handed over when the application is made: by `api.serve.worker`, and by tests.

Nothing here reads a clock, an environment variable or a file; what varies stands behind a protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from api.http.dry_runs.examining import Candidate, Examined, examined
from api.logs import Journal
from api.scribe.protocol import ScribeState
from api.store.database import Database
from api.store.decisions import Claim, Decision, Held
from api.tickets.json_door import JsonDoor
from engine.base.findings import Language
from engine.evaluate.evaluators import Evaluator
from engine.evaluate.verdict import Verdict
from engine.library import Library


@dataclass(frozen=True)
class Edition:
    """What judges: one exact content of the rulebooks, ready in this process.

    `generation` counts the editions of the running service from 1; `revision` is the digest of the folder's
    texts; `since` is when it became active (UTC).
    """

    generation: int
    library: Library
    evaluator: Evaluator
    door: JsonDoor
    revision: str
    since: datetime

    @cached_property
    def name(self) -> str:
        """The edition that stands in verdicts: the digest of what the rulebooks mean."""
        return self.evaluator.plan.edition


class Editions(Protocol):
    """The editions of this process; asked once a request, so that a batch is judged by one."""

    def active(self) -> Edition | None:
        """The edition that judges now; None before the first is ready."""
        ...


class Holder(Protocol):
    """Who a valid key belongs to, and what it may do."""

    @property
    def caller(self) -> str: ...
    @property
    def key_id(self) -> int: ...
    @property
    def roles(self) -> frozenset[str]: ...


class Keys(Protocol):
    """The live keys, as this process knows them (at most two seconds old)."""

    def holder(self, token: str) -> Holder | None:
        """Who `caiding_<id>_<secret>` belongs to; None for every token that is not a live key.

        Whether there is such an id, the comparison takes the same time.
        """
        ...


class DecisionLog(Protocol):
    """Where decisions are committed: `ScribeClient`, or `NoLog` for measurement."""

    def record(self, decisions: Sequence[Decision], claim: Claim | None = None) -> Held | None:
        """Returns after the commit; raises LogUnavailable where nothing could be stored."""
        ...

    def state(self) -> ScribeState: ...


@dataclass(frozen=True, slots=True)
class Quota:
    """What the rate limit says: seconds to wait (0: admitted), and how many requests are left."""

    retry_after: float
    remaining: int


class Limiter(Protocol):
    """The rate limit of each key, shared by all workers: `limit` requests in `window` seconds; 0: none."""

    limit: int
    window: int

    def take(self, key_id: int, now: float) -> Quota:
        """Counts one request at `now` (monotonic seconds that all workers share)."""
        ...


class Metrics(Protocol):
    """What is counted of requests; `api.metrics.Metrics` is one."""

    def request(self, route: str, method: str, status: int, seconds: float) -> None: ...
    def verdict(self, verdict: Verdict) -> None: ...
    def rate_limited(self) -> None: ...
    def exposition(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator may choose, and the limits of what is taken in.

    `engine` names this installation (`caiding 0.1.0`) and is stored with every decision. `has_history`: dry
    runs may be asked for on tickets that the operator keeps in files.
    """

    engine: str
    language: Language = "zh"
    most_ticket_bytes: int = 1_000_000
    most_batch_bytes: int = 20_000_000
    most_tickets: int = 1_000
    most_candidate_bytes: int = 4_000_000
    has_history: bool = False
    retry_after: int = 2
    reload_patience: float = 30.0


@dataclass(frozen=True)
class Service:
    """Everything a request needs.

    `clock` gives nanoseconds since 1970 UTC (`time.time_ns`). `reload` asks the keeper to look at the rules
    folder now and says whether it answered within so many seconds; what it did stands in the table of
    activations. `note` writes the one line of each request (`api.http.lines`); without it the journal does.
    `awaited` holds, for each thread that waits for a body, since when (monotonic seconds) and from which
    address. `examine` looks through the candidate of a dry run; None where that took too much.
    """

    editions: Editions
    log: DecisionLog
    database: Database
    keys: Keys
    limiter: Limiter
    metrics: Metrics
    journal: Journal
    settings: Settings
    clock: Callable[[], int]
    reload: Callable[[float], bool]
    note: Callable[[Mapping[str, Any]], None] | None = None
    awaited: MutableMapping[int, tuple[float, str]] = field(default_factory=dict)
    examine: Callable[[Candidate], Examined | None] = examined
