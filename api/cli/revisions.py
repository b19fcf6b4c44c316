"""A folder of rules as a git revision has it. git itself is run, and only asked: nothing is ever changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from api.cli.door import Stop
from engine.base.findings import Finding
from engine.base.suggest import closest

ONLY_ASK = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Variables that a git hook sets, and that would speak of another folder than ours."""
MOST_SECONDS = 60
FILE_MODES = (b"100644", b"100755")
"""A rulebook is a plain file; symbolic links and submodules are passed over."""


@dataclass(frozen=True)
class Revision:
    """A folder within a commit; `label` is how the user named it, `path` as git writes it (no end slash)."""

    label: str
    repository: Path
    commit: str
    path: str

    def texts(self) -> Mapping[str, bytes]:
        """The YAML files of the folder, by a name that findings show: `HEAD:rules/penalties.yaml`.

        Raises Stop where the folder is not there, or holds no rulebooks.
        """
        names = self._files()
        if "facts.yaml" not in names:
            values = {"revision": self.label.partition(":")[0], "path": self.path or "."}
            raise Stop(Finding("Q063", values, suggestion=self._suggested()))
        return {self._shown(name): self._content(blob) for name, blob in sorted(names.items())}

    def _files(self) -> dict[str, str]:
        """The names of the YAML files with the ids of their content."""
        tree = f"{self.commit}:{self.path}" if self.path else self.commit
        found = self._git("ls-tree", "-z", tree)
        entries = (entry.partition(b"\t") for entry in found.stdout.split(b"\0") if entry)
        files = {
            os.fsdecode(name): head.split()[2].decode()
            for head, _, name in entries
            if head.split()[0] in FILE_MODES
        }
        return {name: blob for name, blob in files.items() if name.endswith(".yaml")}

    def _content(self, blob: str) -> bytes:
        found = self._git("cat-file", "blob", blob)
        if found.returncode:
            raise _refused(self.label, found)
        return found.stdout

    def _shown(self, name: str) -> str:
        revision = self.label.partition(":")[0]
        return f"{revision}:{self.path}/{name}" if self.path else f"{revision}:./{name}"

    def _suggested(self) -> str | None:
        """`HEAD:rules` where that folder of the commit has rulebooks."""
        found = self._git("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.commit)
        names = (PurePosixPath(os.fsdecode(name)) for name in found.stdout.split(b"\0") if name)
        folders = sorted({str(name.parent) for name in names if name.name == "facts.yaml"})
        near = closest(self.path, folders) or (folders[0] if len(folders) == 1 else None)
        return None if near is None else f"{self.label.partition(':')[0]}:{near}"

    def _git(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return _git(self.repository, self.label, *words)


def revision_at(written: str, beside: Path) -> Revision:
    """The revision that was written, as `HEAD~3` or `HEAD:rules`, of the repository that `beside` is in.

    Without a folder of its own it is about the folder `beside`. Raises Stop where there is no repository,
    no such revision, or no git.
    """
    top = _git(beside, written, "rev-parse", "--show-toplevel")
    if top.returncode:
        raise _no_repository(written, beside, top)
    repository = Path(os.fsdecode(top.stdout.rstrip(b"\n")))
    name, named, path = written.partition(":")
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    commit = _git(repository, written, *words)
    if commit.returncode or not name:
        raise Stop(
            Finding("Q062", {"written": written, "folder": str(beside)}, suggestion=_near(name, beside))
        )
    where = path if named else os.fsdecode(_git(beside, written, "rev-parse", "--show-prefix").stdout)
    within = PurePosixPath(where.strip()).as_posix()
    return Revision(written, repository, commit.stdout.decode().strip(), "" if within == "." else within)


def _near(name: str, beside: Path) -> str | None:
    """The branch or tag that was probably meant."""
    found = _git(beside, name, "for-each-ref", "--format=%(refname:short)")
    return closest(name, ["HEAD", *os.fsdecode(found.stdout).splitlines()])


def _no_repository(written: str, beside: Path, found: subprocess.CompletedProcess[bytes]) -> Stop:
    if b"not a git repository" in found.stderr:
        return Stop(Finding("Q061", {"written": written, "folder": str(beside)}))
    return _refused(written, found)


def _refused(written: str, found: subprocess.CompletedProcess[bytes]) -> Stop:
    """What git itself says, its first line: a folder of another owner, a broken repository."""
    said = found.stderr.decode(errors="replace").strip() or str(found.returncode)
    reason = said.splitlines()[0].removeprefix("fatal: ").rstrip(".")
    return Stop(Finding("Q065", {"written": written, "reason": reason}))


def _git(folder: Path, written: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Runs git, which answers with its exit code; raises Stop where it is not there or does not answer."""
    command = ["git", "--no-pager", "-C", str(folder), *words]
    try:
        return subprocess.run(  # noqa: S603 - the words are ours; a revision stands after --end-of-options
            command,
            env={name: text for name, text in os.environ.items() if name not in OF_A_HOOK} | ONLY_ASK,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=MOST_SECONDS,
        )
    except FileNotFoundError as error:
        raise Stop(Finding("Q064", {"written": written})) from error
    except subprocess.TimeoutExpired as error:
        reason = f"> {MOST_SECONDS} s"
        raise Stop(Finding("Q065", {"written": written, "reason": reason})) from error
