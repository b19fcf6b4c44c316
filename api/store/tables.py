"""The tables, in SQLAlchemy's plain words for both databases; `migrations/` makes them.

Instants are whole microseconds since 1970 (UTC). JSON is kept as text, as it was answered: PostgreSQL's own
JSON type would change its spelling, and a verdict is the same bytes for ever.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

metadata = MetaData()

ID = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids compare byte by byte, whatever the language of the database: their order is that of time."""

COUNTED = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database counts up; SQLite counts only what it calls INTEGER."""

decisions = Table(
    "decisions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("decided_at", BigInteger, nullable=False),
    Column("as_of", Text),
    Column("edition", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("traceparent", Text),
    Column("ticket_no", Text),
    Column("duration_us", Integer, nullable=False),
    Column("engine", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    postgresql_partition_by="RANGE (id)",
)
"""The decision log. On PostgreSQL each month is a table of its own (`months.py`), dropped as one."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("first_id", ID, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("caller", "key"),
    Index("idempotency_keys_by_id", "first_id"),
)
"""Kept as long as the verdicts answered; `first_id` is the first of them, or an id of the instant."""

editions = Table(
    "editions",
    metadata,
    Column("edition", Text, primary_key=True),
    Column("revision", Text, nullable=False),
    Column("first_used_at", BigInteger, nullable=False),
    Column("engine", Text, nullable=False),
    Column("readings", Text, nullable=False),
    Column("files", LargeBinary, nullable=False),
)
"""The texts of every edition that ever judged: readings as JSON, files as compressed JSON (`editions.py`)."""

activations = Table(
    "activations",
    metadata,
    Column("id", COUNTED, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("edition", Text),
    Column("revision", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("findings", Text, nullable=False),
)
"""When which revision began to judge (`activated`), or why it did not (`refused`)."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("caller", Text, nullable=False),
    Column("name", Text),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("roles", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("api_keys_by_caller", "caller"),
    sqlite_autoincrement=True,
)
"""SHA-256 of each secret; roles in one text, parted by spaces. An id is never given twice."""

webhooks = Table(
    "webhooks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
)
"""Where deadlines ring; the secret signs what is delivered, so that it is kept as it is."""

watches = Table(
    "watches",
    metadata,
    Column("id", ID, primary_key=True),
    Column("caller", Text, nullable=False),
    Column("decision_id", ID, nullable=False),
    Column("ticket_no", Text),
    Column("webhook", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("cancelled_at", BigInteger),
    Index("watches_by_decision", "decision_id"),
)
"""Whose deadlines are watched, on the facts of which verdict, and where they ring."""

rings = Table(
    "rings",
    metadata,
    Column("id", ID, primary_key=True),
    Column("watch_id", ID, ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("rule", Text, nullable=False),
    Column("due", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_until", BigInteger),
    Column("lease_by", Text),
    Column("verdict_id", ID),
    Column("payload", Text),
    Column("ended_at", BigInteger),
    Column("last_error", Text),
    Index("rings_by_due", "state", "next_at"),
    Index("rings_by_watch", "watch_id"),
)
"""Each deadline of a watch: waiting, delivered, stopped, cancelled or given_up. Its id is the webhook-id."""

dry_runs = Table(
    "dry_runs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("caller", Text, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("base", Text, nullable=False),
    Column("candidate", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("files", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("step", Text),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("lease_until", BigInteger),
    Column("lease_by", Text),
    Column("cancel_at", BigInteger),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("trouble", Text),
    Column("summary", Text),
    Column("result", LargeBinary),
    Column("report", LargeBinary),
    Index("dry_runs_by_state", "state", "id"),
)
"""Dry runs over HTTP: what was asked, how far each is, and what came of it (`dry_runs.py`)."""
