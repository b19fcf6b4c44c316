"""The first tables: decisions, idempotency keys, editions, activations, keys, webhooks, watches, rings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _decisions()
    _idempotency_keys()
    _editions()
    _activations()
    _api_keys()
    _webhooks()
    _watches()
    _rings()


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("as_of", sa.Text),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("key_id", sa.Integer, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("traceparent", sa.Text),
        sa.Column("ticket_no", sa.Text),
        sa.Column("duration_us", sa.Integer, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        postgresql_partition_by="RANGE (id)",
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("first_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("idempotency_keys_by_id", "idempotency_keys", ["first_id"])


def _editions() -> None:
    op.create_table(
        "editions",
        sa.Column("edition", sa.Text, primary_key=True),
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("first_used_at", sa.BigInteger, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("readings", sa.Text, nullable=False),
        sa.Column("files", sa.LargeBinary, nullable=False),
    )


def _activations() -> None:
    op.create_table(
        "activations",
        sa.Column("id", COUNTED, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("edition", sa.Text),
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("api_keys_by_caller", "api_keys", ["caller"])


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("removed_at", sa.BigInteger),
    )


def _watches() -> None:
    op.create_table(
        "watches",
        sa.Column("id", ID, primary_key=True),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("ticket_no", sa.Text),
        sa.Column("webhook", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("cancelled_at", sa.BigInteger),
    )
    op.create_index("watches_by_decision", "watches", ["decision_id"])


def _rings() -> None:
    op.create_table(
        "rings",
        sa.Column("id", ID, primary_key=True),
        sa.Column("watch_id", ID, sa.ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("lease_by", sa.Text),
        sa.Column("verdict_id", ID),
        sa.Column("payload", sa.Text),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("last_error", sa.Text),
    )
    op.create_index("rings_by_due", "rings", ["state", "next_at"])
    op.create_index("rings_by_watch", "rings", ["watch_id"])
