"""`/v1/watches`: deadlines that are told to a registered address when they have passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from api.http.bodies import read_json, shown
from api.http.callers import needs
from api.http.exchange import Answer, Exchange, json_answer
from api.http.pages import page_asked
from api.http.problems import problem
from api.http.verdicts import ID, READS_ALL, instant_text
from api.store.watches import Ring, Watch, find_watch, rings_of, watches_of
from api.watches.keeping import Keeper, Kept, Trouble
from api.watches.targets import NAME
from engine.base.findings import Finding

blueprint = Blueprint("watches", __name__)

TROUBLE: Mapping[Trouble, tuple[str, int]] = {
    "no_such_verdict": ("S101", 422),
    "no_clock_runs": ("S102", 422),
    "no_such_webhook": ("S103", 422),
    "no_such_watch": ("S104", 404),
    "another_ticket": ("S105", 422),
    "not_newer": ("S106", 409),
    "cancelled": ("S107", 409),
}
"""The problem that each trouble is told as, and its status."""


@blueprint.post("/v1/watches")
@needs("evaluate")
def post_watch(exchange: Exchange) -> Answer:
    """Watches the running clocks of a verdict of the caller's; asked again it answers 200 with the same."""
    asked = _texts(exchange, "verdict", "webhook")
    if isinstance(asked, Answer):
        return asked
    verdict, webhook = asked["verdict"], asked["webhook"]
    if not ID.fullmatch(verdict):
        return _trouble(exchange, "no_such_verdict", id=verdict)
    if not NAME.fullmatch(webhook):
        return _trouble(exchange, "no_such_webhook", name=webhook)
    kept = _keeper(exchange).begin(verdict, webhook)
    if not isinstance(kept, Kept):
        return _trouble(exchange, kept, id=verdict, name=webhook)
    location = (("Location", f"/v1/watches/{kept.watch.id}"),)
    return json_answer(_watch_json(kept.watch, kept.rings), 201 if kept.begun else 200, headers=location)


@blueprint.get("/v1/watches")
@needs()
def get_watches(exchange: Exchange) -> Answer:
    """The newest watches; `?before=<id>` gives the next page, `?limit=` so many."""
    page = page_asked(exchange)
    if isinstance(page, Answer):
        return page
    before, limit = page
    holder = exchange.known_holder
    caller = None if holder.roles & READS_ALL else holder.caller
    with exchange.service.database.reading() as connection:
        found = watches_of(connection, caller, before, limit)
        rings = rings_of(connection, [watch.id for watch in found])
    return json_answer(
        {
            "watches": [_watch_json(watch, rings[watch.id]) for watch in found],
            "next": found[-1].id if len(found) == limit else None,
        }
    )


@blueprint.get("/v1/watches/<id_>")
@needs()
def get_watch(exchange: Exchange, id_: str) -> Answer:
    """One watch: the state of each deadline, the attempts to tell it, and what went wrong at the last one."""
    watch, holder = None, exchange.known_holder
    if ID.fullmatch(id_):
        with exchange.service.database.reading() as connection:
            watch = find_watch(connection, id_)
            rings = rings_of(connection, [id_])[id_]
            if watch is not None and (watch.caller == holder.caller or holder.roles & READS_ALL):
                return json_answer(_watch_json(watch, rings))
    return _trouble(exchange, "no_such_watch", id=id_)


@blueprint.put("/v1/watches/<id_>")
@needs("evaluate")
def put_watch(exchange: Exchange, id_: str) -> Answer:
    """Watches a newer verdict of the same ticket from now on."""
    asked = _texts(exchange, "verdict")
    if isinstance(asked, Answer):
        return asked
    if not ID.fullmatch(id_):
        return _trouble(exchange, "no_such_watch", id=id_)
    if not ID.fullmatch(asked["verdict"]):
        return _trouble(exchange, "no_such_verdict", id=asked["verdict"])
    kept = _keeper(exchange).renew(id_, asked["verdict"])
    if not isinstance(kept, Kept):
        about_watch = kept in ("no_such_watch", "cancelled")
        return _trouble(exchange, kept, id=id_ if about_watch else asked["verdict"])
    return json_answer(_watch_json(kept.watch, kept.rings))


@blueprint.delete("/v1/watches/<id_>")
@needs("evaluate", "operate")
def delete_watch(exchange: Exchange, id_: str) -> Answer:
    """Ends a watch; an operator may end anybody's."""
    anybodys = "operate" in exchange.known_holder.roles
    trouble = _keeper(exchange).end(id_, anybodys=anybodys) if ID.fullmatch(id_) else "no_such_watch"
    return Answer(204, b"") if trouble is None else _trouble(exchange, trouble, id=id_)


def _keeper(exchange: Exchange) -> Keeper:
    return Keeper(exchange.service.database, exchange.known_holder.caller, exchange.service.clock())


def _trouble(exchange: Exchange, trouble: Trouble, **values: str) -> Answer:
    code, status = TROUBLE[trouble]
    return problem(exchange, code, {name: shown(value) for name, value in values.items()}, status=status)


def _texts(exchange: Exchange, *names: str) -> Mapping[str, str] | Answer:
    """The body: an object with exactly these keys, each a text; or all that is wrong with it."""
    body = read_json(exchange)
    if isinstance(body, Answer):
        return body
    problems = list(_wrong(body, names))
    if problems:
        return problem(exchange, "S110", {"count": str(len(problems))}, problems, status=422)
    return {name: str(body[name]) for name in names}


def _wrong(body: Any, names: Sequence[str]) -> list[Finding]:
    if not isinstance(body, dict):
        return [Finding("S114", {}, pointer="")]
    missing = [Finding("S111", {"name": name}, pointer="") for name in names if name not in body]
    unknown = [
        Finding("S112", {"name": shown(name)}, pointer="/" + name.replace("~", "~0").replace("/", "~1"))
        for name in body
        if name not in names
    ]
    no_text = [
        Finding("S113", {"name": name}, pointer=f"/{name}")
        for name in names
        if name in body and not isinstance(body[name], str)
    ]
    return [*missing, *unknown, *no_text]


def _watch_json(watch: Watch, rings: Sequence[Ring]) -> dict[str, Any]:
    waiting = any(ring.state == "waiting" for ring in rings)
    ended = "cancelled" if watch.cancelled_at is not None else "ended"
    return {
        "id": watch.id,
        "verdict": watch.decision_id,
        "ticket_no": watch.ticket_no,
        "caller": watch.caller,
        "webhook": watch.webhook,
        "created_at": instant_text(watch.created_at),
        "state": "waiting" if waiting else ended,
        "deadlines": [_ring_json(ring) for ring in rings],
    }


def _ring_json(ring: Ring) -> dict[str, Any]:
    """`webhook_id` is that of every attempt to deliver it."""
    return {
        "webhook_id": ring.id,
        "rule": ring.rule,
        "due": ring.due,
        "state": ring.state,
        "attempts": ring.attempts,
        "next_at": instant_text(ring.next_at) if ring.state == "waiting" else None,
        "ended_at": None if ring.ended_at is None else instant_text(ring.ended_at),
        "verdict": ring.verdict_id,
        "last_error": ring.last_error,
    }
