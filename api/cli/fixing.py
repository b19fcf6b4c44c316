"""`caiding check --fix`: writes what is certainly mended into the files, and says each mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from api.cli.door import Stop, cannot_read
from api.cli.loading import folder_at
from api.cli.mending import Done, mend
from api.cli.rewriting import differences, read_text, rewrite
from api.present.findings_json import place_json
from api.present.findings_text import visible
from api.present.labels import label
from engine.base.findings import Language


def fix(folder: str, language: Language, *, diff: bool, aside: bool) -> Sequence[Done]:
    """Mends the files of a library, or with `diff` shows what would be written; gives what was done.

    Lines go to standard error with `aside`. Raises Stop where a file cannot be read or written.
    """
    try:
        names = sorted(str(path) for path in folder_at(folder).glob("*.yaml"))
    except OSError as error:
        raise Stop(cannot_read(folder, error)) from error
    texts = [read_text(name) for name in names]
    result = mend({text.name: text.before for text in texts})
    changed = [new for text in texts if (new := text.with_content(result.texts[text.name])).changed]
    for done in result.done:
        click.echo(_said(done, language, shown_only=diff), err=aside or diff)
    for text in changed:
        if diff:
            click.echo(differences(text), nl=False)
        else:
            rewrite(text)
    return result.done


def _said(done: Done, language: Language, *, shown_only: bool) -> str:
    """`mended rules/sla.yaml:12:9: `tilte` -> `title` (R102: the key `tilte` is not known here)`."""
    finding = done.finding
    what = label("fix", "to_mend" if shown_only else "mended", language)
    change = (
        label("fix", "order", language)
        if done.text is None
        else label("fix", "change", language, before=done.written, after=done.text)
    )
    values = {"what": what, "change": change, "code": finding.code, "message": finding.message(language)}
    return visible(label("fix", "line", language, place=finding.span, **values))


def done_json(done: Sequence[Done], language: Language) -> list[dict[str, Any]]:
    """What was mended, for programs; `after` is null where the keys of a mapping were put in order."""
    return [
        {
            "code": one.finding.code,
            "message": one.finding.message(language),
            "place": place_json(one.finding.span),
            "before": one.written or None,
            "after": one.text,
        }
        for one in done
    ]
