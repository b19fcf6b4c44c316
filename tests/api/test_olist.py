"""Real parcels: the orders of the Olist public dataset, judged by the national standard.

The rows are not part of the project (CC BY-NC-SA 4.0). Where they are at hand the verdicts are counted
and compared with counts that plain Python makes from the same rows.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.api.command_line import ROOT, Run

ORDERS = ROOT.parent / "shared" / "data" / "olist_orders.csv"
AS_OF = datetime(2018, 12, 31)
MORE_THAN_DAYS = {"same_city": 3, "intra_province": 7, "inter_province": 7}


def scope_of(row: dict[str, str]) -> str | None:
    """What the addresses say; nothing where the seller is not known."""
    if not row["seller_city"] or not row["seller_state"]:
        return None
    if row["customer_state"] != row["seller_state"]:
        return "inter_province"
    return "same_city" if row["customer_city"] == row["seller_city"] else "intra_province"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def days_late(row: dict[str, str]) -> int:
    """Calendar days from the promised day to the day of delivery, none when early."""
    promised: date = instant(row["estimated_at"]).date()
    return max((instant(row["delivered_at"]).date() - promised).days, 0)


def expected(rows: list[dict[str, str]]) -> Counter[str]:
    """The counts that the words of the standard lead to."""
    counts: Counter[str] = Counter()
    for row in rows:
        scope = scope_of(row)
        if scope and row["delivered_at"]:
            late = days_late(row) > MORE_THAN_DAYS[scope]
            counts[f"is_complete_delay={late}"] += 1
            counts["complete delay"] += late
        due = instant(row["purchased_at"]) + timedelta(hours=2)
        picked_up = instant(row["carrier_at"]) if row["carrier_at"] else AS_OF
        counts["pickup met" if picked_up <= due else "pickup breached"] += 1
    return counts


def counted(lines: list[str]) -> Counter[str]:
    """The same counts from verdicts."""
    counts: Counter[str] = Counter()
    for line in lines:
        verdict = json.loads(line)["verdict"]
        if "is_complete_delay" in verdict["derived"]:
            counts[f"is_complete_delay={verdict['derived']['is_complete_delay']}"] += 1
        for outcome in verdict["outcomes"]:
            if outcome["rule"] == "national_standard/complete-delay/complete-delay":
                counts["complete delay"] += 1
            if (
                outcome["rule"] == "national_standard/pickup/pickup-within-limit"
                and outcome["kind"] == "deadline"
            ):
                counts[f"pickup {outcome['state']}"] += 1
    return counts


@pytest.mark.skipif(not ORDERS.is_file(), reason="the Olist orders are not at hand")
def test_all_orders(run: Run, tmp_path: Path) -> None:
    """Every row is judged, and the counts are those of an independent reckoning."""
    with ORDERS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    out = tmp_path / "verdicts.ndjson"
    mapping = ROOT / "examples" / "mappings" / "olist.yaml"
    arguments = ("--format", "json", "--as-of", AS_OF.isoformat(), "--output", out)
    ran = run("decide", "--mapping", mapping, *arguments, ORDERS)
    assert (ran.code, ran.err) == (0, "")
    lines = out.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(rows)
    assert counted(lines) == expected(rows)
