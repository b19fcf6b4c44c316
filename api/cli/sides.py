"""The two sides of a dry run: what is in force, and what is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.cli.door import FOUND, Stop, show_findings
from api.cli.loading import folder_at, plan_under, sound_library
from api.cli.revisions import revision_at
from engine.base.findings import Finding, Language, has_errors
from engine.library import Library, load_texts
from engine.plan.nodes import Plan


@dataclass(frozen=True)
class Side:
    """A library with a plan; `label` is what the user named it by."""

    label: str
    library: Library
    plan: Plan


def sides_of(
    base: str | None, candidate: str, readings: Sequence[str], language: Language
) -> tuple[Side, Side]:
    """Base and candidate. The readings are the candidate's; without a base it is compared with those that its
    own rulebooks prefer.

    Raises Stop where either cannot be read or has errors, and where there is nothing to compare with.
    """
    if base is None and not readings:
        raise Stop(Finding("Q060", {}))
    proposed = sound_library(candidate, language)
    plan = plan_under(proposed, tuple(readings))
    if base is None:
        assert proposed.plan is not None, "a sound library has a plan"
        preferred = [f"{name}={proposed.plan.readings[name]}" for name in _names(readings)]
        return Side(", ".join(preferred), proposed, proposed.plan), Side(", ".join(readings), proposed, plan)
    library = edition_at(base, folder_at(candidate), language)
    assert library.plan is not None, "a sound library has a plan"
    label = ", ".join((candidate, *readings))
    return Side(base, library, library.plan), Side(label, proposed, plan)


def _names(readings: Sequence[str]) -> list[str]:
    return [reading.partition("=")[0] for reading in readings]


def edition_at(written: str, beside: Path, language: Language) -> Library:
    """A folder where there is one of that name, else a git revision of the repository that `beside` is in.

    Raises Stop where it cannot be read or has errors.
    """
    if Path(written).is_dir():
        return sound_library(written, language)
    library = load_texts(revision_at(written, beside).texts())
    if library.plan is None or has_errors(library.findings):
        show_findings(library.findings, language)
        raise Stop(Finding("D013", {"folder": written}), exit_code=FOUND)
    return library
