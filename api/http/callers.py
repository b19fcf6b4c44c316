"""Who asks, and what that key may do."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from flask import Response, request
from msgspec import structs

from api.http.exchange import ROUTE, Answer, Environ, Exchange, Headers, exchange, respond
from api.http.problems import problem
from api.http.service import Holder, Quota, Service
from api.store.keys import Role

Given = ParamSpec("Given")

BEARER = "Bearer "
READING = frozenset({"GET", "HEAD"})
SHOWN_IN_BROWSERS = re.compile(r"/docs.*|/openapi\.json|/v1/dry-runs/[^/]+/report", re.DOTALL)
OPEN = frozenset({"/health/live", "/health/ready"})
"""What is answered without a key."""


def holder_of(service: Service, environ: Environ) -> Holder | None:
    """Whose key the request carries; None for no key and for a wrong one alike.

    A browser may send the key as the password of Basic authentication, but only to read.
    """
    given: str = environ.get("HTTP_AUTHORIZATION", "")
    if given.startswith(BEARER):
        return service.keys.holder(given[7:])
    scheme, _, rest = given.partition(" ")
    if scheme.lower() == "bearer":
        return service.keys.holder(rest.strip())
    if scheme.lower() == "basic" and environ["REQUEST_METHOD"] in READING:
        return service.keys.holder(_password(rest))
    return None


def _password(encoded: str) -> str:
    try:
        return b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def no_key(exchange: Exchange) -> Answer:
    """The same answer for no key, a wrong one and a revoked one."""
    challenges: Headers = (("WWW-Authenticate", 'Bearer realm="caiding"'),)
    if exchange.method in READING and SHOWN_IN_BROWSERS.fullmatch(exchange.path):
        challenges += (("WWW-Authenticate", 'Basic realm="caiding", charset="UTF-8"'),)
    return problem(exchange, "S001", headers=challenges)


def too_many(exchange: Exchange, holder: Holder, quota: Quota) -> Answer:
    """When to come again, in whole seconds."""
    limiter = exchange.service.limiter
    exchange.service.metrics.rate_limited()
    wait = str(int(quota.retry_after) + 1)
    values = {"limit": f"{limiter.limit:,}", "seconds": str(limiter.window), "wait": wait}
    headers = (
        ("Retry-After", wait),
        ("RateLimit-Policy", f'"key";q={limiter.limit};w={limiter.window}'),
        ("RateLimit", f'"key";r=0;t={wait}'),
    )
    answer = problem(exchange, "S003", values, headers=headers)
    return structs.replace(answer, about={"code": "S003", "caller": holder.caller, "key_id": holder.key_id})


def lacks_role(exchange: Exchange, roles: tuple[Role, ...]) -> Answer | None:
    """The refusal where the key has none of these roles; none asked for: any key will do."""
    if not roles or exchange.known_holder.roles.intersection(roles):
        return None
    return problem(exchange, "S002", {"roles": ", ".join(roles)})


def needs(
    *roles: Role,
) -> Callable[[Callable[Concatenate[Exchange, Given], Answer]], Callable[Given, Response]]:
    """Makes a view of a function from exchange to answer, for keys with one of the roles."""

    def view_of(answer: Callable[Concatenate[Exchange, Given], Answer]) -> Callable[Given, Response]:
        @wraps(answer)
        def view(*given: Given.args, **named: Given.kwargs) -> Response:
            at = exchange()
            note_route(at.environ)
            refused = lacks_role(at, roles)
            return respond(refused if refused is not None else answer(at, *given, **named))

        return view

    return view_of


def in_the_open(answer: Callable[[Exchange], Answer]) -> Callable[[], Response]:
    """Makes a view that asks for no key; its address must be in `OPEN`."""

    @wraps(answer)
    def view() -> Response:
        at = exchange()
        note_route(at.environ)
        return respond(answer(at))

    return view


def note_route(environ: Environ) -> None:
    """Leaves the pattern of the address for the metrics and the log line."""
    rule = request.url_rule
    if rule is not None:
        environ[ROUTE] = rule.rule.replace("<", "{").replace("_>", "}").replace(">", "}")
