"""What holds for every request: ids, headers, log lines, methods, bodies."""

from __future__ import annotations

import gc
import io
import json
from base64 import b64encode
from collections.abc import Callable

import pytest

from api.http.exchange import IN_ENVIRON, Exchange
from tests.http.world import FINES, World, texts

TICKET = b'{"facts": {"kind": "loss", "value": 10}}'
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
ASKED = [
    ("POST", "/v1/verdicts", TICKET, "evaluate"),
    ("POST", "/v1/verdicts", b"{", "evaluate"),
    ("POST", "/v1/verdicts/batch", b'{"tickets": [{"facts": {}}]}', "evaluate"),
    ("GET", "/v1/facts", b"", "rehearse"),
    ("GET", "/nothing", b"", "rehearse"),
    ("GET", "/v1/facts", b"", None),
    ("GET", "/health/live", b"", None),
    ("OPTIONS", "/v1/facts", b"", "evaluate"),
]


@pytest.mark.parametrize(("method", "path", "body", "key"), ASKED)
def test_headers(front: World, method: str, path: str, body: bytes, key: str | None) -> None:
    """Every answer carries the edition, the request id and the security headers; no cookie."""
    reply = front.ask(method, path, body, key=key)
    edition = front.shelf.edition
    assert edition is not None
    assert reply.header("Caiding-Edition") == edition.name
    assert reply.header("X-Request-Id")
    for name, value in EVERYWHERE.items():
        assert reply.all(name) == [value]
    assert reply.header("Set-Cookie") is None
    assert reply.all("Content-Length") == [str(len(reply.body))]
    assert len(reply.all("Content-Type")) == 1


def test_request_id(front: World) -> None:
    """A plain id of the caller's is kept; whatever could break a log or a header is replaced."""
    assert (
        front.ask("GET", "/health/live", headers={"X-Request-Id": "a.b-1"}).header("X-Request-Id") == "a.b-1"
    )
    for odd in ("", "a b", "a\r\nSet-Cookie: x", "x" * 129, "é", '"'):
        assert front.ask("GET", "/health/live", headers={"X-Request-Id": odd}).header("X-Request-Id") != odd
    first, second = (front.ask("GET", "/health/live").header("X-Request-Id") for _ in range(2))
    assert first != second


def test_one_line_a_request(front: World) -> None:
    """The log gets one JSON line a request, with who asked and what came of it, and no address or key."""
    for method, path, body, key in ASKED:
        front.ask(method, path, body, key=key, headers={"X-Request-Id": "r"})
    written = front.lines.getvalue().decode()
    lines = [json.loads(line) for line in written.splitlines()]
    assert len(lines) == len(ASKED)
    assert all((line["event"], line["request_id"]) == ("request", "r") for line in lines)
    assert lines[0]["caller"] == "evaluater"
    assert lines[0]["decision"]
    assert [line["status"] for line in lines] == [201, 400, 200, 200, 404, 401, 200, 204]
    routes = [
        "/v1/verdicts",
        "/v1/verdicts",
        "/v1/verdicts/batch",
        "/v1/facts",
        "other",
        "other",
        "/health/live",
    ]
    assert [line["route"] for line in lines[:7]] == routes
    assert "caiding_" not in written
    assert "/nothing" not in written


def test_metrics(front: World) -> None:
    """Requests and verdicts are counted, each once; only an operator reads them."""
    front.ask("POST", "/v1/verdicts", TICKET)
    front.ask("POST", "/v1/verdicts/batch", b'{"tickets": [{"facts": {}}, {"facts": {}}]}')
    told = front.ask("GET", "/metrics", key="operate")
    assert told.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    lines = told.body.decode().splitlines()
    assert 'caiding_requests_total{method="POST",route="/v1/verdicts",status="201"} 1.0' in lines
    verdicts = [line for line in lines if line.startswith("caiding_verdicts_total")]
    assert sum(float(line.rpartition(" ")[2]) for line in verdicts) == 3


def test_head_and_options(front: World) -> None:
    """HEAD is GET without a body, for problems too; OPTIONS names the methods."""
    for path in ("/v1/facts", "/nothing"):
        got, head = front.ask("GET", path), front.ask("HEAD", path)
        assert (head.status, head.body) == (got.status, b"")
        assert head.header("Content-Type") == got.header("Content-Type")
    assert front.ask("HEAD", "/v1/facts", key=None).body == b""
    options = front.ask("OPTIONS", "/v1/verdicts")
    assert (options.status, options.body) == (204, b"")
    assert set((options.header("Allow") or "").split(", ")) == {"OPTIONS", "POST"}


def test_nothing_is_left_behind(front: World) -> None:
    """A request that is answered leaves no circle of references; only Flask's own refusals do."""
    answered = [asked for asked in ASKED if asked[1] != "/nothing"]
    for method, path, body, key in answered:
        front.ask(method, path, body, key=key)
    gc.collect()
    gc.disable()
    try:
        for method, path, body, key in answered:
            front.ask(method, path, body, key=key)
        left = [found for found in gc.get_objects() if isinstance(found, Exchange)]
    finally:
        gc.enable()
    assert left == []


def test_redirection(front: World) -> None:
    """The page of documents is found without its slash, and no host of the caller's choice is repeated."""
    reply = front.ask("GET", "/docs", headers={"Host": "elsewhere.example"})
    assert (reply.status, reply.header("Location"), reply.body) == (308, "/docs/", b"")


def test_key_as_password(front: World) -> None:
    """A browser may show the key as a password, but only to read."""
    given = {"Authorization": "Basic " + b64encode(f"me:{front.keys['evaluate'].token}".encode()).decode()}
    assert front.ask("GET", "/v1/facts", key=None, headers=given).status == 200
    assert front.ask("POST", "/v1/verdicts", TICKET, key=None, headers=given).status == 401
    asked = front.ask("GET", "/docs/", key=None)
    assert [one.split(" ")[0] for one in asked.all("WWW-Authenticate")] == ["Bearer", "Basic"]
    for broken in ("Basic", "Basic !", "Basic " + b64encode(b"\xff:\xff").decode()):
        assert front.ask("GET", "/docs/", key=None, headers={"Authorization": broken}).status == 401


def test_same_by_flask(front: World) -> None:
    """The front's own way to the judge and Flask's give the same answer."""
    edition, holder = front.shelf.edition, front.service.keys.holder(front.keys["evaluate"].token)
    told = []

    def flask_only(environ: dict[str, object], start_response: object) -> list[bytes]:
        environ[IN_ENVIRON] = Exchange(
            front.service, environ, "r", "POST", "/v1/verdicts", 0.0, edition, holder, TICKET
        )
        return list(front.front._flask(environ, start_response))  # type: ignore[attr-defined]  # noqa: SLF001

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/v1/verdicts", "SERVER_NAME": "x", "SERVER_PORT": "1"}
    environ |= {"wsgi.url_scheme": "http", "CONTENT_TYPE": "application/json"}
    body = b"".join(flask_only(dict(environ), lambda status, _headers: told.append(status)))
    verdict = json.loads(front.ask("POST", "/v1/verdicts", TICKET).body)["verdict"]
    assert told == ["201 CREATED"]
    assert json.loads(body)["verdict"] | {"as_of": None} == verdict | {"as_of": None}


class _Slowly(io.RawIOBase):
    """A body that comes in small pieces and counts how much was taken."""

    def __init__(self, body: bytes) -> None:
        self.body, self.taken = body, 0

    def read(self, size: int = -1) -> bytes:
        piece = self.body[self.taken : self.taken + min(size, 1000)]
        self.taken += len(piece)
        return piece


def test_body_in_chunks(front: World) -> None:
    """A body that does not say its length is read, up to the limit and no further."""
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": "application/json"}
    good = _Slowly(TICKET)
    assert front.ask("POST", "/v1/verdicts", environ={**chunked, "wsgi.input": good}).status == 201
    large = _Slowly(b" " * 3_000_000)
    reply = front.ask("POST", "/v1/verdicts", environ={**chunked, "wsgi.input": large})
    assert (reply.status, reply.json["code"]) == (413, "S023")
    assert large.taken < 1_100_000


def test_body_in_pieces(front: World) -> None:
    """A body that comes in pieces is whole at the end."""
    ticket = json.dumps({"facts": {"ticket_no": "x" * 5000}}).encode()
    slow = {
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(ticket)),
        "wsgi.input": _Slowly(ticket),
    }
    assert front.ask("POST", "/v1/verdicts", environ=slow).status == 201


def test_large_body_is_not_read(front: World) -> None:
    """What is announced as too large, or comes without a key, is not read at all."""
    body = _Slowly(b"{}")
    announced = {"CONTENT_LENGTH": "9" * 30, "wsgi.input": body}
    assert front.ask("POST", "/v1/verdicts", environ=announced).status == 413
    assert (
        front.ask("POST", "/v1/verdicts", key=None, environ={**announced, "CONTENT_LENGTH": "2"}).status
        == 401
    )
    assert body.taken == 0


def test_forms_of_json(front: World) -> None:
    """Parameters of the media type and a byte order mark do no harm."""
    for kind in (
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/json; x=y",
    ):
        assert front.ask("POST", "/v1/verdicts", TICKET, headers={"Content-Type": kind}).status == 201


class Late(io.BytesIO):
    """A body during which another edition becomes active."""

    def __init__(self, body: bytes, meanwhile: Callable[[], object]) -> None:
        super().__init__(body)
        self._meanwhile = meanwhile

    def read(self, size: int | None = -1, /) -> bytes:
        self._meanwhile()
        return super().read(size)


def test_a_body_that_was_long_in_coming(world: World) -> None:
    """What judges is the edition of the moment at which the body is here, not of that at which it began."""
    before = world.shelf.edition
    changed = texts(FINES.replace("amount: 50", "amount: 60"))
    reply = world.ask(
        "POST", "/v1/verdicts", TICKET, environ={"wsgi.input": Late(TICKET, lambda: world.keep(changed))}
    )
    assert before is not None
    assert reply.json["verdict"]["edition"] == reply.header("Caiding-Edition") != before.name
