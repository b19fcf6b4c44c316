"""What is said about a test or formula that cannot be read, with the mend where it can be guessed."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from engine.base.findings import Finding
from engine.read.formula_text import FormulaText
from engine.read.literals import TEMPORAL, temporal_mistake

_Start: TypeAlias = Literal["tests", "formula"]

_OPERATORS = {
    "=<": "<=", "=>": ">=", "==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not(…)",
    "≤": "<=", "≥": ">=", "≠": "!=", "≦": "<=", "≧": ">=", "×": "*", "÷": "/", "−": "-",
}  # fmt: skip
_PUNCTUATION = {
    "“": '"', "”": '"', "„": '"', "‘": '"', "’": '"', "「": '"', "」": '"', "『": '"', "』": '"',
    "、": ",", "。": ".", "【": "[", "】": "]", "〔": "(", "〕": ")", "《": "<", "》": ">", "…": "..",
}  # fmt: skip
_FULL_WIDTH = "\uff01-\uff5e"
_SCAN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<right><=|>=|!=)"
    rf"|(?P<operator>{'|'.join(re.escape(operator) for operator in _OPERATORS)})"
    rf"|(?P<width>[{_FULL_WIDTH}{''.join(_PUNCTUATION)}])"
    rf"|(?P<temporal>{TEMPORAL})",
    re.DOTALL | re.ASCII,
)
_KEYWORDS = {"and", "or", "in", "not"}
_LOOSE_WORDS = re.compile(r"((?:[^\W\d]\w*\s+)+[^\W\d]\w*)\s*\Z")
_BARE_INTERVAL = re.compile(r"[^\[\]()]*[^\[\]().\s]\s*\.\.\s*[^\[\]().\s][^\[\]()]*\Z")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.|[()\[\]]', re.DOTALL)


def mistake_in_text(text: FormulaText) -> Finding | None:
    """The first mistake that shows before the grammar is asked, outside of quoted texts."""
    for found in _SCAN.finditer(text.text):
        written, span = found.group(), text.span(found.start(), found.end())
        said = text.said(found.start(), found.end())
        match found.lastgroup:
            case "operator":
                return Finding("R051", {"text": said}, span, suggestion=_OPERATORS[written])
            case "width":
                half = _PUNCTUATION.get(written) or chr(ord(written) - 0xFEE0)
                return Finding("R052", {"text": said, "half": half}, span)
            case "temporal":
                mistake = temporal_mistake(written, span)
                if mistake is not None:
                    return mistake
            case _:
                pass
    return None


def finding_from_parse_error(error: UnexpectedInput, text: FormulaText, start: _Start) -> Finding:
    """What the parser could not go on with."""
    if start == "tests" and _BARE_INTERVAL.match(text.text):
        return Finding("R053", {"text": text.said(0, len(text.text))}, text.span(0, len(text.text)))
    match error:
        case UnexpectedCharacters():
            return _unknown_character(text, error.pos_in_stream)  # type: ignore[arg-type]  # lark says None
        case UnexpectedToken(token=Token(type="$END")):
            return _unfinished(text)
        case UnexpectedToken(token=Token() as token):
            return _unexpected(token, text, start)
        case _:
            return _unfinished(text)


def _unknown_character(text: FormulaText, position: int) -> Finding:
    if text.text[position] == '"':
        return Finding("R054", {}, text.span(position, len(text.text)))
    return Finding("R055", {"text": text.said(position, position + 1)}, text.span(position, position + 1))


def _unfinished(text: FormulaText) -> Finding:
    unclosed = _unclosed_bracket(text.text)
    if unclosed is not None:
        return Finding("R056", {"text": text.said(unclosed, unclosed + 1)}, text.span(unclosed, unclosed + 1))
    loose = _loose_words(text, len(text.text))
    if loose is not None:
        return loose
    return Finding("R058", {"text": text.said(0, len(text.text)).strip()[-20:]}, text.span(0, len(text.text)))


def _unclosed_bracket(text: str) -> int | None:
    """Where the last bracket stands that nothing closes; `]1..5[` opens and closes the other way round."""
    opened: list[tuple[int, bool]] = []
    for found in _BRACKETS.finditer(text):
        inside_interval = bool(opened) and opened[-1][1]
        match found.group():
            case ".." if opened:
                opened[-1] = (opened[-1][0], True)
            case "(":
                opened.append((found.start(), False))
            case "[" if not inside_interval:
                opened.append((found.start(), False))
            case ")" | "]" | "[" if opened:
                opened.pop()
            case "]":
                opened.append((found.start(), False))
            case _:
                pass
    return opened[-1][0] if opened else None


def _unexpected(token: Token, text: FormulaText, start: _Start) -> Finding:
    position = token.start_pos or 0
    end = position + len(token)
    said, span = text.said(position, end), text.span(position, end)
    if start == "tests" and position > 0 and (token.type in {"COMPARE", "AND", "OR", "IN"}):
        return Finding("R059", {"text": said}, span)
    if token.type == "COMPARE" and re.search(r"[<>=]", text.text[:position]):
        return Finding("R060", {"text": text.said(0, end).strip()}, span)
    loose = _loose_words(text, end) or _loose_words(text, position)
    if loose is not None:
        return loose
    if token.type in {"RPAR", "RSQB"} and _unclosed_bracket(text.text[:position]) is None:
        return Finding("R061", {"text": said}, span)
    return Finding("R062", {"text": said}, span)


def _loose_words(text: FormulaText, end: int) -> Finding | None:
    """Words side by side, if the text up to `end` ends with some."""
    found = _LOOSE_WORDS.search(text.text, 0, end)
    if found is None:
        return None
    words = found[1].split()
    if words[-2] == "not":
        return Finding("R063", {}, text.span(found.end(1) - len(words[-1]), found.end(1)))
    if _KEYWORDS.intersection(words):
        return None
    said = text.said(found.start(), found.end(1))
    return Finding("R057", {"text": said}, text.span(found.start(), found.end(1)))
