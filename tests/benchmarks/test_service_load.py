"""What presses on the service in measurements posts what it says and judges answers as it must."""

import json

import pytest

from benchmarks.service.mixtures import MIXTURES, Mixture, batches, single
from benchmarks.service.processes import slope
from benchmarks.service.soak_load import Mistake, Soaking

CREATED = b"HTTP/1.1 201 Created\r\nlocation: /v1/verdicts/1\r\ncaiding-edition: abc\r\n"


@pytest.mark.parametrize("mixture", MIXTURES)
def test_a_mixture_has_as_many_tickets_as_are_asked_for(mixture: Mixture) -> None:
    bodies = single(mixture, 50)
    assert len({json.loads(body)["facts"]["ticket_no"] for body in bodies}) == 50
    assert [len(json.loads(batch)["tickets"]) for batch in batches(bodies, 20)] == [20, 20]


def test_one_step_is_no_growth_and_a_steady_rise_is() -> None:
    assert slope([(n, 5 if n < 6 else 25) for n in range(8)]) == 0
    assert slope([(n, 3 * n) for n in range(9)]) == 3


def test_an_answer_that_is_not_as_it_must_be_is_an_error() -> None:
    soaking = Soaking("caiding_1_key", single("plain", 5))
    asked = [soaking.next() for _ in range(300)]
    mistake = next(request for request in asked if isinstance(request, Mistake))
    new = next(request for request in asked if request.kind == "new")
    soaking.answered(new, 201, CREATED, 0.001)
    soaking.answered(mistake, min(mistake.statuses), b"", 0.001)
    assert (soaking.told.acknowledged, soaking.told.errors) == (1, 0)
    soaking.answered(new, 503, b"", 0.001)
    soaking.answered(mistake, 201, CREATED, 0.001)
    soaking.broken(new)
    assert (soaking.told.acknowledged, soaking.told.errors, soaking.told.unknown) == (1, 3, 1)
