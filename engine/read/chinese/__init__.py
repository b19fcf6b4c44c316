"""The words that the language itself has in Chinese: keywords, limits, and the schema with them."""
