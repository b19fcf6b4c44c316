"""Made-up rulebooks over so few values that a ticket of every kind can be tried.

Drawn from a `random.Random`. Facts take a handful of values each (`DOMAINS`), and the tests in tables and
conditions compare them with just these, so that a search through the values meets every boundary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any, TypeAlias

import yaml

from engine.library import Library
from tests.agreement.made_up import POLICIES, NoAnchors
from tests.cases.small_library import CODES, PARTIES, library_from, words

Made: TypeAlias = dict[str, Any]

COLOURS = ("red", "green", "blue", "grey")
DAYS = tuple(f"2015-10-{day:02}" for day in range(1, 11))
TIMES = tuple(f"2015-10-0{day}T{time}" for day in (1, 2) for time in ("09:00", "09:30", "10:00", "18:00"))
DOMAINS: Mapping[str, Sequence[Any]] = {
    "integer": tuple(range(7)),
    "small": tuple(range(4)),
    "decimal": tuple(f"{n // 10}.{n % 10}" for n in range(21)),
    "money": tuple(f"0.0{n}" for n in range(6)),
    "enum": COLOURS,
    "boolean": (True, False),
    "date": ("2015-09-30", *DAYS, "2015-10-11", "2015-10-31", "2015-11-01"),
    "month": ("2015-09", "2015-10", "2015-11", "2016-02"),
    "instant": (*TIMES, "2015-10-02T24:00", "2015-10-10T09:00"),
    "text": ("x", "y", "z"),
    "record": ([], [{"kind": "red", "size": 1}], [{"kind": "green", "size": 2}]),
    "list": (
        [],
        [{"kind": "red", "size": 1}],
        [{"kind": "green", "size": 2}, {"kind": "red", "size": 0}],
        [{"kind": "red", "size": 2}, {"kind": "red", "size": 1}, {"kind": "green", "size": 1}],
    ),
}
"""What tickets may say of a fact of each sort."""
LACKING: Mapping[str, Sequence[Any]] = {
    "record": ([{"kind": "red"}],),
    "list": ([{"size": 2}], [{"kind": "red"}, {"kind": "green", "size": 1}], [{}, {"kind": "red"}]),
}
"""What they may say besides where a record need not have all its fields."""
MOMENTS = ("2015-10-01T09:15", "2015-10-02T12:00", "2015-10-20T00:00")
"""Instants of judging."""
RECORD = {"kind": {"type": "enum", "values": ["red", "green"]}, "size": "integer"}
DECLARED: Mapping[str, Made] = {
    "integer": {"type": "integer", "minimum": 0, "maximum": 6},
    "small": {"type": "integer", "minimum": 0, "maximum": 3},
    "decimal": {"type": "decimal", "scale": 1, "minimum": 0, "maximum": 2},
    "money": {"type": "money", "minimum": 0, "maximum": 0.05, "example": 0.01},
    "boolean": {"type": "boolean"},
    "date": {"type": "date"},
    "month": {"type": "month"},
    "instant": {"type": "instant"},
    "text": {"type": "text"},
    "record": {"type": "record", "record": RECORD},
    "list": {"type": "list", "record": RECORD},
}
PLAIN = ("integer", "small", "decimal", "money", "enum", "boolean", "date", "text")
ODD = ("month", "instant", "record", "list")
LIMITS = ("30 minutes", "1 calendar days", "by 10:00", "before 09:30 next day", "2 hours")
EDGES: Mapping[str, Sequence[str]] = {
    "integer": tuple(map(str, range(7))),
    "small": tuple(map(str, range(4))),
    "decimal": ("0", "0.5", "0.9", "1", "1.1", "1.9", "2"),
    "money": ("0", "0.01", "0.02", "0.04", "0.05"),
    "date": DAYS,
    "month": ("2015-10", "2015-11"),
    "instant": TIMES,
}


@dataclass
class MadeUp:
    """A library in the making: facts as catalogues declare them, the sort of each, and items in order."""

    random: Random
    facts: dict[str, Made] = field(default_factory=dict)
    sorts: dict[str, str] = field(default_factory=dict)
    section: Made = field(default_factory=dict)
    parameters: Made = field(default_factory=dict)
    items: list[Made] = field(default_factory=list)
    number: int = 0

    def add(self, name: str, sort: str, **more: Any) -> str:
        declared = dict(DECLARED[sort]) if sort != "enum" else self._colours()
        self.facts[name], self.sorts[name] = {**declared, **more}, sort
        return name

    def _colours(self) -> Made:
        return {"type": "enum", "values": list(COLOURS[: self.random.randint(2, 4)])}

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def one(self, *of: Any) -> Any:
        return self.random.choice(of)

    def named(self, *sorts: str) -> list[str]:
        return [name for name, sort in self.sorts.items() if sort in sorts]

    def head(self, kind: str) -> Made:
        self.number += 1
        name = f"{kind}-{self.number}"
        return {kind: name, "title": words(name), "cite": {"source": "deck", "quote": "原文"}}

    @property
    def text(self) -> str:
        book = {
            "rulebook": "book",
            "title": words("book"),
            **({"parameters": self.parameters} if self.parameters else {}),
            "sections": [{**self.section, "items": self.items}],
        }
        return yaml.dump(book, Dumper=NoAnchors, allow_unicode=True, sort_keys=False, width=1_000)

    @cached_property
    def library(self) -> Library:
        """The library, which must load without errors."""
        return library_from(self.facts, self.text)


def made_up(random: Random) -> MadeUp:
    """Two to six facts, and two to five items about them; most items are tables."""
    made = MadeUp(random)
    sorts = random.sample(PLAIN, random.randint(2, 4)) + random.sample(ODD, random.choice((0, 0, 0, 1)))
    for sort in sorts:
        may_be_none = sort != "boolean" and made.chance(0.25)
        made.add(f"{sort}_fact", sort, **({"absence": "none"} if may_be_none else {}))
    if made.chance(0.3):
        made.add("other_fact", made.one("integer", "small", "enum", "date"))
    _frame(made)
    for name in ("first_derived", "second_derived"):
        if made.chance(0.3):
            made.items.append(_definition(made, name))
    makers: Sequence[Callable[[MadeUp], Made]] = (_table, _table, _table, _rule, _clock)
    made.items += [random.choice(makers)(made) for _ in range(random.randint(2, 5))]
    return made


def _frame(made: MadeUp) -> None:
    """The section, with the day by which things are chosen, and parameters."""
    made.section = {"section": "s", "title": words("s")}
    days = made.named("date") or made.named("instant")
    if days and made.facts[days[0]].get("absence") is None:
        made.section["event_date"] = days[0]
        if made.chance(0.3):
            made.section["in_force"] = {"from": DAYS[1], "until": DAYS[6]}
    if made.chance(0.15):
        made.section["scope"] = _condition(made, 1)
    for name, sort, amounts in (("limit", "integer", (2, 4)), ("charge", "money", (0.02, 0.04))):
        values = dict(zip((DAYS[2], DAYS[5]), amounts, strict=True))
        if "event_date" not in made.section:
            values = {DAYS[2]: amounts[0]}
        given = {"missing": words("missing")} if made.chance(0.1) else {"values": values}
        made.parameters[name] = {"label": words(name), "type": sort, **given}


# --- conditions -------------------------------------------------------------------------------------


def _condition(made: MadeUp, depth: int) -> Made:
    """One to three tests, groups of them and a formula now and then."""
    names = made.random.sample(sorted(made.facts), min(made.random.randint(1, 3), len(made.facts)))
    found: Made = {name: _test(made, name) for name in names}
    if depth < 2 and made.chance(0.25):
        group = made.one("all", "any", "none")
        found[group] = [_condition(made, depth + 1) for _ in range(made.random.randint(1, 2))]
    formula = _comparison(made) if made.chance(0.15) else None
    return {**found, "formula": formula} if formula else found


def _comparison(made: MadeUp) -> str | None:
    """A formula about numbers, money or days, where there are facts for one."""
    sign = made.one("<", "<=", ">", ">=", "=", "!=")
    forms = [f"{name} * 2 - limit {sign} 3" for name in made.named("integer", "small")]
    forms += [f"{name} + charge {sign} 0.05 CNY" for name in made.named("money")]
    forms += [f"round half up({name} / 3, 1) {sign} 0.3" for name in made.named("decimal")]
    forms += [f"days between({name}, {DAYS[4]}) {sign} 2" for name in made.named("date")]
    forms += [f"add months({name}, 1) {sign} 2015-11-05" for name in made.named("date")]
    forms += [f"date of({name}) {sign} 2015-10-02" for name in made.named("instant")]
    forms += [f"abs({a} - {b}) {sign} 1" for a in made.named("integer") for b in made.named("small")]
    forms += [f"max({a}, {b}) {sign} 3" for a in made.named("integer") for b in made.named("small")]
    forms += [f"count({name}) {sign} 1" for name in made.named("list")]
    return made.one(*forms) if forms else None


def _test(made: MadeUp, name: str) -> Any:
    sort = made.sorts[name]
    if sort in ("list", "record"):
        return _quantified(made)
    if made.chance(0.08):
        return made.one("present", "absent")
    match sort:
        case "boolean":
            return made.chance(0.5)
        case "enum":
            values = made.facts[name]["values"]
            one, other = made.random.sample(values, 2)
            return made.one(one, other, f"not({one})", [one, other])
        case "text":
            return made.one('"x"', 'not("x")', '"x", "y"')
        case _:
            return _ordered(made, sort)


def _ordered(made: MadeUp, sort: str) -> str:
    ends = EDGES[sort]
    low, high = sorted(made.random.sample(range(len(ends)), 2))
    sign = made.one("<", "<=", ">", ">=")
    between = made.one("[{}..{}]", "({}..{})", "[{}..{})", "({}..{}]").format(ends[low], ends[high])
    forms = [f"{sign} {ends[low]}", f"{sign} {ends[high]}", between, between, ends[low]]
    forms += [
        f"not({between})",
        f"{ends[low]}, {ends[high]}",
        f"!= {ends[high]}",
        f"< {ends[low]}, {ends[high]}",
    ]
    forms += [f"{sign} limit"] if sort in ("integer", "small") else []
    forms += [f"{sign} charge"] if sort == "money" else []
    return str(made.random.choice(forms))


def _quantified(made: MadeUp) -> Made:
    test: Made = made.one({"kind": "red"}, {"size": "> 1"}, {"kind": "green", "size": "[1..2]"}, {})
    match made.one("some", "every", "none", "count", "first", "last"):
        case "count":
            return {"count": {"where": test, "is": made.one(">= 2", "0", "[1..2]")}}
        case "first" | "last" as which:
            return {which: {"where": test, "has": {"size": made.one("> 1", "<= 1")}}}
        case quantifier:
            return {quantifier: test}


# --- items ------------------------------------------------------------------------------------------


def _outcome(made: MadeUp, amount: str) -> Made:
    party, code = made.one(*PARTIES), made.one(*CODES)
    return dict(
        made.one(
            {"fine": {"amount": amount, "payer": party, "per": "ticket"}},
            {"fine": {"amount": amount, "payer": party, "per": "ticket"}},
            {"fee": {"amount": amount, "payer": party}},
            {"compensation": {"amount": amount, "payee": party}},
            {"breach": {"code": code, "by": party}},
            {"gate": {"action": code, "allowed": made.chance(0.5)}},
            {"route": {"to": code}},
            {"score": {"name": code, "points": made.one("5", "-1")}},
            {"share": {"of": amount, "parts": [{"party": "payer", "amount": "30"}], "remainder": "payee"}},
        )
    )


def _amount(made: MadeUp) -> str:
    forms = ["50", "50", "80", "charge"] + [f"min({name}, charge)" for name in made.named("money")]
    forms += [f"{name} * 10 CNY" for name in made.named("integer")]
    return str(made.random.choice(forms))


def _rule(made: MadeUp) -> Made:
    rule = {**made.head("rule"), "when": _condition(made, 0)}
    if made.chance(0.5):
        rule["unless"] = _exceptions(made)
    then = [_outcome(made, _amount(made)) for _ in range(made.random.choice((1, 1, 2)))]
    return {**rule, "then": then, **_promise(made, *then)}


def _promise(made: MadeUp, *outcomes: Made) -> Made:
    """That the amount rises with a fact, seldom kept."""
    rising = [name for name in made.named(*EDGES) if made.facts[name].get("derived") is None]
    has_amount = any({"fine", "fee", "score"} & outcome.keys() for outcome in outcomes)
    return {"rises_with": made.random.choice(rising)} if rising and has_amount and made.chance(0.3) else {}


def _exceptions(made: MadeUp) -> list[Made]:
    return [
        {
            **made.head("exception"),
            "when": _condition(made, 1),
            "effect": made.one("defeats", "defeats", "review"),
        }
        for _ in range(made.random.randint(1, 2))
    ]


def _inputs(made: MadeUp) -> list[str]:
    known = sorted(name for name, sort in made.sorts.items() if sort not in ("list", "record"))
    return made.random.sample(known, min(made.random.choice((1, 2, 2, 3)), len(known)))


def _table(made: MadeUp) -> Made:
    policy, inputs = made.one(*POLICIES, "unique", "unique", "first"), _inputs(made)
    output: Made = {"name": "out", "type": "money"}
    if policy in ("priority", "output order"):
        output["order"] = [500, 200, 50]
    table = {**made.head("table"), "hit": policy, "inputs": inputs, "outputs": [output]}
    if made.chance(0.3):
        table["given"] = _condition(made, 2)
    if made.chance(0.2):
        table["unless"] = _exceptions(made)
    table["then"] = _outcome(made, "50" if policy == "collect count" else "out")
    table |= _promise(made, table["then"])
    ranked = policy in ("priority", "output order")
    choices: Sequence[Any] = (50, 200, 500) if ranked else (50, 50, 80, "charge", _amount(made))
    return {**table, **_rows(made, inputs, lambda: [made.random.choice(choices)], _gap)}


def _gap(made: MadeUp) -> Made:
    return {"undefined": made.one({}, {"low": [50], "high": [80]})}


def _rows(
    made: MadeUp, inputs: Sequence[str], then: Callable[[], Any], gap: Callable[[MadeUp], Made]
) -> Made:
    """One to eight rows, and what holds where none does."""
    rows = []
    for n in range(made.random.randint(1, 8)):
        cells = ["-" if made.chance(0.3) else _test(made, name) for name in inputs]
        said = gap(made) if made.chance(0.1) else {"then": "nothing" if made.chance(0.08) else then()}
        rows.append({"row": f"r{n}", "if": cells, **said})
    if not made.chance(0.3):
        return {"rows": rows}
    return {
        "rows": rows,
        "otherwise": gap(made) if made.chance(0.2) else {"then": made.one("nothing", then())},
    }


def _clock(made: MadeUp) -> Made:
    starts = [name for name in made.named("instant", "date") if made.facts[name].get("derived") is None]
    start = made.one(*starts) if starts else made.add("begun_at", "instant")
    stop = made.add(f"stop_{made.number}_at", "instant", absence="none")
    clock = {**made.head("clock"), "starts": start, "stops": stop, "limit": made.one(*LIMITS)}
    if made.chance(0.5):
        clock["when"] = _condition(made, 1)
    if made.chance(0.5):
        clock["on_breach"] = _outcome(made, _amount(made))
    return clock


def _definition(made: MadeUp, name: str) -> Made:
    """A derived fact by a condition, a formula, a table or a clock, from those that are there so far."""
    head = {"define": name, "cite": {"source": "deck", "quote": "原文"}}
    derived = made.one("engine", "fallback")
    numbers = made.named("integer", "small")
    match made.one("condition", "formula", "table", "table", "clock"):
        case "formula" if numbers:
            whole = made.one("{} + 1", "min({}, limit)", "{} * 2").format(made.one(*numbers))
            made.add(name, "integer", derived=derived)
            return {**head, "as": whole}
        case "table":
            return _defining_table(made, name, derived)
        case "clock" if made.named("instant"):
            clock = _clock(made)
            clock.pop("on_breach", None)
            made.add(name, "boolean", derived=derived)
            return {**clock, "defines": name}
        case _:
            condition = _condition(made, 1)
            made.add(name, "boolean", derived=derived)
            return {**head, "when": condition}


def _defining_table(made: MadeUp, name: str, derived: str) -> Made:
    policy, inputs = made.one("unique", "unique", "any", "first", "collect sum", "collect max"), _inputs(made)
    rows = _rows(made, inputs, lambda: made.one(0, 1, 2), lambda _: {"undefined": {}})
    for row in rows["rows"]:
        if row.get("then") == "nothing":
            row["then"] = 3
    if rows.get("otherwise") == {"then": "nothing"}:
        rows["otherwise"] = {"then": 0}
    made.add(name, "small", derived=derived)
    return {**made.head("table"), "hit": policy, "inputs": inputs, "defines": name, **rows}
