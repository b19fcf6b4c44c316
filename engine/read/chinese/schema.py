"""The rulebook's schema with Chinese keywords, by which an editor completes rulebooks that are written so."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from engine.read.chinese.words import Group, keywords
from engine.read.shape import schema_of

_Json: TypeAlias = Any

_LEFT_OUT = frozenset({"examples", "x-role", "x-zh", "x-expects", "x-beside", "x-one-of"})


def chinese_rulebook_schema() -> str:
    """The text of `rulebook.zh.schema.json`."""
    english = schema_of("rulebook")
    chinese = schema_in_chinese(described_in_chinese(english)) | {"$id": f"{english['$id']}.zh"}
    return json.dumps(chinese, ensure_ascii=False, indent=2) + "\n"


def described_in_chinese(schema: _Json) -> _Json:
    """A schema whose descriptions are those that stand beside them in Chinese, as `x-zh`.

    >>> described_in_chinese({"description": "How much.", "x-zh": "多少。"})
    {'description': '多少。'}
    """
    match schema:
        case list():
            return [described_in_chinese(part) for part in schema]
        case dict():
            parts = {name: described_in_chinese(part) for name, part in schema.items() if name != "x-zh"}
            return parts | ({"description": schema["x-zh"]} if isinstance(schema.get("x-zh"), str) else {})
        case _:
            return schema


def schema_in_chinese(schema: _Json) -> _Json:
    """A schema with the twins of its keywords as keys and words; what is no keyword stays.

    >>> schema_in_chinese({"properties": {"allowed": {"type": "boolean"}}, "required": ["allowed"]})
    {'properties': {'准许': {'enum': ['是', '否', True, False]}}, 'required': ['准许']}
    """
    if isinstance(schema, list):
        return [schema_in_chinese(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: _part(name, value) for name, value in schema.items() if name not in _LEFT_OUT}
    if parts.get("type") == "boolean":
        return {name: value for name, value in parts.items() if name != "type"} | {"enum": _truths()}
    return parts


def _part(name: str, value: _Json) -> _Json:
    match name:
        case "properties":
            return {_twin(key, "key"): schema_in_chinese(part) for key, part in value.items()}
        case "$defs":
            return {key: schema_in_chinese(part) for key, part in value.items()}
        case "required":
            return [_twin(key, "key") for key in value]
        case "enum":
            return [_twin(word, "value") for word in value]
        case _:
            return schema_in_chinese(value)


def _twin(word: str, group: Group) -> str:
    return keywords(group).chinese.get(word, word)


def _truths() -> list[str | bool]:
    return [_twin("true", "value"), _twin("false", "value"), True, False]
