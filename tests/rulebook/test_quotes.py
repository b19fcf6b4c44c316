"""Quotes are looked for in the documents themselves, where somebody has them."""

from __future__ import annotations

from pathlib import Path

from engine.library import Library, load_texts
from engine.rulebook.quotes import check_quotes

LIBRARY = Path(__file__).parent.parent / "mistakes" / "meaning" / "library"


def small_library() -> Library:
    texts = {path.name: path.read_bytes() for path in LIBRARY.glob("*.yaml")}
    return load_texts({**texts, "penalties.yaml": (LIBRARY / "penalties.rules").read_bytes()})


def codes_in(folder: Path) -> list[str]:
    library = small_library()
    return [f.code for f in check_quotes(library.rulebooks, library.sources, library.statements, folder)]


def test_a_quote_that_stands_in_its_source_is_no_finding() -> None:
    assert codes_in(LIBRARY / "sources") == []


def test_a_document_that_is_not_in_the_folder_is_told_once_and_its_quotes_are_left_alone(
    tmp_path: Path,
) -> None:
    assert codes_in(tmp_path) == ["R296"]


def test_a_document_of_another_digest_is_told_and_its_quotes_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "deck.txt").write_text("另一份文件\n", encoding="utf-8")
    assert sorted(set(codes_in(tmp_path))) == ["R295", "R297"]


def test_line_breaks_width_and_readings_in_brackets_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "deck.txt").write_text("首次來(lái)\n 電，即給予", encoding="utf-8")
    assert set(codes_in(tmp_path)) == {"R297"}
