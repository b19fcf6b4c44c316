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
from engine.rulebook.surface.translation import english_nodes, in_words_of, translated

HERE = Path(__file__).parent
PHRASES: list[dict[str, Any]] = yaml.safe_load((HERE / "phrases.yaml").read_text(encoding="utf-8"))

ENGLISH = """\
rulebook: r
parameters:
  first_fine: {{label: {{zh: 首次罚款, en: first}}, type: money, values: {{2015-04-01: 50 CNY}}}}
  old_fee: {{label: {{zh: 重量, en: old}}, type: boolean, values: {{2015-04-01: true}}}}
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
  old_fee: {{标签: {{中文: 重量, 英文: old}}, 类型: 是否, 取值: {{2015-04-01: 是}}}}
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


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("{类别: 有}", [("R228", "有", "`present`, `there`")]),
        ("{类别: 「有」}", []),
        ("{类别: present}", []),
        ("{第几次投诉: 有}", []),
        ("{是否保价: 有}", [("R228", "有", "`present`, `是`")]),
        ("{迟到: 没有}", [("R228", "没有", "`absent`, `否`")]),
        ("{迟到: absent, 是否保价: 否}", []),
        ("{公式: 重量 > 3公斤}", [("R228", "重量", "`weight`, `old_fee`")]),
        ("{重量: '> 3公斤'}", []),
        ("{公式: weight > 3公斤 且 old_fee}", []),
    ],
)
def test_a_word_that_may_mean_two_things_is_not_guessed(
    test: str, told: list[tuple[str, str, str]], catalogue: Catalogue
) -> None:
    text = CHINESE.format(item="规则", name="x", part=f"条件: {test}")
    node, findings = read("r.yaml", text.encode())
    assert isinstance(node, MappingNode)
    english_nodes(node, catalogue, findings)
    assert [(found.code, found.values["written"], found.values["choices"]) for found in findings] == told


LAYOUTS = [
    ("\ufeffwhen: {category: damage}\n", "\ufeff条件: {类别: 破损}\n"),
    ("when:   # one\r\n  'category' :  damage  # two\r\n", "条件:   # one\r\n  '类别' :  破损  # two\r\n"),
    ("when:\n  category: >-\n    damage,\n    delay\n", "条件:\n  类别: >-\n    破损,\n    延误\n"),
    ('when: {category: "damage,\n   delay"}\n', '条件: {类别: "破损,\n   延误"}\n'),
    ("when:\n  formula: category = damage\n    or late\n", "条件:\n  公式: 类别 = 破损\n    或 迟到\n"),
    ("when:\n  category: |\n    damage\n", "条件:\n  类别: |\n    破损\n"),
    ('when: {? "category" : damage}\n', '条件: {? "类别" : 破损}\n'),
]


@pytest.mark.parametrize(("english", "chinese"), LAYOUTS)
def test_comments_quotes_and_layout_stay(english: str, chinese: str, catalogue: Catalogue) -> None:
    """The parts of a rule stand at the top here, as an editor might hand them over."""
    assert translated("r.yaml", _as_rule(english, "en"), catalogue, "zh") == _as_rule(chinese, "zh")
    assert translated("r.yaml", _as_rule(chinese, "zh"), catalogue, "en") == _as_rule(english, "en")


def _as_rule(part: str, language: str) -> str:
    """The part as a rule of the smallest rulebook, indented as it must be; a byte order mark comes first."""
    head, item = ("sections:", "rule: r") if language == "en" else ("各节:", "规则: r")
    items = "items" if language == "en" else "条目"
    mark, body = part[: part.startswith("\ufeff")], part.lstrip("\ufeff")
    newline = "\r\n" if "\r\n" in body else "\n"
    lines = [
        f"{mark}{head}",
        f"- {items}:",
        f"  - {item}",
        *(f"    {line}" for line in body.split(newline)[:-1]),
    ]
    return newline.join(lines) + newline


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


def test_what_is_added_to_a_chinese_rulebook_is_put_into_its_words(catalogue: Catalogue) -> None:
    """But not to one in English words, nor to one of both."""
    phrase = {"item": "rule"}
    chinese, english = (
        text_in(form, phrase, part) for form, part in ((CHINESE, "条件: {}"), (ENGLISH, "when: {}"))
    )
    both, added = chinese.replace("条件", "when"), "        then: {score: {name: call_back, points: 1}}\n"
    assert in_words_of(chinese, "r.yaml", chinese + added, catalogue).endswith(
        "结论: {评分: {名称: 回访, 分数: 1}}\n"
    )
    for before in (english, both):
        assert in_words_of(before, "r.yaml", before + added, catalogue) == before + added
