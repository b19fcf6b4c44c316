"""Plans as Spark's SQL give the verdicts of the reference evaluator, on a real Spark."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.agreement.test_agreement import made_up_plan, shipped
from tests.cases.test_cases import plan_of
from tests.generators import pools_of
from tests.replay.agreement import OnSpark, bounded, differences
from tests.replay.agreement_cases import SAYABLE, WIDE, cases_by_plan, file_named
from tests.replay.agreement_rulebooks import nasty_plan
from tests.replay.agreement_tickets import nasty_tickets

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.mark.parametrize("file", SAYABLE, ids=lambda file: file.stem)
def test_cases_get_the_reference_s_verdict(file: Path, spark: SparkSession, tmp_path: Path) -> None:
    database = OnSpark(spark, tmp_path)
    for plan, tickets in cases_by_plan(file):
        found = list(differences(plan, tickets, database))
        assert not found, "\n\n".join(found[:3])


@pytest.mark.parametrize("name", WIDE)
def test_numbers_with_bounds_are_reckoned_as_the_reference_does(
    name: str, spark: SparkSession, tmp_path: Path
) -> None:
    plan = bounded(plan_of(file_named(name)))
    tickets = [ticket for _, some in cases_by_plan(file_named(name)) for ticket in some]
    tickets += nasty_tickets(Random(1), plan, pools_of(plan), (), 200)
    found = list(differences(plan, tickets, OnSpark(spark, tmp_path)))
    assert not found, "\n\n".join(found[:3])


def test_shipped_rulebooks_give_the_reference_s_verdicts(spark: SparkSession, tmp_path: Path) -> None:
    _, plan, pools, seeds = shipped()
    tickets = list(nasty_tickets(Random("spark"), plan, pools, seeds, 400))
    found = list(differences(plan, tickets, OnSpark(spark, tmp_path)))
    assert not found, "\n\n".join(found[:3])


@pytest.mark.parametrize("seed", range(2))
def test_made_up_rulebooks_give_the_reference_s_verdicts(
    seed: int, spark: SparkSession, tmp_path: Path
) -> None:
    random = Random(seed)
    for plan in (made_up_plan(random), nasty_plan(random)):
        tickets = list(nasty_tickets(random, plan, pools_of(plan), (), 60))
        found = list(differences(plan, tickets, OnSpark(spark, tmp_path)))
        assert not found, "\n\n".join(found[:3])
