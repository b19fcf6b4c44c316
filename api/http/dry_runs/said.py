"""A dry run as it is told: what was asked, how far it is, what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from api.http.dry_runs.asked import Asked
from api.http.verdicts import instant_text
from api.store.dry_runs import DryRun
from engine.base.findings import Finding, Language


def asked_text(asked: Asked, language: Language) -> str:
    """What is kept of a request beside the candidate's files; `language` is that of report and findings."""
    kept = {
        "candidate": list(asked.candidate),
        "readings": asked.readings,
        "tickets": asked.tickets,
        "as_of": asked.as_of,
        "by": asked.by,
        "fail_on": asked.fail_on,
        "language": language,
    }
    return json.dumps(kept, ensure_ascii=False)


def dry_run_json(run: DryRun, waiting: Sequence[str], language: Language) -> dict[str, Any]:
    """One dry run; `ahead` is how many others come before it, of those that wait or run."""
    return {
        "id": run.id,
        "state": run.state,
        "caller": run.caller,
        "created_at": instant_text(run.created_at),
        "started_at": _instant(run.started_at),
        "ended_at": _instant(run.ended_at),
        "base": run.base,
        "candidate": run.candidate,
        "asked": json.loads(run.asked),
        "ahead": waiting.index(run.id) if run.state == "queued" and run.id in waiting else None,
        "progress": {"step": run.step, "done": run.done},
        "cancelling": run.state == "running" and run.cancel_at is not None,
        "trouble": None if run.trouble is None else _trouble_json(json.loads(run.trouble), language),
        "summary": None if run.summary is None else json.loads(run.summary),
    }


def _instant(microseconds: int | None) -> str | None:
    return None if microseconds is None else instant_text(microseconds)


def _trouble_json(trouble: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Why it failed; the findings are in the language in which it was asked for."""
    finding = Finding(trouble["code"], trouble.get("values", {}))
    return {
        "code": finding.code,
        "message": finding.message(language),
        "help": finding.help(language),
        "findings": trouble.get("findings", []),
    }
