"""The two surfaces of a rulebook: the same rules in English words and in Chinese words.

Ids, quotes and texts for people are the same in both. All else has one twin: keywords that of
`engine/read/chinese/words.toml`, what the fact catalogue declares its Chinese label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.base.findings import Finding, Language
from engine.read.chinese.words import Twins, twins
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.respelling import respelled_source
from engine.read.roles import entry, rulebook_place
from engine.read.yaml_nodes import read
from engine.rulebook.model import Catalogue
from engine.rulebook.surface.scope import Scope
from engine.rulebook.surface.vocabulary import Vocabulary
from engine.rulebook.surface.walk import Walk

_MODELINE = re.compile(
    r"(^# yaml-language-server: \$schema=\S*/rulebook)(?:\.zh)?((?:\.schema)?\.json)", re.MULTILINE
)
_FOR_PEOPLE = frozenset({"zh", "en", "quote", "example"})


def translated(name: str, text: str, catalogue: Catalogue, language: Language) -> str:
    """A rulebook's text in the words of one language; comments, layout and order are untouched.

    Words that are known in neither language stay, and so does a file that cannot be read. `name` is the
    file's, as in `read`.
    """
    node, findings = read(name, text.encode())
    if not isinstance(node, MappingNode) or findings:
        return text
    new, _ = _in_language(node, catalogue, language)
    source = node.span.source.text
    mark = text.removesuffix(source)  # a byte order mark is no part of what was read
    return mark + _with_schema(respelled_source(source, new), language)


def in_words_of(before: str, name: str, text: str, catalogue: Catalogue) -> str:
    """A changed text wholly in Chinese, if it was wholly so `before`; else as it is."""
    was_chinese = (
        translated(name, before, catalogue, "zh") == before != translated(name, before, catalogue, "en")
    )
    return translated(name, text, catalogue, "zh") if was_chinese else text


def _with_schema(text: str, language: Language) -> str:
    """The line for editors that names the schema, where there is one, names that of the language."""
    kept = ".zh" if language == "zh" else ""
    return _MODELINE.sub(lambda found: f"{found[1]}{kept}{found[2]}", text, count=1)


def english_nodes(node: MappingNode, catalogue: Catalogue, findings: list[Finding]) -> MappingNode:
    """A rulebook's nodes in English words; each keeps its place in the file as the officer wrote it.

    Writes R017 for a key that stands there in both languages, R229 for a value that cannot be told.
    """
    if is_english(node):
        return node
    new, found = _in_language(node, catalogue, "en")
    findings.extend(found)
    return new


def is_english(node: MappingNode) -> bool:
    """Whether a rulebook has no word in Chinese but in its texts for people."""
    return not any(_foreign(node))


def _in_language(
    node: MappingNode, catalogue: Catalogue, language: Language
) -> tuple[MappingNode, list[Finding]]:
    walk = Walk()
    scope = Scope(
        Vocabulary(catalogue), language, chinese_file=any(_foreign_keys(node)), parameters=_parameters(node)
    )
    new = walk.node(node, rulebook_place(), scope)
    assert isinstance(new, MappingNode), "a mapping stays one"
    return new, walk.findings


def _parameters(node: MappingNode) -> Twins:
    """The rulebook's parameters by their names and labels."""
    declared = entry(node, "parameters")
    entries = declared.entries if isinstance(declared, MappingNode) else ()
    return twins((key.text, _label(value) or key.text) for key, value in entries)


def _label(parameter: Node) -> str:
    label = entry(entry(parameter, "label"), "zh")
    return label.text if isinstance(label, ScalarNode) else ""


def _foreign(node: Node) -> Iterator[bool]:
    """Whether a scalar that is no text for people has more than English letters."""
    match node:
        case ScalarNode(text=text):
            yield not text.isascii()
        case SequenceNode(items=items):
            for item in items:
                yield from _foreign(item)
        case MappingNode(entries=entries):
            for key, value in entries:
                yield not key.text.isascii()
                if key.text not in _FOR_PEOPLE:
                    yield from _foreign(value)


def _foreign_keys(node: Node) -> Iterator[bool]:
    match node:
        case ScalarNode():
            return
        case SequenceNode(items=items):
            for item in items:
                yield from _foreign_keys(item)
        case MappingNode(entries=entries):
            for key, value in entries:
                yield not key.text.isascii()
                yield from _foreign_keys(value)
