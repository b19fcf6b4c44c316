"""A verdict is stored before it is answered, and is what is looked up, told again and replayed."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from api.store.database import Database
from tests.http.world import FINES, World, texts, together

LOST = {"ticket_no": "T1", "kind": "loss", "value": 10}
NAMES = ("王小明", "李四光", "13800138000")


def count(database: Database, table: str = "decisions") -> int:
    with database.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - our own


def test_verdict_is_created(world: World) -> None:
    """A ticket gives 201, the place of the verdict, its id and the verdict by the active edition."""
    reply = world.post(LOST)
    assert reply.status == 201
    found = reply.json
    assert list(found) == ["id", "verdict"]
    assert reply.header("Location") == f"/v1/verdicts/{found['id']}"
    assert found["verdict"]["totals"] == {"fine": {"CNY": "50.00"}}
    assert world.shelf.edition is not None
    assert found["verdict"]["edition"] == reply.header("Caiding-Edition") == world.shelf.edition.name
    assert count(world.database) == 1


def test_stored_decision(world: World) -> None:
    """What is looked up is the stored verdict, byte for byte, with all that is known about it."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    posted = world.post(LOST, headers={"traceparent": trace, "X-Request-Id": "r-1"})
    got = world.ask("GET", posted.header("Location") or "")
    found = got.json
    assert got.status == 200
    assert found["verdict"] == posted.json["verdict"]
    assert posted.body.partition(b'"verdict":')[2][:-1] in got.body
    assert found["facts"] == LOST
    assert (found["caller"], found["request_id"], found["traceparent"]) == ("evaluater", "r-1", trace)
    assert found["ticket_no"] == "T1"
    assert found["engine"] == "caiding 0.1.0"
    assert found["as_of"] == found["verdict"]["as_of"]
    assert found["duration_us"] > 0


def test_as_of(front: World) -> None:
    """The ticket's own instant of judging goes before the service's clock, which counts whole seconds."""
    body = json.dumps({"facts": LOST, "as_of": "2015-10-08T10:00"}).encode()
    assert front.ask("POST", "/v1/verdicts", body).json["verdict"]["as_of"] == "2015-10-08T10:00:00+08:00"
    written = front.post(LOST).json["verdict"]["as_of"]
    assert written.endswith("+08:00")
    assert "." not in written


def test_who_may_read(world: World) -> None:
    """A key that evaluates reads its own caller's verdicts; the others read all; else there is none."""
    place = world.post(LOST).header("Location") or ""
    assert [world.ask("GET", place, key=key).status for key in ("evaluate", "rehearse", "operate")] == [
        200
    ] * 3
    for way in (place, f"{place}/replay"):
        hidden = world.ask("GET" if way == place else "POST", way, key="other")
        assert hidden.status == 404
        assert hidden.json["code"] == "S012"


def test_ids_that_are_none(world: World) -> None:
    """Whatever stands where an id should be is not found, also what a database would not take."""
    for id_ in ("x", "01941f29-7c00-7000-8000-000000000000", "a\0b", "\xe9" * 300):
        reply = world.ask("GET", f"/v1/verdicts/{id_}")
        assert (reply.status, reply.json["code"]) == (404, "S012")


def test_personal_texts_stay_out(world: World) -> None:
    """Names are in no answer, no row and no log line, and the verdict is what it would be with them."""
    same = world.post({**LOST, "receiver": NAMES[0], "signed_by": NAMES[0], "ticket_no": NAMES[2]})
    other = world.post({**LOST, "receiver": NAMES[0], "signed_by": NAMES[1]})
    wrong = world.post({"receiver": list(NAMES), "kind": NAMES[0], "value": NAMES[1]})
    batch = world.batch(
        [{"facts": {"receiver": NAMES[0], "value": NAMES[0]}}, {"facts": {"signed_by": {"a": NAMES[1]}}}],
        headers={"Idempotency-Key": "k"},
    )
    assert same.json["verdict"]["totals"] == {"fine": {"CNY": "50.00"}}
    assert other.json["verdict"]["totals"] == {"fine": {"CNY": "70.00"}}
    assert (wrong.status, batch.status) == (422, 200)
    got = world.ask("GET", other.header("Location") or "")
    said = b"".join((same.body, other.body, batch.body, got.body, world.lines.getvalue())).decode()
    stored = "".join(_everything(world.database))
    for name in (NAMES[0], NAMES[1]):
        assert name not in said
        assert name not in stored
    assert (
        NAMES[1] not in wrong.body.decode()
    )  # text that does not stand among the personal facts is the caller's


def _everything(database: Database) -> list[str]:
    with database.reading() as connection:
        rows = [
            row
            for table in ("decisions", "idempotency_keys")
            for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - our own names
        ]
    return [str(value) for row in rows for value in row]


def test_strange_ticket_numbers(world: World) -> None:
    """A NUL in a ticket's text breaks no store."""
    reply = world.post({**LOST, "ticket_no": "T\0 1"})
    assert reply.status == 201
    assert world.ask("GET", reply.header("Location") or "").json["facts"]["ticket_no"] == "T\0 1"


def test_batch(world: World) -> None:
    """A failing ticket fails alone, the others are judged by one edition and stored together."""
    reply = world.batch(
        [{"facts": LOST}, {"facts": {"kind": "lost"}}, 3, {"facts": {}, "as_of": "2015-10-08T10:00"}]
    )
    found = reply.json
    assert reply.status == 200
    assert [result["status"] for result in found["results"]] == [201, 422, 422, 201]
    assert {result["verdict"]["edition"] for result in found["results"] if "verdict" in result} == {
        found["edition"]
    }
    assert found["results"][1]["problem"]["errors"][0]["pointer"] == "/tickets/1/facts/kind"
    assert count(world.database) == 2
    for result in found["results"]:
        if "id" in result:
            assert world.ask("GET", f"/v1/verdicts/{result['id']}").json["verdict"] == result["verdict"]


def test_repetition(world: World) -> None:
    """The same key and body give the stored answer byte for byte; also when the ticket would fail by now."""
    headers = {"Idempotency-Key": "k1"}
    first = world.post(LOST, headers=headers)
    world.keep(texts(FINES.replace("50", "60")))
    again = world.post(LOST, headers=headers)
    assert (again.status, again.body) == (201, first.body)
    assert first.header("Idempotency-Replayed") is None
    assert again.header("Idempotency-Replayed") == "true"
    assert again.header("Location") == first.header("Location")
    assert again.header("Caiding-Edition") == first.header("Caiding-Edition")
    assert count(world.database) == 1


def test_repetition_of_what_fails_now(world: World) -> None:
    """What was answered once is answered again, though today's catalogue would refuse the ticket."""
    headers = {"Idempotency-Key": "k1"}
    first = world.post({"value": 10, "at": "2015-10-08T10:00"}, headers=headers)
    narrower = texts()["facts.yaml"].replace(b"  at: {entity", b"  later: {entity")
    world.keep({**texts(), "facts.yaml": narrower})
    assert world.post({"value": 10, "at": "2015-10-08T10:00"}).status == 422
    again = world.post({"value": 10, "at": "2015-10-08T10:00"}, headers=headers)
    assert again.body == first.body


def test_repetition_with_another_body(world: World) -> None:
    """A used key is refused for another body and another address; another caller's is its own."""
    headers = {"Idempotency-Key": "k1"}
    world.post(LOST, headers=headers)
    for reply in (
        world.post({**LOST, "value": 11}, headers=headers),
        world.batch([{"facts": LOST}], headers=headers),
    ):
        assert (reply.status, reply.json["code"]) == (422, "S041")
    assert world.post({**LOST, "kind": "no such"}, headers=headers).json["code"] == "S041"
    assert world.post({**LOST, "value": 11}, headers=headers, key="other").status == 201
    assert count(world.database) == 2


def test_repetition_of_a_batch(world: World) -> None:
    """A batch is told again with its problems, also one in which every ticket failed."""
    for key, tickets in (("a", [{"facts": LOST}, {"facts": {"kind": "丢失"}}]), ("b", [{"facts": 3}])):
        headers = {"Idempotency-Key": key}
        first = world.batch(tickets, headers=headers)
        again = world.batch(tickets, headers=headers)
        assert (again.status, again.body) == (200, first.body)
        assert again.header("Idempotency-Replayed") == "true"
    assert count(world.database) == 1


def test_concurrent_repetitions(world: World) -> None:
    """Duplicates at the same time give one row and one answer."""
    replies = together(8, lambda _: world.post(LOST, headers={"Idempotency-Key": "k"}))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body for reply in replies}) == 1
    assert sum(reply.header("Idempotency-Replayed") is None for reply in replies) == 1
    assert count(world.database) == 1


def replayed(world: World, place: str | None) -> Any:
    reply = world.ask("POST", f"{place}/replay")
    assert reply.status == 200
    return reply.json


def test_replay(world: World) -> None:
    """A verdict is judged again to the same bytes, and today's edition is said not to differ."""
    posted = world.post({**LOST, "receiver": NAMES[0], "signed_by": NAMES[1]})
    found = replayed(world, posted.header("Location"))
    assert (found["same_bytes"], found["differs"]) == (True, False)
    assert found["verdict"] == posted.json["verdict"]
    assert found["differences"] == {"rules": [], "derived": [], "totals": []}
    assert found["not_replayed"] is found["not_judged_today"] is None


def test_replay_after_a_change(world: World) -> None:
    """The old edition is rebuilt from the kept texts; what today's would change is told by rule."""
    posted = world.post({**LOST, "receiver": "a b", "signed_by": "c d"})
    changed = FINES.replace("amount: 50", "amount: 60").replace("rule: proxy", "rule: proxies")
    now = world.keep(texts(changed))
    found = replayed(world, posted.header("Location"))
    assert (found["same_bytes"], found["differs"]) == (True, True)
    assert (found["edition"], found["edition_today"]) == (posted.json["verdict"]["edition"], now.name)
    by_rule = {rule["rule"]: rule for rule in found["differences"]["rules"]}
    assert {name: rule["difference"] for name, rule in by_rule.items()} == {
        "fines/loss/lost": "changes",
        "fines/loss/proxies": "appears",
        "fines/loss/proxy": "disappears",
    }
    lost = by_rule["fines/loss/lost"]
    assert [side[0]["says"]["amount"] for side in (lost["before"], lost["after"])] == ["50.00", "60.00"]
    assert lost["before"][0]["says"]["because"]
    assert found["differences"]["totals"] == [{"name": "fine CNY", "before": "70.00", "after": "80.00"}]


def test_replay_where_the_edition_is_not_kept(world: World) -> None:
    """Where nothing can be rebuilt it is said so, and nothing is guessed; today's is still told."""
    posted = world.post(LOST)
    world.keep(texts(FINES.replace("50", "60")))
    with world.database.writing() as connection:
        connection.execute(
            text("DELETE FROM editions WHERE edition = :e"), {"e": posted.json["verdict"]["edition"]}
        )
    found = replayed(world, posted.header("Location"))
    assert found["same_bytes"] is found["verdict"] is None
    assert found["not_replayed"]["code"] == "S050"
    assert found["differs"] is True


def test_replay_where_the_texts_mean_something_else(world: World) -> None:
    """Texts that are another edition here (another engine or calendar package) judge nothing again."""
    posted = world.post(LOST)
    other = world.keep(texts(FINES.replace("50", "61")))
    with world.database.writing() as connection:
        connection.execute(
            text("DELETE FROM editions WHERE edition = :e"), {"e": posted.json["verdict"]["edition"]}
        )
        connection.execute(
            text("UPDATE editions SET edition = :e WHERE edition = :o"),
            {"e": posted.json["verdict"]["edition"], "o": other.name},
        )
    found = replayed(world, posted.header("Location"))
    assert found["same_bytes"] is None
    assert found["not_replayed"]["code"] == "S051"
    assert other.name in found["not_replayed"]["message"]


def test_replay_where_the_ticket_no_longer_fits(world: World) -> None:
    """A fact that today's catalogue does not know is no reason not to replay by the edition of the time."""
    posted = world.post({**LOST, "at": "2015-10-08T10:00"})
    world.keep(
        {**texts(), "facts.yaml": texts()["facts.yaml"].replace(b"  at: {entity", b"  later: {entity")}
    )
    found = replayed(world, posted.header("Location"))
    assert found["same_bytes"] is True
    assert found["differs"] is None
    assert found["not_judged_today"]["code"] == "S053"
