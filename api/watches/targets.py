"""Which addresses may be registered: https, or http to this machine itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""What a webhook may be called."""
LONGEST_URL = 2000
Trouble: TypeAlias = Literal["not_a_url", "not_https", "has_password", "has_fragment"]


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart; `path` has the query."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str


def target_of(url: str) -> Target | Trouble:
    """The parts of an address that may be called, or why it may not.

    >>> target_of("http://example.test/hook"), target_of("http://127.0.0.1:8000/hook")
    ('not_https', Target(scheme='http', host='127.0.0.1', port=8000, path='/hook'))
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return "not_a_url"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "not_a_url"
    if parts.scheme not in ("http", "https") or not host:
        return "not_a_url"
    if "@" in parts.netloc:
        return "has_password"
    if "#" in url:
        return "has_fragment"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "https":
        return Target("https", host, port or 443, path)
    return Target("http", host, port or 80, path) if is_loopback(host) else "not_https"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name; names are not looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
