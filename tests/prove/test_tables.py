"""Made-up tables over few values: what is proved of them is what trying every ticket shows."""

from __future__ import annotations

from random import Random

import pytest

from engine.prove.findings import gaps, overlaps
from engine.prove.solver import FALSE
from tests.prove.tables import differences, made_up

SEEDS = 100


@pytest.mark.parametrize("chunk", range(10))
def test_proved_is_true(chunk: int) -> None:
    """No gap, overlap or idle row is missed, none is made up."""
    seeds = range(chunk * SEEDS // 10, (chunk + 1) * SEEDS // 10)
    assert [(seed, d) for seed in seeds for d in differences(made_up(Random(seed)))] == []


def test_a_wrong_proof_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were gaps and overlaps overlooked, or rows taken to hold that do not, the tables would show it."""
    with monkeypatch.context() as broken:
        broken.setattr(gaps, "_no_row", lambda *_: FALSE)
        assert any("R301" in d for seed in range(40) for d in differences(made_up(Random(seed))))
    with monkeypatch.context() as broken:
        broken.setattr(overlaps, "pairs_that_may_meet", lambda *_: ())
        assert any("R303" in d for seed in range(40) for d in differences(made_up(Random(seed))))
