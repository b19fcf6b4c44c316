"""Imports run one way, through the doors named in `pyproject.toml`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "api")


def module_name(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_modules(root: Path) -> dict[str, str]:
    """Each module's name and text."""
    files = (file for package in PACKAGES for file in sorted(root.joinpath(package).rglob("*.py")))
    return {module_name(file, root): file.read_text(encoding="utf-8") for file in files}


def imported_names(text: str) -> Iterator[str]:
    """Every name imported anywhere in a module; `from a import b` may mean module `a.b` or module `a`."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom():
                raise ValueError("relative imports hide where they lead")
            case _:
                pass


def imports_of(text: str, modules: Mapping[str, str]) -> set[str]:
    """Those of our modules that a text imports."""
    either = ((name, name.rpartition(".")[0]) for name in imported_names(text))
    return {
        next(name for name in pair if name in modules)
        for pair in either
        if not modules.keys().isdisjoint(pair)
    }


def find_cycle(modules: Mapping[str, str]) -> list[str]:
    """One cycle of imports, its first module repeated at its end; empty where there is none."""
    sorter = TopologicalSorter({name: imports_of(text, modules) for name, text in modules.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_contract() -> None:
    """Every import goes down the layers, and each outside library is let in at one place."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_no_cycle() -> None:
    """No module imports itself by way of others, be it inside a function or for types only."""
    assert find_cycle(read_modules(ROOT)) == []


@pytest.mark.parametrize(
    "back",
    [
        "import engine.a",
        "from engine import a",
        "from engine.a import thing",
        "def late():\n    from engine.a import thing",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from engine.a import thing",
    ],
)
def test_cycle_is_seen(back: str) -> None:
    """A cycle is seen wherever and however its imports are written."""
    modules = {"engine": "", "engine.a": "from engine.b import other", "engine.b": back}
    assert sorted(set(find_cycle(modules))) == ["engine.a", "engine.b"]


def test_name_is_taken_for_module_only_where_there_is_one() -> None:
    """`from engine import x` leads to the package when `x` is not a module of it."""
    assert imports_of("from engine import x", {"engine": "", "engine.a": ""}) == {"engine"}
