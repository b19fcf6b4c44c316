"""An impact as GitHub-flavoured Markdown, for the description of a pull request or a comment on it.

The answer stands open, the details are folded. Whatever comes from tickets or rulebooks is escaped, so
that nothing of it becomes a link, a mention or a heading. GitHub takes 65,536 characters, so it is brief.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import ndiff

from api.present.findings_text import visible
from api.present.impact_text import deltas, edit_text, headline, moved
from api.present.labels import label
from api.present.limit_words import telling, value_of
from api.present.report.classes import Classes
from api.present.report.naming import Names
from api.present.report.numbers import growth, plain, signed
from api.present.zone_words import ZoneRow, conclusions, elsewhere, zone_rows
from engine.base.findings import Language
from engine.library import Library
from engine.replay.dry_run.impact import ChangeClass, Dimension, Example, Impact, MoneyKind, Reach, Side
from engine.replay.dry_run.limits import Measured

MOST_EDITS = 20
MOST_RULES = 20
MOST_GROUPS = 12
MOST_ZONES = 20
MOST_CLASSES = 6
MOST_LACKING = 12
MOST_BAD = 10
MOST_LINES = 60
"""Lines of one example that are shown."""
_ACTIVE = re.compile(r"([\\`*_\[\]|~$])")
_NOTIFYING = re.compile(r"(?<=[@#])(?=\w)|(?<=://)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where GitHub would find a person, an issue or an address, whatever is escaped."""
NOTHING_TO_SEE = "\N{ZERO WIDTH SPACE}"


def impact_markdown(
    impact: Impact, measured: Sequence[Measured], libraries: Sequence[Library], language: Language
) -> str:
    """The whole text with a line break at its end; `libraries`, base and candidate, give the words."""
    return "\n".join(_Markdown(Names(libraries, language)).lines(impact, measured)) + "\n"


class _Markdown:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.language = names.language

    def lines(self, impact: Impact, measured: Sequence[Measured]) -> Iterator[str]:
        base, candidate = self._side(impact.base), self._side(impact.candidate)
        yield f"### {escaped(self._say('title', base=base, candidate=candidate))}"
        yield ""
        yield f"**{escaped(headline(impact, self.language))}**"
        yield ""
        yield from self._edits(impact)
        yield from self._limits(measured)
        yield from self._sides(impact)
        kinds = moved(impact)
        if impact.reach:
            yield from self._reach(impact.reach, kinds)
        if impact.changed:
            yield from self._rules(impact, kinds)
            for dimension in impact.dimensions:
                yield from self._folded(self._by(dimension), self._groups(dimension, kinds))
            yield from self._folded(self._say("classes"), self._classes(impact))
        if impact.lacking:
            yield from self._folded(self._say("lacking"), self._lacking(impact))
        yield from self._trouble(impact)

    def _say(self, key: str, **values: object) -> str:
        return label("impact", key, self.language, **values)

    def _side(self, side: Side) -> str:
        return self._say("side", label=side.label, edition=side.edition)

    def _edits(self, impact: Impact) -> Iterator[str]:
        for edit in impact.edits[:MOST_EDITS]:
            yield f"- {escaped(edit_text(edit, self.names))}"
        yield from self._more(len(impact.edits) - MOST_EDITS)
        if impact.edits:
            yield ""

    def _limits(self, measured: Sequence[Measured]) -> Iterator[str]:
        rows = (
            (
                code(one.limit.text),
                escaped(value_of(one, self.language)),
                f"❌ **{self._say('exceeded')}**" if one.exceeded else f"✅ {self._say('kept')}",
            )
            for one in telling(measured)
        )
        yield from self._table([self._say("limit"), self._say("found"), ""], rows)

    def _sides(self, impact: Impact) -> Iterator[str]:
        rows = [
            (
                escaped(self._money(kind)),
                plain(money.before),
                plain(money.after),
                f"**{signed(money.delta)}**",
                growth(money.before, money.after) or "",
            )
            for kind, money in impact.money.items()
        ]
        pair = impact.undecided
        cells = (plain(pair.before), plain(pair.after), signed(pair.delta))
        rows.append((escaped(self._say("tickets_undecided")), *cells, growth(pair.before, pair.after) or ""))
        yield from self._table(["", self._say("before"), self._say("after"), self._say("change"), ""], rows)

    def _money(self, kind: MoneyKind) -> str:
        return self._say("money", kind=self.names.kind_alone(kind), unit=self.names.unit(kind))

    def _rules(self, impact: Impact, kinds: Sequence[MoneyKind]) -> Iterator[str]:
        changed = [rule for rule in impact.rules if rule.changed]
        rows = (
            (
                f"{escaped(self.names.title(rule.rule, rule.title))} {code(rule.rule)}",
                plain(rule.changed),
                *deltas(rule.money, kinds),
            )
            for rule in changed[:MOST_RULES]
        )
        yield from self._table([self._say("rule"), *self._counts(kinds)], rows)
        yield from self._more(len(changed) - MOST_RULES)

    def _reach(self, reach: Reach, kinds: Sequence[MoneyKind]) -> Iterator[str]:
        """Zone by zone how many past tickets lie in it, and what is proved of all others."""
        found = zone_rows(reach, self.names)
        rows = (
            (
                f"{escaped(row.title)} {code(row.item.item)}",
                code(row.where),
                self._tickets(row),
                plain(row.zone.changed),
                *deltas(row.zone.money, kinds),
            )
            for row in found[:MOST_ZONES]
        )
        keys = ("rule", "where", "tickets", "changed")
        headings = [label("reach", key, self.language) for key in keys]
        money = [escaped(self._money(kind)) for kind in kinds]
        yield from self._table([*headings, *money], rows, words=2)
        yield from self._more(len(found) - MOST_ZONES)
        for text in (*conclusions(reach, self.names), *(elsewhere(item, self.names) for item in reach.items)):
            if text:
                yield f"- {escaped(text)}"
        yield ""

    def _tickets(self, row: ZoneRow) -> str:
        if row.zone.unvisited:
            return f"**0** ({escaped(label('reach', 'never', self.language))})"
        return f"{row.tickets}<br>{escaped(row.unknown)}" if row.unknown else row.tickets

    def _by(self, dimension: Dimension) -> str:
        return self._say("by", what=self.names.dimension(dimension.name, dimension.fact))

    def _groups(self, dimension: Dimension, kinds: Sequence[MoneyKind]) -> Iterator[str]:
        changed = [group for group in dimension.groups if group.changed]
        rows = (
            (
                escaped(self.names.group(dimension.fact, group.value)),
                plain(group.changed),
                *deltas(group.money, kinds),
            )
            for group in changed[:MOST_GROUPS]
        )
        heading = escaped(self.names.dimension(dimension.name, dimension.fact))
        yield from self._table([heading, *self._counts(kinds)], rows)
        yield from self._more(len(changed) - MOST_GROUPS + dimension.left_out)

    def _counts(self, kinds: Sequence[MoneyKind]) -> list[str]:
        return [self._say("changed"), *(escaped(self._money(kind)) for kind in kinds)]

    def _classes(self, impact: Impact) -> Iterator[str]:
        laid_out = Classes(self.names)
        views = zip(laid_out.of(impact), impact.classes, strict=True)
        for number, (view, found) in enumerate(views):
            if number == MOST_CLASSES:
                break
            yield f"**{self._say('class', tickets=plain(found.tickets))}**"
            yield ""
            for change in view.changes:
                yield f"- {escaped(change.title)}: {escaped(change.what)} {code(change.rule)}"
            yield ""
            yield from self._example(found)
        left = len(impact.classes) - MOST_CLASSES + impact.classes_left_out
        if left > 0:
            yield self._say("class_more", count=plain(left))
            yield ""

    def _example(self, found: ChangeClass) -> Iterator[str]:
        """Both verdicts of the first example, as what went and what came."""
        for example in found.examples[:1]:
            name = example.ticket_no or f"{example.file}:{example.row}"
            yield escaped(self._say("example", ticket=name))
            yield ""
            lines = list(self._difference(example, name))
            fence = "`" * max(
                3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
            )
            yield f"{fence}diff"
            yield from lines[:MOST_LINES]
            if len(lines) > MOST_LINES:
                yield "  …"
            yield fence
            yield ""

    def _difference(self, example: Example, name: str) -> Iterator[str]:
        before, after = (
            self.names.verdicts.text(name, verdict).plain.splitlines()[1:]
            for verdict in (example.before, example.after)
        )
        yield from (line.rstrip() for line in ndiff(before, after) if not line.startswith("?"))

    def _lacking(self, impact: Impact) -> Iterator[str]:
        listed = self._say("in_order")
        rows = (
            (
                f"{escaped(self.names.title(one.rule))} {code(one.rule)}",
                escaped(self.names.reason(one.reason)),
                escaped(listed.join(map(self.names.missing, one.missing))),
                plain(one.tickets.before),
                plain(one.tickets.after),
            )
            for one in impact.lacking[:MOST_LACKING]
        )
        keys = ("rule", "reason", "missing", "before", "after")
        yield from self._table([self._say(key) for key in keys], rows, words=3)
        yield from self._more(len(impact.lacking) - MOST_LACKING)

    def _trouble(self, impact: Impact) -> Iterator[str]:
        if impact.bad:
            yield from self._folded(self._say("bad", count=plain(impact.bad)), self._bad(impact))
        if impact.repeated:
            numbers = " ".join(map(code, impact.repeated_numbers))
            yield f"{self._say('repeated', count=plain(impact.repeated))} {numbers}"

    def _bad(self, impact: Impact) -> Iterator[str]:
        for ticket in impact.bad_tickets[:MOST_BAD]:
            for finding in ticket.findings:
                place = code(f"{ticket.file}:{ticket.row}")
                yield f"- {place} {finding.code}: {escaped(finding.message(self.language))}"
        yield ""

    def _more(self, count: int) -> Iterator[str]:
        if count > 0:
            yield self._say("more", count=plain(count))
            yield ""

    def _folded(self, heading: str, lines: Iterable[str]) -> Iterator[str]:
        yield f"<details><summary>{html.escape(visible(heading))}</summary>"
        yield ""
        yield from lines
        yield "</details>"
        yield ""

    def _table(self, headings: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> Iterator[str]:
        """The first `words` columns to the left, numbers to the right; nothing where there is no row."""
        found = list(rows)
        if not found:
            return
        yield f"| {' | '.join(headings)} |"
        yield f"|{' --- |' * words}{' ---: |' * (len(headings) - words)}"
        for row in found:
            yield f"| {' | '.join(row)} |"
        yield ""


def escaped(text: str) -> str:
    r"""Text as it stands, for Markdown outside of code.

    >>> escaped("a|b <b> *c*")
    'a\\|b &lt;b&gt; \\*c\\*'
    """
    return _ACTIVE.sub(r"\\\1", html.escape(_NOTIFYING.sub(NOTHING_TO_SEE, visible(text)), quote=False))


def code(text: str) -> str:
    r"""Text in a code span, within a table too.

    >>> code("a|b")
    '`a\\|b`'
    """
    shown = visible(text).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    padded = f" {shown} " if "`" in shown else shown
    return f"{fence}{padded}{fence}"
