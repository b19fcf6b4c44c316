"""Findings, verdicts and rulebooks as text, tables, JSON, SARIF and the like, in Chinese and in English."""
