"""Small rulebooks, as data, with everything that is to be proved of them: `findings/*.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.present.region_words import region_text
from engine.library import Library, load
from engine.prove.answer import Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings import prove
from tests.cases.small_library import library_from

FILES = sorted((Path(__file__).parent / "findings").glob("*.yaml"))
ROOT = Path(__file__).parents[2]
CODES = {"R301", "R302", "R303", "R305", "R306", "R307", "R308", "R390", "R391", "R392"}
QUICK = {"R301", "R303", "R305", "R306", "R307"}


def told(*_: object) -> None:
    """Nobody listens."""


def read(file: Path) -> tuple[Library, list[Mapping[str, Any]]]:
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    library = library_from(said["facts"], said["rulebook"])
    assert [finding.message("en") for finding in library.findings if finding.severity == "error"] == []
    return library, said["claims"]


def proved(library: Library, quick: bool = False) -> list[Claim]:
    """What these files speak of; other findings have tests of their own."""
    return [claim for claim in prove(library, told, quick) if claim.finding.code in CODES]


def as_expected(claim: Claim, expected: Mapping[str, Any] | None) -> dict[str, Any]:
    """A claim in the words of these files; regions, facts and citations only where they are expected."""
    found: dict[str, Any] = {"code": claim.finding.code, **claim.finding.values}
    if expected and "regions" in expected:
        found["regions"] = sorted(region_text(region, "en") for region in claim.regions)
    if expected and "witness" in expected:
        assert isinstance(claim.answer, Refuted)
        found["witness"] = sorted(claim.answer.witness.facts)
    if expected and "citations" in expected:
        found["citations"] = [citation.quote for citation in claim.citations]
    return found


def key(claim: Mapping[str, Any]) -> str:
    return repr([claim[name] for name in ("code", "id", "first", "second", "text") if name in claim])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_claims(file: Path) -> None:
    """Each claim with its region and the facts that show it, and none besides."""
    library, expected = read(file)
    wanted = {key(claim): dict(claim) for claim in expected}
    for said in wanted.values():
        said.update({name: sorted(said[name]) for name in ("regions", "witness") if name in said})
    found = {}
    for claim in proved(library):
        values = {"code": claim.finding.code, **claim.finding.values}
        found[key(values)] = as_expected(claim, wanted.get(key(values)))
    assert found == wanted


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_quick_claims(file: Path) -> None:
    """What is found quickly is what is found at leisure, of the quick codes."""
    library, _ = read(file)
    slow = [claim.finding for claim in proved(library) if claim.finding.code in QUICK]
    assert [claim.finding for claim in proved(library, quick=True)] == slow


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_witness_lies_in_a_region(file: Path) -> None:
    """As far as it gives the facts that the region is about."""
    library, _ = read(file)
    assert library.plan is not None
    for claim in proved(library):
        if isinstance(claim.answer, Refuted):
            witness = claim.answer.witness
            case = Trial(library.plan, witness.facts, witness.as_of).case
            assert any(case.value(region.condition) is not False for region in claim.regions)


def test_the_shipped_rulebooks_have_no_warning() -> None:
    """What their sources leave open is said, each with its citation; nothing else is found."""
    claims = proved(load(ROOT / "rules"))
    assert {claim.finding.code for claim in claims} <= {"R302"}
    assert all(claim.citations and isinstance(claim.answer, Refuted) for claim in claims)
    assert any(
        [region_text(region, "en") for region in claim.regions] == ["10 < appeal_rate_per_million < 11"]
        for claim in claims
    )
