"""Lists that come a page at a time, the newest first."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from api.http.bodies import shown
from api.http.exchange import Answer, Exchange
from api.http.problems import problem
from api.http.verdicts import ID

MOST = 200
USUAL = 50


def page_asked(exchange: Exchange) -> tuple[str | None, int] | Answer:
    """Where a page begins (`before`, an id) and how much stands on it (`limit`)."""
    asked = dict(parse_qsl(exchange.query, keep_blank_values=True))
    before, limit = asked.get("before"), asked.get("limit", str(USUAL))
    if before is not None and not ID.fullmatch(before):
        return problem(exchange, "S115", {"name": "before", "written": shown(before)}, status=400)
    if not re.fullmatch(r"[1-9][0-9]{0,2}", limit, re.ASCII) or int(limit) > MOST:
        return problem(exchange, "S115", {"name": "limit", "written": shown(limit)}, status=400)
    return before, int(limit)
