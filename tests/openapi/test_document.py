"""The document is OpenAPI 3.1, its examples fit it, and it changes only with the edition."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from api.http.openapi.document import document
from tests.agreement.made_up import made_up_library
from tests.docs.blocks import ROOT
from tests.openapi.described import Described, shipped


def references(part: Any) -> set[str]:
    """Everything that the document refers to within itself."""
    match part:
        case {"$ref": str(name)}:
            return {name}
        case dict():
            return {name for value in part.values() for name in references(value)}
        case list():
            return {name for value in part for name in references(value)}
        case _:
            return set()


def bodies() -> list[Any]:
    """Every body with examples: its schema and each example."""
    operations = [o for path in shipped().document["paths"].values() for o in path.values()]
    described = [o["requestBody"] for o in operations if "requestBody" in o]
    described += [response for o in operations for response in o["responses"].values()]
    contents = [content for body in described for content in body.get("content", {}).values()]
    return [(c["schema"], example["value"]) for c in contents for example in c.get("examples", {}).values()]


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_it_is_openapi_3_1(seed: int | None) -> None:
    described = shipped() if seed is None else Described(made_up_library(Random(seed)))
    made = json.loads(json.dumps(described.document, default=float))
    assert [error.message[:300] for error in Draft202012Validator(OPENAPI_31).iter_errors(made)] == []
    for schema in made["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_whatever_it_refers_to_is_there_and_every_component_is_used() -> None:
    components = shipped().document["components"]
    there = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "parameters", "headers")
        for name in components[kind]
    }
    assert references(shipped().document) == there


def test_every_example_fits_its_schema_and_all_example_tickets_are_shown() -> None:
    assert bodies()
    for schema, example in bodies():
        assert [error.message[:200] for error in shipped().validator(schema).iter_errors(example)] == []
    shown = shipped().document["paths"]["/v1/verdicts"]["post"]["requestBody"]["content"]["application/json"]
    tickets = {
        file.stem: json.loads(file.read_text(encoding="utf-8"), parse_float=str)
        for file in (ROOT / "examples" / "tickets").glob("*.json")
    }
    assert {name: example["value"] for name, example in shown["examples"].items()} == tickets


def test_every_operation_is_described_in_both_languages() -> None:
    for path in shipped().document["paths"].values():
        for operation in path.values():
            said = [operation["summary"], *(r["description"] for r in operation["responses"].values())]
            assert [text for text in said if text.isascii() and text != "OpenAPI 3.1"] == []


def test_the_same_edition_gives_the_same_bytes() -> None:
    made = [json.dumps(document(shipped().catalogue, shipped().judge, "0")) for _ in range(2)]
    assert made[0] == made[1]
