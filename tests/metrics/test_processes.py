"""Several processes count in one folder, and any one of them can tell it all."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import SHARED_BYTES

ROOT = Path(__file__).parents[2]
PATIENCE = 30
COUNTING = """
import sys, time
from api.metrics import Metrics
metrics = Metrics(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    match line.split():
        case ["request", count]:
            for _ in range(int(count)):
                metrics.request("/v1/verdicts", "POST", 201, 0.002)
        case ["refuse"]:
            metrics.reload("refused")
        case ["wait"]:
            time.sleep(0.6)
        case ["tell"]:
            sys.stdout.write(metrics.exposition().decode() + "# end\\n")
            sys.stdout.flush()
            continue
    print("done", flush=True)
"""


class Counting:
    """A process that counts as it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def told(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if line:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        answer = []
        for said in self.process.stdout:
            answer.append(said)
            if said.strip() in {"ready", "done", "# end"}:
                return "".join(answer)
        raise AssertionError("the process has ended")

    def samples(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in text_string_to_metric_families(self.told("tell")):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found

    def requests(self) -> float:
        return sum(value for _, value in self.samples().get("caiding_requests_total", []))

    def end(self) -> None:
        """As at a graceful stop: Python ends by itself."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)


@contextmanager
def counting(folder: Path, role: str = "worker") -> Iterator[Counting]:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", COUNTING, role],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            started = Counting(process)
            started.told("")
            yield started
        finally:
            process.kill()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Counting, Counting]]:
    with ExitStack() as stack:
        yield stack.enter_context(counting(tmp_path)), stack.enter_context(counting(tmp_path, "scribe"))


def test_one_process_tells_what_all_have_counted(pair: tuple[Counting, Counting]) -> None:
    first, second = pair
    first.told("request 300")
    second.told("request 45")
    second.told("wait")
    assert first.requests() == 345
    counted = first.samples()["caiding_request_seconds_count"]
    assert counted == [({"route": "/v1/verdicts"}, 345)]
    buckets = {labels["le"]: n for labels, n in first.samples()["caiding_request_seconds_bucket"]}
    assert buckets["0.001"] == 0
    assert buckets["0.002"] == buckets["+Inf"] == 345


def test_memory_is_told_for_each_process_that_lives(pair: tuple[Counting, Counting]) -> None:
    first, second = pair
    second.told("wait")
    resident = {
        labels["pid"]: labels["role"] for labels, _ in first.samples()["caiding_process_resident_bytes"]
    }
    assert resident == {str(first.process.pid): "worker", str(second.process.pid): "scribe"}


def test_a_killed_process_stays_counted_and_its_memory_is_forgotten(
    pair: tuple[Counting, Counting],
) -> None:
    first, second = pair
    second.told("request 20")
    second.told("wait")
    second.process.kill()
    second.process.wait(PATIENCE)
    assert first.requests() == 20
    told = first.samples()
    for name in ("resident_bytes", "open_handles", "threads"):
        assert [labels["pid"] for labels, _ in told[f"caiding_process_{name}"]] == [str(first.process.pid)]


def test_what_was_counted_last_before_a_graceful_stop_is_not_lost(pair: tuple[Counting, Counting]) -> None:
    first, second = pair
    second.told("request 7")
    second.end()
    assert first.requests() == 7


def test_what_one_process_refused_all_processes_tell(pair: tuple[Counting, Counting]) -> None:
    first, second = pair
    second.told("refuse")
    assert first.samples()["caiding_edition_refused"] == [({}, 1)]


def test_its_files_are_on_the_disk_before_they_are_written(tmp_path: Path) -> None:
    """They are written by way of memory: a hole in one of them ends the process while the disk is full."""
    with counting(tmp_path, "worker") as one:
        one.told("request 5")
        one.told("tell")
        files = [file.stat() for file in tmp_path.glob("*.db")]
    assert len(files) == 4
    assert all(512 * file.st_blocks >= file.st_size == SHARED_BYTES for file in files)
