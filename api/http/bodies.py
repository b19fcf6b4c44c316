"""A request's body: read within its limit, and refused where it is not what it should be."""

from __future__ import annotations

from api.http.exchange import JSON, Answer, Environ, Exchange
from api.http.problems import problem, unreadable
from api.tickets.exact_json import MOST_BYTES, parse
from api.tickets.ticket import Raw

PIECE = 64 * 1024


def read_body(exchange: Exchange, most: int) -> bytes | Answer:
    """All of the body, or why it is not taken; more than `most` bytes are not read."""
    environ = exchange.environ
    written = environ.get("CONTENT_LENGTH")
    if written:
        if not (written.isascii() and written.isdigit()):
            return problem(exchange, "S028", {"written": shown(written)})
        promised = int(written) if len(written) < 16 else most + 1
        return _promised(exchange, promised, most)
    if environ.get("HTTP_TRANSFER_ENCODING") or environ.get("wsgi.input_terminated"):
        return _open_ended(exchange, most)
    return b""


def _promised(exchange: Exchange, promised: int, most: int) -> bytes | Answer:
    if promised > most:
        return _too_large(exchange, most)
    body: bytes = exchange.environ["wsgi.input"].read(promised) if promised else b""
    if len(body) < promised:
        body += _pieces(exchange.environ, promised - len(body))
    if len(body) < promised:
        return problem(exchange, "S027", {"promised": f"{promised:,}", "received": f"{len(body):,}"})
    return body


def _open_ended(exchange: Exchange, most: int) -> bytes | Answer:
    """A body in chunks, which does not say how long it is."""
    body = _pieces(exchange.environ, most + 1)
    return _too_large(exchange, most) if len(body) > most else body


def _pieces(environ: Environ, most: int) -> bytes:
    pieces, left = [], most
    while left > 0:
        piece = environ["wsgi.input"].read(min(left, PIECE))
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _too_large(exchange: Exchange, most: int) -> Answer:
    return problem(exchange, "S023", {"bytes": f"{most:,}"})


def refused_form(exchange: Exchange) -> Answer | None:
    """Why the body's form is not taken: JSON in UTF-8, as it is."""
    encoding = exchange.environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding not in ("identity", ""):
        headers = (("Accept-Encoding", "identity"),)
        return problem(exchange, "S025", {"written": shown(encoding)}, headers=headers)
    written = exchange.environ.get("CONTENT_TYPE", "")
    if written == JSON:
        return None
    kind, *parameters = (part.strip().lower() for part in written.split(";"))
    if kind != JSON:
        code = "S024" if kind else "S029"
        return problem(exchange, code, {"written": shown(written)}, headers=(("Accept", JSON),))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            return problem(exchange, "S026", {"written": shown(value)})
    return None


def read_json(exchange: Exchange, most: int = MOST_BYTES) -> Raw | Answer:
    """The value of a JSON body, numbers exact; or the problem that says all that is wrong with it."""
    refused = refused_form(exchange)
    if refused is not None:
        return refused
    try:
        text = exchange.body.decode()
    except UnicodeDecodeError as error:
        return problem(exchange, "S020", {"line": "1", "column": str(error.start + 1)})
    value, findings = parse(text, most)
    if not findings:
        return value
    whole = unreadable(findings)
    if whole is not None:
        return problem(exchange, whole.code, whole.values, findings)
    return problem(exchange, "S030", {"count": str(len(findings))}, findings)


def shown(written: str) -> str:
    r"""What a header said, short and on one line.

    >>> shown("a" * 99 + "b")[-3:], shown("te`xt\n")
    ('aa…', 'te?xt?')
    """
    plain = "".join(c if c.isprintable() and c != "`" else "?" for c in written[:61])
    return plain if len(plain) <= 60 else f"{plain[:60]}…"
