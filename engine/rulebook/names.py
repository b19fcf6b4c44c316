"""What a name can mean at one place of a rulebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.base.findings import Finding
from engine.base.spans import Span
from engine.base.suggest import closest
from engine.read.chinese.words import unquoted
from engine.rulebook.expressions import FactValue
from engine.rulebook.fields import Unreadable
from engine.rulebook.model import Catalogue, FactDeclaration, Parameter
from engine.rulebook.surface.vocabulary import Vocabulary
from engine.rulebook.types import FieldType, Type


@dataclass(frozen=True)
class Names:
    """What a name can mean at one place of a rulebook."""

    catalogue: Catalogue
    rulebook: str
    parameters: Mapping[str, Parameter]
    findings: list[Finding]
    event_date: FactValue | None = None
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    list_name: str = ""
    outputs: Mapping[str, Type] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    """Parameters that have a finding of their own; whoever names one is not at fault."""

    def within(self, records: FactValue) -> Names:
        """The names inside a quantifier: the record's fields come first."""
        return replace(self, fields=records.type.fields, list_name=records.name)

    def fail(self, code: str, span: Span, /, suggestion: str | None = None, **values: str) -> Unreadable:
        """Writes the finding; the caller raises what comes back."""
        self.findings.append(Finding(code, values, span, suggestion=suggestion))
        return Unreadable()

    @property
    def words(self) -> Iterator[str]:
        """All that a bare name can be, in both languages, for a suggestion."""
        words = Vocabulary(self.catalogue)
        yield from self.fields
        yield from words.subject(self.list_name).fields
        yield from self.outputs
        yield from self.parameters
        yield from (parameter.label.zh for parameter in self.parameters.values())
        yield from words.facts

    @property
    def units(self) -> frozenset[str]:
        """The units that the catalogue knows, and those that a fact, a field or a parameter is in."""
        types = [parameter.type for parameter in self.parameters.values()]
        for fact in self.catalogue.facts.values():
            types += [fact.type, *(of.type for of in fact.type.fields.values())]
        return frozenset(self.catalogue.units) | {type_.unit for type_ in types if type_.unit is not None}

    def fact(self, name: str, span: Span) -> FactValue:
        """A fact of the catalogue, or a finding with the nearest name."""
        declaration = self.catalogue.facts.get(name)
        if declaration is None:
            near = closest(unquoted(name), Vocabulary(self.catalogue).facts)
            raise self.fail("R230", span, suggestion=near, written=span.text.strip())
        return fact_value(declaration)


def fact_value(declaration: FactDeclaration) -> FactValue:
    return FactValue(declaration.name, declaration.type)
