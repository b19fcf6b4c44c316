"""The schema of a verdict: a closed set of outcome kinds, as `engine.evaluate.conclude` states them."""

from __future__ import annotations

from collections.abc import Mapping

from api.http.openapi.facts import derived
from api.http.openapi.values import SHOWN_MONEY_PATTERN, Schema, ref
from api.present.labels import label
from engine.evaluate.verdict import REASONS
from engine.rulebook.model import Catalogue, Words

PER = ("waybill", "occurrence", "appeal", "ticket")
ENGINE_REASONS = ("manual_exception", "undefined_by_source")
CLOCK_STATES = ("running", "met", "breached")
TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}


def schemas(catalogue: Catalogue) -> dict[str, Schema]:
    """The components that a verdict is made of."""
    kinds = _kinds()
    return {
        "Words": closed("双语文字 text in both languages", {"zh": TEXT, "en": TEXT}),
        "Citation": closed("引文 citation", {"source": TEXT, "quote": TEXT}),
        "Because": closed("理由 reason", {"fact": TEXT, "value": _seen(), "test": TEXT}),
        "ShownMoney": {"title": "金额 amount", "type": "string", "pattern": SHOWN_MONEY_PATTERN},
        "Party": _named("当事方 party", catalogue.parties),
        "Code": _named("代码 code", catalogue.codes),
        **{f"Outcome_{kind}": _outcome(kind, *fields) for kind, fields in kinds.items()},
        "Outcome": {
            "title": "结果 outcome",
            "oneOf": [ref(f"Outcome_{kind}") for kind in kinds],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {kind: f"#/components/schemas/Outcome_{kind}" for kind in kinds},
            },
        },
        "Defeated": closed(
            "例外免除 defeated",
            {"rule": TEXT, "by": TEXT, "title": ref("Words"), **_grounds()},
        ),
        "Undecided": closed(
            "未能判定 undecided",
            {
                "rule": TEXT,
                "title": ref("Words"),
                "missing": {"type": "array", "items": TEXT},
                "reason": {"type": "string", "enum": list(REASONS)},
            },
        ),
        "Derived": derived(catalogue),
        "Verdict": _verdict(),
    }


def closed(title: str, fields: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with exactly these fields; the optional ones may be left out."""
    return {
        "title": title,
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
        "additionalProperties": False,
    }


def _named(title: str, names: Mapping[str, Words]) -> Schema:
    words = {name: {"zh": words.zh, "en": words.en} for name, words in names.items()}
    return {"title": title, "type": "string", "enum": list(names), "x-values": words}


def _seen() -> Schema:
    return {
        "description": "看到的值；null 是没有。 The value seen; null: none.",
        "type": ["boolean", "integer", "string", "array", "null"],
        "items": {"type": "object"},
    }


def _grounds() -> dict[str, Schema]:
    return {
        "citations": {"type": "array", "items": ref("Citation")},
        "because": {"type": "array", "items": ref("Because")},
    }


def _outcome(kind: str, fields: Mapping[str, Schema], optional: Mapping[str, Schema]) -> Schema:
    """What every outcome has, and what its kind adds; `row` stands where a table concluded it."""
    words = " ".join(label("kind", kind, language) for language in ("zh", "en"))
    stated = {"rule": TEXT, "kind": {"const": kind}, **fields, "title": ref("Words"), **_grounds()}
    return closed(words, stated, {"row": TEXT, **optional})


def _kinds() -> dict[str, tuple[dict[str, Schema], dict[str, Schema]]]:
    """Each kind's own fields: those always there, and those that may be left out."""
    money, party, code = ref("ShownMoney"), ref("Party"), ref("Code")
    amount = {"amount": money, "unit": TEXT}
    due = {"due": TEXT_OR_NULL, "inclusive": {"type": "boolean"}, "stopped": TEXT_OR_NULL}
    state = {"state": {"type": "string", "enum": list(CLOCK_STATES)}}
    readings = {"type": "object", "additionalProperties": {"type": "object"}}
    shares = {
        "type": "array",
        "items": closed("份额 part", {"party": party, "amount": money}, {"up_to": {"const": True}}),
    }
    kinds: dict[str, tuple[dict[str, Schema], dict[str, Schema]]] = {
        "fine": ({**amount, "payer": party, "per": {"type": "string", "enum": list(PER)}}, {}),
        "fee": ({**amount, "payer": party}, {}),
        "compensation": ({"amount": _money_or_null()}, {"unit": TEXT, "payee": party, "payer": party}),
        "share": ({"of": money, "unit": TEXT, "shares": shares}, {}),
        "breach": ({"code": code}, {"by": party}),
        "obligation": ({"acts": {"type": "array", "items": code}}, {"by": party}),
        "deadline": ({**state, "started": TEXT_OR_NULL, **due}, {}),
        "gate": (
            {"action": code, "allowed": {"type": "boolean"}},
            {"requires": {"type": "array", "items": code}},
        ),
        "route": ({"to": code}, {}),
        "score": ({"name": code, "points": {"type": ["string", "integer"]}}, {}),
        "review": (
            {"reason": {"anyOf": [code, {"enum": list(ENGINE_REASONS)}]}},
            {"by": TEXT, "alternatives": readings},
        ),
    }
    return kinds


def _money_or_null() -> Schema:
    return {
        "description": "null：应予赔偿，金额不由这里定。 null: due, the amount is not fixed here.",
        "type": ["string", "null"],
        "pattern": SHOWN_MONEY_PATTERN,
    }


def _verdict() -> Schema:
    sums = {"type": "object", "additionalProperties": ref("ShownMoney")}
    totals = dict.fromkeys(("fine", "fee", "compensation"), sums)
    return closed(
        "判定 verdict",
        {
            "edition": TEXT,
            "as_of": TEXT_OR_NULL,
            "outcomes": {"type": "array", "items": ref("Outcome")},
            "defeated": {"type": "array", "items": ref("Defeated")},
            "undecided": {"type": "array", "items": ref("Undecided")},
            "derived": ref("Derived"),
            "totals": {"type": "object", "properties": totals, "additionalProperties": False},
        },
    )
