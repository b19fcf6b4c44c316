"""`caiding webhook`: what is registered is shown once, listed without its secret, and removed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from api.store.database import open_database
from api.store.webhooks import find_webhook
from tests.api.command_line import Run

URL = "https://desk.example.test/deadlines?office=1"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'caiding.db'}"


def test_added(run: Run, url: str) -> None:
    """The secret goes to standard output, alone, to be handed on; it is the one that signs."""
    ran = run("webhook", "add", "desk", URL, "--database-url", url)
    assert (ran.code, ran.out.count("\n")) == (0, 1)
    assert len(base64.b64decode(ran.out.strip().removeprefix("whsec_"))) == 32
    assert URL in ran.err
    database = open_database(url)
    with database.reading() as connection:
        found = find_webhook(connection, "desk")
    database.close()
    assert found is not None
    assert (found.url, found.secret) == (URL, ran.out.strip())


def test_listed_without_secrets(run: Run, url: str) -> None:
    """The list has names and addresses; nothing shows a secret again."""
    run("webhook", "add", "desk", URL, "--database-url", url)
    (listed,) = json.loads(run("webhook", "list", "--format", "json", "--database-url", url).out)
    assert (listed.pop("name"), listed.pop("url"), list(listed)) == ("desk", URL, ["created_at"])
    shown = run("webhook", "list", "--database-url", url).out
    assert "desk" in shown
    assert "whsec_" not in shown


def test_removed(run: Run, url: str) -> None:
    """A removed address is listed no more, and its name is free."""
    run("webhook", "add", "desk", URL, "--database-url", url)
    assert run("webhook", "remove", "desk", "--database-url", url).code == 0
    assert json.loads(run("webhook", "list", "--format", "json", "--database-url", url).out) == []
    assert run("webhook", "add", "desk", URL, "--database-url", url).code == 0


@pytest.mark.parametrize(
    ("name", "address", "code"),
    [
        ("Desk", URL, "D160"),
        ("desk", "desk.example.test", "D161"),
        ("desk", "http://desk.example.test/", "D162"),
        ("desk", "https://me:word@desk.example.test/", "D163"),
        ("desk", "https://desk.example.test/#part", "D164"),
    ],
)
def test_not_registered(run: Run, url: str, name: str, address: str, code: str) -> None:
    """What may not be called is refused with its reason, and a password is not repeated."""
    ran = run("webhook", "add", name, address, "--database-url", url)
    assert (ran.code, code in ran.err, "word" in ran.err.replace("password", "")) == (1, True, False)


def test_names_that_are_taken_or_unknown(run: Run, url: str) -> None:
    """A name stands for one address; one that is not there is named with the nearest."""
    run("webhook", "add", "desk", URL, "--database-url", url)
    assert "D165" in run("webhook", "add", "desk", URL, "--database-url", url).err
    ran = run("webhook", "remove", "dsek", "--database-url", url)
    assert (ran.code, "D166" in ran.err, "`desk`" in ran.err) == (1, True, True)


@pytest.mark.parametrize(("language", "words"), [("zh", "登记一个地址"), ("en", "register an address")])
def test_help(run: Run, language: str, words: str) -> None:
    """The help is in the language asked for."""
    assert words in run("--lang", language, "webhook", "--help").out
    assert words in run("--lang", language, "webhook", "add", "--help").out
