"""The files of a library that has no rulebook yet."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from engine.base.findings import Language

FILES = ("facts", "sources", "statements")


def starting_library(language: Language) -> Mapping[str, str]:
    """The texts of `facts.yaml` and its like by name, their comments in the language."""
    return {f"{name}.yaml": _text(name, language) for name in FILES}


def _text(name: str, language: Language) -> str:
    return files("api.present.starting").joinpath(f"{name}.{language}.template").read_text(encoding="utf-8")
