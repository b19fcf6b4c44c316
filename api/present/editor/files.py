"""The schemas that stand beside a library: for its rulebooks, catalogue, sources, statements and cases."""

from __future__ import annotations

from collections.abc import Mapping

from api.present.editor.library_schema import LibrarySchemas, without_own_words
from api.present.editor.written import written
from engine.base.findings import Language
from engine.library import Library
from engine.read.shape import schema_of

FOLDER = ".schema"
"""Within the library's folder; its files are JSON, so that `check` does not read them."""


def rulebook_schema(library: Library, language: Language) -> str:
    """The schema of rulebooks written in one surface; the library must have a catalogue."""
    return written(LibrarySchemas(library, language).rulebook())


def schema_files(library: Library) -> Mapping[str, str]:
    """Every schema by the name of its file; the library must have a catalogue."""
    english = LibrarySchemas(library, "en")
    return {
        "rulebook.json": written(english.rulebook()),
        "rulebook.zh.json": rulebook_schema(library, "zh"),
        "case.json": written(english.case()),
        "facts.json": written(without_own_words(schema_of("facts"))),
        "sources.json": written(without_own_words(schema_of("sources"))),
        "statements.json": written(without_own_words(schema_of("statements"))),
    }
