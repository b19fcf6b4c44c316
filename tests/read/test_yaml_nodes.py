"""Nodes keep exactly what was written and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.findings import in_order
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.shape import check_shape
from engine.read.yaml_nodes import read


def mapping(text: str) -> MappingNode:
    node, findings = read("x.yaml", text.encode())
    assert findings == []
    assert isinstance(node, MappingNode)
    return node


def scalar(text: str) -> ScalarNode:
    value = mapping(text).entries[-1][1]
    assert isinstance(value, ScalarNode)
    return value


@pytest.mark.parametrize(
    ("text", "written", "value", "quoted"),
    [
        ("中: 😀文 # 注", "😀文", "😀文", False),
        ("😀中: 一\n乙: 取件超时  \n", "取件超时", "取件超时", False),
        ('甲: "引😀" ', '"引😀"', "引😀", True),
        ("甲: 'it''s'\n\n", "'it''s'", "it's", True),
        ('甲: "\\u4e2d"', '"\\u4e2d"', "中", True),
        ("甲: |\n  一\n  二\n\n\n# 完\n", "|\n  一\n  二\n\n\n# 完", "一\n二\n", True),
        ("甲: 一\r\n乙: 二\r\n", "二", "二", False),
        ("甲:\n", "", "", False),
        ("2015-10-01: yes", "yes", "yes", False),
    ],
)
def test_a_scalar_covers_exactly_what_was_written(text: str, written: str, value: str, quoted: bool) -> None:
    node = scalar(text)
    if "# 完" in text:  # the parser ends a block of text before a comment
        written = written.removesuffix("\n\n\n# 完")
    assert (node.span.text, node.text, node.quoted) == (written, value, quoted)


def test_places_count_characters_whatever_their_bytes() -> None:
    node = mapping("甲乙: 😀😀\n丙: [一, {丁: 二}]\n")
    value = node.get("丙")
    assert isinstance(value, SequenceNode)
    inner = value.items[1]
    assert isinstance(inner, MappingNode)
    assert (str(inner.entries[0][1].span), inner.entries[0][1].span.text) == ("x.yaml:2:12", "二")
    assert (value.span.text, inner.span.text) == ("[一, {丁: 二}]", "{丁: 二}")


def test_a_block_ends_with_its_last_written_character() -> None:
    node = mapping("甲:\n  - 一: 二\n    三: 四  \n\n\n乙: 五\n")
    value = node.get("甲")
    assert isinstance(value, SequenceNode)
    assert value.span.text == "- 一: 二\n    三: 四"


def test_the_first_of_two_equal_keys_stays() -> None:
    node, (finding,) = read("x.yaml", b'a: 1\n"a": 2\n')
    assert isinstance(node, MappingNode)
    assert [value.span.text for _, value in node.entries] == ["1"]
    assert (str(finding.span), str(finding.labels[0].span)) == ("x.yaml:2:1", "x.yaml:1:1")


def test_all_that_is_refused_is_said_at_once() -> None:
    _, findings = read("x.yaml", b"a: &one !two 1\nb: *one\n<<: {c: 1}\nb: 2\n? [d]\n: 1\n")
    codes = [(finding.code, finding.span.line) for finding in in_order(findings) if finding.span]
    assert codes == [("R010", 1), ("R012", 1), ("R011", 2), ("R014", 3), ("R017", 4), ("R016", 5)]


def _all_nodes(node: Node) -> list[Node]:
    match node:
        case ScalarNode():
            return [node]
        case SequenceNode(items=items):
            return [node, *(inner for item in items for inner in _all_nodes(item))]
        case MappingNode(entries=entries):
            return [node, *(inner for entry in entries for part in entry for inner in _all_nodes(part))]


_PIECES = st.sampled_from(
    [*"abc:-?[]{}'\"|>&*!%@`#,\n\t \\~甲😀", ": ", "\n  ", "- ", "<<: ", "---\n", "\ufeff", "\x85"]
)


@given(
    st.one_of(
        st.binary(max_size=200), st.lists(_PIECES, max_size=60).map(lambda parts: "".join(parts).encode())
    )
)
def test_any_bytes_give_nodes_or_findings(content: bytes) -> None:
    node, findings = read("x.yaml", content)
    assert node is not None or findings
    for finding in findings:
        assert finding.message("zh")
        assert finding.message("en")
        assert finding.span is not None
        assert 0 <= finding.span.start <= finding.span.end <= len(finding.span.source.text)
    for part in _all_nodes(node) if node else []:
        assert 0 <= part.span.start <= part.span.end <= len(part.span.source.text)
        if isinstance(part, ScalarNode) and not part.quoted and len(part.span.text.splitlines()) == 1:
            assert part.span.text == part.text or findings


@given(
    st.lists(_PIECES, max_size=60).map(
        lambda parts: "rulebook: a\nsections:\n- items:\n  - " + "".join(parts)
    )
)
def test_any_document_has_a_shape_or_findings(text: str) -> None:
    node, _ = read("x.yaml", text.encode())
    if node is not None:
        for finding in check_shape("rulebook", node):
            assert finding.message("zh") + finding.message("en") + str(finding.help("en"))
