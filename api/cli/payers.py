"""The option `--payer PARTY=FACT`: which fact of a ticket names the outlet that a party is."""

from __future__ import annotations

from collections.abc import Iterable

from api.cli.door import Stop
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.library import Library
from engine.replay.settle.payers import names_outlets


def chosen_payers(words: Iterable[str], library: Library) -> dict[str, str]:
    """The facts that name parties, as `--payer` says; raises Stop for words that are not known."""
    assert library.catalogue is not None, "a sound library has a catalogue"
    parties, facts = (
        library.catalogue.parties,
        [f for f in library.catalogue.facts.values() if names_outlets(f)],
    )
    found: dict[str, str] = {}
    for written in words:
        party, joined, fact = written.partition("=")
        if not (party and joined and fact):
            raise Stop(Finding("Q119", {"written": written}))
        if party not in parties:
            raise Stop(Finding("Q120", {"written": party}, suggestion=closest(party, parties)))
        if fact not in {declared.name for declared in facts}:
            near = closest(fact, [declared.name for declared in facts])
            raise Stop(Finding("Q121", {"written": fact}, suggestion=near))
        found[party] = fact
    return found
