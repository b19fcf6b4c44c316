"""Small libraries for the conformance cases: a full rulebook, and a catalogue from a few words a fact.

A case file names its facts as `paid: money` or `{type: enum, values: [a, b]}`; whatever a catalogue
needs besides (labels, examples, parties, codes) is made up here, the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from engine.library import Library, load_texts

EXAMPLES: Mapping[str, Any] = {
    "boolean": True,
    "integer": 1,
    "decimal": 1,
    "money": 1,
    "text": "x",
    "date": "2015-06-01",
    "instant": "2015-06-01T10:00",
    "month": "2015-06",
    "list": [],
    "record": {},
}
PARTIES = ("payer", "other_party", "third_party", "payee")
CODES = ("late", "early", "call", "mail", "refund", "desk", "points", "odd")
CALENDARS = {
    "office": {"label": {"zh": "办公", "en": "office"}, "days": "cn_statutory"},
    "office_hours": {
        "label": {"zh": "办公时间", "en": "office hours"},
        "days": "cn_statutory",
        "hours": ["09:00-12:00", "13:30-18:00"],
    },
    "weekdays": {"label": {"zh": "周一至周五", "en": "weekdays"}, "days": "monday_to_friday"},
    "always": {"label": {"zh": "每天", "en": "every day"}, "days": "every_day"},
}


def words(name: str) -> dict[str, str]:
    return {"zh": f"〔{name}〕", "en": name}


def catalogue_text(facts: Mapping[str, Any]) -> str:
    """A complete `facts.yaml` for the facts that a case needs."""
    return yaml.safe_dump(
        {
            "catalogue": "facts",
            "zone": "Asia/Shanghai",
            "currency": "CNY",
            "calendars": CALENDARS,
            "entities": {"ticket": words("ticket")},
            "parties": {name: words(name) for name in PARTIES},
            "codes": {name: words(name) for name in CODES},
            "facts": {name: _fact(name, said) for name, said in facts.items()},
        },
        allow_unicode=True,
        sort_keys=False,
    )


def _fact(name: str, said: str | Mapping[str, Any]) -> dict[str, Any]:
    fact: dict[str, Any] = {"entity": "ticket", **_typed(name, said)}
    fact.setdefault("example", next(iter(fact.get("values", ())), deepcopy(EXAMPLES.get(fact["type"]))))
    if "minimum" in fact and fact["type"] in ("integer", "decimal", "money"):
        fact["example"] = max(fact["minimum"], fact["example"])
    return fact


def _typed(name: str, said: str | Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": said} if isinstance(said, str) else dict(said)
    fields["label"] = words(name)
    if "values" in fields:
        fields["values"] = {value: words(value) for value in fields["values"]}
    if "record" in fields:
        fields["record"] = {field: _typed(field, inner) for field, inner in fields["record"].items()}
    return fields


SOURCES = (
    f"sources: {{deck: {{file: deck.txt, title: {{zh: 讲义, en: deck}}, date: null, sha256: {'a' * 64}}}}}"
)


def library_from(facts: Mapping[str, Any], rulebook: str) -> Library:
    """The library of one case file."""
    texts = {"facts.yaml": catalogue_text(facts), "sources.yaml": SOURCES, "book.yaml": rulebook}
    return load_texts({name: text.encode() for name, text in texts.items()})


def case_files() -> list[Path]:
    return sorted(Path(__file__).parent.glob("*.yaml"))
