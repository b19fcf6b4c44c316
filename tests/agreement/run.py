"""Judges made-up tickets by several evaluators and compares their verdicts byte by byte.

    python -m tests.agreement.run --tickets 100000 --seed 1 --evaluators reference,compiled,durable

Prints how far it has come, how many tickets a second each evaluator judges, and the first disagreements
in full. Exits with 1 if there is any, if an evaluator cannot run, or if nothing was judged.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.facts import facts_from, instant_from
from engine.library import Library, load
from tests.generators import Pools, Ticket, pools_of, seeds_of, ticket

RULES = Path(__file__).parents[2] / "rules"
CHUNK = 500
SHOWN = 3


@dataclass(frozen=True)
class Chunk:
    """What came of one chunk of tickets: seconds by evaluator, what was concluded, and disagreements."""

    tickets: int
    seconds: Mapping[str, float]
    concluded: Mapping[str, int]
    rules: frozenset[str]
    disagreements: tuple[str, ...]


@cache
def _shipped(rules: Path) -> tuple[Library, Pools, tuple[Ticket, ...]]:
    library = load(rules)
    if library.plan is None:
        raise SystemExit("the rulebooks have findings; run `caiding check`")
    return library, pools_of(library.plan), seeds_of(library)


@cache
def _judge(rules: Path, name: str) -> Evaluator:
    plan = _shipped(rules)[0].plan
    assert plan is not None
    return evaluator(name, plan)


def compare_chunk(rules: Path, names: Sequence[str], seed: str, size: int) -> Chunk:
    """Makes up `size` tickets from `seed` and judges each by each evaluator; the first one named is right."""
    library, pools, seeds = _shipped(rules)
    plan = library.plan
    assert plan is not None
    random = Random(seed)
    made = [ticket(random, plan, pools, seeds) for _ in range(size)]
    read = []
    for one in made:
        facts, findings = facts_from(one.facts, plan)
        assert not findings, [finding.message("en") for finding in findings]
        read.append((facts, None if one.as_of is None else instant_from(one.as_of, plan.zone)))
    seconds, verdicts = {}, {}
    for name in names:
        judge = _judge(rules, name)
        begun = perf_counter()
        verdicts[name] = [json.dumps(judge.decide(*facts), ensure_ascii=False) for facts in read]
        seconds[name] = perf_counter() - begun
    found = list(_disagreements(made, verdicts))
    right = [json.loads(verdict) for verdict in verdicts[names[0]]]
    parts = ("outcomes", "defeated", "undecided")
    concluded = {part: sum(len(verdict[part]) for verdict in right) for part in parts}
    rules_met = frozenset(entry["rule"] for verdict in right for part in parts for entry in verdict[part])
    return Chunk(size, seconds, concluded, rules_met, tuple(found))


def _disagreements(made: Sequence[Ticket], verdicts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    first, *others = verdicts
    for name in others:
        for one, right, other in zip(made, verdicts[first], verdicts[name], strict=True):
            if right != other:
                facts = json.dumps({"facts": one.facts, "as_of": one.as_of}, ensure_ascii=False, default=str)
                yield f"ticket: {facts}\n{first}: {right}\n{name}: {other}"


def run(rules: Path, tickets: int, seed: int, names: Sequence[str], workers: int) -> bool:
    """Whether all evaluators agree on all tickets; progress goes to standard error."""
    sizes = [CHUNK] * (tickets // CHUNK) + ([tickets % CHUNK] if tickets % CHUNK else [])
    done: list[Chunk] = []
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(compare_chunk, rules, names, f"{seed}/{i}", size) for i, size in enumerate(sizes)]
        for job in jobs:
            done.append(job.result())
            _progress(done, tickets)
            if sum(len(chunk.disagreements) for chunk in done) >= SHOWN:
                pool.shutdown(cancel_futures=True)
                break
    return _report(done, names)


def _progress(done: Sequence[Chunk], tickets: int) -> None:
    if len(done) % 10 == 0:
        judged = sum(chunk.tickets for chunk in done)
        print(f"{judged:,} of {tickets:,} tickets", file=sys.stderr, flush=True)


def _report(done: Sequence[Chunk], names: Sequence[str]) -> bool:
    judged = sum(chunk.tickets for chunk in done)
    for name in names:
        spent = sum(chunk.seconds[name] for chunk in done)
        print(f"{name}: {judged:,} tickets, {judged / spent if spent else 0:,.0f} a second in one process")
    concluded: dict[str, Any] = {}
    for chunk in done:
        for part, number in chunk.concluded.items():
            concluded[part] = concluded.get(part, 0) + number
    met = frozenset().union(*(chunk.rules for chunk in done))
    print(", ".join(f"{number:,} {part}" for part, number in concluded.items()), f"by {len(met)} rules")
    disagreements = [text for chunk in done for text in chunk.disagreements]
    for text in disagreements[:SHOWN]:
        print(f"\ndisagreement\n{text}")
    print(f"{len(disagreements)} disagreements")
    return not disagreements and judged > 0 and concluded["outcomes"] > 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Judge made-up tickets by several evaluators and compare.")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--evaluators", default="reference,compiled,durable")
    parser.add_argument("--rules", type=Path, default=RULES)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    names = asked.evaluators.split(",")
    return 0 if run(asked.rules, asked.tickets, asked.seed, names, asked.workers) else 1


if __name__ == "__main__":
    sys.exit(main())
