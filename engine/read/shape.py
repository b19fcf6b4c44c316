"""Whether a document has the shape of a rulebook, fact catalogue, list of sources or statements, or case.

The shapes stand in `*.schema.json` beside this file, which editors use too.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from jsonschema_rs import Draft202012Validator as Quick

from engine.base.findings import Finding, in_order
from engine.read.chinese.words import keywords
from engine.read.nodes import Node, ScalarNode
from engine.read.plain_values import Plain, plain, scalars
from engine.read.shape_mistakes import findings_from_error

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_Json: TypeAlias = "bool | int | str | list[_Json] | dict[str, _Json] | None"
Kind: TypeAlias = Literal["rulebook", "facts", "sources", "statements", "case"]

_UNCLEAR = {"R100", "R101"}
_WORDS_OF_TRUTH = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def check_shape(kind: Kind, node: Node) -> list[Finding]:
    """All that is to be said about the document's shape, in the order of the file; empty when it fits."""
    unclear = [finding for scalar in scalars(node) if (finding := _unclear_word(scalar))]
    value = plain(node)
    errors = () if surely_fits(kind, value) else _validator(kind).iter_errors(cast("Any", value))
    findings = [finding for error in errors for finding in findings_from_error(error, node)]
    return in_order(_without_echoes([*unclear, *findings]))


def surely_fits(kind: Kind, value: Plain) -> bool:
    """Whether there is nothing to tell, found out in a sixtieth of the time.

    Where it is not sure the other library looks, which can tell what is wrong.
    """
    try:
        return _quick_validator(kind).is_valid(_with_rough_decimals(value))
    except ValueError:
        return False


def _with_rough_decimals(value: Plain) -> Any:
    """No shape asks how large a decimal is, and none takes it for a whole number, however it is written."""
    match value:
        case Decimal():
            return 0.5
        case list():
            return [_with_rough_decimals(item) for item in value]
        case dict():
            return {key: _with_rough_decimals(item) for key, item in value.items()}
        case _:
            return value


@cache
def _quick_validator(kind: Kind) -> Quick:
    return Quick(_inlined(kind))


@cache
def _validator(kind: Kind) -> Validator:
    # The library takes a tenth of a second to import, and is needed only where something is wrong.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(cast("Any", _inlined(kind)))


@cache
def _inlined(kind: Kind) -> dict[str, _Json]:
    definitions = definitions_of(kind)
    whole = _Inliner(definitions).inlined({**schema_of(kind), "$defs": definitions})
    return cast("dict[str, _Json]", whole)


def definitions_of(kind: Kind) -> dict[str, Any]:
    """What the schema of a kind refers to by name; that of cases borrows from that of rulebooks."""
    borrowed = schema_of("rulebook")["$defs"] if kind == "case" else {}
    return cast("dict[str, Any]", borrowed | schema_of(kind)["$defs"])


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a kind of file, as it stands beside this one."""
    text = files("engine.read").joinpath(f"{kind}.schema.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


class _Inliner:
    """Puts each definition at the places that refer to it, so that the validator follows no references.

    That halves the time of a check. What refers to itself (a condition within a condition) keeps its
    reference; what only people and other programs read (titles, examples, roles) is left out.
    """

    _FOR_PEOPLE = frozenset({"title", "description", "examples", "x-role", "x-zh", "x-layout", "x-order"})

    def __init__(self, definitions: dict[str, _Json]) -> None:
        self._definitions = definitions
        self._done: dict[str, _Json] = {}
        self._within: list[str] = []

    def inlined(self, schema: _Json) -> _Json:
        if isinstance(schema, list):
            return [self.inlined(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._definition(str(schema["$ref"]).rpartition("/")[2])
        return {
            keyword: self._keyword(keyword, value)
            for keyword, value in schema.items()
            if keyword not in self._FOR_PEOPLE
        }

    def _keyword(self, keyword: str, value: _Json) -> _Json:
        if keyword in {"properties", "$defs"} and isinstance(value, dict):
            return {name: self.inlined(part) for name, part in value.items()}
        return self.inlined(value)

    def _definition(self, name: str) -> _Json:
        if name in self._within:
            return {"$ref": f"#/$defs/{name}"}
        if name not in self._done:
            self._within.append(name)
            self._done[name] = self.inlined(self._definitions[name])
            self._within.pop()
        return self._done[name]


def _unclear_word(scalar: ScalarNode) -> Finding | None:
    """`yes`, `no`, `~` and the like: YAML's readers do not agree on what they are."""
    if scalar.quoted:
        return None
    lower = scalar.text.lower()
    if lower in _WORDS_OF_TRUTH:
        return Finding("R100", {"text": scalar.text, "meant": _WORDS_OF_TRUTH[lower]}, scalar.span)
    if lower in {"true", "false"} and scalar.text != lower:
        return Finding("R100", {"text": scalar.text, "meant": lower}, scalar.span)
    if lower in {"~", "null"} and scalar.text != "null":
        return Finding("R101", {"text": scalar.text}, scalar.span)
    return None


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """Without what only follows from another finding.

    A key that is missing because it is misspelt, the type of a word that is unclear and the value of
    what was not meant as a key go without saying.
    """
    unclear = {finding.span for finding in findings if finding.code in _UNCLEAR}
    no_keys = {finding.values["value"] for finding in findings if finding.code == "R117"}
    misspelt = {
        (finding.values["mapping"], _in_english(finding.suggestion or ""))
        for finding in findings
        if finding.code == "R102"
    }

    def echoes(finding: Finding) -> bool:
        if finding.code == "R103":
            return (finding.values["mapping"], _in_english(finding.values["key"])) in misspelt
        if finding.code == "R105" and finding.span is not None:
            return str(finding.span.start) in no_keys
        return finding.code not in _UNCLEAR and finding.span in unclear

    return [finding for finding in findings if not echoes(finding)]


def _in_english(key: str) -> str:
    return keywords("key").in_english(key) or key
