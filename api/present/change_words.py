"""What two editions do differently, in words that every form of it shares."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.present.labels import counted, label
from api.present.region_words import conditions, joined, region_text, shared, side_text, text_beyond
from api.present.said_words import SaidWords
from engine.base.findings import Language
from engine.library import Library
from engine.plan.nodes import Origin, Plan
from engine.prove.answer import NotKnown, Witness
from engine.prove.change import Boundary, CatalogueChange, EditionChange, ItemChange, RegionChange
from engine.rulebook.model import Catalogue

QUIET = ("same_text", "proved_same", "renamed")
MOST_APART = 3
"""Facts by which a ticket outside of a region is told from the one inside; else it is shown whole."""
MOST_NAMED = 3
"""Regions that the last sentence names; more are counted."""


@dataclass(frozen=True, slots=True)
class Side:
    """One edition; `label` is how the user named it."""

    label: str
    library: Library

    @property
    def plan(self) -> Plan:
        assert self.library.plan is not None, "editions are compared by their plans"
        return self.library.plan

    @property
    def catalogue(self) -> Catalogue:
        assert self.library.catalogue is not None, "a library with a plan has a catalogue"
        return self.library.catalogue


@dataclass(frozen=True, slots=True)
class Rewording:
    """A text that differs and has no part in any verdict: the title or the citations of an item."""

    id: str
    what: str
    before: str
    after: str


class ChangeWords:
    """Words for the change from one edition to another."""

    def __init__(self, change: EditionChange, before: Side, after: Side, language: Language) -> None:
        self.change = change
        self.sides = before, after
        self.language = language
        self._facts = {**before.catalogue.facts, **after.catalogue.facts}
        self._said = SaidWords(after.catalogue, after.plan, language)

    @property
    def loud(self) -> list[ItemChange]:
        """The items to tell of; the others are only counted."""
        return [item for item in self.change.items if item.status not in QUIET]

    def say(self, key: str, **values: object) -> str:
        return label("diff", key, self.language, **values)

    def heading(self) -> str:
        """`rules (a1b2) → build/candidate (c3d4)`."""
        names = (side.label for side in self.sides)
        before, after = (
            self.say("side", label=name, edition=edition)
            for name, edition in zip(names, (self.change.before, self.change.after), strict=True)
        )
        return self.say("title", before=before, after=after)

    def title(self, item: ItemChange) -> str:
        origin = item.after or item.before
        return origin.title.in_language(self.language) if origin else item.id

    def tickets_of(self, item: ItemChange) -> str:
        return self.say("tickets_of", title=self.title(item))

    def region(self, change: RegionChange) -> str:
        return region_text(change.region, self.language, self._facts)

    def shared(self, item: ItemChange) -> list[str]:
        """The conditions that all regions of an item have; none where there is but one."""
        return shared([conditions(r.region, self.language, self._facts) for r in item.regions])

    def joined(self, parts: Sequence[str]) -> str:
        return joined(parts, self.language)

    def beyond_shared(self, change: RegionChange, known: Sequence[str]) -> str:
        """`and contact_log_type = none`: what one region asks besides."""
        text = text_beyond(change.region, known, self.language, self._facts)
        return self.say("and_where", region=text)

    def difference(self, item: ItemChange, change: RegionChange) -> str:
        """`fine: 50.00 → 80.00 CNY`, on the ticket shown."""
        return self._said.change(item.id, change.before, change.after)

    def beyond(self, boundary: Boundary) -> str:
        return self.say("outside", side=side_text(boundary.side, self.language, self._facts))

    def apart(self, change: RegionChange, boundary: Boundary) -> str | None:
        """The ticket just outside by what it has otherwise than the one inside; None for too much of it."""
        inside, outside = (_flat(self.ticket_json(w)) for w in (change.inside, boundary.outside))
        parts = [f"{name} = {text}" for name, text in outside.items() if inside.get(name) != text]
        gone = (name for name in inside if name not in outside)
        parts += [label("words", "absent", self.language, left=name) for name in gone]
        what = label("words", "list", self.language).join(parts)
        return self.say("apart", what=what) if 0 < len(parts) <= MOST_APART else None

    def ticket(self, witness: Witness) -> str:
        """One line of JSON that `decide` takes."""
        return json.dumps(self.ticket_json(witness), ensure_ascii=False)

    def ticket_json(self, witness: Witness) -> dict[str, Any]:
        """A witness by the later catalogue, or by the earlier one where only that has all of its facts."""
        before, after = (side.plan for side in self.sides)
        return witness.ticket(after if witness.facts.keys() <= after.facts.keys() else before)

    def doubt(self, doubt: NotKnown) -> str:
        """Why it is not known whether an item changes."""
        return self.say(doubt.why, about="; ".join(doubt.about))

    def catalogue(self, change: CatalogueChange) -> str:
        match change:
            case CatalogueChange(fact=fact, before=None, after=after):
                return self.say("fact_added", fact=fact, after=after)
            case CatalogueChange(fact=fact, before=before, after=None):
                return self.say("fact_removed", fact=fact, before=before)
            case CatalogueChange(fact=fact, before=before, after=after):
                return self.say("fact_changed", fact=fact, before=before, after=after)

    def counts(self) -> str:
        """`57 rules with the same text; 3 proved the same; 1 renamed: a → b`."""
        found = {key: [i for i in self.change.items if i.status == key] for key in QUIET}
        parts = []
        if found["same_text"]:
            rules = counted("rule", len(found["same_text"]), self.language)
            parts.append(self.say("same_text", rules=rules))
        if found["proved_same"]:
            parts.append(self.say("proved_same", count=len(found["proved_same"])))
        if found["renamed"]:
            names = label("words", "list", self.language).join(map(renaming, found["renamed"]))
            parts.append(self.say("renamed", count=len(found["renamed"]), names=names))
        return self.say("then").join(parts)

    def conclusion(self) -> str:
        """One plain sentence: which tickets the two editions judge differently."""
        doubtful = [item.id for item in self.loud if not item.complete or item.status == "not_known"]
        named = list(dict.fromkeys(self._named_regions()))
        if doubtful:
            ids = label("words", "list", self.language).join(dict.fromkeys(doubtful))
            return self.say("except_for" if named else "open_for", ids=ids)
        if not named:
            return self.say("none_but_facts" if self.change.catalogue else "none")
        if len(named) > MOST_NAMED:
            together = self._everywhere()
            return self.say("only_in", count=len(named)) + (
                self.say("all_where", region=together) if together else ""
            )
        return self.say("only_where", regions=self.say("or_where").join(named))

    def _named_regions(self) -> Iterator[str]:
        """Every region, as it is said away from its item."""
        for item in self.loud:
            for change in item.regions:
                yield region_text(change.region, self.language, self._facts, self.title(item))

    def _everywhere(self) -> str:
        """What every region asks; nothing where they have nothing in common."""
        texts = [
            conditions(change.region, self.language, self._facts, self.title(item))
            for item in self.loud
            for change in item.regions
        ]
        parts = shared(texts)
        return self.joined(parts) if parts else ""

    def rewordings(self) -> list[Rewording]:
        """The titles and citations that differ, of items that both editions have."""
        return [
            rewording
            for item in self.change.items
            if item.before is not None and item.after is not None
            for rewording in self._reworded(item.before, item.after)
        ]

    def _reworded(self, before: Origin, after: Origin) -> Iterator[Rewording]:
        if before.title != after.title:
            old, new = (origin.title.in_language(self.language) for origin in (before, after))
            if old == new:
                old, new = (f"{o.title.zh} / {o.title.en}" for o in (before, after))
            yield Rewording(after.id, self.say("reworded_title"), old, new)
        if before.citations != after.citations:
            yield Rewording(after.id, self.say("reworded_citation"), _cited(before), _cited(after))

    def reworded(self, rewording: Rewording) -> str:
        values = {"id": rewording.id, "what": rewording.what}
        return self.say("reworded", **values, before=rewording.before, after=rewording.after)


def _flat(ticket: Mapping[str, Any]) -> dict[str, str]:
    """The facts of a ticket and its instant, as texts."""
    values = {**ticket["facts"], **{k: v for k, v in ticket.items() if k != "facts"}}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in values.items()
    }


def renaming(item: ItemChange) -> str:
    """`penalties/first-call/a → penalties/first-call/b`."""
    assert item.before is not None, "what is renamed stands in both editions"
    assert item.after is not None, "what is renamed stands in both editions"
    return f"{item.before.id} → {item.after.id}"


def _cited(origin: Origin) -> str:
    return " ".join(f"「{citation.quote}」 {citation.source}" for citation in origin.citations)
