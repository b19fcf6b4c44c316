"""The words for the places of a starting rulebook, or what stands in the way of writing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.present.starting.chosen import Chosen, boundary, chosen, members
from engine.base.findings import Finding, Language
from engine.base.suggest import closest
from engine.library import Library
from engine.rulebook.model import FactDeclaration, Words

LAID_DAY = "2015-10-08"
"""The day under the template's examples, unless they say another."""


@dataclass(frozen=True)
class Wanted:
    """What the user chose: a source and a value of the owner; None for the first of the library."""

    source: str | None = None
    owner: str | None = None


def materials(library: Library, wanted: Wanted, language: Language) -> Mapping[str, str | None] | Finding:
    """The words for each place, None for what the library lacks.

    A finding where the library lacks what the first rule needs, or has no such source or owner.
    """
    found = chosen(library)
    source = wanted.source or next(iter(library.sources), None)
    lacking = {"sources": source, "parties": found.party, "facts": found.about}
    for name, there in lacking.items():
        if there is None:
            return Finding("D190", {"lacking": name})
    if source not in library.sources:
        return _unknown("D191", str(source), tuple(library.sources))
    owners = found.owner.type.members if found.owner else ()
    if wanted.owner is not None and wanted.owner not in owners:
        return _unknown("D192", wanted.owner, owners)
    return {"source": source, **_words(library, found, wanted.owner, language)}


def _unknown(code: str, written: str, known: tuple[str, ...]) -> Finding:
    return Finding(code, {"written": written, "known": ", ".join(known)}, suggestion=closest(written, known))


def _words(library: Library, found: Chosen, owner: str | None, language: Language) -> dict[str, str | None]:
    assert found.about is not None, "lacking it is a finding"
    assert library.catalogue is not None, "a sound library has a catalogue"
    value = _example(found.about)
    owned = owner or (_example(found.owner) if found.owner else None)
    number = None if found.number is None else boundary(found.number)
    facts = {
        place: getattr(found, place) for place in ("owner", "flag", "day", "number", "started", "ended")
    } | {"category": found.about}
    return {
        **{place: fact.name if fact else None for place, fact in facts.items()},
        **{f"{place}_label": _said(fact.label, language) if fact else None for place, fact in facts.items()},
        "value": value,
        "value_label": _label(found.about, value, language),
        "other": next(other for other in members(found.about) if other != value),
        "owned": owned,
        "owned_label": _label(found.owner, owned, language),
        "background": _background(found, owned),
        "no_flag": f", {found.flag.name}: false" if found.flag else "",
        "bound": None if number is None else str(number),
        "below": None if number is None else str(number - 1),
        "party": found.party,
        "party_label": _said(library.catalogue.parties.get(found.party or ""), language),
        "code": found.code,
        "code_label": _said(library.catalogue.codes.get(found.code or ""), language),
        "act": found.act,
        "act_label": _said(library.catalogue.codes.get(found.act or ""), language),
    }


def _background(found: Chosen, owned: str | None) -> str | None:
    laid = [f"{found.owner.name}: {owned}"] if found.owner else []
    laid += [f"{found.day.name}: {LAID_DAY}"] if found.day else []
    return ", ".join(laid) or None


def _example(fact: FactDeclaration) -> str:
    """The value that the catalogue gives as an example."""
    return str(fact.example) if fact.example in fact.type.members else members(fact)[0]


def _label(fact: FactDeclaration | None, value: str | None, language: Language) -> str | None:
    return _said(fact.member_labels.get(value or ""), language) or value if fact else value


def _said(words: Words | None, language: Language) -> str | None:
    return words.in_language(language) if words else None
