"""The report of a dry run: what it says, that it stands alone, and that it is the same bytes each time."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from api.present.report.environment import CONTENT_POLICY
from api.present.report.write import write_report
from engine.base.findings import Language
from engine.replay.dry_run.impact import Impact
from tests.present.naive_impact import candidate, impact, with_trouble
from tests.present.pages import read, stands_alone
from tests.shipped.shipped import library

TICKETS = 3000


def written(of: Impact, language: Language = "zh") -> str:
    out = StringIO()
    write_report(of, (library(), candidate()), language, out)
    return out.getvalue()


@cache
def report() -> str:
    return written(with_trouble(impact(TICKETS)))


def edition(html: str, language: Language) -> str:
    """The part of the page in one language."""
    found = re.search(rf'<main class="edition {language}".*?</main>', html, re.DOTALL)
    assert found is not None
    return found.group()


def test_the_report_fetches_nothing_and_runs_nothing() -> None:
    page = read(report())
    assert stands_alone(report(), page)
    assert ("content", CONTENT_POLICY) in page.attributes


def test_every_link_leads_to_one_place_of_the_page() -> None:
    page = read(report())
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert all(link.startswith("#") for link in page.links)


def test_the_same_impact_gives_the_same_bytes() -> None:
    assert written(impact(TICKETS)) == written(impact(TICKETS))


def test_a_year_s_report_is_small() -> None:
    assert len(report().encode()) < 1_000_000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_language_asked_for_is_shown_first_and_the_other_is_there(language: Language) -> None:
    html = written(impact(TICKETS), language)
    assert f'id="show-{language}" checked' in html
    assert html.count(" checked") == 1
    assert edition(html, "zh")
    assert edition(html, "en")


def test_the_first_screen_says_how_many_how_much_and_where() -> None:
    shown = read(edition(report(), "en"))
    assert (
        "316 of 3,000 tickets (10.5%) would be judged differently; fines up by 29,120.00 CNY (+16.0%)."
        in (shown.text)
    )
    assert "181,730.00 → 210,850.00" in shown.text
    first = edition(report(), "en").partition("<nav")[0]
    assert first.count('<svg class="chart"') == 3
    assert "Change of fines" not in first, "capitals are the style's"
    assert all(f"change of fines (CNY), by {name}" in first for name in ("rule", "outlet", "month"))


def test_a_report_in_chinese_has_no_english_sentences() -> None:
    shown = read(edition(report(), "zh")).text
    assert "3,000 件工单中，316 件（10.5%）判定不同；罚款增加 29,120.00 元（+16.0%）。" in shown
    words = re.findall(r"(?:\b[a-z]{2,} ){4,}", shown.replace("\n", " "))
    assert words == []


def test_every_rule_group_class_and_example_is_there() -> None:
    found = impact(TICKETS)
    for language in ("zh", "en"):
        shown = read(edition(report(), "zh" if language == "zh" else "en")).text
        assert all(rule.rule in shown and rule.title[language] in shown for rule in found.rules)
        assert all(str(example.ticket_no) in shown for kind in found.classes for example in kind.examples)
        assert all(edit.name in shown for edit in found.edits)
        assert all(row.rule in shown for row in found.lacking)
        assert all(str(ticket.ticket_no) in shown for ticket in found.largest)
    months = next(d for d in found.dimensions if d.name == "month")
    assert all(group.value in report() for group in months.groups if group.value)


def test_both_explanations_stand_beside_each_other_with_what_differs_marked() -> None:
    shown = edition(report(), "en")
    first = shown[shown.index('id="en-class-1"') :].partition("</article>")[0]
    assert "responsible outlet → <mark>50.00</mark> CNY per waybill" in first
    assert "responsible outlet → <mark>80.00</mark> CNY per waybill" in first
    assert first.count("2015年二季度開始主抓前三項") >= 2, "both sides cite"
    assert library().sources["zto2015"].title.en in first


def test_what_was_edited_is_told_in_the_words_of_the_rulebook() -> None:
    shown = edition(report(), "en").partition('id="en-rules"')[0]
    assert "<mark>80 CNY from 2015-07-01</mark>" in shown
    assert "<mark>special case: no</mark>" in shown
    assert "≤ <mark>10</mark>" in shown
    assert "≤ <mark>8</mark>" in shown


def test_tickets_that_were_not_judged_are_told_with_their_findings() -> None:
    shown = read(edition(report(), "en")).text
    assert "3 of the tickets are bad and could not be judged" in shown
    assert "the fact catalogue has no first_call_typ" in shown
    assert "did you mean first_call_type?" in shown
    assert "T20150301-00000001, T20150301-00000007" in shown


def test_where_nothing_changes_the_report_says_so() -> None:
    found = impact(TICKETS)
    same = replace(found, changed=0, changed_in_money=0, rules=(), largest=(), classes=(), edits=())
    same = replace(same, money={k: replace(m, after=m.before) for k, m in found.money.items()}, dimensions=())
    html = written(same, "en")
    assert stands_alone(html, read(html))
    assert "3,000 tickets: every one is judged the same." in html
    assert "No ticket is judged differently." in html
    assert '<svg class="chart"' not in edition(html, "en").partition("<nav")[0]


def test_an_empty_history_gives_a_report() -> None:
    html = written(
        replace(impact(TICKETS), tickets=0, changed=0, dimensions=(), distributions=(), lacking=())
    )
    assert stands_alone(html, read(html))


def test_what_a_ticket_says_cannot_become_part_of_the_page() -> None:
    found = impact(TICKETS)
    nasty = '<script>alert("x")</script>\u202e\x1b[31m'
    example = replace(found.classes[0].examples[0], ticket_no=nasty, file=nasty)
    classes = (replace(found.classes[0], examples=(example,)), *found.classes[1:])
    groups = (replace(found.dimensions[0].groups[0], value=nasty),)
    outlet = replace(found.dimensions[0], groups=groups * 2)
    html = written(replace(found, classes=classes, dimensions=(outlet,)))
    assert stands_alone(html, read(html))
    assert "&lt;script&gt;" in html
    assert "\\u202e" in html
    assert "\u202e" not in html
    assert "\x1b" not in html


LONG = "T" + "1234567890" * 400


def _of_long_names() -> Impact:
    """Names of 4,000 characters, wherever a file of tickets may give them."""
    found = with_trouble(impact(TICKETS))
    classes = [
        replace(
            one, examples=tuple(replace(e, ticket_no=LONG, facts={"ticket_no": LONG}) for e in one.examples)
        )
        for one in found.classes
    ]
    return replace(
        found,
        classes=tuple(classes),
        largest=tuple(replace(ticket, ticket_no=LONG, file=LONG) for ticket in found.largest),
        base=replace(found.base, label=LONG),
        repeated_numbers=(LONG,),
        bad_tickets=tuple(replace(ticket, file=LONG) for ticket in found.bad_tickets),
    )


def test_long_numbers_of_tickets_are_clipped_and_whole_where_one_points() -> None:
    html = written(_of_long_names(), "en")
    assert f'title="{LONG}"' in html
    assert f"{LONG}</b>" not in html
    assert f"{LONG}</th>" not in html
    assert "T12345678901234567890123…89012345678901234567890" in html


@pytest.mark.parametrize("width", [1280, 640])
def test_no_name_is_so_long_that_the_page_moves_sideways(tmp_path: Path, width: int) -> None:
    """As a browser lays it out, where there is one."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no browser here")
    measure = "<script>document.title = document.documentElement.scrollWidth + ' of ' + innerWidth</script>"
    page = re.sub(r"<meta http-equiv=[^>]*>", "", written(_of_long_names(), "en"))  # lets our script run
    page = page.replace("</body>", f"{measure}</body>")
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    quietly = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}")
    shown = subprocess.run(
        [browser, *quietly, f"--window-size={width},900", "--dump-dom", f"file://{tmp_path / 'page.html'}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = re.search(r"<title>(\d+) of (\d+)</title>", shown.stdout)
    assert found is not None
    assert int(found[1]) <= int(found[2])


def test_personal_facts_are_left_out() -> None:
    found = impact(TICKETS)
    personal = next(n for n, f in candidate().catalogue.facts.items() if f.personal)  # type: ignore[union-attr]
    example = found.classes[0].examples[0]
    named = replace(example, facts={**example.facts, personal: "张三丰"})
    html = written(replace(found, classes=(replace(found.classes[0], examples=(named,)),)))
    assert "张三丰" not in html
    assert personal in html


def test_two_readings_of_one_edition_are_called_so() -> None:
    found = impact(TICKETS)
    readings = dict(found.base.readings) | {"AMB-01": "floor"}
    html = written(replace(found, candidate=replace(found.base, readings=readings), edits=()), "en")
    assert "What another reading would do" in html
    assert "AMB-01: strict → floor" in html
