"""The real application over WSGI, with a real scribe and database, and a library with personal facts."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import time_ns
from typing import Any

from api.http.app import create_app
from api.http.front import Application
from api.http.limits import KeyLimiter
from api.http.lines import RequestLines
from api.http.service import DecisionLog, Edition, Service, Settings
from api.metrics import Metrics
from api.scribe.client import ScribeClient
from api.scribe.process import in_thread
from api.store.database import Database
from api.store.editions import Activation, KeptEdition, keep, record_activation
from api.store.keys import KeyRing, NewKey, create_key
from api.tickets.json_door import JsonDoor
from engine.evaluate.evaluators import evaluator
from engine.library import Library, load_texts

Texts = Mapping[str, bytes]

FACTS = """\
catalogue: facts
zone: Asia/Shanghai
currency: CNY
entities:
  ticket: {zh: 工单, en: ticket}
parties:
  outlet: {zh: 网点, en: outlet}
codes:
  late: {zh: 超时, en: late}
facts:
  ticket_no: {entity: ticket, label: {zh: 工单号, en: ticket number}, type: text, example: T1}
  kind:
    entity: ticket
    label: {zh: 类型, en: kind}
    type: enum
    values: {loss: {zh: 丢失, en: loss}, delay: {zh: 延误, en: delay}}
    example: loss
  value: {entity: ticket, label: {zh: 价值, en: value}, type: money, minimum: 0, example: 12.5}
  day: {entity: ticket, label: {zh: 日期, en: day}, type: date, example: 2015-06-10}
  at: {entity: ticket, label: {zh: 时刻, en: instant}, type: instant, example: 2015-06-10T10:00}
  receiver: {entity: ticket, label: {zh: 收件人, en: receiver}, type: text, personal: true, example: 王小明}
  signed_by: {entity: ticket, label: {zh: 签收人, en: signed by}, type: text, personal: true, example: 李四}
"""
FINES = """\
rulebook: fines
title: {zh: 处罚, en: fines}
sections:
  - section: loss
    title: {zh: 丢失, en: loss}
    items:
      - rule: lost
        title: {zh: 快件丢失, en: parcel lost}
        cite: {source: deck, quote: 丢失罚五十元}
        when: {kind: loss, value: "> 0"}
        then: {fine: {amount: 50, payer: outlet, per: waybill}}
      - rule: proxy
        title: {zh: 他人代签, en: signed by another}
        cite: {source: deck, quote: 丢失罚五十元}
        when: {signed_by: not(receiver)}
        then: {fine: {amount: 20, payer: outlet, per: waybill}}
"""
SOURCES = """\
sources:
  deck: {file: deck.txt, title: {zh: 讲义, en: deck}, date: 2015-06-01, sha256: "%s"}
""" % ("0" * 64)


def texts(fines: str = FINES) -> Texts:
    """A small folder of rules."""
    named = {"facts.yaml": FACTS, "fines.yaml": fines, "sources.yaml": SOURCES}
    return {name: text.encode() for name, text in named.items()}


@cache
def _loaded(files: tuple[tuple[str, bytes], ...]) -> Library:
    library = load_texts(dict(files))
    assert library.plan is not None, [finding.message("en") for finding in library.findings]
    return library


def edition_from(files: Texts, generation: int = 1) -> Edition:
    """The edition of these texts, ready to judge."""
    library = _loaded(tuple(sorted(files.items())))
    assert library.plan is not None
    judge = evaluator("compiled", library.plan)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return Edition(generation, library, judge, JsonDoor(judge), f"{generation:012x}", since)


class Shelf:
    """Which edition judges; tests change it."""

    def __init__(self, edition: Edition | None) -> None:
        self.edition = edition

    def active(self) -> Edition | None:
        return self.edition


class Journal:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, **fields})

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, **fields})


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class World:
    """A service with three keys; `lines` are its log lines, as they were written."""

    service: Service
    database: Database
    shelf: Shelf
    lines: io.BytesIO
    journal: Journal
    keys: Mapping[str, NewKey]
    front: Application

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        key: str | None = "evaluate",
        headers: Mapping[str, str] | None = None,
        environ: Mapping[str, Any] | None = None,
    ) -> Reply:
        """One request; `key` names one of the keys."""
        path, _, query = path.partition("?")
        asked: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "HTTP_ACCEPT_LANGUAGE": "en",
        }
        if body:
            asked |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
        if key is not None:
            asked["HTTP_AUTHORIZATION"] = f"Bearer {self.keys[key].token}"
        for name, value in (headers or {}).items():
            plain = name.upper().replace("-", "_")
            asked[
                plain if plain.startswith("CONTENT_") and plain != "CONTENT_ENCODING" else f"HTTP_{plain}"
            ] = value
        return self._ask({**asked, **(environ or {})})

    def _ask(self, environ: dict[str, Any]) -> Reply:
        begun: list[tuple[int, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            begun.append((int(status[:3]), headers))

        body = b"".join(self.front(environ, start_response))
        ((status, headers),) = begun
        return Reply(status, headers, body)

    def post(self, facts: Mapping[str, Any], **named: Any) -> Reply:
        """One ticket."""
        return self.ask("POST", "/v1/verdicts", json.dumps({"facts": facts}).encode(), **named)

    def batch(self, tickets: list[Any], **named: Any) -> Reply:
        return self.ask("POST", "/v1/verdicts/batch", json.dumps({"tickets": tickets}).encode(), **named)

    def keep(self, files: Texts) -> Edition:
        """Keeps an edition and lets it judge from now on, as the keeper does."""
        before = self.shelf.edition
        edition = edition_from(files, 1 if before is None else before.generation + 1)
        now = time_ns() // 1000
        readings = {name: reading.preferred for name, reading in edition.library.readings.items()}
        with self.database.writing() as connection:
            keep(connection, KeptEdition(edition.name, edition.revision, now, "caiding 0", readings, files))
            record_activation(
                connection,
                Activation(now, edition.generation, edition.name, edition.revision, "activated", "[]"),
            )
        self.shelf.edition = edition
        return edition


def with_service(world: World, **changes: Any) -> World:
    """The same world whose service differs in some parts."""
    service = replace(world.service, **changes)
    return replace(world, service=service, front=create_app(service).wsgi_app)


def keys_in(database: Database) -> dict[str, NewKey]:
    """A key of each role, each of a caller of its own, and a second one who evaluates."""
    made = {}
    with database.writing() as connection:
        for name in ("evaluate", "rehearse", "operate"):
            made[name] = create_key(connection, f"{name}r", [name])
        made["other"] = create_key(connection, "another", ["evaluate"])
    return {name: key for name, key in made.items() if isinstance(key, NewKey)}


@contextmanager
def world_on(database: Database, folder: Path, log: DecisionLog | None = None) -> Iterator[World]:
    """A service on a database, with a scribe of its own unless a log is given."""
    with ExitStack() as stack:
        if log is None:
            path = folder / "scribe.sock"
            stack.enter_context(in_thread(_url_of(database), path))
            client = ScribeClient(path, 10)
            stack.callback(client.close)
            log = client
        keys = keys_in(database)
        ring = KeyRing(database)
        stack.callback(ring.close)
        shelf, journal, lines = Shelf(None), Journal(), io.BytesIO()
        service = Service(
            editions=shelf,
            log=log,
            database=database,
            keys=ring,
            limiter=KeyLimiter([0.0] * 16, limit=0, window=1),
            metrics=Metrics("worker", fold_every=None),
            journal=journal,
            settings=Settings(engine="caiding 0.1.0", language="zh", reload_patience=0.1),
            clock=time_ns,
            reload=lambda _patience: True,
            note=RequestLines(lines, None),
        )
        world = World(service, database, shelf, lines, journal, keys, create_app(service).wsgi_app)
        world.keep(texts())
        yield world


def _url_of(database: Database) -> str:
    return database.engine.url.set(drivername=database.dialect).render_as_string(hide_password=False)


def together(jobs: int, work: Callable[[int], Reply]) -> list[Reply]:
    """So many requests at the same time."""
    replies: dict[int, Reply] = {}
    barrier = threading.Barrier(jobs)

    def run(index: int) -> None:
        barrier.wait()
        replies[index] = work(index)

    threads = [threading.Thread(target=run, args=[index]) for index in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [replies[index] for index in range(jobs)]
