"""`/openapi.json` and the page that shows it, without a request to any other host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from flask import Blueprint

from api.http.callers import needs
from api.http.exchange import Answer, Exchange, json_bytes
from api.http.openapi.document import document
from api.http.problems import problem
from api.http.service import Edition
from engine.rulebook.model import Catalogue

blueprint = Blueprint("documents", __name__)

HTML = "text/html; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"
STYLE = "text/css; charset=utf-8"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI writes style attributes and shows pictures that are data; it needs nothing else."""

SWAGGER_FILES: Mapping[str, str] = {
    "swagger-ui-bundle.js": SCRIPT,
    "swagger-ui.css": STYLE,
    "favicon-16x16.png": "image/png",
    "favicon-32x32.png": "image/png",
}
"""The files of Swagger UI that the page asks for, with their types."""

PAGE = """<!DOCTYPE html>
<html lang="zh">
<head>
<meta charset="utf-8">
<title>裁定 Caiding: API</title>
<link rel="stylesheet" href="swagger-ui.css">
<link rel="icon" type="image/png" href="favicon-32x32.png" sizes="32x32">
</head>
<body>
<div id="page"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</body>
</html>
"""

START = """// The page's own address may hold the key, and no script may ask for such an address.
SwaggerUIBundle({
  url: location.origin + "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  tryItOutEnabled: false,
});
"""


@dataclass(frozen=True, slots=True)
class _Made:
    """The document as it is sent, and its mark."""

    body: bytes
    tag: str


_made: dict[str, _Made] = {}
"""By revision; only the latest is kept. Two threads may both make it, which gives the same bytes."""


def _document_of(edition: Edition, engine: str) -> _Made:
    found = _made.get(edition.revision)
    if found is None:
        body = json_bytes(document(_catalogue(edition), edition.evaluator, engine))
        found = _Made(body, f'"{sha256(body).hexdigest()[:32]}"')
        _made.clear()
        _made[edition.revision] = found
    return found


def _catalogue(edition: Edition) -> Catalogue:
    assert edition.library.catalogue is not None, "a library that judges has a catalogue"
    return edition.library.catalogue


@blueprint.get("/openapi.json")
@needs()
def openapi(exchange: Exchange) -> Answer:
    """The document of the edition that judges now; 304 where the asker has it."""
    if exchange.edition is None:
        return problem(exchange, "S064")
    made = _document_of(exchange.edition, exchange.service.settings.engine)
    headers = (("ETag", made.tag),)
    known = exchange.environ.get("HTTP_IF_NONE_MATCH", "")
    if made.tag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return Answer(304, b"", headers=headers)
    return Answer(200, made.body, headers=headers)


@blueprint.get("/docs/")
@needs()
def page(_exchange: Exchange) -> Answer:
    return Answer(200, PAGE.encode(), HTML, policy=PAGE_POLICY)


@blueprint.get("/docs/start.js")
@needs()
def start(_exchange: Exchange) -> Answer:
    return Answer(200, START.encode(), SCRIPT)


@blueprint.get("/docs/<name>")
@needs()
def part(exchange: Exchange, name: str) -> Answer:
    """A file of Swagger UI, from the package that carries it."""
    kind = SWAGGER_FILES.get(name)
    if kind is None:
        return problem(exchange, "S010")
    content = files("flask_swagger_ui").joinpath("dist", name).read_bytes()
    return Answer(200, content, kind)
