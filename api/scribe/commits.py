"""Group commit: what waits is stored together, and whatever happens every waiter gets a true answer.

A group that fails is tried again or answered, by the reason:

- *away*, *busy*: kept and tried again, at growing distances, until each waiter's own time is over;
- *full*: answered at once, so that the caller can say so; the next group is a try of its own;
- anything that is a record's own fault: halved until the record is alone, and only it is refused.

Where the answer to a COMMIT was lost, the group may be stored or not. It is stored again, before anything
else, until that is known (storing twice counts once), even if nobody waits for it any more.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic, time_ns
from typing import TypeAlias

from api.scribe.protocol import Answer, Entry, Reason, ScribeState
from api.store.database import Database, StoreUnavailable
from api.store.decisions import Claim, Decision, Held, store, try_writing

MOST_RECORDS, MOST_ROWS = 500, 2_000
"""In one group: what a commit costs is shared well before, and nobody waits long for the others."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.25
PROBE_EVERY_S = 1.0
"""How often it is tried whether a database that failed works again while nobody asks for anything: a service
that is said not to be ready is sent nothing, so that no record would ever find out."""

Committed: TypeAlias = Callable[[int, float], None]
"""Is told of each group how many decisions it had and how long it took, in seconds."""

log = logging.getLogger("caiding.scribe")


def uncounted(_decisions: int, _seconds: float) -> None:
    """Where nobody counts the groups."""


class Waiting:
    """A record that waits for its commit, and what is done with the answer; `unsure`: it may be stored."""

    __slots__ = ("answer", "claim", "decisions", "unsure", "until")

    def __init__(self, entry: Entry, answer: Callable[[Answer], None]) -> None:
        self.decisions: Sequence[Decision] = entry.decisions
        self.claim: Claim | None = entry.claim
        self.until = entry.until
        self.answer = answer
        self.unsure = False

    def abandon(self) -> None:
        """Nobody waits for it any more: it is stored only if it may be stored already."""
        self.answer, self.until = _nobody, 0.0


class Commits:
    """The records that wait, in the order in which they came, and the one place where they are stored."""

    def __init__(self, database: Database, committed: Committed = uncounted) -> None:
        self._database = database
        self._committed = committed
        self._fresh: deque[Waiting] = deque()
        self._unsure: list[Waiting] = []
        self._pause = FIRST_PAUSE_S
        self._not_before = self._probe_at = 0.0
        self._stored = self._groups = 0
        self._last_commit_at: int | None = None
        self._failing_since: int | None = None
        self._reason: Reason | None = None
        self.last_group = 0

    def __len__(self) -> int:
        return len(self._fresh) + len(self._unsure)

    def add(self, waiting: Waiting) -> None:
        self._fresh.append(waiting)

    def state(self) -> ScribeState:
        return ScribeState(
            waiting=len(self),
            stored=self._stored,
            groups=self._groups,
            last_commit_at=self._last_commit_at,
            failing_since=self._failing_since,
            reason=self._reason,
        )

    def pause(self) -> float | None:
        """Seconds until the next try is due; None where nothing waits and nothing is wrong."""
        if len(self):
            return max(self._not_before - monotonic(), 0.0)
        return None if self._failing_since is None else max(self._probe_at - monotonic(), 0.0)

    def settle(self) -> None:
        """Stores one group, if it is time for it, and answers whoever can be answered."""
        now = monotonic()
        if now < self._not_before:
            self._give_up(now)
        elif group := self._unsure or self._next_group(now):
            self._unsure = []
            self._settle(group)
        elif self._failing_since is not None and now >= self._probe_at:
            self._probe()

    def _probe(self) -> None:
        """Finds out whether the database works again."""
        self._probe_at = monotonic() + PROBE_EVERY_S
        try:
            with self._database.writing() as connection:
                try_writing(connection)
        except StoreUnavailable as trouble:
            self._reason = trouble.reason
        except Exception:  # whatever is wrong with the database, the scribe goes on
            log.exception("the decision log cannot be tried")
        else:
            self._healed()

    def _next_group(self, now: float) -> list[Waiting]:
        group: list[Waiting] = []
        rows = 0
        while self._fresh and len(group) < MOST_RECORDS and rows < MOST_ROWS:
            waiting = self._fresh.popleft()
            if waiting.until < now:
                waiting.answer(self._reason or "timeout")
            else:
                group.append(waiting)
                rows += len(waiting.decisions)
        return group

    def _settle(self, group: list[Waiting]) -> None:
        started = monotonic()
        try:
            answers = self._store(group)
        except StoreUnavailable as trouble:
            self._in_trouble(group, trouble)
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with a record, only its own waiter suffers
            self._without_culprit(group, fault)
        else:
            self._committed(sum(len(waiting.decisions) for waiting in group), monotonic() - started)
            self._done(group, answers)

    def _store(self, group: list[Waiting]) -> list[Held | None]:
        committing = False
        try:
            with self._database.writing() as connection:
                answers = store(connection, group)
                committing = True
        except StoreUnavailable as trouble:
            if committing and trouble.reason in ("away", "other"):
                _mark_unsure(group)
            raise
        return answers

    def _done(self, group: list[Waiting], answers: list[Held | None]) -> None:
        self._stored += answers.count(None)
        self._groups += 1
        self._last_commit_at = time_ns() // 1000
        self.last_group = len(group)
        self._pause, self._not_before = FIRST_PAUSE_S, 0.0
        self._healed()
        for waiting, answer in zip(group, answers, strict=True):
            waiting.answer(answer)

    def _healed(self) -> None:
        if self._failing_since is not None:
            log.warning("decisions are stored again")
            self._failing_since = self._reason = None

    def _in_trouble(self, group: list[Waiting], trouble: StoreUnavailable) -> None:
        if trouble.reason != self._reason:
            log.error("decisions cannot be stored: %s (%s)", trouble.reason, trouble.detail)
        self._reason = trouble.reason
        self._failing_since = self._failing_since or time_ns() // 1000
        self._probe_at = monotonic() + PROBE_EVERY_S
        self._unsure += [waiting for waiting in group if waiting.unsure]
        sure = [waiting for waiting in group if not waiting.unsure]
        if trouble.reason == "full":
            _answer_all(sure, "full")
        else:
            self._fresh.extendleft(reversed(sure))
        if len(self):
            self._back_off()

    def _back_off(self) -> None:
        self._not_before = monotonic() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S)

    def _without_culprit(self, group: list[Waiting], fault: Exception) -> None:
        if len(group) > 1:
            half = len(group) // 2
            self._settle(group[:half])
            self._settle(group[half:])
        else:
            log.error("a record cannot be stored: %s", type(fault).__name__)
            _answer_all(group, "refused")

    def _give_up(self, now: float) -> None:
        """Answers those whose time is over. Who is unsure hears it too, and is stored none the less."""
        late = [waiting for waiting in (*self._fresh, *self._unsure) if waiting.until < now]
        _answer_all(late, self._reason or "timeout")
        if late:
            self._fresh = deque(waiting for waiting in self._fresh if waiting.until >= now)
            for waiting in late:
                waiting.abandon()


def _mark_unsure(group: list[Waiting]) -> None:
    for waiting in group:
        waiting.unsure = True


def _answer_all(group: list[Waiting], reason: Reason) -> None:
    for waiting in group:
        waiting.answer(reason)


def _nobody(answer: Answer) -> None:
    """Nobody waits for it any more."""
