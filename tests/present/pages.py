"""Reads a page as a browser would take it, to ask what it fetches, runs and says."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "input", "br", "link", "img", "rect", "path"})
FETCHING = frozenset({"src", "srcset", "action", "formaction", "data", "poster", "background", "xlink:href"})


@dataclass
class Page(HTMLParser):
    """What stands in a page; raises AssertionError where an element is closed that is not open."""

    text: str = ""
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    elements: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    open_elements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag not in VOID:
            self.open_elements.append(tag)
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open_elements.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open_elements, f"</{tag}> closes nothing"
            assert self.open_elements.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Page:
    """The page, all of whose elements are closed."""
    page = Page()
    page.feed(html)
    page.close()
    assert page.open_elements == []
    return page


def stands_alone(html: str, page: Page) -> bool:
    """Whether the page needs nothing but itself, and has nothing that runs."""
    fetching = [(name, value) for name, value in page.attributes if name in FETCHING]
    running = [name for name, _ in page.attributes if name.startswith("on")]
    elements = {"script", "iframe", "object", "embed", "link", "base", "form", "img"} & set(page.elements)
    styled = html.replace("url(#falling)", "")
    return not (fetching or running or elements or "://" in html or "url(" in styled or "@import" in html)
