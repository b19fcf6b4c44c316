"""`caiding trace`: each statement of the sources, where it is encoded, or why it cannot be."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich import box
from rich.table import Table

from api.cli.door import CLEAN, FOUND, Door
from api.cli.loading import load_library
from api.cli.options import OneOf, described, option
from api.present.findings_json import findings_json
from api.present.findings_text import console_on, write_findings
from api.present.labels import counted, label
from api.present.tracing import Encoding, Traced, trace_findings, traced
from engine.base.findings import Finding, Language


@described("trace")
@click.argument("folder", default="rules")
@option("--format", "form", type=OneOf(["text", "json"]), default="text", show_default=True)
@option("--width", type=click.IntRange(min=40))
@click.pass_obj
def command(door: Door, folder: str, form: str, width: int | None) -> int:
    library = load_library(folder)
    rows, findings = traced(library), trace_findings(library)
    if form == "json":
        click.echo(json.dumps(_json(rows, findings, door.language), ensure_ascii=False, indent=2))
    else:
        console_on(sys.stdout, wrap=True, width=width).print(_table(rows, door.language))
        write_findings(console_on(sys.stdout), findings, door.language)
        click.echo(_summary(rows, door.language))
    return FOUND if findings else CLEAN


def _table(rows: list[Traced], language: Language) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_lines=False, pad_edge=False)
    for key in ("statement", "quote", "encoded_by"):
        table.add_column(label("heading", key, language), overflow="fold", no_wrap=key == "statement")
    table.add_column(label("heading", "examples", language), justify="right")
    for row in rows:
        quote = f"「{row.statement.quote}」 {row.statement.source}"
        table.add_row(row.statement.id, quote, _where(row, language), str(row.examples or ""))
    return table


def _where(row: Traced, language: Language) -> str:
    names = [encoding.id for encoding in row.encodings]
    if row.statement.not_encodable is not None:
        why = row.statement.not_encodable.in_language(language)
        names.append(f"{label('heading', 'not_encodable', language)}{label('words', 'colon', language)}{why}")
    return "\n".join(names) or label("heading", "nowhere", language)


def _summary(rows: list[Traced], language: Language) -> str:
    """`124 statements: 122 encoded, 2 not encodable, 0 open`."""
    encoded = sum(bool(row.encodings) for row in rows)
    given_up = sum(row.statement.not_encodable is not None and not row.encodings for row in rows)
    values = {"encoded": encoded, "given_up": given_up, "open": len(rows) - encoded - given_up}
    return label("summary", "trace", language, statements=counted("statement", len(rows), language), **values)


def _json(rows: list[Traced], findings: list[Finding], language: Language) -> dict[str, Any]:
    return {
        "statements": [_row_json(row, language) for row in rows],
        "findings": findings_json(findings, language),
    }


def _row_json(row: Traced, language: Language) -> dict[str, Any]:
    why = row.statement.not_encodable
    return {
        "id": row.statement.id,
        "rulebook": row.statement.rulebook,
        "source": row.statement.source,
        "quote": row.statement.quote,
        "encoded_by": [_encoding_json(encoding) for encoding in row.encodings],
        "not_encodable": None if why is None else why.in_language(language),
    }


def _encoding_json(encoding: Encoding) -> dict[str, Any]:
    return {"id": encoding.id, "kind": encoding.kind, "examples": encoding.examples}
