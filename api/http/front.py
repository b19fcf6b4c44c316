"""The front: every request passes here once, and what holds for all of them is written here once.

Request id, key, rate limit and body come first, then the request goes to its handler: a single ticket
straight to the judge, all else to Flask, whose dispatch costs more than a verdict. Then headers, metrics and
one log line. Nothing that goes wrong leaves as anything else than a problem.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from http import HTTPStatus
from itertools import count
from threading import get_ident
from time import monotonic
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from api.http import batch
from api.http.bodies import read_body
from api.http.callers import OPEN, READING, holder_of, no_key, too_many
from api.http.dry_runs import routes as dry_runs
from api.http.exchange import (
    IN_ENVIRON,
    LEFT_ANSWER,
    NOTHING_ELSE,
    PLAIN_ID,
    ROUTE,
    Answer,
    Environ,
    Exchange,
    Headers,
)
from api.http.problems import not_logged, problem
from api.http.service import Edition, Service
from api.http.verdicts import post_verdict
from api.scribe.client import LogUnavailable
from api.store.database import StoreUnavailable

StartResponse: TypeAlias = Callable[..., Any]
Application: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]

VERDICTS = "/v1/verdicts"
UNKNOWN = "other"
"""The route of whatever has none: the log and the metrics never repeat an address as it was asked for."""

STATUS_LINES = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}
SECURITY: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
OWN = frozenset({"content-length", "content-type", "content-security-policy", "cache-control"})
"""Headers of Flask's answers that the front writes itself."""


class Front:
    """The WSGI application around Flask's."""

    def __init__(self, flask: Application, service: Service) -> None:
        self._flask = flask
        self._service = service
        self._prefix = os.urandom(6).hex()
        self._counter = count(1)
        self._note = service.note or (lambda fields: service.journal.info("request", **fields))

    def __call__(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        started = monotonic()
        request_id = environ.get("HTTP_X_REQUEST_ID")
        if request_id is None or PLAIN_ID.fullmatch(request_id) is None:
            request_id = f"{self._prefix}-{next(self._counter):x}"
        exchange = Exchange(
            self._service,
            environ,
            request_id,
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO", "/"),
            started,
            self._edition(request_id),
        )
        try:
            admitted = self._admitted(exchange)
            if isinstance(admitted, Answer):
                answer = admitted
            else:
                exchange = admitted
                answer = self._answered(exchange)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem and we the place
            answer = self._troubled(exchange, error)
        return self._sent(exchange, answer, start_response)

    def _edition(self, request_id: str) -> Edition | None:
        """The edition of this request; without one it is told that there is none."""
        try:
            return self._service.editions.active()
        except Exception as error:  # noqa: BLE001 - as for a request
            self._service.journal.error("trouble", request_id=request_id, exc_info=error)
            return None

    def _admitted(self, exchange: Exchange) -> Exchange | Answer:
        """The exchange with its caller and its body, or why the request is not let in."""
        service, path, holder = self._service, exchange.path, None
        if path not in OPEN:
            holder = holder_of(service, exchange.environ)
            if holder is None:
                return no_key(exchange)
            quota = service.limiter.take(holder.key_id, exchange.started)
            if quota.retry_after:
                return too_many(exchange, holder, quota)
        body = b"" if exchange.method in READING else self._body(exchange)
        if isinstance(body, Answer):
            return body
        # A body may have been long in coming: what judges is chosen once all of it is here.
        edition = self._edition(exchange.request_id) if body else exchange.edition
        return Exchange(
            service,
            exchange.environ,
            exchange.request_id,
            exchange.method,
            path,
            exchange.started,
            edition,
            holder,
            body,
        )

    def _body(self, exchange: Exchange) -> bytes | Answer:
        most = _most_bytes(exchange)
        awaited, me = self._service.awaited, get_ident()
        awaited[me] = exchange.started, exchange.environ.get("REMOTE_ADDR", "")
        try:
            return read_body(exchange, most)
        finally:
            del awaited[me]

    def _answered(self, exchange: Exchange) -> Answer:
        if exchange.path == VERDICTS and exchange.method == "POST":
            exchange.environ[ROUTE] = VERDICTS
            return post_verdict(exchange)
        return self._by_flask(exchange)

    def _by_flask(self, exchange: Exchange) -> Answer:
        """Flask's answer, taken out of its hands: routes leave an `Answer`, other parts a plain response."""
        environ = exchange.environ
        environ[IN_ENVIRON] = exchange
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_error: object) -> None:
            begun.append((status, headers))

        try:
            parts = self._flask(environ, start_response)
            try:
                body = b"".join(parts)
            finally:
                close = getattr(parts, "close", None)
                if close is not None:
                    close()
        finally:
            del environ[IN_ENVIRON]  # else the two hold each other until the collector comes
        found: Answer | None = environ.pop(LEFT_ANSWER, None)
        return _plain_answer(*begun[-1], body) if found is None else found

    def _troubled(self, exchange: Exchange, error: Exception) -> Answer:
        """A problem for what is known to happen; for a mistake of ours its place in the log."""
        match error:
            case LogUnavailable() if error.reason != "refused":
                return not_logged(exchange, error)
            case StoreUnavailable():
                return problem(exchange, "S063")
            case _:
                self._service.journal.error("trouble", request_id=exchange.request_id, exc_info=error)
                return problem(exchange, "S060", {"request": exchange.request_id})

    def _sent(self, exchange: Exchange, answer: Answer, start_response: StartResponse) -> list[bytes]:
        service, status = self._service, answer.status
        edition = answer.edition
        if edition is None:
            edition = exchange.edition.name if exchange.edition is not None else "none"
        headers = [
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(answer.body))),
            ("X-Request-Id", exchange.request_id),
            ("Caiding-Edition", edition),
            ("Content-Security-Policy", answer.policy),
            *SECURITY,
            *answer.headers,
        ]
        start_response(STATUS_LINES[status], headers)
        seconds = monotonic() - exchange.started
        self._noted(exchange, answer, edition, seconds)
        service.metrics.request(exchange.environ.get(ROUTE, UNKNOWN), exchange.method, status, seconds)
        return [] if exchange.method == "HEAD" or status in (204, 304) else [answer.body]

    def _noted(self, exchange: Exchange, answer: Answer, edition: str, seconds: float) -> None:
        """The log line: who asked for what, and what came of it; never an address, a body or a key."""
        holder = exchange.holder
        line = {
            "request_id": exchange.request_id,
            "edition": edition,
            "method": exchange.method,
            "route": exchange.environ.get(ROUTE, UNKNOWN),
            "status": answer.status,
            "us": int(seconds * 1_000_000),
        }
        if holder is not None:
            line["caller"], line["key_id"] = holder.caller, holder.key_id
        if answer.about is not None:
            line.update(answer.about)
        self._note(line)


def _most_bytes(exchange: Exchange) -> int:
    """How long a body may be, which depends on what it is for."""
    settings = exchange.service.settings
    match exchange.path:
        case batch.PATH:
            return settings.most_batch_bytes
        case dry_runs.PATH:
            return settings.most_candidate_bytes
        case _:
            return settings.most_ticket_bytes


def _plain_answer(status: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
    """What Flask answers by itself: the methods of an address, files of the page of documents, redirections.

    A redirection stays on the host that was asked, whatever the request called it.
    """
    named = {name.lower(): value for name, value in headers}
    if "location" in named:
        return Answer(int(status[:3]), b"", headers=(("Location", urlsplit(named["location"]).path),))
    return Answer(
        int(status[:3]),
        body,
        named.get("content-type", "application/octet-stream"),
        tuple((name, value) for name, value in headers if name.lower() not in OWN),
        named.get("content-security-policy", NOTHING_ELSE),
    )
