"""Both surfaces are one edition: of the corpus, of made-up rulebooks and of the shipped ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from textwrap import dedent, indent
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.library import SPECIAL, Library, load_texts
from engine.prove.difference.editions import difference
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.yaml_nodes import read
from engine.rulebook.model import Catalogue
from engine.rulebook.surface.translation import translated
from tests.agreement.made_up import made_up_texts
from tests.cases.small_library import SOURCES, case_files, catalogue_text
from tests.docs.blocks import blocks, page
from tests.shipped.shipped import ROOT, library

RULES = ROOT / "rules"
BOOKS = sorted(path for path in RULES.glob("*.yaml") if path.name not in SPECIAL)
IN_CHINESE = (ROOT / "examples" / "chinese" / "compensation.yaml").read_text(encoding="utf-8")
MADE_UP = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=25,
)


def catalogue_of(loaded: Library) -> Catalogue:
    assert loaded.catalogue is not None
    return loaded.catalogue


def twin_libraries(catalogue: str, rulebook: str) -> tuple[Library, Library]:
    """A rulebook as it is and in Chinese; the way back is held on the way."""
    texts = {"facts.yaml": catalogue.encode(), "sources.yaml": SOURCES.encode()}
    english = load_texts({**texts, "book.yaml": rulebook.encode()})
    chinese = translated("book.yaml", rulebook, catalogue_of(english), "zh")
    assert translated("book.yaml", chinese, catalogue_of(english), "en") == rulebook
    return english, load_texts({**texts, "book.yaml": chinese.encode()})


@pytest.mark.parametrize("file", case_files(), ids=lambda file: file.stem)
def test_a_rulebook_of_the_corpus_is_one_edition_in_both(file: Path) -> None:
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    english, chinese = twin_libraries(catalogue_text(content["facts"]), content["rulebook"])
    assert chinese.findings == () or {f.code for f in chinese.findings} == {f.code for f in english.findings}
    assert chinese.plan is not None
    assert chinese.plan == english.plan


@MADE_UP
@given(st.randoms(use_true_random=False), st.booleans())
def test_so_is_a_made_up_rulebook(random: Random, plain_labels: bool) -> None:
    facts, rulebook = made_up_texts(random)
    catalogue = catalogue_text(facts)
    if plain_labels:
        catalogue = re.sub("zh: 〔(.*?)〕", r"zh: 名\1", catalogue)
    english, chinese = twin_libraries(catalogue, rulebook)
    assert english.plan is not None
    assert chinese.plan == english.plan


@cache
def all_in_chinese() -> Mapping[str, str]:
    """The shipped rulebooks in Chinese by name, the compensation rulebook as it is shipped in Chinese."""
    catalogue = catalogue_of(library())
    texts = {book.name: translated(book.name, book.read_text("utf-8"), catalogue, "zh") for book in BOOKS}
    return texts | {"compensation.yaml": IN_CHINESE}


def test_the_shipped_rulebooks_are_one_edition_in_both() -> None:
    texts = {name: (RULES / name).read_bytes() for name in SPECIAL}
    chinese = load_texts(texts | {name: text.encode() for name, text in all_in_chinese().items()})
    assert [f"{f.span} {f.message('en')}" for f in chinese.findings] == [
        f"{f.span} {f.message('en')}" for f in library().findings
    ]
    assert chinese.plan is not None
    assert library().plan is not None
    assert chinese.plan.edition == library().plan.edition  # type: ignore[union-attr]  # asserted above
    assert chinese.plan == library().plan
    assert {item.status for item in difference(library(), chinese).items} == {"same_text"}


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_shipped_rulebook_comes_back_as_it_was(book: Path) -> None:
    chinese, english = all_in_chinese()[book.name], book.read_text("utf-8")
    back = translated(book.name, chinese, catalogue_of(library()), "en")
    if book.name == "compensation.yaml":
        assert said(back) == said(english)
        assert translated(book.name, back, catalogue_of(library()), "zh") == chinese
    else:
        assert back == english


def test_every_unit_of_the_shipped_catalogue_has_its_word() -> None:
    catalogue = catalogue_of(library())
    counted = {fact.type.unit for fact in catalogue.facts.values() if fact.type.unit is not None}
    assert set(catalogue.units) == counted | {catalogue.currency}


def test_the_chinese_compensation_rulebook_has_no_english_words_left() -> None:
    """But ids, sources, and the texts that people read in English."""
    node, findings = read("compensation.yaml", IN_CHINESE.encode())
    assert node is not None
    assert findings == []
    english = {word for word in _words(node) if re.fullmatch("[a-z_ ]*", word)}
    assert english <= {"compensation", "zto2015", "guiyang_joint_dc"} | _ids(node)


def test_the_readme_shows_one_rule_in_both() -> None:
    shown = {block.role: block.text for block in blocks(page("README.zh.md"))}
    label = "首次来电处罚（每票）"
    head = f"参数: {{first_call_fine: {{标签: {{中文: {label}}}}}}}\n各节:\n- 条目:\n"
    chinese = head + indent(shown["rule-in-chinese"], "  ")
    english = translated("r.yaml", chinese, catalogue_of(library()), "en")
    assert dedent(english.partition("- items:\n")[2]) == shown["rule"]


def said(text: str) -> Any:
    """What a rulebook says, key by key in its order, but for the names of its examples."""
    node, findings = read("compensation.yaml", text.encode())
    assert node is not None
    assert findings == []
    return _said(node)


def _said(node: Node) -> Any:
    match node:
        case ScalarNode(text=text):
            return text
        case SequenceNode(items=items):
            return [_said(item) for item in items]
        case MappingNode(entries=entries):
            return [(key.text, None if key.text == "example" else _said(value)) for key, value in entries]


def _words(node: Node) -> set[str]:
    match node:
        case ScalarNode(text=text):
            return {text}
        case SequenceNode(items=items):
            return {word for item in items for word in _words(item)}
        case MappingNode(entries=entries):
            told = [(key, value) for key, value in entries if key.text not in {"英文", "来源"}]
            return {word for key, value in told for word in {key.text} | _words(value)}


def _ids(node: Node) -> set[str]:
    """What is defined or named by an id: sections, items, rows, exceptions, options, parameters."""
    named = {"节", "规则", "决策表", "时限", "行", "例外", "采用", "被免除"}
    match node:
        case SequenceNode(items=items):
            return {word for item in items for word in _ids(item)}
        case MappingNode(entries=entries):
            own = {
                value.text for key, value in entries if key.text in named and isinstance(value, ScalarNode)
            }
            chosen = {
                word
                for key, value in entries
                if key.text in {"按读法", "读法", "选项", "参数", "原文未定"}
                for word in _words(value)
            }
            return own | chosen | {word for _, value in entries for word in _ids(value)}
        case _:
            return set()
