"""`caiding key`, `caiding log` and `caiding database`: on both databases, every trouble a sentence."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert
from sqlglot import exp

from api.cli.ticket_inputs import ticket_inputs
from api.store.database import Database
from api.store.decisions import Decision
from api.store.editions import KeptEdition, keep
from api.store.ids import new_id
from api.store.months import ensure_months
from api.store.tables import decisions
from api.tickets.history import history
from api.tickets.json_door import JsonDoor
from api.tickets.tables import TableOptions, read_tickets
from api.tickets.writers import write_ndjson
from engine.evaluate.evaluators import evaluator
from engine.library import Library, load
from engine.plan.nodes import Plan
from engine.replay.engines.duck import Duck
from tests.api.command_line import ROOT, SMALL, Run

AS_OF = datetime(2015, 12, 31, 18, tzinfo=ZoneInfo("Asia/Shanghai"))
TICKETS = 60


@pytest.fixture(scope="session")
def shipped() -> Library:
    return load(ROOT / "rules")


def plan_of(library: Library) -> Plan:
    assert library.plan is not None
    return library.plan


@pytest.fixture(scope="session")
def judged(shipped: Library) -> list[Decision]:
    """Made-up tickets and those of the examples, judged as the service does."""
    door = JsonDoor(evaluator("compiled", plan_of(shipped)))
    examples = [json.loads(path.read_bytes()) for path in sorted(ROOT.glob("examples/tickets/*.json"))]
    made_up = io.BytesIO()
    write_ndjson(made_up, history(TICKETS, 7))
    bodies = made_up.getvalue().splitlines()
    bodies += [json.dumps(body if "facts" in body else {"facts": body}).encode() for body in examples]
    return list(_decisions(door, bodies, plan_of(shipped).edition))


def _decisions(door: JsonDoor, bodies: list[bytes], edition: str) -> Iterator[Decision]:
    start = time.time_ns() - len(bodies) * 1_000_000
    for number, body in enumerate(bodies):
        request = door.read(body)
        assert not isinstance(request, list), request
        one, id_ = door.decide(request, AS_OF), new_id(start + number * 1_000_000)
        facts, verdict, as_of = one.facts.decode(), one.verdict_json.decode(), one.verdict["as_of"]
        yield Decision(id_, 1, as_of, edition, "shop", 1, "r", None, None, 5, "0.1.0", facts, verdict)


def fill(database: Database, library: Library, folder: Path, rows: list[Decision]) -> None:
    files = {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
    with database.writing() as connection:
        ensure_months(connection, rows[0].id, rows[-1].id)
        keep(connection, KeptEdition(plan_of(library).edition, "r", 1, "0.1.0", {}, files))
        connection.execute(insert(decisions), [row._asdict() for row in rows])


@pytest.fixture
def filled_url(database_url: str, database: Database, shipped: Library, judged: list[Decision]) -> str:
    """The URL of a database whose log holds those decisions."""
    fill(database, shipped, ROOT / "rules", judged)
    return database_url


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
def test_what_is_exported_is_judged_the_same(
    run: Run, filled_url: str, judged: list[Decision], form: str, tmp_path: Path
) -> None:
    """The tickets of the log, judged again by the same rules, get the verdicts that stand in the log."""
    file, verdicts = tmp_path / f"log.{form}", tmp_path / "verdicts.ndjson"
    wrote = run(
        "log", "export", "--database-url", filled_url, "--format", form, "--output", file, "--verdicts"
    )
    assert (wrote.code, wrote.out, wrote.err) == (0, "", f"{len(judged)} decisions written\n")
    ran = run("decide", "--rules", "rules", "--format", "json", "--output", verdicts, file)
    assert ran.code == 0, ran.err
    again = [json.loads(line)["verdict"] for line in verdicts.read_text(encoding="utf-8").splitlines()]
    assert again == [json.loads(one.verdict) for one in judged]


def test_the_log_by_its_url_is_a_table_of_tickets(
    filled_url: str, shipped: Library, judged: list[Decision]
) -> None:
    """Each decision's ticket, the oldest first, to be judged as of the instant of its verdict."""
    with Duck() as engine, ticket_inputs([filled_url]) as inputs:
        table = read_tickets(engine, inputs, [plan_of(shipped)], TableOptions(datetime.now(UTC)))
        assert (table.rows, table.bad.count) == (len(judged), 0)
        columns = ("source_row", "as_of", "ticket_no")
        query = exp.select(*columns).from_(table.source.subquery("t")).order_by("source_row")
        expected = [
            (
                row,
                datetime.fromisoformat(str(one.as_of)).astimezone(UTC).replace(tzinfo=None),
                json.loads(one.facts).get("ticket_no"),
            )
            for row, one in enumerate(judged, start=1)
        ]
        assert list(engine.rows(query)) == expected


def test_line_of_the_export(run: Run, filled_url: str, judged: list[Decision]) -> None:
    """What the log says of a ticket stands apart from what the ticket says."""
    ran = run("log", "export", "--database-url", filled_url, "--verdicts")
    assert ran.out.count("\n") == len(judged)
    line = json.loads(ran.out.partition("\n")[0])
    first = judged[0]
    assert list(line) == ["decision", "as_of", "facts"]
    told = line["decision"]
    assert (told["id"], told["edition"], told["caller"]) == (first.id, first.edition, "shop")
    assert told["verdict"] == json.loads(first.verdict)
    assert line["facts"] == json.loads(first.facts)
    assert "verdict" not in json.loads(
        run("log", "export", "--database-url", filled_url).out.partition("\n")[0]
    )


def test_days_of_the_export(run: Run, database: Database, database_url: str, judged: list[Decision]) -> None:
    """Days are those of the rulebooks' zone: 2026-03-01 begins at 16:00 (UTC) of the day before."""
    instants = [datetime(2026, 2, 28, 15, 59, tzinfo=UTC), datetime(2026, 2, 28, 16, tzinfo=UTC)]
    ids = [new_id(int(instant.timestamp()) * 1_000_000_000) for instant in instants]
    fill(database, load(SMALL), SMALL, [judged[0]._replace(id=id_) for id_ in ids])

    def found(*days: str) -> list[str]:
        lines = run("log", "export", "--database-url", database_url, *days).out.splitlines()
        return [json.loads(line)["decision"]["id"] for line in lines]

    assert found() == ids
    assert found("--from", "2026-03-01") == ids[1:]
    assert found("--until", "2026-03-01") == ids[:1]
    assert found("--from", "0001-01-01", "--until", "9999-12-31") == ids
    assert found("--from", "2026-03-02") == []


def test_facts_that_parquet_cannot_type(
    run: Run, database: Database, database_url: str, judged: list[Decision], tmp_path: Path
) -> None:
    """Where a stored ticket does not fit the catalogue no file is left that looks whole."""
    fill(database, load(SMALL), SMALL, judged[:1])
    file = tmp_path / "log.parquet"
    ran = run("log", "export", "--database-url", database_url, "--format", "parquet", "--output", file)
    assert ran.code == 1
    assert "error[D117]" in ran.err
    assert "help: export it with --format ndjson" in ran.err
    assert not file.exists()


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
def test_disk_is_full(run: Run, filled_url: str, form: str) -> None:
    ran = run("log", "export", "--database-url", filled_url, "--format", form, "--output", "/dev/full")
    assert (ran.code, ran.err.partition("]")[0]) == (1, "error[D029")


def test_prune(run: Run, filled_url: str) -> None:
    """Nothing of the last two years goes; less than those two years is done, and said to be too little."""
    ran = run("log", "prune", "--database-url", filled_url)
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.endswith(": 0 decisions, 0 idempotency keys, 0 watches\n")
    short = run("log", "prune", "--dry-run", "--older-than", "1d", "--database-url", filled_url)
    assert "warning[D116]: `1d` is less than the two years" in short.err
    assert "would go" in short.out


def test_life_of_a_key(run: Run, database_url: str) -> None:
    """Made, listed and revoked; the key alone stands on standard output."""
    url = ("--database-url", database_url)
    made = run("key", "new", "--caller", "shop", "--role", "operate", "--role", "evaluate", *url)
    assert made.code == 0
    assert re.fullmatch(r"caiding_1_[0-9A-Za-z]{43}\n", made.out)
    assert made.err == "the key 1 belongs to shop (evaluate, operate) and is shown this once\n"
    secret = made.out.strip().rpartition("_")[2]
    second = run("key", "new", "--caller", "shop", "--expires", "2099-12-31", "--name", "next", *url)
    assert second.code == 0
    third = run("key", "new", "--caller", "shop", *url)
    assert third.err == (
        "error[D110]: `shop` has two live keys already: 1, 2\n"
        "help: revoke the old one first: caiding key revoke 1\n"
    )
    assert run("key", "revoke", "1", *url).out == "the key 1 is revoked\n"
    listed = run("key", "list", "--format", "json", *url).out
    assert secret not in listed
    first, other = json.loads(listed)
    assert (first["id"], first["caller"], first["roles"]) == (1, "shop", ["evaluate", "operate"])
    assert first["revoked_at"] is not None
    assert (other["name"], other["expires_at"][:4], other["revoked_at"]) == ("next", "2100", None)
    table = run("--lang", "zh", "key", "list", *url).out
    assert table.split()[:3] == ["编号", "调用方", "备注"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("key", "new"), "error[D005]: `--caller` is missing"),
        (("key", "new", "--caller", "a\nb"), "error[D111]: "),
        (("key", "new", "--caller", "x", "--role", "operat"), "help: did you mean `operate`?"),
        (("key", "new", "--caller", "x", "--expires", "2015-1-1"), "error[D007]: "),
        (("key", "new", "--caller", "x", "--expires", "2015-01-01"), "error[D118]: `2015-01-01` has passed"),
        (("key", "new", "--caller", "x", "--expires", "9999-12-31"), "error[D007]: "),
        (("key", "revoke", "7"), "error[D114]: there is no key with the number `7`"),
        (("key", "revoke", "one"), "error[D114]: there is no key with the number `one`"),
        (("key", "revoke", "9" * 30), "error[D114]: "),
        (("key", "revok"), "help: did you mean `revoke`?"),
        (("log", "prune", "--older-than", "2 years"), "error[D115]: `2 years` is not a length of time"),
        (("log", "prune", "--older-than", "99999y"), "error[D115]: "),
        (("log", "prune", "--older-than", "0d"), "error[D115]: "),
        (("log", "export", "--from", "yesterday"), "error[D007]: `yesterday` is not a day"),
        (("log", "export", "--format", "parquet"), "error[D119]: "),
        (("log", "export", "--output", "nowhere/log.ndjson"), "error[D010]: there is no folder `nowhere`"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_mistakes(run: Run, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """A mistake gives one sentence and 1."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    run("database", "upgrade", "--database-url", url)
    ran = run(*words, "--database-url", url)
    assert ran.code == 1
    assert said in ran.err
    assert ran.out == ""


def test_output_that_is_the_database(run: Run, tmp_path: Path) -> None:
    """The export never writes over what it reads."""
    file = tmp_path / "x.db"
    run("database", "upgrade", "--database-url", f"sqlite:///{file}")
    ran = run("log", "export", "--database-url", f"sqlite:///{file}", "--output", file)
    assert "error[D028]" in ran.err


@pytest.mark.parametrize(
    "words", [("key", "list"), ("log", "prune"), ("log", "export"), ("database", "upgrade")]
)
@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "caiding.db",
            "error[D100]: `caiding.db` is no address of a database\nhelp: write sqlite:///FILE or ",
        ),
        ("mysql://root:secret@localhost/x", "error[D101]: databases of the kind `mysql` are not supported\n"),
        ("sqlite://", "error[D102]: `sqlite://` names no file"),
        (
            "postgresql://u:secret@127.0.0.1:1/x",
            "error[D107]: the database `postgresql://u:***@127.0.0.1:1/x` ",
        ),
        ("sqlite:///pyproject.toml", "error[D103]: `sqlite:///pyproject.toml` is no SQLite database\n"),
    ],
    ids=["no url", "kind", "memory", "away", "file"],
)
def test_databases_that_cannot_be_used(run: Run, words: tuple[str, ...], url: str, said: str) -> None:
    """Each is named without its password, and nobody sees a traceback."""
    ran = run(*words, "--database-url", url)
    assert ran.code == 1
    assert ran.err.startswith(said)
    assert "secret" not in ran.err
    assert ran.out == ""


def test_database_that_is_not_there(run: Run, tmp_path: Path) -> None:
    """Only what makes a database makes one; a mistyped name is told."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    for words in (("key", "list"), ("key", "revoke", "1"), ("log", "export"), ("log", "prune")):
        assert run(*words, "--database-url", url).err.startswith(
            f"error[D106]: there is no database `{url}`\n"
        )
    assert not (tmp_path / "x.db").exists()
    folder = f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}"
    assert run("database", "upgrade", "--database-url", folder).err.startswith("error[D108]: ")


def test_database_that_the_environment_names(
    run: Run, filled_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A URL with a password need not stand on the command line."""
    monkeypatch.setenv("CAIDING_DATABASE_URL", filled_url)
    assert run("log", "export").out == run("log", "export", "--database-url", filled_url).out != ""


def test_tables_of_another_version(run: Run, database: Database, database_url: str) -> None:
    """Older tables are upgraded by a command, newer ones by nothing."""
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert "error[D105]" in run("log", "export", "--database-url", database_url).err
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for words in (("log", "export"), ("database", "upgrade")):
        assert "error[D104]" in run(*words, "--database-url", database_url).err


def test_help_needs_no_database(tmp_path: Path) -> None:
    """What a command does not need is not imported for its help."""
    del tmp_path
    heavy = ("sqlalchemy", "alembic", "psycopg", "pyarrow", "flask")
    program = (
        "import sys; from api.cli.main import main; code = main(['--help']);"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ran.stderr == "[]\n"
