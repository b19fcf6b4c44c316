"""A mistake is the same mistake in Chinese: the same codes on the same lines, in the officer's own words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine.library import Library, load_texts
from engine.rulebook.surface.translation import translated

MEANING = Path(__file__).parents[1] / "mistakes" / "meaning"
RULEBOOKS = [
    file
    for file in sorted(MEANING.glob("*.yaml"))
    if not file.stem.startswith("chinese") and "\nrulebook: " in f"\n{file.read_text('utf-8')}"
]


@cache
def texts() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (MEANING / "library").glob("*.yaml")}


def library(rulebook: str) -> Library:
    return load_texts({**texts(), "penalties.yaml": rulebook.encode()})


@pytest.mark.parametrize("file", RULEBOOKS, ids=lambda file: file.stem)
def test_a_mistake_is_the_same_in_both_surfaces(file: Path) -> None:
    written = file.read_text("utf-8")
    english = library(written)
    assert english.catalogue is not None
    chinese = library(translated("penalties.yaml", written, english.catalogue, "zh"))
    assert [(f.code, f.span and f.span.line) for f in chinese.findings] == [
        (f.code, f.span and f.span.line) for f in english.findings
    ]


def test_a_finding_quotes_what_stands_at_its_place() -> None:
    """Also behind words that were translated before it, and in a text that runs over lines."""
    written = """\
规则书: penalties
标题: {中文: 处罚, 英文: penalties}
各节:
  - 节: s
    标题: {中文: 节, 英文: section}
    条目:
      - 规则: r
        标题: {中文: 条, 英文: rule}
        依据: {来源: deck, 原文: 首次來電}
        条件:
          公式: 迟到天数 > 3 且 「已开（发票）」 且 件教 > 2
          件数: ">= 2, 备注"
          投诉类型: >-
            不提供发票,
            乱收飞
        结论: {罚款: {金额: "最大（已收费用， 迟到天数）", 付款方: 责任网点, 按: 每票}}
        例子:
          - {例: 例, 预期: 无}
"""
    quoted = [(f.code, f.span.text) for f in library(written).findings if f.span is not None]
    assert quoted == [
        ("R230", "「已开（发票）」"),
        ("R264", "备注"),
        ("R231", ">-\n            不提供发票,\n            乱收飞"),
        ("R263", "最大（已收费用， 迟到天数）"),
    ]
