"""What clients of the scribe may rely on while nothing dies; on both databases where it matters."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import text

from api.scribe.client import LogUnavailable, NoLog, ScribeClient
from api.scribe.process import in_thread, run
from api.scribe.protocol import HEADER, frame_of
from api.store.database import Database, open_database, upgrade
from api.store.decisions import Held
from tests.scribe.load import SPAWN, started
from tests.scribe.records import Plain, claim, decision, keyed, stored_answers, stored_ids


@pytest.fixture
def client(database: Database, database_url: str, tmp_path: Path) -> Iterator[ScribeClient]:
    """A client of a running scribe."""
    del database  # its tables are there
    with in_thread(database_url, tmp_path / "s"):
        opened = ScribeClient(tmp_path / "s", patience=10)
        yield opened
        opened.close()


@pytest.fixture
def plain_file(tmp_path: Path) -> Iterator[Database]:
    """SQLite with our tables, where the kind of database does not matter."""
    opened = open_database(f"sqlite:///{tmp_path / 'plain.db'}")
    upgrade(opened)
    yield opened
    opened.close()


def record(client: ScribeClient, sent: Plain) -> Held | None:
    return client.record(sent.decisions, sent.claim)


def test_what_is_recorded_is_there(client: ScribeClient, database: Database) -> None:
    row = decision()
    assert client.record([row]) is None
    assert stored_ids(database) == [row.id]


def test_a_batch_of_a_thousand_is_one_commit(client: ScribeClient, database: Database) -> None:
    rows = [decision(number)._replace(verdict="v" * 3000) for number in range(1000)]
    before = client.state().groups
    assert client.record(rows, claim("batch", *rows)) is None
    assert client.state().groups == before + 1
    assert stored_ids(database) == sorted(row.id for row in rows)


def test_duplicates_of_a_key_at_once_all_get_the_same_answer(
    client: ScribeClient, database: Database
) -> None:
    """From many threads: one is stored, and all others are told its answer."""
    sent = [keyed("k", number) for number in range(32)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda one: record(client, one), sent))
    [row_id] = stored_ids(database)
    winner = next(one for one in sent if one.decisions[0].id == row_id)
    assert winner.claim is not None
    others = Held(winner.claim.fingerprint, winner.claim.answer)
    assert [answer for answer in answers if answer is not None] == [others] * 31


def answers_of_a_process(path: Path, keys: list[str], heard: Path) -> None:
    client = ScribeClient(path, patience=10)
    with ThreadPoolExecutor(4) as pool:
        sent = [keyed(key) for key in keys for _ in range(4)]
        for one, held in zip(sent, pool.map(lambda one: record(client, one), sent), strict=True):
            assert one.claim is not None
            with heard.open("a") as file:
                print(one.claim.key, held.answer if held else one.claim.answer, file=file)
    client.close()


def test_duplicates_of_a_key_from_several_processes_are_one(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """All of them hear the answer that is stored."""
    keys = [f"k{number}" for number in range(20)]
    with started(database_url, tmp_path / "s"):
        processes = [
            SPAWN.Process(target=answers_of_a_process, args=(tmp_path / "s", keys, tmp_path / f"heard{n}"))
            for n in range(2)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(30)
            assert process.exitcode == 0
    heard = [(tmp_path / f"heard{n}").read_text().splitlines() for n in range(2)]
    stored = {f"{key} {answer}" for key, answer in stored_answers(database).items()}
    assert set(heard[0]) == set(heard[1]) == stored
    assert len(stored_ids(database)) == len(keys)


def test_a_row_that_the_database_refuses_is_refused_alone(client: ScribeClient, database: Database) -> None:
    """Whoever shares a group with it hears nothing of it. (SQLite takes texts of any kind.)"""
    bad = decision()._replace(ticket_no="T\0", decided_at=2**63)
    good = [decision(number) for number in range(20)]
    with ThreadPoolExecutor(21) as pool:
        refused = pool.submit(client.record, [bad])
        answers = list(pool.map(lambda row: client.record([row]), good))
    with pytest.raises(LogUnavailable, match="refused"):
        refused.result()
    assert answers == [None] * 20
    assert stored_ids(database) == sorted(row.id for row in good)


def test_a_slow_sender_holds_up_nobody(plain_file: Database, tmp_path: Path) -> None:
    """Half a frame lies there while others are served; the rest may come when it likes."""
    row = decision()
    frame = bytes(frame_of((monotonic() + 10, [row], None)))
    with in_thread(plain_file.shown, tmp_path / "s"), socket.socket(socket.AF_UNIX) as slow:
        client = ScribeClient(tmp_path / "s", patience=5)
        slow.connect(str(tmp_path / "s"))
        for piece in (frame[:2], frame[2:50], frame[50:]):
            slow.send(piece)
            assert client.record([decision()]) is None
        assert slow.recv(100)[HEADER:] == b"\xc0"
        client.close()
    assert row.id in stored_ids(plain_file)


def test_a_slow_reader_holds_up_nobody(plain_file: Database, tmp_path: Path) -> None:
    """An answer that does not fit into its socket goes out in pieces."""
    held = keyed("k")
    assert held.claim is not None
    long_answer = held.claim._replace(answer="a" * 3_000_000)
    with in_thread(plain_file.shown, tmp_path / "s"), socket.socket(socket.AF_UNIX) as slow:
        client = ScribeClient(tmp_path / "s", patience=5)
        client.record(held.decisions, long_answer)
        slow.connect(str(tmp_path / "s"))
        again = keyed("k")
        slow.sendall(frame_of((monotonic() + 10, again.decisions, again.claim)))
        sleep(0.05)
        assert client.record([decision()]) is None
        assert record(client, keyed("k")) == Held("same body", long_answer.answer)
        received = b""
        while len(received) < len(long_answer.answer):
            received += slow.recv(2**16)
        client.close()


def test_who_speaks_another_language_is_sent_away(plain_file: Database, tmp_path: Path) -> None:
    with in_thread(plain_file.shown, tmp_path / "s"):
        for words in (b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\1\xc1", frame_of([1, 2])):
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.settimeout(5)
                stranger.connect(str(tmp_path / "s"))
                stranger.sendall(words)
                assert stranger.recv(100) == b""
        client = ScribeClient(tmp_path / "s", patience=5)
        assert client.record([decision()]) is None
        client.close()


def test_the_state_says_what_was_stored_and_when(client: ScribeClient) -> None:
    client.record([decision()])
    state = client.state()
    assert (state.waiting, state.stored, state.groups, state.reason) == (0, 1, 1, None)
    assert state.last_commit_at


def test_without_a_scribe_the_log_is_away(tmp_path: Path) -> None:
    """It is waited for as long as the patience lasts, and no longer."""
    client = ScribeClient(tmp_path / "s", patience=0.2)
    begun = monotonic()
    with pytest.raises(LogUnavailable, match="away"):
        client.record([decision()])
    assert 0.1 < monotonic() - begun < 2


def test_a_scribe_that_does_not_answer_is_waited_for_no_longer_than_the_patience(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        client = ScribeClient(tmp_path / "s", patience=0.2)
        for _ in range(2):
            with pytest.raises(LogUnavailable, match="timeout"):
                client.record([decision()])


def test_a_client_goes_on_with_the_next_scribe(database: Database, database_url: str, tmp_path: Path) -> None:
    """Its line breaks without its noticing; the next record takes a new one."""
    client, rows = ScribeClient(tmp_path / "s", patience=10), [decision(number) for number in range(3)]
    for row in rows:
        with in_thread(database_url, tmp_path / "s"):
            client.record([row])
    client.close()
    assert stored_ids(database) == [row.id for row in rows]


def test_a_busy_database_is_waited_for(plain_file: Database, tmp_path: Path) -> None:
    """Another program holds SQLite's lock: who has the patience gets through, the other hears a reason."""
    url = f"{plain_file.shown}?timeout=0.05"
    with in_thread(url, tmp_path / "s"), ThreadPoolExecutor(1) as pool:
        patient, hurried = (ScribeClient(tmp_path / "s", patience) for patience in (10, 0.4))
        with plain_file.writing() as connection:
            connection.execute(text("SELECT 1"))
            row = decision()
            through = pool.submit(patient.record, [row])
            with pytest.raises(LogUnavailable, match=r"busy|timeout"):
                hurried.record([decision()])
        assert through.result() is None
        patient.close()
        hurried.close()
    assert stored_ids(plain_file) == [row.id]


def test_sigterm_lets_it_finish(plain_file: Database, tmp_path: Path) -> None:
    """What was sent before is stored and answered; then it ends by itself."""
    client = ScribeClient(tmp_path / "s", patience=10)
    with started(plain_file.shown, tmp_path / "s") as scribe, ThreadPoolExecutor(8) as pool:
        client.record([decision()])
        with plain_file.writing() as connection:
            connection.execute(text("SELECT 1"))
            sent = [pool.submit(client.record, [decision()]) for _ in range(8)]
            sleep(0.2)
            assert scribe.pid is not None
            os.kill(scribe.pid, signal.SIGTERM)
            sleep(0.2)
        assert [future.result() for future in sent] == [None] * 8
        scribe.join(10)
        assert scribe.exitcode == 0
    client.close()
    assert len(stored_ids(plain_file)) == 9


def test_one_that_has_ended_may_be_told_to_end(plain_file: Database, tmp_path: Path) -> None:
    with in_thread(plain_file.shown, tmp_path / "s") as scribe:
        scribe.stop()
    scribe.stop()


def test_however_often_it_is_told_to_end_it_says_nothing(
    plain_file: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A supervisor says so when it stops and again when it has waited; a traceback is no line of a log."""
    client = ScribeClient(tmp_path / "s", patience=10)
    with started(plain_file.shown, tmp_path / "s") as scribe:
        client.record([decision()])
        client.close()
        while scribe.is_alive():
            scribe.terminate()
            sleep(0.00001)
    scribe.join(10)
    assert capfd.readouterr().err == ""


def start_and_wait(url: str, path: Path, pid_file: Path) -> None:
    """A supervisor that will be killed."""
    process = multiprocessing.get_context("spawn").Process(target=run, args=(url, path))
    process.start()
    pid_file.write_text(str(process.pid))
    process.join()


def test_it_ends_with_the_process_that_started_it(plain_file: Database, tmp_path: Path) -> None:
    """However that one ends: there are no orphans that write."""
    pid_file = tmp_path / "pid"
    supervisor = SPAWN.Process(target=start_and_wait, args=(plain_file.shown, tmp_path / "s", pid_file))
    supervisor.start()
    client = ScribeClient(tmp_path / "s", patience=10)
    client.record([decision()])
    client.close()
    supervisor.kill()
    supervisor.join()
    late = monotonic() + 10
    while is_alive(int(pid_file.read_text())):
        assert monotonic() < late
        sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether it runs; one that has ended and that nobody asks after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_lines_go_with_their_threads(plain_file: Database, tmp_path: Path) -> None:
    with in_thread(plain_file.shown, tmp_path / "s"):
        client = ScribeClient(tmp_path / "s", patience=5)
        before = open_files()
        for _ in range(20):
            thread = threading.Thread(target=client.record, args=([decision()],))
            thread.start()
            thread.join()
        late = monotonic() + 5
        while open_files() > before + 4:
            assert monotonic() < late
            sleep(0.01)
        client.close()


def test_without_a_log_everything_is_taken_for_stored() -> None:
    assert NoLog().record([decision()]) is None
    assert NoLog().state().waiting == 0
