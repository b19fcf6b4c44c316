"""Every system of the sources has its cases and its two pages, and both are true.

A case is walked by the library in the nearest folder `library` above it, else by the shipped rulebooks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from api.cli.walking import Bench, read_cases
from api.present.walk_json import walk_json
from engine.base.findings import Language
from engine.library import Library, load_texts
from tests.docs.blocks import ROOT, page
from tests.docs.transcript import play, run_here

SYSTEMS = ROOT / "examples" / "systems"
NAMES = sorted(folder.name for folder in SYSTEMS.iterdir() if folder.is_dir())
CASES = sorted(SYSTEMS.rglob("*.case.yaml"))
ENDINGS: dict[str, Language] = {"md": "zh", "en.md": "en"}
PAGES = [
    (f"docs/systems/{name}.{ending}", language) for name in NAMES for ending, language in ENDINGS.items()
]
INDEXES = [(f"docs/systems/README.{ending}", language) for ending, language in ENDINGS.items()]
EVALUATORS = ("reference", "compiled", *(("durable",) if find_spec("durable") else ()))
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def _library(folder: Path) -> Library:
    """The library of a folder; its texts decide all of it, so that a copy need not be loaded again."""
    named = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    files = sorted(folder.glob("*.yaml"))
    return _loaded(tuple((str(named / file.name), file.read_bytes()) for file in files))


@cache
def _loaded(texts: tuple[tuple[str, bytes], ...]) -> Library:
    return load_texts(dict(texts))


def _rules_of(case: Path) -> Path:
    beside = (folder / "library" for folder in case.parents if SYSTEMS in (folder, *folder.parents))
    return next((library for library in beside if library.is_dir()), ROOT / "rules")


@pytest.fixture(scope="module")
def benches() -> Iterator[Callable[[Path, str], Bench]]:
    """Evaluators for a folder of rules, by name, each made once."""
    made: dict[tuple[Path, str], Bench] = {}
    with ExitStack() as stack:

        def bench(folder: Path, name: str) -> Bench:
            if (folder, name) not in made:
                made[folder, name] = stack.enter_context(closing(Bench(_library(folder), name)))
            return made[folder, name]

        yield bench


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the pages' commands to be run in."""
    return tmp_path_factory.mktemp("project")


def test_there_are_systems_each_with_a_case() -> None:
    assert NAMES
    assert {case.relative_to(SYSTEMS).parts[0] for case in CASES} == set(NAMES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(SYSTEMS)))
def test_a_case_goes_as_it_says_on_every_evaluator(case: Path, benches: Callable[[Path, str], Bench]) -> None:
    cases, findings = read_cases([str(case)], _library(_rules_of(case)))
    assert findings == []
    (one,) = cases
    assert any(one.expected), "a case that expects nothing shows nothing"
    walks = []
    for name in EVALUATORS:
        walked = benches(_rules_of(case), name).walked(one)
        assert [finding.message("en") for finding in walked.missed] == []
        walks.append(walk_json(one, walked.moments))
    assert all(walk == walks[0] for walk in walks)


@pytest.mark.parametrize(("name", "language"), PAGES)
def test_the_commands_of_a_page_print_what_it_shows(name: str, language: Language, project: Path) -> None:
    runs = list(play(name, language, project / name, run_here(_library)))
    assert {run.command: run.missing() for run in runs if run.missing()} == {}
    assert all(run.shown for run in runs)
    assert any("walk" in run.command for run in runs), "the page walks no case"


@pytest.mark.parametrize(("name", "language"), [*PAGES, *INDEXES])
def test_the_links_of_a_page_lead_somewhere(name: str, language: Language) -> None:
    del language
    folder = (ROOT / name).parent
    assert [link for link in _LINK.findall(page(name)) if not (folder / link).exists()] == []


@pytest.mark.parametrize(("name", "language"), PAGES)
def test_the_rules_that_a_page_names_are_there(name: str, language: Language) -> None:
    """An id in backticks is that of an item or of a section of the shipped rulebooks."""
    del language
    known = set(_known(_library(ROOT / "rules")))
    books = {book.name for book in _library(ROOT / "rules").rulebooks}
    named = re.findall(r"`([a-z_]+(?:/[a-z0-9-]+)+)`", page(name))
    wrong = [item for item in named if item.partition("/")[0] in books and item not in known]
    assert wrong == []
    assert any(item.partition("/")[0] in books for item in named), (
        "the page says of no rule that it carries it"
    )


def _known(library: Library) -> Iterator[str]:
    for book in library.rulebooks:
        for item in book.items:
            yield item.head.id
            yield item.head.id.rpartition("/")[0]


@pytest.mark.parametrize(("name", "language"), INDEXES)
def test_the_index_names_every_system_each_with_a_case_to_try(name: str, language: Language) -> None:
    ending = next(ending for ending, of in ENDINGS.items() if of == language)
    linked = re.findall(rf"\]\(([a-z0-9-]+)\.{re.escape(ending)}\)", page(name))
    assert sorted(linked) == NAMES
    tried = re.findall(r"`caiding walk (\S+)`", page(name))
    assert sorted(Path(case).parts[2] for case in tried) == NAMES
    assert [case for case in tried if ROOT / case not in CASES] == []
