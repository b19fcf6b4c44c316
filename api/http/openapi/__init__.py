"""The service described: OpenAPI 3.1 from the running edition's catalogue, and a page that shows it."""
