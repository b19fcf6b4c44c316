"""`check --fix`: what is certain is mended, what is not stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from api.cli.mending import mend
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
