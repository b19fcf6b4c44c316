"""Made-up rulebooks of the constructs that are hardest to say in SQL.

Beside those of `tests.agreement.made_up`: formulas of every function on facts that may be none, unknown or
derived; derived facts that a ticket may give, that rest on one another and leave their bounds; clocks of
every kind of limit, start, due moment and stop, with pauses; lists whose fields are compared with facts;
parameters of every type that change with the day. What they say makes no sense, and need not.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import yaml

from engine.base.findings import Severity
from engine.plan.nodes import Plan
from tests.agreement import made_up
from tests.agreement.made_up import Made
from tests.cases.small_library import CODES, PARTIES, library_from, words

NONE = {"absence": "none"}
RECORD = {
    "kind": {"type": "enum", "values": ["red", "green"]},
    "size": "integer",
    "at_time": {"type": "instant", **NONE},
    "from_at": "instant",
    "cost": {"type": "money", **NONE},
    "on_day": "date",
    "good": "boolean",
}
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "flag": {"type": "boolean"},
    "other_flag": {"type": "boolean"},
    "number": {"type": "integer", "minimum": -1000, "maximum": 100000},
    "small": {"type": "integer", "minimum": -60, "maximum": 60, **NONE},
    "parts": {"type": "integer", "minimum": 1, "maximum": 12},
    "rate": {"type": "decimal", "scale": 4, "minimum": -10, "maximum": 1000},
    "share": {"type": "decimal", "scale": 2, "minimum": 0, "maximum": 1, **NONE},
    "fee": {"type": "money", "minimum": 0, "maximum": 1000000},
    "amount": {"type": "money", "minimum": -1000, "maximum": 1000000},
    "other_amount": {"type": "money", "minimum": 0, "maximum": 500, **NONE},
    "enum_fact": {"type": "enum", "values": list(made_up.MEMBERS)},
    "enum_other": {"type": "enum", "values": list(made_up.MEMBERS), **NONE},
    "word": {"type": "text"},
    "month": {"type": "month"},
    "day": {"type": "date"},
    "other_day": {"type": "date", **NONE},
    "start_at": {"type": "instant"},
    "due_at": {"type": "instant", **NONE},
    "stop_at": {"type": "instant", **NONE},
    "end_at": {"type": "instant"},
    "done_on": {"type": "date", **NONE},
    "seen_on": {"type": "date"},
    "waits": {"type": "list", "record": RECORD, **NONE},
    "visits": {"type": "list", "record": RECORD},
}
PROOF = {"type": "record", "record": RECORD, **NONE}
"""A fact that the conditions of `tests.agreement.made_up` would take for a number."""
DERIVED: Mapping[str, Mapping[str, Any]] = {
    "loss": {"type": "money", "minimum": 0, "maximum": 2000},
    "part": {"type": "money", **NONE},
    "mark": {"type": "integer", "minimum": -100, "maximum": 40},
    "level": {"type": "decimal", "scale": 2},
    "last_day": {"type": "date"},
    "next_day": {"type": "date", **NONE},
    "later_at": {"type": "instant"},
    "proved": {"type": "boolean"},
    "kept": {"type": "boolean"},
    "band": {"type": "money", "minimum": 10},
}
PARAMETERS: Mapping[str, tuple[str, Mapping[str, Any], tuple[Any, ...]]] = {
    "limit": ("money", {}, (50, 60.5)),
    "factor": ("decimal", {"scale": 3}, (0.5, 1.125)),
    "count": ("integer", {}, (2, 30)),
    "span": ("duration", {}, ("30 minutes", "3 calendar days")),
    "office_span": ("duration", {}, ("2 working days on office", "by 12:00 next day")),
}
LIMITS = (
    *made_up.LIMITS,
    *("1 minute", "1440 minutes", "31 calendar days", "13 months", "4 years", "by 24:00"),
    *("before 00:00 next day", "before day 1 of next month", "by day 31 of next month", "by 02:30"),
    *("1 working day on office", "22 working days on always", "480 working minutes on office_hours"),
    *("2 working hours on weekdays", "9999 years", "1000000 calendar days", "1000000 months"),
)
COMPARED = ("<", "<=", ">", ">=", "=", "!=")


def nasty_plan(random: Random) -> Plan:
    """The plan of a made-up rulebook that loads without errors."""
    for _ in range(50):
        library = library_from(*_texts(random))
        if library.plan is not None and all(f.severity is not Severity.ERROR for f in library.findings):
            return library.plan
    raise AssertionError("no made-up rulebook loads")


def _texts(random: Random) -> tuple[dict[str, Any], str]:
    made = Made(random)
    for name, declared in GIVEN.items():
        _declare(made, name, declared)
    items = []
    for name in random.sample(sorted(DERIVED), random.randint(1, 5)):
        item = _definition(made, name)
        derived = random.choice(("engine", "fallback"))
        _declare(made, name, {**DERIVED[name], "derived": derived})
        items.append(item)
    makers = (_rule, _rule, _table, _clock, _clock, made_up._rule, made_up._table)  # noqa: SLF001  # one family
    items += [random.choice(makers)(made) for _ in range(random.randint(2, 5))]
    return {**made.facts, "proof": PROOF}, _book(made, items)


def _declare(made: Made, name: str, declared: Mapping[str, Any]) -> None:
    made.facts[name] = dict(declared)
    made.by_kind.setdefault(declared["type"], []).append(name)


def _book(made: Made, items: list[dict[str, Any]]) -> str:
    section: dict[str, Any] = {"section": "s", "title": words("s")}
    dated = made.random.choice((None, "day", "other_day", "start_at", "due_at"))
    if dated is not None:
        section["event_date"] = dated
        if made.chance(0.3):
            section["in_force"] = {"from": made_up.DAYS[0], "until": made_up.DAYS[2]}
    if made.chance(0.2):
        section["scope"] = _mapping(made)
    book = {
        "rulebook": "book",
        "title": words("book"),
        "parameters": {name: _parameter(made, name, dated) for name in PARAMETERS},
        "sections": [{**section, "items": items}],
    }
    return yaml.dump(
        book,
        Dumper=made_up.NoAnchors,
        allow_unicode=True,
        sort_keys=False,
        width=1_000,
    )


def _parameter(made: Made, name: str, dated: str | None) -> dict[str, Any]:
    kind, more, (first, second) = PARAMETERS[name]
    values: dict[str, Any] = {
        "values": {made_up.DAYS[0]: first, **({made_up.DAYS[1]: second} if dated else {})}
    }
    if made.chance(0.1):
        values = {"missing": words("missing")}
    return {"label": words(name), "type": kind, **more, **values}


def _definition(made: Made, name: str) -> dict[str, Any]:
    cite = {"cite": {"source": "deck", "quote": "原文"}}
    kind = DERIVED[name]["type"]
    if name == "kept":
        return {**_clock(made), "defines": "kept"}
    if name == "band":
        return _defining_table(made)
    if kind == "boolean":
        return {"define": name, **cite, "when": _mapping(made)}
    return {"define": name, **cite, "as": _formula(made, kind)}


# --- formulas -----------------------------------------------------------------------------------------


def _formula(made: Made, kind: str) -> str:
    match kind:
        case "money":
            return _money(made, 2)
        case "integer":
            return _integer(made, 2)
        case "decimal":
            return f"round half up({_decimal(made, 1)}, 2)"
        case "date":
            return _day(made, 2)
        case _:
            return _instant(made, 2)


def _one(made: Made, kind: str, *others: str) -> str:
    found: str = made.random.choice([*made.by_kind.get(kind, ()), *others])
    return found


def _money(made: Made, depth: int) -> str:
    if depth == 0 or made.chance(0.3):
        return _one(made, "money", "limit", "12.50 CNY", "0 CNY")
    one, other = (_money(made, depth - 1) for _ in range(2))
    factor, mode = _decimal(made, 0), _mode(made)
    return made.random.choice(
        (
            f"({one} + {other})",
            f"({one} - {other})",
            f"min({one}, {other})",
            f"max({one}, {other}, 1 CNY)",
            f"abs({one} - {other})",
            f"sum({one}, {other}, {one})",
            f"{mode}({one} * {factor}, 2)",
            f"{mode}({one} / 3, {made.random.choice((0, 1, 2))})",
            f"{mode}({one} / parts + {other} / 7, 2)",
            f"{mode}(({one} - {other}) * {factor} / parts)",
            f"min({mode}({one} / 9, 2), {other})",
        )
    )


def _integer(made: Made, depth: int) -> str:
    if depth == 0 or made.chance(0.3):
        return _one(made, "integer", "count", "3", "0", "count(waits)", "count(visits)")
    one, other = (_integer(made, depth - 1) for _ in range(2))
    day, second = (_day(made, depth - 1) for _ in range(2))
    return made.random.choice(
        (
            f"({one} + {other})",
            f"({one} - {other})",
            f"({one} * {other})",
            f"days between({day}, {second})",
            f"{_mode(made)}({one} / parts)",
            f"{_mode(made)}({_decimal(made, 0)} * {one})",
            f"{_mode(made)}({_money(made, 0)} / 7 CNY)",
            f"min({one}, {other})",
            f"max({one}, {other})",
            f"abs({one})",
        )
    )


def _decimal(made: Made, depth: int) -> str:
    if depth == 0:
        return _one(made, "decimal", "factor", "0.125", "2")
    return (
        f"{_decimal(made, 0)} {made.random.choice('+-*')} {made.random.choice((_decimal, _integer))(made, 0)}"
    )


def _day(made: Made, depth: int) -> str:
    if depth == 0 or made.chance(0.3):
        return _one(made, "date", "2016-02-29", "2015-01-31", "2015-12-31")
    one, number = _day(made, depth - 1), _integer(made, made.random.choice((0, 0, depth - 1)))
    return made.random.choice(
        (
            f"add days({one}, {number})",
            f"add months({one}, {number})",
            f"add years({one}, small)",
            f"add working days({one}, small, {made.random.choice(('office', 'weekdays', 'always'))})",
            f"add working days({one}, {made.random.choice((-3, 0, 5))}, office)",
            f"date of({_instant(made, depth - 1)})",
            f"min({one}, {_day(made, depth - 1)})",
            f"max({one}, {_day(made, depth - 1)})",
        )
    )


def _instant(made: Made, depth: int) -> str:
    if depth == 0 or made.chance(0.3):
        return _one(made, "instant")
    one = _instant(made, depth - 1)
    return made.random.choice(
        (
            f"add minutes({one}, {_integer(made, 0)})",
            f"add minutes({one}, -30)",
            f"at({_day(made, depth - 1)}, {made.random.choice(('00:00', '12:00', '24:00', '02:30'))})",
            f"min({one}, {_instant(made, 0)})",
            f"max({one}, {_instant(made, 0)})",
        )
    )


def _mode(made: Made) -> str:
    return made.random.choice(("round half up", "floor", "ceiling"))


def _truth(made: Made, depth: int) -> str:
    """A condition as a formula."""
    kind = made.random.choice((_money, _integer, _decimal, _day, _instant))
    found = f"{kind(made, 1)} {made.random.choice(COMPARED)} {kind(made, 1)}"
    if depth == 0:
        return found
    flag = _one(made, "boolean")
    return made.random.choice(
        (
            found,
            f"({found}) and not({flag})",
            f"({found}) or {flag}",
            f"not({found} or {_truth(made, 0)})",
            f"{_integer(made, 1)} in [-1..30]",
            f"{_day(made, 0)} in (2015-01-31..2016-02-29]",
        )
    )


# --- conditions ---------------------------------------------------------------------------------------


def _mapping(made: Made) -> dict[str, Any]:
    """Tests of facts, of lists, formulas."""
    found: dict[str, Any] = {}
    if made.chance(0.7):
        found |= made_up._condition(made, made.random.choice((0, 1, 2)))  # noqa: SLF001  # one family
    if made.chance(0.4):
        found[made.random.choice(("waits", "visits", "proof"))] = _records(made)
    if made.chance(0.5) or not found:
        found["formula"] = _truth(made, 1)
    return found


def _records(made: Made) -> dict[str, Any]:
    """One or two quantifiers over records, whose fields are compared with facts, formulas and one another."""
    return dict(_quantifier(made) for _ in range(made.random.randint(1, 2)))


def _quantifier(made: Made) -> tuple[str, Any]:
    match made.random.choice(("some", "every", "none", "count", "first", "last")):
        case "count":
            return "count", {
                "where": _of_record(made),
                "is": made.random.choice((">= 2", "0", "< count", "[1..2]")),
            }
        case "first" | "last" as which:
            where = {"where": _of_record(made)} if made.chance(0.7) else {}
            return which, {**where, "has": _of_record(made)}
        case quantifier:
            return quantifier, _of_record(made)


def _of_record(made: Made) -> dict[str, Any]:
    tests = {
        "kind": made.random.choice(("red", "not(red)", "red, green", "present")),
        "size": made.random.choice(("> 1", "<= number", "[0..2]", "present", "= small")),
        "at_time": made.random.choice(
            ("present", "absent", "<= start_at", "> from_at", f">= {_instant(made, 1)}")
        ),
        "from_at": made.random.choice(("< stop_at", "> start_at", "<= at_time")),
        "cost": made.random.choice(("absent", "> 0", "< fee", ">= limit", f"<= {_money(made, 1)}")),
        "on_day": made.random.choice((">= day", "< other_day", f"= {_day(made, 1)}", "> 2015-10-01")),
        "good": made.random.choice((True, False)),
        "formula": made.random.choice(
            ("cost * 2 >= fee", "days between(on_day, day) > 2", "size + number > 3")
        ),
        "flag": True,
    }
    kept = made.random.sample(sorted(tests), made.random.choice((0, 1, 1, 2, 3)))
    found: dict[str, Any] = {name: tests[name] for name in kept}
    if made.chance(0.2):
        found[made.random.choice(("any", "none"))] = [{"kind": "red"}, {"size": "> 2", "good": True}]
    return found


# --- items --------------------------------------------------------------------------------------------


def _head(made: Made, kind: str) -> dict[str, Any]:
    return made_up._head(made, kind)  # noqa: SLF001  # one family


def _amount(made: Made) -> str:
    return made.random.choice((_money(made, 2), _money(made, 1), "50", "limit", "other_amount"))


def _outcome(made: Made) -> dict[str, Any]:
    party, amount = made.random.choice(PARTIES), _amount(made)
    parts = [{"party": p, "amount": _money(made, 0), "up_to": made.chance(0.5)} for p in PARTIES[:2]]
    points = made.random.choice((_integer(made, 1), f"round half up({_decimal(made, 1)}, 1)", "-5"))
    return made.random.choice(
        (
            {"fine": {"amount": amount, "payer": party, "per": "waybill"}},
            {"fee": {"amount": amount, "payer": party}},
            {"compensation": {"amount": amount, "payer": party}},
            {"share": {"of": amount, "parts": parts, "remainder": "payee"}},
            {"score": {"name": "points", "points": points}},
            {"review": {"reason": made.random.choice(CODES)}},
        )
    )


def _rule(made: Made) -> dict[str, Any]:
    rule = {**_head(made, "rule"), "when": _mapping(made)}
    if made.chance(0.5):
        rule["unless"] = [
            {
                **_head(made, "exception"),
                "when": _mapping(made),
                "effect": made.random.choice(("defeats", "review")),
            }
            for _ in range(made.random.randint(1, 3))
        ]
    if made.chance(0.2):
        rule["event_date"] = made.random.choice(("other_day", "seen_on", "end_at"))
        rule["in_force"] = {"from": made_up.DAYS[1]}
    return {**rule, "then": [_outcome(made) for _ in range(made.random.randint(1, 3))]}


def _table(made: Made) -> dict[str, Any]:
    """Inputs by formula beside facts; cells that are formulas; a gap and a row of nothing now and then."""
    policy = made.random.choice(made_up.POLICIES)
    ranked = policy in ("priority", "output order")
    inputs = [
        {"as": _integer(made, 1), "label": words("number")},
        made.random.choice(("enum_fact", "enum_other", "flag", "small", "other_day")),
    ]
    output = {"name": "out", "type": "money", **({"order": [500, 200, 50]} if ranked else {})}
    table = {**_head(made, "table"), "hit": policy, "inputs": inputs, "outputs": [output]}
    if made.chance(0.4):
        table["given"] = _mapping(made)
    if made.chance(0.3):
        table["unless"] = [{**_head(made, "exception"), "when": _mapping(made)}]
    table["then"] = {
        "fine": {"amount": "50" if policy == "collect count" else "out", "payer": "payer", "per": "ticket"}
    }
    table["rows"] = [_row(made, inputs[1], ranked) for _ in range(made.random.randint(1, 5))]
    if made.chance(0.4):
        table["otherwise"] = {"then": made.random.choice(("nothing", [50], [_money(made, 0)]))}
    return table


def _row(made: Made, name: Any, ranked: bool) -> dict[str, Any]:  # as `made_up` has it
    number = made.random.choice(("> 0", "<= 2", "[0..30]", "< number", "= small", "-", "-"))
    other = "-" if made.chance(0.4) else made_up._test(made, name)  # noqa: SLF001  # one family
    row = {"row": made.next_id("row"), "if": [number, other]}
    if made.chance(0.15):
        return {**row, "undefined": made.random.choice(({}, {"low": [50], "high": [_money(made, 1)]}))}
    if made.chance(0.1):
        return {**row, "then": "nothing"}
    return {**row, "then": [made.random.choice((50, 200, 500)) if ranked else _amount(made)]}


def _defining_table(made: Made) -> dict[str, Any]:
    """One value a row."""
    table = {key: value for key, value in _table(made).items() if key not in ("then", "unless", "outputs")}
    rows = [{**row, "then": [_amount(made)]} for row in table.pop("rows") if "undefined" not in row]
    table["otherwise"] = {"then": [_amount(made)]}
    if made.chance(0.5):
        del table["otherwise"]
    policy = made.random.choice(("unique", "any", "first"))
    rows = rows or [{"row": "only", "if": ["-", "-"], "then": [_amount(made)]}]
    return {**table, "hit": policy, "defines": "band", "rows": rows}


def _clock(made: Made) -> dict[str, Any]:
    """Started or due by facts and formulas, with several stops of different kinds, with pauses."""
    clock = _head(made, "clock")
    if made.chance(0.6):
        clock["when"] = _mapping(made)
    start = made.random.choice(
        ("start_at", "due_at", "day", "other_day", "month", _instant(made, 1), _day(made, 1))
    )
    if made.chance(0.75):
        clock["starts"] = start
        clock["limit"] = made.random.choice((*LIMITS, "span", "span", "office_span"))
    else:
        clock["due"] = made.random.choice(
            ("due_at", "other_day", "seen_on", _instant(made, 1), _day(made, 1))
        )
        if made.chance(0.4):
            clock["starts"] = start
    stops = made.random.sample(
        ("stop_at", "end_at", "done_on", "seen_on"), made.random.choice((0, 1, 1, 1, 2, 3))
    )
    if stops:
        clock["stops"] = stops if len(stops) > 1 or made.chance(0.5) else stops[0]
    if "limit" in clock and made.chance(0.4):
        records = made.random.choice(("waits", "visits", "proof"))
        ends = made.random.choice((("from_at", "at_time"), ("from_at", "from_at"), ("at_time", "from_at")))
        clock["pauses"] = {"list": records, "from": ends[0], "until": ends[1]}
    if made.chance(0.6):
        clock["on_breach"] = [_outcome(made) for _ in range(made.random.randint(1, 2))]
    return clock
