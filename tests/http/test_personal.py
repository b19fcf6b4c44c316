"""Names never leave the request: not in an answer, not in what is stored, not in a log line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.scribe.client import NoLog
from api.store.database import open_database, upgrade
from api.store.decisions import Claim, Decision
from tests.http.world import World, world_on


class Catching(NoLog):
    """Keeps what would be stored."""

    def __init__(self) -> None:
        self.stored: list[object] = []

    def record(self, decisions: Sequence[Decision], claim: Claim | None = None) -> None:
        self.stored += [*decisions, claim]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("personal")
    database = open_database(f"sqlite:///{folder / 'keys.db'}")
    upgrade(database)
    with world_on(database, folder, Catching()) as made:
        yield made
    database.close()


names = st.text("佟闫邴璩", min_size=2, max_size=90)


@st.composite
def tickets(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A name, and a ticket that tells it in a personal fact and perhaps elsewhere, rightly or wrongly."""
    name = draw(names)
    personal: dict[str, Any] = {"receiver": draw(st.sampled_from([name, [name], {"name": name}]))}
    same = st.just(name)
    elsewhere = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "signed_by": same,
                "ticket_no": same | st.just("T1"),
                "kind": same | st.just("loss"),
                "value": same | st.just(3),
                "day": same,
            },
        )
    )
    as_of = draw(st.sampled_from([{}, {"as_of": name}, {"as_of": "2015-10-08T10:00"}]))
    return name, {"facts": {**elsewhere, **personal}, **as_of}


@given(told=tickets(), batched=st.booleans())
@settings(max_examples=150, deadline=None)
def test_names_stay_out(quick: World, told: tuple[str, dict[str, Any]], batched: bool) -> None:
    """Wherever a ticket repeats the name that it gives as a personal fact, it is not told or kept."""
    name, ticket = told
    log = quick.service.log
    assert isinstance(log, Catching)
    log.stored.clear()
    if batched:
        reply = quick.batch([ticket], headers={"Idempotency-Key": "k"})
    else:
        reply = quick.ask(
            "POST", "/v1/verdicts", json.dumps(ticket).encode(), headers={"Idempotency-Key": "k"}
        )
    assert reply.status in (200, 201, 422)
    whole = reply.body.decode() + repr(log.stored) + quick.lines.getvalue().decode()
    assert name[:60] not in whole
