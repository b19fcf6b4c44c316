"""The board that all processes share, and the editions of one process on it."""

from __future__ import annotations

import gc
import io
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api import logs
from api.serve.board import RATE_SLOTS, Board
from api.serve.chronicle import Chronicle
from api.serve.editions import Loaded, ProcessEditions, serving_evaluator
from api.serve.keeper import Keeper, examine
from api.serve.settings import RunFolder, RunSettings, run_folder
from api.serve.texts import read_texts, revision_of
from api.store.database import Database, open_database, upgrade
from api.store.instants import microseconds
from engine.evaluate.durable import Unavailable
from engine.evaluate.facts import facts_from
from engine.library import Library, load
from tests.serve.running import SMALL, wait_until, write_rules

CHANGES = 50


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunFolder]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with run_folder() as made:
        yield made


@pytest.fixture
def board(folder: RunFolder) -> Iterator[Board]:
    made = Board.create(folder.board)
    yield made
    made.close()


@pytest.mark.usefixtures("board")
def test_all_of_the_board_is_on_the_disk(folder: RunFolder) -> None:
    """Writing into a hole of it while the disk is full would end the process."""
    found = folder.board.stat()
    assert 512 * found.st_blocks >= found.st_size > 8 * RATE_SLOTS


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = open_database(f"sqlite:///{tmp_path / 'caiding.db'}")
    upgrade(made)
    yield made
    made.close()


def claim(path: Path, rates: int) -> None:
    """What a worker does at its start."""
    board = Board(path)
    slot = board.claim_slot()
    board.rates[rates] = 1.5
    board.say_ready(slot, 7)
    board.wish(slot)
    time.sleep(60)


def test_what_one_process_writes_the_others_read(board: Board, folder: RunFolder) -> None:
    """Slots go to the living; one whose process has ended is free again."""
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=claim, args=(folder.board, n), daemon=True) for n in (1, RATE_SLOTS - 1)]
    for other in others:
        other.start()
    wait_until(lambda: [worker.ready for worker in board.workers()] == [7, 7])
    wait_until(lambda: board.wishes() == {0: 1, 1: 1})
    assert (board.rates[1], board.rates[2], board.rates[RATE_SLOTS - 1]) == (1.5, 0.0, 1.5)
    assert (board.active, board.candidate) == (0, 0)
    board.answer({0: 1})
    assert board.wishes() == {1: 1}
    for other in others:
        other.kill()
        other.join()
    assert list(board.workers()) == []
    slot = board.claim_slot()
    assert (slot, [worker.ready for worker in board.workers()]) == (0, [0])
    number = board.wish(slot)
    assert board.answered(slot) < number
    assert board.wishes() == {0: number}


def test_fifty_editions_leave_nothing_behind(
    board: Board, folder: RunFolder, tmp_path: Path, stream: io.BytesIO
) -> None:
    """A process holds the edition that judges, and those before it only as long as somebody uses them."""
    journal = logs.journal()
    slot = board.claim_slot()
    write_rules(tmp_path / "rules")
    gc.freeze()  # as a worker does once it has started
    loaded = Loaded(load(tmp_path / "rules"), "r")
    loaded.write(folder, 1)
    board.activate(1, microseconds(datetime.now(UTC)))
    editions = ProcessEditions(folder, board, slot, "compiled", journal, lambda _: None)
    editions.start()
    held = editions.active()
    assert held is not None
    active = held
    for generation in range(2, CHANGES + 2):
        loaded.write(folder, generation)
        board.propose(generation)
        wait_until(lambda generation=generation: next(board.workers()).ready == generation)
        board.activate(generation, microseconds(datetime.now(UTC)))
        active = editions.active() or held
        assert active.generation == generation
        folder.edition(generation - 1).unlink()
    assert held.evaluator.decide({}, None)["edition"] == held.name, "who holds one can go on using it"
    del held, active
    time.sleep(0.1)
    gc.collect()
    alive = sum(isinstance(thing, Library) for thing in gc.get_objects())
    gc.unfreeze()
    assert alive <= 8
    assert not stream.getvalue()


def test_a_worker_that_never_gets_ready(
    board: Board, folder: RunFolder, database: Database, tmp_path: Path, stream: io.BytesIO
) -> None:
    """The new edition is refused after a while, with the reason; so is one that a worker cannot load."""
    rules = tmp_path / "rules"
    write_rules(rules)
    chronicle = Chronicle(database, "caiding test", logs.journal())
    settings = RunSettings(str(rules), database.shown, "", 0, 1, 1, "compiled", 0, 0, "en")
    keeper = Keeper(settings, folder, board, chronicle, logs.journal(), patience=0.3)
    keeper.activate_first(examine(rules, read_texts(rules), "compiled"))
    slot = board.claim_slot()
    keeper.start()
    try:
        first = keeper.active()
        write_rules(rules, 60)
        wait_until(lambda: "D144" in _refusals(database))
        assert (keeper.active(), board.active, board.candidate) == (first, first.generation, 0)
        write_rules(rules, 70)
        wait_until(lambda: board.candidate > 0)
        board.say_failed(slot, board.candidate)
        wait_until(lambda: "D143" in _refusals(database))
        board.wish(slot)
        wait_until(lambda: board.candidate > 0)
        board.say_ready(slot, board.candidate)
        wait_until(lambda: keeper.active().revision == revision_of(read_texts(rules)))
        wait_until(lambda: board.wishes() == {})
    finally:
        keeper.stop()
    assert stream.getvalue().count(b"edition_refused") == 2


def _refusals(database: Database) -> str:
    from api.store.editions import activations

    with database.reading() as connection:
        return "".join(line.findings for line in activations(connection, 5))


def test_threads_share_the_second_engine() -> None:
    """It answers each of eight threads on its own ticket, although it speaks to one process."""
    library = load(SMALL)
    assert library.plan is not None
    try:
        judge = serving_evaluator("durable", library.plan)
    except Unavailable as reason:
        pytest.skip(str(reason))
    reference = serving_evaluator("reference", library.plan)
    tickets = [{"kind": "loss", "value": number % 2, "day": "2015-06-10"} for number in range(80)]
    facts = [facts_from(ticket, library.plan, pointer="")[0] for ticket in tickets]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda one: judge.decide(one, None), facts))
    judge.close()
    assert got == [reference.decide(one, None) for one in facts]


def test_a_revision_is_the_exact_content() -> None:
    """Names and contents count, nothing else does."""
    texts = dict(read_texts(SMALL))
    revision = revision_of(texts)
    assert revision_of(dict(reversed(texts.items()))) == revision
    assert revision_of({**texts, "facts.yaml": texts["facts.yaml"] + b"\n"}) != revision
    assert revision_of({f"{name[:-5]}x.yaml": text for name, text in texts.items()}) != revision
