"""The README's rule is the shipped one, and its ticket gets the verdict that it shows."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from api.cli.main import caiding
from engine.base.findings import Language
from tests.docs.blocks import ROOT, blocks, page
from tests.docs.service import ask_all
from tests.docs.transcript import play

PAGES: Mapping[str, Language] = {"README.md": "en", "README.zh.md": "zh"}
DOCUMENTS = (*PAGES, "docs/language.md", "docs/language.zh.md", "docs/officers.md", "docs/officers.en.md")
DOCUMENTS += ("docs/first-rulebook.md", "docs/first-rulebook.en.md", "docs/editors.md", "docs/editors.en.md")
DOCUMENTS += ("docs/service.md", "docs/service.en.md", "docs/proofs.md", "docs/proofs.zh.md")


@pytest.mark.parametrize("name", PAGES)
def test_the_ticket_of_the_readme_gets_its_verdict(name: str, tmp_path: Path) -> None:
    (run,) = play(name, PAGES[name], tmp_path)
    assert run.shown == tuple(line for line in run.printed if line)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands of the page need curl")
@pytest.mark.parametrize("name", PAGES)
def test_the_service_answers_as_the_readme_shows(name: str, tmp_path: Path) -> None:
    asked = list(ask_all(name, tmp_path))
    assert [(one.commands, one.printed) for one in asked if not one.fits()] == []
    assert sum(one.shown is not None for one in asked) >= 7


@pytest.mark.parametrize("name", PAGES)
def test_the_rule_of_the_readme_is_a_shortening_of_the_shipped_one(name: str) -> None:
    (rule,) = (block for block in blocks(page(name)) if block.role == "rule")
    shipped = iter([line.strip() for line in page("rules/penalties.yaml").splitlines()])
    assert [line for line in rule.text.splitlines() if line.strip() not in shipped] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_readme_names_every_command_that_there_is(name: str) -> None:
    rows = re.findall(r"^\| (`caiding [^|]+) \|", page(name), re.MULTILINE)
    named = {command for row in rows for command in re.findall(r"`caiding ([a-z-]+)", row)}
    assert named == set(caiding.list_commands(caiding.make_context("caiding", ["check"])))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_links_of_a_page_lead_somewhere(name: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page(name))
    assert [target for target in targets if not (ROOT / name).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "docs/language.zh.md"])
def test_the_anchors_of_a_page_are_its_headings(name: str) -> None:
    headings = re.findall(r"^#+ (.+)$", page(name), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", page(name))) <= anchors
