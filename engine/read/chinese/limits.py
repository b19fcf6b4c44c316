"""Limits in Chinese and in English: `30分钟` is `30 minutes`, `次日12:00前（含）` is `by 12:00 next day`."""

from __future__ import annotations

import re
from unicodedata import normalize

from engine.read.chinese.words import Twins, unquoted

# The unit, the measure word before it, and the English singular.
_UNITS = (
    ("分钟", "", "minute"),
    ("小时", "", "hour"),
    ("日历天", "个", "calendar day"),
    ("工作日", "个", "working day"),
    ("工作小时", "个", "working hour"),
    ("工作分钟", "个", "working minute"),
    ("月", "个", "month"),
    ("年", "", "year"),
    ("天", "", "day"),
)
_IN_ENGLISH = {chinese: english for chinese, _, english in _UNITS}
_IN_CHINESE = {english: measure + chinese for chinese, measure, english in _UNITS}

_CHINESE_AMOUNT = re.compile(rf"([0-9]+)\s*个?\s*({'|'.join(_IN_ENGLISH)})(?:\s*,?\s*按\s*(\S.*))?")
_CHINESE_TIME = re.compile(r"(?:当日|(次日))?\s*([0-9]{2}:[0-9]{2})\s*前\s*\((不?)含\)")
_CHINESE_DAY = re.compile(r"次月\s*([0-9]{1,2})日前\s*\((不?)含\)")
_ENGLISH_AMOUNT = re.compile(r"([0-9]+)\s+([a-z]+(?:\s+[a-z]+)?)(?:\s+on\s+([a-z][a-z0-9_]*))?")
_ENGLISH_TIME = re.compile(r"(by|before)\s+([0-9]{2}:[0-9]{2})(\s+next\s+day)?")
_ENGLISH_DAY = re.compile(r"(by|before)\s+day\s+([0-9]{1,2})\s+of\s+next\s+month")


def limit_in_english(text: str, calendars: Twins) -> str | None:
    """The English for a limit in Chinese, also with the punctuation and digits of an input method.

    >>> from engine.read.chinese.words import twins
    >>> limit_in_english("5个工作日，按 办公时间", twins([("cn_office", "办公时间")]))
    '5 working days on cn_office'
    >>> [limit_in_english(text, Twins()) for text in ("1小时", "次日12:00前（含）", "次月6日前（不含）")]
    ['1 hour', 'by 12:00 next day', 'before day 6 of next month']
    """
    plain = normalize("NFKC", text).strip()
    if found := _CHINESE_AMOUNT.fullmatch(plain):
        return _counted_in_english(found, calendars)
    if found := _CHINESE_TIME.fullmatch(plain):
        return f"{_bound(found[3])} {found[2]}{' next day' if found[1] else ''}"
    if found := _CHINESE_DAY.fullmatch(plain):
        return f"{_bound(found[2])} day {found[1]} of next month"
    return None


def _counted_in_english(found: re.Match[str], calendars: Twins) -> str:
    amount, unit, calendar = found.groups()
    counted = f"{amount} {_IN_ENGLISH[unit]}{'' if amount == '1' else 's'}"
    if calendar is None:
        return counted
    label = unquoted(calendar.strip())
    labels = {normalize("NFKC", known): name for known, name in calendars.english.items()}
    return f"{counted} on {labels.get(label, label)}"


def _bound(negated: str) -> str:
    return "before" if negated else "by"


def limit_in_chinese(text: str, calendars: Twins) -> str | None:
    """The Chinese for a limit in English; None for what is none.

    >>> [limit_in_chinese(text, Twins()) for text in ("30 minutes", "3 calendar days", "by 12:00", "soon")]
    ['30分钟', '3个日历天', '12:00前（含）', None]
    """
    plain = text.strip()
    if found := _ENGLISH_AMOUNT.fullmatch(plain):
        return _counted_in_chinese(found, calendars)
    if found := _ENGLISH_TIME.fullmatch(plain):
        return f"{'次日' if found[3] else ''}{found[2]}前{_included(found[1])}"
    if found := _ENGLISH_DAY.fullmatch(plain):
        return f"次月{found[2]}日前{_included(found[1])}"
    return None


def _counted_in_chinese(found: re.Match[str], calendars: Twins) -> str | None:
    amount, unit, calendar = found.groups()
    chinese = _IN_CHINESE.get(" ".join(unit.split()).removesuffix("s"))
    if chinese is None:
        return None
    return f"{amount}{chinese}" + (f"，按 {calendars.chinese.get(calendar, calendar)}" if calendar else "")


def _included(word: str) -> str:
    return "（含）" if word == "by" else "（不含）"
