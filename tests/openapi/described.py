"""The document of a library, and validators for its parts.

It is read with exact numbers: the validator's floats would say that 0.57 is no multiple of 0.01.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from jsonschema import Draft202012Validator

from api.http.openapi.document import document
from engine.evaluate.evaluators import evaluator
from engine.library import Library, load
from engine.rulebook.model import Catalogue
from tests.docs.blocks import ROOT


class Described:
    """A library with the document of its service."""

    def __init__(self, library: Library) -> None:
        assert library.plan is not None
        assert library.catalogue is not None
        self.library = library
        self.catalogue: Catalogue = library.catalogue
        self.plan = library.plan
        self.judge = evaluator("compiled", library.plan)
        self._validators: dict[str, Draft202012Validator] = {}

    @cached_property
    def document(self) -> Mapping[str, Any]:
        made = json.dumps(document(self.catalogue, self.judge, "0"), ensure_ascii=False)
        found: Mapping[str, Any] = json.loads(made, parse_float=Decimal)
        return found

    @property
    def schemas(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["components"]["schemas"]
        return found

    def validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        return Draft202012Validator({**schema, "components": self.document["components"]})

    def troubles(self, component: str, value: Any) -> list[str]:
        """What is wrong with a value by one schema of the document."""
        if component not in self._validators:
            self._validators[component] = self.validator({"$ref": f"#/components/schemas/{component}"})
        errors = self._validators[component].iter_errors(value)
        return [f"{error.json_path}: {error.message[:200]}" for error in errors]


@cache
def shipped() -> Described:
    """The shipped rulebooks."""
    return Described(load(ROOT / "rules"))
