"""The schemas: what is well shaped passes, items are told apart by their key, a large rulebook is quick."""

from __future__ import annotations

import json
from importlib.resources import files
from time import perf_counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.read.nodes import Node
from engine.read.shape import Kind, check_shape
from engine.read.yaml_nodes import read

KINDS: list[Kind] = ["rulebook", "facts", "sources", "statements"]
HEAD = """\
rulebook: penalties
title: {zh: 处罚, en: penalties}
sections:
  - section: first-call
    title: {zh: 首次来电, en: first call}
    items:
"""
RULE = """\
      - rule: r{number}
        title: {{zh: 不提供发票, en: no invoice}}
        statements: [PEN-001]
        cite: {{source: zto2015, quote: 預付、到付等不提供發票}}
        when: {{first_call_type: no_invoice, fee_collected: "> 0", any: [{{a: [1, 2]}}, {{b: present}}]}}
        then: {{fine: {{amount: 50, payer: responsible_outlet, per: waybill}}}}
        examples:
          - example: no invoice
            given: {{first_call_type: no_invoice, fee_collected: 15}}
            expect: {{fine: 50}}
"""


def schema(kind: Kind) -> dict[str, Any]:
    text = files("engine.read").joinpath(f"{kind}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def document(text: str) -> Node:
    node, findings = read("x.yaml", text.encode())
    assert node is not None
    assert findings == []
    return node


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_a_schema(kind: Kind) -> None:
    Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_no_key_is_let_in_that_is_not_described(kind: Kind) -> None:
    """An editor explains every key: each has a title and a description, here or where it refers to."""
    definitions = schema(kind)["$defs"]
    for name, part in [(kind, schema(kind)), *definitions.items()]:
        if "properties" not in part:
            continue
        assert "additionalProperties" in part, name
        for key, value in part["properties"].items():
            described = value | (definitions[value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else {})
            assert {"title", "description"} <= set(described), f"{name}: {key}"


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ("rule: a, tittle: {zh: a, en: a}, when: {}, then: {review: {reason: r}}", "tittle"),
        (
            "table: a, TITLE, hit: any, inputs: [b], defines: b, rws: 1, rows: [{row: a, if: [1], then: 1}]",
            "rws",
        ),
        ("define: a, ass: 1", "ass"),
        ("clock: a, TITLE, starts: b, limits: 3 minutes", "limits"),
        ("aggregate: a, TITLE, per: [b], cont: {}", "cont"),
    ],
)
def test_only_the_chosen_kind_of_item_is_spoken_of(item: str, place: str) -> None:
    text = f"{HEAD}      - {{{item}}}\n".replace("TITLE", "title: {zh: a, en: a}")
    (finding,) = check_shape("rulebook", document(text))
    assert finding.span is not None
    assert (finding.code, finding.span.text) == ("R102", place)


def test_a_rulebook_with_every_construct_is_well_shaped() -> None:
    every = files("engine.read").joinpath("../../tests/read/every_construct.yaml")
    assert check_shape("rulebook", document(every.read_text(encoding="utf-8"))) == []


def test_two_thousand_rules_are_checked_while_an_editor_waits() -> None:
    """About a second on an idle core; the bound leaves room for a busy one."""
    rulebook = document(HEAD + "".join(RULE.format(number=number) for number in range(2_000)))
    begun = perf_counter()
    assert check_shape("rulebook", rulebook) == []
    assert perf_counter() - begun < 4
