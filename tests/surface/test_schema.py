"""The schema with Chinese keywords is that of the English ones, and lets the Chinese rulebook in."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator

from engine.read.chinese.schema import chinese_rulebook_schema
from engine.read.plain_values import plain
from engine.read.yaml_nodes import read

SHIPPED = Path(__file__).parents[2] / "examples" / "chinese" / "compensation.yaml"
TEXT = files("engine.read").joinpath("rulebook.zh.schema.json").read_text(encoding="utf-8")
VALIDATOR = Draft202012Validator(json.loads(TEXT))


def errors(content: bytes) -> list[str]:
    node, findings = read("compensation.yaml", content)
    assert node is not None
    assert not findings
    return [error.message for error in VALIDATOR.iter_errors(cast("Any", plain(node)))]


def test_the_chinese_schema_is_current() -> None:
    """Made anew by `python -m tests.surface.chinese_schema > engine/read/rulebook.zh.schema.json`."""
    assert chinese_rulebook_schema() == TEXT


def test_the_shipped_chinese_rulebook_has_its_shape() -> None:
    assert errors(SHIPPED.read_bytes()) == []


def test_a_word_that_is_no_keyword_has_not() -> None:
    assert errors(SHIPPED.read_bytes().replace("结论:".encode(), "结果:".encode(), 1))
    assert errors(SHIPPED.read_bytes().replace("准许: 是".encode(), "准许: 可以".encode(), 1))
