"""`caiding test --mutate`: which changes of the rules no example notices, and examples that would."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from api.cli.door import CLEAN, COULD_NOT, FOUND, Door, Stop, cannot_read, cannot_write, show_findings
from api.cli.examples import run_on
from api.present.labels import label
from api.present.mutants import mutants_json, mutants_junit, write_mutants
from engine.base.findings import Finding, Language, has_errors
from engine.base.spans import SourceText
from engine.library import Library, load_texts
from engine.prove.difference.items import apart
from engine.prove.mutants.nodes import Nodes
from engine.prove.mutants.offers import Offer
from engine.prove.mutants.run import Report, Told, mutate, nothing_told
from engine.prove.mutants.writing import with_examples
from engine.rulebook.surface.translation import in_words_of

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def mutated(door: Door, library: Library, folder: str, form: str, *, write: bool) -> int:
    """The score and every survivor; with `write` the examples are put into the rulebooks too."""
    runs = run_on(library, "reference")
    if runs.failures:
        show_findings([*runs.failures, Finding("M011", {})], door.language)
        return FOUND
    with _progress(door.language) as told:
        report = mutate(library, apart, told)
    written = _written(library, folder, report.offers, door.language) if write and report.offers else {}
    _show(report, tuple(written), form, door.language)
    left = [s for s in report.survivors if not (written and report.offer_for(s.mutant))]
    return FOUND if left else CLEAN


def _show(report: Report, written: tuple[str, ...], form: str, language: Language) -> None:
    match form:
        case "json":
            document = mutants_json(report, written, language)
            click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        case "junit":
            click.echo(mutants_junit(report, language), nl=False)
        case _:
            write_mutants(report, language)
            for name in written:
                some = sum(_file_of(offer, name) for offer in report.offers)
                click.echo(label("summary", "mutants_written", language, count=some, file=name))


def _file_of(offer: Offer, name: str) -> bool:
    return offer.mutants[0].span.source.name == name


@contextmanager
def _progress(language: Language) -> Iterator[Told]:
    """A bar on a terminal."""
    if not sys.stderr.isatty():
        yield nothing_told
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(label("heading", "mutants_progress", language), total=None)
        yield lambda _, done, of: bar.update(task, completed=done, total=of)


def _written(
    library: Library, folder: str, offers: tuple[Offer, ...], language: Language
) -> Mapping[str, bytes]:
    """The rulebooks with the examples in them, once they load and pass on every evaluator; by file name.

    Raises Stop where they do not, where a file is another than the one that was read, or where one
    cannot be written; then every file is as it was.
    """
    before = _read(folder)
    after = _with_examples(library, before, offers)
    _try_out(before | after, offers, folder, language)
    _replace_all(after, before)
    return after


def _read(folder: str) -> dict[str, bytes]:
    try:
        return {str(path): path.read_bytes() for path in sorted(Path(folder).glob("*.yaml"))}
    except OSError as error:
        raise Stop(cannot_read(str(error.filename or folder), error)) from error


def _with_examples(
    library: Library, before: Mapping[str, bytes], offers: tuple[Offer, ...]
) -> dict[str, bytes]:
    assert library.catalogue is not None, "a library with mutants has a catalogue"
    nodes, catalogue = Nodes(library), library.catalogue
    by_item: dict[int, list[Offer]] = {}
    for offer in offers:
        by_item.setdefault(offer.head, []).append(offer)
    after: dict[str, bytes] = {}
    for source in nodes.sources.values():
        mine = [(nodes.items[key], some) for key, some in by_item.items() if nodes.file(key) is source]
        if mine:
            mark = _mark(source, before[source.name])
            new = with_examples(source.text, mine)
            after[source.name] = mark + in_words_of(source.text, source.name, new, catalogue).encode()
    return after


def _mark(source: SourceText, content: bytes) -> bytes:
    """The byte order mark that a file begins with, if it does; raises Stop where the file has changed."""
    mark = BYTE_ORDER_MARK if content.startswith(BYTE_ORDER_MARK) else b""
    if content != mark + source.text.encode():
        raise Stop(Finding("M013", {"file": source.name}))
    return mark


def _try_out(files: Mapping[str, bytes], offers: tuple[Offer, ...], folder: str, language: Language) -> None:
    """The folder as it would be: it must load, and every example must pass on every evaluator."""
    library = load_texts(files)
    if library.plan is None or has_errors(library.findings):
        show_findings(library.findings, language)
        raise Stop(Finding("M012", {"folder": folder}), exit_code=COULD_NOT)
    runs = run_on(library, "all")
    names = {(offer.item, offer.name) for offer in offers}
    for evaluator, results in runs.results.items():
        for result in results:
            if not result.passed:
                values = {"id": result.item, "name": result.example, "evaluator": evaluator}
                code = "M010" if (result.item, result.example) in names else "M014"
                raise Stop(Finding(code, values, result.span))


def _replace_all(after: Mapping[str, bytes], before: Mapping[str, bytes]) -> None:
    """Each file gets its new text at once; where one cannot be written those before it get their old one."""
    done: list[str] = []
    for name, content in after.items():
        try:
            _replace(Path(name), content)
        except OSError as error:
            for other in done:
                _replace(Path(other), before[other])
            raise Stop(cannot_write(name, error)) from error
        done.append(name)


def _replace(path: Path, content: bytes) -> None:
    """Through a file beside it, so that nobody ever sees half of it; its rights stay."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        beside.chmod(target.stat().st_mode & 0o7777)
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
