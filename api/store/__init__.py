"""What is kept for years: decisions, the editions that made them, keys, watches; on SQLite or PostgreSQL."""
