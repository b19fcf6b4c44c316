"""What tests of watches share: a small rulebook with clocks, stored verdicts, a clock that is set by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from api.store.database import Database
from api.store.decisions import Claim, Decision, Held, find, store
from api.store.ids import new_id
from api.store.instants import microseconds
from api.store.watches import Ring, rings_of
from api.store.webhooks import Webhook, add_webhook
from api.tickets.json_door import JsonDoor
from api.watches.delivery import Patience
from api.watches.keeping import Keeper, Kept
from api.watches.signature import new_secret
from api.watches.sweeper import Pace, Sweeper
from engine.evaluate.evaluators import evaluator
from engine.library import Library
from tests.cases.small_library import library_from

ZONE = ZoneInfo("Asia/Shanghai")
NINE = datetime(2015, 6, 20, 9, 0, tzinfo=ZONE)
FACTS: dict[str, Any] = {
    "ticket_no": "text",
    "customer": {"type": "text", "personal": True},
    "start_at": "instant",
    "replied_at": {"type": "instant", "absence": "none"},
    "closed_at": {"type": "instant", "absence": "none"},
    "waits": {
        "type": "list",
        "absence": "none",
        "record": {"from_at": "instant", "until_at": {"type": "instant", "absence": "none"}},
    },
}
CLOCK = """
        - clock: {name}
          title: {{zh: 例, en: {name}}}
          cite: {{source: deck, quote: 原文}}
          starts: start_at
          limit: {limit}
          stops: {stops}
"""
PAUSES = "          pauses: {list: waits, from: from_at, until: until_at}\n"
REPLY = CLOCK.format(name="reply", limit="30 minutes", stops="replied_at")
NOON = CLOCK.format(name="noon", limit="before 12:00", stops="closed_at")
NAMED = """
        - rule: named
          title: {zh: 例, en: named}
          cite: {source: deck, quote: 原文}
          when: {customer: present}
          then: {breach: {code: late, by: payer}}
"""
HEAD = """
rulebook: book
title: {zh: 例, en: example}
sections:
  - section: s
    title: {zh: 节, en: section}
    items:"""


@cache
def library() -> Library:
    """A reply in half an hour, which pauses put off, and a closing before noon."""
    return _sound(library_from(FACTS, HEAD + REPLY + PAUSES + NOON + NAMED))


@cache
def longer_library() -> Library:
    """A later edition: an hour for the reply, and no closing before noon."""
    return _sound(
        library_from(FACTS, HEAD + CLOCK.format(name="reply", limit="60 minutes", stops="replied_at"))
    )


@cache
def other_facts_library() -> Library:
    """A later edition whose catalogue does not know `start_at`."""
    facts = {("began_at" if name == "start_at" else name): said for name, said in FACTS.items()}
    return _sound(library_from(facts, (HEAD + REPLY).replace("start_at", "began_at")))


def _sound(loaded: Library) -> Library:
    assert loaded.plan is not None, loaded.findings
    return loaded


@dataclass
class SetClock:
    """Stands still until it is moved; gives nanoseconds since 1970."""

    now: datetime = NINE

    def __call__(self) -> int:
        return microseconds(self.now) * 1000

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Counted:
    """Metrics and journal of a test."""

    results: Counter[str] = field(default_factory=Counter)
    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def ring(self, result: str) -> None:
        self.results[result] += 1

    def second_opinion(self, result: str) -> None:
        self.results[result] += 1

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    error = info


@dataclass(frozen=True)
class DirectLog:
    """Stores at once what the scribe would store."""

    database: Database

    @dataclass(frozen=True)
    class Record:
        decisions: Sequence[Decision]
        claim: Claim | None

    def record(self, decisions: Sequence[Decision], claim: Claim | None = None) -> Held | None:
        with self.database.writing() as connection:
            return store(connection, [self.Record(decisions, claim)])[0]


QUICK = Pace(every=0.02, first_pause=10.0, attempts=4, patience=Patience(connect=1.0, read=0.3, whole=0.6))


@dataclass
class World:
    """A database with verdicts and watches in it, and a sweeper over them."""

    database: Database
    clock: SetClock = field(default_factory=SetClock)
    counted: Counted = field(default_factory=Counted)
    active: Library = field(default_factory=library)

    def sweeper(self, pace: Pace = QUICK) -> Sweeper:
        log = DirectLog(self.database)
        return Sweeper(self.database, log, lambda: self.active, self.clock, self.counted, self.counted, pace)

    def sweep(self, pace: Pace = QUICK) -> Sweeper:
        """All that is due now is judged, and delivered as far as the receiver lets it."""
        sweeper = self.sweeper(pace)
        while sweeper.sweep():
            pass
        sweeper.stop()
        return sweeper

    def judge(self, caller: str = "desk", as_of: datetime | None = None, **facts: Any) -> str:
        """A stored verdict on a ticket that came in at nine; its id."""
        plan = self.active.plan
        assert plan is not None
        body = {"facts": {"ticket_no": "T1", "start_at": "2015-06-20T09:00", **facts}}
        door = JsonDoor(evaluator("compiled", plan))
        request = door.read(msgspec.json.encode(body))
        assert not isinstance(request, list), request
        judged = door.decide(request, as_of or self.clock.now)
        decision = Decision(
            id=new_id(self.clock() + sum(1 for _ in self.counted.lines)),
            decided_at=self.clock() // 1000,
            as_of=judged.verdict["as_of"],
            edition=judged.verdict["edition"],
            caller=caller,
            key_id=1,
            request_id="r",
            traceparent=None,
            ticket_no=judged.ticket_no,
            duration_us=1,
            engine="compiled",
            facts=judged.facts.decode(),
            verdict=judged.verdict_json.decode(),
        )
        DirectLog(self.database).record([decision])
        return decision.id

    def register(self, url: str, name: str = "desk") -> str:
        """A webhook; its secret."""
        secret = new_secret()
        with self.database.writing() as connection:
            assert add_webhook(connection, Webhook(name, url, secret, 0))
        return secret

    def keeper(self, caller: str = "desk") -> Keeper:
        return Keeper(self.database, caller, self.clock())

    def watch(self, decision_id: str, webhook: str = "desk") -> Kept:
        kept = self.keeper().begin(decision_id, webhook)
        assert isinstance(kept, Kept), kept
        return kept

    def rings(self, kept: Kept) -> dict[str, Ring]:
        """The rings of a watch as they are now, by the last word of their rule."""
        with self.database.reading() as connection:
            found = rings_of(connection, [kept.watch.id])[kept.watch.id]
        return {ring.rule.rpartition("/")[2]: ring for ring in found}

    def decision(self, id_: str) -> Decision:
        with self.database.reading() as connection:
            found = find(connection, id_)
        assert found is not None
        return found
