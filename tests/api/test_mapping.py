"""An import mapping says which column is which fact; its mistakes have places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from api.tickets.mapping import Case, Computed, ImportMapping, ticket_by
from api.tickets.mapping_reader import read_mapping
from engine.library import load
from engine.plan.nodes import Plan
from tests.api.command_line import ROOT, SMALL, Run


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = load(SMALL).plan
    assert found is not None
    return found


def mapped(text: str, plan: Plan) -> ImportMapping:
    mapping, findings = read_mapping("m.yaml", text.encode(), plan)
    assert findings == []
    assert mapping is not None
    return mapping


FULL = """
mapping: full
columns:
  number: ticket_no
  what: {fact: kind, values: {perdido: loss, atrasado: delay}}
  price: value
  when: [{fact: day, format: "%d/%m/%Y"}, {fact: at, format: "%d/%m/%Y", take: end_of_day}]
constants: {paid: true}
computed:
  days:
    - {same: [from, to], then: 1}
    - {is: {region: [north, south]}, then: 3}
    - {present: region, then: 2}
"""


def test_row_to_facts(plan: Plan) -> None:
    """Columns, translations, formats, constants and cases make one ticket."""
    row = {
        "number": "7",
        "what": "perdido",
        "price": " 12.50 ",
        "when": "10/06/2015",
        "from": "a",
        "to": "b",
        "region": "east",
    }
    ticket = ticket_by(mapped(FULL, plan), row, 2)
    assert ticket.findings == ()
    facts = {name: str(value) for name, value in ticket.facts.items()}
    assert facts == {
        "paid": "True",
        "ticket_no": "7",
        "kind": "loss",
        "value": "12.50",
        "day": "2015-06-10",
        "at": "2015-06-10T23:59:59",
        "days": "2",
    }


def test_empty_cells_are_absent_and_decide_nothing(plan: Plan) -> None:
    """A case that an empty cell leaves open gives no fact, however the later ones would end."""
    row = dict.fromkeys(("number", "what", "price", "when", "from"), "") | {"to": "b", "region": "north"}
    assert ticket_by(mapped(FULL, plan), row, 2).facts == {"paid": True}


def test_false_beats_unknown() -> None:
    """A condition that fails settles its case even beside an empty cell."""
    case = Case(same=(("a", "b"),), equals=(("c", ("1",)),), present=(), absent=(), then="x")
    other = Case(same=(), equals=(), present=(), absent=("a",), then="y")
    mapping = ImportMapping((), {}, (Computed("f", (case, other)),), None, from_float=False)
    assert ticket_by(mapping, {"a": "", "b": "1", "c": "2"}, 1).facts == {"f": "y"}


@pytest.mark.parametrize(
    ("cells", "code", "pointer"),
    [({"what": "roubado"}, "D076", "/what"), ({"when": "2015-06-10"}, "D077", "/when")],
)
def test_cell_that_does_not_fit(plan: Plan, cells: dict[str, str], code: str, pointer: str) -> None:
    """A cell outside the mapping is a finding of its row."""
    findings = ticket_by(mapped(FULL, plan), cells, 2).findings
    assert (findings[0].code, findings[0].pointer) == (code, pointer)


@pytest.mark.parametrize(
    ("text", "code", "written"),
    [
        ("mapping: m\ncolums: {}", "D070", "colums"),
        ("mapping: m\ncolumns: [a]", "D071", "[a]"),
        ("mapping: m\ncolumns: {a: {format: x}}", "D072", "{format: x}"),
        ("mapping: m\ncolumns: {a: vlaue}", "D073", "vlaue"),
        ("mapping: m\ncolumns: {a: value, b: value}", "D075", "value"),
        ("mapping: m\nconstants: {value: 1}\ncolumns: {b: value}", "D075", "value"),
        ("mapping: m\ncolumns: {a: {fact: value, format: x}}", "D080", "x"),
        ("mapping: m\nas_of: [a]", "D081", "[a]"),
        ("mapping: m\ndecimal: exact", "D082", "exact"),
        ("mapping: m\ncolumns: {a: {fact: day, take: noon}}", "D083", "noon"),
        ("mapping: m\nconstants: {kind: lsos}", "F006", "lsos"),
        ("mapping: m\ncomputed: {days: [{then: many}]}", "F003", "many"),
        ("mapping: m\ncomputed: {days: [{same: [a, b]}]}", "D072", "{same: [a, b]}"),
        ("mapping: [", "R0", ""),
    ],
)
def test_mistakes_have_places(plan: Plan, text: str, code: str, written: str) -> None:
    """Each mistake is a finding with the words that are wrong."""
    mapping, findings = read_mapping("m.yaml", text.encode(), plan)
    assert mapping is None
    assert findings[0].code.startswith(code)
    assert findings[0].span is not None
    assert not written or findings[0].span.text == written


def test_missing_column(run: Run, tmp_path: Path) -> None:
    """A column that the table does not have is said before any row is judged."""
    (tmp_path / "m.yaml").write_text("mapping: m\ncolumns: {what: kind}\n", encoding="utf-8")
    arguments = ("--rules", SMALL, "--evaluator", "reference", "--input-format", "csv")
    ran = run("decide", *arguments, "--mapping", tmp_path / "m.yaml", "-", stdin=b"waht\nloss\n")
    assert (ran.code, ran.out) == (2, "")
    assert "D074" in ran.err
    assert "did you mean `waht`?" in ran.err


def test_shipped_mappings_have_the_published_shape() -> None:
    """The schema that editors use agrees with the reader on what we ship."""
    schema = json.loads((ROOT / "api" / "tickets" / "mapping.schema.json").read_text(encoding="utf-8"))
    shipped = [*ROOT.glob("examples/mappings/*.yaml"), *ROOT.glob("examples/**/log/mapping.yaml")]
    assert len(shipped) > 1
    for file in [*shipped, ROOT / "tests" / "walk" / "logs" / "mapping.yaml"]:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert list(Draft202012Validator(schema).iter_errors(document)) == []
