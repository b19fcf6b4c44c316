"""Findings for a reader: code and message, the place, the line with what is wrong underlined, the mend."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import TextIO, TypeAlias

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from api.present.labels import label
from engine.base.findings import Finding, Language, Severity
from engine.base.spans import Span

MOST_FINDINGS = 100
MOST_CELLS = 120
"""How much of a long line is shown, in terminal cells (a Chinese character takes two)."""
Beneath: TypeAlias = Callable[[Finding], Sequence[tuple[str, str]]]
"""What more is told of a finding, a heading and a text a line: what shows the claims of a proof."""
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFORMATION: "bold cyan"}


def console_on(stream: TextIO, *, wrap: bool = False, width: int | None = None) -> Console:
    """A console that colours only on a terminal and reads no markup; it breaks lines only with `wrap`."""
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=not wrap)


def nothing(finding: Finding) -> Sequence[tuple[str, str]]:
    """No lines beneath a finding."""
    del finding
    return ()


def write_findings(
    console: Console, findings: Sequence[Finding], language: Language, beneath: Beneath = nothing
) -> None:
    """Up to 100 findings as text with an empty line after each, and how many more there are."""
    for finding in findings[:MOST_FINDINGS]:
        text = finding_text(finding, language, beneath(finding))
        console.print(text, end="\n\n" if finding.span else "\n")
    more = len(findings) - MOST_FINDINGS
    if more > 0:
        console.print(Text(label("heading", "more_findings", language, more=f"{more:,}"), style="bold"))


def finding_text(finding: Finding, language: Language, beneath: Sequence[tuple[str, str]] = ()) -> Text:
    """One finding, without a line break at its end."""
    style = STYLES[finding.severity]
    text = Text()
    text.append(f"{label('severity', finding.severity, language)}[{finding.code}]", style=style)
    text.append(f": {visible(finding.message(language))}", style="bold")
    if finding.span:
        _append_place(text, finding.span, "-->", "^", "", style)
    for further in finding.labels:
        _append_place(text, further.span, ":::", "-", further.text(language), "bold blue")
    mend = finding.help(language)
    for heading, words in (*beneath, *([(label("heading", "help", language), mend)] if mend else [])):
        text.append(f"\n{heading}: ", style="bold cyan")
        text.append(visible(words))
    return text


def _append_place(text: Text, span: Span, arrow: str, mark: str, words: str, style: str) -> None:
    """The place, the line it is on, and the span underlined, with a few words behind it."""
    number = str(span.line)
    margin = " " * len(number)
    text.append(f"\n{margin}{arrow} ", style="bold blue")
    text.append(str(span))
    line = span.source.line_text(span.line)
    if line.strip():
        shown, start, width = _excerpt(line, span)
        text.append(f"\n{margin} |\n{number} | ", style="bold blue")
        text.append(shown)
        text.append(f"\n{margin} | ", style="bold blue")
        text.append(" " * start + mark * max(width, 1), style=style)
    if words:
        text.append(f" {visible(words)}", style=style)


def _excerpt(line: str, span: Span) -> tuple[str, int, int]:
    """The line cut down to what fits around the span; where the span begins and how wide it is, in cells."""
    first = span.column - 1
    last = min(first + max(span.end - span.start, 1), len(line))
    before, marked, after = (visible(part) for part in (line[:first], line[first:last], line[last:]))
    marked = _cut(marked, MOST_CELLS)
    if cell_len(before + marked + after) > MOST_CELLS:
        before = _cut_left(before, MOST_CELLS // 3)
        after = _cut(after, max(MOST_CELLS - cell_len(before + marked), 1))
    return before + marked + after, cell_len(before), cell_len(marked)


def _cut(text: str, cells: int) -> str:
    while cell_len(text) > cells:
        text = text[: min(len(text) - 1, cells)]
        if cell_len(text) <= cells:
            return f"{text[:-1]}…"
    return text


def _cut_left(text: str, cells: int) -> str:
    return _cut(text[::-1], cells)[::-1]


def visible(text: str) -> str:
    r"""The text with every character that would move the cursor or hide something written out.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Cf" | "Cs" | "Zl" | "Zp" | "Co" | "Cn":
            return " " if character == "\t" else character.encode("unicode_escape").decode()
        case _:
            return character
