"""A starting file works as it is, and so does each of its parts when it is taken out of its comment."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from api.present.starting.libraries import starting_library
from api.present.starting.rulebooks import parts_of, with_parts
from engine.base.findings import Language
from engine.library import load_texts
from tests.docs.blocks import ROOT
from tests.first_rulebook.command import caiding

LANGUAGES: tuple[Language, ...] = ("zh", "en")
PARTS = ("1", "2", "3", "4", "5", "6")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a library `own` that has no rulebook yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    assert caiding("new", "library", "own").code == 0
    return tmp_path


def sound(folder: Path, evaluator: str = "compiled") -> bool:
    """Whether `check` finds nothing, not even a gap, and the examples pass on another evaluator too."""
    return unfound(folder) and caiding("test", folder, "--evaluator", evaluator).code == 0


def unfound(folder: Path) -> bool:
    checked = caiding("check", folder)
    assert "no findings" in checked.said, checked.said
    return checked.code == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_library_with_a_new_rulebook_is_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert caiding("new", "library", "own", "--lang", language).code == 0
    assert caiding("check", "own").code == 0
    made = caiding("new", "rulebook", "first", "--rules", "own", "--lang", language)
    assert made.said.startswith(str(Path("own", "first.yaml")))
    assert sound(Path("own"), evaluator="all")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_the_file_works_by_itself(here: Path, part: str, language: Language) -> None:
    caiding("new", "rulebook", "first", "--rules", "own", "--lang", language)
    file = here / "own" / "first.yaml"
    text = file.read_text(encoding="utf-8")
    woken = with_parts(text, {part})
    assert woken != text
    file.write_text(woken, encoding="utf-8")
    assert sound(here / "own")


def test_all_parts_work_together_beside_shipped_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that a starting file says clashes with the rules that are there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    for name in ("facts", "sources", "statements", "penalties", "national_standard"):
        shutil.copy(ROOT / "rules" / f"{name}.yaml", "rules")
    chosen = ("--owner", "zto", "--source", "yto_c5")
    assert caiding("new", "rulebook", "mine", *chosen).code == 0
    file = tmp_path / "rules" / "mine.yaml"
    text = file.read_text(encoding="utf-8")
    assert parts_of(text) == PARTS
    assert ("yto_c5" in text) is ("zto2015" not in text) is True
    file.write_text(with_parts(text, PARTS), encoding="utf-8")
    assert unfound(tmp_path / "rules")


def test_the_parts_are_the_same_in_both_languages(here: Path) -> None:
    """But for comments, titles of examples and the words to be replaced."""
    files = []
    for language in LANGUAGES:
        caiding("new", "rulebook", f"{language}-book", "--rules", "own", language=language)
        text = with_parts((here / "own" / f"{language}-book.yaml").read_text(encoding="utf-8"), PARTS)
        bare = re.sub(r"#.*|(?<=quote: )[^}]*|(?<=example: )[^,\n]*|[a-z]{2}-book", "", text)
        files.append([line.rstrip() for line in bare.splitlines() if line.strip()])
    assert files[0] == files[1]


def test_a_file_in_chinese_words_means_the_same(here: Path) -> None:
    """Every word has its twin, in the parts that wait too, and the editor's schema is the Chinese one."""
    texts = []
    for chosen in ((), ("--lang", "zh")):
        caiding("new", "rulebook", "first", "--rules", "own", *chosen, language="zh")
        file = here / "own" / "first.yaml"
        texts.append(with_parts(file.read_text(encoding="utf-8"), PARTS))
        file.unlink()
    english, chinese = texts
    assert chinese.splitlines()[0].endswith("=.schema/rulebook.zh.json")
    words = re.findall(r"^[ -]*(\w+):", chinese, re.MULTILINE)
    assert [word for word in words if word.isascii()] == ["example_amount"]
    files = {path.name: path.read_bytes() for path in (here / "own").glob("*.yaml")}
    plans = [load_texts({**files, "first.yaml": text.encode()}).plan for text in texts]
    assert plans[0] is not None
    assert plans[0] == plans[1]
    assert english != chinese


@pytest.mark.parametrize("left_out", ["flag", "clock", "number", "day"])
def test_a_part_that_the_library_has_no_facts_for_is_left_out(here: Path, left_out: str) -> None:
    named, gone = {
        "flag": ("customer_agreed", {"2"}),
        "clock": ("replied_at", {"4", "6"}),
        "number": ("complaint_ordinal", {"3", "6"}),
        "day": ("called_on", {"1", "5"}),
    }[left_out]
    facts = here / "own" / "facts.yaml"
    text = facts.read_text(encoding="utf-8")
    without = re.sub(rf"^  {named}:\n(?:    .*\n)+", "", text, flags=re.MULTILINE)
    facts.write_text(without, encoding="utf-8")
    assert caiding("new", "rulebook", "first", "--rules", "own").code == 0
    file = here / "own" / "first.yaml"
    text = file.read_text(encoding="utf-8")
    assert set(PARTS) - set(parts_of(text)) == gone
    file.write_text(with_parts(text, PARTS), encoding="utf-8")
    assert sound(here / "own")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("facts",), "D193", "facts"),
        (("Fines",), "D193", "[a-z][a-z0-9_-]*"),
        (("罚款",), "D193", "[a-z][a-z0-9_-]*"),
        (("../fines",), "D193", "small letter"),
        (("-x",), "D004", "-x"),
        (("first",), "D194", "first.yaml"),
        (("second", "--rules", "nowhere"), "D010", "nowhere"),
        (("second", "--rules", "."), "D012", "."),
        (("second", "--source", "our_rule"), "D191", "did you mean `our_rules`"),
        (("second", "--owner", "anothr"), "D192", "did you mean `another`"),
        (("second", "--lang", "fr"), "D003", "zh, en"),
    ],
)
def test_what_cannot_be_written_is_said(
    here: Path, arguments: tuple[str, ...], code: str, words: str
) -> None:
    """And nothing is written."""
    caiding("new", "rulebook", "first", "--rules", "own")
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    rules = () if "--rules" in arguments else ("--rules", "own")
    ran = caiding("new", "rulebook", *arguments, *rules)
    assert ran.code == 1
    assert f"[{code}]" in ran.said
    assert words in ran.said
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


def test_a_library_with_errors_gets_no_file(here: Path) -> None:
    facts = here / "own" / "facts.yaml"
    facts.write_text(facts.read_text(encoding="utf-8").replace("type: text", "type: txt"), encoding="utf-8")
    ran = caiding("new", "rulebook", "first", "--rules", "own")
    assert ran.code == 2
    assert "facts.yaml" in ran.said
    assert not (here / "own" / "first.yaml").exists()


@pytest.mark.parametrize("lacking", ["sources", "parties", "facts"])
def test_a_library_that_lacks_what_a_rule_needs_is_told_what(here: Path, lacking: str) -> None:
    own = here / "own"
    match lacking:
        case "sources":
            (own / "sources.yaml").unlink()
            (own / "statements.yaml").unlink()
        case "parties":
            text = (own / "facts.yaml").read_text(encoding="utf-8")
            (own / "facts.yaml").write_text(
                re.sub(r"^parties:.*?(?=^codes)", "", text, flags=re.MULTILINE | re.DOTALL), encoding="utf-8"
            )
        case _:
            text = (own / "facts.yaml").read_text(encoding="utf-8")
            label = "label: {zh: 号, en: number}"
            kept = f"facts:\n  ticket_no: {{entity: ticket, {label}, type: text, example: T1}}\n"
            (own / "facts.yaml").write_text(
                re.sub(r"^facts:.*", kept, text, flags=re.MULTILINE | re.DOTALL),
                encoding="utf-8",
            )
    ran = caiding("new", "rulebook", "first", "--rules", "own")
    assert ran.code == 1
    assert f"[D190]: the library has no {lacking}" in ran.said


def test_a_folder_that_holds_a_library_gets_no_other(here: Path) -> None:
    before = (here / "own" / "facts.yaml").read_bytes()
    (here / "own" / "sources.yaml").unlink()
    ran = caiding("new", "library", "own")
    assert "[D194]" in ran.said
    assert ran.code == 1
    assert (here / "own" / "facts.yaml").read_bytes() == before
    assert not (here / "own" / "sources.yaml").exists()


def test_a_library_cannot_be_made_in_a_file(here: Path) -> None:
    (here / "file").write_text("", encoding="utf-8")
    assert "[D011]" in caiding("new", "library", "file").said


def test_both_languages_declare_the_same_library() -> None:
    """But for comments and the words to be replaced."""
    chinese, english = (
        re.sub(r"#.*|(?<=quote: ).*", "", "\n".join(starting_library(language).values()))
        for language in LANGUAGES
    )
    assert [line.split() for line in chinese.splitlines()] == [line.split() for line in english.splitlines()]


@pytest.mark.parametrize("woken", [(), PARTS], ids=["as-it-is", "every-part"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_are_laid_out_as_fmt_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language, woken: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    caiding("new", "library", "own", "--lang", language)
    caiding("new", "rulebook", "first", "--rules", "own", "--lang", language)
    file = tmp_path / "own" / "first.yaml"
    file.write_text(with_parts(file.read_text(encoding="utf-8"), woken), encoding="utf-8")
    laid = caiding("fmt", "--check", "--diff", "own")
    assert laid.code == 0, laid.said
