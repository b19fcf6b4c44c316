"""Every example of the language reference loads, and its tickets get the verdicts that it shows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from api.present.findings_text import console_on, write_findings
from engine.base.findings import Language, in_order
from engine.evaluate.evaluators import NAMES
from engine.evaluate.examples import run_examples
from engine.evaluate.facts import facts_from, instant_from
from engine.library import Library, load_texts
from tests.docs.blocks import Sample, page, samples
from tests.evaluate.judges import as_json, judge_or_skip

PAGES: Mapping[str, Language] = {"docs/language.md": "en", "docs/language.zh.md": "zh"}
LISTS = ("outcomes", "defeated", "undecided")
EVERY = [
    pytest.param(name, sample, id=f"{name}:{sample.line} {sample.name}")
    for name in PAGES
    for sample in samples(page(name))
]
SOUND = [case for case in EVERY if case.values[1].finding is None]  # type: ignore[union-attr]  # a Sample
MISTAKEN = [case for case in EVERY if case.values[1].finding is not None]  # type: ignore[union-attr]  # a Sample


def library_of(sample: Sample) -> Library:
    return load_texts(sample.files)


def said_of(library: Library, language: Language) -> str:
    """What `check` says: the findings, and those of examples that fail."""
    results = [] if library.plan is None else run_examples(library, "reference")
    failed = [result.finding for result in results if result.finding is not None]
    out = io.StringIO()
    write_findings(console_on(out), in_order([*library.findings, *failed]), language)
    return out.getvalue().strip()


def differences(shown: Any, found: Any, place: str = "") -> Iterator[str]:
    """Where the parts that are shown are not in what was found; lists are shown with all their entries."""
    match shown, found:
        case dict(), dict():
            for key, value in shown.items():
                yield from differences(value, found.get(key, "(not there)"), f"{place}/{key}")
        case list(), list() if len(shown) == len(found):
            for i, (one, other) in enumerate(zip(shown, found, strict=True)):
                yield from differences(one, other, f"{place}/{i}")
        case _ if shown != found or isinstance(shown, bool) is not isinstance(found, bool):
            yield f"{place}: {found} in place of {shown}"


@pytest.mark.parametrize(("name", "sample"), SOUND)
def test_a_rulebook_of_the_reference_has_no_findings_and_its_own_examples_hold(
    name: str, sample: Sample
) -> None:
    library = library_of(sample)
    assert said_of(library, PAGES[name]) == ""
    assert library.plan is not None


@pytest.mark.parametrize(("name", "sample"), MISTAKEN)
def test_a_mistaken_rulebook_of_the_reference_is_told_in_the_words_shown(name: str, sample: Sample) -> None:
    assert sample.finding is not None
    assert said_of(library_of(sample), PAGES[name]) == sample.finding.text.strip()


@pytest.mark.parametrize("evaluator", NAMES)
@pytest.mark.parametrize(("name", "sample"), SOUND)
def test_a_ticket_of_the_reference_gets_the_verdict_shown(name: str, sample: Sample, evaluator: str) -> None:
    del name
    library = library_of(sample)
    assert library.plan is not None
    judge = judge_or_skip(evaluator, library.plan)
    try:
        for pair in sample.tickets:
            ticket = json.loads(pair.ticket.text, parse_float=str)
            facts, findings = facts_from(ticket["facts"], library.plan)
            assert findings == []
            as_of = instant_from(ticket["as_of"], library.plan.zone) if "as_of" in ticket else None
            verdict = json.loads(as_json(judge.decide(facts, as_of)))
            shown = {part: [] for part in LISTS} | json.loads(pair.verdict.text)
            assert list(differences(shown, verdict)) == [], f"line {pair.verdict.line}"
    finally:
        judge.close()


def test_an_edition_is_a_digest_of_the_meaning() -> None:
    """Comments, layout and examples do not change it; titles and quotes do."""
    (sample,) = (sample for sample in samples(page("docs/language.md")) if sample.name == "ids")
    written = sample.files["ids.yaml"].decode()
    without_examples = written[: written.index("        examples:")]
    assert edition(sample, written) == edition(sample, f"# a comment\n\n{without_examples}")
    for said in ("en: no invoice}", "quote: 首次來電處罰50元", "amount: 50"):
        assert edition(sample, written) != edition(sample, written.replace(said, f"{said[:-1]}1{said[-1]}"))


def edition(sample: Sample, rulebook: str) -> str:
    plan = load_texts({**sample.files, "ids.yaml": rulebook.encode()}).plan
    assert plan is not None
    return plan.edition


@pytest.mark.parametrize("name", PAGES)
def test_every_example_of_the_reference_has_a_ticket_or_a_finding(name: str) -> None:
    without = [sample.name for sample in samples(page(name)) if not sample.tickets and sample.finding is None]
    assert without == []
    names = [sample.name for sample in samples(page(name))]
    assert len(names) == len(set(names))
