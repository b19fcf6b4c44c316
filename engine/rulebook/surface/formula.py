"""Tests and formulas from one language to the other, word by word, every word at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from engine.base.suggest import nearest_day
from engine.read.chinese.words import Twins, keywords, unquoted
from engine.read.formulas import MAXIMUM_LENGTH
from engine.read.nodes import Piece
from engine.rulebook.surface.scope import Scope, as_word, in_english, spelled
from engine.rulebook.surface.vocabulary import ANYTHING, Subject
from engine.rulebook.types import Kind

_LETTER = "A-Za-z_\u3400-\u4dbf\u4e00-\u9fff"
_FUNCTIONS = "|".join(name.replace(" ", r"\s+") for name in keywords("function").chinese if " " in name)
_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*"|“[^”]*”)'
    r"|(?P<label>「[^」]*」)"
    r"|(?P<moment>[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:T[0-9:]{5,8}(?:Z|[+-][0-9]{2}:[0-9]{2})?)?)?"
    r"|[0-9]{2}:[0-9]{2}(?::[0-9]{2})?|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)"
    r"|(?P<number>[0-9０-９]+(?:[.．][0-9０-９]+)?)"
    rf"|(?P<function>(?:{_FUNCTIONS})(?=\s*\())"
    rf"|(?P<word>[{_LETTER}][{_LETTER}0-9]*)"
    r"|(?P<compare><=|>=|!=|[＜＞]＝|[<>=＜＞＝≤≥≠≦≧])"
    r"|(?P<sign>…+|\.\.|．．|[^\s])",
    re.DOTALL,
)
_COMPARISONS = {"≤": "<=", "≦": "<=", "≥": ">=", "≧": ">=", "≠": "!="}
_SIGNS = {"、": ",", "×": "*", "÷": "/", "−": "-"}
_FULL_WIDTH = range(0xFF01, 0xFF5F)


class Token(NamedTuple):
    """One word or sign; `text` as it is written, `half` with the punctuation of an English keyboard."""

    kind: str
    text: str
    half: str
    start: int
    end: int


class Ambiguous(NamedTuple):
    """A label that several things have; `choices` are their English words, `code` is the finding for it."""

    code: str
    start: int
    end: int
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Respelling:
    """A text in the other language, the pieces that differ, and what could not be told."""

    text: str
    pieces: tuple[Piece, ...]
    ambiguous: tuple[Ambiguous, ...]


def respelled(text: str, scope: Scope, *, tests: bool) -> Respelling:
    """A formula, or tests of the scope's subject, in the scope's language.

    What is not known stays as it is. In a Chinese file the punctuation of an input method is read too.
    """
    if len(text) > MAXIMUM_LENGTH:
        return Respelling(text, (), ())
    return _Respeller(text, scope, scope.subject).done(tests=tests)


@dataclass(frozen=True, slots=True)
class _Bracket:
    """What stands before an open bracket: a function, or the subject of the tests in it."""

    function: str | None = None
    subject: Subject | None = None


@dataclass
class _Respeller:
    text: str
    scope: Scope
    subject: Subject
    tokens: list[Token] = field(default_factory=list)
    open: list[_Bracket] = field(default_factory=list)
    ambiguous: list[Ambiguous] = field(default_factory=list)

    def done(self, *, tests: bool) -> Respelling:
        self.tokens = list(_tokens(self.text, half_width=self._reads_full_width))
        self.open = [_Bracket(subject=self.subject if tests else None)]
        pieces = tuple(self._pieces())
        return Respelling(applied(self.text, pieces), pieces, tuple(self.ambiguous))

    @property
    def _reads_full_width(self) -> bool:
        return self.scope.chinese_file and self.scope.language == "en"

    def _pieces(self) -> Iterator[Piece]:
        before = ""
        for index, token in enumerate(self.tokens):
            start, new = token.start, self._new(index)
            if self._is_unit(index):
                start, new = self._beside_number(index, new)
            elif self._runs_into(index) and _letter_at(before, -1) and _letter_at(new, 0):
                new = f" {new}"
            if new != self.text[start : token.end]:
                yield Piece(start, token.end, new)
            before = new
            self._bracket(index)

    def _runs_into(self, index: int) -> bool:
        """Whether a word in English would be one with what stands before it."""
        return self._touches(index) and self.tokens[index - 1].kind != "number"

    def _touches(self, index: int) -> bool:
        """Whether nothing stands between a token and the one before it."""
        return 0 < index < len(self.tokens) and self.tokens[index - 1].end == self.tokens[index].start

    def _new(self, index: int) -> str:
        token = self.tokens[index]
        match token.kind:
            case "word" if self.scope.language == "en" and self._keyword(index) in ("and", "or", "in"):
                return self._spaced(index, str(self._keyword(index)))
            case "function":
                return self._function(token) or token.text
            case "word" | "label":
                return self._word(index)
            case "compare":
                return self._spaced(index, token.half) if token.half != token.text else token.text
            case "sign" if token.half == "," and token.text != ",":
                spaced = self.text[token.end : token.end + 1].strip()
                return ", " if spaced else ","
            case _:
                return token.half

    def _spaced(self, index: int, word: str) -> str:
        """Chinese is written without spaces: `逾期天数≥3` is read as `days_late >= 3`."""
        before, behind = (" " if self._touches(position) else "" for position in (index, index + 1))
        return f"{before}{word}{behind}"

    def _word(self, index: int) -> str:
        token = self.tokens[index]
        if token.kind == "word":
            english = keywords("formula").in_english(token.text)
            if english is not None:
                return self._formula_word(index, english)
            if self._half(index + 1) == "(" and (function := self._function(token)):
                return function
        known = self._known(index)
        word = unquoted(token.text)
        name = in_english(word, known)
        if name is not None and len(choices := self._choices(word, known)) > 1:
            self.ambiguous.append(Ambiguous("R228", token.start, token.end, choices))
        if name is None:
            name, known = self._value_of_a_fact_beside(token, word)
        if name is None:
            return _as_name(word) if token.kind == "label" and self.scope.language == "en" else token.text
        label = spelled(name, known, self.scope.language)
        if self.scope.language == "en" or "」" in label or len(self._choices(label, known)) > 1:
            return name
        return as_word(label)

    def _choices(self, word: str, known: tuple[Twins, ...]) -> tuple[str, ...]:
        """What a label may mean of all that it could name: values and fields come first, as in English."""
        names = self.scope.names
        if known[-len(names) :] != names or in_english(word, known[: 1 - len(names)]) is not None:
            return ()
        return self.scope.meanings(word)

    def _formula_word(self, index: int, english: str) -> str:
        """A word of the language; not told where it may as well be a value of what is tested."""
        token = self.tokens[index]
        other = _other_meaning(english, self._subject(index))
        if other is not None and token.text != english:
            self.ambiguous.append(Ambiguous("R228", token.start, token.end, (english, other)))
        return english if other else spelled(english, [keywords("formula")], self.scope.language)

    def _function(self, token: Token) -> str | None:
        english = keywords("function").in_english(" ".join(token.text.split()))
        return None if english is None else spelled(english, [keywords("function")], self.scope.language)

    def _known(self, index: int) -> tuple[Twins, ...]:
        if self._is_unit(index):
            return (self.scope.vocabulary.units,)
        if self.open[-1].function == "add working days" and self._half(index + 1) == ")":
            return (self.scope.vocabulary.calendars,)
        return (self._subject(index).members, *self.scope.names)

    def _is_unit(self, index: int) -> bool:
        token = self.tokens[index]
        follows = index > 0 and self.tokens[index - 1].kind == "number" and token.kind in ("word", "label")
        return follows and unquoted(token.text) in self.scope.vocabulary.units

    def _beside_number(self, index: int, unit: str) -> tuple[int, str]:
        """`20 CNY` in English, `20元` in Chinese."""
        number, token = self.tokens[index - 1], self.tokens[index]
        between = self.text[number.end : token.start]
        if self.scope.language == "en":
            return token.start, unit if between else f" {unit}"
        one_space = between == " " and unit != token.text
        return (number.end, unit) if one_space else (token.start, unit)

    def _subject(self, index: int) -> Subject:
        """What the value at that place would be of: what it is compared with, else what is tested."""
        keyword = self._keyword(index - 1)
        if self._kind(index - 1) == "compare" or keyword == "in":
            return self._named(index - 2) if index >= 2 else self.open[-1].subject or ANYTHING
        known = in_english(unquoted(self.tokens[index].text), self.scope.names) is not None
        if self._kind(index + 1) == "compare" and not known:
            return self._named(index + 2)
        return self.open[-1].subject or ANYTHING

    def _named(self, index: int) -> Subject:
        if self._kind(index) not in ("word", "label"):
            return ANYTHING
        return self.scope.subject_named(unquoted(self.tokens[index].text))

    def _value_of_a_fact_beside(self, token: Token, word: str) -> tuple[str | None, tuple[Twins, ...]]:
        """A value that is compared with nothing nearby: of the facts that the formula names."""
        found: dict[str, Twins] = {}
        for members in self._members:
            if (name := members.in_english(word)) is not None:
                found[name] = members
        if len(found) > 1:
            self.ambiguous.append(Ambiguous("R229", token.start, token.end, tuple(found)))
        return (next(iter(found)), tuple(found.values())) if len(found) == 1 else (None, ())

    @cached_property
    def _members(self) -> tuple[Twins, ...]:
        """The values of each fact that the formula names."""
        named = (self._named(index).members for index in range(len(self.tokens)))
        return tuple({id(members): members for members in named if members}.values())

    def _bracket(self, index: int) -> None:
        """Opens and closes brackets; those after `in` and `not` hold tests."""
        half = self._half(index)
        if half in (")", "]") and len(self.open) > 1:
            self.open.pop()
        elif half in ("(", "["):
            self.open.append(self._opened(index))

    def _opened(self, index: int) -> _Bracket:
        inherited = self.open[-1].subject
        keyword = self._keyword(index - 1)
        if keyword == "not" and self._keyword(index - 2) == "in":
            return _Bracket(subject=self._named(index - 3))
        if keyword == "in":
            return _Bracket(subject=self._named(index - 2))
        if keyword is None and self._kind(index - 1) in ("word", "function"):
            function = keywords("function").in_english(" ".join(self.tokens[index - 1].text.split()))
            return _Bracket(function, inherited)
        return _Bracket(subject=inherited)

    def _kind(self, index: int) -> str | None:
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else None

    def _half(self, index: int) -> str | None:
        return self.tokens[index].half if 0 <= index < len(self.tokens) else None

    def _keyword(self, index: int) -> str | None:
        if self._kind(index) != "word":
            return None
        return keywords("formula").in_english(self.tokens[index].text)


def _other_meaning(english: str, subject: Subject) -> str | None:
    """What the Chinese for a word of the language may also mean as a value: `有` of a truth is `是` too."""
    chinese = keywords("formula").chinese
    if subject.kind is Kind.BOOLEAN and english in ("present", "absent"):
        return chinese["true" if english == "present" else "false"]
    return subject.members.english.get(chinese[english])


def _tokens(text: str, *, half_width: bool) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        kind, written = str(found.lastgroup), found.group()
        half = _half_width(kind, written) if half_width else written
        yield Token(kind, written, half, found.start(), found.end())


def _half_width(kind: str, written: str) -> str:
    match kind:
        case "text" if written.startswith("“"):
            inner = written[1:-1].replace("\\", "\\\\").replace('"', '\\"')
            return f'"{inner}"'
        case "moment" if written.endswith("日"):
            return nearest_day(written) or written
        case "compare":
            return _COMPARISONS.get(written) or _half(written)
        case "sign" | "number":
            return ".." if written.startswith("…") else _SIGNS.get(written) or _half(written)
        case _:
            return written


def _half(written: str) -> str:
    return "".join(chr(ord(c) - 0xFEE0) if ord(c) in _FULL_WIDTH else c for c in written)


def _as_name(label: str) -> str:
    """A label that nothing has, as a name that a formula may have, so that it is told as an unknown name."""
    name = re.sub(f"[^{_LETTER}0-9]", "_", label)
    return name if _letter_at(name, 0) and not name[0].isdigit() else f"_{name}"


def _letter_at(text: str, index: int) -> bool:
    return bool(text) and re.match(f"[{_LETTER}0-9]", text[index]) is not None


def applied(text: str, pieces: tuple[Piece, ...]) -> str:
    """The text with its pieces put in."""
    parts, position = [], 0
    for piece in pieces:
        parts += [text[position : piece.start], piece.text]
        position = piece.end
    return "".join([*parts, text[position:]])
