"""`caiding dry-run` as an officer, a pull request and the service run it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from tests.api.command_line import SMALL, Ran, Run

GIT = shutil.which("git") or "git"
TICKETS = """\
ticket_no,kind,value,day
T1,loss,10,2015-06-10
T2,loss,0,2015-06-11
T3,delay,5,2015-07-11
T4,los,5,2015-07-11
T5,loss,,2015-07-11
T1,loss,7,2015-08-11
"""
GOOD = "ticket_no,kind,value,day\nT1,loss,10,2015-06-10\nT2,delay,5,2015-07-11\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    """Runs a command in a folder with `base`, `new` (a fine raised from 50 to 60) and tickets."""
    shutil.copytree(SMALL, tmp_path / "base")
    shutil.copytree(SMALL, tmp_path / "new")
    edit(tmp_path / "new" / "fines.yaml", {"2015-01-01: 50": "2015-01-01: 60", "{fine: 50}": "{fine: 60}"})
    tmp_path.joinpath("tickets.csv").write_text(TICKETS, encoding="utf-8")
    tmp_path.joinpath("good.csv").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return run


def edit(file: Path, changes: dict[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")


def dry_run(world: Run, *further: object, tickets: str = "tickets.csv", lang: str = "en") -> Ran:
    return world("--lang", lang, "dry-run", "--base", "base", "--candidate", "new", tickets, *further)


def impact(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_the_answer_on_a_screen(world: Run) -> None:
    """How many tickets, how much money, by which rule; bad and repeated tickets are told beside it."""
    ran = dry_run(world)
    assert ran.code == 0
    assert "5 tickets judged: 2 (40.0%) differently, 2 with other amounts" in ran.out
    assert "edited: parameter fine for a loss 50 → 60" in ran.out
    assert "fine (CNY)                        100.00  120.00  +20.00  +20.0%" in ran.out
    assert "tickets.csv:5 /kind" in ran.err
    assert "[Q081]" in ran.err
    assert "[Q082]" in ran.err


def test_the_answer_in_chinese(world: Run) -> None:
    """The same in the officers' language."""
    ran = dry_run(world, lang="zh")
    assert "判定工单 5 件，其中 2 件（40.0%）判定不同，2 件金额不同" in ran.out
    assert "改动：参数「丢失罚款」50 → 60" in ran.out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_answer_fits_a_terminal(world: Run, lang: str) -> None:
    """No more than 24 lines of 80 cells."""
    lines = dry_run(world, "--by", "kind", "--by", "day", lang=lang).out.splitlines()
    assert len(lines) <= 24
    assert max(map(cell_len, lines)) <= 80


def test_the_whole_impact_as_json(world: Run) -> None:
    """Programs get all of it, with every limit."""
    found = impact(dry_run(world, "--format", "json", "--by", "kind", "--fail-on", "changed > 50%"))
    assert (found["tickets"], found["changed"], found["bad"], found["repeated"]) == (5, 2, 1, 1)
    assert found["money"] == [
        {"kind": "fine", "unit": "CNY", "before": "100.00", "after": "120.00", "delta": "20.00"}
    ]
    (rule,) = found["rules"]
    assert (rule["rule"], rule["changed"], rule["edited"]) == ("fines/loss/lost", 2, False)
    assert rule["undecided"] == {"before": 1, "after": 1, "delta": 0}
    (by_kind,) = found["dimensions"]
    assert [(group["value"], group["changed"]) for group in by_kind["groups"]] == [("loss", 2), ("delay", 0)]
    (one,) = found["classes"]
    assert [example["row"] for example in one["examples"]] == [2, 7]
    assert one["examples"][0]["before"]["totals"] == {"fine": {"CNY": "50.00"}}
    assert found["lacking"][0]["missing"] == ["value"]
    assert found["limits"] == [
        {
            "limit": "changed > 50%",
            "rule": None,
            "exceeded": False,
            "unit": "%",
            "value": "40",
            "over": None,
        }
    ]
    assert found["bad_tickets"][0]["findings"][0]["code"] == "F006"


def test_for_a_pull_request(world: Run) -> None:
    """Markdown has the answer open and the tickets folded."""
    out = dry_run(world, "--format", "markdown", "--fail-on", "changed > 1").out
    assert "**5 tickets judged: 2 (40.0%) differently, 2 with other amounts**" in out
    assert "| `changed > 1` | 2 tickets | ❌ **exceeded** |" in out
    assert "-   fine: outlet → 50.00 CNY per waybill\n+   fine: outlet → 60.00 CNY per waybill" in out
    assert out.count("<details>") == out.count("</details>") > 0


def test_report_and_output(world: Run, tmp_path: Path) -> None:
    """The report and the result are there when limits are exceeded, too."""
    ran = dry_run(
        world, "--format", "json", "--output", "out.json", "--report", "r.html", "--fail-on", "changed > 0"
    )
    assert (ran.code, ran.out) == (2, "")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["changed"] == 2
    assert "<html" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "beyond the limit `changed > 0`: it is 2 tickets, 2 tickets more" in ran.err


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("changed > 2", 0),
        ("changed > 1", 2),
        ("delta.fine > 20 CNY", 0),
        ("delta.fine >= 20 CNY", 2),
        ("rule(fines/loss/lost).changed > 39%", 2),
        ("bad > 0", 2),
    ],
)
def test_limits(world: Run, limit: str, code: int) -> None:
    """The exit code tells whether the limits are kept."""
    assert dry_run(world, "--fail-on", limit).code == code


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--candidate", "new", "good.csv"), "Q060", 1),
        (("--base", "HEAD", "--candidate", "new", "good.csv"), "Q061", 1),
        (("--base", "base", "--candidate", "nwe", "good.csv"), "D010", 1),
        (("--base", "base", "--candidate", "new"), "Q068", 1),
        (("--base", "base", "--candidate", "new", "nothing.csv"), "D014", 1),
        (("--base", "base", "--candidate", "new", "nothing/*.csv"), "Q036", 2),
        (("--base", "base", "--candidate", "new", "good.csv", "--by", "knd"), "Q069", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--by", "scans"), "Q070", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--fail-on", "changed"), "Q072", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--fail-on", "chnged > 1"), "Q073", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--fail-on", "rule(x).changed > 1"), "Q074", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--fail-on", "changed > 1 CNY"), "Q075", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--fail-on", "delta.fine > 1 USD"), "Q076", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--report", "nowhere/r.html"), "D010", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--output", "good.csv"), "D028", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--readings", "AMB-99=x"), "D020", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--as-of", "noon"), "D008", 1),
        (("--base", "base", "--candidate", "new", "good.csv", "--format", "jsno"), "D003", 1),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_cannot_be_done(
    world: Run, arguments: tuple[str, ...], code: str, exit_code: int, lang: str
) -> None:
    """One finding on standard error, nothing on standard output."""
    ran = world("--lang", lang, "dry-run", *arguments)
    assert (ran.code, ran.out) == (exit_code, "")
    assert f"[{code}]" in ran.err


@pytest.mark.skipif(sys.platform != "linux", reason="the places are those of Linux")
@pytest.mark.parametrize("option", ["--output", "--report"])
@pytest.mark.parametrize(
    ("place", "code"), [("/proc/x", "D044"), ("/dev/full", "D029"), ("new", "D016"), ("good.csv/x", "D010")]
)
def test_a_place_where_nothing_can_be_written(world: Run, option: str, place: str, code: str) -> None:
    """It is named, with the reason and the mend."""
    ran = dry_run(world, option, place, tickets="good.csv")
    assert ran.code == 1
    assert f"error[{code}]: " in ran.err
    assert place.removesuffix("/x") in ran.err
    assert "help: " in ran.err or code == "D010"


def test_candidate_with_mistakes(world: Run, tmp_path: Path) -> None:
    """Mistakes are reported as `check` reports them, and nothing is judged."""
    edit(tmp_path / "new" / "fines.yaml", {'value: "> 0"': 'valeu: "> 0"'})
    ran = dry_run(world)
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `value`?" in ran.err
    assert "[D013]" in ran.err


def test_base_with_mistakes(world: Run, tmp_path: Path) -> None:
    """So are those of a revision, by the name under which git shows the file."""
    edit(tmp_path / "base" / "fines.yaml", {'value: "> 0"': 'valeu: "> 0"'})
    commit(tmp_path, "base")
    ran = world("dry-run", "--base", "HEAD:base", "--candidate", "new", "good.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "HEAD:base/fines.yaml:" in ran.err


def commit(folder: Path, *names: str) -> None:
    who = ("-c", "user.name=Officer", "-c", "user.email=officer@example.com", "-c", "commit.gpgsign=false")
    for words in (("init", "--quiet"), ("add", *names), ("commit", "--quiet", "--message", "rules")):
        subprocess.run([GIT, *who, *words], cwd=folder, check=True)


def test_an_edit_against_the_last_commit(world: Run, tmp_path: Path) -> None:
    """What an officer does: edit the folder, compare with what was committed."""
    commit(tmp_path, "base")
    edit(tmp_path / "base" / "fines.yaml", {"2015-01-01: 50": "2015-01-01: 55"})
    found = impact(world("dry-run", "--base", "HEAD", "--candidate", "base", "good.csv", "--format", "json"))
    assert found["base"]["label"] == "HEAD"
    assert (found["changed"], found["money"][0]["delta"]) == (1, "5.00")


def test_nothing_changed(world: Run) -> None:
    """Two equal sides are told to be equal."""
    ran = world("dry-run", "--base", "base", "--candidate", "base", "good.csv")
    assert ran.code == 0
    assert "2 tickets judged, every one of them the same" in ran.out
    assert "[Q066]" in ran.err


def test_not_one_good_ticket(world: Run, tmp_path: Path) -> None:
    """Where nothing could be judged the answer is no answer."""
    tmp_path.joinpath("bad.csv").write_text("ticket_no,kind\nT1,los\n", encoding="utf-8")
    ran = dry_run(world, tickets="bad.csv")
    assert ran.code == 2
    assert "[Q080]" in ran.err


def test_a_fact_that_only_one_side_knows(world: Run, tmp_path: Path) -> None:
    """Tickets may carry facts that the other edition does not declare."""
    declared = "  urgent: {entity: ticket, label: {zh: 加急, en: urgent}, type: boolean, example: true}\n"
    edit(tmp_path / "new" / "facts.yaml", {"  paid:": f"{declared}  paid:"})
    edit(tmp_path / "new" / "fines.yaml", {'value: "> 0"': 'value: "> 0", urgent: true'})
    text = GOOD.replace("day\n", "day,urgent\n").replace("-10\n", "-10,false\n").replace("-11\n", "-11,\n")
    tmp_path.joinpath("urgent.csv").write_text(text, encoding="utf-8")
    found = impact(dry_run(world, "--format", "json", tickets="urgent.csv"))
    assert (found["changed"], found["money"][0]["after"]) == (1, "0.00")
    assert found["classes"][0]["changes"][0]["kind"] == "disappears"


def test_several_files(world: Run) -> None:
    """A shell's `*.csv` gives several names after one option."""
    ran = world(
        *("dry-run", "--base", "base", "--candidate", "new", "--format", "json"),
        *("--tickets", "good.csv", "tickets.csv"),
    )
    assert impact(ran)["tickets"] == 7


def test_progress_for_programs(world: Run) -> None:
    """Lines of JSON that never go back, from the first step to the last."""
    lines = [json.loads(line) for line in dry_run(world, "--progress", "json").err.splitlines()]
    steps = [line for line in lines if "step" in line]
    assert [line["done"] for line in steps] == sorted(line["done"] for line in steps)
    assert list(dict.fromkeys(line["step"] for line in steps)) == [
        "reading", "judging", "comparing", "examples", "writing"
    ]  # fmt: skip
    assert steps[-1]["done"] == 1.0
    assert [note["code"] for note in lines[-1]["notes"]] == ["Q081", "Q082"]


@pytest.mark.parametrize(
    ("tickets", "code", "exit_code"),
    [
        ("nothing.csv", "D014", 1),
        ("bad_column.csv", "D050", 2),
        ("cut_off.parquet", "D060", 2),
        ("damaged.parquet", "D060", 2),
    ],
)
def test_giving_up_for_programs(world: Run, tmp_path: Path, tickets: str, code: str, exit_code: int) -> None:
    """The reasons are the last line."""
    tmp_path.joinpath("bad_column.csv").write_text("ticket_no,kidn\nT1,loss\n", encoding="utf-8")
    _damage(tmp_path)
    ran = dry_run(world, "--progress", "json", tickets=tickets)
    last = json.loads(ran.err.splitlines()[-1])
    assert (ran.code, last["exit_code"]) == (exit_code, exit_code)
    assert [finding["code"] for finding in last["findings"]] == [code]


def _damage(folder: Path) -> None:
    """A Parquet file that was not written to its end, and one in whose middle bytes were lost."""
    tickets = {"ticket_no": [f"T{row}" for row in range(1000)], "kind": ["loss"] * 1000}
    pq.write_table(pa.table(tickets), folder / "whole.parquet")
    content = (folder / "whole.parquet").read_bytes()
    (folder / "cut_off.parquet").write_bytes(content[:-20])
    (folder / "damaged.parquet").write_bytes(content[:200] + bytes(20) + content[220:])


@pytest.mark.parametrize("tickets", ["cut_off.parquet", "damaged.parquet"])
def test_a_damaged_file_is_bad_input(world: Run, tmp_path: Path, tickets: str) -> None:
    """Wherever the damage lies it is told alike: the file, what is wrong and the mend."""
    _damage(tmp_path)
    ran = dry_run(world, tickets=tickets)
    assert (ran.code, ran.out) == (2, "")
    assert f"[D060]: `{tickets}` is not a whole Parquet file: it is cut off or damaged" in ran.err
    assert "help: export or copy the file anew" in ran.err


def test_names_are_masked(world: Run, tmp_path: Path) -> None:
    """With --mask an example shows a mark in place of what is personal."""
    for side in ("base", "new"):
        personal = (
            "  name: {entity: ticket, label: {zh: 姓名, en: name}, type: text, personal: true, example: x}\n"
        )
        edit(tmp_path / side / "facts.yaml", {"  paid:": f"{personal}  paid:"})
    named = GOOD.replace("day\n", "day,name\n").replace("-10\n", "-10,Wang Wu\n").replace("-11\n", "-11,\n")
    tmp_path.joinpath("named.csv").write_text(named, encoding="utf-8")
    assert "Wang Wu" in dry_run(world, "--format", "json", tickets="named.csv").out
    masked = dry_run(world, "--format", "json", "--mask", tickets="named.csv").out
    assert "Wang Wu" not in masked
    assert "[personal 1]" in masked


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_bad_tickets_hold_is_masked(world: Run, tmp_path: Path, form: str) -> None:
    """A name may stand in any column; where it stands and what is wrong with it is told all the same."""
    tmp_path.joinpath("slipped.csv").write_text(f"{GOOD}T3,Wang Wu,3,2015-07-12\n", encoding="utf-8")
    told = dry_run(world, "--format", form, tickets="slipped.csv")
    assert "Wang Wu" in told.err
    masked = dry_run(world, "--format", form, "--mask", "--report", "r.html", tickets="slipped.csv")
    report = tmp_path.joinpath("r.html").read_text(encoding="utf-8")
    assert "Wang Wu" not in masked.out + masked.err + report
    assert "`[masked]` is not one of the allowed values" in masked.err
    assert "slipped.csv:4 /kind" in masked.err


def test_another_reading(run: Run, tmp_path: Path) -> None:
    """Without a base two readings of one folder are compared: the rate of appeals between two bands."""
    ticket = json.loads(Path("examples/tickets/appeal_in_the_gap.json").read_text(encoding="utf-8"))
    tmp_path.joinpath("gap.ndjson").write_text(json.dumps(ticket), encoding="utf-8")
    found = impact(run("dry-run", "--readings", "AMB-01=floor", tmp_path / "gap.ndjson", "--format", "json"))
    assert (found["base"]["label"], found["candidate"]["label"]) == ("AMB-01=strict", "AMB-01=floor")
    assert found["changed"] == 1
    assert found["edits"][-1]["kind"] == "reading"
