"""Bad tickets are said by file, line and pointer with the mend; the good ones beside them are judged."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.api.command_line import SMALL, Run

GOOD = '{"kind": "loss", "value": 10, "day": "2015-06-10"}'
DECIDE = ("decide", "--rules", SMALL, "--as-of", "2015-07-01T00:00", "--evaluator", "reference")


def fines(text: str) -> list[object]:
    """The fine of each line of JSON."""
    return [json.loads(line)["verdict"]["totals"].get("fine") for line in text.splitlines()]


def test_one_ticket(run: Run) -> None:
    """A ticket on standard input gives its verdict as JSON."""
    ran = run(*DECIDE, "--format", "json", "-", stdin=GOOD.encode())
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["totals"] == {"fine": {"CNY": "50.00"}}


def test_wrapped_ticket_has_its_own_instant(run: Run) -> None:
    """`as_of` of the ticket comes before that of the command."""
    ticket = f'{{"facts": {GOOD}, "as_of": "2015-08-01T00:00"}}'
    ran = run(*DECIDE, "--format", "json", "-", stdin=ticket.encode())
    assert json.loads(ran.out)["as_of"] == "2015-08-01T00:00:00+08:00"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("ticket", "code", "place"),
    [
        ("", "D030", "-:1"),
        ("loss", "D031", "-:1"),
        ("[]", "D033", "-:1"),
        ('{"value": NaN}', "D034", "-:1 /value"),
        ('{"value": ' + "9" * 400 + "}", "D035", "-:1 /value"),
        ('{"value": 1, "value": 1}', "D036", "-:1 /value"),
        ('{"scans": ' + "[" * 60 + "]" * 60 + "}", "D037", "-:1"),
        ('{"ticket_no": "' + "x" * 1_100_000 + '"}', "D038", "-:1"),
        (b'{"kind": "\xff"}', "D039", "-:1"),
        ('{"facts": 1}', "D041", "-:1 /facts"),
        ('{"as_of": 3}', "D042", "-:1 /as_of"),
        ('{"as_of": "noon"}', "F008", "-:1 /as_of"),
        ('{"facts": {}, "as-of": "2015-07-01T00:00"}', "D043", "-:1 /as-of"),
        ('{"vlaue": 1}', "F001", "-:1 /vlaue"),
        ('{"day": "2015-02-30"}', "F008", "-:1 /day"),
        ('{"paid": "maybe"}', "F003", "-:1 /paid"),
        ('{"facts": {"scans": [{"place": 3}]}}', "F003", "-:1 /facts/scans/0/place"),
    ],
)
def test_bad_ticket(run: Run, ticket: str | bytes, code: str, place: str, language: str) -> None:
    """Each kind of trouble has its code and its place, and gives exit code 2."""
    content = ticket if isinstance(ticket, bytes) else ticket.encode()
    ran = run("--lang", language, *DECIDE, "--format", "json", "-", stdin=content)
    assert (ran.code, ran.out) == (2, "")
    assert f"[{code}]" in ran.err
    assert f"--> {place}\n" in ran.err


def test_did_you_mean(run: Run) -> None:
    """The nearest fact is named."""
    ran = run(*DECIDE, "-", stdin=b'{"vlaue": 1}')
    assert "help: did you mean `value`?" in ran.err


def test_all_trouble_at_once_and_good_ones_judged(run: Run) -> None:
    """A line with two mistakes has two findings; its neighbours get their verdicts."""
    lines = [GOOD, '{"vlaue": 1, "day": "2015-02-30"}', "", GOOD.replace("10,", "0,")]
    ran = run(*DECIDE, "--input-format", "ndjson", "--format", "json", "-", stdin="\n".join(lines).encode())
    assert ran.code == 2
    assert fines(ran.out) == [{"CNY": "50.00"}, None]
    assert [json.loads(line)["line"] for line in ran.out.splitlines()] == [1, 4]
    assert ran.err.count("--> -:2 ") == 2


def test_huge_line_spoils_only_itself(run: Run) -> None:
    """A line over a megabyte is refused without being taken in whole."""
    lines = [GOOD, '{"ticket_no": "' + "x" * 3_000_000 + '"}', GOOD]
    ran = run(*DECIDE, "--input-format", "ndjson", "--format", "json", "-", stdin="\n".join(lines).encode())
    assert fines(ran.out) == [{"CNY": "50.00"}] * 2
    assert "D038" in ran.err
    assert "--> -:2\n" in ran.err


def csv(text: str, run: Run, *more: object) -> tuple[int, str, str]:
    ran = run(*DECIDE, "--input-format", "csv", "--format", "json", *more, "-", stdin=text.encode())
    return ran.code, ran.out, ran.err


def test_csv(run: Run) -> None:
    """Cells are read by the type of their fact; an empty one is an absent fact."""
    header, scans = "kind,value,day,paid,days,scans", '"[{""place"": ""汉口""}]"'
    text = f"\ufeff{header}\nloss,12.50,2015-06-10,TRUE,3,{scans}\r\nloss,,,,,\n"
    code, out, err = csv(text, run)
    assert (code, err) == (0, "")
    assert fines(out) == [{"CNY": "50.00"}, None]
    assert [json.loads(line)["line"] for line in out.splitlines()] == [2, 3]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "D030"),
        ("kind,vlaue\nloss,1\n", "D050"),
        ("kind,kind\nloss,loss\n", "D051"),
        ("kind,\nloss,1\n", "D055"),
        ("kind,value\nloss\n", "D052"),
        ("kind,value\nloss,1,2\n", "D052"),
        ('kind,value\n"loss,1\n', "D057"),
        ('kind,value\n"loss"x,1\n', "D058"),
        ("kind;value\nloss;1\n", "D056"),
        ("kind\tvalue\nloss\t1\n", "D056"),
        ("scans\nWuhan\n", "D054"),
        ("value\ntwelve\n", "F003"),
        ("days\n1.5\n", "F003"),
        ("day\n2015-02-30\n", "F008"),
    ],
)
def test_bad_csv(run: Run, text: str, code: str) -> None:
    """What is wrong with a table is said by code; a header that cannot be used stops before any row."""
    ended, out, err = csv(text, run)
    assert (ended, out) == (2, "")
    assert f"[{code}]" in err


def test_csv_in_another_encoding(run: Run) -> None:
    """Bytes that are not UTF-8 spoil their row, and Excel's remedy is told."""
    content = "kind,ticket_no\nloss,汉口\nloss,T2\n".encode("gb18030")
    ran = run(*DECIDE, "--input-format", "csv", "--format", "json", "-", stdin=content)
    assert ran.code == 2
    assert "D039" in ran.err
    assert len(ran.out.splitlines()) == 1


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[[pa.Table], Path]:
    def write(table: pa.Table) -> Path:
        pq.write_table(table, tmp_path / "tickets.parquet")
        return tmp_path / "tickets.parquet"

    return write


def test_parquet(run: Run, parquet: Callable[[pa.Table], Path]) -> None:
    """Exact decimals, days, instants, dictionaries and lists of records come as they are."""
    table = pa.table(
        {
            "kind": pa.array(["loss", None]).dictionary_encode(),
            "value": pa.array([Decimal("12.50"), Decimal("1.00")], pa.decimal128(20, 2)),
            "day": pa.array(["2015-06-10", None]).cast(pa.date32()),
            "at": pa.array([0, None], pa.timestamp("ns", tz="UTC")),
            "scans": pa.array([[{"place": "汉口"}], None]),
        }
    )
    ran = run(*DECIDE, "--format", "json", parquet(table))
    assert (ran.code, ran.err) == (0, "")
    assert fines(ran.out) == [{"CNY": "50.00"}, None]


def test_parquet_floats_are_refused(run: Run, parquet: Callable[[pa.Table], Path]) -> None:
    """Money that has passed through a float is not exact any more."""
    ran = run(*DECIDE, parquet(pa.table({"value": [0.1]})))
    assert ran.code == 2
    assert "D061" in ran.err
    assert "from_float" in ran.err


def test_truncated_parquet(run: Run, parquet: Callable[[pa.Table], Path]) -> None:
    """A file that was not written to its end is refused."""
    path = parquet(pa.table({"kind": ["loss"] * 100}))
    path.write_bytes(path.read_bytes()[:-20])
    ran = run(*DECIDE, path)
    assert ran.code == 2
    assert "D060" in ran.err


def test_several_files(run: Run, tmp_path: Path) -> None:
    """With several inputs each verdict says its file."""
    for name in ("one.json", "two.json"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    ran = run(*DECIDE, "--format", "json", tmp_path / "one.json", tmp_path / "two.json")
    assert [Path(json.loads(line)["file"]).name for line in ran.out.splitlines()] == ["one.json", "two.json"]


def test_missing_file_stops_before_anything_is_judged(run: Run, tmp_path: Path) -> None:
    """One mistyped name among many is said first."""
    (tmp_path / "one.json").write_text(GOOD, encoding="utf-8")
    ran = run(*DECIDE, tmp_path / "one.json", tmp_path / "tow.json")
    assert (ran.code, ran.out) == (1, "")
    assert "D014" in ran.err


def test_output_file(run: Run, tmp_path: Path) -> None:
    """`--output` leaves standard output alone."""
    ran = run(*DECIDE, "--format", "json", "--output", tmp_path / "verdict.json", "-", stdin=GOOD.encode())
    assert ran.out == ""
    assert json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))["outcomes"]


def test_a_result_on_its_way_never_destroys_the_input(run: Run, tmp_path: Path) -> None:
    """What an earlier run left unfinished can be read, but not while it is being written anew."""
    path = tmp_path / "out.json.part"
    path.write_text(GOOD, encoding="utf-8")
    ran = run(*DECIDE, "--input-format", "json", "--output", tmp_path / "out.json", path)
    assert (ran.code, ran.out) == (1, "")
    assert "[D028]" in ran.err
    assert path.read_text(encoding="utf-8") == GOOD


def test_output_has_its_name_only_once_it_is_whole(run: Run, tmp_path: Path) -> None:
    """A run that stops at an unknown reading leaves an earlier result as it was."""
    out = tmp_path / "verdict.json"
    out.write_text("earlier", encoding="utf-8")
    ran = run(
        *DECIDE, "--format", "json", "--output", out, "--reading", "AMB-01=nonsense", "-", stdin=GOOD.encode()
    )
    assert ran.code != 0
    assert out.read_text(encoding="utf-8") == "earlier"
    assert run(*DECIDE, "--format", "json", "--output", out, "-", stdin=GOOD.encode()).code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["edition"]
    assert [file.name for file in tmp_path.iterdir()] == ["verdict.json"]


def test_rows_of_bare_commas_are_no_tickets(run: Run) -> None:
    """A spreadsheet leaves such rows behind its last one."""
    code, out, _ = csv("kind,days\nloss,3\n,\n,\n", run)
    assert code == 0
    assert len(out.splitlines()) == 1


def test_output_never_destroys_the_input(run: Run, tmp_path: Path) -> None:
    """Writing over the tickets that are still to be read would lose them, by whatever name they go."""
    path = tmp_path / "ticket.json"
    path.write_text(GOOD, encoding="utf-8")
    ran = run(*DECIDE, "--output", tmp_path / "." / "ticket.json", path)
    assert (ran.code, ran.out) == (1, "")
    assert "[D028]" in ran.err
    assert path.read_text(encoding="utf-8") == GOOD


def test_a_file_that_cannot_be_used_spoils_only_itself(run: Run, tmp_path: Path) -> None:
    """The files after it are judged; it is named, and the exit code says so."""
    (tmp_path / "bad.csv").write_text("knid\nloss\n", encoding="utf-8")
    (tmp_path / "good.csv").write_text("kind\nloss\n", encoding="utf-8")
    ran = run(*DECIDE, "--format", "json", tmp_path / "bad.csv", tmp_path / "good.csv")
    assert (ran.code, len(ran.out.splitlines())) == (2, 1)
    assert f"--> {tmp_path / 'bad.csv'}\n" in ran.err


def test_line_of_a_syntax_error_is_that_of_the_file(run: Run, tmp_path: Path) -> None:
    """In NDJSON the line told in the message is the one told in the place."""
    path = tmp_path / "tickets.ndjson"
    path.write_text('{"kind": "loss"}\n{"kind": loss}\n', encoding="utf-8")
    ran = run(*DECIDE, path)
    assert "line 2, column 10" in ran.err
    assert f"{path}:2" in ran.err


def test_labels_of_columns_lead_to_the_names(run: Run) -> None:
    """A table whose header has the catalogue's Chinese labels is told the names."""
    code, out, err = csv("类型\nloss\n", run)
    assert (code, out) == (2, "")
    assert "`kind`" in err


def test_forms_agree(run: Run, tmp_path: Path) -> None:
    """The same made-up tickets as NDJSON, CSV and Parquet get the same verdicts."""
    verdicts = []
    for ending in ("ndjson", "csv", "parquet"):
        path = tmp_path / f"h.{ending}"
        assert run("generate", "--tickets", 150, "--seed", 5, "--output", path).code == 0
        as_of = ("--as-of", "2016-01-01T00:00", "--evaluator", "reference")
        ran = run("decide", *as_of, "--format", "json", path)
        assert (ran.code, ran.err) == (0, "")
        verdicts.append([json.loads(line)["verdict"] for line in ran.out.splitlines()])
    assert verdicts[0] == verdicts[1] == verdicts[2]


def test_progress_bar_only_on_a_terminal(run: Run) -> None:
    """Nothing but trouble is written to standard error when it is not a terminal."""
    content = (GOOD + "\n").encode() * 50
    ran = run(*DECIDE, "--input-format", "ndjson", "--format", "json", "-", stdin=content)
    assert ran.err == ""
    assert len(ran.out.splitlines()) == 50


def test_many_as_text_are_summed_up(run: Run) -> None:
    """More than twenty tickets are shown as a summary only."""
    content = (GOOD + "\n").encode() * 30
    ran = run(*DECIDE, "--input-format", "ndjson", "-", stdin=content)
    assert "1,500.00 CNY" in ran.out
    assert "ticket " not in ran.out


def test_the_summary_speaks_to_an_officer(run: Run) -> None:
    """Titles of rules, labels of missing facts, and each ticket counted once for what it lacks."""
    arguments = ("--lang", "zh", "decide", "--as-of", "2015-10-08T10:00", "--input-format", "ndjson", "-")
    ticket = {"rulebook_owner": "zto", "first_call_date": "2015-10-08", "first_call_type": "no_invoice"}
    undecided = json.dumps(ticket | {"fee_collected": 15}, ensure_ascii=False)
    decided = json.dumps(ticket | {"fee_collected": 15, "invoice_given": False}, ensure_ascii=False)
    out = run(*arguments, stdin=f"{undecided}\n{decided}\n".encode()).out
    summary = [line.split() for line in out.partition("有判定的工单")[2].splitlines()]
    assert ["罚款合计", "50.00", "元"] in summary
    assert ["1", "罚款", "不提供发票"] in summary
    assert ["1", "缺少事实", "已提供发票", "invoice_given"] in summary


def test_any_bytes(run: Run) -> None:
    """No bytes on standard input end in anything but findings."""
    for content in (b"\x00", b"\xff\xfe{", b"PAR1", b"{}{}", io.BytesIO(bytes(range(256))).read()):
        for form in ("json", "ndjson", "csv", "parquet"):
            ran = run(*DECIDE, "--input-format", form, "-", stdin=content)
            assert ran.code == 2, (form, content)
            assert "D001" not in ran.err
