"""The canonical layout: what it looks like, and that it loses and changes nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.library import load_texts
from engine.read.layout.lay_out import laid_out
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_values import plain
from tests.agreement.made_up import made_up_texts
from tests.cases.small_library import library_from
from tests.fmt.scrambled import Scrambler, comment_places, read_well

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "rules").glob("*.yaml"))
LIBRARY_FILES = sorted([*(ROOT / "rules").rglob("*.yaml"), *(ROOT / "examples").rglob("*.yaml")])
_TEXTS = {file.name: file.read_text(encoding="utf-8") for file in SHIPPED}
PAIRS = sorted((Path(__file__).parent / "layout").glob("*.yaml"))

_SIGNS = "#-?:|>\"'{}[],\n\t~&*!%\\“：\u3000\x85\u2028\ufeff"
BREAKERS = (*_SIGNS, " # c", "\n# c\n", "- ", ": ", "\r\n", "---\n", "{}", "''")


def formatted(text: str) -> str:
    new, findings = laid_out("x.yaml", text.encode())
    assert not findings, [(str(finding.span), finding.message("en")) for finding in findings]
    assert new is not None
    return new


@pytest.mark.parametrize("file", PAIRS, ids=lambda file: file.stem)
def test_a_file_is_laid_out_so(file: Path) -> None:
    """Each file of `layout` holds a text and, as its second part, the same text laid out."""
    before, _, after = file.read_text(encoding="utf-8").partition("\n=====\n")
    assert formatted(before + "\n") == after
    assert formatted(after) == after


@cache
def shipped(name: str) -> MappingNode:
    root = read_well(name, _TEXTS[name])
    assert isinstance(root, MappingNode)
    return root


def _made_up(random: Random) -> MappingNode:
    root = read_well("book.yaml", made_up_texts(random)[1])
    assert isinstance(root, MappingNode)
    return root


def _thinned(random: Random, node: MappingNode) -> MappingNode:
    """A few entries of each list and mapping that has many, so that an example is small."""
    entries: list[tuple[ScalarNode, Node]] = []
    for key, value in node.entries:
        if isinstance(value, SequenceNode):
            kept = sorted(random.sample(range(len(value.items)), min(len(value.items), 2)))
            items = [value.items[position] for position in kept]
            thin = [_thinned(random, item) if isinstance(item, MappingNode) else item for item in items]
            entries.append((key, SequenceNode(tuple(thin), value.span)))
        elif isinstance(value, MappingNode) and len(value.entries) > 8:
            kept = sorted(random.sample(range(len(value.entries)), 4))
            entries.append((key, MappingNode(tuple(value.entries[p] for p in kept), value.span)))
        else:
            entries.append((key, value))
    return MappingNode(tuple(entries), node.span)


@given(
    st.randoms(use_true_random=False), st.sampled_from([*_TEXTS, "made up"]), st.sampled_from([0.0, 0.1, 0.5])
)
@settings(max_examples=50, deadline=None)
def test_any_layout_of_a_file_becomes_one_with_every_comment_at_its_place(
    random: Random, name: str, density: float
) -> None:
    root = _thinned(random, _made_up(random) if name == "made up" else shipped(name))
    scrambler = Scrambler(random, density)
    scrambled = scrambler.text(root)
    assert plain(read_well("x.yaml", scrambled)) == plain(root)

    new = formatted(scrambled)
    assert formatted(new) == new
    assert plain(read_well("x.yaml", new)) == plain(root)
    assert new == formatted(scrambled.replace("\n", "\r\n")).replace("\r\n", "\n")
    places = comment_places(new)
    assert places.keys() == scrambler.stands_at.keys()
    for comment, path in scrambler.stands_at.items():
        at, before = places[comment]
        match path:
            case ("head",):
                pass
            case (*owner, "end"):
                assert before[: len(owner)] == tuple(owner) or tuple(owner) in at, (comment, path)
            case _:
                assert path in at, (comment, path)
    if not scrambler.stands_at:
        assert new == formatted(Scrambler(random, 0).text(root))


@given(st.randoms(use_true_random=False), st.sampled_from(PAIRS))
@settings(max_examples=100, deadline=None)
def test_broken_text_is_refused_or_laid_out_once_and_for_all(random: Random, file: Path) -> None:
    text = file.read_text(encoding="utf-8").partition("\n=====\n")[0]
    for _ in range(3):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(BREAKERS) + text[at + random.choice((0, 0, 1, 5)) :]
    new, findings = laid_out("x.yaml", text.encode())
    assert (new is None) == bool(findings)
    assert new is None or formatted(new) == new


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_a_layout_changes_no_edition(random: Random) -> None:
    """Made-up rulebooks mean the same in whatever layout, and so do the findings and examples."""
    facts, text = made_up_texts(random)
    scrambled = Scrambler(random, 0.05).text(read_well("book.yaml", text))
    as_written, laid = (library_from(facts, form) for form in (text, formatted(scrambled)))
    assert laid.plan == as_written.plan
    assert [finding.code for finding in laid.findings] == [finding.code for finding in as_written.findings]


def test_a_layout_of_shipped_files_changes_no_edition() -> None:
    names = ("facts.yaml", "sources.yaml", "statements.yaml", "compensation.yaml")
    texts = {name: _TEXTS[name] for name in names}
    scrambler = Scrambler(Random(1), 0.02)
    laid = load_texts({name: formatted(scrambler.text(shipped(name))).encode() for name in texts})
    as_shipped = load_texts({name: text.encode() for name, text in texts.items()})
    assert as_shipped.plan is not None
    assert laid.plan == as_shipped.plan
    assert laid.plan.edition == as_shipped.plan.edition
    assert laid.rulebooks == as_shipped.rulebooks


@pytest.mark.parametrize("file", LIBRARY_FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_shipped_is_laid_out(file: Path) -> None:
    """`caiding fmt rules examples` does it."""
    content = file.read_bytes()
    text, findings = laid_out(file.name, content)
    if [finding.code for finding in findings] != ["L001"]:
        assert text == content.decode()


def test_comments_in_quotes_and_blocks_of_text_are_text() -> None:
    assert yaml.safe_load(formatted(r"{rulebook: 'a # b', title: {zh: x#y, en: z}}")) == {
        "rulebook": "a # b",
        "title": {"zh": "x#y", "en": "z"},
    }
