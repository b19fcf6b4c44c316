"""matplotlib's SVG made fit to stand inside a page: small, in the page's own letters, without addresses.

The drawing is made with a mark for each text, and the texts are put in here: so its bytes do not hang on
which fonts a machine has, and Chinese needs none at all while drawing.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from api.present.findings_text import visible

_DRAWING = re.compile(r'<svg[^>]* viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>(.*)</svg>', re.DOTALL)
_MARK = re.compile(r"@(\d+)@")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_NAME = re.compile(r' id="(?:figure|axes|patch|text|line2d|PolyCollection)_\d+"')
_FONT = re.compile(r"font-size: [\d.]+px; font-family: [^;\"]*; ?|font: [^;\"]*; ?")
_HATCH = re.compile(r"url\(#h\w+\)")
FALLING = Markup(
    '<svg class="patterns" aria-hidden="true"><pattern id="falling" width="5" height="5" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="#fff"/>'
    '<rect width="1.6" height="5" fill="#d55e00"/></pattern></svg>'
)
"""The hatching of falls, once a page: one that stands in a hidden part may not be found from another."""


class Labels:
    """The texts of a drawing; `put` gives the mark that stands for one while it is drawn."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def put(self, text: str) -> str:
        self._texts.append(text)
        return f"@{len(self._texts) - 1}@"

    def text(self, number: int) -> Markup:
        return escape(visible(self._texts[number]))


def inline(drawing: str, labels: Labels, title: str) -> Markup:
    """An `svg` element for a page; what it shows is said in words for those who cannot see it."""
    found = _DRAWING.search(drawing)
    assert found is not None, "matplotlib draws one picture"
    width, height, body = found.groups()
    body = re.sub(r"<clipPath.*?</clipPath>| clip-path=\"[^\"]*\"", "", body, flags=re.DOTALL)
    body = _FONT.sub("", _NAME.sub("", body))
    body = re.sub(r' transform="rotate\([^"]*\)"', "", body)
    body = _LONG.sub(lambda number: f"{float(number.group()):.2f}".rstrip("0").rstrip("."), body)
    body = _HATCH.sub("url(#falling)", re.sub(r"<defs>.*?</defs>", "", body, flags=re.DOTALL))
    body = re.sub(r"\s*\n\s*", " ", body).replace("> <", "><")
    body = _MARK.sub(lambda mark: labels.text(int(mark.group(1))), body)
    return Markup(  # noqa: S704 - the texts are escaped above
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(visible(title))}">'
        f"{body.strip()}</svg>"
    )
