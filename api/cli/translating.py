"""The words of a rulebook in the other language, for `caiding fmt --lang`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from api.cli.door import Stop, cannot_read
from api.cli.loading import folder_at
from api.cli.output import STANDARD
from api.cli.rewriting import Text
from engine.base.findings import Finding, Language
from engine.library import load_texts
from engine.read.layout.lay_out import kind_of
from engine.read.yaml_nodes import read
from engine.rulebook.model import Catalogue
from engine.rulebook.surface.translation import translated


class Words:
    """Puts rulebooks into the words of a language; into none where no language is asked for.

    `rules` names the folder of the fact catalogue; without it the catalogue nearest above a file is taken.
    """

    def __init__(self, language: Language | None, rules: str | None) -> None:
        self._language = language
        self._rules = None if rules is None else folder_at(rules)

    def put_into(self, text: Text) -> tuple[bytes, list[Finding]]:
        """The file's content, translated where it is a rulebook, or why it cannot be."""
        if self._language is None:
            return text.before, []
        root, findings = read(text.name, text.before)
        if root is None or findings or kind_of(root) != "rulebook":
            return text.before, []
        folder = self._rules or _folder_above(text.name)
        catalogue = None if folder is None else _catalogue(folder)
        if catalogue is None:
            return text.before, [Finding("L007", {"file": text.name})]
        return translated(text.name, root.span.source.text, catalogue, self._language).encode(), []


def _folder_above(name: str) -> Path | None:
    """The nearest folder from the file upwards that has a fact catalogue; of standard input, `rules`."""
    if name == STANDARD:
        return Path("rules")
    return next(
        (folder for folder in Path(name).resolve().parents if (folder / "facts.yaml").is_file()), None
    )


@cache
def _catalogue(folder: Path) -> Catalogue | None:
    try:
        content = (folder / "facts.yaml").read_bytes()
    except OSError as error:
        raise Stop(cannot_read(str(folder / "facts.yaml"), error)) from error
    return load_texts({"facts.yaml": content}).catalogue
