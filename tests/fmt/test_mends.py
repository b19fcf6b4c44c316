"""`check --fix`: what is certain is mended, what is not stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from api.cli.mending import mend
from engine.base.findings import Severity
from engine.library import load_texts

HERE = Path(__file__).parent
BOOK = "book.yaml"
SLIPS = yaml.safe_load((HERE / "mends.yaml").read_text(encoding="utf-8"))


def texts_with(book: str) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (HERE / "mends").glob("*.yaml")} | {BOOK: book.encode()}


BOOK_TEXT = (HERE / "mends" / BOOK).read_text(encoding="utf-8")


def test_the_book_has_nothing_to_mend() -> None:
    texts = texts_with(BOOK_TEXT)
    assert load_texts(texts).findings == ()
    assert mend(texts).texts == texts


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip["slip"])
def test_a_slip_of_the_pen(slip: dict[str, Any]) -> None:
    assert BOOK_TEXT.count(slip["right"]) == 1, "it stands once"
    wrong = BOOK_TEXT.replace(slip["right"], slip["wrong"])
    result = mend(texts_with(wrong))
    expected = wrong if "kept" in slip else BOOK_TEXT
    assert result.texts[BOOK].decode() == expected
    assert bool(result.done) == ("kept" not in slip)


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_whatever_is_wrong_no_mend_makes_it_worse(random: Random) -> None:
    """Two slips anywhere in the book: what is written has no more errors and nothing left to mend."""
    wrong = BOOK_TEXT
    for _ in range(2):
        at = random.randrange(len(wrong))
        wrong = wrong[:at] + random.choice(("", *"aez_ ：，＞3'{}#\n")) + wrong[at + random.randint(0, 1) :]
    texts = texts_with(wrong)
    result = mend(texts)
    before, after = (errors_of(files) for files in (texts, result.texts))
    assert len(after) <= len(before)
    assert result.done or result.texts == texts
    assert not mend(result.texts).done


def errors_of(texts: Mapping[str, bytes]) -> list[str]:
    return [finding.code for finding in load_texts(texts).findings if finding.severity is Severity.ERROR]
