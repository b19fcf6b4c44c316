"""What a key means in the words of the schema."""

from __future__ import annotations

from engine.read.chinese.words import keywords


def meaning(key: str) -> str:
    """The schema's word for a key, which may be written in Chinese.

    >>> meaning("规则书"), meaning("rulebook"), meaning("投诉时间")
    ('rulebook', 'rulebook', '投诉时间')
    """
    return keywords("key").in_english(key) or key
