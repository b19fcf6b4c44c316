"""A settled month as a folder: what programs read, what people read, and what was settled from what."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from api.present.settlement_parquet import SettlementParquet
from api.present.settlement_words import SettlementWords
from api.present.settlement_xlsx import SettlementXlsx
from api.present.statements_html import write_index, write_statement
from engine.base.exact import plain
from engine.base.findings import Language
from engine.library import Library
from engine.replay.settle.settlement import Month, Statement, StatementLink, Totals
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import MONEY_DIGITS

ACCOUNT = "settlement.json"
"""The file that says what was settled, from what, and by what; without it a folder is no settled month."""
WORKBOOK = "settlement.xlsx"
NO_OUTLET = "no-outlet"
LONGEST_NAME = 80
AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Source:
    """What a settlement was made from: `inputs` are files with their digests."""

    inputs: Sequence[Mapping[str, Any]]
    volumes: Mapping[str, Any] | None
    readings: Mapping[str, str]
    payers: Mapping[str, str]


@dataclass(frozen=True)
class Folder:
    """Writes a month into a folder that is there and empty.

    `facts` are those that statements have in common with their group; `created` is the date of the workbook.
    """

    path: Path
    library: Library
    language: Language
    facts: Sequence[FactDeclaration]
    created: datetime

    def write(self, month: Month, statements: Iterable[Statement], source: Source) -> list[StatementLink]:
        """All the files, statement by statement; gives a line for each outlet."""
        links = []
        words = SettlementWords(self.library, month, self.language)
        names = [fact.name for fact in self.facts]
        (self.path / "outlets").mkdir()
        with ExitStack() as stack:
            correction = month.correction_of is not None
            parquet = SettlementParquet(self.path, self.facts, month.kinds, correction=correction)
            stack.enter_context(parquet)
            book = SettlementXlsx(self.path / WORKBOOK, words, month, names, self.created)
            stack.enter_context(book)
            for statement in statements:
                parquet.write(statement)
                book.write(statement)
                links.append(self._page(statement, month))
        month = replace(month, outlets=sum(link.outlet is not None for link in links))
        with self._text("index.html") as out:
            write_index(out, links, month, self.library, self.language)
        with self._text(ACCOUNT) as out:
            out.write(json.dumps(self._account(month, source), ensure_ascii=False, indent=2) + "\n")
        return links

    def _page(self, statement: Statement, month: Month) -> StatementLink:
        link = link_to(statement)
        with self._text(link.file) as out:
            write_statement(out, statement, month, self.library, self.language)
        return link

    def _text(self, name: str) -> io.TextIOWrapper:
        return (self.path / name).open("w", encoding="utf-8", newline="\n")

    def _account(self, month: Month, source: Source) -> dict[str, Any]:
        files = sorted(path for path in self.path.iterdir() if path.suffix in (".parquet", ".xlsx"))
        return {
            **account(month),
            "readings": dict(source.readings),
            "payers": dict(source.payers),
            "inputs": list(source.inputs),
            "volumes": source.volumes,
            "files": {path.name: sha256(path) for path in files},
        }


def account(month: Month) -> dict[str, Any]:
    """The month as plain data."""
    before = month.correction_of
    return {
        "month": month.month,
        "edition": month.edition,
        "as_of": month.as_of,
        "tickets": month.tickets,
        "bad": month.bad,
        "repeated": month.repeated,
        "other_months": month.other_months,
        "undated": month.undated,
        "by_time": month.by_time,
        "outlets": month.outlets,
        "lines": month.lines,
        "open": month.open_lines,
        "totals": totals_out(month.totals),
        "correction_of": before
        and {
            "edition": before.edition,
            "as_of": before.as_of,
            "sha256": before.digest,
            "totals": totals_out(before.totals),
        },
    }


def totals_out(totals: Totals) -> dict[str, dict[str, str]]:
    """Kind, unit, amount with its two digits."""
    found: dict[str, dict[str, str]] = {}
    for (kind, unit), amount in totals.items():
        found.setdefault(kind, {})[unit] = plain(amount, MONEY_DIGITS)
    return found


def totals_from(written: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], Decimal]:
    """What `totals_out` wrote."""
    return {
        (kind, unit): Decimal(amount) for kind, units in written.items() for unit, amount in units.items()
    }


def link_to(statement: Statement) -> StatementLink:
    """What the index says of a statement."""
    return StatementLink(
        outlet=statement.outlet,
        file=f"outlets/{file_name(statement.outlet)}.html",
        tickets=statement.tickets,
        aggregates=statement.aggregates,
        lines=len(statement.lines),
        open_lines=len(statement.open_lines),
        totals=statement.totals,
        before=statement.before,
    )


def file_name(outlet: str | None) -> str:
    """A name for an outlet's file that every file system takes, and no other outlet has.

    >>> file_name("ZTO-0001"), file_name(None), file_name("../x")
    ('ZTO-0001', 'no-outlet', '.._x-d6b96a97')
    """
    if outlet is None:
        return NO_OUTLET
    safe = re.sub(r"[^A-Z0-9._-]", "_", outlet)[:LONGEST_NAME]
    if safe == outlet and safe.strip("._-"):
        return safe
    readable = re.sub(r"[^\w.-]", "_", outlet)[:LONGEST_NAME]
    return f"{readable}-{hashlib.sha256(outlet.encode()).hexdigest()[:8]}"


def sha256(path: Path) -> str:
    """The digest of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(AT_ONCE):
            digest.update(chunk)
    return digest.hexdigest()
