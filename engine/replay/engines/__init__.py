"""What runs the queries: DuckDB embedded, Spark where a history outgrows one machine."""
