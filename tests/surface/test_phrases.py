"""Each part of a rule in `phrases.yaml` is one thing in two surfaces, and each is put into the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.base.findings import Finding
from engine.read.nodes import MappingNode
from engine.read.yaml_nodes import read
from engine.rulebook.catalogue import catalogue_from_node
from engine.rulebook.model import Catalogue
from engine.rulebook.surface import translated

HERE = Path(__file__).parent
PHRASES: list[dict[str, Any]] = yaml.safe_load((HERE / "phrases.yaml").read_text(encoding="utf-8"))

ENGLISH = """\
rulebook: r
parameters:
  first_fine: {{label: {{zh: 首次罚款, en: first}}, type: money, values: {{2015-04-01: 50 CNY}}}}
  old_fee: {{label: {{zh: 已收费用, en: old}}, type: boolean, values: {{2015-04-01: true}}}}
  reply_limit: {{label: {{zh: 回复时限, en: limit}}, type: duration, values: {{2015-04-01: 30 minutes}}}}
sections:
  - section: s
    items:
      - {item}: {name}
        {part}
"""
CHINESE = """\
规则书: r
参数:
  first_fine: {{标签: {{中文: 首次罚款, 英文: first}}, 类型: 金额, 取值: {{2015-04-01: 50元}}}}
  old_fee: {{标签: {{中文: 已收费用, 英文: old}}, 类型: 是否, 取值: {{2015-04-01: 是}}}}
  reply_limit: {{标签: {{中文: 回复时限, 英文: limit}}, 类型: 时长, 取值: {{2015-04-01: 30分钟}}}}
各节:
  - 节: s
    条目:
      - {item}: {name}
        {part}
"""
ITEMS = {"rule": "规则", "table": "决策表", "define": "定义", "clock": "时限", "aggregate": "汇总"}
LABELS = {"collected": "已收费用", "leg": "去处", "late": "迟到", "x": "x"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    findings: list[Finding] = []
    node, _ = read("facts.yaml", (HERE / "facts.yaml").read_bytes())
    assert isinstance(node, MappingNode)
    made = catalogue_from_node(node, findings)
    assert findings == []
    return made


def text_in(template: str, phrase: dict[str, Any], part: str) -> str:
    item, name = phrase.get("item", "rule"), phrase.get("define", "x")
    if template is CHINESE:
        item, name = ITEMS[item], LABELS[name]
    return template.format(item=item, name=name, part=part.replace("\\n", "\n").replace("\n", "\n        "))


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase["means"])
def test_each_surface_is_put_into_the_other(phrase: dict[str, Any], catalogue: Catalogue) -> None:
    english, chinese = text_in(ENGLISH, phrase, phrase["en"]), text_in(CHINESE, phrase, phrase["zh"])
    assert translated("r.yaml", english, catalogue, "zh") == chinese
    assert translated("r.yaml", chinese, catalogue, "en") == english


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase["means"])
def test_what_is_in_its_surface_already_stays(phrase: dict[str, Any], catalogue: Catalogue) -> None:
    english, chinese = text_in(ENGLISH, phrase, phrase["en"]), text_in(CHINESE, phrase, phrase["zh"])
    assert translated("r.yaml", english, catalogue, "en") == english
    assert translated("r.yaml", chinese, catalogue, "zh") == chinese


@pytest.mark.parametrize(
    ("phrase", "written"),
    [(phrase, written) for phrase in PHRASES for written in phrase.get("reads", ())],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_other_spellings_are_read(phrase: dict[str, Any], written: str, catalogue: Catalogue) -> None:
    """Words of both languages in one file, labels in brackets, and the punctuation of input methods."""
    means = phrase.get("reads_as", phrase["en"])
    chinese = text_in(CHINESE, phrase, _written(written))
    assert values(translated("r.yaml", chinese, catalogue, "en")) == values(text_in(ENGLISH, phrase, means))


def _written(part: Any) -> str:
    return part if isinstance(part, str) else f"期限: {part['期限']}"


def values(text: str) -> Any:
    """What a YAML file says, whatever quotes it uses."""
    node, findings = read("r.yaml", text.encode())
    assert findings == []
    return node
