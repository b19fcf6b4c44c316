"""The starting file of a rulebook: a rule that works, and parts that wait in comments to be used.

A line of a part begins with one `#`, a line that explains with `##`; the explanation above a part says its
number, and a part may stand at several places. A line that speaks of what the library lacks is left out, and
so is a whole part.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from string import Template

from engine.base.findings import Language
from engine.rulebook.model import Catalogue
from engine.rulebook.surface.translation import translated

_HEADING = re.compile(r"\s*## \[(?P<part>[0-9])\]")
_WAITING = re.compile(r"(?P<indent>\s*)# (?P<text>.*)", re.DOTALL)
_EXPLAINING = re.compile(r"\s*##")


def starting_rulebook(words: Mapping[str, str | None], language: Language) -> str:
    """The file's text, its comments in the language; `words` fill the places of the template."""
    text = files("api.present.starting").joinpath(f"rulebook.{language}.template").read_text(encoding="utf-8")
    lines = list(_by_part(text))
    dropped = {part for part, line in lines if part and _lacks(line, words)}
    kept = [line for part, line in lines if part not in dropped and not _lacks(line, words)]
    return "".join(Template(line).substitute(words) for line in kept).rstrip("\n") + "\n"


def in_chinese_words(name: str, text: str, catalogue: Catalogue) -> str:
    """A starting file's text with the Chinese twins of its words, in the parts that wait too.

    `name` is the file's.
    """
    columns = [line.index("#") if part and _woken(line) != line else None for part, line in _by_part(text)]
    chinese = translated(name, with_parts(text, parts_of(text)), catalogue, "zh").splitlines(keepends=True)
    return "".join(
        line if column is None else f"{line[:column]}# {line[column:]}"
        for column, line in zip(columns, chinese, strict=True)
    )


def parts_of(text: str) -> tuple[str, ...]:
    """The numbers of the parts that wait in a starting file."""
    return tuple(sorted({part for part, _ in _by_part(text) if part}))


def with_parts(text: str, wanted: Collection[str]) -> str:
    """The text with those parts taken out of their comments."""
    return "".join(_woken(line) if part in wanted else line for part, line in _by_part(text))


def _by_part(text: str) -> Iterator[tuple[str | None, str]]:
    """Every line with the part that it belongs to; a line that is no comment ends a part."""
    part = None
    for line in text.splitlines(keepends=True):
        heading = _HEADING.match(line)
        if heading:
            part = heading["part"]
        elif not line.lstrip().startswith("#"):
            part = None
        yield part, line


def _lacks(line: str, words: Mapping[str, str | None]) -> bool:
    return any(words[place] is None for place in Template(line).get_identifiers())


def _woken(line: str) -> str:
    waiting = None if _EXPLAINING.match(line) else _WAITING.fullmatch(line)
    return f"{waiting['indent']}{waiting['text']}" if waiting else line
