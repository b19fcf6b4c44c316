"""The whole document: components, operations, examples. A pure function of a library and its edition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.http.exchange import JSON, PROBLEM
from api.http.openapi import dry_runs, examples, facts, shapes, values, verdicts, walks
from api.http.openapi.examples import Example
from api.http.openapi.operation import WATCHES, Operation, Reply
from api.http.openapi.operations import OPERATIONS, REFUSALS
from api.http.openapi.values import Schema, ref
from engine.evaluate.evaluators import Evaluator
from engine.rulebook.model import Catalogue

KEY = "key"
BASIC = "keyInBrowser"
REFUSED_WITH: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    503: ("Retry-After",),
}
"""The headers that a refusal has of its own."""


def document(catalogue: Catalogue, evaluator: Evaluator, version: str) -> dict[str, Any]:
    """OpenAPI 3.1 of the service while the evaluator's edition judges; `version` is Caiding's own."""
    judged = examples.judged(evaluator)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "裁定 Caiding",
            "version": version,
            "description": _INTRODUCTION,
            "x-edition": evaluator.plan.edition,
            "x-zone": catalogue.zone,
            "x-currency": catalogue.currency,
        },
        "servers": [{"url": "/"}],
        "security": [{KEY: []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(o.tag for o in OPERATIONS)],
        "paths": _paths(judged),
        "webhooks": {"deadline": {"post": _delivery()}},
        "components": _components(catalogue),
    }


_INTRODUCTION = (
    "工单的事实换来判定：适用哪些罚款、时限、赔偿，为什么，依据哪句话。每个判定在答复之前已经存下。"
    "金额是十进制文本；时刻是 ISO 8601；错误是 RFC 9457，一次列出全部。\n\n"
    "A ticket's facts in, a verdict out: which fines, deadlines and compensation apply, why, and by which"
    " sentence. Every verdict is stored before it is answered. Money is decimal text, instants are ISO 8601,"
    " errors are RFC 9457 and come all at once.\n\n"
    "`Idempotency-Key`：同一密钥、同一请求再发一次，得到存下的同一答复。"
    " The same key and request again give the stored answer again."
)


def _paths(judged: Sequence[Example]) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, judged)
    return paths


def _operation(operation: Operation, judged: Sequence[Example]) -> dict[str, Any]:
    replies = {status: _reply(reply, judged) for status, reply in operation.replies.items()}
    responses = replies | {status: _refusal(operation, status) for status in operation.refusals}
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.says,
        "tags": [operation.tag],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in operation.parameters],
        "responses": {str(status): responses[status] for status in sorted(responses)},
    }
    if operation.detail:
        described["description"] = operation.detail
    if operation.roles is None:
        described["security"] = []
    elif operation.in_browser:
        described["security"] = [{KEY: []}, {BASIC: []}]
    if operation.roles:
        described["x-roles"] = list(operation.roles)
    if operation.body is not None:
        content = {"schema": ref(operation.body), "examples": examples.bodies(operation.body, judged)}
        described["requestBody"] = {"required": True, "content": {JSON: content}}
    return described


def _reply(reply: Reply, judged: Sequence[Example]) -> dict[str, Any]:
    response: dict[str, Any] = {"description": reply.says, "headers": _headers(*reply.headers)}
    if reply.leads_to:
        id_ = {"id": "$response.body#/id"}
        response["links"] = {name: {"operationId": name, "parameters": id_} for name in reply.leads_to}
    if reply.schema is not None:
        name = reply.schema.get("$ref", "").rpartition("/")[2]
        shown = examples.bodies(name, judged)
        response["content"] = {reply.form: {"schema": reply.schema, **({"examples": shown} if shown else {})}}
    return response


def _refusal(operation: Operation, status: int) -> dict[str, Any]:
    told = [ref(name) for name in ("Problem", *operation.refused_as.get(status, ()))]
    return {
        "description": REFUSALS[status],
        "headers": _headers(*REFUSED_WITH.get(status, ())),
        "content": {PROBLEM: {"schema": told[0] if len(told) == 1 else {"anyOf": told}}},
    }


def _delivery() -> dict[str, Any]:
    """What a registered address is sent, signed as Standard Webhooks has it."""
    signed = {
        "webhook-id": "每个时限一个，重送时不变 one a deadline, the same at every attempt",
        "webhook-timestamp": "秒 seconds since 1970",
        "webhook-signature": "`v1,` 加 HMAC-SHA256 the HMAC-SHA256 of id, timestamp and body",
    }
    return {
        "operationId": "deadline",
        "summary": "时限到了 a deadline has passed",
        "tags": [WATCHES],
        "security": [],
        "parameters": [
            {**_parameter("header", name, says, {"type": "string"}), "required": True}
            for name, says in signed.items()
        ],
        "requestBody": {"required": True, "content": {JSON: {"schema": ref("Ring")}}},
        "responses": {"2XX": {"description": "收到 taken"}},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def _components(catalogue: Catalogue) -> dict[str, Any]:
    schemas: dict[str, Schema] = {
        **values.TIMES,
        "Facts": facts.facts(catalogue),
        "Ticket": facts.ticket(catalogue),
        **verdicts.schemas(catalogue),
        **shapes.schemas(),
        **dry_runs.schemas(),
        **walks.schemas(),
    }
    return {
        "schemas": schemas,
        "parameters": PARAMETERS,
        "headers": HEADERS,
        "securitySchemes": {
            KEY: {"type": "http", "scheme": "bearer", "description": "`caiding_<id>_<secret>`"},
            BASIC: {
                "type": "http",
                "scheme": "basic",
                "description": "浏览器用：密钥作密码。 For browsers: the key as the password.",
            },
        },
    }


def _header(says: str, schema: Schema, *, required: bool = True) -> dict[str, Any]:
    return {"description": says, "required": required, "schema": schema}


def _parameter(place: str, name: str, says: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": place, "description": says, "required": place == "path", "schema": schema}


HEADERS: Mapping[str, Mapping[str, Any]] = {
    "X-Request-Id": _header(
        "请求编号，日志里也有 the request's id, also in the log", {"type": "string", "minLength": 1}
    ),
    "Caiding-Edition": _header(
        "判定所用规则的版本 the edition of the rules", {"type": "string", "pattern": "^[0-9a-f]{12}$"}
    ),
    "Location": _header("所建之物的地址 where that which was made is", {"type": "string"}),
    "Retry-After": _header("多少秒后再来 seconds to wait", {"type": "integer", "minimum": 0}),
    "Idempotency-Replayed": _header(
        "true：这是以前存下的答复 true: this answer was stored before", {"const": "true"}, required=False
    ),
    "ETag": _header("文档的标记 the document's mark", {"type": "string"}),
    "RateLimit": _header("还剩多少请求 what is left of the rate limit", {"type": "string"}),
    "RateLimit-Policy": _header("每个密钥的请求限额 the rate limit of a key", {"type": "string"}),
    "WWW-Authenticate": _header("怎样给出密钥 how a key is given", {"type": "string"}),
}

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "Id": _parameter("path", "id", "编号 the id", ref("Id")),
    "Before": _parameter("query", "before", "上一页的 next the next of the page before", ref("Id")),
    "Limit": _parameter(
        "query", "limit", "一页多少 how many a page has", {"type": "integer", "minimum": 1, "maximum": 200}
    ),
    "Name": _parameter(
        "path", "name", "规则书 the rulebook", {"type": "string", "minLength": 1, "examples": ["penalties"]}
    ),
    "Idempotency-Key": _parameter(
        "header",
        "Idempotency-Key",
        "再发一次也只判一次：同一密钥、同一请求得到存下的答复。 Send it again without being judged twice.",
        {"type": "string", "pattern": "^[!-~](?:[ -~]{0,253}[!-~])?$"},
    ),
    "X-Request-Id": _parameter(
        "header", "X-Request-Id", "自己的请求编号 your own id of the request", {"type": "string"}
    ),
    "If-None-Match": _parameter("header", "If-None-Match", "已有的标记 the mark", {"type": "string"}),
    "traceparent": _parameter("header", "traceparent", "W3C Trace Context", {"type": "string"}),
}
