"""Whatever is posted, the answer is a verdict or a problem that says what is wrong, never a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.http.dry_runs.examining import examine
from api.scribe.client import NoLog
from api.store.database import open_database, upgrade
from tests.http.world import World, with_service, world_on

FACTS = ("ticket_no", "kind", "value", "day", "at", "receiver", "signed_by", "facts", "as_of", "tickets", "")
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.text(st.characters(), max_size=4)
    | st.sampled_from(
        ["loss", "2015-06-10", "2015-06-10T24:00", "2015-06-10T10:00+08:00", "\0", "\ud800", "1e999"]
    )
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FACTS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
wrapped = st.fixed_dictionaries({"facts": values}, optional={"as_of": values}) | values
bodies = (
    st.binary(max_size=60)
    | wrapped.map(lambda value: json.dumps(value).encode())
    | wrapped.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    | st.lists(wrapped, max_size=3).map(lambda tickets: json.dumps({"tickets": tickets}).encode())
)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def any_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("fuzz")
    database = open_database(f"sqlite:///{folder / 'keys.db'}")
    upgrade(database)
    with world_on(database, folder, NoLog()) as made:
        yield made
    database.close()


@example(body=b'{"facts": {"\\ud800": 1}}', path="/v1/verdicts")
@example(body=b'{"facts": {"\\ud800": 1, "\\ud800": 2}}', path="/v1/verdicts")
@example(body=b'{"facts": {"kind": "\\ud800"}}', path="/v1/verdicts")
@example(body=b'{"tickets": [{"facts": {"\\ud800": 1}}]}', path="/v1/verdicts/batch")
@example(body=b'{"":"\x80"', path="/v1/verdicts")
@example(body=b'{"\x80": 1}', path="/v1/verdicts")
@example(body=b'{"tickets": [{"\x80": 1}, {"": "\x80"}], "\x80": 1}', path="/v1/verdicts/batch")
@example(body=b'{"tickets": [{"\x80": 1}, {"": "\x80"}]}', path="/v1/verdicts/batch")
@example(body=b"[" * 100_000, path="/v1/verdicts/batch")
@example(body=b'{"tickets": [' + b"[" * 100_000, path="/v1/verdicts/batch")
@example(body=b'{"tickets": [' + b"1" * 100_000 + b"]}", path="/v1/verdicts/batch")
@example(body=b'{"tickets": 1, "\xff": 1}', path="/v1/verdicts/batch")
@given(body=bodies, path=st.sampled_from(["/v1/verdicts", "/v1/verdicts/batch"]))
@quick
def test_any_body(any_front: World, body: bytes, path: str) -> None:
    """No body gives 5xx; what is not judged is a problem."""
    any_front.journal.lines.clear()
    reply = any_front.ask("POST", path, body, headers={"Idempotency-Key": "k"})
    assert reply.status in (200, 201, 400, 413, 415, 422)
    assert any_front.journal.lines == []
    form = "application/json" if reply.status < 300 else "application/problem+json"
    assert reply.header("Content-Type") == form
    json.loads(reply.body)


happenings = st.fixed_dictionaries(
    {"at": st.sampled_from(["2015-06-10T09:00", "2015-06-10T10:00", "2015-13-10T10:00"]) | scalars},
    optional={
        "event": values,
        "facts": st.dictionaries(st.sampled_from(FACTS), scalars | st.just("now"), max_size=3) | values,
        "append": st.dictionaries(st.sampled_from(FACTS), values, max_size=2) | values,
        "close": st.dictionaries(st.sampled_from(FACTS), values, max_size=2) | values,
        "expect": st.dictionaries(
            st.sampled_from(["fines/loss/lost", "totals", "actions"]) | st.text(max_size=3),
            values,
            max_size=2,
        )
        | values,
    },
)
walks = st.fixed_dictionaries(
    {"events": st.lists(happenings, max_size=3) | values},
    optional={"facts": values, "until": values, "readings": values, "case": values, "title": values},
).map(lambda asked: json.dumps(asked).encode())


@example(body=b'{"events": [{"at": "2015-06-10T09:00", "facts": {"value": 1e-9}}]}')
@example(body=b'{"events": [{"at": "2015-06-10T09:00", "facts": {"receiver": "now", "signed_by": null}}]}')
@example(body=b'{"events": [{"at": "2015-06-10T09:00", "expect": {"totals": {"fine": {"CNY": "x"}}}}]}')
@example(body=b'{"facts": {"": 1}, "events": [{"at": "", "append": {"kind": {}}, "close": {"": "x"}}]}')
@given(body=bodies | walks)
@quick
def test_any_walk(any_front: World, body: bytes) -> None:
    """No case gives 5xx."""
    any_front.journal.lines.clear()
    assert any_front.ask("POST", "/v1/walks", body).status in (200, 400, 413, 415, 422)
    assert any_front.journal.lines == []


WORDS = ("candidate", "base", "readings", "tickets", "by", "fail_on", "from", "facts.yaml", "fines.yaml")
dry_runs = st.fixed_dictionaries(
    {"tickets": st.sampled_from(["history", {}, {"from": "2015-01-01"}]) | values},
    optional={
        "candidate": st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), values, max_size=3)
        | values,
        "readings": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2) | values,
        "base": values,
        "as_of": values,
        "by": st.lists(st.sampled_from(["kind", "at", "nobody"]) | scalars, max_size=2) | values,
        "fail_on": st.lists(st.sampled_from(["changed > 2%", "bad > 1"]) | scalars, max_size=2) | values,
    },
).map(lambda asked: json.dumps(asked).encode())


@example(body=b'{"candidate": {"fines.yaml": "\\ud800"}, "tickets": {}}')
@example(body=b'{"candidate": {"\\ud800": ""}, "tickets": {}}')
@example(body=b'{"candidate": {"fines.yaml": "\\u0000"}, "tickets": {}}')
@example(body=b'{"candidate": {"fines.yaml": "a: &a [*a]"}, "tickets": {}}')
@given(body=bodies | dry_runs)
@quick
def test_any_dry_run(any_front: World, body: bytes) -> None:
    """No question about a change gives 5xx but that too many wait."""
    any_front.journal.lines.clear()
    asked = with_service(any_front, examine=examine)
    reply = asked.ask("POST", "/v1/dry-runs", body, key="rehearse")
    assert reply.status in (202, 400, 413, 415, 422) or reply.json["code"] == "S123"
    assert any_front.journal.lines == []


HEADERS = (
    "Authorization",
    "Idempotency-Key",
    "Accept-Language",
    "Traceparent",
    "X-Request-Id",
    "Content-Type",
)
header_text = st.text(st.characters(max_codepoint=255), max_size=20)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "PATCH", "BREW"]),
    path=st.text(st.characters(max_codepoint=255), max_size=12).map("/".__add__)
    | st.sampled_from(["/v1/verdicts", "/v1/facts", "/v1/rulebooks/", "/v1/editions", "/docs/../x", "//"]),
    headers=st.dictionaries(st.sampled_from(HEADERS), header_text, max_size=3),
)
@quick
def test_any_request(any_front: World, method: str, path: str, headers: dict[str, str]) -> None:
    """No method, address or header gives 5xx, and no header of an answer is broken by one of a request."""
    any_front.journal.lines.clear()
    reply = any_front.ask(method, path, headers=headers)
    assert reply.status < 500
    assert any_front.journal.lines == []
    assert all(value.isprintable() and value.isascii() for _, value in reply.headers)
