"""`caiding fmt`: rulebooks in the one canonical layout, so that differences show meaning only."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click

from api.cli.door import CLEAN, FOUND, Door, Stop, show_findings
from api.cli.options import LANGUAGES, described, option
from api.cli.output import STANDARD
from api.cli.rewriting import Text, differences, rewrite, texts_of
from api.cli.translating import Words
from api.present.labels import counted, label
from engine.base.findings import Finding, Language
from engine.read.layout.lay_out import laid_out


@dataclass(frozen=True, slots=True)
class _Done:
    """A file as it should stand, or why it is left as it is."""

    text: Text
    findings: list[Finding]


@described("fmt")
@click.argument("names", nargs=-1, metavar="[FOLDER|FILE|-]...")
@option("--check", is_flag=True)
@option("--diff", is_flag=True)
@option("--lang", type=LANGUAGES)
@option("--rules", metavar="DIR")
@click.pass_obj
def command(
    door: Door, names: tuple[str, ...], check: bool, diff: bool, lang: Language | None, rules: str | None
) -> int:
    words = Words(lang, rules)
    if STANDARD in names and len(names) > 1:
        raise Stop(Finding("L005", {}))
    done = [laid for text in texts_of(names or ("rules",)) if (laid := _laid(text, words))]
    findings = [finding for one in done for finding in one.findings]
    changed = [one.text for one in done if one.text.changed]
    if diff:
        click.echo("".join(map(differences, changed)), nl=False)
    elif names == (STANDARD,) and not check:
        sys.stdout.buffer.write(done[0].text.after)
    elif not check:
        for text in changed:
            rewrite(text)
    show_findings(findings, door.language)
    if names != (STANDARD,):
        _say(done, door.language, shown_only=check or diff, aside=diff)
    return FOUND if findings or (check and changed) else CLEAN


def _laid(text: Text, words: Words) -> _Done | None:
    """None for a file in a folder that is none of a library."""
    translated, findings = words.put_into(text)
    if findings:
        return _Done(text, findings)
    new, findings = laid_out(text.name, translated)
    if not text.asked and any(finding.code == "L001" for finding in findings):
        return None
    return _Done(text if new is None else text.with_content(new.encode()), findings)


def _say(done: list[_Done], language: Language, *, shown_only: bool, aside: bool) -> None:
    """A line for each file that changes, then how many there are; beside a diff on standard error."""
    changed = [one.text.name for one in done if one.text.changed]
    for name in changed:
        click.echo(label("fmt", "would_change" if shown_only else "changed", language, file=name), err=aside)
    parts = [
        label("fmt", "would_change_count" if shown_only else "changed_count", language, count=len(changed))
    ]
    left = sum(bool(one.findings) for one in done)
    if left:
        parts.append(label("fmt", "left_count", language, count=left))
    files = counted("file", len(done), language)
    words = label("words", "list", language).join(parts)
    click.echo(label("fmt", "summary", language, files=files, words=words), err=aside)
