"""The page of all findings is up to date with the catalogue of codes."""

from __future__ import annotations

from engine.base.findings import codes
from tests.docs.blocks import page
from tests.docs.findings_page import text


def test_the_page_of_findings_is_what_its_program_writes() -> None:
    written = "run `python -m tests.docs.findings_page > docs/findings.md`"
    assert page("docs/findings.md") == text(), written


def test_every_code_stands_on_the_page_once() -> None:
    shown = page("docs/findings.md")
    assert [code for code in codes() if shown.count(f"| **{code}**") != 1] == []
