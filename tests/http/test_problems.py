"""Every problem is RFC 9457, in the caller's language, to the word, and tells nothing that it should not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.http.limits import KeyLimiter
from api.http.problems import STATUS
from api.scribe.client import LogUnavailable, NoLog
from api.scribe.protocol import ScribeState
from api.store.database import open_database
from tests.http.world import Reply, World, with_service

CASES = yaml.safe_load((Path(__file__).parent / "problems.yaml").read_text(encoding="utf-8"))
MEMBERS = ["type", "title", "status", "detail", "instance", "code", "help", "errors"]


def said(reply: Reply) -> tuple[int, str]:
    """The status and code of a problem, once its form is seen to be right."""
    body = reply.json
    assert list(body) == MEMBERS
    assert reply.header("Content-Type") == "application/problem+json"
    assert body["status"] == reply.status == STATUS[body["code"]]
    assert body["type"] == f"urn:caiding:problem:{body['code']}"
    assert body["instance"] == f"urn:caiding:request:{reply.header('X-Request-Id')}"
    return reply.status, body["code"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"].replace(" ", "-"))
def test_to_the_word(front: World, case: dict[str, Any]) -> None:
    """Each problem says what the file beside this test says, in both languages."""
    asked = {**case["ask"], "body": case["ask"].get("body", "").encode()}
    for language in ("zh", "en"):
        headers = {**asked.get("headers", {}), "Accept-Language": language}
        reply = front.ask(**{**asked, "headers": headers})
        assert said(reply) == (case["status"], case["code"])
        assert reply.json["detail"] == case[language]
        errors = reply.json["errors"]
        assert [error["code"] for error in errors] == case.get("errors", [])
        if "pointers" in case:
            assert [error["pointer"] for error in errors] == case["pointers"]
        for name, value in case.get("headers", {}).items():
            assert reply.header(name) == value


def test_every_code_is_tested() -> None:
    """No problem is left out: those not in the file are here, in `test_verdicts` or in `test_dry_runs`."""
    elsewhere = {"S003", "S041", "S060", "S061", "S062", "S063", "S064", "S065", "S066"}
    elsewhere |= {"S121", "S122", "S123", "S124", "S125", "S126"}
    assert {case["code"] for case in CASES} | elsewhere == STATUS.keys()


def test_language(front: World) -> None:
    """Without a wish, or with one for a third language, the service speaks its own."""
    for accepted, start in (
        ("", "这个"),
        ("fr", "这个"),
        ("en;q=0.3, zh;q=0.2", "there"),
        ("zh-CN,en;q=0.1", "这个"),
    ):
        reply = front.ask("GET", "/x", headers={"Accept-Language": accepted})
        assert reply.json["detail"].startswith(start)


def test_wrong_keys_are_alike(front: World) -> None:
    """No key, a wrong secret, an id that is not there and another scheme get the same answer."""
    token = front.keys["evaluate"].token
    wrong = [
        "",
        "Bearer",
        "Bearer x",
        f"Bearer {token[:-1]}",
        f"Bearer {token}x",
        f"Bearer {token.replace('_1_', '_9_')}",
        f"Basic {token}",
        "Bearer caiding__",
        "Bearer caiding_1_\xff",
    ]
    replies = [front.ask("GET", "/v1/facts", key=None, headers={"Authorization": given}) for given in wrong]
    bodies = {reply.body.replace((reply.header("X-Request-Id") or "").encode(), b"") for reply in replies}
    assert {said(reply) for reply in replies} == {(401, "S001")}
    assert len(bodies) == 1


def test_no_key_no_answer(front: World) -> None:
    """Without a key nobody learns which addresses there are; health is open."""
    for method, path in (("GET", "/x"), ("PUT", "/v1/facts"), ("OPTIONS", "/v1/facts"), ("GET", "/metrics")):
        assert said(front.ask(method, path, key=None)) == (401, "S001")
    assert front.ask("GET", "/health/live", key=None).status == 200
    assert front.ask("GET", "/health/ready", key=None).status == 200


def test_rate_limit(front: World) -> None:
    """A key that asks too often waits, and is told how long; another key does not."""
    limited = with_service(front, limiter=KeyLimiter([0.0] * 16, limit=3, window=60))
    replies = [limited.ask("GET", "/v1/facts") for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    last = replies[-1]
    assert said(last) == (429, "S003")
    assert 1 <= int(last.header("Retry-After") or "") <= 21
    assert last.header("RateLimit-Policy") == '"key";q=3;w=60'
    assert (last.header("RateLimit") or "").startswith('"key";r=0;t=')
    assert last.json["detail"] == "too many requests: a key may send 3 every 60 seconds"
    assert limited.ask("GET", "/v1/facts", key="other").status == 200


class _Broken(NoLog):
    """A log that cannot be written."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def record(self, *_: object) -> None:
        raise self.error

    def state(self) -> ScribeState:
        raise self.error


def test_log_that_cannot_be_written(front: World) -> None:
    """What is not stored is not answered, and the reason is told."""
    for reason, code in (("full", "S061"), ("away", "S062"), ("timeout", "S062")):
        broken = with_service(front, log=_Broken(LogUnavailable(reason)))  # type: ignore[arg-type]  # one of its words
        reply = broken.post({"kind": "loss", "value": 3})
        assert said(reply) == (503, code)
        assert reply.header("Retry-After") == "2"
        assert broken.ask("GET", "/health/ready", key=None).json["errors"][0]["code"] == "S062"


def test_record_that_is_refused(front: World) -> None:
    """A record that the database will never take is a mistake of ours: to ask again would not help."""
    broken = with_service(front, log=_Broken(LogUnavailable("refused")))
    assert said(broken.post({"kind": "loss", "value": 3})) == (500, "S060")


def test_edition_that_cannot_be_had(front: World) -> None:
    """Where the edition cannot be told, there is a problem all the same, and the place in the log."""

    class Lost:
        def active(self) -> None:
            raise FileNotFoundError("王小明")

    lost = with_service(front, editions=Lost())
    assert said(lost.post({})) == (503, "S064")
    assert lost.ask("GET", "/health/live", key=None).status == 200
    assert lost.journal.lines[0]["event"] == "trouble"


def test_mistake_of_ours(front: World) -> None:
    """The caller learns the request id and nothing else; the log gets the exception and no fact."""
    broken = with_service(front, log=_Broken(ZeroDivisionError("王小明")))
    reply = broken.post({"kind": "loss", "value": 3}, headers={"X-Request-Id": "r-7"})
    assert said(reply) == (500, "S060")
    assert reply.json["detail"] == "something went wrong inside, tell the maintainers the request id `r-7`"
    assert b"Zero" not in reply.body
    (line,) = broken.journal.lines
    assert (line["event"], line["request_id"]) == ("trouble", "r-7")
    assert isinstance(line["exc_info"], ZeroDivisionError)


def test_mistake_of_ours_behind_flask(front: World) -> None:
    """The same for what Flask dispatches."""

    def fails(_patience: float) -> bool:
        raise KeyError("secret")

    reply = with_service(front, reload=fails).ask("POST", "/v1/editions/reload", key="operate")
    assert said(reply) == (500, "S060")
    assert b"secret" not in reply.body


def test_no_edition_yet(front: World) -> None:
    """Before the first edition nothing is judged, and the service is not ready."""
    front.shelf.edition = None
    for reply in (
        front.post({}),
        front.batch([{}]),
        front.ask("GET", "/v1/facts"),
        front.ask("GET", "/v1/rulebooks"),
        front.ask("GET", "/v1/rulebooks/fines"),
    ):
        assert said(reply) == (503, "S064")
        assert reply.header("Retry-After") == "2"
        assert reply.header("Caiding-Edition") == "none"
    assert said(front.ask("GET", "/health/ready", key=None)) == (503, "S066")
    assert front.ask("GET", "/health/live", key=None).status == 200


def test_database_away(front: World, tmp_path: Path) -> None:
    """A database that cannot be read is a problem of its own, and the service is not ready."""
    nowhere = open_database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    away = with_service(front, database=nowhere)
    id_ = "01941f29-7c00-7000-8000-000000000000"
    assert said(away.ask("GET", f"/v1/verdicts/{id_}")) == (503, "S063")
    ready = away.ask("GET", "/health/ready", key=None)
    assert said(ready) == (503, "S066")
    assert ready.json["detail"].startswith("the service is not ready: database (since 20")
    assert [error["code"] for error in ready.json["errors"]] == ["S063"]
    again = away.ask("GET", "/health/ready", key=None)
    assert again.json["detail"] == ready.json["detail"], "since when stays"
    nowhere.close()


def test_reload_without_answer(front: World) -> None:
    """A keeper that does not answer in time is no success."""
    slow = with_service(front, reload=lambda _patience: False)
    assert said(slow.ask("POST", "/v1/editions/reload", key="operate")) == (503, "S065")


def test_settings_stay(front: World) -> None:
    """Limits come from the settings."""
    small = with_service(
        front, settings=replace(front.service.settings, most_ticket_bytes=10, most_tickets=1)
    )
    assert said(small.post({"kind": "loss"})) == (413, "S023")
    assert said(small.batch([{}, {}])) == (422, "S031")
