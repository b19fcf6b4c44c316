"""The kinds of change: which rules change and how, how many tickets, and a few of them in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api.present.amounts import money
from api.present.labels import label, label_or
from api.present.report.naming import MONEY, Names
from api.present.report.sides import SIGNS, SideBySide, Sides
from api.present.report.wording import say
from engine.evaluate.differences import PARTS, Entry
from engine.evaluate.verdict import Verdict
from engine.replay.dry_run.impact import ChangeClass, Example, Impact, Money, RuleChange, Said


@dataclass(frozen=True)
class Change:
    """What changes of one rule, in a line."""

    rule: str
    title: str
    sign: str
    word: str
    what: str


@dataclass(frozen=True)
class ClassView:
    number: int
    tickets: int
    changes: tuple[Change, ...]
    money: tuple[tuple[str, Money], ...]
    examples: tuple[SideBySide, ...]


class Classes:
    """Lays out classes of changed tickets in one language."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.language = names.language
        self.sides = Sides(names)

    def of(self, impact: Impact) -> Iterator[ClassView]:
        """In the order of the impact, numbered from 1."""
        for number, found in enumerate(impact.classes, 1):
            yield ClassView(
                number,
                found.tickets,
                tuple(self._change(change, found) for change in found.changes),
                tuple((self.names.kind(kind), m) for kind, m in sorted(found.money.items()) if m.delta),
                tuple(map(self.sides.of, found.examples)),
            )

    def _change(self, change: RuleChange, found: ChangeClass) -> Change:
        return Change(
            change.rule,
            self.names.title(change.rule),
            SIGNS[change.kind],
            say(change.kind, self.language),
            self._what(change, found),
        )

    def _what(self, change: RuleChange, found: ChangeClass) -> str:
        """What was said becomes what is said; an example tells the rest where the class does not."""
        before, after = self._all(change.before), self._all(change.after)
        example = found.examples[0] if found.examples else None
        amounts = self._amounts(change.rule, example) if example else ("", "")
        if before and after and before != after:
            sides = [
                f"{text} {amount}".rstrip() for text, amount in zip((before, after), amounts, strict=True)
            ]
            return say("becomes", self.language, before=sides[0], after=sides[1])
        if before != after:
            return before or after
        detail = self._detail_of(change.rule, amounts, example)
        several = f"{before}{label('words', 'colon', self.language)}" if len(change.before) > 1 else ""
        return f"{several}{detail}"

    def _detail_of(self, rule: str, amounts: tuple[str, str], example: Example | None) -> str:
        """What differs although both sides say the same in outline: an amount, what is missing."""
        if all(amounts) and amounts[0] != amounts[1]:
            return say("amount_such_as", self.language, before=amounts[0], after=amounts[1])
        heads = [self._heads(rule, verdict) for verdict in (example.before, example.after)] if example else []
        if heads and heads[0] != heads[1]:
            return say("such_as", self.language, before=heads[0], after=heads[1])
        return say("differs_in_detail", self.language)

    def _heads(self, rule: str, verdict: Verdict) -> str:
        """All that a verdict says of a rule, in short."""
        entries: list[Entry] = [(part, entry) for part in PARTS for entry in verdict[part]]
        said = (self.sides.head(entry) for entry in entries if entry[1]["rule"] == rule)
        return say("listed", self.language).join(said)

    def _all(self, said: tuple[Said, ...]) -> str:
        return say("listed", self.language).join(map(self.said, said))

    def _amounts(self, rule: str, example: Example) -> tuple[str, str]:
        return self._amount(rule, example.before), self._amount(rule, example.after)

    def _amount(self, rule: str, verdict: Verdict) -> str:
        """The first amount that a verdict has by a rule."""
        for outcome in verdict["outcomes"]:
            if outcome["rule"] == rule and outcome["kind"] in MONEY and outcome.get("amount") is not None:
                return money(outcome["amount"], outcome.get("unit"), self.language)
        return ""

    def said(self, said: Said) -> str:
        """What a side says of a rule, without amounts."""
        colon = label("words", "colon", self.language)
        fixed = said.fixed
        match said.part:
            case "undecided":
                names = say("listed", self.language).join(map(self.names.missing, fixed.get("missing", ())))
                told = self.names.reason(fixed["reason"]) if "reason" in fixed else ""
                parts = [label("heading", "undecided", self.language), told, names]
                return colon.join(part for part in parts if part)
            case "defeated":
                by = self.names.title(fixed["by"]) if "by" in fixed else ""
                return f"{label('heading', 'defeated', self.language)}{colon}{by}"
            case "outcomes":
                kind = self.names.kind_alone((fixed["kind"], ""))
                detail = self._detail(dict(fixed))
                return f"{kind}{colon}{detail}" if detail else kind

    def _detail(self, fixed: dict[str, Any]) -> str:
        verdicts = self.names.verdicts
        match fixed["kind"]:
            case "fine" | "fee" | "compensation":
                per = label_or("per", fixed.get("per", ""), self.language, "")
                parties = [verdicts.party(fixed[key]) for key in ("payer", "payee") if key in fixed]
                return " ".join(part for part in (" → ".join(parties), per) if part)
            case "deadline":
                state = fixed.get("state", "")
                return label_or("state", state, self.language, state)
            case "score":
                return verdicts.code(fixed["name"])
            case "share":
                return ""
            case _:
                return verdicts.summary(fixed)
