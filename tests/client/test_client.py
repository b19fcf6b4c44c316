"""The Python client against the live service, and against servers that fail."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from api.client import Caiding, Decided, Problem, Ticket, Unreachable
from tests.serve.running import TICKET, Running, free_port, serving

VERDICT = {"id": "1", "verdict": {"totals": {}}}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("service"), "--rate", "0") as running:
        yield running


@pytest.fixture
def caiding(running: Running) -> Caiding:
    return Caiding(f"http://127.0.0.1:{running.port}/", running.key, language="en")


def test_a_ticket_is_judged_read_back_and_judged_again(caiding: Caiding) -> None:
    decided = caiding.decide({**TICKET, "value": Decimal("10.50"), "day": date(2015, 6, 10)})
    assert decided.verdict["totals"] == {"fine": {"CNY": "50.00"}}
    stored = caiding.verdict(decided.id)
    assert stored["verdict"] == decided.verdict
    assert caiding.replay(decided.id)["same_bytes"] is True
    assert caiding.editions()["active"]["edition"] == decided.verdict["edition"]


def test_an_instant_of_judging_goes_along(caiding: Caiding) -> None:
    decided = caiding.decide(TICKET, datetime(2015, 6, 12, 8, 0, tzinfo=UTC))
    assert decided.verdict["as_of"] == "2015-06-12T16:00:00+08:00"


def test_the_same_key_gives_the_same_decision(caiding: Caiding) -> None:
    first, second = (caiding.decide(TICKET, idempotency_key="once") for _ in range(2))
    assert (first.id, first.verdict) == (second.id, second.verdict)
    assert (first.replayed, second.replayed) == (False, True)


def test_a_problem_says_everything_that_is_wrong(caiding: Caiding) -> None:
    with pytest.raises(Problem) as caught:
        caiding.decide({"kind": "theft", "valu": 1})
    assert (caught.value.status, caught.value.code) == (422, "S030")
    assert {(error.code, error.pointer) for error in caught.value.errors} == {
        ("F006", "/facts/kind"),
        ("F001", "/facts/valu"),
    }
    assert "did you mean `value`?" in {error.help for error in caught.value.errors}


def test_many_tickets_come_back_in_order_each_with_its_verdict_or_problem(caiding: Caiding) -> None:
    good, bad = Ticket(TICKET), Ticket({"nobody": 1})
    results = list(caiding.decide_many([good, bad, *[good] * 1_000]))
    assert len(results) == 1_002
    assert [index for index, result in enumerate(results) if isinstance(result, Problem)] == [1]


def test_a_case_is_walked(caiding: Caiding) -> None:
    events: list[dict[str, Any]] = [
        {"at": datetime(2015, 6, 10, 9, tzinfo=UTC), "event": "lost", "facts": TICKET},
        {"at": "2015-06-11T10:00"},
    ]
    title = {"zh": "丢失", "en": "lost"}
    walk = caiding.walk(events, until=datetime(2015, 6, 12, tzinfo=UTC), title=title)
    assert [moment["happened"] for moment in walk["moments"]] == ["event", "event", "end"]
    assert walk["moments"][0]["verdict"]["totals"] == {"fine": {"CNY": "50.00"}}


def test_a_wrong_key_is_a_problem_and_is_not_tried_again(running: Running) -> None:
    with pytest.raises(Problem, match="S001"):
        Caiding(f"http://127.0.0.1:{running.port}", "caiding_1_wrong").editions()


def test_what_cannot_be_watched_is_a_problem(caiding: Caiding) -> None:
    with pytest.raises(Problem) as caught:
        caiding.watch(caiding.decide(TICKET).id, "desk")
    assert caught.value.status == 422


def test_a_dry_run_is_asked_for_followed_and_read(running: Running, caiding: Caiding) -> None:
    caiding.decide(TICKET)
    text = (running.home / "rules" / "fines.yaml").read_text(encoding="utf-8")
    dearer = {"fines.yaml": text.replace("2015-01-01: 50", "2015-01-01: 80")}
    asked = caiding.ask_for_dry_run(dearer, tickets={}, fail_on=["changed > 0"])
    run = caiding.wait_for_dry_run(asked["id"], every=0.1, patience=180)
    assert (run["state"], run["summary"]["passed"]) == ("done", False)
    assert caiding.dry_run_result(run["id"])["changed"] == run["summary"]["changed"] > 0
    assert caiding.dry_run_report(run["id"]).lower().startswith("<!doctype html>")


def test_a_dry_run_is_cancelled_and_a_candidate_with_errors_is_told_of(caiding: Caiding) -> None:
    asked = caiding.ask_for_dry_run(base=caiding.editions()["active"]["edition"], tickets={})
    with pytest.raises(TimeoutError):
        caiding.wait_for_dry_run(asked["id"], patience=0)
    caiding.cancel_dry_run(asked["id"])
    assert caiding.wait_for_dry_run(asked["id"], every=0.1)["state"] == "cancelled"
    with pytest.raises(Problem, match="S125"):
        caiding.dry_run_report(asked["id"])
    with pytest.raises(Problem, match="S121") as caught:
        caiding.ask_for_dry_run({"fines.yaml": "rulebook: ["}, tickets={})
    assert caught.value.body["findings"]


def test_floats_are_refused_before_anything_is_sent(caiding: Caiding) -> None:
    with pytest.raises(TypeError, match="float"):
        caiding.decide({"value": 10.5})


@dataclass
class Failing:
    """A server that gives these answers one after the other; `asked` are the requests' repetition keys."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def failing(answers: Sequence[tuple[int, dict[str, str], Any]]) -> Iterator[Failing]:
    """Status 0 hangs up without an answer."""
    rest = iter(answers)

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            told.asked.append(self.headers["Idempotency-Key"])
            status, headers, said = next(rest)
            if status == 0:
                self.close_connection = True
                return
            content = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    told = Failing(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_waits_as_long_as_it_is_told_and_asks_again_with_the_same_key() -> None:
    with failing(
        [(503, {"Retry-After": "1"}, {}), (429, {"Retry-After": "1"}, {}), (201, {}, VERDICT)]
    ) as told:
        begun = time.monotonic()
        assert Caiding(told.url, "key").decide({}) == Decided("1", {"totals": {}})
    assert time.monotonic() - begun >= 2
    assert len(set(told.asked)) == 1
    assert len(told.asked) == 3


def test_it_asks_again_where_the_connection_breaks() -> None:
    with failing([(0, {}, None), (201, {}, VERDICT)]) as told:
        assert Caiding(told.url, "key").decide({}).id == "1"
    assert len(set(told.asked)) == 1


def test_what_is_wrong_for_good_is_asked_once() -> None:
    with failing([(422, {}, {"code": "S030", "errors": []})]) as told, pytest.raises(Problem, match="S030"):
        Caiding(told.url, "key").decide({})
    assert len(told.asked) == 1


def test_it_gives_up_with_the_problem_or_says_that_nobody_answers() -> None:
    with (
        failing([(503, {"Retry-After": "0"}, {"code": "S062"})] * 2) as told,
        pytest.raises(Problem, match="S062"),
    ):
        Caiding(told.url, "key", retries=1).decide({})
    with pytest.raises(Unreachable):
        Caiding(f"http://127.0.0.1:{free_port()}", "key", retries=1).decide({})
