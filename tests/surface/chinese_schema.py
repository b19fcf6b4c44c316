"""Prints `engine/read/rulebook.zh.schema.json`: `python -m tests.surface.chinese_schema`."""

from __future__ import annotations

import sys

from engine.read.chinese.schema import chinese_rulebook_schema

if __name__ == "__main__":
    sys.stdout.write(chinese_rulebook_schema())
