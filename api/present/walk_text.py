"""A case's walk for a reader: a block for each moment, what changed first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from rich.text import Text

from api.present.amounts import plain_value
from api.present.findings_text import visible
from api.present.labels import label, label_or
from api.present.verdict_text import VerdictText
from engine.evaluate.differences import ValueDifference
from engine.evaluate.verdict import Outcome, Undecided
from engine.evaluate.walk.changes import FactChange
from engine.evaluate.walk.moments import Action, ClockChange, Moment, RunningClock
from engine.rulebook.model import Words

Line: TypeAlias = tuple[str, str]
"""A line and its style."""
MINUTE, HOUR, DAY = 60, 3_600, 86_400


class WalkText(VerdictText):
    """Writes moments in the catalogue's words."""

    def heading(self, name: str, title: Words | None, beginning: Sequence[FactChange] = ()) -> Text:
        """The lines above the first moment: the case, and what holds from the beginning."""
        words = "" if title is None else f"  {title.in_language(self.language)}"
        text = Text(visible(f"{self._say('case', name=name)}{words}"), style="bold")
        if beginning:
            facts = self._list(map(self._fact_change, beginning))
            text.append(f"\n  {visible(self._say('beginning', facts=facts))}", style="not bold dim")
        return text

    def moment(self, moment: Moment) -> Text:
        """One moment, without a line break at its end."""
        text = Text()
        for line, style in self._moment(moment):
            text.append(visible(line), style=style)
            text.append("\n")
        text.right_crop(1)
        return text

    def _moment(self, moment: Moment) -> Iterator[Line]:
        yield f"{shown_instant(moment.at)}  {self._title(moment)}", "bold"
        if moment.happened == "event" and moment.step.changes:
            yield f"  {self._list(map(self._fact_change, moment.step.changes))}", "dim"
        changed = list(self._changes(moment))
        yield from changed or [(f"  {self._say('no_change')}", "")]
        yield from self._standing(moment)

    def _say(self, key: str, **values: object) -> str:
        return label("walk", key, self.language, **values)

    def _title(self, moment: Moment) -> str:
        title = moment.step.title
        if moment.happened == "event":
            return self._say("look") if title is None else title.in_language(self.language)
        return self._say(moment.happened)

    def _fact_change(self, change: FactChange) -> str:
        name = self.fact(change.fact)
        match change.how:
            case "set":
                return f"{name} = {self._value(change.fact, change.value)}"
            case "taken":
                return self._say("taken", fact=name)
            case how:
                return self._say(how, fact=name, record=self._record(change.fact, change.value))

    def _value(self, fact: str, value: Any) -> str:
        """A value in words; the only record of a list is told whole."""
        if isinstance(value, list) and len(value) == 1:
            return f"({self._record(fact, value[0])})"
        declared = self.catalogue.facts.get(fact)
        return _instant_or(value) or plain_value(value, declared, self.language)

    def _record(self, of: str, record: Mapping[str, Any]) -> str:
        return self._list(
            f"{self._field(of, name)} {self._field_value(of, name, v)}" for name, v in record.items()
        )

    def _field(self, of: str, name: str) -> str:
        labels = self.catalogue.facts[of].field_labels
        return labels[name].in_language(self.language) if name in labels else name

    def _field_value(self, of: str, name: str, value: Any) -> str:
        words = self.catalogue.facts[of].field_member_labels.get(name, {})
        if isinstance(value, str) and value in words:
            return words[value].in_language(self.language)
        return _instant_or(value) or plain_value(value, None, self.language)

    def _changes(self, moment: Moment) -> Iterator[Line]:
        changes = moment.changes
        for clock in changes.clocks:
            yield self._clock_change(clock)
        for outcome in changes.new:
            yield f"  + {self._kind(outcome)}{self.summary(outcome)}{self._named(outcome)}", "green"
        for outcome in changes.gone:
            yield f"  - {self._kind(outcome)}{self.summary(outcome)}{self._named(outcome)}", "yellow"
        for defeated in changes.defeated:
            yield (
                f"  - {self._say('defeated', title=self._words(defeated['title']))}  ({defeated['by']})",
                "yellow",
            )
        for defeated in changes.no_longer_defeated:
            yield (
                f"  + {self._say('not_defeated', title=self._words(defeated['title']))}  ({defeated['by']})",
                "",
            )
        for alike in _alike(action for _, action in changes.actions):
            yield self._action_change(alike)
        for undecided in changes.undecided:
            yield f"  ? {self._open(undecided)}", "magenta"
        for undecided in changes.settled:
            yield (
                f"  . {self._say('settled', title=self._words(undecided['title']))}  ({undecided['rule']})",
                "",
            )
        yield from self._values(moment)

    def _values(self, moment: Moment) -> Iterator[Line]:
        if moment.changes.derived:
            named = self._list(map(self._derived, moment.changes.derived))
            yield f"  {self._heading('derived')}{self._colon}{named}", ""
        if moment.changes.totals:
            totals = moment.verdict["totals"]
            shown = self.totals(totals) if totals else self._say("no_money")
            yield f"  {self._heading('totals')}{self._colon}{shown}", "bold"

    def _derived(self, difference: ValueDifference) -> str:
        if difference.after is None:
            return self._say("taken", fact=self.fact(difference.name))
        return f"{self.fact(difference.name)} = {self._value(difference.name, difference.after)}"

    def _named(self, outcome: Outcome) -> str:
        row = f"/{outcome['row']}" if outcome.get("row") else ""
        return f"  {self._words(outcome['title'])}  ({outcome['rule']}{row})"

    def _clock_change(self, change: ClockChange) -> Line:
        outcome = change.outcome
        values = {"due": shown_due(outcome["due"]), "stopped": _instant_or(outcome["stopped"])}
        news = self._say(f"clock_{change.news}", title=self._words(outcome["title"]), **values)
        style = {"breached": "red", "met": "green"}.get(change.news, "cyan")
        return f"  {'!' if change.news == 'breached' else '*'} {news}  ({outcome['rule']})", style

    def _action_change(self, alike: Sequence[Action]) -> Line:
        """Actions of which the same rules now say the same, on one line."""
        action = alike[0]
        named = self._say(f"now_{action.permission}", action=self._list(map(self._action, alike)))
        rules = f"  ({self._list(action.rules)})" if action.rules else ""
        style = {"allowed": "green", "refused": "red"}.get(action.permission, "")
        return f"  > {named}{self._requires(action)}{rules}", style

    def _requires(self, action: Action) -> str:
        if not action.requires:
            return ""
        needs = self._list(map(self.code, action.requires))
        return f"  {label('words', 'requires', self.language, what=needs)}"

    def _open(self, undecided: Undecided) -> str:
        reason = label_or("reason", undecided["reason"], self.language, undecided["reason"])
        names = self._list(self.fact(name) for name in undecided["missing"])
        missing = f"{self._colon}{names}" if names else ""
        title = self._words(undecided["title"])
        heading = self._heading("undecided")
        return f"{heading}{self._colon}{title}  {reason}{missing}  ({undecided['rule']})"

    def _standing(self, moment: Moment) -> Iterator[Line]:
        """How things stand, whether they changed or not."""
        if moment.clocks:
            yield (
                f"  {self._say('running')}{self._colon}{self._list(map(self._running, moment.clocks))}",
                "dim",
            )
        for permission in ("allowed", "refused"):
            these = [a for a in moment.actions if a.permission == permission]
            if these:
                yield f"  {self._say(permission)}{self._colon}{self._list(map(self._action, these))}", "dim"
        missing = missing_facts(moment.verdict["undecided"])
        if missing:
            names = self._list(map(self.fact, missing))
            count = len(moment.verdict["undecided"])
            yield f"  {self._say('open', count=count)}{self._colon}{names}", "dim"

    def _running(self, clock: RunningClock) -> str:
        key = "left_paused" if clock.paused else "left"
        left = time_left(clock.seconds_left, self.language)
        return self._say(key, title=self._words(clock.outcome["title"]), left=left)

    def _action(self, action: Action) -> str:
        return self.code(action.action)


def _alike(actions: Iterable[Action]) -> Iterator[list[Action]]:
    """The actions that differ in nothing but their names, together, where the first of them stands."""
    found: dict[tuple[object, ...], list[Action]] = {}
    for action in actions:
        found.setdefault((action.permission, action.requires, action.rules), []).append(action)
    return iter(found.values())


def missing_facts(undecided: Sequence[Undecided]) -> list[str]:
    """What would decide something, each once, what most of it waits for first."""
    counts: dict[str, int] = {}
    for one in undecided:
        for name in one["missing"]:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))


def shown_instant(at: datetime) -> str:
    """`2015-06-20 09:00`, with seconds where there are any."""
    return at.strftime("%Y-%m-%d %H:%M:%S" if at.second else "%Y-%m-%d %H:%M")


def shown_due(due: str) -> str:
    """The due moment of a verdict as people read it: `2015-06-20 24:00`.

    >>> shown_due("2015-06-20T24:00+08:00"), shown_due("2015-06-20T09:30:15+08:00")
    ('2015-06-20 24:00', '2015-06-20 09:30:15')
    """
    time = due[11:19] if due[16:17] == ":" else due[11:16]
    return f"{due[:10]} {time.removesuffix(':00') if len(time) > len('24:00') else time}"


def _instant_or(value: Any) -> str:
    """An instant as people read it; empty for anything else."""
    return shown_due(value) if isinstance(value, str) and len(value) >= 16 and value[10] == "T" else ""


def time_left(seconds: int, language: Any) -> str:
    """`29 min`, `2 h 5 min`, `3 d 4 h`; seconds only below a minute.

    >>> time_left(59, "en"), time_left(1800, "en"), time_left(7500, "en"), time_left(273600, "en")
    ('59 s', '30 min', '2 h 5 min', '3 d 4 h')
    """
    parts = [("d", seconds // DAY), ("h", seconds % DAY // HOUR), ("min", seconds % HOUR // MINUTE)]
    told = [(unit, count) for unit, count in parts if count][:2] or [("s", seconds % MINUTE)]
    return " ".join(label("walk", f"unit_{unit}", language, count=count) for unit, count in told)
