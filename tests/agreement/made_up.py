"""Made-up libraries: small catalogues and rulebooks of every construct, that load without errors.

Drawn from a `random.Random`, as the tickets are. What a rulebook says makes no sense, and need not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

import yaml

from engine.library import Library
from tests.cases.small_library import CODES, PARTIES, library_from, words

MEMBERS = ("red", "green", "blue")
DAYS = (date(2015, 4, 1), date(2015, 10, 1), date(2016, 1, 1), date(2016, 2, 29))
INSTANTS = ("2015-10-01T12:00", "2015-10-01T24:00", "2016-02-29T00:00")
MONTHS = ("2015-04", "2015-11")
LIMITS = (
    "30 minutes",
    "2 hours",
    "3 calendar days",
    "1 month",
    "1 year",
    "5 working days on weekdays",
    "90 working minutes on office_hours",
    "by 12:00",
    "before 12:00 next day",
    "by day 6 of next month",
)
POLICIES = (
    "unique",
    "any",
    "first",
    "priority",
    "rule order",
    "output order",
    "collect",
    "collect sum",
    "collect min",
    "collect max",
    "collect count",
)
RECORD = {
    "kind": {"type": "enum", "values": ["red", "green"]},
    "size": "integer",
    "at_time": {"type": "instant", "absence": "none"},
}
TYPES: dict[str, Any] = {
    "boolean": "boolean",
    "integer": {"type": "integer", "unit": "piece"},
    "decimal": {"type": "decimal", "scale": 2},
    "money": "money",
    "enum": {"type": "enum", "values": list(MEMBERS)},
    "text": "text",
    "date": "date",
    "instant": "instant",
    "month": "month",
    "list": {"type": "list", "record": RECORD},
}


class NoAnchors(yaml.SafeDumper):
    """Rulebooks say everything where it stands."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


@dataclass
class Made:
    """A library in the making: the facts by kind that a condition may read."""

    random: Random
    facts: dict[str, Any] = field(default_factory=dict)
    by_kind: dict[str, list[str]] = field(default_factory=dict)
    number: int = 0

    def add(self, name: str, kind: str, **more: Any) -> str:
        declared = TYPES[kind] if isinstance(TYPES[kind], dict) else {"type": TYPES[kind]}
        self.facts[name] = {**declared, **more}
        self.by_kind.setdefault(kind, []).append(name)
        return name

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def one(self, kind: str) -> str | None:
        known = self.by_kind.get(kind)
        return self.random.choice(known) if known else None

    def next_id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.number}"


def made_up_texts(random: Random) -> tuple[dict[str, Any], str]:
    """The facts of a catalogue, as `small_library` takes them, and the text of a rulebook."""
    made = Made(random)
    for kind in random.sample(sorted(TYPES), random.randint(3, 6)):
        optional = kind != "boolean" and made.chance(0.3)
        made.add(f"{kind}_fact", kind, **({"absence": "none"} if optional else {}))
    made.add("amount", "money")
    made.add("other_amount", "money", absence="none")
    items = [_definition(made, name) for name in ("first_derived", "second_derived") if made.chance(0.5)]
    makers: Sequence[Callable[[Made], dict[str, Any]]] = (_rule, _rule, _table, _table, _clock)
    items += [random.choice(makers)(made) for _ in range(random.randint(1, 4))]
    return made.facts, _rulebook(made, items)


def made_up_library(random: Random) -> Library:
    """The library itself; Hypothesis or a seed decides which."""
    return library_from(*made_up_texts(random))


def _rulebook(made: Made, items: list[dict[str, Any]]) -> str:
    section: dict[str, Any] = {"section": "s", "title": words("s")}
    dated = made.one("date") or made.one("instant")
    if dated is not None:
        section["event_date"] = dated
        if made.chance(0.5):
            section["in_force"] = {"from": DAYS[0], "until": DAYS[2]}
    if made.chance(0.3):
        section["scope"] = _condition(made, 0)
    limit = {"limit": {"label": words("l"), "type": "money", **_values(made, dated)}}
    book = {
        "rulebook": "book",
        "title": words("book"),
        "parameters": limit,
        "sections": [{**section, "items": items}],
    }
    return yaml.dump(book, Dumper=NoAnchors, allow_unicode=True, sort_keys=False, width=1_000)


def _values(made: Made, dated: str | None) -> dict[str, Any]:
    if made.chance(0.2):
        return {"missing": words("missing")}
    return {"values": {DAYS[0]: 50, **({DAYS[1]: 60.5} if dated else {})}}


def _head(made: Made, kind: str) -> dict[str, Any]:
    name = made.next_id(kind)
    return {kind: name, "title": words(name), "cite": {"source": "deck", "quote": "原文"}}


# --- conditions -------------------------------------------------------------------------------------


def _condition(made: Made, depth: int) -> dict[str, Any]:
    """One to three tests joined by and, with groups and a formula now and then."""
    names = made.random.sample(sorted(made.facts), min(made.random.randint(1, 3), len(made.facts)))
    found = {name: _test(made, name) for name in names}
    if depth < 2 and made.chance(0.3):
        group = made.random.choice(("all", "any", "none"))
        found[group] = [_condition(made, depth + 1) for _ in range(made.random.randint(1, 2))]
    if made.chance(0.2):
        found["formula"] = _formula(made)
    return found


def _formula(made: Made) -> str:
    amount = made.random.choice(("amount", "other_amount", "limit", "amount * 0.5", "max(amount, 50 CNY)"))
    found = f"{amount} {made.random.choice(('<', '<=', '>', '>=', '=', '!='))} other_amount + 1 CNY"
    truth = made.one("boolean")
    if truth and made.chance(0.5):
        return f"{found} {made.random.choice(('and', 'or'))} not({truth})"
    day = made.one("date")
    if day and made.chance(0.5):
        return f"days between({day}, add months({day}, 1)) >= 30 and {found}"
    return found


def _test(made: Made, name: str) -> Any:
    kind = made.facts[name]["type"]
    if kind == "list":
        return _quantified(made)
    if made.chance(0.1):
        return made.random.choice(("present", "absent"))
    return _test_of(made, kind)


def _test_of(made: Made, kind: str) -> Any:
    match kind:
        case "boolean":
            return made.chance(0.5)
        case "enum":
            return made.random.choice((*MEMBERS, "red, blue", "not(green)", ["red", "green"]))
        case "text":
            return made.random.choice(('"x"', 'not("x")'))
        case "date":
            return _ordered(made, [str(day) for day in DAYS], made.one("date"))
        case "instant":
            return _ordered(made, INSTANTS, made.one("instant"))
        case "month":
            return _ordered(made, MONTHS, None)
        case "money":
            return _ordered(made, ("0", "49.99", "50", "100"), made.random.choice(("limit", "other_amount")))
        case "decimal":
            return _ordered(made, ("0", "1.5", "10"), None)
        case _:
            return _ordered(made, ("0", "1", "2", "10"), None)


def _ordered(made: Made, ends: Sequence[str], other: str | None) -> str:
    low, high = sorted(made.random.sample(list(ends), 2), key=list(ends).index)
    sign = made.random.choice(("< ", "<= ", "> ", ">= "))
    forms = [f"{sign}{low}", f"[{low}..{high}]", f"({low}..{high})", f"[{low}..{high})", f"not({sign}{high})"]
    forms += [f"{low}, {high}", low] + ([f"{sign}{other}"] if other else [])
    return made.random.choice(forms)


def _quantified(made: Made) -> dict[str, Any]:
    test: dict[str, Any] = made.random.choice(
        ({"kind": "red"}, {"size": "> 1"}, {"at_time": "present"}, {"kind": "green", "size": "[1..2]"}, {})
    )
    moment = made.one("instant")
    if moment and made.chance(0.4):
        test = {**test, "at_time": f"<= {moment}"}
    match made.random.choice(("some", "every", "none", "count", "first", "last")):
        case "count":
            return {"count": {"where": test, "is": made.random.choice((">= 2", "0", "[1..2]"))}}
        case "first" | "last" as which:
            return {which: {"where": test, "has": {"size": made.random.choice(("> 1", "<= 1"))}}}
        case quantifier:
            return {quantifier: test}


# --- items ------------------------------------------------------------------------------------------


def _amount(made: Made) -> str:
    choices = ("50", "limit", "amount", "other_amount", "round half up(amount / 3, 2)", "min(amount, limit)")
    return made.random.choice(choices)


def _outcome(made: Made, amount: str) -> dict[str, Any]:
    party, code = made.random.choice(PARTIES), made.random.choice(CODES)
    return made.random.choice(
        (
            {"fine": {"amount": amount, "payer": party, "per": "ticket"}},
            {"fee": {"amount": amount, "payer": party}},
            {"compensation": {"amount": amount, "payee": party}},
            {"compensation": {}},
            {"breach": {"code": code, "by": party}},
            {"obligation": {"acts": [code]}},
            {"gate": {"action": code, "allowed": made.chance(0.5)}},
            {"route": {"to": code}},
            {"review": {"reason": code}},
            {"share": {"of": amount, "parts": [{"party": "payer", "amount": "30"}], "remainder": "payee"}},
        )
    )


def _exceptions(made: Made) -> list[dict[str, Any]]:
    return [
        {
            **_head(made, "exception"),
            "when": _condition(made, 1),
            "effect": made.random.choice(("defeats", "review")),
        }
        for _ in range(made.random.randint(1, 2))
    ]


def _rule(made: Made) -> dict[str, Any]:
    rule = {**_head(made, "rule"), "when": _condition(made, 0)}
    if made.chance(0.4):
        rule["unless"] = _exceptions(made)
    outcomes = [_outcome(made, _amount(made)) for _ in range(made.random.randint(1, 2))]
    return {**rule, "then": outcomes}


def _table(made: Made) -> dict[str, Any]:
    policy = made.random.choice(POLICIES)
    inputs = made.random.sample(sorted(n for n in made.facts if made.facts[n]["type"] != "list"), 2)
    output: dict[str, Any] = {"name": "out", "type": "money"}
    if policy in ("priority", "output order"):
        output["order"] = [500, 200, 50]
    amount = "50" if policy == "collect count" else "out"
    table = {**_head(made, "table"), "hit": policy, "inputs": inputs, "outputs": [output]}
    if made.chance(0.4):
        table["given"] = _condition(made, 2)
    if made.chance(0.2):
        table["unless"] = _exceptions(made)
    table["then"] = _outcome(made, amount)
    table["rows"] = [_row(made, inputs, policy) for _ in range(made.random.randint(1, 4))]
    if made.chance(0.3):
        table["otherwise"] = {"then": made.random.choice(("nothing", [50]))}
    return table


def _row(made: Made, inputs: Sequence[str], policy: str) -> dict[str, Any]:
    cells = ["-" if made.chance(0.3) else _test(made, name) for name in inputs]
    row = {"row": made.next_id("row"), "if": cells}
    if made.chance(0.15):
        return {**row, "undefined": made.random.choice(({}, {"low": [50], "high": ["limit"]}))}
    if made.chance(0.1):
        return {**row, "then": "nothing"}
    ranked = policy in ("priority", "output order")
    return {**row, "then": [made.random.choice((50, 200, 500)) if ranked else _amount(made)]}


def _clock(made: Made) -> dict[str, Any]:
    start = made.one("instant") or made.one("date") or made.add("begun_at", "instant")
    stop = made.add(f"stop_{made.number}_at", "instant", **({"absence": "none"} if made.chance(0.6) else {}))
    clock = {**_head(made, "clock"), "starts": start, "stops": stop}
    if made.chance(0.5):
        clock["when"] = _condition(made, 1)
    clock["limit"] = made.random.choice(LIMITS)
    if made.chance(0.5):
        clock["on_breach"] = _outcome(made, _amount(made))
    return clock


def _definition(made: Made, name: str) -> dict[str, Any]:
    """A derived fact from those that are there so far, so that nothing goes round in a circle."""
    cite = {"cite": {"source": "deck", "quote": "原文"}}
    derived = made.random.choice(("engine", "fallback"))
    if made.chance(0.5):
        condition = _condition(made, 1)
        made.add(name, "boolean", derived=derived)
        return {"define": name, **cite, "when": condition}
    made.add(name, "money", derived=derived)
    return {"define": name, **cite, "as": made.random.choice(("amount + limit", "max(amount, other_amount)"))}
