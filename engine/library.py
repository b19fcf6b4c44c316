"""Loads a folder of rulebooks: the only file that knows the order of the passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from engine.base.findings import Finding, has_errors, in_order
from engine.plan.circles import circles
from engine.plan.from_rulebooks import plan_from_rulebooks
from engine.plan.nodes import Plan
from engine.read.nodes import MappingNode
from engine.read.shape import check_shape
from engine.read.yaml_nodes import read
from engine.rulebook.catalogue import catalogue_from_node, sources_from_node, statements_from_node
from engine.rulebook.checks import check_rulebooks
from engine.rulebook.fields import Unreadable
from engine.rulebook.from_nodes import rulebook_from_node
from engine.rulebook.model import Catalogue, Reading, Rulebook, Source, Statement
from engine.rulebook.surface.translation import english_nodes, is_english

FileKind: TypeAlias = Literal["rulebook", "facts", "sources", "statements"]
SPECIAL: Mapping[str, FileKind] = {
    "facts.yaml": "facts",
    "sources.yaml": "sources",
    "statements.yaml": "statements",
}


@dataclass(frozen=True)
class Library:
    """All the rulebooks of a folder, what is to be said about them, and the plan when nothing is wrong."""

    catalogue: Catalogue | None
    sources: Mapping[str, Source]
    statements: Mapping[str, Statement]
    rulebooks: tuple[Rulebook, ...]
    findings: tuple[Finding, ...]
    plan: Plan | None

    @property
    def readings(self) -> Mapping[str, Reading]:
        """Every entry of the register of ambiguities, by id."""
        return {name: reading for book in self.rulebooks for name, reading in book.readings.items()}

    def under(self, readings: Mapping[str, str]) -> Plan:
        """The plan under other readings than the preferred ones (names must be known).

        Raises ValueError where the library has errors, as it then has no plan under any reading.
        """
        if self.catalogue is None or self.plan is None:
            raise ValueError("a library with errors has no plan")
        findings: list[Finding] = []
        chosen = self._chosen(readings)
        plan = plan_from_rulebooks(self.catalogue, self.rulebooks, chosen, findings, beside=self.plan)
        assert not findings, "what goes round under some reading is found when the library is loaded"
        return plan

    def _chosen(self, readings: Mapping[str, str]) -> dict[str, str]:
        preferred = {name: reading.preferred for name, reading in self.readings.items()}
        return preferred | dict(readings)


@dataclass
class _Reading:
    """What the passes have made so far of one folder."""

    findings: list[Finding] = field(default_factory=list)
    nodes: dict[str, MappingNode] = field(default_factory=dict)


def load(folder: Path) -> Library:
    """Reads, checks and compiles every `*.yaml` of a folder; all findings come at once, sorted by place.

    Raises FileNotFoundError where the folder or its `facts.yaml` does not exist.
    """
    if not (folder / "facts.yaml").is_file():
        raise FileNotFoundError(folder / "facts.yaml")
    files = {str(path): path.read_bytes() for path in sorted(folder.glob("*.yaml"))}
    return load_texts(files)


def load_texts(files: Mapping[str, bytes]) -> Library:
    """The same from texts by name; the last part of a name tells what a file is."""
    reading = _Reading()
    for name, content in files.items():
        _read_one(name, content, reading)
    by_kind = {name: _kind_of(name) for name in reading.nodes}
    findings = reading.findings
    catalogue = _catalogue(_only(reading.nodes, by_kind, "facts"), findings)
    _in_english(reading, by_kind, catalogue)
    if catalogue is None:
        return Library(None, {}, {}, (), tuple(in_order(findings)), None)
    try:
        source_node = _only(reading.nodes, by_kind, "sources")
        sources = sources_from_node(source_node) if source_node else {}
        statement_node = _only(reading.nodes, by_kind, "statements")
        statements = statements_from_node(statement_node, sources, findings) if statement_node else {}
    except Unreadable:
        return Library(None, {}, {}, (), tuple(in_order(findings)), None)
    rulebooks = _rulebooks(reading, by_kind, catalogue)
    check_rulebooks(catalogue, rulebooks, sources, statements, findings)
    return _compiled(catalogue, sources, statements, rulebooks, findings)


def _read_one(name: str, content: bytes, reading: _Reading) -> None:
    node, findings = read(name, content)
    reading.findings.extend(findings)
    kind = _kind_of(name)
    if node is not None and not (kind == "rulebook" and isinstance(node, MappingNode)):
        reading.findings.extend(check_shape(kind, node))
    if isinstance(node, MappingNode):
        reading.nodes[name] = node


def _catalogue(facts: MappingNode | None, findings: list[Finding]) -> Catalogue | None:
    try:
        return None if facts is None else catalogue_from_node(facts, findings)
    except Unreadable:
        return None


def _in_english(reading: _Reading, kinds: Mapping[str, FileKind], catalogue: Catalogue | None) -> None:
    """Puts each rulebook in English words, by which its shape is then checked.

    Without a catalogue nothing is known of a rulebook in Chinese.
    """
    for name, node in reading.nodes.items():
        if kinds[name] != "rulebook" or (catalogue is None and not is_english(node)):
            continue
        if catalogue is not None:
            reading.nodes[name] = english_nodes(node, catalogue, reading.findings)
        reading.findings.extend(check_shape("rulebook", reading.nodes[name]))


def _kind_of(name: str) -> FileKind:
    return SPECIAL.get(name.rpartition("/")[2], "rulebook")


def _only(
    nodes: Mapping[str, MappingNode], kinds: Mapping[str, FileKind], kind: FileKind
) -> MappingNode | None:
    return next((nodes[name] for name, found in kinds.items() if found == kind), None)


def _rulebooks(
    reading: _Reading, kinds: Mapping[str, FileKind], catalogue: Catalogue
) -> tuple[Rulebook, ...]:
    books = []
    for name, node in reading.nodes.items():
        if kinds[name] == "rulebook":
            try:
                books.append(rulebook_from_node(node, catalogue, reading.findings))
            except Unreadable:
                continue
    return tuple(books)


def _compiled(
    catalogue: Catalogue,
    sources: Mapping[str, Source],
    statements: Mapping[str, Statement],
    rulebooks: tuple[Rulebook, ...],
    findings: list[Finding],
) -> Library:
    preferred = {name: r.preferred for book in rulebooks for name, r in book.readings.items()}
    plan = plan_from_rulebooks(catalogue, rulebooks, preferred, findings)
    findings.extend(circles(catalogue, rulebooks))
    findings = _without_echoes(findings)
    broken = has_errors(findings)
    return Library(
        catalogue, sources, statements, rulebooks, tuple(in_order(findings)), None if broken else plan
    )


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """Without "no value is called so" where it is said already that the word has several meanings."""
    told = {finding.span for finding in findings if finding.code == "R229"}
    return [found for found in findings if not (found.code in {"R230", "R231"} and found.span in told)]
