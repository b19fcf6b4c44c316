"""What the YAML parser says about broken text, in the words of people who write rulebooks."""

from __future__ import annotations

import re

import yaml

from engine.base.findings import Finding
from engine.base.spans import SourceText, Span

# The parser's problem, or its context and its problem, as regular expressions -> code. First match wins.
_PROBLEMS: tuple[tuple[str, str], ...] = (
    (r"block scalar.*(comment or line break|expected chomping)", "R022"),
    (r"block sequence entries are not allowed|sequence entries are not allowed", "R023"),
    (r"mapping values are not allowed", "R024"),
    (r"could not find expected ':'", "R025"),
    (r"while scanning a quoted scalar.*(end of stream|document separator)", "R026"),
    (r"while parsing a flow (sequence|mapping)|expected '[,}]' or '[\]}]'", "R027"),
    (r"cannot start any token", "R028"),
    (r"while scanning an (alias|anchor)|while (scanning|parsing) a.* tag", "R028"),
    (r"unknown escape character|escape sequence", "R029"),
    (r"while parsing a block (mapping|collection)", "R030"),
    (r"expected.*document start", "R031"),
    (r"expected.*node content", "R032"),
)
_AT_CONTEXT = {"R022", "R025", "R026", "R027"}
_LONGEST_SHOWN = 40
_FARTHEST = 1_000
_HALF = {"：": ": ", "｛": "{", "｝": "}", "，": ",", "－": "-"}
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|(?:^|(?<=\s))#[^\n]*", re.MULTILINE)
# A colon behind the first word of an entry, a brace, a dash before an item, a comma before another entry.
_WIDE = re.compile(
    r"(?:^|[{,])[ \t]*(?:- +)?[^\s:：,{}\[\]]+：|[｛｝]|^[ \t]*－(?=\s)|，(?=[ \t]*[^\s:：,，{}]+:(?:\s|$))",
    re.MULTILINE,
)
_TAB_IN_INDENTATION = re.compile(r"^ *(\t+)", re.MULTILINE)


def finding_from_yaml_error(source: SourceText, error: yaml.MarkedYAMLError) -> Finding:
    """The finding for text that is not YAML, at the place where the writer can mend it."""
    problem = error.problem_mark.index if error.problem_mark else 0
    context = error.context_mark.index if error.context_mark else problem
    tab = _tab_before(source, context, problem)
    if tab is not None:
        return Finding("R021", {}, tab)
    wide = _full_width(source, context, problem)
    if wide is not None:
        return Finding("R033", {"text": wide.text, "half": _HALF[wide.text]}, wide)
    code = _code(f"{error.context or ''} {error.problem or ''}")
    span = _mark_span(source, context if code in _AT_CONTEXT else problem)
    return Finding(code, {"text": span.text}, span)


def _full_width(source: SourceText, context: int, problem: int) -> Span | None:
    """A sign of YAML as an input method writes it: where the parser stumbled, or shortly before."""
    line = source.text.rfind("\n", 0, problem) + 1
    before = source.text[:line].rstrip().rfind("\n") + 1
    line_end = source.text.find("\n", problem)
    end = min(line_end if line_end >= 0 else len(source.text), problem + _FARTHEST)
    nearest = max(0, problem - _FARTHEST)
    for start in (max(place, nearest) for place in (line, before, min(context, before))):
        bare = _QUOTED.sub(lambda found: "·" * len(found.group()), source.text[start:end])
        if found := _WIDE.search(bare):
            return Span(source, start + found.end() - 1, start + found.end())
    return None


def _code(said: str) -> str:
    return next((code for pattern, code in _PROBLEMS if re.search(pattern, said)), "R020")


def _tab_before(source: SourceText, context: int, problem: int) -> Span | None:
    """A tab in the indentation of the lines where the parser stumbled."""
    start = source.text.rfind("\n", 0, min(context, problem)) + 1
    line_end = source.text.find("\n", problem)
    end = line_end if line_end >= 0 else len(source.text)
    # The parser's context may lie far above; a tab there did no harm, so only the last lines count.
    start = max(start, source.text.rfind("\n", 0, max(0, source.text.rfind("\n", 0, problem))) + 1)
    found = _TAB_IN_INDENTATION.search(source.text[start:end])
    return Span(source, start + found.start(1), start + found.end(1)) if found else None


def _mark_span(source: SourceText, offset: int) -> Span:
    """What is written at the mark, within its line; at the end of a file, its last character."""
    if not source.text[offset:].strip():
        last = len(source.text.rstrip())
        return Span(source, max(0, last - 1), last)
    line_end = source.text.find("\n", offset)
    written = source.text[offset : line_end if line_end >= 0 else len(source.text)].rstrip()
    return Span(source, offset, offset + min(max(1, len(written)), _LONGEST_SHOWN))
