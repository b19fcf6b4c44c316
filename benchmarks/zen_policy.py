"""The policy for zen-engine: as decision tables (a JDM graph built here) and as one expression."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

SECOND_QUARTER = date(2015, 4, 1).toordinal()
FOURTH_QUARTER = date(2015, 10, 1).toordinal()

_FIRST_CALL = {
    "signed-not-received": (
        "signed_not_received",
        SECOND_QUARTER,
        (
            "pod_recorded and (not(consignee_received) or signer != 'consignee')"
            " and not(contact_log_type != 'none' and contact_log_at_delivery and pod_photo_compliant)"
        ),
    ),
    "dispatch-delay": ("dispatch_delay", SECOND_QUARTER, "only_picked_up"),
    "late-compensation": (
        "late_compensation",
        SECOND_QUARTER,
        (
            "loss_confirmed and (offer_below_standard or not(settled_with_customer)"
            " and not(compensation_amount_registered and not(customer_accepts_compensation)))"
        ),
    ),
    "attitude": ("attitude", FOURTH_QUARTER, "customer_reports_attitude"),
    "no-invoice": (
        "no_invoice",
        FOURTH_QUARTER,
        "fee_collected > 0 and not(invoice_given) and not(appointment_kept)",
    ),
    "no-door-delivery": ("no_door_delivery", FOURTH_QUARTER, "self_pickup_demanded and not(same_day)"),
    "overcharge": ("overcharge", FOURTH_QUARTER, "undisclosed_fee_amount > 0 or freight_above_standard"),
}
_REGISTRATION = (
    ("registration_status == 'false_result'", 500),
    ("not(completed_in_time) and complaint_ordinal >= 2 and complaint_category != 'other'", 500),
    ("not(completed_in_time)", 200),
    ("registration_status == 'invalid_info'", 50),
    ("registration_status == 'none'", 20),
)
_BANDS = (("[0..10000000]", 500), ("[11000000..15000000]", 1000), (">= 16000000", 1500))
_LIMITS = {"same_city": 3, "intra_province": 7, "inter_province": 7, "international": 21}
_SHARES = {
    "origin_outlet": ("origin-liable", "theoretical_compensation"),
    "none_clear": ("origin-liable", "theoretical_compensation"),
    "delivery_outlet": (
        "delivery-liable",
        "floor(min([internal_arbitration_standard, theoretical_compensation]) / 2)",
    ),
    "hub": ("hub-liable", "min([floor(internal_arbitration_standard / 2), theoretical_compensation])"),
}


def one_expression() -> str:
    """A list of `[rule, kind, amount]`, with null for each part of the policy that concludes nothing."""
    parts = (
        f"first_call_type == null ? null : {_chosen_first_call()}",
        f"complaint_ordinal == null ? null : {_chosen_registration()}",
        f"appeal_type == null ? null : {_chosen_appeal()}",
        f"delivery_scope == null ? null : {_chosen_delay()}",
        f"liable_party == null or not(out_of_window) ? null : {_chosen_share()}",
    )
    return f"rulebook_owner == 'zto' ? [{', '.join(f'({part})' for part in parts)}] : []"


def _choice(cases: Sequence[tuple[str, str]], otherwise: str = "null") -> str:
    return "".join(f"{test} ? {result} : " for test, result in cases) + otherwise


def _fine(rule: str, amount: int) -> str:
    return f"['policy/{rule}', 'fine', {amount}]"


def _chosen_first_call() -> str:
    return _choice(
        [
            (
                f"first_call_type == '{kind}'",
                f"(first_call_date >= {since} and ({test}) ? {_fine(f'first-call/{rule}', 50)} : null)",
            )
            for rule, (kind, since, test) in _FIRST_CALL.items()
        ]
    )


def _chosen_registration() -> str:
    return _choice([(f"({test})", _fine("registration/registration", fine)) for test, fine in _REGISTRATION])


def _chosen_appeal() -> str:
    special = ("appeal_type in ['attitude', 'false_signoff']", _fine("appeals/special-types", 1500))
    bands = [
        (f"appeal_rate_per_million {'' if test[0] == '>' else 'in '}{test}", _fine("appeals/bands", fine))
        for test, fine in _BANDS
    ]
    return _choice([special, *bands], "['policy/appeals/bands', 'review', null]")


def _chosen_delay() -> str:
    limit = _choice([(f"delivery_scope == '{s}'", str(d)) for s, d in _LIMITS.items()])
    due = "['policy/delay/compensate', 'compensation', null]"
    return f"calendar_days_past_commitment > ({limit}) ? {due} : null"


def _chosen_share() -> str:
    return _choice(
        [
            (f"liable_party == '{party}'", f"['policy/liability/{rule}', 'share', {amount}]")
            for party, (rule, amount) in _SHARES.items()
        ]
    )


def decision_tables() -> str:
    """A JDM graph: one table for each part of the policy, whose answers come out side by side."""
    tables = {
        "first_call": _table(
            ["rulebook_owner", "first_call_type", "first_call_date", None],
            [
                (["'zto'", f"'{kind}'", f">= {since}", test], f"first-call/{rule}", "fine", "50")
                for rule, (kind, since, test) in _FIRST_CALL.items()
            ],
        ),
        "registration": _table(
            ["rulebook_owner", None, None],
            [
                (
                    ["'zto'", "complaint_ordinal != null", test],
                    "registration/registration",
                    "fine",
                    str(amount),
                )
                for test, amount in _REGISTRATION
            ],
        ),
        "appeal": _table(["rulebook_owner", "appeal_type", "appeal_rate_per_million"], _appeal_rows()),
        "delay": _table(
            ["rulebook_owner", "delivery_scope", "calendar_days_past_commitment"],
            [
                (["'zto'", f"'{scope}'", f"> {days}"], "delay/compensate", "compensation", "null")
                for scope, days in _LIMITS.items()
            ],
        ),
        "liability": _table(
            ["rulebook_owner", "liable_party", "out_of_window"],
            [
                (["'zto'", f"'{party}'", "true"], f"liability/{rule}", "share", amount)
                for party, (rule, amount) in _SHARES.items()
            ],
        ),
    }
    return json.dumps(_graph(tables))


def _appeal_rows() -> list[tuple[list[str], str, str, str]]:
    usual = "not($ in ['attitude', 'false_signoff']) and $ != null"
    return [
        (["'zto'", "'attitude', 'false_signoff'", ""], "appeals/special-types", "fine", "1500"),
        *((["'zto'", usual, test], "appeals/bands", "fine", str(amount)) for test, amount in _BANDS),
        (["'zto'", usual, ""], "appeals/bands", "review", "null"),
    ]


def _table(fields: Sequence[str | None], rows: Sequence[tuple[list[str], str, str, str]]) -> dict[str, Any]:
    """A table with the first row that applies; a column without a field holds whole expressions."""
    inputs = [{"id": f"i{n}", "name": f"i{n}"} | ({"field": f} if f else {}) for n, f in enumerate(fields)]
    outputs = [{"id": name, "name": name, "field": name} for name in ("rule", "kind", "amount")]
    rules = [
        {"_id": f"r{n}", **{f"i{i}": cell for i, cell in enumerate(cells)}}
        | {"rule": f"'policy/{rule}'", "kind": f"'{kind}'", "amount": amount}
        for n, (cells, rule, kind, amount) in enumerate(rows)
    ]
    return {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": rules}


def _graph(tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    ends = [
        {"id": "in", "name": "in", "type": "inputNode", "content": {}},
        {"id": "out", "name": "out", "type": "outputNode", "content": {}},
    ]
    common = {"passThrough": False, "inputField": None, "executionMode": "single"}
    nodes = [
        {
            "id": name,
            "name": name,
            "type": "decisionTableNode",
            "content": table | common | {"outputPath": name},
        }
        for name, table in tables.items()
    ]
    edges = [
        {"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b}
        for name in tables
        for a, b in (("in", name), (name, "out"))
    ]
    return {"nodes": ends + nodes, "edges": edges}
