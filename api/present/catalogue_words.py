"""What the catalogue calls facts, parties and codes, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from api.present.labels import label
from engine.base.findings import Language
from engine.rulebook.model import Catalogue, Words


class CatalogueWords:
    """The words of one catalogue; what it does not know is called by its name."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self.catalogue = catalogue
        self.language = language

    def fact(self, name: str) -> str:
        """The fact's label; the name itself for parameters and `as_of`."""
        declared = self.catalogue.facts.get(name)
        return declared.label.in_language(self.language) if declared else name

    def code(self, name: str) -> str:
        return self._known(self.catalogue.codes, name)

    def party(self, name: str) -> str:
        return self._known(self.catalogue.parties, name)

    def _known(self, known: Mapping[str, Words], name: str) -> str:
        return known[name].in_language(self.language) if name in known else name

    def _list(self, parts: Iterable[str]) -> str:
        return label("words", "list", self.language).join(parts)
