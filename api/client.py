"""A small client for ticket systems: posts tickets, reads verdicts back, and retries only what is safe.

    caiding = Caiding("http://127.0.0.1:8000", key)
    decided = caiding.decide({"rulebook_owner": "zto", "fee_collected": Decimal("15.50")})
    decided.verdict["totals"]

Every POST carries an Idempotency-Key, so that sending one again after a lost answer gives the stored
answer instead of a second decision. Nothing here imports the rest of Caiding: the file may be copied.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias
from urllib.parse import quote
from uuid import uuid4

import urllib3
from urllib3.exceptions import HTTPError

MOST_TICKETS = 1_000
"""How many tickets the service takes in one batch; longer lists are sent in several."""

LONGEST_WAIT = 60
"""Seconds: what a Retry-After may ask for at most."""

Facts: TypeAlias = Mapping[str, Any]
"""Facts by name: text, `bool`, `int`, `Decimal`, `date`, `datetime`, lists of records. Never `float`."""

Plain: TypeAlias = dict[str, Any]
"""JSON as it came: money is text, numbers are `int` and `Decimal`."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is to be judged; without `as_of` it is judged as of the moment the service receives it."""

    facts: Facts
    as_of: datetime | str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict and the id under which it is stored; `replayed`: it had been decided before by this key."""

    id: str
    verdict: Plain
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with a request: a code, a sentence, the place as a JSON pointer, the mend."""

    code: str
    message: str
    pointer: str | None = None
    help: str | None = None


class Problem(Exception):
    """The service refused: the HTTP status, the code, and everything that is wrong (RFC 9457)."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.body = body
        self.code = str(body.get("code", ""))
        self.title = str(body.get("title", ""))
        self.detail = str(body.get("detail", ""))
        self.instance = str(body.get("instance", ""))
        self.errors = tuple(_trouble(entry) for entry in body.get("errors", ()))
        super().__init__(f"{status} {self.code} {self.detail or self.title}".strip())


class Unreachable(Exception):
    """No answer came, retries included. Whether a ticket was judged is not known; asking again is safe."""


class Caiding:
    """A service and the key to it. One instance serves many threads.

    `timeout` is in seconds for each attempt; `retries` counts attempts after the first, made when the
    connection fails and on 429, 502, 503 and 504, waiting as long as Retry-After says.
    """

    def __init__(
        self, url: str, key: str, *, timeout: float = 30, retries: int = 4, language: str | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        if language is not None:
            self._headers["Accept-Language"] = language
        self._pool = urllib3.PoolManager(
            maxsize=16,
            timeout=urllib3.Timeout(connect=min(timeout, 5), read=timeout),
            retries=_retry(retries),
        )

    def decide(
        self, facts: Facts, as_of: datetime | str | None = None, *, idempotency_key: str | None = None
    ) -> Decided:
        """The verdict on one ticket, stored before it is answered.

        Give the ticket's own `idempotency_key` to get the same verdict also after a restart of the caller.
        Raises Problem with all that is wrong with the ticket, and Unreachable.
        """
        answer, replayed = self._post("/v1/verdicts", _ticket(Ticket(facts, as_of)), idempotency_key)
        return Decided(answer["id"], answer["verdict"], replayed)

    def decide_many(self, tickets: Iterable[Ticket]) -> Iterator[Decided | Problem]:
        """A verdict or a problem for each ticket, in order; sent in batches, each judged by one edition."""
        rest = iter(tickets)
        while batch := list(islice(rest, MOST_TICKETS)):
            body = {"tickets": [_ticket(ticket) for ticket in batch]}
            answer, replayed = self._post("/v1/verdicts/batch", body)
            yield from _results(answer["results"], replayed=replayed)

    def verdict(self, decision_id: str) -> Plain:
        """The stored decision: its facts (personal ones masked), verdict, edition, caller and times."""
        return self._get(f"/v1/verdicts/{quote(decision_id, safe='')}")

    def replay(self, decision_id: str) -> Plain:
        """The decision judged again: by its own edition (`same_bytes`), and what today's would change."""
        return self._post(f"/v1/verdicts/{quote(decision_id, safe='')}/replay")[0]

    def walk(self, events: Sequence[Mapping[str, Any]], *, facts: Facts | None = None, **named: Any) -> Plain:
        """What holds after each event of a made-up or real timeline; nothing of it is stored.

        An event is `{"at": …, "facts": {…}}` as a case file has it; `named` may be `until`, `title`, `case`
        and `readings`. Raises Problem with all that is wrong with the case, and Unreachable.
        """
        body = {"facts": facts or {}, "events": list(events), **named}
        return self._post("/v1/walks", _plain(body))[0]

    def editions(self) -> Plain:
        """Which edition judges, since when, and what became of those before it."""
        return self._get("/v1/editions")

    def watch(self, decision_id: str, webhook: str) -> Plain:
        """Has the webhook of that name told when the verdict's running clocks fall due."""
        return self._post("/v1/watches", {"verdict": decision_id, "webhook": webhook})[0]

    def ask_for_dry_run(
        self,
        candidate: Mapping[str, str | None] | None = None,
        *,
        tickets: Mapping[str, str] | str,
        idempotency_key: str | None = None,
        **asked: Any,
    ) -> Plain:
        """Queues the question what changed rulebooks would do to past tickets; the run as it stands.

        `candidate` has the changed texts by the names of their files; `tickets` is `"history"` or
        `{"from": "2015-01-01", "until": "2016-01-01"}`; `asked` may be `base`, `readings`, `as_of`, `by` and
        `fail_on`. Raises Problem, whose `body` has the `findings` where the candidate has errors.
        """
        body = {"candidate": candidate or {}, "tickets": tickets, **asked}
        return self._post("/v1/dry-runs", body, idempotency_key)[0]

    def dry_run(self, dry_run_id: str) -> Plain:
        """How far a dry run is."""
        return self._get(_dry_run(dry_run_id))

    def wait_for_dry_run(
        self, dry_run_id: str, *, every: float = 1.0, patience: float = float("inf")
    ) -> Plain:
        """The run once it is over, done or not; raises TimeoutError after so many seconds."""
        until = time.monotonic() + patience
        while (run := self.dry_run(dry_run_id))["state"] in ("queued", "running"):
            if time.monotonic() > until:
                raise TimeoutError(f"dry run {dry_run_id} is {run['state']}")
            time.sleep(every)
        return run

    def dry_run_result(self, dry_run_id: str) -> Plain:
        """The impact: tickets, money, rules and examples, as `caiding dry-run --format json` tells it."""
        return self._get(f"{_dry_run(dry_run_id)}/result")

    def dry_run_report(self, dry_run_id: str) -> str:
        """The report, a page of HTML that stands for itself."""
        return _content(self._send("GET", f"{_dry_run(dry_run_id)}/report", None, {})).decode()

    def cancel_dry_run(self, dry_run_id: str) -> None:
        """Ends a run that waits or is under way."""
        _content(self._send("DELETE", _dry_run(dry_run_id), None, {}))

    def _get(self, path: str) -> Plain:
        return _read(self._send("GET", path, None, {}))

    def _post(self, path: str, body: Any = None, idempotency_key: str | None = None) -> tuple[Plain, bool]:
        """The answer, and whether it was stored before."""
        headers = {"Idempotency-Key": idempotency_key or str(uuid4())}
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        response = self._send("POST", path, content, headers)
        return _read(response), response.headers.get("Idempotency-Replayed") == "true"

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(
                method, self._url + path, body=content, headers={**self._headers, **headers}, redirect=False
            )
        except HTTPError as error:
            raise Unreachable(f"{method} {path}: {error}") from error


def _retry(retries: int) -> urllib3.Retry:
    """A POST is as safe to repeat as a GET, since it carries an Idempotency-Key."""
    return urllib3.Retry(
        total=retries,
        allowed_methods=None,
        status_forcelist=(429, 502, 503, 504),
        backoff_factor=0.2,
        backoff_max=10,
        backoff_jitter=0.2,
        raise_on_status=False,
        retry_after_max=LONGEST_WAIT,
    )


def _ticket(ticket: Ticket) -> Plain:
    written: Plain = {"facts": _plain(ticket.facts)}
    if ticket.as_of is not None:
        written["as_of"] = _plain(ticket.as_of)
    return written


def _plain(value: Any) -> Any:
    """A fact as JSON writes it exactly: a decimal that is not whole becomes text.

    >>> _plain({"fee_collected": Decimal("15.50"), "waybill_count": 3, "first_call_date": date(2015, 10, 8)})
    {'fee_collected': '15.50', 'waybill_count': 3, 'first_call_date': '2015-10-08'}
    """
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else format(value, "f")
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {name: _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            raise TypeError(f"a fact cannot be a {type(value).__name__}; numbers are int or Decimal")


def _dry_run(dry_run_id: str) -> str:
    return f"/v1/dry-runs/{quote(dry_run_id, safe='')}"


def _read(response: urllib3.BaseHTTPResponse) -> Plain:
    found: Plain = json.loads(_content(response), parse_float=Decimal)
    return found


def _content(response: urllib3.BaseHTTPResponse) -> bytes:
    if not 200 <= response.status < 300:
        raise Problem(response.status, _problem_in(response.data))
    return response.data


def _problem_in(content: bytes) -> Mapping[str, Any]:
    """What a refusal says; one that a proxy on the way made says nothing that we know."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _results(results: Sequence[Plain], *, replayed: bool) -> Iterator[Decided | Problem]:
    for result in results:
        if "verdict" in result:
            yield Decided(result["id"], result["verdict"], replayed)
        else:
            yield Problem(result["status"], result["problem"])


def _trouble(entry: Mapping[str, Any]) -> Trouble:
    return Trouble(entry["code"], entry["message"], entry.get("pointer"), entry.get("help"))
