"""The impact of a change, reckoned the slow and plain way: every ticket by both plans, one at a time.

It is what the report's tests show, and a second opinion for the dry run itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from api.tickets.history import history
from engine.evaluate.differences import WORDING, Entry, RuleDifference, differences
from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import facts_from, instant_from
from engine.evaluate.verdict import Verdict
from engine.library import Library, load_texts
from engine.replay.dry_run.edits import edits
from engine.replay.dry_run.impact import (
    Amounts,
    Bin,
    ChangeClass,
    Dimension,
    Distribution,
    Example,
    GroupImpact,
    Impact,
    Lacking,
    Money,
    MoneyKind,
    Pair,
    RuleChange,
    RuleImpact,
    Said,
    Side,
    TicketImpact,
)
from tests.shipped.shipped import ROOT, library

AS_OF = "2015-12-31T18:00"
FILE = "tickets-2015.parquet"
CHANGES = (
    ("values: {2015-04-01: 50}", "values: {2015-04-01: 50, 2015-07-01: 80}"),
    ('if: ["<= 10"]', 'if: ["<= 8"]'),
    (
        (
            'if: ["(10..11)"]\n            undefined: {floor: [low_rate_appeal_fine], '
            "ceiling: [middle_rate_appeal_fine]}"
        ),
        'if: ["(8..11)"]\n            then: [middle_rate_appeal_fine]',
    ),
    (
        "when: {contact_log_type: [call, sms], contact_log_at_delivery: true, pod_photo_compliant: true}",
        "when: {contact_log_type: call, contact_log_at_delivery: true, pod_photo_compliant: true}",
    ),
    (
        "when: {first_call_type: dispatch_delay, scans_before_complaint:",
        "when: {first_call_type: dispatch_delay, special_case: false, scans_before_complaint:",
    ),
)
"""A fine raised, a band moved, an exception narrowed, and a condition added that asks for a further fact."""
NOTHING = Decimal(0)
_AMOUNTS = frozenset({"amount", "shares", "of", "points", "due", "started", "stopped"})
Facts: TypeAlias = Mapping[str, Any]


@cache
def candidate() -> Library:
    """The shipped rulebooks with those changes."""
    files = {str(path): path.read_bytes() for path in sorted((ROOT / "rules").glob("*.yaml"))}
    name = next(name for name in files if name.endswith("penalties.yaml"))
    text = files[name].decode()
    for before, after in CHANGES:
        assert before in text, before
        text = text.replace(before, after, 1)
    changed = load_texts(files | {name: text.encode()})
    assert changed.plan is not None, [f"{f.span} {f.message('en')}" for f in changed.findings]
    return changed


@dataclass(frozen=True)
class Judged:
    """A ticket with both verdicts and what tells them apart."""

    row: int
    facts: Facts
    before: Verdict
    after: Verdict
    changes: tuple[RuleDifference, ...]
    money: Mapping[MoneyKind, Money]


@dataclass
class Sums:
    """Money on both sides, added up."""

    before: dict[MoneyKind, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    after: dict[MoneyKind, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, amounts: Amounts) -> None:
        for kind, money in amounts.items():
            self.before[kind] += money.before
            self.after[kind] += money.after

    @property
    def amounts(self) -> Amounts:
        kinds = sorted({**self.before, **self.after})
        return {kind: Money(self.before[kind], self.after[kind]) for kind in kinds}


@cache
def impact(tickets: int = 2000, seed: int = 2015) -> Impact:
    """The impact of `CHANGES` on a made-up history."""
    return naive_impact(library(), candidate(), list(history(tickets, seed)))


def naive_impact(base: Library, other: Library, tickets: list[Facts]) -> Impact:
    assert base.plan is not None
    assert other.plan is not None
    judged = list(_judged(base, other, tickets))
    changed = [ticket for ticket in judged if ticket.changes]
    classes = list(_classes(changed))
    return Impact(
        base=_side(base, "main"),
        candidate=_side(other, "rules"),
        as_of=f"{AS_OF}:00+08:00",
        tickets=len(judged),
        bad=0,
        bad_tickets=(),
        repeated=0,
        repeated_numbers=(),
        changed=len(changed),
        changed_in_money=sum(any(m.delta for m in ticket.money.values()) for ticket in judged),
        undecided=Pair(
            sum(bool(t.before["undecided"]) for t in judged), sum(bool(t.after["undecided"]) for t in judged)
        ),
        money=_sum(judged),
        rules=tuple(_rules(judged, other)),
        dimensions=tuple(
            _dimension(judged, name, fact)
            for name, fact in (
                ("outlet", "outlet_level1_id"),
                ("month", "complaint_at"),
                ("category", "complaint_category"),
            )
        ),
        distributions=(_distribution(judged, ("fine", "CNY")),),
        largest=tuple(_largest(changed)),
        classes=tuple(classes[:20]),
        classes_left_out=max(0, len(classes) - 20),
        lacking=tuple(_lacking(judged)),
        edits=edits(base.plan, other.plan),
    )


def _side(side: Library, label: str) -> Side:
    assert side.plan is not None
    return Side(
        label, side.plan.edition, {name: reading.preferred for name, reading in side.readings.items()}
    )


def _judged(base: Library, other: Library, tickets: list[Facts]) -> Iterable[Judged]:
    assert base.plan is not None
    assert other.plan is not None
    as_of = instant_from(AS_OF, base.plan.zone)
    old, new = evaluator("compiled", base.plan), evaluator("compiled", other.plan)
    for row, raw in enumerate(tickets, 1):
        facts, findings = facts_from(raw, base.plan)
        assert not findings
        before, after = old.decide(facts, as_of), new.decide(facts, as_of)
        found = tuple(rule for rule in differences(before, after).rules if not rule.in_words_only)
        yield Judged(row, raw, before, after, found, _money(before["outcomes"], after["outcomes"]))


def _money(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> Amounts:
    old, new = _by_kind(before), _by_kind(after)
    return {kind: Money(old.get(kind, NOTHING), new.get(kind, NOTHING)) for kind in sorted({**old, **new})}


def _by_kind(outcomes: Iterable[Mapping[str, Any]]) -> dict[MoneyKind, Decimal]:
    sums: dict[MoneyKind, Decimal] = defaultdict(Decimal)
    for outcome in outcomes:
        if outcome["kind"] in ("fine", "fee", "compensation") and outcome.get("amount") is not None:
            sums[outcome["kind"], outcome["unit"]] += Decimal(outcome["amount"])
    return sums


def _sum(judged: Iterable[Judged]) -> Amounts:
    sums = Sums()
    for ticket in judged:
        sums.add(ticket.money)
    return sums.amounts


def _rules(judged: list[Judged], other: Library) -> Iterable[RuleImpact]:
    titles = {item.head.id: item.head.title for book in other.rulebooks for item in book.items}
    old = {item.head.id: item for book in library().rulebooks for item in book.items}
    new = {item.head.id: item for book in other.rulebooks for item in book.items}
    changed = Counter(rule.rule for ticket in judged for rule in ticket.changes)
    for name in sorted(changed, key=lambda name: (-changed[name], name)):
        sums = Sums()
        for ticket in judged:
            sums.add(
                _money(
                    *(
                        [o for o in side["outcomes"] if o["rule"] == name]
                        for side in (ticket.before, ticket.after)
                    )
                )
            )
        words = titles.get(name) or titles[name.rpartition("/")[0]]  # an exception may be undecided by itself
        yield RuleImpact(
            rule=name,
            title={"zh": words.zh, "en": words.en},
            edited=old.get(name) != new.get(name),
            applied=_pair(judged, "outcomes", name),
            defeated=_pair(judged, "defeated", name),
            undecided=_pair(judged, "undecided", name),
            changed=changed[name],
            money=sums.amounts,
        )


def _pair(judged: list[Judged], part: str, rule: str) -> Pair:
    def says(verdict: Any) -> bool:
        return any(entry["rule"] == rule for entry in verdict[part])

    return Pair(sum(says(t.before) for t in judged), sum(says(t.after) for t in judged))


def _dimension(judged: list[Judged], name: str, fact: str) -> Dimension:
    groups: dict[str | None, list[Judged]] = defaultdict(list)
    for ticket in judged:
        value = ticket.facts.get(fact)
        groups[value if value is None or name != "month" else value[:7]].append(ticket)
    found = [
        GroupImpact(value, len(group), sum(bool(t.changes) for t in group), _sum(group))
        for value, group in groups.items()
    ]
    found.sort(key=lambda g: (-sum(abs(m.delta) for m in g.money.values()), -g.changed, str(g.value)))
    return Dimension(name, fact, tuple(found))


def _distribution(judged: list[Judged], kind: MoneyKind) -> Distribution:
    edges = [Decimal(n) for n in (0, 50, 100, 200, 500, 1000, 1500)]
    nothing = Money(NOTHING, NOTHING)
    amounts = [ticket.money.get(kind, nothing) for ticket in judged]

    def count(low: Decimal, high: Decimal | None) -> Pair:
        def within(amount: Decimal) -> bool:
            return amount == low if low == high else low <= amount and (high is None or amount < high)

        return Pair(sum(within(a.before) for a in amounts), sum(within(a.after) for a in amounts))

    bins = [Bin(NOTHING, NOTHING, count(NOTHING, NOTHING))]
    bins.append(Bin(Decimal("0.01"), edges[1], count(Decimal("0.01"), edges[1])))
    bins += [
        Bin(low, high, count(low, high)) for low, high in zip(edges[1:], [*edges[2:], None], strict=True)
    ]
    return Distribution(kind, tuple(bins))


def _largest(changed: list[Judged]) -> Iterable[TicketImpact]:
    def size(ticket: Judged) -> tuple[Decimal, int]:
        return -sum((abs(m.delta) for m in ticket.money.values()), NOTHING), ticket.row

    for ticket in sorted(changed, key=size)[:20]:
        if size(ticket)[0]:
            rules = tuple(rule.rule for rule in ticket.changes)
            yield TicketImpact(FILE, ticket.row, ticket.facts["ticket_no"], ticket.money, rules)


def _classes(changed: list[Judged]) -> Iterable[ChangeClass]:
    groups: dict[str, list[Judged]] = defaultdict(list)
    keys: dict[str, tuple[RuleChange, ...]] = {}
    for ticket in changed:
        changes = tuple(_rule_change(rule) for rule in ticket.changes)
        keys[repr(changes)] = changes
        groups[repr(changes)].append(ticket)
    for key in sorted(groups, key=lambda key: (-len(groups[key]), key)):
        group = groups[key]
        yield ChangeClass(keys[key], len(group), _sum(group), tuple(map(_example, group[:2])))


def _rule_change(rule: RuleDifference) -> RuleChange:
    return RuleChange(rule.rule, rule.kind, tuple(map(_said, rule.before)), tuple(map(_said, rule.after)))


def _said(entry: Entry) -> Said:
    part, words = entry
    left_out = WORDING | _AMOUNTS
    return Said(part, {key: value for key, value in words.items() if key not in left_out})


def _example(ticket: Judged) -> Example:
    return Example(FILE, ticket.row, ticket.facts["ticket_no"], ticket.facts, ticket.before, ticket.after)


def _lacking(judged: list[Judged]) -> Iterable[Lacking]:
    found: dict[tuple[str, Any, tuple[str, ...]], list[int]] = defaultdict(lambda: [0, 0])
    for ticket in judged:
        for side, verdict in enumerate((ticket.before, ticket.after)):
            for entry in verdict["undecided"]:
                found[entry["rule"], entry["reason"], tuple(entry["missing"])][side] += 1
    for (rule, reason, missing), (before, after) in sorted(found.items(), key=lambda i: (-max(i[1]), i[0])):
        yield Lacking(rule, reason, missing, Pair(before, after))


def with_trouble(of: Impact) -> Impact:
    """The same with tickets that could not be judged and numbers that stand twice."""
    from engine.base.findings import Finding
    from engine.replay.tickets.bad import BadTicket

    bad = BadTicket(FILE, 17, (Finding("F001", {"name": "first_call_typ"}, suggestion="first_call_type"),))
    return replace(
        of,
        bad=3,
        bad_tickets=(bad,),
        repeated=2,
        repeated_numbers=("T20150301-00000001", "T20150301-00000007"),
    )
