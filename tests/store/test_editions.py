"""What judged once can be judged by again, years later, whatever the folder says then."""

from __future__ import annotations

from pathlib import Path

from api.store.database import Database
from api.store.editions import (
    Activation,
    KeptEdition,
    activations,
    catalogue,
    editions,
    keep,
    kept,
    rebuild,
    record_activation,
)
from engine.library import load

SMALL = Path("tests/api/small")


def small(edition: str) -> KeptEdition:
    files = {path.name: path.read_bytes() for path in SMALL.glob("*.yaml")}
    return KeptEdition(edition, "0123456789ab", 5, "0.1.0", {}, files)


def test_kept_edition_judges_again(database: Database) -> None:
    """The plan that is rebuilt from the kept texts is the edition that judged."""
    plan = load(SMALL).plan
    assert plan is not None
    with database.writing() as connection:
        keep(connection, small(plan.edition))
        found = kept(connection, plan.edition)
    assert found == small(plan.edition)
    assert found is not None
    rebuilt, known = rebuild(found), catalogue(found)
    assert rebuilt is not None
    assert rebuilt.edition == plan.edition
    assert known is not None
    assert known.facts.keys() == plan.facts.keys()


def test_first_texts_stay(database: Database) -> None:
    """An edition is kept once; other texts of the same meaning do not take the place of the first."""
    other = KeptEdition("e", "ffffffffffff", 9, "0.2.0", {"AMB-01": "floor"}, {"facts.yaml": b"# other"})
    with database.writing() as connection:
        keep(connection, small("e"))
        keep(connection, other)
        assert kept(connection, "e") == small("e")
        assert [line.edition for line in editions(connection)] == ["e"]
        assert kept(connection, "never judged") is None


def test_texts_that_are_no_longer_understood(database: Database) -> None:
    """Where a later engine finds errors in kept texts there is no plan, and no traceback."""
    broken = KeptEdition("e", "0", 1, "0", {}, {"facts.yaml": "编辑: [".encode()})
    with database.writing() as connection:
        keep(connection, broken)
        found = kept(connection, "e")
    assert found is not None
    assert rebuild(found) is None
    assert catalogue(found) is None


def test_history_of_activations(database: Database) -> None:
    """Activations and refusals are told newest first."""
    lines = [
        Activation(1, 1, "e1", "r1", "activated", "[]"),
        Activation(2, 2, None, "r2", "refused", '[{"code": "R001"}]'),
    ]
    with database.writing() as connection:
        for line in lines:
            record_activation(connection, line)
        assert activations(connection, 10) == lines[::-1]
        assert activations(connection, 1) == lines[1:]
