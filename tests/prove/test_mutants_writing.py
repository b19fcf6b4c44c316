"""Examples go into a rulebook's text where they belong; every other byte stays as it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.prove.mutants.bench import Ticket
from engine.prove.mutants.nodes import ItemNode
from engine.prove.mutants.offers import Offer
from engine.prove.mutants.writing import example_in_flow, example_lines, spelled, with_examples
from engine.read.nodes import MappingNode, SequenceNode
from engine.read.plain_values import plain
from engine.read.yaml_nodes import read

BLOCK = """sections:
  - section: s
    items:
      - rule: a   # first
        when: {x: 1}
        examples:
          - example: one
            given: {x: 1}
            expect: nothing  # the end

      # about b
      - rule: b
        when: {x: 2}
"""
FLOW = """sections:
  - section: s
    items:
      - {rule: a, when: {x: 1}, examples: [{example: one, given: {x: 1}, expect: nothing}]}
      - {rule: b, when: {x: 2}}
"""
LINES = """sections:
  - section: s
    items:
      - rule: a
        examples:
        - {example: one, given: {x: 1}, expect: nothing}
        when: {x: 1}
      - rule: b
        note: |
          several
          lines
"""


def offer(name: str = "two", expect: dict[str, Any] | None = None, as_of: str | None = None) -> Offer:
    said = {"fine": 50} if expect is None else expect
    return Offer("book/s/a", 0, name, {"x": 2}, as_of, {}, said, (), Ticket({}, None))


def items(text: str) -> list[ItemNode]:
    root, findings = read("book.yaml", text.encode())
    assert not findings
    assert isinstance(root, MappingNode)
    sections = root.get("sections")
    assert isinstance(sections, SequenceNode)
    section = sections.items[0]
    assert isinstance(section, MappingNode)
    found = section.get("items")
    assert isinstance(found, SequenceNode)
    return [ItemNode(node, section) for node in found.items if isinstance(node, MappingNode)]


def written(text: str) -> str:
    first, second = items(text)
    return with_examples(text, [(first, [offer()]), (second, [offer(), offer("three")])])


def examples(text: str) -> list[list[Any]]:
    found = [item.node.get("examples") for item in items(text)]
    return [[] if node is None else [plain(e) for e in node.items] for node in found]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", [BLOCK, FLOW, LINES, BLOCK.replace("\n", "\r\n")])
def test_examples_stand_at_the_end_of_their_item(text: str) -> None:
    """Under a block, in a list on one line, below lines of a line each, or under a key of their own."""
    two = {"example": "two", "given": {"x": 2}, "expect": {"fine": 50}}
    three = {**two, "example": "three"}
    one = {"example": "one", "given": {"x": 1}, "expect": "nothing"}
    assert examples(written(text)) == [[one, two], [two, three]]


@pytest.mark.parametrize("text", [BLOCK, FLOW, LINES, BLOCK.replace("\n", "\r\n")])
def test_nothing_else_is_touched(text: str) -> None:
    """What was there is still there in its order, comments and line ends too."""
    new = written(text)
    rest = iter(new)
    assert all(character in rest for character in text)
    assert ("\r\n" in new) == ("\r\n" in text)
    assert new.count("\n") == new.count("\r\n") or "\r\n" not in new


def test_a_block_is_written_as_officers_write_it() -> None:
    """Two spaces deeper than its dash, below what stands there and a comment behind it."""
    assert written(BLOCK).splitlines()[6:12] == [
        "          - example: one",
        "            given: {x: 1}",
        "            expect: nothing  # the end",
        "          - example: two",
        "            given: {x: 2}",
        "            expect: {fine: 50}",
    ]


def test_an_example_that_expects_nothing_and_has_an_instant() -> None:
    """`nothing` is a word of its own; the instant stands between facts and what is expected."""
    made = offer(expect={"nothing": True}, as_of="2015-06-10T10:00")
    assert example_lines(made) == [
        "example: two",
        "given: {x: 2}",
        "as_of: 2015-06-10T10:00",
        "expect: nothing",
    ]
    assert example_in_flow(made).endswith("as_of: 2015-06-10T10:00, expect: nothing}")


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.decimals(-(10**6), 10**6, places=2).map(lambda number: number.normalize() + Decimal(0))
    | st.sampled_from(["no", "2015-06-10", "2015-06-10T10:00", "12", "1e5", "- a", "a: b", "a #b", "", "~"])
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_what_is_written_is_read_again(value: Any) -> None:
    """Whatever a ticket says comes back from YAML as it was."""
    root, findings = read("book.yaml", f"value: {spelled(value)}\n".encode())
    assert not findings
    assert isinstance(root, MappingNode)
    node = root.get("value")
    assert node is not None
    assert same(plain(node), value)


@given(TEXTS.filter(bool))
def test_a_name_is_read_again(name: str) -> None:
    """In a block commas may stand bare."""
    root, findings = read("book.yaml", f"example: {spelled(name, in_flow=False)}\n".encode())
    assert not findings
    assert isinstance(root, MappingNode)
    node = root.get("example")
    assert node is not None
    assert str(plain(node)) == name


def same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
