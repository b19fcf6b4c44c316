"""Dry runs over HTTP: what is taken into the queue, what is refused at once, and how a run is followed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from api.http.dry_runs import examining
from api.http.dry_runs.examining import Candidate, Examined, examine, examined
from api.http.dry_runs.routes import MOST_WAITING, PATH
from api.store.dry_runs import DryRun, Found, Lease, end_done, end_failed, files_of, go_on, take
from engine.library import load_texts
from tests.http.test_problems import said
from tests.http.world import FINES, Reply, World, edition_from, texts, with_service

DEARER = FINES.replace("amount: 50", "amount: 80")
LOG = {"from": "2015-01-01", "until": "2016-01-01"}
NOTHING_FOUND = Found('{"tickets": 0}', b'{"tickets": 0}', b"<!DOCTYPE html>")
READ = FINES.replace(
    "sections:",
    """readings:
  AMB-01:
    question: {zh: 怎样, en: how}
    options: {a: {zh: 甲, en: a}, b: {zh: 乙, en: b}}
    preferred: a
    because: {zh: 因为, en: because}
sections:""",
)


@pytest.fixture
def quick(world: World) -> World:
    """The candidate is looked through in this process; the child has a test of its own."""
    return with_service(world, examine=examine)


def ask(world: World, body: Mapping[str, Any] | None = None, **named: Any) -> Reply:
    given = {"candidate": {"fines.yaml": DEARER}, "tickets": LOG} if body is None else body
    return world.ask("POST", PATH, json.dumps(given).encode(), **{"key": "rehearse", **named})


def get(world: World, id_: str, part: str = "", key: str | None = "rehearse", **named: Any) -> Reply:
    return world.ask("GET", f"{PATH}/{id_}{part}", key=key, **named)


def taken(world: World) -> DryRun:
    with world.database.writing() as connection:
        run = take(connection, 5, Lease("me", 9**18), ("log", "history"))
    assert run is not None
    return run


def test_asked(quick: World) -> None:
    """202 with an address; queued is the running edition with what the candidate changes."""
    reply = ask(quick, headers={"X-Request-Id": "r-1"})
    told = reply.json
    assert reply.status == 202
    assert reply.header("Location") == f"{PATH}/{told['id']}"
    after = edition_from(texts(DEARER)).name
    assert told == {
        "id": told["id"],
        "state": "queued",
        "caller": "rehearser",
        "created_at": told["created_at"],
        "started_at": None,
        "ended_at": None,
        "base": quick.service.editions.active().name,  # type: ignore[union-attr]  # there is one
        "candidate": after,
        "asked": {
            "candidate": ["fines.yaml"],
            "readings": {},
            "tickets": LOG,
            "as_of": None,
            "by": [],
            "fail_on": [],
            "language": "en",
        },
        "ahead": 0,
        "progress": {"step": None, "done": 0},
        "cancelling": False,
        "trouble": None,
        "summary": None,
    }
    assert get(quick, told["id"]).json == told
    with quick.database.reading() as connection:
        files = files_of(connection, told["id"])
    assert files == texts(DEARER)
    plan = load_texts(files).plan
    assert plan is not None
    assert plan.edition == after


def test_a_file_may_be_added_and_left_out(quick: World) -> None:
    """Null leaves a file out; the fact catalogue alone stays."""
    more = FINES.replace("rulebook: fines", "rulebook: more")
    told = ask(quick, {"candidate": {"more.yaml": more, "fines.yaml": None}, "tickets": {}}).json
    with quick.database.reading() as connection:
        assert list(files_of(connection, told["id"])) == ["facts.yaml", "more.yaml", "sources.yaml"]
    assert told["asked"]["candidate"] == ["more.yaml", "fines.yaml"]


def test_an_earlier_edition_may_be_the_base(quick: World) -> None:
    """By its name or by its revision; what it is compared with is then the running one."""
    first = quick.shelf.edition
    assert first is not None
    quick.keep(texts(DEARER))
    for written in (first.name, first.revision):
        told = ask(quick, {"base": written, "tickets": {}}).json
        assert (told["base"], told["candidate"]) == (first.name, edition_from(texts(DEARER)).name)


def test_readings_alone_are_compared(quick: World) -> None:
    """Another reading of the running edition is a candidate."""
    quick.keep(texts(READ))
    told = ask(quick, {"readings": {"AMB-01": "b"}, "tickets": {}}).json
    assert told["asked"]["readings"] == {"AMB-01": "b"}
    wrong = ask(quick, {"readings": {"AMB-1": "b", "AMB-01": "c"}, "tickets": {}}).json["errors"]
    assert [(error["code"], error["pointer"]) for error in wrong] == [
        ("D020", "/readings/AMB-1"),
        ("D021", "/readings/AMB-01"),
    ]


CHANGED = {"candidate": {"fines.yaml": DEARER}}
WRONG: list[tuple[Any, list[tuple[str, str]]]] = [
    ([], [("S114", "")]),
    ({}, [("S132", ""), ("S111", "")]),
    ({**CHANGED, "tickets": {}, "git": "main"}, [("S112", "/git")]),
    ({"candidate": {}, "readings": {}, "tickets": {}}, [("S132", "")]),
    ({"candidate": [], "readings": 1, "tickets": {}}, [("S137", "/candidate"), ("S137", "/readings")]),
    ({**CHANGED, "tickets": 1}, [("S133", "/tickets")]),
    ({"candidate": {"../fines.yaml": "x"}, "tickets": {}}, [("S130", "/candidate/..~1fines.yaml")]),
    ({"candidate": {"/etc/fines.yaml": "x"}, "tickets": {}}, [("S130", "/candidate/~1etc~1fines.yaml")]),
    ({"candidate": {".yaml": "x"}, "tickets": {}}, [("S130", "/candidate/.yaml")]),
    ({"candidate": {"fines.yml": "x"}, "tickets": {}}, [("S130", "/candidate/fines.yml")]),
    ({"candidate": {"fines.yaml\n": "x"}, "tickets": {}}, [("S130", "/candidate/fines.yaml\n")]),
    ({"candidate": {"facts.yaml": None}, "tickets": {}}, [("S138", "/candidate/facts.yaml")]),
    ({"candidate": {"fines.yaml": 3}, "tickets": {}}, [("S113", "/candidate/fines.yaml")]),
    ({**CHANGED, "tickets": "log"}, [("S133", "/tickets")]),
    ({**CHANGED, "tickets": {"since": "2015-01-01"}}, [("S133", "/tickets")]),
    ({**CHANGED, "tickets": {"from": "2015-1-1"}}, [("D007", "/tickets/from")]),
    ({**CHANGED, "tickets": {"until": 5}}, [("D007", "/tickets/until")]),
    ({**CHANGED, "tickets": {"from": "20150101"}}, [("D007", "/tickets/from")]),
    ({**CHANGED, "tickets": {"from": "2015-02-01", "until": "2015-02-01"}}, [("S135", "/tickets/until")]),
    ({**CHANGED, "tickets": "history"}, [("S134", "/tickets")]),
    ({**CHANGED, "tickets": {}, "base": 1, "as_of": []}, [("S113", "/base"), ("S113", "/as_of")]),
    ({**CHANGED, "tickets": {}, "base": "HEAD~1"}, [("S131", "/base")]),
    ({**CHANGED, "tickets": {}, "as_of": "now"}, [("F008", "/as_of")]),
    ({**CHANGED, "tickets": {}, "by": "kind"}, [("S136", "/by")]),
    ({**CHANGED, "tickets": {}, "by": ["kinds"]}, [("Q069", "/by/0")]),
    ({**CHANGED, "tickets": {}, "fail_on": ["rule(fines/loss/losst).changed > 0"]}, [("Q074", "/fail_on/0")]),
    ({**CHANGED, "tickets": {}, "fail_on": ["x" * 201]}, [("S136", "/fail_on")]),
    ({**CHANGED, "tickets": {}, "fail_on": ["changed > 2%", "changed"]}, [("Q072", "/fail_on/1")]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "errors"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_refused_at_once(front: World, body: Any, errors: list[tuple[str, str]]) -> None:
    """All that is wrong with a request comes at once, each with its place; nothing is queued."""
    quick = with_service(front, examine=examine)
    reply = ask(quick, body)
    assert (reply.status, reply.json["code"]) == (422, "S110")
    assert [(error["code"], error["pointer"]) for error in reply.json["errors"]] == errors
    assert quick.ask("GET", PATH, key="rehearse").json == {"dry_runs": [], "next": None}


def test_a_candidate_with_errors(front: World) -> None:
    """Its findings come at once, as `check` tells them, in the caller's language."""
    quick = with_service(front, examine=examine)
    body = {"candidate": {"fines.yaml": FINES.replace("when:", "wenn:")}, "tickets": {}}
    for language, words in (("en", "the key `wenn` is not known here"), ("zh", "这里没有 `wenn` 这个键")):
        reply = ask(quick, body, headers={"Accept-Language": language})
        told = reply.json
        findings, summary = told.pop("findings"), told.pop("summary")
        reply = replace(reply, body=json.dumps(told).encode())
        assert said(reply) == (422, "S121")
        assert findings[0]["place"]["file"] == "fines.yaml"
        assert words in {finding["message"] for finding in findings}
        assert summary["errors"] == [finding["severity"] for finding in findings].count("error")


def test_nothing_is_too_wrong_for_the_child(front: World) -> None:
    """The child says the same as it would in this process, also of texts that no file could hold."""
    for text in (FINES, "", "\0", "\ud800".encode("utf-8", "replace").decode(), "a: [" * 2000, "%"):
        candidate = Candidate({**_texts(), "fines.yaml": text}, _texts(), {}, None, ("no",), (), "zh")
        assert examined(candidate) == examine(candidate)
    del front


def _texts() -> dict[str, str]:
    return {name: text.decode() for name, text in texts().items()}


def test_a_candidate_that_takes_too_long(front: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that does not answer in time, or dies, refuses the candidate; the service goes on."""
    monkeypatch.setattr(examining, "PATIENCE_S", 0.01)
    assert said(ask(front)) == (422, "S126")
    monkeypatch.undo()
    monkeypatch.setattr(examining, "COMMAND", ("false",))
    assert said(ask(front)) == (422, "S126")


def test_the_same_key_asks_once(quick: World) -> None:
    """A repeated request is answered with the same run, as it stands; another one with the key is refused."""
    key = {"Idempotency-Key": "k"}
    first = ask(quick, headers=key)
    run = taken(quick)
    again = ask(quick, headers=key)
    assert (again.status, again.json["id"], again.json["state"]) == (202, run.id, "running")
    assert (first.header("Idempotency-Replayed"), again.header("Idempotency-Replayed")) == (None, "true")
    assert said(ask(quick, {**CHANGED, "tickets": {}}, headers=key)) == (422, "S041")
    assert said(ask(quick, headers={"Idempotency-Key": ""})) == (400, "S040")
    assert len(quick.ask("GET", PATH, key="operate").json["dry_runs"]) == 1


def test_followed_to_its_result(quick: World) -> None:
    """Queue, progress, result and report, byte for byte as they were made."""
    id_ = ask(quick).json["id"]
    other = ask(quick).json
    assert other["ahead"] == 1
    for part in ("/result", "/report"):
        assert said(get(quick, id_, part)) == (409, "S122")
    run = taken(quick)
    with quick.database.writing() as connection:
        go_on(connection, run, 9**18, "judging", 40)
    told = get(quick, id_).json
    assert (told["state"], told["progress"], told["ahead"]) == (
        "running",
        {"step": "judging", "done": 40},
        None,
    )
    with quick.database.writing() as connection:
        end_done(connection, run, 10**6, NOTHING_FOUND)
    told = get(quick, id_, key="operate").json
    assert (told["state"], told["summary"], told["ended_at"]) == (
        "done",
        {"tickets": 0},
        "1970-01-01T00:00:01Z",
    )
    assert get(quick, id_, "/result").body == NOTHING_FOUND.result
    report = get(quick, id_, "/report")
    assert (report.body, report.header("Content-Type")) == (NOTHING_FOUND.report, "text/html; charset=utf-8")
    policy = report.header("Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert [one["id"] for one in quick.ask("GET", f"{PATH}?limit=1", key="operate").json["dry_runs"]] == [
        other["id"]
    ]
    assert quick.ask("GET", f"{PATH}?before={other['id']}", key="operate").json["next"] is None
    assert quick.ask("GET", f"{PATH}?limit=0", key="operate").status == 400


def test_failed(quick: World) -> None:
    """The reason is told in the reader's language, and there is no result."""
    id_ = ask(quick).json["id"]
    finding = {"code": "Q053", "message": "m"}
    trouble = {"code": "S140", "values": {"limit": "1h"}, "findings": [finding]}
    with quick.database.writing() as connection:
        run = take(connection, 5, Lease("me", 9**18), ("log", "history"))
        assert run is not None
        end_failed(connection, run, 10**6, json.dumps(trouble))
    told = get(quick, id_, headers={"Accept-Language": "zh"}).json["trouble"]
    assert (told["code"], told["message"], told["findings"]) == ("S140", "超过了 1h 的时间上限", [finding])
    assert said(get(quick, id_, "/result")) == (409, "S125")
    assert said(quick.ask("DELETE", f"{PATH}/{id_}", key="rehearse")) == (409, "S124")


def test_cancelled(quick: World) -> None:
    """Its caller may end it, and an operator; what runs is told so and ends soon."""
    first, second = ask(quick).json["id"], ask(quick).json["id"]
    assert quick.ask("DELETE", f"{PATH}/{second}", key="rehearse").status == 204
    assert quick.ask("DELETE", f"{PATH}/{second}", key="rehearse").status == 204
    assert get(quick, second).json["state"] == "cancelled"
    assert said(get(quick, second, "/report")) == (409, "S125")
    taken(quick)
    assert quick.ask("DELETE", f"{PATH}/{first}", key="operate").status == 204
    told = get(quick, first).json
    assert (told["state"], told["cancelling"]) == ("running", True)


def test_not_everybody(quick: World) -> None:
    """Those who only judge see nothing of it, and a rehearser does not end another's."""
    id_ = ask(quick).json["id"]
    for reply in (
        get(quick, id_, key="evaluate"),
        get(quick, id_, "/report", key="other"),
        ask(quick, key="operate"),
    ):
        assert said(reply) == (403, "S002")
    keys = {**quick.keys, "second": another_rehearser(quick)}
    stranger = replace(quick, keys=keys)
    assert get(stranger, id_, key="second").status == 200
    assert said(stranger.ask("DELETE", f"{PATH}/{id_}", key="second")) == (403, "S002")
    assert said(get(quick, id_, "/report", key=None)) == (401, "S001")
    challenges = get(quick, id_, "/report", key=None).all("WWW-Authenticate")
    assert any(challenge.startswith("Basic") for challenge in challenges), "a browser may open it"
    assert not any(one.startswith("Basic") for one in get(quick, id_, key=None).all("WWW-Authenticate"))


def another_rehearser(world: World) -> Any:
    from api.store.keys import KeyRing, create_key

    with world.database.writing() as connection:
        key = create_key(connection, "stranger", ["rehearse"])
    ring = world.service.keys
    assert isinstance(ring, KeyRing)
    ring.refresh()
    return key


def test_too_many_wait(front: World) -> None:
    """Beyond so many the next is asked to come again, and told when."""
    quick = with_service(front, examine=examine)
    for _ in range(MOST_WAITING):
        assert ask(quick).status == 202
    reply = ask(quick)
    assert said(reply) == (503, "S123")
    assert reply.header("Retry-After") == "2"


def test_without_an_edition(front: World) -> None:
    """Nothing is compared with nothing."""
    quick = with_service(front, examine=examine)
    quick.shelf.edition = None
    assert said(ask(quick)) == (503, "S064")


def test_a_history_where_there_is_one(front: World) -> None:
    """The operator's files, which the request cannot name."""
    settings = replace(front.service.settings, has_history=True)
    quick = with_service(front, examine=examine, settings=settings)
    told = ask(quick, {**CHANGED, "tickets": "history"}).json
    assert told["asked"]["tickets"] == "history"
    assert taken(quick).source == "history"


def test_what_is_examined(front: World) -> None:
    """Readings, instant, dimensions and limits go to whoever looks the candidate through."""
    seen: list[Candidate] = []

    def look(candidate: Candidate) -> Examined:
        seen.append(candidate)
        return examine(candidate)

    quick = with_service(front, examine=look)
    body = {
        **CHANGED,
        "tickets": {},
        "as_of": "2015-12-31T18:00",
        "by": ["kind"],
        "fail_on": ["changed > 2%"],
    }
    assert ask(quick, body).status == 202
    (one,) = seen
    assert (one.as_of, one.by, one.fail_on, one.language) == (
        "2015-12-31T18:00",
        ("kind",),
        ("changed > 2%",),
        "en",
    )
