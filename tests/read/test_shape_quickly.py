"""What the quick look at a document's shape lets pass, the thorough one has nothing to say of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.base.spans import SourceText, Span
from engine.read import shape
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_values import plain
from engine.read.shape import Kind
from engine.read.yaml_nodes import read

ROOT = Path(__file__).parents[2]
SHIPPED: list[tuple[Kind, Path]] = [
    ("rulebook", ROOT / "tests/read/every_construct.yaml"),
    ("rulebook", ROOT / "rules/scorecard.yaml"),
    ("sources", ROOT / "rules/sources.yaml"),
    ("case", ROOT / "examples/systems/chases/over-the-limit.case.yaml"),
]
WRITTEN = [
    "1",
    "1.0",
    "1.50",
    "-1",
    "",
    "null",
    "true",
    "yes",
    "a b",
    "A-1",
    "9" * 40,
    "12.",
    "2015-04-01",
    "\t",
]


def document(path: Path) -> Node:
    node, _ = read(path.name, path.read_bytes())
    assert node is not None
    return node


def thorough(monkeypatch: pytest.MonkeyPatch, kind: Kind, node: Node) -> list[str]:
    with monkeypatch.context() as patched:
        patched.setattr(shape, "surely_fits", lambda *_: False)
        return [finding.code for finding in shape.check_shape(kind, node)]


@pytest.mark.parametrize(("kind", "path"), SHIPPED, ids=lambda part: str(part).rpartition("/")[2])
def test_what_is_well_shaped_needs_no_thorough_look(kind: Kind, path: Path) -> None:
    assert shape.surely_fits(kind, plain(document(path)))


def everywhere(node: Node, place: int, new: ScalarNode | None) -> tuple[Node, int]:
    """The node with its scalar number `place` replaced, or its entry taken out; and how many it has."""
    match node:
        case ScalarNode():
            return (new if place == 0 and new is not None else node), 1
        case SequenceNode(items=items):
            made, count = [], 0
            for item in items:
                changed, held = everywhere(item, place - count, new)
                made.append(changed)
                count += held
            return replace(node, items=tuple(made)), count
        case MappingNode(entries=entries):
            kept, count = [], 0
            for key, value in entries:
                changed, held = everywhere(value, place - count, new)
                if not (new is None and place - count == 0):
                    kept.append((key, changed))
                count += held
            return replace(node, entries=tuple(kept)), count


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mistake_passes_the_quick_look(monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    kind, path = data.draw(st.sampled_from(SHIPPED))
    node = document(path)
    place = data.draw(st.integers(0, everywhere(node, -1, None)[1] - 1))
    text = data.draw(st.none() | st.sampled_from(WRITTEN) | st.text(max_size=3))
    span = Span(SourceText("x.yaml", text or ""), 0, len(text or ""))
    new = None if text is None else ScalarNode(text, data.draw(st.booleans()), span)
    changed, _ = everywhere(node, place, new)
    if shape.surely_fits(kind, plain(changed)):
        assert [c for c in thorough(monkeypatch, kind, changed) if c not in ("R100", "R101")] == []
