"""Charts, marks, words and ranges of the report."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from api.present.report.charts import Bar, Twin, bars, columns, twins
from api.present.report.naming import Names
from api.present.report.sides import Sides, marked
from api.present.report.tables import distribution_table
from api.present.report.wording import _wording
from engine.replay.dry_run.impact import Bin, Distribution, Pair
from tests.present.naive_impact import candidate, impact
from tests.present.pages import read
from tests.shipped.shipped import ROOT, library

REPORT = ROOT / "api" / "present" / "report"
BOTH = [Bar("签收未收到", Decimal(3490)), Bar("x < y", Decimal(-1200))]


@pytest.mark.parametrize("draw", [bars, columns])
def test_a_fall_is_hatched_a_rise_is_solid_and_both_carry_their_sign(draw: object) -> None:
    drawing = str(bars(BOTH, "t") if draw is bars else columns(BOTH, "t"))
    assert drawing.count("url(#falling)") == 1
    assert drawing.count("fill: #0072b2") == 1
    assert "+3,490.00" in drawing
    assert "−1,200.00" in drawing


def test_a_chart_is_small_has_its_texts_as_text_and_is_the_same_each_time() -> None:
    drawing = str(bars(BOTH, "增减 & more"))
    assert "签收未收到</text>" in drawing
    assert "x &lt; y</text>" in drawing
    assert 'aria-label="增减 &amp; more"' in drawing
    assert "font-family" not in drawing
    assert len(drawing) < 2000
    assert drawing == str(bars(BOTH, "增减 & more"))
    assert read(drawing).ids == []


def test_every_bar_lies_within_the_drawing() -> None:
    rows = [Bar(f"{n:02}", Decimal(v)) for n, v in enumerate([5, -7, 10_000_000, -9_999_999, 1])]
    for drawing in (str(bars(rows, "t")), str(columns(rows, "t")), str(twins([Twin("a", 1, 10**9)], "t"))):
        places = [float(x) for x in re.findall(r"[ML] (-?[\d.]+) -?[\d.]+", drawing)]
        assert min(places) >= 0
        assert max(places) <= 380


def test_a_chart_of_nothing_is_empty_and_not_a_mistake() -> None:
    assert "<svg" in bars([Bar("a", 0)], "t")
    assert "<svg" in columns([Bar("a", 0)], "t")
    assert "<svg" in twins([], "t")


def test_words_are_marked_where_they_differ() -> None:
    assert marked("left open by the source", "fine: 1 CNY") == (("left open by the source", True),)
    assert marked("a b c d e", "a x y d e") == (("a ", False), ("b c", True), (" d e", False))
    assert marked("same", "same") == (("same", False),)


def test_a_test_is_shown_where_it_says_more_than_the_value() -> None:
    found = impact(3000)
    shown = Sides(Names((library(), candidate()), "en")).of(found.classes[0].examples[0])
    reasons = {reason.fact: reason for reason in shown.rows[0].after[0].reasons}
    assert reasons["rule owner (company)"].test == ""
    assert reasons["date of the first call"].test == ">= 2015-04-01"


def test_bins_are_told_as_ranges() -> None:
    bins = (
        Bin(Decimal(0), Decimal(0), Pair(9, 8)),
        Bin(Decimal("0.01"), Decimal(50), Pair(1, 1)),
        Bin(Decimal(50), Decimal(50), Pair(1, 2)),
        Bin(Decimal(1500), None, Pair(2, 2)),
    )
    table = distribution_table(Distribution(("fine", "CNY"), bins), Names((library(),), "en"))
    assert [row.name for row in table.rows] == ["nothing (0)", "0.01 to under 50", "50", "1,500 and more"]
    assert "9 → 8" in table.note


def test_every_text_is_in_both_languages_and_used() -> None:
    sources = [*REPORT.rglob("*.py"), *REPORT.rglob("*.html"), REPORT.parent / "statements_html.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    built = ("edit_", "sum_of_", "by_")
    for key, entry in _wording().items():
        assert {"zh", "en"} <= set(entry), key
        assert set(entry) <= {"zh", "en", "one"}, key
        used = re.search(rf"[\"']{key}[\"']", text) or key.startswith(built)
        assert used or key in ("appears", "disappears"), key
        fields = {language: set(re.findall(r"{(\w+)}", entry[language])) for language in ("zh", "en")}
        assert fields["zh"] == fields["en"], key


def test_templates_call_only_words_that_are_there() -> None:
    called = {
        key
        for path in Path(REPORT / "templates").glob("*.html")
        for key in re.findall(r'(?:say|count_of)\(["\'](\w+)["\']', path.read_text(encoding="utf-8"))
    }
    assert called <= set(_wording())


def test_what_both_sides_say_alike_of_a_changed_rule_is_given_in_short() -> None:
    found = impact(3000)
    sides = Sides(Names((library(), candidate()), "en"))
    rows = [row for kind in found.classes for example in kind.examples for row in sides.of(example).rows]
    same = [said for row in rows for said in (*row.before, *row.after) if said.same]
    assert same, "late compensation has a review on both sides"
    assert all(not said.reasons and not any(differs for _, differs in said.head) for said in same)


def test_drawing_is_silent_where_the_home_folder_cannot_be_written(tmp_path: Path) -> None:
    code = "from api.present.report.charts import Bar, bars; print(len(bars([Bar('a', 1)], 't')) > 0)"
    environment = {**os.environ, "HOME": os.devnull, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    for name in ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == ("True\n", "")
