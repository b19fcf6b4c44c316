"""Every documented answer is produced here by the real application, and fits the document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.http.app import create_app
from api.http.dry_runs.examining import examine
from api.http.limits import KeyLimiter
from api.http.openapi.operation import Operation
from api.http.openapi.operations import OPERATIONS
from api.present.findings_json import findings_json
from api.present.impact_json import impact_json
from api.serve.rehearsal import summary_of
from api.store.database import open_database, upgrade
from api.store.dry_runs import DryRun, Found, Lease, end_done, end_failed, take
from api.store.webhooks import Webhook, add_webhook
from engine.base.findings import Finding
from engine.replay.dry_run.limits import Limit, limit_from, measured
from tests.docs.blocks import ROOT
from tests.http.world import Reply, World, with_service, world_on
from tests.openapi.described import shipped
from tests.present.naive_impact import impact, with_trouble

NOBODY = "019f6a3b-5c00-7d21-8f4e-2b6c9d0e1f3a"
RUNS = {"ticket_no": "T1", "rulebook_owner": "zto", "hq_deadline_at": "2015-06-21T18:00"}
"""A ticket with a deadline that runs on the day before."""
WITH_CLOCK = json.dumps({"facts": RUNS, "as_of": "2015-06-20T09:05"}).encode()
TO_DRY_RUN = json.dumps({"readings": {"AMB-01": "floor"}, "tickets": {"from": "2015-01-01"}}).encode()
TO_WALK = json.dumps(
    {
        "facts": {"ticket_no": "T1", "rulebook_owner": "zto"},
        "events": [
            {"at": "2015-06-20T09:05", "event": "told", "facts": {"hq_deadline_at": "2015-06-21T18:00"}},
            {"at": "2015-06-20T09:05", "expect": {"totals": {"fine": 1}}},
        ],
        "until": "2015-06-23T00:00",
    }
).encode()
MISSPELT = json.dumps({"candidate": {"penalties.yaml": "rulebok: x"}, "tickets": "history"}).encode()
FAILED = json.dumps(
    {"code": "S142", "values": {}, "findings": findings_json([Finding("Q051", {"folder": "spilled"})], "en")}
)
BY_ID = {operation.id: operation for operation in OPERATIONS}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The shipped rulebooks served on SQLite, with a webhook."""
    folder = tmp_path_factory.mktemp("world")
    database = open_database(f"sqlite:///{folder / 'caiding.db'}")
    upgrade(database)
    with world_on(database, folder) as made:
        made.keep({file.name: file.read_bytes() for file in sorted((ROOT / "rules").glob("*.yaml"))})
        with database.writing() as connection:
            assert add_webhook(connection, Webhook("desk", "http://127.0.0.1:9/", "secret", 0))
        settings = replace(made.service.settings, has_history=True)
        yield with_service(made, examine=examine, settings=settings)
    database.close()


def ask(world: World, operation: Operation, id_: str = NOBODY, **named: Any) -> Reply:
    """One request to an operation, with a key that may do it and a body that fits."""
    path = operation.path.replace("{id}", id_).replace("{name}", id_)
    roles = operation.roles
    given: dict[str, Any] = {
        "key": None if roles is None else roles[0] if roles else "evaluate",
        "body": body(operation, id_) if operation.body else b"",
    }
    return world.ask(operation.method.upper(), named.pop("path", path), **{**given, **named})


def body(operation: Operation, id_: str) -> bytes:
    match operation.body:
        case "Ticket":
            return WITH_CLOCK
        case "Batch":
            return b'{"tickets": [' + WITH_CLOCK + b', {"facts": {"nobody": 1}}, 5]}'
        case "ToDryRun":
            return TO_DRY_RUN
        case "ToWalk":
            return TO_WALK
        case "ToWatch":
            return json.dumps({"verdict": id_, "webhook": "desk"}).encode()
        case _:
            return json.dumps({"verdict": id_}).encode()


def successes(world: World) -> Iterator[tuple[str, Reply]]:
    """Every operation as it should go, in an order in which each finds what it needs."""
    yield "decide", (first := ask(world, BY_ID["decide"]))
    yield "decide", (second := ask(world, BY_ID["decide"], headers={"Idempotency-Key": "once"}))
    yield "decide", ask(world, BY_ID["decide"], headers={"Idempotency-Key": "once"})
    yield "decideMany", ask(world, BY_ID["decideMany"])
    yield "walk", ask(world, BY_ID["walk"])
    id_, newer = first.json["id"], second.json["id"]
    yield "watch", (watched := ask(world, BY_ID["watch"], newer))
    yield "watch", ask(world, BY_ID["watch"], newer)
    watch = watched.json["id"]
    older = json.dumps({"verdict": id_}).encode()
    yield "renewWatch", ask(world, BY_ID["renewWatch"], watch, body=older)
    again = ask(world, BY_ID["decide"]).json["id"]
    yield "renewWatch", ask(world, BY_ID["renewWatch"], watch, body=json.dumps({"verdict": again}).encode())
    yield "watches", ask(world, BY_ID["watches"])
    yield "watches", ask(world, BY_ID["watches"], path="/v1/watches?limit=1")
    yield "watches", ask(world, BY_ID["watches"], path="/v1/watches?limit=none")
    yield "watchOf", ask(world, BY_ID["watchOf"], watch)
    yield "endWatch", ask(world, BY_ID["endWatch"], watch)
    for name in ("verdict", "replay"):
        yield name, ask(world, BY_ID[name], id_)
    yield from dry_runs(world)
    yield "rulebook", ask(world, BY_ID["rulebook"], "penalties")
    for name in ("rulebooks", "facts", "editions", "reload", "live", "ready", "metrics", "openapi", "docs"):
        yield name, (reply := ask(world, BY_ID[name]))
        if name == "openapi":
            headers = {"If-None-Match": reply.header("ETag") or ""}
            yield name, ask(world, BY_ID[name], headers=headers)


def dry_runs(world: World) -> Iterator[tuple[str, Reply]]:
    """From the question to the result, with one that failed and one that is cancelled on the way."""
    yield "askForDryRun", ask(world, BY_ID["askForDryRun"], body=MISSPELT)
    yield (
        "askForDryRun",
        (asked := ask(world, BY_ID["askForDryRun"], headers={"Idempotency-Key": "rehearsed"})),
    )
    yield "askForDryRun", ask(world, BY_ID["askForDryRun"], headers={"Idempotency-Key": "rehearsed"})
    done = asked.json["id"]
    for name in ("dryRunResult", "dryRunReport"):
        yield name, ask(world, BY_ID[name], done)
    run = taken(world)
    with world.database.writing() as connection:
        result = an_impact()
        end_done(connection, run, 1, Found(summary_of(result), result, b"<!DOCTYPE html>"))
    yield "cancelDryRun", ask(world, BY_ID["cancelDryRun"], done)
    for name in ("dryRun", "dryRunResult", "dryRunReport"):
        yield name, ask(world, BY_ID[name], done)
    failed = ask(world, BY_ID["askForDryRun"]).json["id"]
    yield "dryRun", ask(world, BY_ID["dryRun"], failed)
    run = taken(world)
    with world.database.writing() as connection:
        end_failed(connection, run, 1, FAILED)
    yield "dryRun", ask(world, BY_ID["dryRun"], failed)
    yield "cancelDryRun", ask(world, BY_ID["cancelDryRun"], ask(world, BY_ID["askForDryRun"]).json["id"])
    yield "dryRuns", ask(world, BY_ID["dryRuns"])
    yield "dryRuns", ask(world, BY_ID["dryRuns"], path="/v1/dry-runs?limit=none")


def an_impact() -> bytes:
    """What a dry run of the shipped rulebooks finds, with everything that can be in it."""
    found = with_trouble(impact(300))
    limits = [
        limit_from(text) for text in ("changed > 2%", "rule(penalties/*).delta.fine > 5 CNY", "bad > 0")
    ]
    held = [one for limit in limits if isinstance(limit, Limit) for one in measured(limit, found)]
    return json.dumps(impact_json(found, held, "en")).encode()


def taken(world: World) -> DryRun:
    with world.database.writing() as connection:
        run = take(connection, 0, Lease("me", 9**18), ("log", "history"))
    assert run is not None
    return run


def refusals(world: World, broken: World) -> Iterator[tuple[str, Reply]]:
    """Every operation with each thing that can be wrong."""
    limited = with_service(world, limiter=KeyLimiter([0.0] * 16, limit=1, window=60))
    small = replace(world.service.settings, most_ticket_bytes=9, most_batch_bytes=9, most_candidate_bytes=9)
    cramped = with_service(world, settings=small)
    for operation in OPERATIONS:
        name = operation.id
        if operation.roles is not None:
            yield name, ask(world, operation, key=None)
            ask(limited, operation)
            yield name, ask(limited, operation)
        if operation.roles:
            yield name, ask(world, operation, key="evaluate" if "rehearse" in operation.roles else "rehearse")
        if operation.body:
            yield name, ask(world, operation, body=b"{")
            yield name, ask(world, operation, body=b"{}")
            yield name, ask(world, operation, headers={"Content-Type": "text/plain"})
            yield name, ask(cramped, operation)
        if 404 in operation.problems:
            yield name, ask(world, operation)
        if 503 in operation.problems:
            yield name, ask(broken, operation)


def broken(world: World, folder: Path) -> World:
    """The same without an edition, a database and a keeper that answers."""
    gone = open_database(f"sqlite:///{folder / 'gone' / 'caiding.db'}")
    made = with_service(world, database=gone, reload=lambda _patience: False)
    nothing = replace(made.service, editions=Nothing())
    return replace(made, front=create_app(nothing).wsgi_app)


class Nothing:
    def active(self) -> None:
        return None


def required_headers(response: Mapping[str, Any]) -> list[str]:
    headers = shipped().document["components"]["headers"]
    names = (reference["$ref"].rpartition("/")[2] for reference in response["headers"].values())
    return [name for name in names if headers[name]["required"]]


def troubles(operation: Operation, reply: Reply) -> list[str]:
    """What an answer has that the document does not say."""
    described = shipped().document["paths"][operation.path][operation.method]["responses"]
    response = described.get(str(reply.status))
    if response is None:
        return [f"{reply.status} is not documented: {reply.body[:200]!r}"]
    found = [f"no {name}" for name in required_headers(response) if reply.header(name) is None]
    form = (reply.header("Content-Type") or "").partition(";")[0]
    content = response.get("content")
    if content is None:
        return found + ["a body"] * bool(reply.body)
    if form not in content:
        return [*found, f"{form} is not documented"]
    if form.endswith("json"):
        checked = shipped().validator(content[form]["schema"]).iter_errors(reply.json)
        found += [f"{error.json_path}: {error.message[:200]}" for error in checked]
    return found


def test_every_documented_answer_is_produced_and_fits_the_document(world: World, tmp_path: Path) -> None:
    documented = {(o.id, status) for o in OPERATIONS for status in (*o.replies, *o.refusals)}
    produced, wrong = set[tuple[str, int]](), list[str]()
    for name, reply in (*successes(world), *refusals(world, broken(world, tmp_path))):
        produced.add((name, reply.status))
        wrong += [f"{name} {reply.status}: {trouble}" for trouble in troubles(BY_ID[name], reply)]
    assert wrong == []
    assert sorted(documented - produced) == []


def test_the_document_has_every_address_of_the_application(world: World) -> None:
    routes = {
        (rule.rule.replace("<id_>", "{id}").replace("<", "{").replace(">", "}"), method.lower())
        for rule in create_app(world.service).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    parts_of_the_page = {("/docs/start.js", "get"), ("/docs/{name}", "get")}
    assert routes - parts_of_the_page == {(o.path, o.method) for o in OPERATIONS}
