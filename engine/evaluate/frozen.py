"""Dictionaries and lists that many verdicts share, and that therefore nobody may change.

They are read, compared and written out like any other; a copy of one is a plain one again.
"""

from __future__ import annotations

from typing import Any, NoReturn


def _refuse(*_arguments: object, **_named: object) -> NoReturn:
    raise TypeError("this part is shared between verdicts: copy it before you change it")


class FrozenDict(dict[str, Any]):
    """A dictionary that refuses to be changed."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, _memo: dict[int, Any]) -> dict[str, Any]:
        return {key: thawed(value) for key, value in self.items()}

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (self.__deepcopy__({}),)


class FrozenList(list[Any]):
    """A list that refuses to be changed."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = pop = remove = clear = sort = reverse = _refuse

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, _memo: dict[int, Any]) -> list[Any]:
        return [thawed(value) for value in self]

    def __reduce__(self) -> tuple[type[list[Any]], tuple[list[Any]]]:
        return list, (self.__deepcopy__({}),)


def frozen(value: Any) -> Any:
    """The same value in dictionaries and lists that refuse to be changed."""
    match value:
        case dict():
            return FrozenDict({key: frozen(part) for key, part in value.items()})
        case list():
            return FrozenList([frozen(part) for part in value])
        case _:
            return value


def thawed(value: Any) -> Any:
    """The same value in plain dictionaries and lists."""
    match value:
        case dict():
            return {key: thawed(part) for key, part in value.items()}
        case list():
            return [thawed(part) for part in value]
        case _:
            return value
