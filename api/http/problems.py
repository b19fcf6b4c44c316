"""Errors as RFC 9457 has them: every one a code of the catalogue, in the caller's language, always JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from api.http.exchange import PROBLEM, Answer, Exchange, Headers, json_bytes
from api.present.labels import label
from api.scribe.client import LogUnavailable
from api.store.decisions import storable
from api.tickets.exact_json import MOST_LEVELS
from engine.base.findings import Finding, Language

STATUS: Mapping[str, int] = {
    "S001": 401,
    "S002": 403,
    "S003": 429,
    "S010": 404,
    "S011": 405,
    "S012": 404,
    "S013": 404,
    "S014": 400,
    "S020": 400,
    "S021": 400,
    "S022": 400,
    "S023": 413,
    "S024": 415,
    "S025": 415,
    "S026": 415,
    "S027": 400,
    "S028": 400,
    "S029": 415,
    "S030": 422,
    "S031": 422,
    "S032": 422,
    "S040": 400,
    "S041": 422,
    "S060": 500,
    "S061": 503,
    "S062": 503,
    "S063": 503,
    "S064": 503,
    "S065": 503,
    "S066": 503,
    "S070": 422,
    "S120": 404,
    "S121": 422,
    "S122": 409,
    "S123": 503,
    "S124": 409,
    "S125": 409,
    "S126": 422,
}
"""The status of each problem; codes that are not here are only ever said inside of an answer."""


def problem(
    exchange: Exchange,
    code: str,
    values: Mapping[str, str] | None = None,
    errors: Iterable[Finding] = (),
    headers: Headers = (),
    status: int | None = None,
) -> Answer:
    """A problem as an answer; `errors` are all the single things that are wrong.

    `status` is given only for a code that is not in `STATUS`.
    """
    finding = Finding(code, values or {})
    status = STATUS[code] if status is None else status
    if status == 503:
        headers = (*headers, ("Retry-After", str(exchange.service.settings.retry_after)))
    body = problem_json(finding, status, errors, exchange)
    return Answer(status, json_bytes(body), PROBLEM, headers, about={"code": code})


def problem_json(
    finding: Finding, status: int, errors: Iterable[Finding], exchange: Exchange
) -> dict[str, Any]:
    """The members of RFC 9457, and ours: `code`, `help`, `errors`."""
    language = exchange.language
    return {
        "type": f"urn:caiding:problem:{finding.code}",
        "title": label("problem", str(status), language),
        "status": status,
        "detail": finding.message(language),
        "instance": f"urn:caiding:request:{exchange.request_id}",
        "code": finding.code,
        "help": finding.help(language),
        "errors": [_error(error, language) for error in errors],
    }


def _error(finding: Finding, language: Language) -> dict[str, str | None]:
    return {
        "code": finding.code,
        "message": _sendable(finding.message(language)),
        "pointer": _sendable(finding.pointer),
        "help": _sendable(finding.help(language)),
    }


def _sendable(text: str | None) -> str | None:
    """A text that repeats half a character of the ticket's is UTF-8 no more until that is replaced."""
    return text if text is None or text.isascii() else storable(text)


def unreadable(findings: list[Finding]) -> Finding | None:
    """The problem of a body that is no JSON at all; None for a document in which things are wrong."""
    first = findings[0]
    match first.code:
        case "D031" | "D032":
            return Finding("S020", first.values)
        case "D030":
            return Finding("S021", {})
        case "D037":
            return Finding("S022", {"levels": str(MOST_LEVELS)})
        case "D038":
            return Finding("S023", {"bytes": first.values["maximum"]})
        case _:
            return None


def not_logged(exchange: Exchange, trouble: LogUnavailable) -> Answer:
    """What is not stored is not answered."""
    code = "S061" if trouble.reason == "full" else "S062"
    answer = problem(exchange, code)
    return structs.replace(answer, about={"code": code, "reason": trouble.reason})


def within(findings: Iterable[Finding], pointer: str) -> list[Finding]:
    """The same findings about a part of a larger document."""
    return [replace(finding, pointer=f"{pointer}{finding.pointer or ''}") for finding in findings]
