"""What becomes of a question that the formulas and the evaluators answer differently."""

from __future__ import annotations

from random import Random

from engine.prove.answer import NotKnown
from engine.prove.asking.question import Question, ask
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.symbols import Symbols
from tests.prove.cross_check import plan_from
from tests.prove.made_up_tables import MadeUp


def test_what_is_left_when_the_only_ticket_was_refuted_proves_nothing() -> None:
    """The one ticket that the formula allows is refuted: nothing is proved by there being no other."""
    made = MadeUp(Random(1), section={"section": "s", "title": {"zh": "节", "en": "s"}})
    made.add("colour", "enum")
    made.items = [{**made.head("rule"), "when": {"colour": "red"}, "then": {"route": {"to": "desk"}}}]
    encoding = Encoding(plan_from(made.library), Symbols())
    (item,) = encoding.plan.items
    answer = ask(Question((encoding,), encoding.applies(item).must, lambda _: False))
    assert answer == NotKnown("not_confirmed")
