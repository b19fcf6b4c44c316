"""Results of examples and cases as JUnit XML, which build servers read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

from engine.base.findings import Finding, Language
from engine.evaluate.examples import ExampleResult

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


Suite: TypeAlias = tuple[str, int, Sequence[tuple[str, Finding]]]
"""A name, the number of all tests, and those that failed: what each is of, and why."""


def junit(
    results: Mapping[str, Sequence[ExampleResult]],
    uncovered: Sequence[Finding],
    language: Language,
    further: Sequence[Suite] = (),
) -> str:
    """A suite for each evaluator, one for coverage and the further ones; failures carry message and place."""
    suites = [_suite(name, [_case(r, language) for r in some]) for name, some in results.items()]
    suites.append(_suite("coverage", [_uncovered(finding, language) for finding in uncovered]))
    return _document([*suites, *(_failures(suite, language) for suite in further)])


def _document(suites: Iterable[str]) -> str:
    body = "".join(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="caiding">\n{body}</testsuites>\n'


def _suite(name: str, cases: Sequence[str]) -> str:
    failures = sum("<failure" in case for case in cases)
    head = f'<testsuite name={quoteattr(name)} tests="{len(cases)}" failures="{failures}">'
    return f"{head}\n{''.join(cases)}</testsuite>\n"


def _case(result: ExampleResult, language: Language) -> str:
    place = f'file={_attribute(result.span.source.name)} line="{result.span.line}"'
    start = f"<testcase classname={_attribute(result.item)} name={_attribute(result.example)} {place}"
    if result.finding is None:
        return f"{start}/>\n"
    return f"{start}>{_failure(result.finding, language)}</testcase>\n"


def _uncovered(finding: Finding, language: Language) -> str:
    name = _attribute(finding.values["id"])
    return f'<testcase classname="coverage" name={name}>{_failure(finding, language)}</testcase>\n'


def _failure(finding: Finding, language: Language) -> str:
    message = finding.message(language)
    text = f"{finding.span}: {message}" if finding.span else message
    head = f"<failure type={_attribute(finding.code)} message={_attribute(message)}>"
    return f"{head}{escape(_clean(text))}</failure>"


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Without characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def failures_xml(suites: Sequence[Suite], language: Language) -> str:
    """Suites of which only the failures are listed."""
    return _document(_failures(suite, language) for suite in suites)


def _failures(suite: Suite, language: Language) -> str:
    name, tests, failed = suite
    return (
        f'<testsuite name={_attribute(name)} tests="{tests}" failures="{len(failed)}">\n'
        f"{''.join(_failed(of, finding, language) for of, finding in failed)}</testsuite>\n"
    )


def _failed(of: str, finding: Finding, language: Language) -> str:
    place = f' file={_attribute(finding.span.source.name)} line="{finding.span.line}"' if finding.span else ""
    name = _attribute(finding.message(language))
    return (
        f"<testcase classname={_attribute(of)} name={name}{place}>{_failure(finding, language)}</testcase>\n"
    )
