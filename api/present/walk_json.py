"""A case's walk as plain data for programs: keys may be added, never renamed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.evaluate.differences import ValueDifference
from engine.evaluate.walk.case_file import CaseFile
from engine.evaluate.walk.changes import FactChange
from engine.evaluate.walk.moments import Action, Changes, Moment, RunningClock
from engine.rulebook.model import Words


def walk_json(case: CaseFile, moments: Iterable[Moment]) -> dict[str, Any]:
    """The whole walk; the edition is said once."""
    told = [moment_json(moment) for moment in moments]
    return {
        "case": case.name,
        "title": _words(case.title),
        "edition": told[0]["verdict"]["edition"] if told else None,
        "beginning": _facts(case.beginning),
        "moments": told,
    }


def moment_json(moment: Moment) -> dict[str, Any]:
    """One moment: what happened, what that changed, how things stand, and the whole verdict."""
    is_event = moment.happened == "event"
    return {
        "at": moment.at.isoformat(timespec="seconds"),
        "happened": moment.happened,
        "event": _words(moment.step.title) if is_event else None,
        "facts": _facts(moment.step.changes) if is_event else [],
        "changes": changes_json(moment.changes),
        "clocks": [_running(clock) for clock in moment.clocks],
        "actions": [_action(action) for action in moment.actions],
        "verdict": moment.verdict,
    }


def _facts(changes: Iterable[FactChange]) -> list[dict[str, Any]]:
    return [{"fact": change.fact, "how": change.how, "value": change.value} for change in changes]


def changes_json(changes: Changes) -> dict[str, Any]:
    """What is new and what is gone; empty lists where nothing is."""
    return {
        "new": list(changes.new),
        "gone": list(changes.gone),
        "clocks": [{"news": c.news, "deadline": c.outcome} for c in changes.clocks],
        "actions": [{"before": before, "now": _action(action)} for before, action in changes.actions],
        "defeated": list(changes.defeated),
        "no_longer_defeated": list(changes.no_longer_defeated),
        "undecided": list(changes.undecided),
        "settled": list(changes.settled),
        "totals": [_difference(one) for one in changes.totals],
        "derived": [_difference(one) for one in changes.derived],
    }


def _words(words: Words | None) -> dict[str, str] | None:
    return None if words is None else {"zh": words.zh, "en": words.en}


def _running(clock: RunningClock) -> dict[str, Any]:
    outcome = clock.outcome
    return {
        "rule": outcome["rule"],
        "title": outcome["title"],
        "started": outcome["started"],
        "due": outcome["due"],
        "seconds_left": clock.seconds_left,
        "paused": clock.paused,
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "action": action.action,
        "permission": action.permission,
        "requires": list(action.requires),
        "rules": list(action.rules),
    }


def _difference(one: ValueDifference) -> dict[str, Any]:
    return {"name": one.name, "before": one.before, "after": one.after}
