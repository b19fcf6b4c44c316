"""The addresses under `/v1/dry-runs`."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

from flask import Blueprint
from msgspec import structs

from api.http.bodies import read_json, shown
from api.http.callers import needs
from api.http.dry_runs.asked import Asked, asked_from
from api.http.dry_runs.examining import PATIENCE_S, Candidate, Examined
from api.http.dry_runs.said import asked_text, dry_run_json
from api.http.dry_runs.sides import Sides, sides_of
from api.http.exchange import PROBLEM, Answer, Exchange, json_answer, json_bytes
from api.http.pages import page_asked
from api.http.problems import problem, problem_json
from api.http.repetition import REPLAYED, another_request, claim_for, held_before, repetition_key
from api.http.verdicts import ID
from api.store.decisions import Held
from api.store.dry_runs import DryRun, Part, add, cancel, find_dry_run, kept_part, newest_dry_runs, waiting
from api.store.ids import new_id
from engine.base.findings import Finding

PATH = "/v1/dry-runs"
MOST_WAITING = 20
"""More are not taken in: whoever asks for the next waits better before than after."""
TURN_PATIENCE_S = 10.0
ONE_PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
"""The content policy of a report: it stands for itself, runs nothing and asks nobody."""
HTML = "text/html; charset=utf-8"


def dry_runs_blueprint() -> Blueprint:
    """The addresses of one application, which looks through one candidate at a time."""
    blueprint = Blueprint("dry_runs", __name__)
    turn = threading.Lock()

    @blueprint.post(PATH)
    @needs("rehearse")
    def post_dry_run(exchange: Exchange) -> Answer:
        return _asked(exchange, turn)

    @blueprint.get(PATH)
    @needs("rehearse", "operate")
    def get_dry_runs(exchange: Exchange) -> Answer:
        return _page(exchange)

    @blueprint.get(f"{PATH}/<id_>")
    @needs("rehearse", "operate")
    def get_dry_run(exchange: Exchange, id_: str) -> Answer:
        found = _found(exchange, id_)
        return found if isinstance(found, Answer) else _told(exchange, found)

    @blueprint.get(f"{PATH}/<id_>/result")
    @needs("rehearse", "operate")
    def get_result(exchange: Exchange, id_: str) -> Answer:
        found = _part(exchange, id_, "result")
        return found if isinstance(found, Answer) else Answer(200, found)

    @blueprint.get(f"{PATH}/<id_>/report")
    @needs("rehearse", "operate")
    def get_report(exchange: Exchange, id_: str) -> Answer:
        found = _part(exchange, id_, "report")
        return found if isinstance(found, Answer) else Answer(200, found, HTML, policy=ONE_PAGE)

    @blueprint.delete(f"{PATH}/<id_>")
    @needs("rehearse", "operate")
    def delete_dry_run(exchange: Exchange, id_: str) -> Answer:
        return _cancelled(exchange, id_)

    return blueprint


# --- asking for one -------------------------------------------------------------------------------------


def _asked(exchange: Exchange, turn: threading.Lock) -> Answer:
    """Queues what the body asks for, once the candidate has been looked through."""
    body = read_json(exchange, exchange.service.settings.most_candidate_bytes)
    if isinstance(body, Answer):
        return body
    key = repetition_key(exchange)
    if isinstance(key, Answer):
        return key
    held = held_before(exchange, key)
    if held is not None:
        return _told_again(exchange, held)
    asked = asked_from(body)
    if isinstance(asked, list):
        return _wrong(exchange, asked)
    if asked.tickets == "history" and not exchange.service.settings.has_history:
        return _wrong(exchange, [Finding("S134", {}, pointer="/tickets")])
    return _examined(exchange, asked, key, turn)


def _examined(exchange: Exchange, asked: Asked, key: str | None, turn: threading.Lock) -> Answer:
    edition = exchange.edition
    if edition is None:
        return problem(exchange, "S064")
    sides = sides_of(asked, edition, exchange.service.database)
    if isinstance(sides, Finding):
        return _wrong(exchange, [sides])
    found = _looked_through(exchange, asked, sides, turn)
    if isinstance(found, Answer):
        return found
    if found.edition is None:
        return _refused_candidate(exchange, found)
    if found.troubles:
        return _wrong(exchange, [trouble.finding for trouble in found.troubles])
    return _queued(exchange, asked, sides, found.edition, key)


def _looked_through(
    exchange: Exchange, asked: Asked, sides: Sides, turn: threading.Lock
) -> Examined | Answer:
    candidate = Candidate(
        sides.files, sides.before, asked.readings, asked.as_of, asked.by, asked.fail_on, exchange.language
    )
    if not turn.acquire(timeout=TURN_PATIENCE_S):
        return problem(exchange, "S123", {"count": "1"})
    try:
        found = exchange.service.examine(candidate)
    finally:
        turn.release()
    return problem(exchange, "S126", {"seconds": f"{PATIENCE_S:g}"}) if found is None else found


def _queued(exchange: Exchange, asked: Asked, sides: Sides, candidate: str, key: str | None) -> Answer:
    service, holder, now = exchange.service, exchange.known_holder, exchange.service.clock()
    run = DryRun(
        new_id(now),
        holder.caller,
        holder.key_id,
        now // 1000,
        sides.base,
        candidate,
        "history" if asked.tickets == "history" else "log",
        asked_text(asked, exchange.language),
    )
    files = {name: text.encode() for name, text in sides.files.items()}
    with service.database.writing() as connection:
        ahead = waiting(connection)
        if len(ahead) >= MOST_WAITING:
            return problem(exchange, "S123", {"count": str(len(ahead))})
        held = add(connection, run, files, claim_for(exchange, key, [run.id]))
    return _taken_in(exchange, run, [*ahead, run.id]) if held is None else _told_again(exchange, held)


def _taken_in(exchange: Exchange, run: DryRun, ahead: Sequence[str], *, again: bool = False) -> Answer:
    location = ("Location", f"{PATH}/{run.id}")
    headers = (location, REPLAYED) if again else (location,)
    answer = json_answer(dry_run_json(run, ahead, exchange.language), 202, headers)
    return structs.replace(answer, about={"dry_run": run.id})


def _told_again(exchange: Exchange, held: Held) -> Answer:
    """The job that the key was answered with, as it stands now."""
    other = another_request(exchange, held)
    if other is not None:
        return other
    (id_,) = json.loads(held.answer)
    with exchange.service.database.reading() as connection:
        run, ahead = find_dry_run(connection, id_), waiting(connection)
    if run is None:
        return problem(exchange, "S120", {"id": id_})
    return _taken_in(exchange, run, ahead, again=True)


def _wrong(exchange: Exchange, findings: Sequence[Finding]) -> Answer:
    return problem(exchange, "S110", {"count": str(len(findings))}, findings, status=422)


def _refused_candidate(exchange: Exchange, found: Examined) -> Answer:
    """The candidate's findings as `check` tells them, beside what every problem has."""
    errors = found.checked["summary"]["errors"]
    said = problem_json(Finding("S121", {"count": str(errors)}), 422, (), exchange)
    return Answer(422, json_bytes({**said, **found.checked}), PROBLEM, about={"code": "S121"})


# --- following it ---------------------------------------------------------------------------------------


def _page(exchange: Exchange) -> Answer:
    """The newest dry runs; `?before=<id>` gives the next page, `?limit=` so many."""
    asked = page_asked(exchange)
    if isinstance(asked, Answer):
        return asked
    before, limit = asked
    with exchange.service.database.reading() as connection:
        found, ahead = newest_dry_runs(connection, before, limit), waiting(connection)
    told = [dry_run_json(run, ahead, exchange.language) for run in found]
    return json_answer({"dry_runs": told, "next": found[-1].id if len(found) == limit else None})


def _found(exchange: Exchange, id_: str) -> DryRun | Answer:
    run = None
    if ID.fullmatch(id_):
        with exchange.service.database.reading() as connection:
            run = find_dry_run(connection, id_)
    return problem(exchange, "S120", {"id": shown(id_)}) if run is None else run


def _told(exchange: Exchange, run: DryRun) -> Answer:
    with exchange.service.database.reading() as connection:
        ahead = waiting(connection)
    return json_answer(dry_run_json(run, ahead, exchange.language))


def _part(exchange: Exchange, id_: str, part: Part) -> bytes | Answer:
    """The result or the report, byte for byte as it was made."""
    run = _found(exchange, id_)
    if isinstance(run, Answer):
        return run
    if run.state in ("queued", "running"):
        return problem(exchange, "S122", {"id": run.id})
    with exchange.service.database.reading() as connection:
        found = kept_part(connection, run.id, part)
    return problem(exchange, "S125", {"id": run.id}) if found is None else found


def _cancelled(exchange: Exchange, id_: str) -> Answer:
    """Ends one that waits or runs; a caller's own, or anybody's for an operator."""
    run, holder = _found(exchange, id_), exchange.known_holder
    if isinstance(run, Answer):
        return run
    if run.caller != holder.caller and "operate" not in holder.roles:
        return problem(exchange, "S002", {"roles": "operate"})
    with exchange.service.database.writing() as connection:
        state = cancel(connection, run.id, exchange.service.clock() // 1000)
    match state:
        case None:
            return problem(exchange, "S120", {"id": run.id})
        case "done" | "failed":
            return problem(exchange, "S124", {"id": run.id})
        case _:
            return Answer(204, b"")
