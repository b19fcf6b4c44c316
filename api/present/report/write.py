"""The report of a dry run: one file of HTML in both languages, which fetches nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from markupsafe import Markup

from api.present.report.classes import Classes, ClassView
from api.present.report.edits import Edits
from api.present.report.environment import rendered
from api.present.report.naming import Names, SourceName
from api.present.report.overview import Charts, headline, moved, tiles
from api.present.report.pieces import words
from api.present.report.svg import FALLING
from api.present.report.tables import (
    distribution_table,
    group_table,
    lacking_rows,
    largest_rows,
    rule_rows,
)
from api.present.report.wording import LANGUAGES, say
from api.present.zone_words import conclusions, elsewhere, zone_rows
from engine.base.findings import Language
from engine.library import Library
from engine.replay.dry_run.impact import Impact


def write_report(impact: Impact, libraries: Sequence[Library], language: Language, out: TextIO) -> None:
    """Writes the report; `libraries`, base and candidate, give the words, `language` what is shown first."""
    title = say("title_impact", language, base=impact.base.label, candidate=impact.candidate.label)
    editions = {shown: _edition(impact, libraries, Names(libraries, shown)) for shown in LANGUAGES}
    out.write(page(title, language, editions))


def page(title: str, language: Language, editions: Mapping[Language, Markup]) -> str:
    """A whole page of which a reader sees one language at a time."""
    values = {"title": title, "language": language, "editions": editions, "patterns": FALLING}
    return rendered("page.html", values)


def _edition(impact: Impact, libraries: Sequence[Library], names: Names) -> Markup:
    """The whole report in one language."""
    charts = Charts(impact, names)
    kinds = moved(impact)
    classes = list(Classes(names).of(impact))
    drawn = [charts.dimension(dimension) for dimension in impact.dimensions]
    above = [charts.rules(), *drawn[:2]]
    beside = [None, None, *drawn[2:]]
    groups = [group_table(d, kinds, c, names) for d, c in zip(impact.dimensions, beside, strict=False)]
    lacking = lacking_rows(impact.lacking, names)
    readings = list(_readings(impact))
    edited = any(edit.kind != "reading" for edit in impact.edits)
    values: dict[str, Any] = {
        **words(names.language),
        "impact": impact,
        "names": names,
        "headline": headline(impact, names),
        "heading": "heading_readings" if readings and not edited else "heading_impact",
        "edits": list(Edits(libraries, names).of(impact.edits)),
        "tiles": list(tiles(impact, names)),
        "charts": [chart for chart in above if chart is not None],
        **_zones(impact, names),
        "rules": list(rule_rows(impact, names)),
        "groups": groups,
        "distributions": [distribution_table(found, names) for found in impact.distributions],
        "classes": classes,
        "largest": list(largest_rows(impact, names)),
        "lacking": [row for row in lacking if row.tickets.delta],
        "lacking_same": [row for row in lacking if not row.tickets.delta],
        "readings": readings,
        "sources": list(_sources(classes)),
    }
    return rendered("impact.html", values)


def _zones(impact: Impact, names: Names) -> Mapping[str, Any]:
    """Where the change applies; `zones` is none where nothing was proved."""
    if impact.reach is None:
        return {"zones": None, "conclusions": [], "elsewhere": []}
    further = [elsewhere(item, names) for item in impact.reach.items]
    return {
        "zones": zone_rows(impact.reach, names),
        "conclusions": conclusions(impact.reach, names, named=False),
        "elsewhere": [text for text in further if text],
    }


def _readings(impact: Impact) -> Iterator[tuple[str, str, str]]:
    """The readings that the sides choose differently."""
    before, after = impact.base.readings, impact.candidate.readings
    for name in sorted({**before, **after}):
        if before.get(name) != after.get(name):
            yield name, before.get(name, ""), after.get(name, "")


def _sources(classes: Sequence[ClassView]) -> Iterator[SourceName]:
    """Every source that the examples cite, once."""
    found = {
        cited.source.key: cited.source
        for view in classes
        for example in view.examples
        for row in example.rows
        for said in (*row.before, *row.after)
        for cited in said.cited
    }
    yield from (found[key] for key in sorted(found))
