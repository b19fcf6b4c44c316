"""The other bodies of the service: problems, decisions, replays, editions, rulebooks, health."""

from __future__ import annotations

from collections.abc import Mapping

from api.http.openapi.values import Schema, ref
from api.http.openapi.verdicts import TEXT, TEXT_OR_NULL, closed
from engine.rulebook.types import Kind

MOST_TICKETS = 1_000
NUMBER: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
EDITION: Schema = {"type": "string", "pattern": "^[0-9a-f]{12}$"}
UTC: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {
    "title": "判定编号 id of a verdict",
    "type": "string",
    "description": "UUIDv7：按时间排序。 UUIDv7: in the order of time.",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    "examples": ["019f6a3b-5c00-7d21-8f4e-2b6c9d0e1f3a"],
}


def schemas() -> dict[str, Schema]:
    """The components beside the ticket and the verdict, by name."""
    return {
        "Id": ID,
        "Problem": problem(),
        "Decided": closed("判定完毕 decided", {"id": ref("Id"), "verdict": ref("Verdict")}),
        "Batch": _batch(),
        "BatchResults": _batch_results(),
        "Decision": _decision(),
        "Replay": _replay(),
        "Differences": _differences(),
        "Rulebooks": _rulebooks(),
        "Rulebook": _rulebook(),
        "FactCatalogue": _fact_catalogue(),
        "Activation": _activation(),
        **_editions(),
        **_watches(),
        "Live": closed("在运行 it runs", {"status": {"const": "live"}}),
        "Ready": _ready(),
    }


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def problem() -> Schema:
    """RFC 9457, with the code and every single thing that is wrong."""
    error = {"code": TEXT, "message": TEXT, "pointer": TEXT_OR_NULL, "help": TEXT_OR_NULL}
    return closed(
        "问题 problem",
        {
            "type": {"type": "string", "pattern": "^urn:caiding:problem:S[0-9]{3}$"},
            "title": TEXT,
            "status": NUMBER,
            "detail": TEXT,
            "instance": {"type": "string", "pattern": "^urn:caiding:request:"},
            "code": {"type": "string", "pattern": "^S[0-9]{3}$"},
            "help": TEXT_OR_NULL,
            "errors": list_of(closed("一处错误 error", error)),
        },
    )


def _batch() -> Schema:
    """A ticket that is wrong fails alone, so the batch itself takes whatever stands in its place."""
    tickets = {**list_of({"anyOf": [ref("Ticket"), {}]}), "minItems": 1, "maxItems": MOST_TICKETS}
    return closed("一批工单 batch of tickets", {"tickets": tickets})


def _batch_results() -> Schema:
    decided = {"status": {"const": 201}, "id": ref("Id"), "verdict": ref("Verdict")}
    refused = {"status": {"const": 422}, "problem": ref("Problem")}
    result = {"oneOf": [closed("判定完毕 decided", decided), closed("有误 refused", refused)]}
    return closed("一批判定 verdicts", {"edition": EDITION, "results": list_of(result)})


def _decision() -> Schema:
    return closed(
        "存下的判定 stored verdict",
        {
            "id": ref("Id"),
            "decided_at": UTC,
            "as_of": TEXT_OR_NULL,
            "edition": EDITION,
            "engine": TEXT,
            "caller": TEXT,
            "key_id": NUMBER,
            "request_id": TEXT,
            "traceparent": TEXT_OR_NULL,
            "ticket_no": TEXT_OR_NULL,
            "duration_us": NUMBER,
            "facts": {"type": "object", "description": "个人信息已遮盖 personal facts are masked"},
            "verdict": {"type": "object", "description": "当时版本的判定 the verdict of its edition"},
        },
    )


def _replay() -> Schema:
    """A verdict of another edition may name what this one does not know, so it is any object."""
    reason = closed("原因 reason", {"code": TEXT, "message": TEXT, "help": TEXT_OR_NULL})
    return closed(
        "再判 replay",
        {
            "id": ref("Id"),
            "edition": EDITION,
            "engine": TEXT,
            "engine_now": TEXT,
            "same_bytes": {"type": ["boolean", "null"]},
            "not_replayed": or_null(reason),
            "verdict": {"type": ["object", "null"]},
            "replay_differences": or_null(ref("Differences")),
            "edition_today": or_null(EDITION),
            "differs": {"type": ["boolean", "null"]},
            "differences": or_null(ref("Differences")),
            "not_judged_today": or_null(reason),
        },
    )


def _differences() -> Schema:
    parts = {"type": "string", "enum": ["outcomes", "defeated", "undecided"]}
    side = list_of(closed("说法 entry", {"part": parts, "says": {"type": "object"}}))
    kinds = {"type": "string", "enum": ["appears", "disappears", "changes"]}
    rule = {"rule": TEXT, "difference": kinds, "in_words_only": TRUTH, "before": side, "after": side}
    value = closed("值 value", {"name": TEXT, "before": {}, "after": {}})
    rules = list_of(closed("规则 rule", rule))
    return closed("不同 differences", {"rules": rules, "derived": list_of(value), "totals": list_of(value)})


def _rulebooks() -> Schema:
    book = {"name": TEXT, "title": ref("Words"), "sections": NUMBER, "items": NUMBER}
    return closed(
        "规则书 rulebooks", {"edition": EDITION, "rulebooks": list_of(closed("规则书 rulebook", book))}
    )


def _rulebook() -> Schema:
    words, citations = ref("Words"), list_of(ref("Citation"))
    reading = {"id": TEXT, "question": words, "options": by_name(words), "preferred": TEXT}
    value = closed("数值 value", {"from": TEXT, "value": TEXT})
    parameter = {"id": TEXT, "label": words, "values": list_of(value), "unit": TEXT_OR_NULL}
    item = {"id": TEXT, "kind": TEXT, "title": words, "from": TEXT_OR_NULL, "until": TEXT_OR_NULL}
    items = closed(
        "条目 item",
        {**item, "statements": list_of(TEXT), "citations": citations, "note": or_null(words)},
    )
    section = {"name": TEXT, "title": words, "items": list_of(items)}
    source = {"source": TEXT, "file": TEXT, "title": words, "date": TEXT_OR_NULL}
    return closed(
        "规则书 rulebook",
        {
            "edition": EDITION,
            "name": TEXT,
            "title": words,
            "readings": list_of(closed("读法 reading", {**reading, "because": or_null(words)})),
            "parameters": list_of(
                closed("参数 parameter", {**parameter, "missing": or_null(words), "citations": citations})
            ),
            "sections": list_of(closed("节 section", section)),
            "sources": list_of(closed("来源 source", source)),
        },
    )


def _fact_catalogue() -> Schema:
    words = ref("Words")
    kind = {"type": "string", "enum": [str(kind) for kind in Kind]}
    field = {"name": TEXT, "label": words, "type": kind, "values": by_name(words)}
    fact: Mapping[str, Schema] = {
        "name": TEXT,
        "entity": TEXT,
        "label": words,
        "type": kind,
        "unit": TEXT_OR_NULL,
        "digits": {"type": ["integer", "null"]},
        "values": by_name(words),
        "fields": list_of(closed("字段 field", field)),
        "minimum": TEXT_OR_NULL,
        "maximum": TEXT_OR_NULL,
        "example": {},
        "absence": {"type": "string", "enum": ["unknown", "none"]},
        "derived": {"type": ["string", "null"], "enum": ["engine", "fallback", None]},
        "personal": TRUTH,
    }
    top = {"edition": EDITION, "zone": TEXT, "currency": TEXT, "entities": by_name(words)}
    return closed("事实目录 fact catalogue", {**top, "facts": list_of(closed("事实 fact", fact))})


def _activation() -> Schema:
    finding = {"code": TEXT, "severity": TEXT, "message": TEXT, "help": TEXT_OR_NULL, "place": {}}
    return closed(
        "更换 activation",
        {
            "at": UTC,
            "generation": NUMBER,
            "edition": or_null(EDITION),
            "revision": TEXT,
            "outcome": {"type": "string", "enum": ["activated", "refused"]},
            "findings": list_of(closed("提示 finding", finding)),
        },
    )


def _editions() -> dict[str, Schema]:
    active = {"edition": EDITION, "revision": TEXT, "generation": NUMBER, "since": UTC}
    used = {"edition": EDITION, "revision": TEXT, "first_used_at": UTC, "engine": TEXT}
    told = {
        "active": or_null(closed("现用 active", active)),
        "last_refused": or_null(ref("Activation")),
        "activations": list_of(ref("Activation")),
        "editions": list_of(closed("用过的版本 edition used", used)),
    }
    outcome = {"type": "string", "enum": ["activated", "refused", "unchanged"]}
    return {
        "Editions": closed("版本 editions", told),
        "Reload": closed("查看的结果 reload", {"outcome": outcome, **told}),
    }


def _watches() -> dict[str, Schema]:
    state = {"type": "string", "enum": ["waiting", "delivered", "stopped", "cancelled", "given_up"]}
    deadline = {
        "webhook_id": TEXT,
        "rule": TEXT,
        "due": TEXT,
        "state": state,
        "attempts": NUMBER,
        "next_at": or_null(UTC),
        "ended_at": or_null(UTC),
        "verdict": or_null(ref("Id")),
        "last_error": TEXT_OR_NULL,
    }
    watch = {
        "id": ref("Id"),
        "verdict": ref("Id"),
        "ticket_no": TEXT_OR_NULL,
        "caller": TEXT,
        "webhook": TEXT,
        "created_at": UTC,
        "state": {"type": "string", "enum": ["waiting", "ended", "cancelled"]},
        "deadlines": list_of(closed("时限 deadline", deadline)),
    }
    return {
        "ToWatch": closed("要监视的 what to watch", {"verdict": TEXT, "webhook": TEXT}),
        "ToRenew": closed("更新的判定 newer verdict", {"verdict": TEXT}),
        "Watch": closed("监视 watch", watch),
        "Watches": closed("监视 watches", {"watches": list_of(ref("Watch")), "next": or_null(ref("Id"))}),
        "Ring": _ring(),
    }


def _ring() -> Schema:
    """What is posted to a webhook when a deadline has passed."""
    error = closed("一处错误 error", {"code": TEXT, "pointer": TEXT_OR_NULL})
    told = {
        "watch_id": ref("Id"),
        "watched_verdict_id": ref("Id"),
        "ticket_no": TEXT_OR_NULL,
        "rule": TEXT,
        "due": TEXT,
        "before": {"const": "running"},
        "after": {"type": "string", "enum": ["breached", "met", "not_there", "not_judged"]},
        "verdict_id": or_null(ref("Id")),
        "verdict": or_null(ref("Verdict")),
    }
    told_of = closed("时限 deadline", told, {"errors": list_of(error)})
    return closed("到期通知 a deadline has passed", {"type": TEXT, "timestamp": UTC, "data": told_of})


def _ready() -> Schema:
    refused = closed("上次拒绝 last refused", {"at": UTC, "revision": TEXT})
    return closed(
        "可以判定 ready",
        {
            "status": {"const": "ready"},
            "edition": EDITION,
            "revision": TEXT,
            "generation": NUMBER,
            "since": UTC,
            "last_refused": or_null(refused),
        },
    )
