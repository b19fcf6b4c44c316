"""An impact on a screen, as Markdown and as JSON: what fits, what is escaped, what is left out."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from rich.cells import cell_len

from api.present.findings_text import console_on
from api.present.impact_json import impact_json
from api.present.impact_markdown import escaped, impact_markdown
from api.present.impact_text import ImpactText, short_values
from api.present.limit_words import finding_of, telling
from api.present.report.numbers import signed
from engine.base.findings import Language
from engine.replay.dry_run.impact import GroupImpact, Impact, ItemReach, Money, Reach, ZoneImpact
from engine.replay.dry_run.limits import Limit, limit_from, measured
from tests.present.naive_impact import candidate, impact, with_trouble
from tests.shipped.shipped import library

HOSTILE = "T1|`x`*_[a](http://x.example)<script>@everyone #1 www.x.example \x1b[31m"
each_language = pytest.mark.parametrize("language", ["zh", "en"])


def made(tickets: int = 300) -> Impact:
    return with_trouble(impact(tickets))


def screen(of: Impact, language: Language, width: int = 80) -> list[str]:
    stream = io.StringIO()
    console = console_on(stream, wrap=True, width=width)
    ImpactText([library(), candidate()], language).write(console, of)
    return stream.getvalue().splitlines()


def markdown(of: Impact, language: Language = "en", *limits: str) -> str:
    found = [one for text in limits for one in measured(limit(text), of)]
    return impact_markdown(of, found, [library(), candidate()], language)


def limit(text: str) -> Limit:
    found = limit_from(text)
    assert isinstance(found, Limit)
    return found


@each_language
@pytest.mark.parametrize("width", [80, 100, 140])
def test_a_screen(language: Language, width: int) -> None:
    """The whole answer fits 24 lines, whatever the terminal's width."""
    lines = screen(made(), language, width)
    assert len(lines) <= 24
    assert max(map(cell_len, lines)) <= width


@each_language
def test_a_screen_of_a_proof(language: Language) -> None:
    """With the zones of a change it still fits, however many there are and however long their conditions."""
    words = {"zh": "数量 > 3 且 " * 30, "en": "count > 3 and " * 30}
    zones = tuple(ZoneImpact(words, False, tickets, 1, tickets, {}) for tickets in range(9))
    item = ItemReach("penalties/appeals/bands", {}, True, zones, 9, 0)
    lines = screen(replace(made(), reach=Reach((item,), 3)), language)
    assert len(lines) <= 24
    assert max(map(cell_len, lines)) <= 80
    assert any(
        line.startswith(("never visited by this history: 1 of 9", "历史中从未出现：9")) for line in lines
    )


@each_language
def test_a_screen_of_large_numbers(language: Language) -> None:
    """Numbers are never cut, however large; words give way."""
    huge = {("fine", "CNY"): Money(Decimal("99999999999.99"), Decimal("199999999999.99"))}
    lines = screen(replace(made(), money=huge, tickets=10_000_000_000, changed=9_999_999_999), language)
    assert "+100,000,000,000.00" in "\n".join(lines)
    assert max(map(cell_len, lines)) <= 80


@each_language
def test_long_numbers_of_tickets_leave_room_for_the_amounts(language: Language) -> None:
    """A number gives way in its middle, an amount never."""
    of = made()
    named = tuple(
        replace(ticket, ticket_no=f"T{'9' * 4000}-{place}") for place, ticket in enumerate(of.largest)
    )
    (line,) = [line for line in screen(replace(of, largest=named), language) if "T99" in line]
    assert cell_len(line) <= 80
    shown = [amount for ticket in named for m in ticket.money.values() if (amount := signed(m.delta)) in line]
    assert len(shown) >= 1
    assert line.count("…") == line.count("-0") + line.count("-1") + line.count("-2")
    assert not line.endswith("…")


@each_language
def test_hostile_words(language: Language) -> None:
    """What tickets carry is shown and never obeyed: no link, no mention, no colour, no markup."""
    of = made()
    dimension = replace(of.dimensions[0], groups=(GroupImpact(HOSTILE, 1, 1, {}),))
    of = replace(of, dimensions=(dimension,), base=replace(of.base, label=HOSTILE))
    text = markdown(of, language)
    assert "\x1b" not in text
    assert "<script>" not in text
    assert "@everyone" not in text
    assert "[a](" not in text
    assert "http://x" not in text
    assert "\x1b" not in "\n".join(screen(of, language))


def test_escaping_leaves_plain_text_alone() -> None:
    """Numbers, dates and Chinese stand as they are."""
    assert escaped("2015-11: +1,000.00 元（签收未收到）") == "2015-11: +1,000.00 元（签收未收到）"


@each_language
def test_markdown_has_room_in_a_comment(language: Language) -> None:
    """GitHub takes 65,536 characters, and tables stand between empty lines."""
    text = markdown(made(), language, "changed > 1%", "rule(*).changed > 1", "delta.fine > 5 CNY")
    assert len(text) < 40_000
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```diff") == text.count("\n```\n")


def test_limits_in_markdown() -> None:
    """Of a limit on many rules those are shown that exceed it."""
    text = markdown(made(), "en", "rule(penalties/*).changed > 100000", "changed > 0")
    assert text.count("rule(penalties/*)") == 1
    assert "✅ kept" in text
    assert "❌ **exceeded**" in text


@each_language
def test_json(language: Language) -> None:
    """All of it is plain data, with money as text."""
    document = json.loads(json.dumps(impact_json(made(), [], language)))
    assert document["money"][0]["delta"] == str(made().money["fine", "CNY"].delta)
    assert document["bad_tickets"][0]["findings"][0]["help"]
    assert len(document["classes"]) == len(made().classes)


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("changed > 1%", "Q077", "percentage points more"),
        ("delta.fine < 9999999 CNY", "Q078", "CNY less"),
        ("changed >= 0%", "Q077", "percentage points more"),
        ("bad >= 3", "Q079", "it is 3 tickets"),
    ],
)
def test_limits_in_words(written: str, code: str, words: str) -> None:
    """A finding tells what a limit came to and by how much."""
    (one,) = telling(measured(limit(written), made()))
    finding = finding_of(one, "en")
    assert finding.code == code
    assert words in finding.message("en")
    assert finding_of(one, "zh").message("zh")


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("2015-04-01: 50", "2015-04-01: 60", ("50", "60")),
        ("2015-04-01: 50", "2015-04-01: 50, 2015-07-01: 80", ("", "2015-07-01: 80")),
        ("2015-04-01: 50", "2015-05-01: 50", ("2015-04-01: 50", "2015-05-01: 50")),
        (None, "2015-05-01: 50", ("", "2015-05-01: 50")),
        ("strict", "floor", ("strict", "floor")),
    ],
)
def test_values_of_edits(before: str | None, after: str | None, shown: tuple[str, str]) -> None:
    """Only what differs is shown."""
    assert short_values(before, after) == shown
