"""Dry runs by the real service and command line: from the question to the report, and what goes wrong.

The runs are small; what is large, slow or greedy is made so by its limits.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main
from tests.serve.running import TICKET, Answer, Running, serving, wait_until

DRY_RUNS = "/v1/dry-runs"


def dearer(home: Path) -> dict[str, str]:
    """The small rulebook with a fine of 80 instead of 50, its examples left as they are."""
    text = (home / "rules" / "fines.yaml").read_text(encoding="utf-8")
    changed = text.replace("2015-01-01: 50", "2015-01-01: 80")
    assert changed != text
    return {"fines.yaml": changed}


def ask(running: Running, tickets: Any, **also: Any) -> str:
    body = {"candidate": dearer(running.home), "tickets": tickets, **also}
    answer = running.ask("POST", DRY_RUNS, body)
    assert answer.status == 202, answer.body
    return str(answer.body["id"])


def told(running: Running, id_: str, part: str = "") -> Answer:
    return running.ask("GET", f"{DRY_RUNS}/{id_}{part}")


def over(running: Running, id_: str) -> dict[str, Any]:
    """The run once it has ended."""
    wait_until(lambda: told(running, id_).body["state"] not in ("queued", "running"), 180)
    found: dict[str, Any] = told(running, id_).body
    return found


def under_way(running: Running, id_: str) -> None:
    wait_until(lambda: told(running, id_).body["state"] == "running" and rehearsing(running))


def rehearsing(running: Running) -> list[int]:
    """The processes that have their files in the folder of the dry run."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _works_in(entry, running)]


def _works_in(entry: Path, running: Running) -> bool:
    with contextlib.suppress(OSError):
        folder = (entry / "cwd").readlink()
        return folder.is_relative_to((running.home / "tmp").resolve()) and folder.name == "dry-run"
    return False


def left_behind(running: Running) -> list[Path]:
    return list((running.home / "tmp").resolve().glob("*/dry-run"))


def history(folder: Path, count: int = 40) -> str:
    """Tickets that a candidate judges otherwise, each second one; the pattern of their file."""
    folder.mkdir()
    kinds = ("loss", "delay")
    facts = ({**TICKET, "ticket_no": f"T{n}", "kind": kinds[n % 2]} for n in range(count))
    lines = (json.dumps({"facts": one, "as_of": "2015-12-31T18:00"}) for one in facts)
    (folder / "year[2015].ndjson").write_text("\n".join(lines), encoding="utf-8")
    return str(folder / "*.ndjson")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A service with a history of forty tickets."""
    with serving(tmp_path, "--history", history(tmp_path / "past")) as made:
        yield made


def test_what_a_change_does_to_the_log_and_to_a_history(running: Running) -> None:
    """Two runs, one after the other: results, reports, limits, and nothing left on the disk."""
    for number in range(6):
        running.judge(ticket_no=f"L{number}", value=number)
    first = ask(running, {}, fail_on=["changed > 2%", "delta.fine > 9,999 CNY"])
    second = ask(running, "history", by=["kind"])
    assert told(running, second).body["ahead"] in (1, None)
    run = over(running, first)
    assert (run["state"], run["progress"]["done"], run["trouble"]) == ("done", 100, None)
    assert (run["summary"]["tickets"], run["summary"]["changed"], run["summary"]["passed"]) == (6, 5, False)
    assert [limit["exceeded"] for limit in run["summary"]["limits"]] == [True, False]
    impact = told(running, first, "/result").body
    assert impact["money"] == [
        {"kind": "fine", "unit": "CNY", "before": "250.00", "after": "400.00", "delta": "150.00"}
    ]
    assert (impact["base"]["label"], impact["candidate"]["label"]) == (run["base"], "candidate")
    example = impact["classes"][0]["examples"][0]
    assert (example["file"], example["before"]["edition"]) == ("tickets/decisions.ndjson", run["base"])
    assert over(running, second)["summary"]["changed"] == 20
    result = told(running, second, "/result").body
    assert result["largest"][0]["file"] == "tickets/year_2015_.ndjson"
    assert "kind" in {dimension["fact"] for dimension in result["dimensions"]}
    for id_ in (first, second):
        report = told(running, id_, "/report")
        assert report.headers["content-type"] == "text/html; charset=utf-8"
        assert report.body.startswith(b"<!doctype html>"[:9]) or report.body[:9].lower() == b"<!doctype"
        assert str(running.home).encode() not in report.body
    assert str(running.home) not in json.dumps([impact, result])
    assert left_behind(running) == []
    metrics = running.ask("GET", "/metrics").body.decode()
    wait_until(
        lambda: 'dry_runs_ended_total{result="done"} 2.0' in running.ask("GET", "/metrics").body.decode()
    )
    assert 'caiding_dry_runs{state="done"} 2.0' in metrics
    assert [line for line in running.log if line["level"] == "error"] == []


def test_days_without_decisions(running: Running) -> None:
    """Nothing to compare is no result; the reason is that of the command line."""
    run = over(running, ask(running, {"from": "2001-01-01", "until": "2001-02-01"}))
    assert (run["state"], run["trouble"]["code"]) == ("failed", "S142")
    assert run["trouble"]["findings"]
    assert told(running, run["id"], "/result").status == 409


def test_cancelled_and_given_back(running: Running) -> None:
    """A run under way is ended within a moment; one that a stopping service has begun is done by the next."""
    first, second = ask(running, "history"), ask(running, "history")
    under_way(running, first)
    assert running.ask("DELETE", f"{DRY_RUNS}/{first}").status == 204
    assert over(running, first)["state"] == "cancelled"
    under_way(running, second)
    assert running.stop() == 0
    wait_until(lambda: not rehearsing(running), 5)
    assert not list((running.home / "tmp").iterdir()), "the run folder is gone"
    assert [line for line in running.log if line["level"] == "error"] == []
    with serving(running.home, "--history", str(running.home / "past" / "*"), key=running.key) as again:
        run = over(again, second)
        assert (run["state"], run["summary"]["changed"]) == ("done", 20)


def test_a_killed_service_takes_its_run_with_it_and_the_next_does_it_again(running: Running) -> None:
    """Nobody goes on working for a service that is not there; a minute later the run is anybody's."""
    id_ = ask(running, "history")
    under_way(running, id_)
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    wait_until(lambda: not rehearsing(running), 10)
    with contextlib.closing(sqlite3.connect(running.home / "caiding.db", timeout=20)) as database, database:
        database.execute("UPDATE dry_runs SET lease_until = 0")
    with serving(running.home, "--history", str(running.home / "past" / "*"), key=running.key) as again:
        assert over(again, id_)["state"] == "done"


@pytest.mark.parametrize(
    ("name", "written"),
    [("time", "soon"), ("time", "0s"), ("memory", "1MB"), ("memory", "much"), ("keep", "2y")],
)
def test_options_that_are_none(name: str, written: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Limits that cannot be read, or with which nothing could be done, are said before the service starts."""
    before = signal.getsignal(signal.SIGTERM)
    assert main(["--lang", "en", "serve", f"--dry-run-{name}", written]) == 1
    signal.signal(signal.SIGTERM, before)
    assert f"`--dry-run-{name}` cannot be `{written}`" in capsys.readouterr().err
