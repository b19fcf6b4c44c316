"""`caiding diff` as an officer, a program and a pull request run it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from engine.library import Library
from engine.plan.nodes import Origin
from engine.prove.answer import NotKnown, Witness
from engine.prove.change import Boundary, CatalogueChange, EditionChange, ItemChange, RegionChange
from engine.prove.region import Region, Side
from engine.rulebook.expressions import TRUE
from engine.rulebook.model import Words
from tests.api.command_line import SMALL, Run

GIT = shutil.which("git") or "git"
LOST = "fines/loss/lost"
DAY = date(2015, 6, 10)
TICKET = '{"facts": {"kind": "loss", "value": "10.50", "day": "2015-06-10"}}'
Compared: TypeAlias = Callable[[Library, Library], EditionChange]


def witness(value: str, kind: str = "loss") -> Witness:
    return Witness({"kind": kind, "value": Decimal(value), "day": DAY}, None)


def origin(library: Library) -> Origin:
    assert library.plan is not None
    return library.plan.items[0].origin


def edition(library: Library) -> str:
    assert library.plan is not None
    return library.plan.edition


DEAR = RegionChange(
    region=Region((Side("value", "(10..11)", TRUE), Side("kind", "loss", TRUE)), TRUE),
    inside=witness("10.50"),
    before={"fine": "50.00"},
    after={"fine": "80.00"},
    boundaries=(
        Boundary(Side("value", "> 10", TRUE), witness("10.00")),
        Boundary(Side("value", "< 11", TRUE), witness("11.00")),
    ),
)
OPEN = RegionChange(
    region=Region((Side("kind", "delay", TRUE),), TRUE),
    inside=witness("1.00", "delay"),
    before={"nothing": True},
    after={"undecided": ["day"], "reason": "fact_missing"},
)


def changed(*regions: RegionChange, complete: bool = True) -> Compared:
    def compared(before: Library, after: Library) -> EditionChange:
        item = ItemChange("changed", origin(before), origin(after), regions, complete)
        return EditionChange(edition(before), edition(after), (item,))

    return compared


def same(before: Library, after: Library) -> EditionChange:
    """All that is written otherwise and says the same."""
    old, new = origin(before), origin(after)
    items = (
        ItemChange("same_text", old, new),
        ItemChange("same_text", old, new),
        ItemChange("proved_same", old, replace(new, title=Words("丢件", "parcel lost for good"))),
        ItemChange("renamed", old, replace(new, id="fines/loss/gone")),
    )
    return EditionChange(edition(before), edition(after), items)


def everything(before: Library, after: Library) -> EditionChange:
    """One item of every status, and a change of the catalogue."""
    old, new = origin(before), origin(after)
    doubt = NotKnown("out_of_reach", ("some scan in scans satisfies place = day",))
    items = (
        *changed(DEAR)(before, after).items,
        ItemChange("added", None, replace(new, id="fines/loss/new|er"), (OPEN,)),
        ItemChange(
            "removed", replace(old, id="fines/loss/old"), None, (replace(DEAR, after={"nothing": True}),)
        ),
        ItemChange("not_known", old, replace(new, id="fines/loss/odd"), (), complete=False, doubt=doubt),
    )
    catalogue = (
        CatalogueChange("days", "integer", None),
        CatalogueChange("kind", "delay, loss", "delay, loss, theft"),
    )
    return EditionChange(edition(before), edition(after), items, catalogue)


@pytest.fixture
def diff(monkeypatch: pytest.MonkeyPatch) -> Callable[[Compared], None]:
    """Puts a change in place of what would be proved."""

    def put(compared: Compared) -> None:
        def difference(before: Library, after: Library, *_: object) -> EditionChange:
            return compared(before, after)

        monkeypatch.setattr("engine.prove.difference.editions.difference", difference)

    put(changed(DEAR))
    return put


def document(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.usefixtures("diff")
def test_a_region_with_a_ticket_on_each_side(run: Run) -> None:
    """Where it changes, from what to what, a ticket inside and one just outside of each boundary."""
    ran = run("diff", SMALL, SMALL)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert re.fullmatch(r".*small \(\w+\) → .*small \(\w+\)", lines[0])
    assert lines[2:] == [
        f"~ parcel lost ({LOST})  changed",
        f"  --> {SMALL}/fines.yaml:16:15",
        "  where: 10 < value < 11 and kind = loss",
        "    fine: 50.00 → 80.00 CNY",
        f"    a ticket inside: {TICKET}",
        "    just outside value > 10: the same but value = 10.00",
        "    just outside value < 11: the same but value = 11.00",
        "",
        "tickets are judged differently only where 10 < value < 11 and kind = loss",
    ]


@pytest.mark.usefixtures("diff")
def test_in_chinese(run: Run) -> None:
    """The same in the officers' language."""
    out = run("--lang", "zh", "diff", SMALL, SMALL).out
    assert "~ 快件丢失 (fines/loss/lost)  改变" in out
    assert "范围: 10 < value < 11（价值） 且 kind = loss（类型：丢失）" in out
    assert "罚款：50.00 → 80.00 元" in out
    assert out.endswith("只有这些工单会判得不同：10 < value < 11（价值） 且 kind = loss（类型：丢失）\n")


def test_nothing_differs(run: Run, diff: Callable[[Compared], None]) -> None:
    """What is written otherwise is counted, what is worded otherwise is listed, and the answer is plain."""
    diff(same)
    ran = run("diff", SMALL, SMALL, "--fail-on", "changed")
    assert ran.code == 0
    assert ran.out.splitlines()[2:] == [
        f"{LOST}: title parcel lost → parcel lost for good",
        f"2 rules with the same text; 1 proved the same; 1 renamed: {LOST} → fines/loss/gone",
        "no ticket is judged differently",
    ]
    assert run("--lang", "zh", "diff", SMALL, SMALL).out.endswith("没有一件工单会判得不同\n")


def test_one_of_every_status(run: Run, diff: Callable[[Compared], None]) -> None:
    """New, gone and open items, and facts that only one edition takes."""
    diff(everything)
    out = run("diff", SMALL, SMALL).out
    assert "+ parcel lost (fines/loss/new|er)  added" in out
    assert "    nothing → undecided: a fact is missing: day\n" in out
    assert "- parcel lost (fines/loss/old)  removed" in out
    assert "    fine: 50.00 CNY → nothing\n" in out
    assert "? parcel lost (fines/loss/odd)  not settled" in out
    assert "cannot say exactly: some scan in scans satisfies place = day" in out
    assert "there may be further regions" in out
    assert "fact removed: days: integer" in out
    assert "fact kind: delay, loss → delay, loss, theft" in out
    assert "whether elsewhere is not settled for fines/loss/odd" in out.splitlines()[-1]


@pytest.mark.parametrize("compared", [changed(DEAR), everything])
def test_fail_on_changed(run: Run, diff: Callable[[Compared], None], compared: Compared) -> None:
    """A pull request that must change nothing ends with 2 where something is, or may be."""
    diff(compared)
    assert run("diff", SMALL, SMALL).code == 0
    assert run("diff", SMALL, SMALL, "--fail-on", "changed").code == 2


def test_facts_alone(run: Run, diff: Callable[[Compared], None]) -> None:
    """Rules that say the same of what both editions take, though they take different tickets."""
    diff(
        lambda before, after: EditionChange(
            edition(before), edition(after), (), (CatalogueChange("days", None, "integer"),)
        )
    )
    ran = run("diff", SMALL, SMALL)
    assert "fact added: days: integer" in ran.out
    assert "no ticket that both editions take is judged differently" in ran.out
    assert run("diff", SMALL, SMALL, "--fail-on", "changed").code == 2


def test_what_regions_share_is_said_once(run: Run, diff: Callable[[Compared], None]) -> None:
    """The conditions that all regions of a rule have stand before what each of them asks besides."""
    limits = (("days", "> 3"), ("paid", "true"))
    regions = [
        replace(DEAR, region=Region((*DEAR.region.sides, Side(fact, test, TRUE)), TRUE))
        for fact, test in limits
    ]
    diff(changed(*regions))
    out = run("diff", SMALL, SMALL).out
    assert "  where: 10 < value < 11 and kind = loss\n  … and days > 3\n    fine: 50.00" in out
    assert "\n  … and paid = true\n" in out
    assert out.count("just outside value > 10") == 1
    markdown = run("diff", SMALL, SMALL, "--format", "markdown").out
    assert "| `10 < value < 11 and kind = loss` |  |\n|  |  | `… and days > 3` | fine: 50.00" in markdown
    found = document(run("diff", SMALL, SMALL, "--format", "json").out)
    assert [len(region["boundaries"]) for region in found["items"][0]["regions"]] == [2, 2]


def test_many_regions_are_counted(run: Run, diff: Callable[[Compared], None]) -> None:
    """The last sentence stays one that can be read."""
    regions = [replace(DEAR, region=Region((Side("days", str(n), TRUE),), TRUE)) for n in range(5)]
    diff(changed(*regions))
    assert run("diff", SMALL, SMALL).out.endswith("differently only in the 5 regions named\n")
    regions = [
        replace(DEAR, region=Region((*r.region.sides, Side("paid", "true", TRUE)), TRUE)) for r in regions
    ]
    diff(changed(*regions))
    assert run("diff", SMALL, SMALL).out.endswith("5 regions named, all of them where paid = true\n")


def test_for_programs(run: Run, diff: Callable[[Compared], None]) -> None:
    """The whole change as data; what both editions say keeps the words of `expect`."""
    diff(everything)
    found = document(run("diff", SMALL, SMALL, "--format", "json").out)
    assert found["proved_same"] is False
    assert found["counts"] | {"same_text": 0} == {
        **dict.fromkeys(("same_text", "proved_same", "renamed"), 0),
        **dict.fromkeys(("changed", "added", "removed", "not_known"), 1),
    }
    item = found["items"][0]
    assert item["after"]["title"] == {"zh": "快件丢失", "en": "parcel lost"}
    (region,) = item["regions"]
    assert region["when"] == [{"fact": "value", "test": "(10..11)"}, {"fact": "kind", "test": "loss"}]
    assert (region["before"], region["after"]) == ({"fine": "50.00"}, {"fine": "80.00"})
    assert region["inside"] == json.loads(TICKET)
    assert [one["test"] for one in region["boundaries"]] == ["> 10", "< 11"]
    assert found["items"][3]["doubt"]["why"] == "out_of_reach"
    assert found["catalogue"][0] == {"fact": "days", "before": "integer", "after": None}


def test_for_a_pull_request(run: Run, diff: Callable[[Compared], None]) -> None:
    """The answer first, one row a region, tickets folded; nothing breaks a table."""
    diff(everything)
    lines = run("diff", SMALL, SMALL, "--format", "markdown").out.splitlines()
    assert lines[0].startswith("### ")
    assert lines[2].startswith("**tickets are judged differently")
    rows = [line for line in lines if line.startswith("| ")]
    assert rows[0] == "| rule |  | where | before → after |"
    where = "`10 < value < 11 and kind = loss`"
    assert rows[2] == f"| parcel lost `{LOST}` | changed | {where} | fine: 50.00 → 80.00 CNY |"
    assert r"`fines/loss/new\|er`" in rows[3]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}
    assert "<details><summary>parcel lost: tickets that show it</summary>" in lines
    assert f"- a ticket inside: `{TICKET}`" in lines
    assert lines.count("</details>") == sum(line.startswith("<details>") for line in lines)


@pytest.mark.usefixtures("diff")
def test_revisions_of_git(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A side may be a revision, with or without its folder; both may."""
    shutil.copytree(SMALL, tmp_path / "rules")
    monkeypatch.chdir(tmp_path)
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q"), ("add", "."), (*author, "commit", "-qm", "first")):
        subprocess.run([GIT, *words], cwd=tmp_path, check=True)
    for sides in (("HEAD", "rules"), ("HEAD:rules", "rules"), ("HEAD", "HEAD"), ("HEAD",)):
        ran = run("diff", *sides)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(f"{sides[0]} (")


@pytest.mark.usefixtures("diff")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "D005"),
        ((SMALL, SMALL, SMALL), "D097"),
        (("no-such-branch", SMALL), "Q062"),
        ((SMALL, "tests/api"), "D012"),
        ((SMALL, SMALL, "--fail-on", "chnaged"), "D003"),
        ((SMALL, SMALL, "--format", "html"), "D003"),
    ],
)
def test_what_cannot_be_compared(run: Run, arguments: tuple[object, ...], code: str) -> None:
    """Told in one finding; nothing on standard output."""
    ran = run("diff", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert f"[{code}]" in ran.err


@pytest.mark.usefixtures("diff")
def test_an_edition_with_errors(run: Run, tmp_path: Path) -> None:
    """Its mistakes are shown, and it ends with 2."""
    shutil.copytree(SMALL, tmp_path / "broken")
    file = tmp_path / "broken" / "fines.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("kind: loss, value", "knid: loss, value"), encoding="utf-8"
    )
    ran = run("diff", SMALL, tmp_path / "broken")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `kind`?" in ran.err


def edited(tmp_path: Path, changes: dict[str, str]) -> Path:
    """A copy of the small rulebooks with these texts replaced."""
    folder = tmp_path / "new"
    shutil.copytree(SMALL, folder)
    file = folder / "fines.yaml"
    text = file.read_text(encoding="utf-8")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")
    return folder


def test_really_proved(run: Run, tmp_path: Path) -> None:
    """A parameter that rises on a day, from the files to the words; each ticket is judged as it is said."""
    new = edited(tmp_path, {"2015-01-01: 50": "2015-01-01: 50, 2015-10-01: 80"})
    found = document(run("diff", SMALL, new, "--format", "json").out)
    assert found["conclusion"].endswith("only where “parcel lost” applies and day >= 2015-10-01")
    (item,) = found["items"]
    (region,) = item["regions"]
    assert (region["before"]["fine"], region["after"]["fine"]) == ("50.00", "80.00")
    outside = [one["outside"] for one in region["boundaries"] if one["fact"] == "day"]
    assert [ticket["facts"]["day"] for ticket in outside] == ["2015-09-30"]
    for folder, amount in ((SMALL, "50.00 CNY"), (new, "80.00 CNY")):
        ran = run("decide", "--rules", folder, "-", stdin=json.dumps(region["inside"]).encode())
        assert amount in ran.out


@pytest.mark.parametrize(
    "changes",
    [
        {'value: "> 0"': 'value: ">= 0.01"'},
        {'kind: loss, value: "> 0"': 'value: "> 0", kind: loss'},
        {"rule: lost": "rule: gone"},
        {"zh: 快件丢失, en: parcel lost": "zh: 丢件, en: parcel gone"},
        {"2015-01-01: 50": "2015-01-01: 50.00"},
    ],
)
def test_really_the_same(run: Run, tmp_path: Path, changes: dict[str, str]) -> None:
    """Other words for one meaning, another order, id or title: no ticket is judged differently."""
    ran = run("diff", SMALL, edited(tmp_path, changes), "--fail-on", "changed")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("no ticket is judged differently\n")
