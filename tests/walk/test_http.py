"""`POST /v1/walks`: the same walk as the command's, nothing stored, no personal text told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from api.present.walk_json import walk_json
from api.scribe.client import NoLog
from api.store.database import open_database, upgrade
from api.store.tables import decisions
from tests.http.world import Reply, World, world_on
from tests.walk.desk import RULES, case, walked

CASE: dict[str, Any] = {
    "case": "a",
    "facts": {"kind": "loss", "value": 80.5, "excused": False},
    "events": [
        {"at": "2015-06-10T10:00", "event": "opened", "facts": {"opened_at": "now", "opened_on": "today"}},
        {"at": "2015-06-10T10:05", "append": {"waits": {"began": "now", "why": "stock"}}},
        {"at": "2015-06-10T10:15", "event": {"zh": "到货", "en": "it came"}, "close": {"waits": "ended"}},
    ],
    "until": "2015-06-10T12:00",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("desk")) as made:
        yield made


@contextmanager
def served(folder: Any) -> Iterator[World]:
    database = open_database(f"sqlite:///{folder / 'caiding.db'}")
    upgrade(database)
    with world_on(database, folder, NoLog()) as made:
        made.keep({file.name: file.read_bytes() for file in sorted(RULES.glob("*.yaml"))})
        yield made
    database.close()


def ask(desk: World, body: Any, **named: Any) -> Reply:
    return desk.ask("POST", "/v1/walks", json.dumps(body, ensure_ascii=False).encode(), **named)


def test_it_is_the_walk_of_the_same_case_in_a_file(desk: World) -> None:
    reply = ask(desk, CASE)
    one = case(json.dumps(CASE))
    assert reply.status == 200
    assert reply.json == {**json.loads(json.dumps(walk_json(one, walked(one)))), "missed": []}
    assert [moment["happened"] for moment in reply.json["moments"]] == [
        "event",
        "event",
        "event",
        "time",
        "end",
    ]


def test_nothing_of_it_is_stored(desk: World) -> None:
    ask(desk, CASE)
    with desk.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(decisions)).scalar() == 0


def test_what_is_expected_and_not_met_comes_with_its_place(desk: World) -> None:
    expect = {"desk/clocks/answer": {"deadline": "met"}, "actions": {"refund": "allowed"}}
    body = {**CASE, "events": [{**CASE["events"][0], "expect": expect}]}
    missed = ask(desk, body).json["missed"]
    assert [(one["code"], one["pointer"]) for one in missed] == [
        ("W007", "/events/0/expect/desk~1clocks~1answer"),
        ("W007", "/events/0/expect/actions/refund"),
    ]
    assert "the case expects `allowed` of `refund` and gets `refused`" in missed[1]["message"]


def test_another_reading_may_be_asked_for(desk: World) -> None:
    editions, totals = [], []
    for readings in ({}, {"AMB-90": "whole"}):
        (moment, *_) = ask(desk, {**CASE, "readings": readings}).json["moments"]
        editions.append(moment["verdict"]["edition"])
        totals.append(moment["verdict"]["totals"]["compensation"]["CNY"])
    assert totals == ["40.25", "80.50"]
    assert editions[0] != editions[1]


def test_personal_texts_are_marks_the_same_at_every_moment(desk: World) -> None:
    body = {
        "facts": {"receiver": "王小明", "note": {"text": "王小明来电"}},
        "events": [
            {"at": "2015-06-10T10:00", "facts": {"signed_by": "李四"}},
            {"at": "2015-06-10T10:01", "facts": {"signed_by": "王小明", "receiver": "李四"}},
        ],
    }
    reply = ask(desk, body)
    told = [[fact["value"] for fact in moment["facts"]] for moment in reply.json["moments"]]
    assert reply.json["beginning"][0]["value"] == "[personal 1]"
    assert told == [["[personal 2]"], ["[personal 1]", "[personal 2]"]]
    assert "李四" not in reply.body.decode()


def test_what_is_wrong_names_no_person(desk: World) -> None:
    body = {
        "events": [
            {"at": "2015-06-10T10:00", "facts": {"receiver": "王小明", "kind": "王小明", "value": "王小明"}}
        ]
    }
    reply = ask(desk, body)
    assert reply.status == 422
    assert [error["pointer"] for error in reply.json["errors"]] == [
        "/events/0/facts/kind",
        "/events/0/facts/value",
    ]
    assert "王小明" not in reply.body.decode()


def test_a_case_is_no_longer_than_the_service_takes(desk: World) -> None:
    many = {"events": [{"at": "2015-06-10T10:00"}] * 200}
    assert ask(desk, many).status == 200
    reply = ask(desk, {"events": [*many["events"], {"at": "2015-06-10T10:00"}]})
    assert (reply.status, [error["code"] for error in reply.json["errors"]]) == (422, ["S072"])


def test_it_takes_a_key_that_may_evaluate(desk: World) -> None:
    assert ask(desk, CASE, key="rehearse").status == 403
    assert ask(desk, CASE, key=None).status == 401
