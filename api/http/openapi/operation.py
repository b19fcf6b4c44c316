"""What an operation of the service is: an address, who may ask, and every answer that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from api.http.exchange import JSON
from api.http.openapi.values import Schema
from api.store.keys import Role

Method: TypeAlias = Literal["get", "post", "put", "delete"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A documented answer that is no problem. `says` is Chinese, then English; no schema: an empty body.

    `leads_to` are the operations that take the id which it holds.
    """

    says: str
    schema: Schema | None = None
    form: str = JSON
    headers: tuple[str, ...] = ("Caiding-Edition",)
    leads_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    `roles` are those of which the key needs one (empty: any key will do; None: no key is asked for);
    `body` is the component that is posted; `problems` are the statuses answered with a problem, beside
    those that every operation with a key has; `refused_as` are the components of problems that tell more.
    """

    id: str
    method: Method
    path: str
    says: str
    tag: str
    replies: Mapping[int, Reply]
    roles: tuple[Role, ...] | None = ()
    problems: tuple[int, ...] = ()
    body: str | None = None
    parameters: tuple[str, ...] = ()
    detail: str = ""
    in_browser: bool = False
    refused_as: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def refusals(self) -> tuple[int, ...]:
        """Every status answered with a problem, in order."""
        keyed = () if self.roles is None else (401, 429)
        allowed = (403,) if self.roles else ()
        posted = (400, 413, 415, 422) if self.body else ()
        return tuple(sorted({*keyed, *allowed, *posted, *self.problems}))


VERDICTS, RULES, WATCHES, DRY_RUNS, RUNNING, DOCUMENTS = (
    "判定 verdicts",
    "规则 rules",
    "监视 watches",
    "试运行 dry runs",
    "运行 running",
    "文档 documents",
)

KEPT = ("Caiding-Edition", "Location", "Idempotency-Replayed")
TRACED = ("X-Request-Id", "traceparent")
POSTED = ("Idempotency-Key", *TRACED)
