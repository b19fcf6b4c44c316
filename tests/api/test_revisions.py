"""Folders of rules as git revisions have them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from api.cli.door import Stop
from api.cli.revisions import revision_at
from engine.library import load, load_texts
from tests.api.command_line import SMALL

GIT = shutil.which("git") or "git"


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Officer", "-c", "user.email=officer@example.com", "-c", "commit.gpgsign=false")
    run = subprocess.run([GIT, *who, *words], cwd=folder, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, `policy/small` in it, and the tag `v1` on it."""
    root = tmp_path / "networks"
    shutil.copytree(SMALL, root / "policy" / "small")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(root))
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "first")
    git(root, "tag", "v1")
    return root


def code_of(written: str, folder: Path) -> str:
    with pytest.raises(Stop) as stopped:
        revision_at(written, folder).texts()
    return stopped.value.findings[0].code


def help_of(written: str, folder: Path) -> str | None:
    with pytest.raises(Stop) as stopped:
        revision_at(written, folder).texts()
    return stopped.value.findings[0].help("en")


@pytest.mark.parametrize("written", ["HEAD", "main", "v1", "HEAD:policy/small", "main:policy/small/", "@"])
def test_folder_of_a_revision(repository: Path, written: str) -> None:
    """A revision has the texts that were committed, whatever stands in the folder now."""
    folder = repository / "policy" / "small"
    before = load(folder)
    (folder / "fines.yaml").write_text("half a sente", encoding="utf-8")
    (folder / "new.yaml").write_text("half a sente", encoding="utf-8")
    library = load_texts(revision_at(written, folder).texts())
    assert before.plan is not None
    assert library.plan is not None
    assert library.plan.edition == before.plan.edition


def test_short_commit(repository: Path) -> None:
    """A commit may be named by the beginning of its digest."""
    folder = repository / "policy" / "small"
    assert "facts.yaml" in str(
        list(revision_at(git(repository, "rev-parse", "--short", "HEAD"), folder).texts())
    )


def test_names_that_findings_show(repository: Path) -> None:
    """Files are named as git names them, so that `git show NAME` shows what a finding is about."""
    names = list(revision_at("HEAD", repository / "policy" / "small").texts())
    assert names == [f"HEAD:policy/small/{path.name}" for path in sorted(SMALL.glob("*.yaml"))]
    assert (
        git(repository, "show", names[0]).encode().strip()
        == SMALL.joinpath("facts.yaml").read_bytes().strip()
    )


def test_rules_at_the_top(tmp_path: Path) -> None:
    """A repository may be a folder of rules itself."""
    folder = tmp_path / "rules"
    shutil.copytree(SMALL, folder)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    texts = revision_at("HEAD", folder).texts()
    assert "HEAD:./facts.yaml" in texts
    assert load_texts(texts).plan is not None


def test_hooks(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git tells its hooks of another folder does not mislead."""
    monkeypatch.setenv("GIT_DIR", ".git")
    assert revision_at("HEAD", repository / "policy" / "small").texts()


def test_nothing_changes(repository: Path) -> None:
    """Asking a repository leaves it as it was."""
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    revision_at("HEAD", repository / "policy" / "small").texts()
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("written", ["nothing", "HEAD~7", "--help", "-n", ":policy/small", "HEAD^{tree}", ""])
def test_no_such_revision(repository: Path, written: str) -> None:
    """What is no commit is told so; a word like an option is no option."""
    assert code_of(written, repository / "policy" / "small") == "Q062"


def test_branch_with_a_slip(repository: Path) -> None:
    """A slip of the fingers is met with the name that was meant."""
    assert help_of("mian", repository / "policy" / "small") == "did you mean `main`?"


def test_no_repository(tmp_path: Path) -> None:
    """A folder outside git has no revisions."""
    assert code_of("HEAD", tmp_path) == "Q061"


def test_no_rules_there(repository: Path) -> None:
    """A folder that the revision does not have is told, with the one that has rules."""
    assert code_of("HEAD:policy", repository / "policy" / "small") == "Q063"
    assert help_of("HEAD:small", repository / "policy" / "small") == "did you mean `HEAD:policy/small`?"


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git is told to name a folder."""
    monkeypatch.setenv("PATH", "")
    assert code_of("HEAD", repository / "policy" / "small") == "Q064"


def test_broken_repository(repository: Path) -> None:
    """What git itself cannot read is told in its words."""
    for name in (repository / ".git" / "objects").iterdir():
        shutil.rmtree(name)
    assert code_of("HEAD", repository / "policy" / "small") in {"Q062", "Q065"}
