"""Watches over HTTP: who may do what, what is answered, and every problem."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.http.app import create_app
from api.http.limits import KeyLimiter
from api.http.service import Edition, Service, Settings
from api.logs import journal
from api.metrics import Metrics
from api.scribe.client import NoLog
from api.store.database import open_database, upgrade
from api.store.keys import KeyRing, NewKey, create_key
from api.tickets.json_door import JsonDoor
from engine.evaluate.evaluators import evaluator
from tests.watches.deadlines import World, library

URL = "http://127.0.0.1:9/hook"
NOBODY = "01941f29-7c00-7000-8000-000000000000"
ROLES: Mapping[str, str] = {
    "desk": "evaluate",
    "other": "evaluate",
    "auditor": "rehearse",
    "operator": "operate",
}


@dataclass(frozen=True)
class Always:
    """The editions of a service that has one."""

    edition: Edition

    def active(self) -> Edition:
        return self.edition


@dataclass
class Site:
    """The service over a world; each caller has a key."""

    world: World
    client: FlaskClient
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: Any = None, caller: str = "desk", **headers: str
    ) -> TestResponse:
        data = None if body is None else json.dumps(body)
        given = {"Authorization": f"Bearer {self.tokens[caller]}", "Accept-Language": "en", **headers}
        return self.client.open(
            path, method=method, data=data, headers=given, content_type="application/json"
        )

    def watch(self, **facts: Any) -> dict[str, Any]:
        answer = self.ask("POST", "/v1/watches", {"verdict": self.world.judge(**facts), "webhook": "desk"})
        assert answer.status_code == 201, answer.text
        return dict(answer.get_json())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """On SQLite; what is asked of the database is tried on both where it is kept."""
    database = open_database(f"sqlite:///{tmp_path / 'caiding.db'}")
    upgrade(database)
    with site_over(World(database)) as made:
        yield made
    database.close()


@pytest.fixture
def each_site(world: World) -> Iterator[Site]:
    """On each of the two databases."""
    with site_over(world) as made:
        yield made


@contextmanager
def site_over(world: World) -> Iterator[Site]:
    plan = library().plan
    assert plan is not None
    judge = evaluator("compiled", plan)
    edition = Edition(1, library(), judge, JsonDoor(judge), "r", datetime(2015, 6, 20, tzinfo=UTC))
    with world.database.writing() as connection:
        made = {caller: create_key(connection, caller, [role]) for caller, role in ROLES.items()}
    keys = KeyRing(world.database)
    keys.refresh()
    service = Service(
        Always(edition),
        NoLog(),
        world.database,
        keys,
        KeyLimiter([0.0] * 8, 0, 1),
        Metrics(),
        journal(),
        Settings("caiding test"),
        world.clock,
        lambda _: True,
    )
    tokens = {caller: key.token for caller, key in made.items() if isinstance(key, NewKey)}
    world.register(URL)
    yield Site(world, create_app(service).test_client(), tokens)
    keys.close()


def test_begun(site: Site) -> None:
    """201 with an address, and each deadline with its due instant; asked again, 200 with the same."""
    verdict = site.world.judge()
    body = {"verdict": verdict, "webhook": "desk"}
    answer = site.ask("POST", "/v1/watches", body)
    watch = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/watches/{watch['id']}")
    deadlines = watch.pop("deadlines")
    assert watch == {
        "id": watch["id"],
        "verdict": verdict,
        "ticket_no": "T1",
        "caller": "desk",
        "webhook": "desk",
        "created_at": "2015-06-20T01:00:00Z",
        "state": "waiting",
    }
    assert deadlines[0] == {
        "webhook_id": deadlines[0]["webhook_id"],
        "rule": "book/s/reply",
        "due": "2015-06-20T09:30+08:00",
        "state": "waiting",
        "attempts": 0,
        "next_at": "2015-06-20T01:30:01Z",
        "ended_at": None,
        "verdict": None,
        "last_error": None,
    }
    again = site.ask("POST", "/v1/watches", body)
    assert (again.status_code, again.get_json()["id"]) == (200, watch["id"])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (lambda _: {"verdict": NOBODY, "webhook": "desk"}, "S101"),
        (lambda _: {"verdict": "nothing\0 of ours", "webhook": "desk"}, "S101"),
        (lambda world: {"verdict": world.judge(caller="other"), "webhook": "desk"}, "S101"),
        (lambda world: {"verdict": world.judge(start_at=None), "webhook": "desk"}, "S102"),
        (lambda world: {"verdict": world.judge(), "webhook": "unknown"}, "S103"),
        (lambda world: {"verdict": world.judge(), "webhook": URL}, "S103"),
        (lambda world: {"verdict": world.judge(), "webhook": "\0"}, "S103"),
    ],
)
def test_nothing_to_watch(each_site: Site, asked: Callable[[World], Any], code: str) -> None:
    """What cannot be watched is a problem that says why."""
    answer = each_site.ask("POST", "/v1/watches", asked(each_site.world))
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    assert answer.content_type == "application/problem+json"


def test_all_that_is_wrong_with_a_body(site: Site) -> None:
    """Every fault of the body is named at once, by its place."""
    answer = site.ask("POST", "/v1/watches", {"verdict": 7, "url/": "x"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "S110")
    found = {(error["code"], error["pointer"]) for error in answer.get_json()["errors"]}
    assert found == {("S111", ""), ("S112", "/url~1"), ("S113", "/verdict")}
    assert site.ask("POST", "/v1/watches", []).get_json()["errors"][0]["code"] == "S114"


def test_what_is_no_json(site: Site) -> None:
    """A body that cannot be read is refused as everywhere."""
    answer = site.client.post(
        "/v1/watches",
        data=b"{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {site.tokens['desk']}"},
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "S020")


@pytest.mark.parametrize(("caller", "status"), [("auditor", 403), ("operator", 403)])
def test_who_may_begin(site: Site, caller: str, status: int) -> None:
    """Only a key that may evaluate begins a watch."""
    body = {"verdict": site.world.judge(), "webhook": "desk"}
    assert site.ask("POST", "/v1/watches", body, caller).status_code == status


@pytest.mark.parametrize(
    ("caller", "status"), [("desk", 200), ("other", 404), ("auditor", 200), ("operator", 200)]
)
def test_who_may_see(site: Site, caller: str, status: int) -> None:
    """Callers see their own watches, auditors and operators all."""
    watch = site.watch()
    assert site.ask("GET", f"/v1/watches/{watch['id']}", caller=caller).status_code == status
    listed = site.ask("GET", "/v1/watches", caller=caller).get_json()["watches"]
    assert [one["id"] for one in listed] == ([watch["id"]] if status == 200 else [])


@pytest.mark.parametrize(
    ("caller", "status"), [("desk", 204), ("other", 404), ("auditor", 403), ("operator", 204)]
)
def test_who_may_end(site: Site, caller: str, status: int) -> None:
    """A watch is ended by whoever began it, or by an operator."""
    watch = site.watch()
    answer = site.ask("DELETE", f"/v1/watches/{watch['id']}", caller=caller)
    assert answer.status_code == status
    state = site.ask("GET", f"/v1/watches/{watch['id']}").get_json()["state"]
    assert state == ("cancelled" if status == 204 else "waiting")


def test_newer_facts(site: Site) -> None:
    """A newer verdict takes the place of the watched one."""
    watch = site.watch()
    site.world.clock.move(minutes=5)
    newer = site.world.judge(replied_at="2015-06-20T09:04")
    answer = site.ask("PUT", f"/v1/watches/{watch['id']}", {"verdict": newer})
    assert (answer.status_code, answer.get_json()["verdict"]) == (200, newer)
    assert [one["state"] for one in answer.get_json()["deadlines"]] == ["stopped", "waiting"]


def test_newer_facts_that_are_none(site: Site) -> None:
    """An older verdict, another ticket's, an unknown one, an ended watch: each is a problem of its own."""
    older = site.world.judge()
    site.world.clock.move(minutes=1)
    path = f"/v1/watches/{site.watch()['id']}"
    site.world.clock.move(minutes=1)
    asked = {
        "S106": {"verdict": older},
        "S105": {"verdict": site.world.judge(ticket_no="T2")},
        "S101": {"verdict": NOBODY},
        "S110": {},
    }
    for code, body in asked.items():
        assert site.ask("PUT", path, body).get_json()["code"] == code
    assert site.ask("PUT", path, {"verdict": "x"}).get_json()["code"] == "S101"
    assert site.ask("PUT", f"/v1/watches/{NOBODY}", {"verdict": older}).get_json()["code"] == "S104"
    site.ask("DELETE", path)
    cancelled = site.ask("PUT", path, {"verdict": site.world.judge()})
    assert (cancelled.status_code, cancelled.get_json()["code"]) == (409, "S107")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("id_", [NOBODY, "x", "%00"])
def test_no_such_watch(site: Site, method: str, id_: str) -> None:
    """A watch that is not there is 404, whatever its id looks like."""
    answer = site.ask(method, f"/v1/watches/{id_}", {"verdict": NOBODY} if method == "PUT" else None)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "S104")


def test_pages(each_site: Site) -> None:
    """The list comes newest first, page by page."""
    made = []
    for number in range(5):
        each_site.world.clock.move(seconds=1)
        made.append(each_site.watch(ticket_no=f"T{number}")["id"])
    seen, before = [], ""
    while True:
        page = each_site.ask("GET", f"/v1/watches?limit=2{before}").get_json()
        seen += [one["id"] for one in page["watches"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == made[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=", "before=x", "limit=%D9%A3"])
def test_pages_that_are_none(site: Site, query: str) -> None:
    """A page that cannot be is a problem."""
    answer = site.ask("GET", f"/v1/watches?{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "S115")
