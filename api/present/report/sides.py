"""Both explanations of one ticket, rule by rule beside each other, with what differs marked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from api.present.amounts import money
from api.present.labels import label
from api.present.report.naming import Names, SourceName
from engine.evaluate.differences import Entry, differences
from engine.evaluate.verdict import Verdict, WordsOut
from engine.replay.dry_run.impact import Example, MoneyKind

Marked: TypeAlias = tuple[tuple[str, bool], ...]
"""A text in pieces, each with whether the other side says otherwise."""

SIGNS = {"appears": "+", "disappears": "−", "changes": "≠", "same": "="}
_WORD = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Reason:
    """A condition that mattered: the fact, the value seen, the test as the rulebook has it (empty where it is
    that value).
    """

    fact: str
    value: str
    test: str
    marked: bool


@dataclass(frozen=True)
class Cited:
    quote: str
    source: SourceName
    marked: bool


@dataclass(frozen=True)
class Said:
    """One thing that a side says of a rule; `tone` is the part of the verdict that it stands in. What the
    other side says in the very same words (`same`) is given without its reasons.
    """

    tone: str
    head: Marked
    row: str
    row_marked: bool
    reasons: tuple[Reason, ...]
    cited: tuple[Cited, ...]
    same: bool = False


@dataclass(frozen=True)
class Row:
    """One rule on both sides; a side that says nothing is empty."""

    rule: str
    title: str
    sign: str
    kind: str
    before: tuple[Said, ...]
    after: tuple[Said, ...]


@dataclass(frozen=True)
class Alike:
    """A rule of which both sides say the same, in short."""

    title: str
    rule: str
    heads: tuple[str, ...]


@dataclass(frozen=True)
class Sum:
    kind: str
    before: str
    after: str
    differs: bool


@dataclass(frozen=True)
class SideBySide:
    """An example ticket: where it is from, what it told, and both verdicts."""

    name: str
    file: str
    row: int
    rows: tuple[Row, ...]
    alike: tuple[Alike, ...]
    sums: tuple[Sum, ...]
    facts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class _Other:
    """What the other side says of the same rule, to tell what is new."""

    entries: Sequence[Entry] = ()
    heads: Sequence[str] = ()
    rows: Collection[str] = ()
    reasons: Collection[tuple[Any, ...]] = field(default_factory=frozenset)
    cited: Collection[tuple[str, str]] = field(default_factory=frozenset)


class Sides:
    """Lays out examples in one language."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.language = names.language

    def of(self, example: Example) -> SideBySide:
        """Both verdicts of an example beside each other."""
        found = differences(example.before, example.after)
        rows = tuple(self._row(d.rule, d.kind, d.before, d.after) for d in found.rules)
        differ = {row.rule for row in rows}
        return SideBySide(
            name=example.ticket_no or "",
            file=example.file,
            row=example.row,
            rows=rows,
            alike=tuple(self._alike(example.after, differ)),
            sums=tuple(self._sums(example.before, example.after)),
            facts=tuple(
                (self.names.verdicts.fact(name), name, self.names.value(name, value))
                for name, value in example.facts.items()
                if value is not None
            ),
        )

    def _row(self, rule: str, kind: str, before: Iterable[Entry], after: Iterable[Entry]) -> Row:
        old, new = list(before), list(after)
        return Row(
            rule=rule,
            title=self.names.title(rule, next((entry["title"] for _, entry in (*new, *old)), None)),
            sign=SIGNS[kind],
            kind=kind,
            before=tuple(self._said(entry, i, self._other(new)) for i, entry in enumerate(old)),
            after=tuple(self._said(entry, i, self._other(old)) for i, entry in enumerate(new)),
        )

    def _other(self, entries: list[Entry]) -> _Other:
        said = [entry for _, entry in entries]
        return _Other(
            entries,
            [self.head(entry) for entry in entries],
            {_row_of(entry) for entry in said},
            {_reason_key(reason) for entry in said for reason in entry.get("because", ())},
            {(cited["source"], cited["quote"]) for entry in said for cited in entry.get("citations", ())},
        )

    def _said(self, entry: Entry, index: int, other: _Other) -> Said:
        part, words = entry
        head = self.head(entry)
        partner = head if head in other.heads else other.heads[index] if index < len(other.heads) else ""
        row = _row_of(words)
        if entry in other.entries:
            return Said(part, marked(head, head), row, row_marked=False, reasons=(), cited=(), same=True)
        return Said(
            tone=part,
            head=marked(head, partner),
            row=row,
            row_marked=row not in other.rows,
            reasons=tuple(self._reason(reason, other) for reason in words.get("because", ())),
            cited=tuple(self._cited(cited, other) for cited in words.get("citations", ())),
        )

    def head(self, entry: Entry) -> str:
        """What an entry concludes, in one line."""
        part, words = entry
        colon = label("words", "colon", self.language)
        if part == "undecided":
            listed = label("words", "list", self.language).join(map(self.names.missing, words["missing"]))
            told = self.names.reason(words["reason"])
            shown = f"{told}{colon}{listed}" if listed else told
            return f"{label('heading', 'undecided', self.language)}{colon}{shown}"
        if part == "defeated":
            return f"{label('heading', 'defeated', self.language)}{colon}{self.names.title(words['by'])}"
        kind = self.names.kind_alone((words["kind"], ""))
        return f"{kind}{colon}{self.names.verdicts.summary(dict(words))}"

    def _reason(self, reason: Mapping[str, Any], other: _Other) -> Reason:
        return Reason(
            fact=self.names.missing(reason["fact"]),
            value=self.names.value(reason["fact"], reason["value"]),
            test="" if _says_no_more(reason) else reason["test"],
            marked=_reason_key(reason) not in other.reasons,
        )

    def _cited(self, cited: Mapping[str, str], other: _Other) -> Cited:
        key = (cited["source"], cited["quote"])
        return Cited(cited["quote"], self.names.source(cited["source"]), key not in other.cited)

    def _alike(self, verdict: Verdict, differ: Collection[str]) -> Iterable[Alike]:
        heads: dict[str, list[str]] = {}
        titles: dict[str, WordsOut] = {}
        for part in ("outcomes", "defeated", "undecided"):
            for entry in verdict[part]:
                if entry["rule"] not in differ:
                    heads.setdefault(entry["rule"], []).append(self.head((part, entry)))
                    titles[entry["rule"]] = entry["title"]
        for rule, said in heads.items():
            yield Alike(self.names.title(rule, titles[rule]), rule, tuple(said))

    def _sums(self, before: Verdict, after: Verdict) -> Iterable[Sum]:
        old, new = before["totals"], after["totals"]
        kinds: dict[MoneyKind, None] = {(k, u): None for side in (old, new) for k in side for u in side[k]}
        for kind, unit in kinds:
            sides = [side.get(kind, {}).get(unit, "0.00") for side in (old, new)]
            shown = [money(amount, unit, self.language) for amount in sides]
            yield Sum(self.names.kind_alone((kind, unit)), shown[0], shown[1], shown[0] != shown[1])


def _row_of(entry: Mapping[str, Any]) -> str:
    return entry.get("row") or ""


def _reason_key(reason: Mapping[str, Any]) -> tuple[Any, ...]:
    return reason["fact"], repr(reason["value"]), reason["test"]


def _says_no_more(reason: Mapping[str, Any]) -> bool:
    """Whether the test names the very value that was seen."""
    value = reason["value"]
    return bool(reason["test"] == (str(value).lower() if isinstance(value, bool) else value))


def marked(text: str, other: str) -> Marked:
    """The text with the words marked that the other one does not have in their place.

    >>> marked("fine: 50.00 CNY", "fine: 80.00 CNY")
    (('fine: ', False), ('50.00', True), (' CNY', False))
    >>> marked("fine: 50.00 CNY", "")
    (('fine: 50.00 CNY', True),)
    """
    words, others = _WORD.findall(text), _WORD.findall(other)
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    if matcher.ratio() < 0.5:
        return ((text, True),)
    pieces: list[tuple[str, bool]] = []
    for tag, start, end, _, _ in matcher.get_opcodes():
        if end > start:
            pieces.append(("".join(words[start:end]), tag != "equal"))
    return _joined(pieces)


def _joined(pieces: list[tuple[str, bool]]) -> Marked:
    """Marked words with only a space between them are one."""
    joined: list[tuple[str, bool]] = []
    for text, differs in pieces:
        if differs and len(joined) > 1 and joined[-1][0].isspace() and joined[-2][1]:
            space, _ = joined.pop()
            before, _ = joined.pop()
            joined.append((before + space + text, True))
        else:
            joined.append((text, differs))
    return tuple(joined)
