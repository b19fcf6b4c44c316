"""The table of keywords: one Chinese word for each English one, and a twin for every word of the language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from engine.read.chinese.words import Group, keywords
from engine.rulebook.conditions import GROUPS
from engine.rulebook.functions import FUNCTIONS
from engine.rulebook.surface.scope import as_word
from tests.docs.blocks import page

GROUPS_OF_WORDS: list[Group] = ["key", "value", "formula", "function"]
SCHEMA: dict[str, Any] = json.loads(
    files("engine.read").joinpath("rulebook.schema.json").read_text(encoding="utf-8")
)


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    if isinstance(schema, dict):
        yield schema
        for name, value in schema.items():
            inner = value.values() if name in {"properties", "$defs"} else [value]
            for part in inner:
                yield from parts(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from parts(part)


@pytest.mark.parametrize("group", GROUPS_OF_WORDS)
def test_twins_are_one_for_one(group: Group) -> None:
    words = keywords(group)
    assert {words.english[chinese]: chinese for chinese in words.english} == words.chinese


@pytest.mark.parametrize("group", GROUPS_OF_WORDS)
def test_a_twin_is_one_chinese_word(group: Group) -> None:
    for word in keywords(group).english:
        assert re.fullmatch("[\u4e00-\u9fff]+", word)


def test_every_key_of_the_schema_has_a_twin() -> None:
    keys = {key for part in parts(SCHEMA) for key in part.get("properties", ())}
    assert set(keywords("key").chinese) == keys


def test_every_word_of_the_schema_has_a_twin() -> None:
    words = {word for part in parts(SCHEMA) for word in part.get("enum", ())}
    assert set(keywords("value").chinese) == words | {"true", "false", "null", "due"}


def test_groups_functions_and_words_of_formulas_have_twins() -> None:
    assert set(GROUPS) <= set(keywords("key").chinese)
    assert set(FUNCTIONS) == set(keywords("function").chinese)
    assert set(keywords("formula").chinese) == {
        "and", "or", "not", "in", "present", "absent", "true", "false",
    }  # fmt: skip


def test_the_schema_titles_a_key_by_its_twin() -> None:
    """An editor shows the title of a key; its Chinese is the word that may be written."""
    for part in parts(SCHEMA):
        for key, value in part.get("properties", {}).items():
            if "title" in value:
                assert value["title"].endswith(f" {keywords('key').chinese[key]}")


@pytest.mark.parametrize("group", GROUPS_OF_WORDS)
def test_the_language_reference_lists_every_twin(group: Group) -> None:
    listed = " · ".join(f"`{english}` {chinese}" for english, chinese in keywords(group).chinese.items())
    assert f"| {listed} |" in page("docs/language.zh.md")


def test_every_key_is_described_in_chinese_too() -> None:
    for part in parts(SCHEMA):
        if "description" in part:
            assert re.search("[\u4e00-\u9fff]", part["x-zh"])


def test_every_scalar_of_the_schema_has_a_role() -> None:
    """What is neither a word of the language, a truth nor a count says what it is."""
    for part in parts(SCHEMA):
        kinds = {part["type"]} if isinstance(part.get("type"), str) else set(part.get("type", ()))
        if kinds & {"string", "number"}:
            assert "x-role" in part or "enum" in part, part


def test_a_label_that_is_no_plain_word_stands_in_brackets() -> None:
    assert [
        as_word(label) for label in ("破损", "C5回复时刻", "95554自助语音", "规则来源（企业）", "且")
    ] == [
        "破损",
        "C5回复时刻",
        "「95554自助语音」",
        "「规则来源（企业）」",
        "「且」",
    ]
