"""What can be asked of the service: every operation with its answers, for the document and for its tests."""

from __future__ import annotations

from collections.abc import Mapping

from api.http.openapi.dry_runs import DRY_RUN_OPERATIONS
from api.http.openapi.operation import (
    DOCUMENTS,
    KEPT,
    POSTED,
    RULES,
    RUNNING,
    TRACED,
    VERDICTS,
    WATCHES,
    Operation,
    Reply,
)
from api.http.openapi.values import ref
from api.http.openapi.walks import WALK_OPERATIONS

REFUSALS: Mapping[int, str] = {
    400: "不是 JSON，或请求头有误 not JSON, or a header that cannot be read",
    401: "没有有效的密钥 no valid key",
    403: "密钥没有这个权限 the key may not do this",
    404: "没有这一项 there is no such thing",
    409: "与现状冲突 it does not fit what is there",
    413: "请求太大 the body is too large",
    415: "请求应为 application/json the body must be application/json",
    422: "内容有误，errors 列出全部 something in the body is wrong; errors lists all of it",
    429: "请求太多 too many requests",
    503: "暂时不能，过后再来 not now, come again later",
}
WAITING = frozenset({429, 503})
"""The refusals that say when to come again."""

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "decide",
        "post",
        "/v1/verdicts",
        "判定一张工单 judge a ticket",
        VERDICTS,
        {
            201: Reply(
                "判定已存下 judged and stored",
                ref("Decided"),
                headers=KEPT,
                leads_to=("verdict", "replay"),
            )
        },
        roles=("evaluate",),
        problems=(503,),
        body="Ticket",
        parameters=POSTED,
    ),
    Operation(
        "decideMany",
        "post",
        "/v1/verdicts/batch",
        "判定一批工单，至多 1,000 张 judge up to 1,000 tickets",
        VERDICTS,
        {
            200: Reply(
                "按次序，每张工单一个结果；一张有误不影响别的。"
                " One result a ticket, in order; one that is wrong fails alone",
                ref("BatchResults"),
                headers=("Caiding-Edition", "Idempotency-Replayed"),
            )
        },
        roles=("evaluate",),
        problems=(503,),
        body="Batch",
        parameters=POSTED,
    ),
    Operation(
        "verdict",
        "get",
        "/v1/verdicts/{id}",
        "读一个存下的判定 read a stored verdict",
        VERDICTS,
        {
            200: Reply(
                "判定和它的事实，个人信息已遮盖 the verdict and its facts, masked",
                ref("Decision"),
            )
        },
        problems=(404, 503),
        parameters=("Id",),
        detail="evaluate 只读自己的；rehearse 和 operate 读全部。"
        " An evaluate key reads its own caller's; rehearse and operate read all.",
    ),
    Operation(
        "replay",
        "post",
        "/v1/verdicts/{id}/replay",
        "再判一次 judge it again",
        VERDICTS,
        {
            200: Reply(
                "与当时是否逐字节相同，今天会有何不同 whether it is the same, and what differs today",
                ref("Replay"),
            )
        },
        problems=(404, 503),
        parameters=("Id", *TRACED),
        detail="用当时留存的规则再判，同时用今天的版本判。"
        " Judged by the rulebooks kept from then, and by today's edition.",
    ),
    *WALK_OPERATIONS,
    Operation(
        "rulebooks",
        "get",
        "/v1/rulebooks",
        "全部规则书 all rulebooks",
        RULES,
        {200: Reply("规则书的名称、标题和条目数 names, titles and counts", ref("Rulebooks"))},
        problems=(503,),
    ),
    Operation(
        "rulebook",
        "get",
        "/v1/rulebooks/{name}",
        "一本规则书 a rulebook",
        RULES,
        {200: Reply("规则书的条目和原文 its items and its text", ref("Rulebook"))},
        problems=(404, 503),
        parameters=("Name",),
    ),
    Operation(
        "facts",
        "get",
        "/v1/facts",
        "事实目录 the fact catalogue",
        RULES,
        {200: Reply("类型、单位、取值和缺省 types, units, values and absence", ref("FactCatalogue"))},
        problems=(503,),
    ),
    Operation(
        "editions",
        "get",
        "/v1/editions",
        "现用和用过的版本 editions now and before",
        RUNNING,
        {
            200: Reply(
                "现用的版本、自何时、最近的更换和拒绝 what judges, and recent changes and refusals",
                ref("Editions"),
            )
        },
        problems=(503,),
    ),
    Operation(
        "reload",
        "post",
        "/v1/editions/reload",
        "查看规则文件夹 look at the rules folder",
        RUNNING,
        {200: Reply("查看的结果 what came of it", ref("Reload"))},
        roles=("operate",),
        problems=(503,),
        parameters=TRACED,
    ),
    Operation(
        "watch",
        "post",
        "/v1/watches",
        "监视一个判定的时限 watch the deadlines of a verdict",
        WATCHES,
        {
            200: Reply(
                "早已在监视 it is watched already", ref("Watch"), headers=("Caiding-Edition", "Location")
            ),
            201: Reply(
                "开始监视 it is watched",
                ref("Watch"),
                headers=("Caiding-Edition", "Location"),
                leads_to=("watchOf", "renewWatch", "endWatch"),
            ),
        },
        roles=("evaluate",),
        problems=(503,),
        body="ToWatch",
        parameters=TRACED,
        detail="时限到时再判一次，把结果送到登记过的地址，带签名，送到为止。"
        " When a deadline passes it is judged again and told to a registered address, signed.",
    ),
    Operation(
        "watches",
        "get",
        "/v1/watches",
        "列出监视，新的在前 watches, newest first",
        WATCHES,
        {200: Reply("一页 a page", ref("Watches"))},
        problems=(400, 503),
        parameters=("Before", "Limit"),
    ),
    Operation(
        "watchOf",
        "get",
        "/v1/watches/{id}",
        "一个监视 a watch",
        WATCHES,
        {200: Reply("每个时限的状态 the state of each deadline", ref("Watch"))},
        problems=(404, 503),
        parameters=("Id",),
    ),
    Operation(
        "renewWatch",
        "put",
        "/v1/watches/{id}",
        "改用同一工单更新的判定 watch a newer verdict of the ticket",
        WATCHES,
        {200: Reply("从此监视它 it is watched from now on", ref("Watch"))},
        roles=("evaluate",),
        problems=(404, 409, 503),
        body="ToRenew",
        parameters=("Id",),
    ),
    Operation(
        "endWatch",
        "delete",
        "/v1/watches/{id}",
        "结束监视 end a watch",
        WATCHES,
        {204: Reply("已结束 it has ended")},
        roles=("evaluate", "operate"),
        problems=(404, 503),
        parameters=("Id",),
    ),
    *DRY_RUN_OPERATIONS,
    Operation(
        "live",
        "get",
        "/health/live",
        "服务在运行 the service runs",
        RUNNING,
        {200: Reply("在运行 it runs", ref("Live"), headers=())},
        roles=None,
    ),
    Operation(
        "ready",
        "get",
        "/health/ready",
        "服务可以判定 the service can judge",
        RUNNING,
        {
            200: Reply("可以判定 it can judge", ref("Ready"), headers=()),
        },
        roles=None,
        problems=(503,),
    ),
    Operation(
        "metrics",
        "get",
        "/metrics",
        "Prometheus 指标 metrics",
        RUNNING,
        {200: Reply("Prometheus 文本 Prometheus text", {"type": "string"}, form="text/plain", headers=())},
        roles=("operate",),
    ),
    Operation(
        "openapi",
        "get",
        "/openapi.json",
        "这份文档 this document",
        DOCUMENTS,
        {
            200: Reply("OpenAPI 3.1", {"type": "object"}, headers=("ETag",)),
            304: Reply("没有变 not changed", headers=("ETag",)),
        },
        problems=(503,),
        parameters=("If-None-Match",),
        in_browser=True,
    ),
    Operation(
        "docs",
        "get",
        "/docs/",
        "显示这份文档的网页 a page that shows this document",
        DOCUMENTS,
        {200: Reply("网页 a page", {"type": "string"}, form="text/html", headers=())},
        in_browser=True,
    ),
)
