"""`caiding prove` as an officer, a program and a pull request run it: claims, what shows them, exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.base.findings import Finding
from engine.library import Library
from engine.plan.nodes import RulePlan
from engine.prove.answer import NotKnown, Proved, Refuted, Witness
from engine.prove.claim import Claim
from engine.prove.region import Region, Side
from engine.rulebook.expressions import TRUE
from tests.api.command_line import SMALL, Run

LOST = "fines/loss/lost"
WITNESS = Witness(
    {"kind": "loss", "value": Decimal("0.01"), "day": date(2015, 6, 10)}, datetime(2015, 6, 10, 12, 0)
)
TICKET = '{"facts": {"kind": "loss", "value": "0.01", "day": "2015-06-10"}, "as_of": "2015-06-10T12:00:00"}'


def region(*sides: tuple[str, str], exact: bool = True) -> Region:
    return Region(tuple(Side(fact, text, TRUE) for fact, text in sides), TRUE, exact)


def made(library: Library) -> list[Claim]:
    """A claim of each sort about the small rulebook."""
    assert library.plan is not None
    (rule,) = (item for item in library.plan.items if isinstance(item, RulePlan))
    span, citations = rule.origin.span, rule.origin.citations
    between = region(("value", "(10..11)"), ("kind", "loss, delay"))
    fallen = {
        "id": LOST,
        "fact": "days",
        "low": "1",
        "high": "2",
        "before": "50.00 CNY",
        "after": "80.00 CNY",
    }
    again = fallen | {"low": "2", "high": "3", "before": "80.00 CNY", "after": "90.00 CNY"}
    return [
        Claim(Finding("R301", {"id": LOST}, span), Refuted(WITNESS), (between,)),
        Claim(Finding("R302", {"id": LOST}, span), Refuted(WITNESS), (between,), citations),
        Claim(Finding("R305", {"id": f"{LOST}/row"}, span), Proved(("count of scans",))),
        Claim(Finding("R314", fallen, span), Refuted(WITNESS)),
        Claim(Finding("R314", again, span), Refuted(WITNESS)),
        Claim(Finding("R391", {"id": LOST, "asked": "R307"}, span), NotKnown("time_limit", ("day",))),
    ]


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Library], list[Claim]]], None]:
    """Puts claims in place of what would be proved."""

    def put(of: Callable[[Library], list[Claim]]) -> None:
        def prove(library: Library, *_: object, **__: object) -> list[Claim]:
            return of(library)

        monkeypatch.setattr("engine.prove.findings.prove", prove)

    put(made)
    return put


def document(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.usefixtures("claims")
def test_each_claim_with_what_shows_it(run: Run) -> None:
    """Place, region, the ticket as `decide` takes it, the sentence cited; cliffs in a table at the end."""
    ran = run("prove", SMALL)
    assert (ran.code, ran.err) == (2, "")
    assert f"warning[R301]: `{LOST}` has a gap, as no row covers some tickets" in ran.out
    assert "fines.yaml:16:" in ran.out
    assert "where: 10 < value < 11 and kind is one of loss, delay\n" in ran.out
    assert f"ticket: {TICKET}\n" in ran.out
    assert "source: 「丢失罚五十元」 deck\n" in ran.out
    assert "it holds whatever these are: count of scans\n" in ran.out
    assert "note[R391]: whether R307 holds" in ran.out
    assert "[R314]" not in ran.out
    table = ran.out[ran.out.index("what one more unit costs") :]
    assert table.splitlines()[1:4] == [
        "parcel lost (fines/loss/lost)",
        "  days  1 → 2  50.00 CNY → 80.00 CNY",
        "  days  2 → 3  80.00 CNY → 90.00 CNY",
    ]
    proved = "proved that there are none: rows that overlap and must not, rules in conflict, "
    assert ran.out.splitlines()[-2].startswith(proved)
    assert "gaps" not in ran.out.splitlines()[-2]
    assert "exceptions that never matter" not in ran.out.splitlines()[-2], "which is not settled"
    summary = "small: 2 warnings, 4 notes; 4 shown by a ticket, 1 proved, 1 not settled"
    assert ran.out.splitlines()[-1].endswith(summary)


@pytest.mark.usefixtures("claims")
def test_in_chinese(run: Run) -> None:
    """The same in the officers' language, with the facts' labels."""
    ran = run("--lang", "zh", "prove", SMALL)
    assert f"警告[R301]: `{LOST}` 有空档" in ran.out
    assert "范围: 10 < value < 11（价值） 且 kind 为 loss、delay 之一（类型：丢失、延误）" in ran.out
    assert f"工单: {TICKET}" in ran.out
    assert "原文: 「丢失罚五十元」 deck" in ran.out
    assert "  days（天数）  1 → 2  50.00 元 → 80.00 元\n" in ran.out
    assert "2 个警告、4 条提示；4 处有工单为证、1 处已证明、1 处未查清" in ran.out


@pytest.mark.usefixtures("claims")
def test_same_bytes_each_time(run: Run) -> None:
    """Nothing on standard output hangs on time."""
    assert run("prove", SMALL).out == run("prove", SMALL).out


@pytest.mark.usefixtures("claims")
def test_the_ticket_is_one_that_decide_takes(run: Run) -> None:
    """The line is judged as it stands."""
    out = run("prove", SMALL, "--only", "R301").out
    line = next(line for line in out.splitlines() if line.startswith("ticket: "))
    ran = run("decide", "--rules", SMALL, "-", stdin=line.removeprefix("ticket: ").encode())
    assert (ran.code, ran.err) == (0, "")
    assert "50.00 CNY" in ran.out


@pytest.mark.usefixtures("claims")
def test_for_programs(run: Run) -> None:
    """Every claim with its answer, regions, witness and citations."""
    ran = run("prove", SMALL, "--format", "json")
    assert ran.code == 2
    found = document(ran.out)
    gap, declared, dead, *_, open_ = found["findings"]
    assert (gap["code"], gap["answer"], gap["witness"]) == ("R301", "refuted", json.loads(TICKET))
    assert gap["regions"][0]["when"][0] == {"fact": "value", "test": "(10..11)"}
    assert gap["regions"][0]["text"]["en"] == "10 < value < 11 and kind is one of loss, delay"
    assert gap["place"]["line"] == 16
    assert declared["citations"] == [{"source": "deck", "quote": "丢失罚五十元"}]
    assert (dead["answer"], dead["witness"], dead["free"]) == ("proved", None, ["count of scans"])
    assert (open_["answer"], open_["why"], open_["about"]) == ("not_known", "time_limit", ["day"])
    absent = found["summary"].pop("proved_absent")
    assert "R303" in absent
    assert not {"R301", "R305", "R307"} & set(absent), "found, or not settled"
    assert found["summary"] == {
        "rulebooks": 1,
        "errors": 0,
        "warnings": 2,
        "informations": 4,
        "refuted": 4,
        "proved": 1,
        "not_known": 1,
    }


@pytest.mark.usefixtures("claims")
def test_for_code_hosts(run: Run) -> None:
    """SARIF and workflow commands have the region and the ticket in their text."""
    result = document(run("prove", SMALL, "--format", "sarif").out)["runs"][0]["results"][0]
    assert "where: 10 < value < 11" in result["message"]["text"]
    assert result["properties"]["witness"] == json.loads(TICKET)
    line = run("prove", SMALL, "--format", "github").out.splitlines()[0]
    assert line.startswith("::warning file=")
    assert "%0Awhere: 10 < value < 11" in line


@pytest.mark.usefixtures("claims")
def test_only_some(run: Run) -> None:
    """By code, and by the beginning of a rule's id; information alone ends with 0."""
    codes = [
        one["code"]
        for one in document(run("prove", SMALL, "--only", "R302,R314", "--format", "json").out)["findings"]
    ]
    assert codes == ["R302", "R314", "R314"]
    assert run("prove", SMALL, "--only", "R302", "--only", "R314").code == 0
    assert len(document(run("prove", SMALL, "--rule", "fines", "--format", "json").out)["findings"]) == 6


def test_nothing_found(run: Run, claims: Callable[[Callable[[Library], list[Claim]]], None]) -> None:
    """A library that proves clean says what it is free of, and that nothing was found."""
    claims(lambda _: [])
    ran = run("prove", SMALL)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("small: nothing was found\n")
    assert ran.out.startswith("proved that there are none: gaps that are not declared, rows that overlap")
    assert ran.out.count("\n") == 2


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize(
    ("arguments", "code", "help_"),
    [
        (("--only", "R999"), "D170", "one of R301"),
        (("--only", "E001"), "D170", "one of R301"),
        (("--only", "r301"), "D170", "did you mean `R301`?"),
        (("--rule", "fines/loss/lots"), "Q006", "did you mean `fines/loss/lost`?"),
        (("--reading", "AMB-01=floor"), "D020", ""),
        (("--format", "html"), "D003", ""),
    ],
)
def test_what_cannot_be_asked(run: Run, arguments: tuple[str, ...], code: str, help_: str) -> None:
    """Slips are told with what was meant, and nothing is proved."""
    ran = run("prove", SMALL, *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert f"[{code}]" in ran.err
    assert help_ in ran.err


BANDS = """\
      - table: bands
        title: {zh: 分档, en: bands}
        statements: [A-1]
        cite: {source: deck, quote: 丢失罚五十元}
        given: {value: present}
        hit: unique
        inputs: [value]
        outputs: [{name: amount, type: money}]
        then: {fine: {amount: amount, payer: outlet, per: waybill}}
        rows:
          - {row: low, if: ["<= 10"], then: [500], SOURCE}
          - {row: high, if: [">= 11"], then: [1000], SOURCE}
          - {row: again, if: [">= 2000"], then: [1000], SOURCE}
        examples:
          - {example: low, given: {value: 10}, expect: {fine: 500, row: low}}
          - {example: high, given: {value: 11}, expect: {fine: 1000, row: high}}
""".replace("SOURCE", "statements: [A-1], cite: {source: deck, quote: 丢失罚五十元}")


def test_really_proved(run: Run, tmp_path: Path) -> None:
    """A table with a hole and two rows that meet, from the file to the words."""
    shutil.copytree(SMALL, tmp_path / "rules")
    with (tmp_path / "rules" / "fines.yaml").open("a", encoding="utf-8") as file:
        file.write(BANDS)
    ran = run("prove", tmp_path / "rules", "--only", "R301,R303")
    assert (ran.code, ran.err) == (2, "")
    gap = ran.out[ran.out.index("`fines/loss/bands` has a gap") :]
    assert "where: 10 < value < 11\n" in gap
    ticket = next(line for line in gap.splitlines() if line.startswith("ticket: ")).removeprefix("ticket: ")
    assert Decimal(10) < Decimal(json.loads(ticket)["facts"]["value"]) < Decimal(11)
    assert "`fines/loss/bands/high` and `fines/loss/bands/again` hold of one ticket" in ran.out
    assert "where: value >= 2000\n" in ran.out
    judged = run("decide", "--rules", tmp_path / "rules", "-", stdin=ticket.encode())
    assert "no row applies" in judged.out


def informed(library: Library) -> list[Claim]:
    """What is only to be known."""
    return [claim for claim in made(library) if claim.finding.code == "R302"]


def test_check_proves_what_is_quickly_proved(
    run: Run, claims: Callable[[Callable[[Library], list[Claim]]], None]
) -> None:
    """What is to be mended stands among the other findings, with the ticket that shows it."""
    claims(made)
    ran = run("check", SMALL)
    assert ran.code == 2
    assert f"where: 10 < value < 11 and kind is one of loss, delay\nticket: {TICKET}\nhelp: " in ran.out
    assert ran.out.endswith("small: 1 rulebook, 1 rule, 2 warnings\n")
    found = document(run("check", SMALL, "--format", "json").out)
    assert found["findings"][0]["witness"] == json.loads(TICKET)
    assert found["summary"]["warnings"] == 2
    result = document(run("check", SMALL, "--format", "sarif").out)["runs"][0]["results"][0]
    assert result["properties"]["witness"] == json.loads(TICKET)
    assert "%0Aticket: {" in run("check", SMALL, "--format", "github").out


def test_check_leaves_to_prove_what_needs_no_mend(
    run: Run, claims: Callable[[Callable[[Library], list[Claim]]], None]
) -> None:
    """A gap that the source leaves is no finding of `check`; nor is any proof with `--no-proofs`."""
    claims(informed)
    assert run("check", SMALL).out.endswith("no findings\n")
    claims(made)
    ran = run("check", SMALL, "--no-proofs")
    assert (ran.code, ran.out.count("\n")) == (0, 1)


def test_check_proves_nothing_of_rules_with_errors(run: Run, tmp_path: Path) -> None:
    """The mistakes come first."""
    shutil.copytree(SMALL, tmp_path / "rules")
    file = tmp_path / "rules" / "fines.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("kind: loss, value", "knid: loss, value"), "utf-8"
    )
    ran = run("check", tmp_path / "rules")
    assert ran.code == 2
    assert "did you mean `kind`?" in ran.out
