"""One request on its way through the service, and its answer: small, immutable, without a framework."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
from flask import Response, request

from api.http.service import Edition, Holder, Service
from engine.base.findings import Language

Environ: TypeAlias = dict[str, Any]
Headers: TypeAlias = tuple[tuple[str, str], ...]

IN_ENVIRON = "caiding.exchange"
"""Where Flask's routes find the exchange."""
LEFT_ANSWER = "caiding.answer"
"""Where they leave their answer."""
ROUTE = "caiding.route"
"""And the pattern of their address, for metrics and the log line."""

JSON = "application/json"
PROBLEM = "application/problem+json"
NOTHING_ELSE = "default-src 'none'; frame-ancestors 'none'"
"""The content policy of an answer that is data: a browser may do nothing with it."""

PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@=+/-]{0,127}")
TRACE = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Exchange(msgspec.Struct, frozen=True):
    """A request as far as the front has taken it.

    `started` is in monotonic seconds. `holder` is None only where no key is asked for; `body` is read by
    the front, within the limits, before a route sees the exchange.
    """

    service: Service
    environ: Environ
    request_id: str
    method: str
    path: str
    started: float
    edition: Edition | None
    holder: Holder | None = None
    body: bytes = b""

    @property
    def language(self) -> Language:
        """What the caller reads best of the two, else the service's own."""
        return language_of(self.environ.get("HTTP_ACCEPT_LANGUAGE", "")) or self.service.settings.language

    @property
    def traceparent(self) -> str | None:
        """The caller's trace (W3C Trace Context), if it is one."""
        given = self.environ.get("HTTP_TRACEPARENT")
        return given if given and TRACE.fullmatch(given) else None

    @property
    def known_holder(self) -> Holder:
        """Who asks, where the front has let nobody in without a key."""
        assert self.holder is not None, "only health is asked without a key"
        return self.holder

    @property
    def query(self) -> str:
        return str(self.environ.get("QUERY_STRING", ""))


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What goes back: status, body, its own headers; the front adds those that every answer has.

    `edition` is where another edition than the active one judged; `about` goes into the log line.
    """

    status: int
    body: bytes
    kind: str = JSON
    headers: Headers = ()
    policy: str = NOTHING_ELSE
    edition: str | None = None
    about: Mapping[str, Any] | None = None


_ENCODE = msgspec.json.Encoder(decimal_format="string").encode


def json_bytes(value: Any) -> bytes:
    """Compact UTF-8 JSON; a `msgspec.Raw` inside goes in as it is, byte for byte."""
    return _ENCODE(value)


def json_answer(value: Any, status: int = 200, headers: Headers = ()) -> Answer:
    """An answer that is plain data."""
    return Answer(status, json_bytes(value), headers=headers)


def exchange() -> Exchange:
    """The exchange of the request that Flask is at."""
    found: Exchange = request.environ[IN_ENVIRON]
    return found


def respond(answer: Answer) -> Response:
    """The answer as Flask carries it back to the front."""
    response = Response(answer.body, answer.status, list(answer.headers), content_type=answer.kind)
    request.environ[LEFT_ANSWER] = answer
    return response


@lru_cache(maxsize=256)
def language_of(accepted: str) -> Language | None:
    """The better liked of Chinese and English in an `Accept-Language`; None where neither is.

    >>> language_of("en-GB,en;q=0.8,zh;q=0.5"), language_of("fr, zh-Hans;q=0.3"), language_of("fr")
    ('en', 'zh', None)
    """
    liked: dict[Language, float] = {}
    for part in accepted[:500].split(","):
        name, _, parameter = part.partition(";")
        short = name.strip().lower()[:3]
        for language in ("zh", "en"):
            if short in (language, f"{language}-"):
                liked[language] = max(liked.get(language, 0.0), _weight(parameter))
    best = max(liked, key=lambda language: liked[language], default=None)
    return best if best is not None and liked[best] > 0 else None


def _weight(parameter: str) -> float:
    """The `q` of a part; what cannot be read counts as not wanted."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(float(value), 1.0) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
