"""The thread that does dry runs: limits, and runs that come to nothing, each with its reason."""

from __future__ import annotations

import errno
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from time import time_ns
from typing import Any

import pytest

from api.serve.rehearsal import NotDone, link_history, summary_of
from api.serve.rehearsals import Pace, Rehearsals, Result
from api.serve.settings import RunSettings
from api.store.database import Database, StoreUnavailable, open_database, upgrade
from api.store.dry_runs import DryRun, add, cancel, find_dry_run, kept_part
from api.store.editions import KeptEdition, keep
from api.store.ids import new_id
from tests.http.world import FINES, Journal, texts

DEARER = texts(FINES.replace("amount: 50", "amount: 80"))
ASKED: Mapping[str, Any] = {
    "candidate": ["fines.yaml"],
    "readings": {},
    "tickets": "history",
    "as_of": None,
    "by": [],
    "fail_on": [],
    "language": "en",
}


class Counts:
    """What was counted."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def dry_run(self, result: Result) -> None:
        self.results.append(result)


class Bench:
    """A queue with whatever is put into it, and one who works on it."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database, self.counts, self.journal = database, Counts(), Journal()
        settings = RunSettings(
            rules="",
            database_url=f"sqlite:///{home / 'caiding.db'}",
            host="",
            port=0,
            workers=1,
            threads=1,
            evaluator="compiled",
            second_opinion=0,
            rate=0,
            language="zh",
            command=(sys.executable, "-P", "-m", "api.cli.main"),
            history=(str(home / "past" / "*.ndjson"),),
        )
        pace = Pace(look=0.02, hold=0.05)
        self.rehearsals = Rehearsals(
            database, settings, home / "dry-run", time_ns, self.counts, self.journal, pace
        )

    def ask(self, files: Mapping[str, bytes] = DEARER, base: str = "b" * 12, **asked: Any) -> str:
        source = "log" if isinstance(asked.get("tickets"), dict) else "history"
        text = json.dumps({**ASKED, **asked})
        run = DryRun(new_id(time_ns()), "desk", 1, 1, base, "c" * 12, source, text)  # type: ignore[arg-type]  # one of its words
        with self.database.writing() as connection:
            add(connection, run, files)
        return run.id

    def done(self, id_: str, **settings: Any) -> DryRun:
        """The run after the thread's work on it."""
        self.rehearsals.settings = replace(self.rehearsals.settings, **settings)
        assert self.rehearsals.rehearse()
        return self.found(id_)

    def found(self, id_: str) -> DryRun:
        with self.database.reading() as connection:
            run = find_dry_run(connection, id_)
        assert run is not None
        return run


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    database = open_database(f"sqlite:///{tmp_path / 'caiding.db'}")
    upgrade(database)
    with database.writing() as connection:
        keep(connection, KeptEdition("b" * 12, "r", 1, "caiding", {}, texts()))
    (tmp_path / "past").mkdir()
    ticket = {"facts": {"kind": "loss", "value": 3, "receiver": "王小明"}, "as_of": "2015-12-31T18:00"}
    line = json.dumps(ticket, ensure_ascii=False)
    (tmp_path / "past" / "2015.ndjson").write_text(f"{line}\n" * 10, encoding="utf-8")
    yield Bench(database, tmp_path)
    database.close()


def trouble(run: DryRun) -> Any:
    assert run.state == "failed"
    return json.loads(run.trouble or "")


def test_limits(bench: Bench, tmp_path: Path) -> None:
    """What takes too long or too much is ended, and the reason names the limit."""
    slow = bench.done(bench.ask(), dry_run_seconds=0)
    assert trouble(slow) == {"code": "S140", "values": {"limit": "0h"}}
    greedy = bench.done(bench.ask(), dry_run_seconds=60, dry_run_bytes=60_000_000)
    assert trouble(greedy) == {"code": "S141", "values": {"limit": "60MB"}}
    assert not (tmp_path / "dry-run").exists()
    assert bench.counts.results == ["failed", "failed"]
    assert [(line["event"], line["code"]) for line in bench.journal.lines] == [
        ("dry run", "S140"),
        ("dry run", "S141"),
    ]


def test_nobody_is_named(bench: Bench) -> None:
    """The history holds names, what comes of it does not."""
    run = bench.done(bench.ask())
    assert (run.state, run.trouble) == ("done", None)
    with bench.database.reading() as connection:
        result, report = kept_part(connection, run.id, "result"), kept_part(connection, run.id, "report")
    assert result is not None
    assert report is not None
    assert "[personal 1]" in result.decode()
    assert "王小明" not in result.decode() + report.decode()
    assert json.loads(run.summary or "")["changed"] == 10


def test_reasons(bench: Bench, tmp_path: Path) -> None:
    """Findings of the command line, an edition that is gone, no history, a program that breaks off."""
    wrong = trouble(bench.done(bench.ask({**DEARER, "fines.yaml": b"rulebook: ["})))
    assert (wrong["code"], wrong["findings"][0]["severity"]) == ("S142", "error")
    assert trouble(bench.done(bench.ask(base="d" * 12)))["code"] == "S147"
    broken = bench.done(bench.ask(), command=(sys.executable, "-c", "raise SystemExit(7)"))
    assert trouble(broken) == {"code": "S145", "values": {"exit": "7"}}
    (tmp_path / "past" / "2015.ndjson").unlink()
    assert trouble(bench.done(bench.ask()))["code"] == "S146"


def test_a_full_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be laid out is no dry run."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("api.serve.rehearsal.write_texts", full)
    assert trouble(bench.done(bench.ask())) == {"code": "S148", "values": {}}


def test_cancelled_before_and_during(bench: Bench) -> None:
    """A run that is not wanted any more ends at the next look."""
    id_ = bench.ask()
    with bench.database.writing() as connection:
        cancel(connection, id_, 1)
    assert not bench.rehearsals.rehearse()
    id_ = bench.ask()
    thread = threading.Thread(target=bench.rehearsals.rehearse)
    thread.start()
    while bench.found(id_).state == "queued":
        pass
    with bench.database.writing() as connection:
        cancel(connection, id_, 1)
    thread.join(20)
    assert bench.found(id_).state == "cancelled"
    assert bench.counts.results == ["cancelled"]


def test_what_waited_for_the_database(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database may be away while a run goes on, and when it ends."""
    id_, away = bench.ask(), iter([True] * 40)
    real = Database.writing

    def writing(self: Database) -> Any:
        if bench.rehearsals.folder.exists() and next(away, False):
            raise StoreUnavailable("away", "")
        return real(self)

    monkeypatch.setattr(Database, "writing", writing)
    assert bench.done(id_).state == "done"


def test_what_is_no_impact() -> None:
    """A command that says nothing useful has not done its work."""
    for written in (b"", b"[]", b'{"tickets": 1}', b"\xff"):
        with pytest.raises(NotDone):
            summary_of(written)


def test_the_files_of_a_history(tmp_path: Path) -> None:
    """Each file once, under a name that tells no path and is no pattern; equal names are told apart."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x[1].csv").touch()
    (tmp_path / "links").mkdir()
    link_history([str(tmp_path / "*" / "*.csv"), str(tmp_path / "a" / "*")], tmp_path / "links")
    assert sorted(link.name for link in (tmp_path / "links").iterdir()) == ["2-x_1_.csv", "x_1_.csv"]
