"""Names from outside, such as numbers of tickets, that may be longer than there is room for."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

MOST_CELLS = 48
"""A name up to so wide is shown as it is; a Chinese character takes two cells."""


def clipped(text: str, cells: int = MOST_CELLS) -> str:
    """The text with its middle left out where it is too wide: beginnings and ends tell names apart.

    >>> clipped("ZX-2015-0000000001", 10), clipped("投诉单号一二三", 9), clipped("T1", 8)
    ('ZX-20…0001', '投诉…二三', 'T1')
    """
    if cell_len(text) <= cells:
        return text
    end = (cells - 1) // 2
    return f"{_beginning(text, cells - 1 - end)}…{_beginning(text[::-1], end)[::-1]}"


def _beginning(text: str, cells: int) -> str:
    """So much as fits; half a character does not."""
    return set_cell_size(text[:cells], cells).rstrip() if text else text
