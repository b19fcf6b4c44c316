"""What would have avoided an outcome, and what to ask next, for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from api.present.counter_values import ChangeWords
from api.present.findings_text import visible
from api.present.labels import label, label_or
from api.present.verdict_text import VerdictText
from engine.base.findings import Language
from engine.evaluate.verdict import Outcome
from engine.prove.counter.counterfactual import Alternative, Apart, Ask, Counter, Counterfactual, Piece
from engine.rulebook.model import Catalogue

MOST_ASKED = 3
"""So many facts to ask are told in full."""


class CounterText:
    """Writes counterfactuals and questions in the catalogue's words."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self.words = ChangeWords(catalogue, language)
        self.verdicts = VerdictText(catalogue, language)
        self.language = language

    def text(self, counter: Counter, undecided: int) -> Text:
        """All of it, a line break after each line; `undecided`: entries the verdict leaves open."""
        avoided, asked = self._avoided(counter.avoided), self._asked(counter.asks, undecided)
        lines = [*avoided, *asked, *self._apart(counter.apart)] or [(self.words.say("nothing"), "")]
        text = Text()
        for line, style in lines:
            text.append(visible(line), style=style)
            text.append("\n")
        return text

    def _avoided(self, told: Sequence[Counterfactual]) -> Iterator[tuple[str, str]]:
        if told:
            yield self.words.say("avoided"), "bold"
        for one in told:
            yield f"  {self._outcome(one.outcome)}", "green"
            if one.status != "avoidable":
                found = "_but_fixed" if one.status == "not_known" and one.alternatives else ""
                yield f"    {self.words.say(one.status + found)}", "yellow"
            for alternative in one.alternatives:
                yield from self._alternative(alternative)
            if one.more:
                yield f"    {self.words.say('more', more=one.more)}", "dim"

    def _alternative(self, alternative: Alternative) -> Iterator[tuple[str, str]]:
        changes = self.words.say("and").join(map(self.words.change, alternative.changes))
        yield f"    {changes}", ""
        if alternative.instead:
            outcomes = self.words.list([self._outcome(outcome) for outcome in alternative.instead])
            yield f"      {self.words.say('instead', outcomes=outcomes)}", "dim"

    def _outcome(self, outcome: Outcome) -> str:
        """`fine: 50.00 CNY per waybill (penalties/…)`."""
        kind = label_or("kind", outcome["kind"], self.language, outcome["kind"])
        if outcome["kind"] == "deadline":
            said = label_or("state", outcome["state"], self.language, outcome["state"])
        else:
            said = self.verdicts.summary(outcome)
        summary = f"{kind}{label('words', 'colon', self.language)}{said}"
        return self.words.say("outcome", summary=summary, rule=outcome["rule"])

    def _asked(self, asks: Sequence[Ask], undecided: int) -> Iterator[tuple[str, str]]:
        if asks:
            yield self.words.say("ask"), "bold"
        for ask in asks[:MOST_ASKED]:
            values = {"label": self.words.fact(ask.fact), "fact": ask.fact}
            yield f"  {self.words.say('ask_fact', **values, left=self._left(ask, undecided))}", "magenta"
            for piece in ask.pieces:
                yield f"    {self._piece(ask.fact, piece)}", ""
        if len(asks) > MOST_ASKED:
            yield f"  {self.words.say('more_facts', more=len(asks) - MOST_ASKED)}", "dim"

    def _left(self, ask: Ask, undecided: int) -> str:
        if ask.average == ask.worst:
            return self.words.say("left", undecided=undecided, worst=ask.worst)
        average = f"{float(ask.average):.2g}"
        return self.words.say("left_average", undecided=undecided, worst=ask.worst, average=average)

    def _piece(self, fact: str, piece: Piece) -> str:
        gains = self.words.list([self._outcome(gain) for gain in piece.gains])
        values = self.words.piece(fact, piece)
        return self.words.say(
            "piece", values=values, left=piece.left, gains=gains or self.words.say("nothing_more")
        )

    def _apart(self, apart: Sequence[Apart]) -> Iterator[tuple[str, str]]:
        if apart:
            yield self.words.say("apart"), "bold"
        for one in apart:
            if one.reason == "as_of":
                yield f"  {self.words.say('apart_as_of')}  ({self.words.list(one.waiting)})", "magenta"
                continue
            reason = label_or("reason", one.reason, self.language, one.reason)
            names = self.words.list([self.verdicts.fact(name) for name in one.names])
            said = self.words.say("apart_line", reason=reason, names=names) if names else reason
            yield f"  {said}  ({self.words.list(one.waiting)})", "magenta"
