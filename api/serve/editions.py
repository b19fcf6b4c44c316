"""The editions of one process: the one that judges, and the candidate that is made ready beside it.

Which generation judges stands in one cell of the board, so that all processes change over at the same
instant; a request looks once and keeps what it got.
"""

from __future__ import annotations

import gc
import os
import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.http.service import Edition
from api.logs import Journal
from api.serve.board import Board
from api.serve.settings import RunFolder
from api.serve.smoke import warm_up
from api.store.instants import instant_at
from api.tickets.json_door import JsonDoor
from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.facts import Facts
from engine.evaluate.verdict import Verdict
from engine.library import Library
from engine.plan.nodes import Plan

LOOK_EVERY_S = 0.02
RETIRE_AFTER_S = 30.0
"""A request that took an edition may still be at work; its evaluator is let go of only after so long."""
MOST_RETIRED = 4
WARM_FOR_S = 1.0


@dataclass(frozen=True)
class Loaded:
    """An edition on its way between processes; the folder is private, so that it may be pickled."""

    library: Library
    revision: str

    def write(self, folder: RunFolder, generation: int) -> None:
        """Whole or not at all: a worker that starts just now must not read half of it."""
        target = folder.edition(generation)
        part = target.with_suffix(".part")
        part.write_bytes(pickle.dumps(self, protocol=5))
        part.replace(target)


class InTurn:
    """An evaluator that is asked by many threads and speaks to one child process, hence by one at a time."""

    def __init__(self, judge: Evaluator) -> None:
        self.name, self.plan = judge.name, judge.plan
        self._judge = judge
        self._asking = threading.Lock()

    def decide(self, facts: Facts, as_of: datetime | None) -> Verdict:
        with self._asking:
            return self._judge.decide(facts, as_of)

    def close(self) -> None:
        with self._asking:
            self._judge.close()


def serving_evaluator(name: str, plan: Plan) -> Evaluator:
    """The evaluator of that name, for many threads."""
    made = evaluator(name, plan)
    return InTurn(made) if name == "durable" else made


@dataclass(frozen=True)
class _Ready:
    library: Library
    revision: str
    judge: Evaluator
    door: JsonDoor


class ProcessEditions:
    """The editions as one worker has them; `start` begins to watch the board."""

    def __init__(
        self,
        folder: RunFolder,
        board: Board,
        slot: int,
        evaluator_name: str,
        journal: Journal,
        on_change: Callable[[Edition], None],
    ) -> None:
        self._folder, self._board, self._slot = folder, board, slot
        self._evaluator_name, self._journal = evaluator_name, journal
        self._parent = os.getppid()
        self._serving: dict[int, Edition] = {}
        self._ready: dict[int, _Ready] = {}
        self._retired: list[tuple[float, Evaluator]] = []
        self._taking = threading.Lock()
        self._on_change = on_change

    def active(self) -> Edition | None:
        """The edition that judges now; one look at the board and one at a dictionary."""
        generation = self._board.active
        return self._serving.get(generation) or self._take(generation)

    def start(self) -> None:
        """Takes the active edition, then watches for the next, and for the end of the supervisor."""
        edition = self.active()
        assert edition is not None, "the first edition is active before any worker starts"
        self._board.say_ready(self._slot, edition.generation)
        threading.Thread(target=self._watch, name="editions", daemon=True).start()

    def _take(self, generation: int) -> Edition | None:
        """The first request after a change makes the edition the one that serves."""
        with self._taking:
            while generation and generation not in self._serving:
                try:
                    ready = self._ready.pop(generation, None) or self._make(generation)
                except FileNotFoundError:  # the next one has become active meanwhile
                    if generation == self._board.active:
                        raise
                    generation = self._board.active
                    continue
                since = instant_at(self._board.active_since)
                edition = Edition(generation, ready.library, ready.judge, ready.door, ready.revision, since)
                self._on_change(edition)
                self._serving[generation] = edition
            return self._serving.get(generation)

    def _make(self, generation: int) -> _Ready:
        loaded = pickle.loads(self._folder.edition(generation).read_bytes())  # noqa: S301 - our own, in our own folder
        assert isinstance(loaded, Loaded), "the keeper writes nothing else there"
        assert loaded.library.plan is not None, "the keeper gives out sound libraries only"
        judge = serving_evaluator(self._evaluator_name, loaded.library.plan)
        until = time.monotonic() + WARM_FOR_S
        for _ in warm_up(loaded.library, judge):
            time.sleep(0)  # requests go first
            if time.monotonic() > until:
                break
        return _Ready(loaded.library, loaded.revision, judge, JsonDoor(judge))

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            if os.getppid() != self._parent:
                os._exit(1)  # the supervisor was killed: nobody would restart us, or free the port
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - this thread is all that keeps the process up to date
                self._journal.error("editions_trouble", exc_info=error)
                time.sleep(1)

    def _look(self) -> None:
        candidate, active = self._board.candidate, self._board.active
        if candidate and candidate > active and candidate not in self._ready:
            self._prepare(candidate)
        if len(self._serving) > 1 or (active not in self._serving):
            self._change_over(active)
        self._drop_what_nobody_wants(candidate, active)

    def _prepare(self, candidate: int) -> None:
        try:
            self._ready[candidate] = self._make(candidate)
        except Exception as error:  # noqa: BLE001 - whatever it is, the keeper must know
            if self._board.candidate == candidate:
                self._journal.error("edition_not_ready", generation=candidate, exc_info=error)
                self._board.say_failed(self._slot, candidate)
                self._wait_for_another(candidate)
            return
        self._board.say_ready(self._slot, candidate)

    def _wait_for_another(self, candidate: int) -> None:
        while self._board.candidate == candidate and os.getppid() == self._parent:
            time.sleep(LOOK_EVERY_S)

    def _change_over(self, active: int) -> None:
        """Lets go of the editions before this one; collecting now spares requests from doing it."""
        self._take(active)
        gone = [generation for generation in self._serving if generation < active]
        for generation in gone:
            self._retired.append((time.monotonic(), self._serving.pop(generation).evaluator))
        if gone:
            gc.collect()

    def _drop_what_nobody_wants(self, candidate: int, active: int) -> None:
        for generation in [g for g in tuple(self._ready) if g not in (candidate, active)]:
            self._ready.pop(generation).judge.close()
        now = time.monotonic()
        while len(self._retired) > MOST_RETIRED or (
            self._retired and now > self._retired[0][0] + RETIRE_AFTER_S
        ):
            self._retired.pop(0)[1].close()
