"""Dry runs: their operations, and the bodies that are asked and answered."""

from __future__ import annotations

from collections.abc import Mapping

from api.http.openapi.operation import DRY_RUNS, KEPT, POSTED, Operation, Reply
from api.http.openapi.shapes import EDITION, NUMBER, TRUTH, UTC, by_name, list_of, or_null, problem
from api.http.openapi.values import Schema, ref
from api.http.openapi.verdicts import TEXT, TEXT_OR_NULL, closed
from api.store.keys import Role
from engine.evaluate.verdict import REASONS

MAY_LOOK: tuple[Role, ...] = ("rehearse", "operate")
FILE_NAME: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.yaml$"}
LISTED: Schema = {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 200}}
DECIMAL: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
FOLLOWED = ("dryRun", "dryRunResult", "dryRunReport", "cancelDryRun")

DRY_RUN_OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "askForDryRun",
        "post",
        "/v1/dry-runs",
        "试运行：拟议的规则会改变什么 a dry run: what would proposed rules change",
        DRY_RUNS,
        {202: Reply("已排队 it is queued", ref("DryRun"), headers=KEPT, leads_to=FOLLOWED)},
        roles=("rehearse",),
        problems=(503,),
        body="ToDryRun",
        parameters=POSTED,
        detail="没有给出的规则书与现用的相同；候选规则有误时，findings 即 caiding check 所说，什么也不运行。"
        " Rulebooks that are not given are those of the running edition. Where the candidate has errors,"
        " findings are those of caiding check, and nothing is run.",
        refused_as={422: ("RefusedCandidate",)},
    ),
    Operation(
        "dryRuns",
        "get",
        "/v1/dry-runs",
        "列出试运行，新的在前 dry runs, newest first",
        DRY_RUNS,
        {200: Reply("一页 a page", ref("DryRuns"))},
        roles=MAY_LOOK,
        problems=(400, 503),
        parameters=("Before", "Limit"),
    ),
    Operation(
        "dryRun",
        "get",
        "/v1/dry-runs/{id}",
        "一次试运行到哪里了 how far a dry run is",
        DRY_RUNS,
        {200: Reply("状态和进度 its state and progress", ref("DryRun"))},
        roles=MAY_LOOK,
        problems=(404, 503),
        parameters=("Id",),
    ),
    Operation(
        "dryRunResult",
        "get",
        "/v1/dry-runs/{id}/result",
        "试运行的结果 what came of a dry run",
        DRY_RUNS,
        {
            200: Reply(
                "影响：工单、金额、规则、例子 the impact: tickets, money, rules, examples", ref("Impact")
            )
        },
        roles=MAY_LOOK,
        problems=(404, 409, 503),
        parameters=("Id",),
    ),
    Operation(
        "dryRunReport",
        "get",
        "/v1/dry-runs/{id}/report",
        "给人看的报告 the report, to be read by people",
        DRY_RUNS,
        {200: Reply("一个网页，不含别处的内容 one page with nothing from elsewhere", TEXT, form="text/html")},
        roles=MAY_LOOK,
        problems=(404, 409, 503),
        parameters=("Id",),
        in_browser=True,
    ),
    Operation(
        "cancelDryRun",
        "delete",
        "/v1/dry-runs/{id}",
        "取消试运行 cancel a dry run",
        DRY_RUNS,
        {204: Reply("已取消，或即将停下 it is cancelled, or will stop in a moment")},
        roles=MAY_LOOK,
        problems=(404, 409, 503),
        parameters=("Id",),
        detail="rehearse 只能取消自己的，operate 可以取消任何一个。"
        " A rehearse key cancels its own caller's, an operate key anybody's.",
    ),
)


def schemas() -> dict[str, Schema]:
    """The components of dry runs, by name."""
    return {
        "ToDryRun": _to_dry_run(),
        "RehearsedTickets": _tickets(),
        "Finding": _finding(),
        "RefusedCandidate": _refused_candidate(),
        "DryRun": _dry_run(),
        "DryRuns": closed(
            "试运行 dry runs", {"dry_runs": list_of(ref("DryRun")), "next": or_null(ref("Id"))}
        ),
        "MeasuredLimit": _limit(),
        "Pair": closed("前后 before and after", {"before": NUMBER, "after": NUMBER, "delta": NUMBER}),
        "MoneyPairs": list_of(
            closed(
                "金额 money",
                {"kind": TEXT, "unit": TEXT, "before": DECIMAL, "after": DECIMAL, "delta": DECIMAL},
            )
        ),
        "Impact": _impact(),
    }


def _to_dry_run() -> Schema:
    candidate = {
        "type": "object",
        "propertyNames": FILE_NAME,
        "additionalProperties": TEXT_OR_NULL,
        "description": "改动的规则书，按文件名；null 去掉一个文件。"
        " Changed rulebooks by the names of their files; null leaves one out.",
    }
    written = {"type": "string", "maxLength": 200}
    asked: Mapping[str, Schema] = {
        "candidate": candidate,
        "base": {
            **written,
            "description": "与哪个版本比较，缺省为现用的。"
            " The edition or revision to compare with; the running one where it is not given.",
        },
        "readings": {**by_name(written), "description": "例如 AMB-01: floor such as AMB-01: floor"},
        "as_of": {**written, "description": "判定的时刻 the instant of judging"},
        "by": {**LISTED, "description": "按哪些事实分组 the facts by which tickets are grouped"},
        "fail_on": {**LISTED, "description": "例如 changed > 2% such as changed > 2%"},
    }
    return {
        **closed("要试运行的 what to run", {"tickets": ref("RehearsedTickets")}, asked),
        "anyOf": [{"required": [name]} for name in ("candidate", "readings", "base")],
        "examples": [
            {"readings": {"AMB-01": "floor"}, "tickets": {"from": "2015-01-01", "until": "2015-04-01"}}
        ],
    }


def _tickets() -> Schema:
    days = {"from": ref("Day"), "until": ref("Day")}
    log = closed("判定日志中的日期 days of the decision log", {}, days)
    return {"title": "工单 tickets", "oneOf": [{"const": "history"}, log]}


def _finding() -> Schema:
    place = {"file": TEXT, "line": NUMBER, "column": NUMBER, "end_line": NUMBER, "end_column": NUMBER}
    placed = or_null(closed("位置 place", place))
    return closed(
        "提示 finding",
        {
            "code": TEXT,
            "severity": {"type": "string", "enum": ["error", "warning", "information"]},
            "message": TEXT,
            "help": TEXT_OR_NULL,
            "place": placed,
            "pointer": TEXT_OR_NULL,
            "labels": list_of(closed("另一处 further place", {"message": TEXT, "place": placed})),
        },
    )


def _refused_candidate() -> Schema:
    """A problem that also says what `check` says."""
    counts = ("rulebooks", "rules", "errors", "warnings", "informations")
    checked = {
        "findings": list_of(ref("Finding")),
        "summary": closed("数目 counts", dict.fromkeys(counts, NUMBER)),
    }
    return closed("候选规则有误 candidate with errors", {**problem()["properties"], **checked})


def _dry_run() -> Schema:
    asked = {
        "candidate": list_of(FILE_NAME),
        "readings": by_name(TEXT),
        "tickets": ref("RehearsedTickets"),
        "as_of": TEXT_OR_NULL,
        "by": LISTED,
        "fail_on": LISTED,
        "language": {"type": "string", "enum": ["zh", "en"]},
    }
    trouble = {"code": TEXT, "message": TEXT, "help": TEXT_OR_NULL, "findings": list_of(ref("Finding"))}
    done = {"type": "integer", "minimum": 0, "maximum": 100}
    summary = {
        "tickets": NUMBER,
        "bad": NUMBER,
        "changed": NUMBER,
        "changed_in_money": NUMBER,
        "undecided": ref("Pair"),
        "passed": TRUTH,
        "limits": list_of(ref("MeasuredLimit")),
    }
    return closed(
        "试运行 dry run",
        {
            "id": ref("Id"),
            "state": {"type": "string", "enum": ["queued", "running", "done", "failed", "cancelled"]},
            "caller": TEXT,
            "created_at": UTC,
            "started_at": or_null(UTC),
            "ended_at": or_null(UTC),
            "base": EDITION,
            "candidate": EDITION,
            "asked": closed("所问 what was asked", asked),
            "ahead": or_null(NUMBER),
            "progress": closed("进度 progress, percent", {"step": TEXT_OR_NULL, "done": done}),
            "cancelling": TRUTH,
            "trouble": or_null(closed("没有做成的原因 why it failed", trouble)),
            "summary": or_null(closed("概要 summary", summary)),
        },
    )


def _limit() -> Schema:
    number = or_null(DECIMAL)
    return closed(
        "限度 limit",
        {
            "limit": TEXT,
            "rule": TEXT_OR_NULL,
            "exceeded": TRUTH,
            "unit": TEXT_OR_NULL,
            "value": number,
            "over": number,
        },
    )


def _impact() -> Schema:
    """Verdicts and what rules say may be of editions with other names, so they are any objects."""
    side = closed("一方 side", {"label": TEXT, "edition": EDITION, "readings": by_name(TEXT)})
    pair, money = ref("Pair"), ref("MoneyPairs")
    place = {"file": TEXT, "row": NUMBER}
    numbered = {**place, "ticket_no": TEXT_OR_NULL}
    group = {"value": TEXT_OR_NULL, "tickets": NUMBER, "changed": NUMBER, "money": money}
    dimension = {"name": TEXT, "fact": TEXT, "groups": list_of(closed("组 group", group)), "left_out": NUMBER}
    bins = closed("区间 bin", {"low": DECIMAL, "high": or_null(DECIMAL), "tickets": pair})
    lacking = {
        "rule": TEXT,
        "reason": {"type": "string", "enum": list(REASONS)},
        "missing": list_of(TEXT),
        "tickets": pair,
    }
    return closed(
        "影响 impact",
        {
            "base": side,
            "candidate": side,
            "as_of": TEXT,
            "tickets": NUMBER,
            "changed": NUMBER,
            "changed_in_money": NUMBER,
            "undecided": pair,
            "money": money,
            "limits": list_of(ref("MeasuredLimit")),
            "edits": list_of(_edit()),
            "rules": list_of(_rule()),
            "dimensions": list_of(closed("分组 dimension", dimension)),
            "distributions": list_of(
                closed("分布 distribution", {"kind": TEXT, "unit": TEXT, "bins": list_of(bins)})
            ),
            "largest": list_of(closed("工单 ticket", {**numbered, "money": money, "rules": list_of(TEXT)})),
            "classes": list_of(_class(numbered)),
            "classes_left_out": NUMBER,
            "lacking": list_of(closed("缺少的事实 lacking", lacking)),
            "bad": NUMBER,
            "bad_tickets": list_of(closed("有误的工单 bad", {**place, "findings": list_of(ref("Finding"))})),
            "repeated": NUMBER,
            "repeated_numbers": list_of(TEXT),
            "reach": or_null(_reach()),
        },
    )


def _reach() -> Schema:
    """Where the change applies, by proof; null where no proof was asked for."""
    zone = {
        "where": closed("范围 where", {"zh": TEXT, "en": TEXT}),
        "exact": TRUTH,
        "tickets": or_null(NUMBER),
        "unknown": NUMBER,
        "changed": NUMBER,
        "money": ref("MoneyPairs"),
    }
    item = {
        "rule": TEXT,
        "title": by_name(TEXT),
        "complete": TRUTH,
        "changed": NUMBER,
        "elsewhere": NUMBER,
        "zones": list_of(closed("范围 zone", zone)),
    }
    reach = {
        "complete": TRUTH,
        "unvisited": NUMBER,
        "same": NUMBER,
        "items": list_of(closed("规则的范围 an item's zones", item)),
    }
    return closed("改动的范围 reach", reach)


def _edit() -> Schema:
    kinds = ["rule", "definition", "parameter", "fact", "calendar", "reading"]
    edit = {
        "kind": {"type": "string", "enum": kinds},
        "name": TEXT,
        "change": _change_kind(),
        "words_only": TRUTH,
        "before": TEXT_OR_NULL,
        "after": TEXT_OR_NULL,
    }
    return closed("改动 edit", edit)


def _change_kind() -> Schema:
    return {"type": "string", "enum": ["appears", "disappears", "changes"]}


def _rule() -> Schema:
    pair = ref("Pair")
    rule = {
        "rule": TEXT,
        "title": ref("Words"),
        "edited": TRUTH,
        "changed": NUMBER,
        "applied": pair,
        "defeated": pair,
        "undecided": pair,
        "money": ref("MoneyPairs"),
    }
    return closed("规则 rule", rule)


def _class(numbered: Mapping[str, Schema]) -> Schema:
    anything: Schema = {"type": "object"}
    change = {
        "rule": TEXT,
        "kind": _change_kind(),
        "before": list_of(anything),
        "after": list_of(anything),
    }
    example = {**numbered, "facts": anything, "before": anything, "after": anything}
    return closed(
        "同样的改变 class of tickets",
        {
            "tickets": NUMBER,
            "money": ref("MoneyPairs"),
            "changes": list_of(closed("改变 change", change)),
            "examples": list_of(closed("例子 example", example)),
        },
    )
