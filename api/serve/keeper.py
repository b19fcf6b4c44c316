"""The keeper: watches the rules folder, and lets an edition judge once everything about it is in order.

A changed folder is read when it has come to rest, loaded, checked, smoke-tested and kept in the database
beside the edition that judges; then every worker makes it ready; then one cell of the board changes.
Whatever goes wrong on the way refuses the new edition, says why, and leaves the old one as it is.

A folder that differs only in comments or examples is a new revision of the same edition. It becomes a
generation of its own, so that what `/v1/rulebooks` shows and what `/v1/editions` says is the folder as it
stands; verdicts stay the same bytes, since they name the edition.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from watchfiles import watch

from api.http.service import Edition
from api.logs import Journal
from api.serve.board import Board
from api.serve.chronicle import Activation, Chronicle
from api.serve.editions import Loaded
from api.serve.settings import RunFolder, RunSettings
from api.serve.smoke import smoke_test
from api.serve.texts import Look, Texts, library_from, look_at, read_texts, revision_of
from api.store.database import StoreUnavailable
from api.store.instants import EPOCH, microseconds
from api.tickets.json_door import JsonDoor
from engine.base.findings import Finding, has_errors
from engine.evaluate.durable import Unavailable
from engine.evaluate.evaluators import evaluator
from engine.library import Library

LOOK_EVERY_MS = 100
REST_S = 0.25
"""A save in several steps (a temporary file, a rename, three files at once) is one change."""
LONGEST_UNREST_S = 5.0
MOST_READINGS = 5
WORKERS_PATIENCE_S = 20.0
AGAIN_AFTER_S = 2.0


@dataclass(frozen=True)
class Candidate:
    """A folder's content with what was made of it: an edition, or findings that refuse it.

    `smoked` tells whether it came as far as the smoke test.
    """

    texts: Texts
    revision: str
    findings: tuple[Finding, ...]
    edition: Edition | None = None
    smoked: bool = False


def examine(folder: Path, texts: Texts, evaluator_name: str) -> Candidate:
    """Loads, checks and smoke-tests one content of a folder; raises Unavailable for the evaluator."""
    revision = revision_of(texts)
    library = library_from(folder, texts)
    if library.plan is None or has_errors(library.findings):
        return Candidate(texts, revision, library.findings)
    judge = evaluator(evaluator_name, library.plan)
    wrong = smoke_test(library, judge)
    if wrong:
        judge.close()
        return Candidate(texts, revision, tuple(wrong), smoked=True)
    edition = Edition(0, library, judge, JsonDoor(judge), revision, EPOCH)
    return Candidate(texts, revision, library.findings, edition, smoked=True)


class Keeper:
    """One thread of the supervisor; `activate_first` comes before the workers, `start` after."""

    def __init__(
        self,
        settings: RunSettings,
        folder: RunFolder,
        board: Board,
        chronicle: Chronicle,
        journal: Journal,
        patience: float = WORKERS_PATIENCE_S,
    ) -> None:
        self._rules, self._evaluator_name = Path(settings.rules), settings.evaluator
        self._folder, self._board = folder, board
        self._chronicle, self._journal = chronicle, journal
        self._patience = patience
        self._active: Edition | None = None
        self._generation = self._proposed = 0
        self._refused: str | None = None
        self._seen: Look = ()
        self._again_at: float | None = None
        self._stopping = threading.Event()
        self._watched = True
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self.on_change: Callable[[Literal["activated", "refused"]], object] | None = None

    def library(self) -> Library:
        return self.active().library

    def active(self) -> Edition:
        """The edition that judges, as the supervisor's own threads use it."""
        assert self._active is not None, "the first edition is activated before anything starts"
        return self._active

    def activate_first(self, candidate: Candidate) -> None:
        """Begins with what the command has examined; raises StoreUnavailable.

        What has changed in the folder since then is found by the first look.
        """
        self._swap(candidate, wait=False)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(5)

    def _tell(self, outcome: Literal["activated", "refused"]) -> None:
        if self.on_change is not None:
            self.on_change(outcome)

    def _keep(self) -> None:
        """Until the end: looks whenever the folder stirs, and ten times a second at wishes for a reload."""
        while not self._stopping.is_set():
            try:
                self._watch_folder()
            except OSError as error:  # the folder is gone, or cannot be watched: look by and by
                if self._watched:  # said once, however long it lasts
                    self._journal.error("rules_not_watched", folder=str(self._rules), reason=error.strerror)
                self._watched = False
                self._stopping.wait(1)
                self._guarded_look()

    def _watch_folder(self) -> None:
        number = self._rules.stat().st_ino
        for _ in watch(
            self._rules,
            watch_filter=None,
            debounce=200,
            step=50,
            rust_timeout=LOOK_EVERY_MS,
            yield_on_timeout=True,
            stop_event=self._stopping,
            recursive=False,
            raise_interrupt=False,
        ):
            self._watched = True
            self._guarded_look()
            if self._rules.stat().st_ino != number:
                return  # another folder under the same name: the watch is on the one that was

    def _guarded_look(self) -> None:
        try:
            self._look()
        except Exception as error:  # noqa: BLE001 - the keeper must outlive whatever a folder holds
            self._journal.error("keeper_trouble", exc_info=error)
            self._stopping.wait(1)

    def _look(self) -> None:
        wishes = self._board.wishes()
        due = self._again_at is not None and time.monotonic() >= self._again_at
        if wishes or due or look_at(self._rules) != self._seen:
            self._again_at = None
            self._seen = self._rested()
            try:
                self._consider(asked=bool(wishes))
            finally:
                self._board.answer(wishes)
        self._chronicle.catch_up()

    def _rested(self) -> Look:
        """How the folder looks once nothing in it has changed for a moment, or after the longest wait."""
        until = time.monotonic() + LONGEST_UNREST_S
        look = look_at(self._rules)
        while time.monotonic() < until and not self._stopping.wait(REST_S):
            before, look = look, look_at(self._rules)
            if look == before:
                break
        return look

    def _texts_at_rest(self) -> Texts:
        """All texts of one moment: what changes while they are read is read again. Raises OSError."""
        texts, readings = read_texts(self._rules), 1
        while look_at(self._rules) != self._seen and readings < MOST_READINGS:
            self._seen = self._rested()
            texts, readings = read_texts(self._rules), readings + 1
        return texts

    def _consider(self, *, asked: bool) -> None:
        try:
            texts = self._texts_at_rest()
        except OSError as error:
            self._refuse("", [_unread(self._rules, error)], asked=asked)
            return
        revision = revision_of(texts)
        unchanged = revision == self.active().revision and self._refused is None
        if unchanged or (revision == self._refused and not asked):
            return
        try:
            self._try(texts, revision)
        except Exception as error:
            self._refuse(revision, [Finding("D145", {"kind": type(error).__name__})])
            raise

    def _try(self, texts: Texts, revision: str) -> None:
        started = time.monotonic()
        try:
            candidate = examine(self._rules, texts, self._evaluator_name)
        except Unavailable as reason:
            self._refuse(
                revision, [Finding("D023", {"evaluator": self._evaluator_name, "reason": str(reason)})]
            )
            return
        if candidate.edition is None:
            self._refuse(revision, candidate.findings)
            return
        try:
            trouble = self._swap(candidate, wait=True)
        except StoreUnavailable as error:
            self._journal.error("edition_waits_for_database", revision=revision, reason=error.reason)
            self._again_at = time.monotonic() + AGAIN_AFTER_S
            return
        if trouble:
            self._refuse(revision, [trouble])
        else:
            self._journal.info(
                "edition_active",
                edition=self.active().name,
                revision=revision,
                generation=self._generation,
                ms=round(1000 * (time.monotonic() - started)),
            )

    def _swap(self, candidate: Candidate, *, wait: bool) -> Finding | None:
        """The texts are kept first, so that whatever is judged from now on can be judged again."""
        assert candidate.edition is not None, "only what was not refused is swapped in"
        made = candidate.edition
        self._chronicle.keep(made, candidate.texts)
        generation = self._proposed = self._proposed + 1
        Loaded(made.library, made.revision).write(self._folder, generation)
        if wait:
            trouble = self._offer(generation)
            if trouble:
                self._folder.edition(generation).unlink(missing_ok=True)
                made.evaluator.close()
                return trouble
        since = datetime.now(UTC)
        self._board.activate(generation, microseconds(since))
        before, self._active = (
            self._active,
            Edition(generation, made.library, made.evaluator, made.door, made.revision, since),
        )
        self._generation, self._refused = generation, None
        self._chronicle.record(Activation(since, generation, made.name, made.revision, "activated", ()))
        self._tell("activated")
        if before is not None:
            self._folder.edition(before.generation).unlink(missing_ok=True)
        return None

    def _offer(self, generation: int) -> Finding | None:
        """Has every live worker make it ready; a worker that cannot, or takes too long, refuses it."""
        self._board.propose(generation)
        until = time.monotonic() + self._patience
        trouble: Finding | None = None
        while trouble is None:
            workers = list(self._board.workers())
            if any(worker.failed == generation for worker in workers):
                trouble = Finding("D143", {})
            elif all(worker.ready == generation for worker in workers):
                return None
            elif time.monotonic() > until or self._stopping.wait(0.005):
                trouble = Finding("D144", {"seconds": str(round(self._patience))})
        self._board.propose(0)
        return trouble

    def _refuse(self, revision: str, findings: Sequence[Finding], *, asked: bool = False) -> None:
        if self._stopping.is_set() or (revision == self._refused and not (revision or asked)):
            return  # nobody waits any more; and a folder that is not there is said once
        self._refused = revision
        now, found = datetime.now(UTC), tuple(findings)
        codes = sorted({finding.code for finding in found})
        first = f"{found[0].span or ''} {found[0].message('en')}".strip() if found else ""
        self._journal.error(
            "edition_refused", revision=revision, codes=codes, first=first, edition=self.active().name
        )
        self._chronicle.record(Activation(now, self._generation, None, revision, "refused", found))
        self._tell("refused")


def _unread(folder: Path, error: OSError) -> Finding:
    """Why there is nothing to consider: no folder, no fact catalogue in it, or no way to read it."""
    if not isinstance(error, FileNotFoundError):
        return Finding("D142", {"folder": str(folder), "reason": error.strerror or ""})
    return Finding("D012" if folder.is_dir() else "D010", {"folder": str(folder)})
