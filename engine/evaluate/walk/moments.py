"""What there is to say at one instant of a case, and what has changed since the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from engine.base.calendar import Due
from engine.evaluate.differences import WORDING, ValueDifference, differences
from engine.evaluate.verdict import Outcome, Undecided, Verdict
from engine.evaluate.walk.case_file import Permission, Step
from engine.evaluate.walk.faces import Face

Happened: TypeAlias = Literal["event", "time", "end"]
ClockNews: TypeAlias = Literal[
    "started", "met", "breached", "stopped", "paused", "resumed", "moved", "runs_again", "gone"
]


@dataclass(frozen=True, slots=True)
class Action:
    """What the gates of a verdict say of one action; `rules` say so, and one refusal refuses.

    `requires`: what a rule that says so asks for.
    """

    action: str
    permission: Permission
    requires: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A clock that runs, its deadline as the verdict shows it, and how long it has left.

    `paused`: it stands still now; what is left does not grow less.
    """

    outcome: Outcome
    seconds_left: int
    paused: bool


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What became of a clock; `outcome` is its deadline now, or as it was where it is gone.

    `stopped`: it was breached already, and what it waits for has happened.
    """

    news: ClockNews
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Changes:
    """What tells a moment from the one before, apart from titles and reasons.

    Outcomes are those that are neither deadlines nor gates, which stand under `clocks` and `actions`.
    """

    new: tuple[Outcome, ...]
    gone: tuple[Outcome, ...]
    clocks: tuple[ClockChange, ...]
    actions: tuple[tuple[Permission, Action], ...]
    """Each action with what was said of it before."""
    defeated: tuple[Mapping[str, Any], ...]
    no_longer_defeated: tuple[Mapping[str, Any], ...]
    undecided: tuple[Undecided, ...]
    settled: tuple[Undecided, ...]
    totals: tuple[ValueDifference, ...]
    derived: tuple[ValueDifference, ...]

    def __bool__(self) -> bool:
        """Whether anything changed at all."""
        return bool(
            self.new
            or self.gone
            or self.clocks
            or self.actions
            or self.defeated
            or self.no_longer_defeated
            or self.undecided
            or self.settled
            or self.totals
            or self.derived
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant of a case: an event, a limit that passed by itself, or the end of looking on.

    `step` is the last event that has happened; `standing_still` are the clocks that an open pause puts off.
    """

    at: datetime
    happened: Happened
    step: Step
    verdict: Verdict = field(hash=False)
    changes: Changes = field(hash=False)
    clocks: tuple[RunningClock, ...] = field(hash=False)
    actions: tuple[Action, ...] = field(hash=False)
    standing_still: frozenset[str] = frozenset()


def changes_since(before: Moment | None, after: Verdict, standing_still: frozenset[str]) -> Changes:
    """What a verdict says otherwise than the moment before; without one, all that it says is new.

    `standing_still` are the clocks that an open pause puts off, whatever their state is.
    """
    was = _silent(after) if before is None else before.verdict
    stood_still = frozenset[str]() if before is None else before.standing_still
    between = differences(was, after)
    return Changes(
        new=tuple(_only(_plain_outcomes(after), _plain_outcomes(was))),
        gone=tuple(_only(_plain_outcomes(was), _plain_outcomes(after))),
        clocks=tuple(_clock_changes(was, after, _Pauses(stood_still, standing_still))),
        actions=tuple(_action_changes(was, after)),
        defeated=tuple(_only(after["defeated"], was["defeated"])),
        no_longer_defeated=tuple(_only(was["defeated"], after["defeated"])),
        undecided=tuple(_only(after["undecided"], was["undecided"])),
        settled=tuple(_settled(was, after)),
        totals=between.totals,
        derived=between.derived,
    )


def _silent(verdict: Verdict) -> Verdict:
    """A verdict of the same edition that says nothing."""
    return Verdict(
        edition=verdict["edition"], as_of=None, outcomes=[], defeated=[], undecided=[], derived={}, totals={}
    )


def _plain_outcomes(verdict: Verdict) -> list[Outcome]:
    return [outcome for outcome in verdict["outcomes"] if outcome["kind"] not in ("deadline", "gate")]


def _only(these: Iterable[Any], others: Iterable[Any]) -> Iterator[Any]:
    """What stands here and not there, each as often as it does more often here."""
    left = [_concluded(other) for other in others]
    for one in these:
        said = _concluded(one)
        if said in left:
            left.remove(said)
        else:
            yield one


def _concluded(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in WORDING}


def _settled(was: Verdict, after: Verdict) -> Iterator[Undecided]:
    """What is undecided no longer; where only what is missing changed, that is no settlement."""
    still = {undecided["rule"] for undecided in after["undecided"]}
    return (undecided for undecided in was["undecided"] if undecided["rule"] not in still)


def _deadlines(verdict: Verdict) -> dict[str, Outcome]:
    return {outcome["rule"]: outcome for outcome in verdict["outcomes"] if outcome["kind"] == "deadline"}


class _Pauses(NamedTuple):
    """The clocks that stood still before, and those that do now."""

    before: frozenset[str]
    now: frozenset[str]


def _clock_changes(was: Verdict, after: Verdict, pauses: _Pauses) -> Iterator[ClockChange]:
    before, now = _deadlines(was), _deadlines(after)
    for rule, outcome in now.items():
        news = _news(before.get(rule), outcome, pauses)
        if news is not None:
            yield ClockChange(news, outcome)
    yield from (ClockChange("gone", outcome) for rule, outcome in before.items() if rule not in now)


def _news(before: Outcome | None, now: Outcome, pauses: _Pauses) -> ClockNews | None:
    """That a clock which stands still is due later with every second is no news of its own."""
    state: Literal["running", "met", "breached"] = now["state"]
    if before is None or before["state"] != state:
        if state != "running":
            return state
        return "started" if before is None else "runs_again"
    if before["stopped"] is None and now["stopped"] is not None:
        return "stopped"
    was_still, is_still = (now["rule"] in rules for rules in (pauses.before, pauses.now))
    if was_still != is_still and state == "running":
        return "paused" if is_still else "resumed"
    return "moved" if before["due"] != now["due"] and not is_still else None


def actions_of(verdict: Verdict) -> tuple[Action, ...]:
    """What the gates of a verdict say, an action each in the order of the verdict."""
    gates: dict[str, list[Outcome]] = {}
    for outcome in verdict["outcomes"]:
        if outcome["kind"] == "gate":
            gates.setdefault(outcome["action"], []).append(outcome)
    return tuple(_action(name, found) for name, found in gates.items())


def _action(name: str, gates: Sequence[Outcome]) -> Action:
    allowed = all(gate["allowed"] for gate in gates)
    saying = [gate for gate in gates if gate["allowed"] is allowed]
    requires = dict.fromkeys(code for gate in saying for code in gate.get("requires", ()))
    rules = dict.fromkeys(gate["rule"] for gate in saying)
    return Action(name, "allowed" if allowed else "refused", tuple(requires), tuple(rules))


def _action_changes(was: Verdict, after: Verdict) -> Iterator[tuple[Permission, Action]]:
    before = {action.action: action for action in actions_of(was)}
    now = {action.action: action for action in actions_of(after)}
    for name, action in now.items():
        old = before.get(name)
        if old is None or (old.permission, old.requires) != (action.permission, action.requires):
            yield "unsaid" if old is None else old.permission, action
    for name, action in before.items():
        if name not in now:
            yield action.permission, Action(name, "unsaid", (), ())


def running_clocks(verdict: Verdict, at: datetime, faces: Mapping[str, Face]) -> tuple[RunningClock, ...]:
    """The clocks that run, the one that is due first at the top."""
    running = [outcome for outcome in _deadlines(verdict).values() if outcome["state"] == "running"]
    clocks = [
        RunningClock(outcome, _seconds_between(at, face.due), face.paused(at))
        for outcome in running
        if (face := faces.get(outcome["rule"])) is not None
    ]
    return tuple(sorted(clocks, key=lambda clock: clock.seconds_left))


def _seconds_between(at: datetime, due: Due) -> int:
    return int((due.instant.astimezone(UTC) - at.astimezone(UTC)).total_seconds())
