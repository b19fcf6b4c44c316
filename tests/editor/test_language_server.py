"""The real YAML language server, as VS Code and Neovim run it, completes and explains a library's names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.editor.language_server import Editor, editor, server, settings_of

START = server()
pytestmark = pytest.mark.skipif(
    START is None, reason="the YAML language server is not here: `.ci/run` says how it is installed"
)

TEXT = """\
rulebook: mine
title: {zh: 一, en: one}
sections:
  - section: first
    title: {zh: 一, en: one}
    event_date: first_call_date
    items:
      - rule: one
        title: {zh: 一, en: one}
        cite: {source: zto2015, quote: 一}
        implements: penalties/first-call/no-invoice
        when:
          ticket_kind: complaint
          scans_before_complaint:
            some:
              scan_type: pickup
          first_call_type: no_invoice
        then: {fine: {amount: first_call_fine, payer: responsible_outlet, per: ticket}}
"""


@pytest.fixture(scope="module")
def server_on_the_project() -> Iterator[Editor]:
    assert START is not None
    with editor(ROOT, START, settings_of(ROOT)) as started:
        yield started


@pytest.fixture
def shown(server_on_the_project: Editor, request: pytest.FixtureRequest) -> tuple[Editor, Path]:
    """The editor, and a file of this test's own that stands only in the editor."""
    name = re.sub(r"\W+", "_", request.node.name, flags=re.ASCII)
    return server_on_the_project, ROOT / "rules" / f"{name}.yaml"


def placed(old: str, new: str) -> tuple[str, int, int]:
    """The text with `new` in the place of `old`, and where its `|` stands: line and column from nought."""
    assert TEXT.count(old) == 1, old
    text = TEXT.replace(old, new)
    before, _, after = text.partition("|")
    line = before.count("\n")
    return before + after, line, len(before) - before.rfind("\n") - 1


@pytest.mark.parametrize(
    ("old", "new", "offered", "said"),
    [
        ("first_call_type: no_invoice", "fi|", "first_call_type", "there is none"),
        ("first_call_type: no_invoice", "first_call_type: |", "no_invoice", "不提供发票"),
        ("scan_type: pickup", "sc|", "scan_type", ""),
        ("scan_type: pickup", "scan_type: |", "pickup", "收件"),
        ("event_date: first_call_date", "event_date: |", "first_call_date", "首次来电日期"),
        ("source: zto2015", "source: |", "zto2015", "中通"),
        (
            "implements: penalties/first-call/no-invoice",
            "implements: |",
            "penalties/first-call/no-invoice",
            "不提供发票",
        ),
        ("payer: responsible_outlet", "payer: |", "responsible_outlet", "责任网点"),
        ("amount: first_call_fine", "amount: |", "first_call_fine", "50 from 2015-04-01"),
    ],
)
def test_names_complete(shown: tuple[Editor, Path], old: str, new: str, offered: str, said: str) -> None:
    text, line, column = placed(old, new)
    started, file = shown
    started.open(file, text)
    completions = started.completions(file, line, column)
    assert offered in completions
    assert said in completions[offered]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "first_call_type: no",
            "first_|call_type: no",
            ["首次来电投诉类型", "there is none", "used by: penalties", "zto2015"],
        ),
        ("ticket_kind: complaint", "ticket_kind: comp|laint", ["工单类型", "投诉"]),
        ("scan_type: pickup", "scan_|type: pickup", ["扫描类型"]),
        ("payer: responsible_outlet", "payer: respon|sible_outlet", ["责任网点"]),
        ("amount: first_call_fine", "amount: first_|call_fine", ["首次来电处罚", "50 from 2015-04-01"]),
    ],
)
def test_hover_text_explains_a_name(shown: tuple[Editor, Path], old: str, new: str, said: list[str]) -> None:
    text, line, column = placed(old, new)
    started, file = shown
    started.open(file, text)
    hover = started.hover(file, line, column)
    assert [words for words in said if words not in hover] == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("first_call_type: no_invoice", "first_cal_type: no_invoice", 16),
        ("first_call_type: no_invoice", "first_call_type: no_invoce", 16),
        ("payer: responsible_outlet", "payer: responsible_outlets", 17),
    ],
)
def test_a_misspelt_name_is_underlined(shown: tuple[Editor, Path], old: str, new: str, line: int) -> None:
    started, file = shown
    started.open(file, TEXT.replace(old, new))
    assert {finding["range"]["start"]["line"] for finding in started.findings(file)} == {line}


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("rules/new_one.yaml", "sections"),
        ("rules/facts.yaml", "currency"),
        ("rules/sources.yaml", "sources"),
        ("rules/statements.yaml", "statements"),
        ("examples/systems/x/one.case.yaml", "events"),
        ("examples/mappings/one.yaml", "mapping"),
    ],
)
def test_the_settings_of_the_repository_give_each_file_its_schema(
    server_on_the_project: Editor, name: str, missing: str
) -> None:
    """Without a first line that names one, as a file that somebody has just begun."""
    file = ROOT / name
    server_on_the_project.open(file, "title: {zh: 一, en: one}\n")
    said = [finding["message"] for finding in server_on_the_project.findings(file)]
    assert any(f'"{missing}"' in message for message in said), said


def test_a_shipped_rulebook_is_not_underlined(server_on_the_project: Editor) -> None:
    file = ROOT / "rules" / "compensation.yaml"
    server_on_the_project.open(file, file.read_text(encoding="utf-8"))
    assert server_on_the_project.findings(file) == []


IN_CHINESE = """\
# yaml-language-server: $schema=.schema/rulebook.zh.json
规则书: mine
标题: {中文: 一, 英文: one}
各节:
  - 节: first
    标题: {中文: 一, 英文: one}
    条目:
      - 规则: one
        标题: {中文: 一, 英文: one}
        依据: {来源: zto2015, 原文: 一}
        条件:
          首次来电投诉类型: 不提供发票
        结论: {罚款: {金额: 首次来电处罚, 付款方: 责任网点, 按: 每票}}
"""


def test_a_rulebook_in_chinese_is_completed_and_explained_in_chinese(shown: tuple[Editor, Path]) -> None:
    started, file = shown
    started.open(file, IN_CHINESE)
    assert started.findings(file) == []
    assert "用于：penalties/first-call" in started.hover(file, 11, 12)
    begun = file.with_stem(f"{file.stem}_begun")
    started.open(begun, IN_CHINESE.replace("首次来电投诉类型: 不提供发票", "首"))
    assert "首次来电投诉类型" in started.completions(begun, 11, 11)
    misspelt = file.with_stem(f"{file.stem}_misspelt")
    started.open(misspelt, IN_CHINESE.replace("首次来电投诉类型", "首次来电类型"))
    assert [finding["range"]["start"]["line"] for finding in started.findings(misspelt)] == [11]
