"""JSON is read exactly or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.tickets.exact_json import MOST_BYTES, parse


def codes_and_places(text: str) -> list[tuple[str, str | None]]:
    _, findings = parse(text)
    return [(finding.code, finding.pointer) for finding in findings]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1.10}', {"a": Decimal("1.10")}),
        ('{"a": 1e5}', {"a": Decimal(100_000)}),
        ('{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        ('\ufeff {"a": [1, null, true, "\\u4e2d"]}\n', {"a": [1, None, True, "中"]}),
    ],
)
def test_values_are_exact(text: str, value: object) -> None:
    """Decimals keep the digits that were written, and nothing passes through a float."""
    assert parse(text) == (value, [])


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        ("", "D030", None),
        (" \n", "D030", None),
        ("{'a': 1}", "D031", None),
        ('{"a": 1,}', "D031", None),
        ('{"a": ', "D031", None),
        ('{"a": 1} {"a": 2}', "D032", None),
        ('{"a": NaN}', "D034", "/a"),
        ('{"a": [-Infinity]}', "D034", "/a/0"),
        ('{"a": ' + "9" * 400 + "}", "D035", "/a"),
        ('{"a": ' + "9" * 5000 + "}", "D035", "/a"),
        ('{"a": 1e400}', "D035", "/a"),
        ('{"a": 1e-99}', "D035", "/a"),
        ('{"a": 0.' + "1" * 400 + "}", "D035", "/a"),
        ('{"a": 1, "a": 2}', "D036", "/a"),
        ('{"b": {"a/c": 1, "a/c": 1}}', "D036", "/b/a~1c"),
        ("[" * 100 + "]" * 100, "D037", None),
        ("[" * 200_000, "D037", None),
        ('{"a": "\\ud800"}', "D040", "/a"),
        ('{"a": "' + "x" * MOST_BYTES + '"}', "D038", None),
    ],
)
def test_refused(text: str, code: str, pointer: str | None) -> None:
    """What is broken, lenient or without an exact meaning is said by code and place."""
    assert codes_and_places(text) == [(code, pointer)]


def test_everything_at_once() -> None:
    """All that is wrong with a document is said together."""
    assert codes_and_places('{"a": NaN, "b": [Infinity, {"c": 1, "c": 2}]}') == [
        ("D034", "/a"),
        ("D034", "/b/0"),
        ("D036", "/b/1/c"),
    ]


def test_brackets_in_text_are_no_levels() -> None:
    """Depth is counted outside texts."""
    assert parse('{"a": "' + "[" * 200 + '\\""}')[1] == []


@given(st.text())
def test_any_text(text: str) -> None:
    """No text makes the reader raise."""
    value, findings = parse(text)
    assert value is None or not findings


@given(
    st.recursive(
        st.integers() | st.text(alphabet="ab\u4e2d") | st.none() | st.booleans(), st.lists, max_leaves=8
    )
)
def test_round_trip(value: object) -> None:
    """What Python writes is read back, big numbers apart."""
    import json

    found, findings = parse(json.dumps(value))
    assert findings or found == value
