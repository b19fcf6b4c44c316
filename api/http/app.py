"""Puts the application together: Flask with a blueprint a topic, and the front around it."""

from __future__ import annotations

from flask import Flask, Response, current_app
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from api.http import batch, editions, health, replay, rulebooks, verdicts, walks, watches
from api.http.bodies import shown
from api.http.callers import note_route
from api.http.dry_runs import routes as dry_runs
from api.http.exchange import exchange, respond
from api.http.front import Front
from api.http.openapi import pages
from api.http.problems import problem
from api.http.service import Service

BLUEPRINTS = (
    verdicts.blueprint,
    batch.blueprint,
    rulebooks.blueprint,
    editions.blueprint,
    walks.blueprint,
    watches.blueprint,
    pages.blueprint,
)


def create_app(service: Service) -> Flask:
    """The service as a WSGI application; `service` is all that it stands on."""
    app = Flask("caiding", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.make_default_options_response = _options  # type: ignore[method-assign]  # Flask's own says text/html
    remembering = (replay.replay_blueprint(), health.health_blueprint(), dry_runs.dry_runs_blueprint())
    for blueprint in (*BLUEPRINTS, *remembering):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, _refused)
    app.wsgi_app = Front(app.wsgi_app, service)  # type: ignore[method-assign]  # the way Flask's own book shows
    return app


def _refused(error: HTTPException) -> Response:
    """What Flask cannot route, as a problem."""
    at = exchange()
    match error:
        case NotFound():
            return respond(problem(at, "S010"))
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            values = {"method": shown(at.method), "allowed": allowed}
            return respond(problem(at, "S011", values, headers=(("Allow", allowed),)))
        case _:
            return respond(problem(at, "S014"))


def _options() -> Response:
    """Which methods an address has; there is nothing more to say."""
    note_route(exchange().environ)
    adapter = request_ctx.url_adapter
    assert adapter is not None, "inside of a request"
    response = current_app.response_class(status=204)
    response.allow.update(adapter.allowed_methods())
    return response
