"""The templates of pages, and how a value gets into one: escaped, and with hidden characters written out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from api.present.clipping import clipped
from api.present.findings_text import visible
from api.present.report.numbers import plain, signed

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a page asks of the browser: fetch nothing and run nothing, whatever stands in it."""


@cache
def environment() -> Environment:
    """Templates that escape what they are given, and fail on a name that they are not given."""
    made = Environment(
        loader=PackageLoader("api.present.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.globals |= {"style": Markup(_style()), "content_policy": CONTENT_POLICY}  # noqa: S704 - our own file
    made.filters |= {"plain": plain, "signed": signed, "coded": coded, "clipped": _clipped}
    return made


def _clipped(name: str) -> str:
    return clipped(visible(name))


def _style() -> str:
    return files("api.present.report").joinpath("templates", "style.css").read_text(encoding="utf-8")


def _shown(value: Any) -> Any:
    """Text from outside may hold characters that turn or hide what stands beside them."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def coded(text: str) -> Markup:
    """A finding's message with what it quotes in backticks as code.

    >>> coded("there is no `<x>`")
    Markup('there is no <code>&lt;x&gt;</code>')
    """
    parts = (escape(visible(part)) for part in text.split("`"))
    shown = (
        part if number % 2 == 0 else Markup("<code>{}</code>").format(part)
        for number, part in enumerate(parts)
    )
    return Markup("").join(shown)


def rendered(template: str, values: Mapping[str, Any]) -> Markup:
    """A template filled in, as markup that others may hold."""
    return Markup(environment().get_template(template).render(values))  # noqa: S704 - escaped by the template
