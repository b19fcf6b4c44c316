"""The workflow for GitHub does in a real repository what it says, and lets nothing foreign into a script."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import ROOT
from tests.first_rulebook.command import caiding

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / "examples/github/caiding.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["rules"]["steps"]
BASH = shutil.which("bash") or "bash"
GH = """\
#!{python}
import json, pathlib, sys
state = pathlib.Path({state!r})
comments = json.loads(state.read_text())
words = sys.argv[1:]
assert words[0] == "api"
files = [pathlib.Path(word.removeprefix("body=@")) for word in words if word.startswith("body=@")]
body = [file.read_text(encoding="utf-8") for file in files]
if "--jq" in words:
    print("\\n".join(str(c["id"]) for c in comments if c["body"].startswith("<!-- caiding -->")))
elif "PATCH" in words:
    (found,) = [c for c in comments if any(w.endswith("/comments/" + str(c["id"])) for w in words)]
    found["body"] = body[0]
else:
    assert "POST" in words and "repos/us/rules/issues/7/comments" in words
    comments.append({{"id": 40 + len(comments), "body": body[0]}})
state.write_text(json.dumps(comments))
"""


@dataclass
class Runner:
    """A runner of GitHub as far as the steps of this workflow need one."""

    folder: Path
    base: str
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def comments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.folder / "comments.json").read_text(encoding="utf-8"))
        return found

    def run_all(self) -> str:
        """Runs every script that is no set-up; gives the outcome of the last."""
        for step in STEPS:
            if "run" in step and step["name"] != "install":
                self.run(step)
        return self.outcomes[STEPS[-1]["name"]]

    def run(self, step: Mapping[str, Any]) -> None:
        ran = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder / "repository",
            env=self._environment() | {key: self._filled(text) for key, text in step.get("env", {}).items()},
            capture_output=True,
            check=False,
        )
        outcome = "success" if ran.returncode == 0 else "failure"
        may_fail = step.get("continue-on-error") or step is STEPS[-1]
        assert may_fail or outcome == "success", ran.stderr.decode()
        self.outcomes[step.get("id", step["name"])] = outcome

    def _environment(self) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ},
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "GITHUB_REPOSITORY": "us/rules",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "RUNNER_TEMP": str(self.folder / "temp"),
            **WORKFLOW["env"],
            "HISTORY": "history.ndjson",
        }

    def _filled(self, text: str) -> str:
        known = {
            "github.event.pull_request.base.sha": self.base,
            "github.event.pull_request.number": "7",
            "github.token": "no token",
            **{f"steps.{name}.outcome": outcome for name, outcome in self.outcomes.items()},
        }
        for name, value in known.items():
            text = text.replace(f"${{{{ {name} }}}}", value)
        assert "${{" not in text
        return text


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A repository with a base commit, and some past tickets that stand beside it."""
    repository = tmp_path / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    caiding("new", "library", "rules")
    caiding("new", "rulebook", "first")
    facts = {"rulebook_owner": "our_company", "category": "delay", "customer_agreed": False}
    tickets = [{"facts": facts | {"ticket_no": f"T{number}"}} for number in range(3)]
    (repository / "history.ndjson").write_text("\n".join(map(json.dumps, tickets)), encoding="utf-8")
    author = ("-c", "user.name=officer", "-c", "user.email=officer@example.invalid")
    for words in (["init", "-q"], ["add", "rules"], [*author, "commit", "-q", "-m", "rules"]):
        subprocess.run(["git", *words], check=True)  # noqa: S607
    found = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True)  # noqa: S607
    for name in ("bin", "temp"):
        (tmp_path / name).mkdir()
    (tmp_path / "comments.json").write_text('[{"id": 1, "body": "looks good"}]', encoding="utf-8")
    _program(tmp_path / "bin" / "caiding", f'#!/bin/sh\nexec {sys.executable} -m api.cli.main "$@"\n')
    _program(tmp_path / "bin" / "gh", GH.format(python=sys.executable, state=str(tmp_path / "comments.json")))
    return Runner(tmp_path, found.stdout.strip())


def _program(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def _propose(runner: Runner, old: str, new: str) -> None:
    file = runner.folder / "repository" / "rules" / "first.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


needs_tools = pytest.mark.skipif(
    None in map(shutil.which, ("bash", "git", "iconv")), reason="the scripts need bash, git and iconv"
)


@needs_tools
def test_a_proposal_gets_one_comment_that_is_kept_up_to_date(runner: Runner) -> None:
    _propose(runner, "{fine: {amount: 50", "{fine: {amount: 80")
    _propose(runner, "expect: {fine: 50}", "expect: {fine: 80}")
    assert runner.run_all() == "success"
    other, mine = runner.comments
    assert other["body"] == "looks good"
    assert "check: success" in mine["body"]
    assert "2 of 2 examples passed" in mine["body"]
    assert "50.00 → 80.00 CNY" in mine["body"]
    assert "+90.00" in mine["body"]
    assert mine["body"] in (runner.folder / "summary.md").read_text(encoding="utf-8")
    (runner.folder / "temp/said/comment.md").write_text("<!-- caiding -->\nanew", encoding="utf-8")
    runner.run(next(step for step in STEPS if step.get("name") == "comment"))
    assert [comment["body"] for comment in runner.comments] == ["looks good", "<!-- caiding -->\nanew"]


@needs_tools
def test_a_proposal_with_a_mistake_is_told_and_fails(runner: Runner) -> None:
    _propose(runner, "when: {category: delay}", "when: {categori: `delay`; touch ../hacked}")
    assert runner.run_all() == "failure"
    assert {runner.outcomes[name] for name in ("check", "test", "diff", "dry-run")} == {"failure"}
    assert "first.yaml" in runner.comments[1]["body"]
    assert runner.comments[1]["body"].count("``````") == 4
    assert not (runner.folder / "hacked").exists()


def test_nothing_of_a_pull_request_stands_in_a_script() -> None:
    """What GitHub puts into a script before the shell reads it could be a command."""
    assert [step["name"] for step in STEPS if "${{" in step.get("run", "")] == []
    assert all(step["shell"] == "bash" for step in STEPS if "run" in step)


def test_the_token_may_do_nothing_but_write_comments() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write"}
    (checkout,) = (step for step in STEPS if "checkout" in step.get("uses", ""))
    assert checkout["with"]["persist-credentials"] is False
    assert [str(key) for key in WORKFLOW] == ["name", "True", "permissions", "concurrency", "env", "jobs"]
    assert list(next(part for key, part in WORKFLOW.items() if str(key) == "True")) == ["pull_request"]
