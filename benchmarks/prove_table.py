"""Gaps and overlaps of tables of 1,000 rows and 6 inputs: `python -m benchmarks.prove_table [--rows N]`.

Tables that cut all tickets into as many boxes as they have rows, in a grid or at random; each whole, and with
one row left out and one made wider. Ends with 1 where something else is found than was put in, with 2 where a
table takes longer than the target.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import yaml

from engine.library import Library, load_texts
from engine.prove.claim import Claim
from engine.prove.findings import gaps, overlaps
from engine.prove.findings.context import Context

TARGET = 30.0
KINDS = ("damage", "delay", "loss", "attitude")
MOST = 1_000
"""Numbers run from 0 to this."""
INPUTS = ("kind", "urgent", "days", "calls", "fee", "weight")


@dataclass(frozen=True)
class Box:
    """What a row takes: members of `kind`, `urgent` or not, and stretches `[low, high)` of the numbers."""

    words: tuple[tuple[Any, ...], ...]
    stretches: tuple[tuple[int, int], ...]

    def halves(self, random: Random) -> tuple[Box, Box]:
        """Cut in two at one input, where there is room."""
        places = [n for n, words in enumerate(self.words) if len(words) > 1]
        places += [2 + n for n, (low, high) in enumerate(self.stretches) if high - low > 1]
        place = random.choice(places)
        if place < len(self.words):
            words = self.words[place]
            cut = random.randrange(1, len(words))
            return self._with_words(place, words[:cut]), self._with_words(place, words[cut:])
        low, high = self.stretches[place - 2]
        middle = random.randrange(low + 1, high)
        return self.with_stretch(place - 2, (low, middle)), self.with_stretch(place - 2, (middle, high))

    def _with_words(self, place: int, words: tuple[Any, ...]) -> Box:
        return Box((*self.words[:place], words, *self.words[place + 1 :]), self.stretches)

    def with_stretch(self, place: int, stretch: tuple[int, int]) -> Box:
        return Box(self.words, (*self.stretches[:place], stretch, *self.stretches[place + 1 :]))

    def meets(self, other: Box) -> bool:
        words = all(set(one) & set(two) for one, two in zip(self.words, other.words, strict=True))
        pairs = zip(self.stretches, other.stretches, strict=True)
        return words and all(low < end and start < high for (low, high), (start, end) in pairs)

    def cells(self) -> list[str]:
        return [*map(_words, self.words), *map(_stretch, self.stretches)]


WHOLE = Box((KINDS, (True, False)), ((0, MOST),) * 4)


def _words(words: tuple[Any, ...]) -> str:
    return ", ".join(str(word).lower() for word in words)


def _stretch(stretch: tuple[int, int]) -> str:
    low, high = stretch
    return "-" if stretch == (0, MOST) else f"< {high}" if low == 0 else f"[{low}..{high})"


def at_random(rows: int) -> list[Box]:
    """One box cut in two again and again."""
    random, boxes = Random(5), [WHOLE]
    while len(boxes) < rows:
        boxes += boxes.pop(random.randrange(len(boxes))).halves(random)
    return boxes


def grid(rows: int) -> list[Box]:
    """Inputs cut into the same parts everywhere: 4 words, 2 truths, three numbers as often as needed."""
    parts = max(2, round((rows / 8) ** (1 / 3)))
    cuts = [(MOST * n // parts, MOST * (n + 1) // parts) for n in range(parts)]
    return [
        Box(((kind,), (urgent,)), (one, two, three, (0, MOST)))
        for kind in KINDS
        for urgent in (True, False)
        for one in cuts
        for two in cuts
        for three in cuts
    ][:rows]


def spoilt(boxes: list[Box]) -> list[Box]:
    """One row is left out, and one reaches into another."""
    kept = boxes[:-1]
    for n, box in enumerate(kept):
        for place, (low, high) in enumerate(box.stretches):
            wider = box.with_stretch(place, (low, high + 1))
            if high < MOST and any(wider.meets(other) for other in (*kept[:n], *kept[n + 1 :])):
                return [*kept[:n], wider, *kept[n + 1 :]]
    raise AssertionError("boxes that fill everything have neighbours")


def words(name: str) -> dict[str, str]:
    return {"zh": f"〔{name}〕", "en": name}


def library(boxes: list[Box]) -> Library:
    """One table that has the boxes for rows."""
    number = {"type": "integer", "minimum": 0, "maximum": MOST - 1, "example": 1}
    facts: Mapping[str, Mapping[str, Any]] = {
        "kind": {"type": "enum", "values": {kind: words(kind) for kind in KINDS}, "example": KINDS[0]},
        "urgent": {"type": "boolean", "example": True},
        **{name: dict(number) for name in INPUTS[2:]},
    }
    catalogue = {
        "catalogue": "facts",
        "zone": "Asia/Shanghai",
        "currency": "CNY",
        "entities": {"ticket": words("ticket")},
        "codes": {"points": words("points")},
        "facts": {name: {"entity": "ticket", "label": words(name), **said} for name, said in facts.items()},
    }
    table = {
        "table": "t",
        "title": words("table"),
        "cite": {"source": "deck", "quote": "甲"},
        "hit": "unique",
        "inputs": list(INPUTS),
        "outputs": [{"name": "points", "type": "integer"}],
        "then": {"score": {"name": "points", "points": "points"}},
        "rows": [{"row": f"r{n}", "if": box.cells(), "then": [n]} for n, box in enumerate(boxes)],
    }
    book = {
        "rulebook": "book",
        "title": words("book"),
        "sections": [{"section": "s", "title": words("section"), "items": [table]}],
    }
    source = {"file": "deck.txt", "title": words("deck"), "date": None, "sha256": "a" * 64}
    texts = {"facts.yaml": catalogue, "book.yaml": book, "sources.yaml": {"sources": {"deck": source}}}
    return load_texts(
        {
            name: yaml.safe_dump(text, allow_unicode=True, sort_keys=False).encode()
            for name, text in texts.items()
        }
    )


def claims(context: Context) -> Iterator[Claim]:
    yield from gaps.claims(context)
    yield from overlaps.claims(context)


def measured(name: str, boxes: list[Box], expected: set[str]) -> tuple[float, bool]:
    """Seconds, and whether what was found is what was put in."""
    loaded = library(boxes)
    assert loaded.plan is not None, [finding.message("en") for finding in loaded.findings]
    begun = time.perf_counter()
    found = list(claims(Context(loaded, loaded.plan)))
    seconds = time.perf_counter() - begun
    codes = {claim.finding.code for claim in found}
    print(
        f"{name:24} {len(boxes):5} rows {seconds:7.2f} s  {', '.join(sorted(codes)) or 'nothing'}", flush=True
    )
    return seconds, codes == expected


def main() -> int:
    """Every table; the exit code tells whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000)
    rows = parser.parse_args().rows
    results = []
    for name, boxes in (("grid", grid(rows)), ("at random", at_random(rows))):
        results.append(measured(name, boxes, set()))
        results.append(measured(f"{name}, spoilt", spoilt(boxes), {"R301", "R303"}))
    if not all(right for _, right in results):
        print("something else was found than was put in")
        return 1
    slowest = max(seconds for seconds, _ in results)
    print(f"slowest {slowest:.1f} s, target {TARGET:.0f} s")
    return 0 if slowest <= TARGET else 2


if __name__ == "__main__":
    sys.exit(main())
