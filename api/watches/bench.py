"""Judges stored facts again by the edition that is active now."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api.tickets.json_door import JsonDoor, Judged
from engine.base.findings import Finding
from engine.evaluate.evaluators import evaluator
from engine.library import Library


class Bench:
    """The door of one library; made anew when another becomes active."""

    def __init__(self) -> None:
        self._library: Library | None = None
        self._door: JsonDoor | None = None
        self._zone = ZoneInfo("UTC")

    def judge(self, library: Library, facts: str, now: datetime) -> Judged | list[Finding]:
        """The verdict as of now (whole seconds, the catalogue's zone), or why the facts cannot be read."""
        request = self._door_of(library).read(b'{"facts":%s}' % facts.encode())
        if isinstance(request, list):
            return request
        return self._door_of(library).decide(request, now.astimezone(self._zone).replace(microsecond=0))

    def _door_of(self, library: Library) -> JsonDoor:
        if self._door is None or library is not self._library:
            assert library.plan is not None, "only a library with a plan becomes active"
            self._library, self._zone = library, ZoneInfo(library.plan.zone)
            self._door = JsonDoor(evaluator("compiled", library.plan))
        return self._door
