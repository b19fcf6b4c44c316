"""Small rulebooks with everything that is to be proved between rules: `between/*.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.library import Library, load, load_texts
from engine.prove.answer import Refuted
from engine.prove.claim import Claim
from engine.prove.findings import prove
from tests.cases.small_library import SOURCES, catalogue_text
from tests.prove.test_findings import as_expected, told

FILES = sorted((Path(__file__).parent / "between").glob("*.yaml"))
ROOT = Path(__file__).parents[2]
CODES = {"R304", "R309", "R310", "R311", "R312", "R313", "R314", "R315", "R316", "R390", "R391", "R392"}
QUICK = {"R304", "R309"}
TOLD_APART_BY = ("code", "id", "ids", "first", "second", "fact", "of", "parameter", "high", "after")


def read(file: Path) -> tuple[Library, list[Mapping[str, Any]]]:
    """The library of a file: one rulebook or two, and the date of their source where it has one."""
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    texts = {
        "facts.yaml": catalogue_text(said["facts"]),
        "sources.yaml": SOURCES.replace("date: null", f"date: {said.get('source_date', 'null')}"),
        "book.yaml": said["rulebook"],
        **({"other.yaml": said["other_rulebook"]} if "other_rulebook" in said else {}),
    }
    library = load_texts({name: text.encode() for name, text in texts.items()})
    assert [finding.message("en") for finding in library.findings if finding.severity == "error"] == []
    return library, said["claims"]


def proved(library: Library, quick: bool = False) -> list[Claim]:
    """What these files speak of; other findings have tests of their own."""
    return [claim for claim in prove(library, told, quick) if claim.finding.code in CODES]


def key(claim: Mapping[str, Any]) -> str:
    names = TOLD_APART_BY if claim["code"] == "R314" else TOLD_APART_BY[:-2]
    return repr([claim[name] for name in names if name in claim])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_claims(file: Path) -> None:
    """Each claim with its region and the facts that show it, and none besides."""
    library, expected = read(file)
    wanted = {key(claim): dict(claim) for claim in expected}
    for said in wanted.values():
        said.update({name: sorted(said[name]) for name in ("regions", "witness") if name in said})
    spoken = {claim["code"] for claim in expected}
    found = {}
    for claim in proved(library):
        values = {"code": claim.finding.code, **claim.finding.values}
        if spoken & {claim.finding.code, claim.finding.values.get("asked")}:
            found[key(values)] = as_expected(claim, wanted.get(key(values)))
    assert found == wanted


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_quick_claims(file: Path) -> None:
    """What is found quickly is what is found at leisure, of the quick codes."""
    library, _ = read(file)
    slow = [claim.finding for claim in proved(library) if claim.finding.code in QUICK]
    assert [claim.finding for claim in proved(library, quick=True)] == slow


def test_the_shipped_rulebooks_have_no_warning() -> None:
    """What their sources leave open is said, each with its citation; all else that is said is shown."""
    claims = proved(load(ROOT / "rules"))
    assert {claim.finding.code for claim in claims} <= {"R312", "R314", "R315", "R316"}
    assert all(isinstance(claim.answer, Refuted) for claim in claims)
    assert all(claim.citations for claim in claims)
