"""A tree as lines: what is structure an entry a line, what is small on one line where it fits."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from engine.read.layout.places import Place
from engine.read.layout.scalars import as_block, written
from engine.read.layout.tree import Branch, Twig
from engine.read.nodes import ScalarNode, SequenceNode

WIDTH = 140
"""The cells of a line beyond which a mapping or list is broken; a Chinese character takes two."""


def printed(root: Branch, place: Place) -> str:
    """The document's text; comments above its first entry head the file, whatever entry comes first then."""
    head = _once_blank(root.twigs[0].above)
    root.twigs[0].above = []
    _hoist(root, place)
    lines = [*_without_first_blank(head), *_block(root, place, 0)]
    return "\n".join(lines) + "\n"


def disorder(branch: Branch, place: Place) -> Iterator[tuple[ScalarNode, ScalarNode]]:
    """Of each mapping in another order than the schema's, a key and one below it that comes first."""
    in_order = _in_order(branch, place)
    wrong = next((at for at, twig in enumerate(branch.twigs) if twig is not in_order[at]), None)
    if wrong is not None:
        one, first = branch.twigs[wrong].key, in_order[wrong].key
        assert one is not None, "only mappings have an order"
        assert first is not None, "only mappings have an order"
        yield one, first
    for twig in branch.twigs:
        if isinstance(twig.value, Branch):
            yield from disorder(twig.value, _within(twig, place))


def cells(text: str) -> int:
    """How wide a text is on a terminal.

    >>> cells("a"), cells("款")
    (1, 2)
    """
    return sum(2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1 for character in text)


def _block(branch: Branch, place: Place, indent: int) -> list[str]:
    """An entry after the other, then the comments that stand below the last."""
    lines: list[str] = []
    broken = place.layout == "table" and not _fits_as_table(branch, place, indent)
    for twig in _in_order(branch, place):
        inner = _within(twig, place)
        line = None if broken else _on_one_line(twig, inner, indent)
        if line is None:
            _lift(twig)
        above = _once_blank(twig.above)
        if place.layout == "spaced" and line is None:
            above = ["", *_without_first_blank(above)]
        lines += _indented(above if lines else _without_first_blank(above), indent)
        lines += [line] if line is not None else _over_lines(twig, inner, indent)
    last = _once_blank(branch.last)
    return [*lines, *_indented(last[:-1] if last[-1:] == [""] else last, indent)]


def _over_lines(twig: Twig, place: Place, indent: int) -> list[str]:
    head = _head(twig, indent)
    if isinstance(twig.value, ScalarNode):
        block = as_block(twig.value.text)
        assert block is not None, "only a text of several lines does not stand on one"
        return [f"{head} {block[0]}", *_indented(block[1], indent + 2)]
    inner = _block(twig.value, place, indent + 2)
    if twig.key is None:
        return [f"{head} {inner[0].lstrip()}", *inner[1:]]
    return [_beside(head, twig), *inner]


def _on_one_line(twig: Twig, place: Place, indent: int) -> str | None:
    """The entry with its key; None where its value is structure, too wide, or carries comments inside."""
    head = _head(twig, indent)
    if isinstance(twig.value, ScalarNode):
        if as_block(twig.value.text) is not None:
            return None
        return _beside(f"{head} {written(twig.value, in_flow=False)}".rstrip(), twig)
    flow = _flow(twig.value, place)
    if flow is None or (twig.value.twigs and cells(head) + 1 + cells(flow) > WIDTH):
        return None
    return _beside(f"{head} {flow}", twig)


def _head(twig: Twig, indent: int) -> str:
    return " " * indent + ("-" if twig.key is None else f"{written(twig.key, in_flow=False)}:")


def _beside(line: str, twig: Twig) -> str:
    return f"{line}  {twig.beside[0]}" if twig.beside else line


def _flow(branch: Branch, place: Place) -> str | None:
    """`{a: 1, b: 2}`; None where something inside needs lines of its own."""
    if branch.twigs and (place.layout is not None or branch.last):
        return None
    parts = [_flow_part(twig, _within(twig, place)) for twig in _in_order(branch, place)]
    if any(part is None for part in parts):
        return None
    joined = ", ".join(part for part in parts if part is not None)
    return f"[{joined}]" if isinstance(branch.node, SequenceNode) else f"{{{joined}}}"


def _flow_part(twig: Twig, place: Place) -> str | None:
    if twig.above or twig.beside:
        return None
    if isinstance(twig.value, Branch):
        value = _flow(twig.value, place)
    elif as_block(twig.value.text) is not None or not (twig.value.text or twig.value.quoted):
        value = None
    else:
        value = written(twig.value, in_flow=True)
    if value is None or twig.key is None:
        return value
    return f"{written(twig.key, in_flow=True)}: {value}"


def _fits_as_table(branch: Branch, place: Place, indent: int) -> bool:
    return all(_on_one_line(twig, _within(twig, place), indent) is not None for twig in branch.twigs)


def _in_order(branch: Branch, place: Place) -> list[Twig]:
    """The schema's order; what it does not name comes after, as it stands. A key that is a mistake stays."""
    if place.is_closed and any(twig.name not in place.order for twig in branch.twigs):
        return branch.twigs
    return sorted(branch.twigs, key=lambda twig: _rank(twig, place))


def _rank(twig: Twig, place: Place) -> int:
    return place.order.get(twig.name or "", len(place.order))


def _within(twig: Twig, place: Place) -> Place:
    return place.within(twig.name, twig.value if isinstance(twig.value, ScalarNode) else twig.value.node)


def _hoist(branch: Branch, place: Place) -> None:
    """Moves what stands above the first entry of an item above the item, whose first line that entry is."""
    for twig in branch.twigs:
        if isinstance(twig.value, Branch) and twig.value.twigs:
            inner = _within(twig, place)
            _hoist(twig.value, inner)
            if twig.key is None:
                first = _in_order(twig.value, inner)[0]
                twig.above, first.above = [*twig.above, *first.above], []


def _lift(twig: Twig) -> None:
    """Moves above an entry of several lines what its first line cannot carry: `- first: …`, `key: |`."""
    stays = 1 if isinstance(twig.value, Branch) and twig.key is not None else 0
    twig.above, twig.beside = [*twig.above, *twig.beside[stays:]], twig.beside[:stays]


def _once_blank(comments: Iterable[str]) -> list[str]:
    """The comments with one empty line where there are several."""
    kept: list[str] = []
    for comment in comments:
        if comment or kept[-1:] != [""]:
            kept.append(comment)
    return kept


def _without_first_blank(comments: list[str]) -> list[str]:
    return comments[1:] if comments[:1] == [""] else comments


def _indented(lines: Iterable[str], indent: int) -> list[str]:
    return [" " * indent + line if line else "" for line in lines]
