"""Each mistake of meaning in `tests/mistakes/meaning` is said in exactly the words beside it.

A file is one rulebook (or one catalogue, source list or register) in the small library of
`tests/mistakes/meaning/library`. Its first comment tells what is wrong. Examples are run where nothing
else is wrong.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.base.findings import Finding, Language, codes, in_order
from engine.evaluate.examples import run_examples
from engine.library import load_texts
from engine.rulebook.quotes import check_quotes

MISTAKES = Path(__file__).parent.parent / "mistakes" / "meaning"
FILES = sorted(MISTAKES.glob("*.yaml"))
SOURCES = MISTAKES / "library" / "sources"
KINDS = {"catalogue": "facts.yaml", "sources": "sources.yaml", "statements": "statements.yaml"}


def findings_of(file: Path) -> list[Finding]:
    """What `check` would say of the library with this file in it, but that an example is missing."""
    content = file.read_bytes()
    texts = {path.name: path.read_bytes() for path in (MISTAKES / "library").glob("*.yaml")}
    first = next(line for line in content.decode().splitlines() if not line.startswith("#"))
    name = KINDS.get(first.partition(":")[0], "penalties.yaml")
    if name != "penalties.yaml":
        texts["penalties.yaml"] = (MISTAKES / "library" / "penalties.rules").read_bytes()
    library = load_texts({**texts, name: content})
    findings = [finding for finding in library.findings if finding.code != "R294"]
    if not findings:
        findings += [f for r in run_examples(library, "reference") if (f := r.finding) is not None]
        findings += check_quotes(library.rulebooks, library.sources, library.statements, SOURCES)
    return in_order(findings)


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
    findings = findings_of(file)
    said = f"{rendered(findings, 'en')}---\n{rendered(findings, 'zh')}".replace(str(SOURCES), "sources")
    assert said == file.with_suffix(".expected").read_text(encoding="utf-8")


def test_every_expectation_has_its_mistake() -> None:
    assert {file.stem for file in MISTAKES.glob("*.expected")} == {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_mistake_is_noticed_and_told_with_its_place(file: Path) -> None:
    findings = findings_of(file)
    assert findings
    assert all(finding.span is not None for finding in findings)


def test_every_message_of_this_layer_is_shown_by_a_mistake() -> None:
    said = "".join(file.read_text("utf-8") for file in MISTAKES.glob("*.expected"))
    shown = set(re.findall(r"\b[RE]\d{3}\b", said))
    layer = {code for code in codes() if code.startswith(("R2", "E"))}
    assert layer - shown - NOT_SHOWN.keys() == set()


NOT_SHOWN = {
    "R296": "a missing document needs a folder without it: `tests/rulebook/test_quotes.py`",
    "R294": "told of every mistake here, since they have no examples",
}
