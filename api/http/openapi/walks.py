"""Walks in the document: the case that is posted, the moments that come back, and the operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from api.http.openapi.operation import TRACED, VERDICTS, Operation, Reply
from api.http.openapi.shapes import NUMBER, TRUTH, list_of, or_null
from api.http.openapi.values import Schema, ref
from api.http.openapi.verdicts import TEXT, TEXT_OR_NULL, closed
from api.http.walks import MOST_EVENTS
from engine.evaluate.walk.case_file import Permission
from engine.evaluate.walk.changes import How
from engine.evaluate.walk.moments import ClockNews, Happened

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)?"

WALK_OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "walk",
        "post",
        "/v1/walks",
        "走一遍案例 walk a case",
        VERDICTS,
        {
            200: Reply(
                "每一刻的变化、时限和可做的事 what changes, runs and may be done at each moment", ref("Walk")
            )
        },
        roles=("evaluate",),
        problems=(503,),
        body="ToWalk",
        parameters=TRACED,
        detail="工单的事件按时间排列；每个事件之后、每个时限届满之时各判一次。只是推演，不存入判定日志。"
        " A ticket's events in the order of time, judged after each of them and whenever a limit passes."
        " It is hypothetical: nothing goes into the decision log.",
    ),
)


def schemas() -> dict[str, Schema]:
    """The components of a walk, by name."""
    return {
        "CaseInstant": _instant(),
        "CaseFacts": _facts(),
        "CaseWords": {"title": "文字 text", "anyOf": [{"type": "string", "minLength": 1}, _localized()]},
        "CaseEvent": _event(),
        "ToWalk": _to_walk(),
        "Walk": _walk(),
        "Moment": _moment(),
        "FactChange": closed(
            "事实的变化 change of a fact", {"fact": TEXT, "how": _one_of("怎样 how", How), "value": {}}
        ),
        "MomentChanges": _changes(),
        "Permission": _one_of("准许与否 permission", Permission),
        "Action": closed(
            "可做的事 action",
            {"action": ref("Code"), "permission": ref("Permission")}
            | {"requires": list_of(ref("Code")), "rules": list_of(TEXT)},
        ),
    }


def _one_of(title: str, words: Any) -> Schema:
    return {"title": title, "type": "string", "enum": list(get_args(words))}


def _instant() -> Schema:
    return {
        "title": "时刻 instant",
        "description": "没有时区的按事实目录的时区读。 Without an offset it is read in the catalogue's zone.",
        "type": "string",
        "pattern": f"^{_DAY}[T ]{_TIME}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?$",
        "examples": ["2015-06-20T09:00"],
    }


def _facts() -> Schema:
    """Values may be `now` and `today`, so a schema of the facts' own types would refuse too much."""
    return {
        "title": "事实 facts",
        "type": "object",
        "additionalProperties": True,
        "description": "同工单的 facts；`now`、`today` 是事件的时刻和日期，null 去掉一个事实。"
        " As a ticket's facts; `now` and `today` are the event's instant and day, null takes a fact away.",
    }


def _localized() -> Schema:
    some = {"type": "string", "minLength": 1}
    return closed("双语文字 text in both languages", {"zh": some, "en": some})


def _open(title: str, fields: Mapping[str, Schema], required: tuple[str, ...]) -> Schema:
    """What is posted: no other fields, and only some that must be there."""
    return {
        "title": title,
        "type": "object",
        "properties": dict(fields),
        "required": list(required),
        "additionalProperties": False,
    }


def _event() -> Schema:
    records = {"type": "object", "minProperties": 1, "additionalProperties": {"type": ["object", "array"]}}
    closing = {"type": "object", "minProperties": 1, "additionalProperties": {"type": ["object", "string"]}}
    fields = {
        "at": ref("CaseInstant"),
        "event": ref("CaseWords"),
        "facts": ref("CaseFacts"),
        "append": {**records, "description": "给记录列表添一条 adds a record to a list"},
        "close": {**closing, "description": "补上未完的记录，如 waits: ended completes the open record"},
        "expect": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": ["object", "string"]},
            "description": "条目编号 → 预期，另有 totals、actions；不符的列在 missed。"
            " Item id → what is expected, and totals and actions; what is not met stands in missed.",
        },
    }
    return _open("事件 event", fields, ("at",))


def _to_walk() -> Schema:
    fields = {
        "case": {"type": "string", "pattern": "^[a-z0-9]+(?:-[a-z0-9]+)*$"},
        "title": _localized(),
        "note": _localized(),
        "readings": {"type": "object", "additionalProperties": TEXT},
        "facts": ref("CaseFacts"),
        "events": {**list_of(ref("CaseEvent")), "minItems": 1, "maxItems": MOST_EVENTS},
        "until": ref("CaseInstant"),
    }
    return _open("案例 case", fields, ("events",))


def _walk() -> Schema:
    missed = {"code": TEXT, "message": TEXT, "pointer": TEXT_OR_NULL, "help": TEXT_OR_NULL}
    return closed(
        "走过的案例 walk",
        {
            "case": TEXT,
            "title": or_null(ref("Words")),
            "edition": or_null({"type": "string", "pattern": "^[0-9a-f]{12}$"}),
            "beginning": list_of(ref("FactChange")),
            "moments": list_of(ref("Moment")),
            "missed": list_of(closed("不符的预期 expectation not met", missed)),
        },
    )


def _moment() -> Schema:
    clock = {"rule": TEXT, "title": ref("Words"), "started": TEXT_OR_NULL, "due": TEXT}
    clock |= {"seconds_left": NUMBER, "paused": TRUTH}
    return closed(
        "一刻 moment",
        {
            "at": TEXT,
            "happened": _one_of("何事 what happened", Happened),
            "event": or_null(ref("Words")),
            "facts": list_of(ref("FactChange")),
            "changes": ref("MomentChanges"),
            "clocks": list_of(closed("计时中的时限 running clock", clock)),
            "actions": list_of(ref("Action")),
            "verdict": ref("Verdict"),
        },
    )


def _changes() -> Schema:
    clock = {"news": _one_of("何种变化 news", ClockNews), "deadline": ref("Outcome_deadline")}
    value = closed("值 value", {"name": TEXT, "before": {}, "after": {}})
    return closed(
        "变化 changes",
        {
            "new": list_of(ref("Outcome")),
            "gone": list_of(ref("Outcome")),
            "clocks": list_of(closed("时限的变化 change of a clock", clock)),
            "actions": list_of(
                closed("准许的变化 change", {"before": ref("Permission"), "now": ref("Action")})
            ),
            "defeated": list_of(ref("Defeated")),
            "no_longer_defeated": list_of(ref("Defeated")),
            "undecided": list_of(ref("Undecided")),
            "settled": list_of(ref("Undecided")),
            "totals": list_of(value),
            "derived": list_of(value),
        },
    )
