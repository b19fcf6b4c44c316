"""`caiding dry-run --prove`: where a change applies, and what past tickets have of it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.cells import cell_len

from api.cli.dry_run_proof import extents_of
from engine.prove.difference.editions import plans_apart
from tests.agreement.test_agreement import made_up_plan
from tests.api.command_line import SMALL, Ran, Run
from tests.replay.impact_by_hand import by_sql, made_up_tickets
from tests.replay.test_dry_run import edited
from tests.replay.test_zones import by_hand, counted_in

TICKETS = """\
ticket_no,kind,value,day
T1,loss,10,2015-06-10
T2,loss,2,2015-06-11
T3,loss,3,2015-07-11
T4,delay,2,2015-07-11
T5,loss,,2015-07-11
"""
LARGE = (
    "  large: {entity: ticket, label: {zh: 大额, en: large}, type: boolean, derived: engine, example: true}\n"
)
DEFINED = """\
      - define: large
        cite: {source: deck, quote: 丢失罚五十元}
        when: {value: "> 0"}
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    """Runs a command in a folder with `base`, `new` (a loss is fined from 5 to 1000 only) and tickets."""
    for folder in ("base", "new"):
        shutil.copytree(SMALL, tmp_path / folder)
    edit(tmp_path / "new", ('value: "> 0"', 'value: "(5..1000]"'))
    tmp_path.joinpath("tickets.csv").write_text(TICKETS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return run


def edit(folder: Path, *changes: tuple[str, str]) -> None:
    for file in sorted(folder.glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        for before, after in changes:
            text = text.replace(before, after)
        file.write_text(text, encoding="utf-8")


def dry_run(world: Run, *further: object, lang: str = "en") -> Ran:
    asked = ("dry-run", "--base", "base", "--candidate", "new", "tickets.csv", "--prove")
    return world("--lang", lang, *asked, *further)


def reach(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)["reach"]
    return found


def test_on_a_screen(world: Run) -> None:
    """Zone by zone the past tickets and the money, and what is proved of all others."""
    out = dry_run(world).out
    assert re.search(r"where the change applies \(proved\) +past tickets  changed  fine \(CNY\)\n", out)
    assert re.search(r"\nparcel lost: .*kind = loss and 0 < value <= 5 +2 +2 +−100.00\n", out)
    assert "proved: outside of these, no ticket comes to another conclusion" in out
    assert re.search(r"\nnever visited by this history: \d of \d: parcel lost: ", out)
    assert max(map(cell_len, out.splitlines())) <= 80


def test_in_chinese(world: Run) -> None:
    """The same in the officers' language."""
    out = dry_run(world, lang="zh").out
    assert "改动的范围（经证明）" in out
    assert "已证明：在这些范围之外，没有工单的结论会变" in out
    assert re.search(r"\n历史中从未出现：\d 处范围中的 \d 处：快件丢失：", out)


def test_for_programs(world: Run) -> None:
    """Every zone with its tickets, those of which it cannot be told, and the money; null without a proof."""
    found = reach(dry_run(world, "--format", "json"))
    assert (found["complete"], found["same"]) == (True, 0)
    (item,) = found["items"]
    assert (item["rule"], item["changed"], item["elsewhere"]) == ("fines/loss/lost", 2, 0)
    visited, *never = sorted(item["zones"], key=lambda zone: -zone["tickets"])
    assert (visited["tickets"], visited["unknown"], visited["changed"]) == (2, 1, 2)
    assert [money["delta"] for money in visited["money"]] == ["-100.00"]
    assert "0 < value <= 5" in visited["where"]["en"]
    assert {zone["tickets"] for zone in never} == {0}
    assert len(never) == found["unvisited"]
    assert any("value > 1000" in zone["where"]["en"] for zone in never)
    plain = world("dry-run", "--base", "base", "--candidate", "new", "tickets.csv", "--format", "json")
    assert json.loads(plain.out)["reach"] is None


def test_for_a_pull_request_and_as_a_report(world: Run) -> None:
    """Markdown and the HTML report have the table, and name what history never visited."""
    out = dry_run(world, "--format", "markdown", "--report", "report.html").out
    assert "| rule | where | past tickets | changed | fine (CNY) |" in out
    assert "**0** (never visited by this history)" in out
    assert "- proved: outside of these, no ticket comes to another conclusion" in out
    report = Path("report.html").read_text(encoding="utf-8")
    assert "Where the change applies, proved" in report
    assert "改动的范围（经证明）" in report
    assert '<span class="tag">never visited by this history</span>' in report


def test_a_limit_on_what_history_never_visited(world: Run) -> None:
    """`unvisited` is measured where it is proved which zones there are, and refused elsewhere."""
    ran = dry_run(world, "--fail-on", "unvisited > 0")
    assert ran.code == 2
    assert re.search(r"beyond the limit `unvisited > 0`: it is (\d) zones?, \1 zones? more", ran.err)
    assert dry_run(world, "--fail-on", "unvisited > 99%").code == 0
    asked = ("dry-run", "--base", "base", "--candidate", "new", "tickets.csv")
    ran = world("--lang", "en", *asked, "--fail-on", "unvisited > 0")
    assert (ran.code, "[Q084]" in ran.err) == (1, True)


def test_the_same_rules_written_otherwise(world: Run) -> None:
    """Where nothing changes, that is what is proved."""
    shutil.rmtree("new")
    shutil.copytree("base", "new")
    edit(Path("new"), ('value: "> 0"', 'value: "not(<= 0)"'))
    ran = dry_run(world)
    assert "proved: no ticket at all comes to another conclusion" in ran.out


def test_a_derived_fact(world: Run) -> None:
    """An edited definition changes where its value does, and through it the rules that read it."""
    shutil.rmtree("new")
    declared = ("  ticket_no:", f"{LARGE}\n  ticket_no:")
    defined = ("      - rule: lost\n", f"{DEFINED}      - rule: lost\n")
    read = ('when: {kind: loss, value: "> 0"}', "when: {kind: loss, large: true}")
    edit(Path("base"), declared, defined, read)
    shutil.copytree("base", "new")
    edit(Path("new"), ('when: {value: "> 0"}', 'when: {value: "> 5"}'))
    found = reach(dry_run(world, "--format", "json"))
    by_rule = {item["rule"]: item for item in found["items"]}
    assert {rule: item["changed"] for rule, item in by_rule.items()} == {
        "fines/loss/large": 3,
        "fines/loss/lost": 2,
    }
    (zone,) = by_rule["fines/loss/large"]["zones"]
    assert (zone["tickets"], zone["unknown"], zone["changed"]) == (3, 1, 3)


@pytest.mark.parametrize("seed", [1, 3, 5, 8, 26, 32])
def test_made_up_editions(seed: int, tmp_path: Path) -> None:
    """What is proved of made-up editions is counted as by hand, and no ticket of theirs refutes it."""
    random = Random(seed)
    plan = made_up_plan(random)
    plans = (plan, edited(random, plan))
    extents = extents_of(plans_apart(*plans), plans)
    tickets = made_up_tickets(random, plan, 100)
    found = by_sql(plans, tickets, tmp_path, extents=extents).reach
    telling = [extent for extent in extents if extent.zones or not extent.complete]
    assert counted_in(found) == by_hand(plans, tickets, telling)
    assert len(telling) + (0 if found is None else found.same) == len(extents)
