"""A settled month made up by hand: two outlets, a ticket that pays twice, what is open, a correction."""

from __future__ import annotations

from decimal import Decimal

from engine.replay.settle.settlement import (
    Between,
    Change,
    Line,
    Month,
    OpenLine,
    RuleWords,
    Settled,
    Statement,
    StatementLink,
)

BANDS, LATE, CALL = (
    "penalties/appeals/bands",
    "penalties/registration/registration",
    "penalties/first-call/dispatch-delay",
)
FINES = ("fine", "CNY")
FILE = "tickets-2015-11.parquet"


def line(number: int, rule: str, row: str | None, amount: str, schemes: tuple[str, ...] = ()) -> Line:
    """A fine of one ticket."""
    payer = "first_level_outlet" if rule == BANDS else "responsible_outlet"
    ticket = f"T20151109-{number:08}"
    return Line(ticket, FILE, number, rule, row, "fine", Decimal(amount), "CNY", payer, schemes or (rule,))


LINES = (
    line(11, CALL, None, "50.00"),
    line(42, CALL, None, "50.00", (CALL, BANDS)),
    line(17, LATE, "late", "200.00"),
    line(23, LATE, "late-repeat", "500.00"),
    line(42, BANDS, "11-to-15", "1000.00", (CALL, BANDS)),
    line(51, BANDS, "11-to-15", "1000.00"),
)
OPEN = (
    OpenLine(
        "T20151112-00000060",
        FILE,
        60,
        BANDS,
        "gap-10-11",
        "undefined_by_source",
        (),
        {"floor": Decimal(500), "ceiling": Decimal(1000)},
    ),
    OpenLine(None, FILE, 61, CALL, None, "fact_missing", ("first_call_date", "special_case"), {}),
)
TOTALS = {FINES: Decimal("2800.00")}
COUNTS = {
    "appeals_total": Between(12, 14),
    "appeals_attitude": 1,
    "appeals_false_signoff": 0,
    "monthly_parcel_volume": 1_050_000,
    "rate_eligible_appeals": Between(11, 13),
    "appeal_rate_per_million": Between(Decimal("10.476190"), Decimal("12.380952")),
}
STATEMENT = Statement("ZTO-0001", 143, COUNTS, LINES, OPEN, TOTALS)
QUIET = Statement("ZTO-0002", 31, {"appeals_total": 0}, (), (), {})


def _words(zh: str, en: str, *quotes: str) -> RuleWords:
    return RuleWords({"zh": zh, "en": en}, tuple({"source": "zto2015", "quote": quote} for quote in quotes))


MONTH = Month(
    month="2015-11",
    edition="ae9428abdaa4",
    as_of="2015-12-05T09:00:00+08:00",
    tickets=174,
    bad=2,
    repeated=0,
    other_months=20,
    findings=(),
    rules={
        BANDS: _words("按申诉率分档处罚", "fines by the band of the rate"),
        f"{BANDS}/11-to-15": _words(
            "按申诉率分档处罚", "fines by the band of the rate", "百萬票申訴率在11-15(含),處罰1000元/票"
        ),
        f"{BANDS}/gap-10-11": _words("按申诉率分档处罚", "fines by the band of the rate", "在10(含)以下"),
        LATE: _words("登记处罚表", "registration table"),
        f"{LATE}/late": _words("登记处罚表", "registration table", "在規定時間內未處理完畢200元/次"),
        f"{LATE}/late-repeat": _words(
            "登记处罚表", "registration table", "在規定時間內未處理完畢200元/次500元"
        ),
        CALL: _words("发件延误", "dispatch delay", "在投訴之前網上只有發件網點收件掃描的"),
    },
    totals=TOTALS,
    undated=1,
    by_time=3,
    outlets=2,
    lines=len(LINES),
    open_lines=len(OPEN),
)
LINKS = tuple(
    StatementLink(
        one.outlet,
        f"outlets/{one.outlet}.html",
        one.tickets,
        one.aggregates,
        len(one.lines),
        len(one.open_lines),
        one.totals,
    )
    for one in (STATEMENT, QUIET)
)
SETTLED = Settled("2015-11", "ae9428abdaa4", "2015-12-01T09:00:00+08:00", "0" * 64, {FINES: Decimal(1300)})
CHANGES = (
    Change("added", None, LINES[-1]),
    Change("changed", line(42, BANDS, "up-to-10", "500.00"), LINES[4]),
    Change("taken_away", line(9, CALL, None, "50.00"), None),
)
