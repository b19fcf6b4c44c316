"""The words for the places of a starting rulebook, or what stands in the way of writing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.present.editor.surface import Surface
from api.present.labels import label
from api.present.starting.chosen import Chosen, boundary, chosen, members
from engine.base.findings import Finding, Language
from engine.base.suggest import closest
from engine.library import Library
from engine.read.chinese.words import keywords
from engine.rulebook.model import FactDeclaration, Words

KEYS = ("if", "then", "starts", "stops", "from", "until", "any", "none", "formula")
LAID_DAY = "2015-10-08"
"""The day under the template's examples, unless they say another."""


@dataclass(frozen=True)
class Wanted:
    """What the user chose: a source and a value of the owner (None for the first of the library), and whether
    the file is written in the Chinese twins of the language's words.
    """

    source: str | None = None
    owner: str | None = None
    surface: Language = "en"


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
    words = _words(library, found, wanted.owner, language)
    return {"source": source, **words, **_keywords(library, wanted.surface, language)}


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


def _keywords(library: Library, surface: Language, language: Language) -> dict[str, str]:
    """The words of the language that the explanations speak of."""
    assert library.catalogue is not None, "a sound library has a catalogue"
    calendars = library.catalogue.calendar_labels
    forms = ("3 calendar days", "by 12:00 next day", *(f"5 working days on {name}" for name in calendars))
    limits = [Surface(surface).limit(form, calendars) for form in forms[:3]]
    return {
        **{f"key_{key}": Surface(surface).keyword(key) for key in KEYS},
        "value_unique": keywords("value").chinese["unique"] if surface == "zh" else "unique",
        "limits": label("words", "list", language).join(f"`{limit}`" for limit in limits),
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
