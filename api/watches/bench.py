"""Judges stored facts again by the edition that is active now."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api.tickets.again import request_from_stored
from api.tickets.json_door import JsonDoor, Judged
from engine.base.findings import Finding
from engine.evaluate.evaluators import evaluator
from engine.library import Library
from engine.plan.nodes import Plan


class Bench:
    """The door of one library; made anew when another becomes active."""

    def __init__(self) -> None:
        self._door: tuple[Plan, JsonDoor] | None = None

    def judge(self, library: Library, facts: str, now: datetime) -> Judged | list[Finding]:
        """The verdict as of now (whole seconds, the catalogue's zone), or why the facts cannot be read."""
        plan, door = self._door_of(library)
        request = request_from_stored(facts, None, plan)
        if isinstance(request, list):
            return request
        return door.decide(request, now.astimezone(ZoneInfo(plan.zone)).replace(microsecond=0))

    def _door_of(self, library: Library) -> tuple[Plan, JsonDoor]:
        plan = library.plan
        assert plan is not None, "only a library with a plan becomes active"
        if self._door is None or self._door[0] is not plan:
            self._door = plan, JsonDoor(evaluator("compiled", plan))
        return self._door
