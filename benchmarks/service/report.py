"""What was measured, with its targets, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.service.mixtures import Mixture

MOST_SPREAD = 5.0
"""p99 by p50 at half of the peak stays below."""


@dataclass(frozen=True)
class Line:
    """The medians of one contender: requests a second (of batches: tickets), times in milliseconds.

    `ratio` is to bare Flask, of batches to single posts; `target` is its least.
    """

    name: str
    rate: float
    ratio: float
    p50: float
    p99: float
    target: float | None

    @property
    def missed(self) -> bool:
        return self.target is not None and self.ratio < self.target


@dataclass(frozen=True)
class Half:
    """At about half of the peak with the log on: requests a second, times in milliseconds."""

    rate: float
    p50: float
    p99: float

    @property
    def spread(self) -> float:
        return self.p99 / self.p50


@dataclass(frozen=True)
class Report:
    """One mixture of tickets: the first line is bare Flask, which the next ones are measured by."""

    mixture: Mixture
    ticket_bytes: int
    answer_bytes: int
    lines: list[Line]
    batch: Line
    half: Half

    @property
    def missed(self) -> list[str]:
        slow = [line.name for line in (*self.lines, self.batch) if line.missed]
        return slow + (["p99 by p50"] if self.half.spread >= MOST_SPREAD else [])


def show(report: Report) -> None:
    print(f"\n{report.mixture}: tickets of {report.ticket_bytes:,} bytes, answers of {report.answer_bytes:,}")
    print(f"{'':32} {'/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'ratio':>7} {'target':>7}")
    for line in (*report.lines, report.batch):
        target = "" if line.target is None else f"{line.target:.2f}"
        print(
            f"{line.name:32} {line.rate:9,.0f} {line.p50:8.2f} {line.p99:8.2f} {line.ratio:7.2f} {target:>7}"
        )
    half = report.half
    print(
        f"{'log on, at half of its peak':32} {half.rate:9,.0f} {half.p50:8.2f} {half.p99:8.2f}"
        f" {half.spread:7.2f} {f'<{MOST_SPREAD:.0f}':>7}",
        flush=True,
    )
