"""Each mistake of `tests/mistakes` is said in exactly the words beside it, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.base.findings import Finding, Language, codes, in_order
from engine.read.formulas import parse_formula, parse_tests
from engine.read.limits import parse_limit
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.shape import Kind, check_shape
from engine.read.yaml_nodes import MAXIMUM_BYTES, read

MISTAKES = Path(__file__).parent.parent / "mistakes"
FILES = sorted(MISTAKES.glob("*.yaml"))

_KINDS: dict[str, Kind] = {
    "rulebook": "rulebook",
    "catalogue": "facts",
    "sources": "sources",
    "statements": "statements",
}
_CONDITIONS = {"when", "where", "has", "scope", "given"}


def findings_of(name: str, content: bytes) -> list[Finding]:
    """What this layer says: the file's form, its shape if that is sound, its tests if both are."""
    node, findings = read(name, content)
    if node is None or findings:
        return in_order(findings)
    assert isinstance(node, MappingNode)
    shape = check_shape(_KINDS[node.entries[0][0].text], node)
    return shape or in_order(_texts(node, ""))


def _texts(node: Node, key: str) -> Iterator[Finding]:
    match node:
        case MappingNode(entries=entries):
            for name, value in entries:
                yield from _texts(value, _role(name.text, key))
        case SequenceNode(items=items):
            for item in items:
                yield from _texts(item, key)
        case ScalarNode():
            parse = {
                "formula": parse_formula,
                "limit": parse_limit,
                "test": parse_tests,
                "if": parse_tests,
            }.get(key)
            parsed = parse(node) if parse else None
            if isinstance(parsed, Finding):
                yield parsed


def _role(name: str, within: str) -> str:
    if within in _CONDITIONS | {"all", "any", "none"} and name not in {"all", "any", "none", "formula"}:
        return "test"
    return name


def rendered(findings: list[Finding], language: Language) -> str:
    return "".join(_lines(finding, language) for finding in findings)


def _lines(finding: Finding, language: Language) -> str:
    text = f"{finding.span}: {finding.code} {finding.message(language)}\n"
    for label in finding.labels:
        text += f"  {label.span}: {label.text(language)}\n"
    mend = finding.help(language)
    return text + (f"  help: {mend}\n" if mend else "")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_mistake_is_said_in_exactly_these_words(file: Path) -> None:
    findings = findings_of(file.name, file.read_bytes())
    said = f"{rendered(findings, 'en')}---\n{rendered(findings, 'zh')}"
    assert said == file.with_suffix(".expected").read_text(encoding="utf-8")


def test_every_expectation_has_its_mistake() -> None:
    assert {file.stem for file in MISTAKES.glob("*.expected")} == {file.stem for file in FILES}


def test_every_message_of_this_layer_is_shown_by_a_mistake() -> None:
    """What the generated files below show is named here."""
    shown = set(
        re.findall(r"\bR\d{3}\b", "".join(file.read_text("utf-8") for file in MISTAKES.glob("*.expected")))
    )
    generated = {"R001", "R002", "R015"}
    assert {code for code in codes() if code.startswith(("R0", "R1"))} - shown - generated == set()


def test_messages_are_one_sentence_without_a_final_stop() -> None:
    for code in codes().values():
        for text in code.text.values():
            assert not text.endswith((".", "。", "!")), code.id
            assert "\n" not in text, code.id
        assert not code.text["en"][:1].isupper(), code.id
        assert set(code.help) in (set(), {"zh", "en"}), code.id


def test_a_file_of_fifty_million_bytes_is_refused_unread() -> None:
    node, findings = read("large.yaml", b"a: [" * 12_500_000)
    assert node is None
    assert rendered(findings, "en") == (
        f"large.yaml:1:1: R001 this file has 50,000,000 bytes; at most {MAXIMUM_BYTES:,} can be read\n"
        "  help: split the rulebook into several files\n"
    )


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "a:\n"])
def test_ten_thousand_levels_are_one_finding(opening: str) -> None:
    levels = range(10_000) if opening != "a:\n" else range(1_000)
    content = "".join((" " * level if opening == "a:\n" else "") + opening for level in levels)
    node, findings = read("deep.yaml", content.encode())
    assert node is None
    assert [finding.code for finding in findings] == ["R015"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("规则: 书\n首: ".encode() + "处罚".encode("gbk"), "x.yaml:2:4"),
        ("rulebook: x\n".encode("utf-16"), "x.yaml:1:1"),
        (b"\xef\xbb\xbfa: \xff", "x.yaml:1:4"),
    ],
)
def test_another_encoding_is_named_with_its_place(content: bytes, place: str) -> None:
    node, (finding,) = read("x.yaml", content)
    assert node is None
    assert (finding.code, str(finding.span)) == ("R002", place)


def test_a_byte_order_mark_is_no_mistake() -> None:
    node, findings = read("x.yaml", b"\xef\xbb\xbfa: 1")
    assert isinstance(node, MappingNode)
    assert (node.entries[0][0].text, findings) == ("a", [])
