"""The evaluators that are there to be tested; one that is not there yet is skipped, and that is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.evaluate.evaluators import NAMES, Evaluator, evaluator
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan

OTHERS = tuple(name for name in NAMES if name != "reference")


def judge_or_skip(name: str, plan: Plan) -> Evaluator:
    """The evaluator of that name, or a skipped test with the reason why there is none."""
    try:
        return evaluator(name, plan)
    except (ValueError, ImportError) as problem:
        pytest.skip(f"the evaluator {name} is not there: {problem}")
    except Exception as problem:
        if type(problem).__name__ != "Unavailable":
            raise
        pytest.skip(f"the evaluator {name} cannot run here: {problem}")


def as_json(verdict: Verdict | Any) -> str:
    """The verdict as it would be sent: the order of keys counts."""
    return json.dumps(verdict, ensure_ascii=False)
