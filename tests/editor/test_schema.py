"""The schema that editors get knows the library's names, and refuses nothing that `check` takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.present.editor.files import FOLDER, schema_files
from engine.library import Library, load
from engine.read.plain_values import plain
from engine.read.yaml_nodes import read
from engine.rulebook.surface.translation import translated
from tests.docs.blocks import ROOT
from tests.first_rulebook.command import caiding

SHIPPED = ROOT / "rules"
NOT_RULEBOOKS = ("facts", "sources", "statements")


@cache
def library() -> Library:
    return load(SHIPPED)


@cache
def schemas() -> dict[str, Any]:
    return {name: json.loads(text) for name, text in schema_files(library()).items()}


@cache
def validator(name: str) -> Any:
    return Draft202012Validator(in_brief(schemas()[name]))


def in_brief(schema: Any) -> Any:
    """The same schema with names side by side as one list, which is looked through faster."""
    match schema:
        case {"anyOf": [*parts]} if any("const" in part for part in parts):
            names = [part["const"] for part in parts if "const" in part]
            others = [in_brief(part) for part in parts if "const" not in part]
            return {**schema, "anyOf": [{"enum": names}, *others]}
        case dict():
            return {key: in_brief(value) for key, value in schema.items()}
        case list():
            return [in_brief(part) for part in schema]
        case _:
            return schema


def mistakes(name: str, text: str) -> list[str]:
    node, findings = read("file.yaml", text.encode())
    assert node is not None, findings
    errors = sorted(
        validator(name).iter_errors(plain(node)), key=lambda error: list(map(str, error.absolute_path))
    )
    return ["/".join(map(str, error.absolute_path)) for error in errors]


def files() -> Iterator[tuple[str, Path]]:
    for path in sorted(SHIPPED.glob("*.yaml")):
        yield f"{path.stem if path.stem in NOT_RULEBOOKS else 'rulebook'}.json", path
    for path in sorted((ROOT / "examples").glob("**/*.case.yaml")):
        yield "case.json", path


def test_the_schemas_in_the_repository_are_those_of_the_library() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in (SHIPPED / FOLDER).iterdir()}
    assert kept.keys() == schema_files(library()).keys()
    stale = [name for name, text in schema_files(library()).items() if kept[name] != text]
    assert stale == [], "run `caiding schema --write`"


@pytest.mark.parametrize(("name", "path"), [pytest.param(*pair, id=pair[1].name) for pair in files()])
def test_no_shipped_file_is_underlined(name: str, path: Path) -> None:
    assert mistakes(name, path.read_text(encoding="utf-8")) == []


SOUND = """
rulebook: mine
title: {zh: 一, en: one}
parameters:
  fee: {label: {zh: 费, en: fee}, type: money, values: {2015-04-01: 5}}
sections:
  - section: first
    title: {zh: 一, en: one}
    scope: {rulebook_owner: zto}
    event_date: first_call_date
    background: {ticket_kind: complaint}
    items:
      - rule: one
        title: {zh: 一, en: one}
        statements: [PEN-001]
        cite: {source: zto2015, quote: 一}
        reading: {AMB-01: strict}
        when:
          first_call_type: not(no_invoice)
          channel: [phone, wechat]
          complaint_ordinal: ">= 2"
          customer_class: present
          any: [{ticket_kind: complaint}, {工单类型: 投诉}]
          scans_before_complaint: {some: {scan_type: pickup, ticket_kind: complaint}}
        then:
          fine: {amount: first_call_fine, payer: responsible_outlet, per: ticket}
          breach: {code: early_warning_step}
        implements: penalties/first-call/no-invoice
        examples:
          - {example: one, given: {ticket_kind: complaint, invoice_given: null}, expect: nothing}
          - {example: two, given: {工单类型: 投诉}, expect: {completed_in_time: true}}
      - clock: two
        title: {zh: 二, en: two}
        cite: {source: zto2015, quote: 一}
        starts: add days(first_call_date, 1)
        limit: 5 working days on cn_workdays
        stops: definite_reply_at
"""


def test_whatever_the_language_has_is_taken() -> None:
    """Tests of several words, labels in place of names, parameters and readings of the file itself."""
    assert mistakes("rulebook.json", SOUND) == []


@pytest.mark.parametrize(
    ("written", "mistaken", "place"),
    [
        ("first_call_type: not", "first_cal_type: not", "when"),
        ("ticket_kind: complaint}, {", "ticket_kind: complain}, {", "ticket_kind"),
        ("[phone, wechat]", "[phone, wechatt]", "channel"),
        ("scope: {rulebook_owner: zto}", "scope: {rulebook_owner: ztoo}", "rulebook_owner"),
        ("event_date: first_call_date", "event_date: first_call_type", "event_date"),
        ("background: {ticket_kind", "background: {ticket_kinds", "background"),
        ("[PEN-001]", "[PEN-9001]", "statements/0"),
        ("source: zto2015, quote: 一}\n        reading", "source: zto, quote: 一}\n        reading", "cite"),
        ("scan_type: pickup,", "scan_typ: pickup,", "scans_before_complaint"),
        ("scan_type: pickup,", "scan_type: picked,", "scans_before_complaint"),
        ("payer: responsible_outlet", "payer: responsible", "then"),
        ("code: early_warning_step", "code: early_warning", "then"),
        ("given: {ticket_kind: complaint", "given: {ticket_kind: complain", "given/ticket_kind"),
        ("invoice_given: null", "invoice_given: 1", "given/invoice_given"),
        ("{completed_in_time", "{completed_intime", "expect"),
        ("stops: definite_reply_at", "stops: definite_reply", "stops"),
    ],
)
def test_a_name_that_the_library_does_not_have_is_underlined(written: str, mistaken: str, place: str) -> None:
    assert SOUND.count(written) == 1
    (found,) = {
        re.sub(r"sections/0/(items/\d+/)?", "", at)
        for at in mistakes("rulebook.json", SOUND.replace(written, mistaken))
    }
    assert place in found


@pytest.mark.parametrize("name", ["penalties.yaml", "routing.yaml", "sla.yaml"])
def test_no_shipped_rulebook_is_underlined_when_it_is_written_in_chinese(name: str) -> None:
    found = library()
    assert found.catalogue is not None
    text = translated(name, (SHIPPED / name).read_text(encoding="utf-8"), found.catalogue, "zh")
    assert mistakes("rulebook.zh.json", text) == []


def test_a_name_that_the_library_does_not_have_is_underlined_in_chinese_too() -> None:
    found = library()
    assert found.catalogue is not None
    text = translated("mine.yaml", SOUND.replace(", {工单类型: 投诉}", ""), found.catalogue, "zh")
    assert mistakes("rulebook.zh.json", text) == []
    for written, mistaken in (
        ("首次来电投诉类型: 非", "首次来电类型: 非"),
        ("付款方: 责任网点", "付款方: 责任"),
        ("条件:", "条件是:"),
    ):
        assert written in text
        assert mistakes("rulebook.zh.json", text.replace(written, mistaken))


def test_a_fact_is_explained_by_label_unit_absence_and_use() -> None:
    said = schemas()["rulebook.json"]["$defs"]["condition"]["properties"]["first_call_type"]
    assert said["title"] == "first_call_type 首次来电投诉类型"
    assert "first-call complaint type (首次来电投诉类型)" in said["description"]
    assert "when absent: there is none" in said["description"]
    assert "used by: penalties/first-call/" in said["description"]
    assert "sources: zto2015" in said["description"]
    facts = schemas()["rulebook.json"]["$defs"]["condition"]["properties"]
    assert "whole number (parcels)" in facts["monthly_parcel_volume"]["description"]
    assert "worked out by:" in facts["is_complete_delay"]["description"]


def test_the_first_line_of_every_shipped_file_leads_to_its_schema() -> None:
    for _, path in files():
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        if (found := re.search(r"\$schema=(\S+)", first)) is not None:
            assert (path.parent / found[1]).is_file(), path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small library of its own with one rulebook."""
    monkeypatch.chdir(tmp_path)
    assert caiding("new", "library", "own").code == 0
    assert caiding("new", "rulebook", "first", "--rules", "own").code == 0
    return tmp_path / "own"


def test_schemas_are_brought_up_to_date(own: Path) -> None:
    """A new library has them; a new rule is offered after the next `schema --write`."""
    file = own / FOLDER / "rulebook.json"
    assert "first/first/my-first-rule" not in file.read_text(encoding="utf-8")
    assert "2 files brought" in caiding("schema", "--rules", "own", "--write").said
    assert "first/first/my-first-rule" in file.read_text(encoding="utf-8")
    assert "0 files" in caiding("schema", "--rules", "own", "--write").said


def test_schemas_go_into_the_library_or_into_a_file(own: Path) -> None:
    file = own.parent / "elsewhere.json"
    ran = caiding("schema", "--rules", "own", "--write", "-o", "elsewhere.json")
    assert (ran.code, "D195" in ran.said, file.exists()) == (1, True, False)


def test_every_schema_is_one(own: Path) -> None:
    for text in schema_files(load(own)).values():
        Draft202012Validator.check_schema(json.loads(text))


def test_schemas_are_no_part_of_the_library(own: Path) -> None:
    before = load(own)
    (own / FOLDER / "rulebook.json").write_text("{", encoding="utf-8")
    after = load(own)
    assert before.plan is not None
    assert after.plan is not None
    assert (after.findings, after.plan.edition) == (before.findings, before.plan.edition)
    assert "no findings" in caiding("check", "own").said


def test_a_rulebook_with_mistakes_does_not_stop_its_editor(own: Path) -> None:
    """Who is in the middle of writing needs the names most."""
    (own / "second.yaml").write_text("rulebook: second\n", encoding="utf-8")
    ran = caiding("schema", "--rules", "own", "-o", "made.json")
    assert ran.code == 0
    made = json.loads((own.parent / "made.json").read_text(encoding="utf-8"))
    assert "complaint_ordinal" in made["$defs"]["condition"]["properties"]


def test_a_catalogue_that_cannot_be_read_gives_no_schema(own: Path) -> None:
    (own / "facts.yaml").write_text("catalogue: facts\nfacts: [", encoding="utf-8")
    ran = caiding("schema", "--rules", "own")
    assert ran.code == 2
    assert "[D013]" in ran.said


def test_a_folder_that_cannot_be_written_is_said(own: Path) -> None:
    for file in (own / FOLDER).iterdir():
        file.unlink()
    (own / FOLDER).rmdir()
    (own / FOLDER).write_text("", encoding="utf-8")
    ran = caiding("schema", "--rules", "own", "--write")
    assert ran.code == 1
    assert FOLDER in ran.said
