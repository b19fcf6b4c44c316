"""Every message can be shown in both languages and keeps to the one style."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest

from engine.base.findings import Code, codes

CODES = sorted(codes().values(), key=lambda code: code.id)
MESSAGES = Path(__file__).resolve().parents[2] / "engine" / "base" / "messages"
each_code = pytest.mark.parametrize("code", CODES, ids=lambda code: code.id)


def placeholders(text: str) -> set[str]:
    """The values of a text; one that is itself said in words ends in its language (`expected_zh`)."""
    names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return {name.removesuffix("_zh").removesuffix("_en") for name in names}


def texts(code: Code) -> list[str]:
    return [*code.text.values(), *code.help.values()]


def test_catalogue_is_read() -> None:
    """Each file of messages adds to one catalogue, in which a code stands once."""
    assert any(MESSAGES.glob("*.toml"))
    assert CODES


@each_code
def test_both_languages(code: Code) -> None:
    """A message is there in Chinese and in English; so is its help, or in neither."""
    assert code.text.keys() == {"zh", "en"}
    assert code.help.keys() in ({"zh", "en"}, set())


@each_code
def test_same_values_in_both_languages(code: Code) -> None:
    """Both languages show the same values."""
    for said in (code.text, code.help):
        assert len({frozenset(placeholders(text)) for text in said.values()}) <= 1


@each_code
def test_values_have_names(code: Code) -> None:
    """Values are filled in by a plain name."""
    assert all(name.isidentifier() for text in texts(code) for name in placeholders(text))


@each_code
def test_one_sentence_on_one_line(code: Code) -> None:
    """A text is one line without a full stop at its end or space around it."""
    for text in texts(code):
        assert text == text.strip()
        assert "\n" not in text
        assert not text.endswith((".", "。"))


@each_code
def test_english_starts_in_lower_case(code: Code) -> None:
    """English starts in lower case, or with what the user wrote."""
    for said in (code.text, code.help):
        assert not said.get("en", "")[:1].isupper()


@each_code
def test_quoted_words_are_closed(code: Code) -> None:
    """What the user wrote stands between two backticks."""
    assert all(text.count("`") % 2 == 0 for text in texts(code))
