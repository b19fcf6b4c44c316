"""The hooks for pre-commit run commands that there are, and stop a commit that must not be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import ROOT, page
from tests.first_rulebook.command import caiding

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    caiding("new", "library", "rules")
    caiding("new", "rulebook", "first")
    return tmp_path / "rules"


def run(hook: dict[str, Any]) -> int:
    """The hook as pre-commit runs it: its entry and its arguments, without the names of files."""
    program, *words = hook["entry"].split()
    assert (program, hook["pass_filenames"], hook["language"]) == ("caiding", False, "python")
    return caiding(*words, *hook["args"]).code


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_sound_library_passes(rules: Path, hook: dict[str, Any]) -> None:
    assert rules.is_dir()
    assert run(hook) == 0


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("caiding-check", "amount: 50", "amount: fifty"),
        ("caiding-fmt", "rulebook: first", "rulebook:   first"),
        ("caiding-test", "expect: {fine: 50}", "expect: {fine: 51}"),
    ],
)
def test_each_hook_stops_what_it_is_for(rules: Path, name: str, old: str, new: str) -> None:
    (hook,) = (hook for hook in HOOKS if hook["id"] == name)
    file = rules / "first.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert run(hook) == 2


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_the_hooks_run_when_rules_change(hook: dict[str, Any]) -> None:
    pattern = re.compile(hook["files"])
    assert all(map(pattern.search, ("rules/first.yaml", "our_rules/facts.yaml", "a/rules/first.yml")))
    assert not any(map(pattern.search, ("rules.yaml", "docs/rules.md", "src/first.yaml")))


@pytest.mark.parametrize("name", ["docs/editors.md", "docs/editors.en.md"])
def test_the_page_names_every_hook(name: str) -> None:
    assert [hook["id"] for hook in HOOKS if f"- id: {hook['id']}\n" not in page(name)] == []
