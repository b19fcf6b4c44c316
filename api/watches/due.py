"""The running clocks of a verdict, and when each of them is to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

State: TypeAlias = Literal["running", "met", "breached", "not_there"]
"""What a verdict says of a clock; `not_there`: nothing, because the edition or the facts are others now."""

END_OF_DAY = "T24:00"
WHOLE_SECOND = timedelta(seconds=1)
"""Instants of judging are whole seconds."""


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A deadline that runs: its rule, the due instant as the verdict shows it and as an instant."""

    rule: str
    due: str
    due_at: datetime
    inclusive: bool

    @property
    def over_at(self) -> datetime:
        """The first whole second after the limit: the due instant itself may still be in time."""
        return self.due_at + WHOLE_SECOND if self.inclusive else self.due_at


def running_clocks(verdict: Mapping[str, Any]) -> list[RunningClock]:
    """The clocks that run, the earliest due instant first."""
    found = [_running(outcome) for outcome in _deadlines(verdict) if outcome["state"] == "running"]
    return sorted(found, key=lambda clock: (clock.due_at, clock.rule))


def clock_of(verdict: Mapping[str, Any], rule: str) -> RunningClock | State:
    """What a verdict says of one rule's clock; the clock itself where it still runs."""
    for outcome in _deadlines(verdict):
        if outcome["rule"] == rule:
            state: State = outcome["state"]
            return _running(outcome) if state == "running" else state
    return "not_there"


def _deadlines(verdict: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (outcome for outcome in verdict["outcomes"] if outcome["kind"] == "deadline")


def _running(outcome: Mapping[str, Any]) -> RunningClock:
    return RunningClock(outcome["rule"], outcome["due"], instant_shown(outcome["due"]), outcome["inclusive"])


def instant_shown(due: str) -> datetime:
    """The instant of a due moment as verdicts write it, where a day ends at 24:00.

    >>> instant_shown("2015-06-20T24:00+08:00").isoformat()
    '2015-06-21T00:00:00+08:00'
    """
    day, end, zone = due.partition(END_OF_DAY)
    if not end:
        return datetime.fromisoformat(due)
    return datetime.fromisoformat(f"{day}T00:00{zone}") + timedelta(days=1)
