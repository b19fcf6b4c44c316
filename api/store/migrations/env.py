"""What Alembic runs: the changes, over the connection that `api.store.database.upgrade` hands in."""

from __future__ import annotations

from alembic import context

from api.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
