"""The conformance corpus: every evaluator gives each ticket of `tests/cases/*.yaml` the verdict stated there.

A file has `shows`, `facts`, `rulebook` and `cases`; a case has a sentence (`case`), `given`, and
`expect`: `nothing`, or parts of the verdict. A part that is named is compared whole: as many entries, in
this order, each with the keys that are named. `outcomes`, `defeated` and `undecided` that are not named
must be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.base.findings import Severity
from engine.evaluate.evaluators import NAMES, Evaluator
from engine.evaluate.facts import Facts, facts_from, instant_from
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan
from tests.cases.small_library import case_files, library_from
from tests.evaluate.judges import as_json, judge_or_skip

LISTS = ("outcomes", "defeated", "undecided")
PARTS = {*LISTS, "derived", "totals"}
FILES = case_files()


@cache
def contents(file: Path) -> dict[str, Any]:
    with file.open(encoding="utf-8") as text:
        found: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


@cache
def plan_of(file: Path, readings: tuple[tuple[str, str], ...] = ()) -> Plan:
    library = library_from(contents(file)["facts"], contents(file)["rulebook"])
    assert [f"{f.span} {f.message('en')}" for f in library.findings if f.severity is Severity.ERROR] == []
    assert library.plan is not None
    return library.under(dict(readings)) if readings else library.plan


def ticket(case: Mapping[str, Any], plan: Plan) -> tuple[Facts, datetime | None]:
    facts, findings = facts_from(_plain(case["given"]), plan)
    assert not findings, [f"{f.pointer} {f.message('en')}" for f in findings]
    as_of = case.get("as_of")
    return facts, None if as_of is None else instant_from(str(as_of), plan.zone)


def _plain(value: Any) -> Any:
    """YAML's own dates as text again, and its fractions as text: facts carry no floats."""
    match value:
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)


def differences(expect: Any, verdict: Verdict) -> Iterator[str]:
    """What is not as expected, part by part."""
    wanted = {} if expect == "nothing" else expect
    for part in LISTS:
        yield from _list_differences(part, wanted.get(part, []), verdict)
    for part in ("derived", "totals"):
        if part in wanted and dict(verdict).get(part) != wanted[part]:
            yield f"{part}: {dict(verdict).get(part)} in place of {wanted[part]}"


def _list_differences(part: str, wanted: list[Mapping[str, Any]], verdict: Verdict) -> Iterator[str]:
    found: list[Mapping[str, Any]] = dict(verdict)[part]  # type: ignore[assignment]  # a list by its name
    seen = [
        {key: entry.get(key, "(no such key)") for key in want}
        for entry, want in zip(found, wanted, strict=False)
    ]
    if len(found) != len(wanted) or seen != list(wanted):
        yield f"{part}: {found} in place of {wanted}"


def every_case() -> list[Any]:
    return [
        pytest.param(file, case, id=f"{file.stem}: {case['case']}")
        for file in FILES
        for case in contents(file)["cases"]
    ]


@pytest.fixture(scope="module")
def judges() -> Iterator[Callable[[str, Plan], Evaluator]]:
    """One evaluator of each name at a time, kept while the library stays the same: some start a process."""
    kept: dict[str, tuple[str, Evaluator]] = {}

    def judge(name: str, plan: Plan) -> Evaluator:
        edition, found = kept.get(name, ("", None))
        if found is None or edition != plan.edition:
            if found is not None:
                found.close()
            found = judge_or_skip(name, plan)
            kept[name] = plan.edition, found
        return found

    yield judge
    for _, last in kept.values():
        last.close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("file", "case"), every_case())
def test_a_ticket_gets_the_verdict_that_its_case_states(
    file: Path, case: Mapping[str, Any], name: str, judges: Callable[[str, Plan], Evaluator]
) -> None:
    plan = plan_of(file, tuple(sorted(case.get("readings", {}).items())))
    facts, as_of = ticket(case, plan)
    verdict = judges(name, plan).decide(facts, as_of)
    assert list(differences(case["expect"], verdict)) == []
    reference = judge_or_skip("reference", plan).decide(facts, as_of)
    assert as_json(verdict) == as_json(reference)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_says_in_a_sentence_what_it_shows_and_expects_something(file: Path) -> None:
    assert " " in contents(file)["shows"]
    names = [case["case"] for case in contents(file)["cases"]]
    assert len(set(names)) == len(names)
    for case in contents(file)["cases"]:
        assert " " in case["case"]
        assert case["expect"] == "nothing" or set(case["expect"]) <= PARTS
        assert case["expect"], f"{case['case']} expects nothing; say `nothing` where that is meant"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_shows_something_that_applies(file: Path) -> None:
    """A corpus in which nothing ever happens would pass on an evaluator that does nothing."""
    expected = [case["expect"] for case in contents(file)["cases"]]
    assert any(set(expect) & PARTS for expect in expected if expect != "nothing")
