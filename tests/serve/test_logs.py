"""The log is one JSON object a line, cheap, and holds no secret."""

from __future__ import annotations

import io
import json
import logging
import time
from pathlib import Path

import pytest

from api import logs
from tests.serve.running import serving

SECRET = "caiding_7_Zm9yZ2V0bWVub3Q"  # noqa: S105 - made up
CHEAP_S = 60e-6
"""Six microseconds on a quiet machine; the bound here is for a busy one."""


def lines_of(stream: io.BytesIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_object_a_line(stream: io.BytesIO) -> None:
    """Time, level and event first, then what is bound, then what is given."""
    logs.journal(slot=3).info("request", request_id="r\n1", edition="abc", status=201)
    (line,) = lines_of(stream)
    assert list(line) == ["at", "level", "event", "process", "slot", "request_id", "edition", "status"]
    assert line["request_id"] == "r\n1"


def test_other_libraries_speak_the_same_way(stream: io.BytesIO) -> None:
    """The standard library's logging ends here, placeholders filled in; what is below its level does not."""
    logging.getLogger("alembic.runtime").warning("upgrade %s -> %s", "1", "2")
    logging.getLogger("alembic.runtime").info("not this")
    (line,) = lines_of(stream)
    assert (line["event"], line["logger"], line["level"]) == ("upgrade 1 -> 2", "alembic.runtime", "warning")


@pytest.mark.parametrize(
    "said",
    [
        f"Authorization: Bearer {SECRET}",
        f"GET /?key={SECRET}&x=1",
        f'{{"key": "{SECRET}"}}',
        "postgresql://me:Zm9yZ2V0bWVub3Q@db.example/caiding",
        "password=Zm9yZ2V0bWVub3Q host=db",
    ],
)
def test_secrets_are_blotted_out(stream: io.BytesIO, said: str) -> None:
    """Wherever they turn up: in the event, in a field, or in what a library says."""
    logs.journal().info(said, field=said, deep={"in": [said]})
    logging.getLogger("psycopg").error("failed: %s", said)
    assert b"Zm9yZ2V0bWVub3Q" not in stream.getvalue()
    assert len(lines_of(stream)) == 2


def test_an_exception_is_told_without_its_text(stream: io.BytesIO) -> None:
    """Its kinds and its places; its text may quote a ticket."""
    try:
        _fail()
    except RuntimeError as error:
        logs.journal().error("trouble", exc_info=error)
        logging.getLogger("x").exception("again")
    first, second = lines_of(stream)
    assert first["exception"] == second["exception"] == ["RuntimeError", "ValueError"]
    assert any("tests/serve/test_logs.py" in place for place in list(first["where"]))  # type: ignore[call-overload]
    assert b"Wuhan" not in stream.getvalue()


def _fail() -> None:
    try:
        int("Lane 3, Wuhan")
    except ValueError as error:
        raise RuntimeError("Lane 3, Wuhan again") from error


def test_a_line_is_cheap(stream: io.BytesIO) -> None:
    """A request's line costs little beside its verdict."""
    journal = logs.journal()
    fields = {"request_id": "a0f04d86252c-5", "edition": "017024998c5a", "method": "POST", "status": 201}
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(1000):
            journal.info("request", **fields, route="/v1/verdicts", us=311)
        best = min(best, (time.perf_counter() - started) / 1000)
    assert best < CHEAP_S
    del stream


def test_a_whole_run_says_no_secret(tmp_path: Path, database_url: str) -> None:
    """The log of a start, of requests good and bad, of a reload and of the end: no key, no password, no fact.

    What is printed for the person has the key once, and no password either.
    """
    password = "Zm9yZ2V0bWVub3Q"  # noqa: S105 - the server of the tests asks for none
    url = f"{database_url}&password={password}" if "?" in database_url else database_url
    with serving(tmp_path, "--database-url", url) as running:
        running.judge(ticket_no="ZX-998877")
        running.judge(ticket_no="ZX-998877", kind="Lane 3 Wuhan")
        running.ask("GET", f"/v1/verdicts/{running.key}?key={running.key}")
        running.ask("GET", "/v1/facts", Authorization=f"Bearer {running.key}x")
        running.ask("POST", "/v1/editions/reload")
        assert running.stop() == 0
        said = running.raw_log
        assert running.log
        assert password not in running.said
        for secret in (password, running.key, running.key.rpartition("_")[2], "ZX-998877", "Lane 3 Wuhan"):
            assert secret not in said
        requests = [line for line in running.log if line["event"] == "request"]
        assert len(requests) == 5
        assert all({"request_id", "edition", "status", "us"} <= line.keys() for line in requests)
