"""Rules that change while the service judges: no request fails, none meets a mixture, none goes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serve.running import TICKET, Load, Running, serving, wait_until, write_rules

FLIPS = 20


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def running(service: Running) -> Running:
    """The service with the folder as it was at the start, whatever the test before has left."""
    write_rules(service.home / "rules")
    assert service.ask("POST", "/v1/editions/reload").body["active"]["edition"]
    wait_until(lambda: _amount(service) == "50.00")
    return service


def _refusals(running: Running) -> int:
    return running.raw_log.count("edition_refused")


def _amount(running: Running) -> str:
    return str(running.judge().body["verdict"]["outcomes"][0]["amount"])


def test_twenty_editions_under_load(running: Running) -> None:
    """Twenty changes of the folder while four connections ask without a pause.

    Every answer is whole: its header, its verdict and its amount belong to one edition. Once an answer of a
    new edition has come, no request that is sent later is judged by the old one, on whichever connection
    and by whichever worker. Memory does not grow with the changes.
    """
    seen_by_fine = {50: running.ready()["edition"]}
    order = [seen_by_fine[50]]
    resident = []
    with Load(running) as load:
        for number in range(FLIPS):
            load.wait_for(10)
            fine = 60 if number % 2 == 0 else 50
            write_rules(running.home / "rules", fine)
            before = order[-1]
            wait_until(lambda before=before: running.ready()["edition"] != before)
            order.append(running.ready()["edition"])
            assert seen_by_fine.setdefault(fine, order[-1]) == order[-1]
            resident.append(sum(map(_resident, running.children("worker"))))
        load.wait_for(10)
    assert (load.others, load.broken) == ([], 0)
    assert len(set(order)) == 2
    _check_wholeness(load, seen_by_fine)
    _check_order(load, order)
    assert set(load.acknowledged) <= running.stored()
    assert max(resident[-4:]) - max(resident[2:6]) < 30_000_000
    history = running.ask("GET", "/v1/editions").body
    assert str(history).count("activated") >= FLIPS


def _check_wholeness(load: Load, editions: dict[int, str]) -> None:
    allowed = {f"{edition} {fine}.00": edition for fine, edition in editions.items()}
    for mine in load.seen:
        for _, _, verdict_edition, said in mine:
            assert allowed[said] == verdict_edition


def _check_order(load: Load, order: list[str]) -> None:
    """Each answer is given the earliest place in the order of editions that fits what was known when sent."""
    answers = sorted((answer for mine in load.seen for answer in mine), key=lambda answer: answer[1])
    known: list[tuple[float, int]] = [(0.0, 0)]  # received at, place
    for sent, received, edition, _ in answers:
        least = max(place for at, place in known if at <= sent)
        place = least if order[least] == edition else least + 1
        assert place < len(order), "an answer from an edition before the one that was already seen"
        assert order[place] == edition
        if place > known[-1][1]:
            known.append((received, place))


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096


def test_a_broken_edit_is_refused_then_mended(running: Running) -> None:
    """The old edition serves on; why the new one was refused is said with its place, in both languages."""
    old, refused = running.ready(), _refusals(running)
    write_rules(running.home / "rules", 60)
    fines = running.home / "rules" / "fines.yaml"
    fines.write_text(
        fines.read_text(encoding="utf-8").replace("kind: loss,", "kind: lost,"), encoding="utf-8"
    )
    wait_until(lambda: _refusals(running) > refused)
    state = running.ready()
    assert (state["edition"], state["generation"]) == (old["edition"], old["generation"])
    assert running.judge().edition == old["edition"]
    english, chinese = (_refusal(running, language) for language in ("en", "zh"))
    assert "fines.yaml" in english
    assert "lost" in english
    assert english != chinese
    write_rules(running.home / "rules", 60)
    wait_until(lambda: running.ready()["edition"] != old["edition"])
    assert _amount(running) == "60.00"
    mended = running.ready()
    assert mended["last_refused"]["at"][:26] < mended["since"][:26]


def _refusal(running: Running, language: str) -> str:
    return str(running.ask("GET", "/v1/editions", **{"Accept-Language": language}).body)


def test_an_example_that_fails_and_a_folder_that_is_gone(running: Running) -> None:
    """Nothing of it stops the service; a folder that comes back under its name is watched again."""
    rules = running.home / "rules"
    old, refused = running.ready(), _refusals(running)
    fines = rules / "fines.yaml"
    good = fines.read_text(encoding="utf-8")
    fines.write_text(good.replace("fine: 50", "fine: 51"), encoding="utf-8")
    wait_until(lambda: _refusals(running) > refused)
    rules.rename(running.home / "elsewhere")
    for _ in range(2):
        answer = running.ask("POST", "/v1/editions/reload").body
        assert answer["outcome"] == "refused"
        assert [finding["code"] for finding in answer["last_refused"]["findings"]] == ["D010"]
    rules.mkdir()
    answer = running.ask("POST", "/v1/editions/reload").body
    assert [finding["code"] for finding in answer["last_refused"]["findings"]] == ["D012"]
    rules.rmdir()
    assert running.judge().edition == old["edition"]
    write_rules(rules, 70)
    wait_until(lambda: running.ready()["edition"] != old["edition"])
    before = running.ready()["edition"]
    write_rules(rules, 80)
    wait_until(lambda: running.ready()["edition"] != before)
    assert _amount(running) == "80.00"


def test_only_comments_change(running: Running) -> None:
    """It is a new revision of the same edition: verdicts stay the same bytes."""
    old, verdict = running.ready(), _verdict(running)
    write_rules(running.home / "rules", comment="# seen by the auditor\n")
    wait_until(lambda: running.ready()["revision"] != old["revision"])
    new = running.ready()
    assert (new["edition"], new["generation"] > old["generation"]) == (old["edition"], True)
    assert _verdict(running) == verdict


def _verdict(running: Running) -> dict[str, Any]:
    answer = running.ask("POST", "/v1/verdicts", {"facts": TICKET, "as_of": "2015-06-11T10:00"})
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.body["verdict"]
    return found


def test_a_save_in_halves_does_not_flap(running: Running) -> None:
    """A file that is written in two goes, and an editor's temporary files, make one change and no refusal."""
    old, refused = running.ready(), _refusals(running)
    rules = running.home / "rules"
    (rules / ".#fines.yaml").symlink_to("nobody@nowhere")
    (rules / "fines.yaml~").write_text("rulebook", encoding="utf-8")
    text = (rules / "fines.yaml").read_text(encoding="utf-8").replace(": 50", ": 60")
    with (rules / "fines.yaml").open("w", encoding="utf-8") as file:
        file.write(text[:400])
        file.flush()
        time.sleep(0.15)
        file.write(text[400:])
    wait_until(lambda: running.ready()["edition"] != old["edition"])
    assert _refusals(running) == refused


def test_reload_on_request(running: Running) -> None:
    """The answer comes when the folder has been looked at, from whichever worker is asked."""
    for fine in (60, 50, 60, 50):
        write_rules(running.home / "rules", fine)
        answer = running.ask("POST", "/v1/editions/reload")
        assert answer.status == 200, answer.body
        assert _amount(running) == f"{fine}.00"
        running.hang_up()
