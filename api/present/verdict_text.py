"""A verdict for a reader: what applies and why, what an exception took away, what is undecided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.text import Text

from api.present.amounts import money, plain_value
from api.present.catalogue_words import CatalogueWords
from api.present.findings_text import visible
from api.present.labels import label, label_or
from engine.evaluate.verdict import Defeated, Outcome, Undecided, Verdict, WordsOut


class VerdictText(CatalogueWords):
    """Writes verdicts in the catalogue's words."""

    def text(self, name: str, verdict: Verdict) -> Text:
        """The verdict on the ticket of that name, a line break after each line but the last."""
        text = Text()
        for line, style in self._lines(name, verdict):
            text.append(visible(line), style=style)
            text.append("\n")
        text.right_crop(1)
        return text

    def _lines(self, name: str, verdict: Verdict) -> Iterator[tuple[str, str]]:
        as_of = f"  {self._heading('as_of', as_of=verdict['as_of'])}" if verdict["as_of"] else ""
        yield f"{self._heading('ticket', name=name)}{as_of}", "bold"
        for _, alike in groupby(verdict["outcomes"], key=_grounds):
            yield from self._concluded(list(alike))
        for defeated in verdict["defeated"]:
            yield from self._defeated(defeated)
        for undecided in verdict["undecided"]:
            yield from self._undecided(undecided)
        if not (verdict["outcomes"] or verdict["defeated"] or verdict["undecided"]):
            yield f"  {self._heading('nothing')}", ""
        if verdict["derived"]:
            yield f"  {self._heading('derived')}{self._colon}{self._facts(verdict['derived'])}", ""
        if verdict["totals"]:
            yield f"  {self._heading('totals')}{self._colon}{self.totals(verdict['totals'])}", "bold"

    @property
    def _colon(self) -> str:
        return label("words", "colon", self.language)

    def _heading(self, key: str, **values: object) -> str:
        return label("heading", key, self.language, **values)

    def _kind(self, outcome: Outcome) -> str:
        return f"{label_or('kind', outcome['kind'], self.language, outcome['kind'])}{self._colon}"

    def _concluded(self, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
        """What one rule concludes for the same reasons, which are told once."""
        for outcome in outcomes:
            yield f"  {self._kind(outcome)}{self.summary(outcome)}", "green"
        yield from self._source_of(outcomes[0], outcomes[0]["rule"], outcomes[0]["title"])

    def _defeated(self, defeated: Defeated) -> Iterator[tuple[str, str]]:
        by = f"{self._heading('by')} {defeated['by']}"
        yield f"  {self._heading('defeated')}{self._colon}{self._words(defeated['title'])}  {by}", "yellow"
        yield from self._source_of(defeated, defeated["rule"], None)

    def _undecided(self, undecided: Undecided) -> Iterator[tuple[str, str]]:
        reason = label_or("reason", undecided["reason"], self.language, undecided["reason"])
        names = self._list(self.fact(name) for name in undecided["missing"])
        missing = f"{self._colon}{names}" if names else ""
        yield (
            f"  {self._heading('undecided')}{self._colon}{reason}{missing}  ({undecided['rule']})",
            "magenta",
        )

    def _source_of(
        self, part: Mapping[str, Any], rule: str, title: WordsOut | None
    ) -> Iterator[tuple[str, str]]:
        """Rule and row, the conditions that mattered, the sentences cited."""
        row = f"/{part['row']}" if part.get("row") else ""
        yield f"    {self._words(title)}  ({rule}{row})" if title else f"    ({rule}{row})", ""
        because = self._list(self._because(entry) for entry in part["because"])
        if because:
            yield f"    {self._heading('because')}{self._colon}{because}", "dim"
        for citation in part["citations"]:
            yield (
                f"    {self._heading('cites')}{self._colon}「{citation['quote']}」 {citation['source']}",
                "dim",
            )

    def _because(self, entry: Mapping[str, Any]) -> str:
        declaration = self.catalogue.facts.get(entry["fact"])
        return f"{self.fact(entry['fact'])} = {plain_value(entry['value'], declaration, self.language)}"

    def _facts(self, values: Mapping[str, Any]) -> str:
        return self._list(self._because({"fact": name, "value": value}) for name, value in values.items())

    def _words(self, words: WordsOut) -> str:
        return words["zh"] if self.language == "zh" else words["en"]

    def totals(self, totals: Mapping[str, Mapping[str, str]]) -> str:
        """`fine 550.00 CNY`, for each kind and unit."""
        return self._list(
            f"{label('kind', kind, self.language)} {money(amount, unit, self.language)}"
            for kind, by_unit in totals.items()
            for unit, amount in by_unit.items()
        )

    def summary(self, outcome: Outcome) -> str:
        """What an outcome concludes, in one line."""
        match outcome["kind"]:
            case "fine" | "fee" | "compensation":
                return self._money(outcome)
            case "share":
                return self._share(outcome)
            case "breach":
                return self._by(self.code(outcome["code"]), outcome)
            case "obligation":
                return self._by(self._list(map(self.code, outcome["acts"])), outcome)
            case "deadline":
                state = label_or("state", outcome["state"], self.language, outcome["state"])
                return f"{state}  {self._heading('due')} {outcome.get('due')}"
            case "gate":
                return self._gate(outcome)
            case "route":
                return self.code(outcome["to"])
            case "score":
                return f"{self.code(outcome['name'])} {outcome['points']}"
            case "review":
                reason = outcome["reason"]
                return label_or("reason", reason, self.language, self.code(reason))
            case other:
                return str(other)

    def _money(self, outcome: Outcome) -> str:
        amount = outcome.get("amount")
        if amount is None:
            shown = label("truth", "due", self.language)
        else:
            shown = money(amount, outcome.get("unit"), self.language)
        per = f" {label_or('per', outcome['per'], self.language, '')}" if "per" in outcome else ""
        payer = f"{self.party(outcome['payer'])} → " if "payer" in outcome else ""
        payee = f" → {self.party(outcome['payee'])}" if "payee" in outcome else ""
        return f"{payer}{shown}{per}{payee}"

    def _share(self, outcome: Outcome) -> str:
        return self._list(
            f"{self.party(share['party'])} {money(share['amount'], outcome.get('unit'), self.language)}"
            for share in outcome["shares"]
        )

    def _by(self, what: str, outcome: Outcome) -> str:
        return f"{what} ({self.party(outcome['by'])})" if "by" in outcome else what

    def _gate(self, outcome: Outcome) -> str:
        word = label("truth", "allowed" if outcome["allowed"] else "refused", self.language)
        needs = self._list(map(self.code, outcome.get("requires", ())))
        requires = f"  {label('words', 'requires', self.language, what=needs)}" if needs else ""
        return f"{self.code(outcome['action'])} {word}{requires}"


def _grounds(outcome: Outcome) -> tuple[object, ...]:
    """What an outcome rests on: its rule and row, the conditions that mattered, the sentences cited."""
    return outcome["rule"], outcome.get("row"), outcome["because"], outcome["citations"]
