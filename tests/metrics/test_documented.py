"""What operators read about metrics is what there is."""

import re
from pathlib import Path

import pytest

from api.metrics import STATES, Metrics

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
ROW = re.compile(r"^\| `(caiding_\w+)` \|([^|]*)\|", re.MULTILINE)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> str:
    """An exposition in which every state has been said."""
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    metrics = Metrics()
    metrics.edition("0123456789ab", "ba9876543210", 1, 0)
    metrics.log(0, None, None)
    metrics.by_state("watches", {"waiting": 1})
    metrics.by_state("dry_runs", {"queued": 1})
    return metrics.exposition().decode()


def test_every_metric_stands_in_the_table_and_no_other(told: str) -> None:
    names = re.findall(r"^# TYPE (\w+) ", told, re.MULTILINE)
    assert sorted(name for name, _ in ROW.findall(OPERATIONS.read_text())) == sorted(names)


def test_the_table_tells_the_labels_of_every_state() -> None:
    documented = dict(ROW.findall(OPERATIONS.read_text()))
    for name, (_, _, labels) in STATES.items():
        assert re.findall(r"`(\w+)`", documented[name]) == list(labels)
