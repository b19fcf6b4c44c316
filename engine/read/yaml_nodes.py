"""YAML text to nodes with places.

The parser's events are folded with an explicit stack: nothing is constructed, nothing recurses, and
what the rulebook language does not have (anchors, tags, merge keys, a second document) is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from engine.base.findings import Finding, Label
from engine.base.spans import SourceText, Span
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.yaml_mistakes import finding_from_yaml_error

MAXIMUM_BYTES = 2_000_000
MAXIMUM_DEPTH = 40

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s*)*")


def read(name: str, content: bytes) -> tuple[Node | None, list[Finding]]:
    """One YAML document as nodes, and all that is to be said about its form.

    `name` is the file's name as shown to people. The node is None when the file cannot be read at
    all (too large, another encoding, empty, broken, too deep); after other findings it is the
    document as far as it has a meaning, so that later checks can go on gathering.
    """
    text, findings = _text_from_bytes(name, content)
    if text is None:
        return None, findings
    source = SourceText(name, text)
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        shown = f"U+{ord(unprintable.group()):04X}"
        span = Span(source, unprintable.start(), unprintable.end())
        return None, [Finding("R004", {"character": shown}, span)]
    folder = _Folder(source)
    try:
        folder.fold(yaml.parse(text, _LOADER))
    except yaml.MarkedYAMLError as error:
        return None, [*folder.findings, finding_from_yaml_error(source, error)]
    if folder.root is None and not folder.findings:
        return None, [Finding("R003", {}, Span(source, 0, 0))]
    return folder.root, folder.findings


def _text_from_bytes(name: str, content: bytes) -> tuple[str | None, list[Finding]]:
    start = Span(SourceText(name, ""), 0, 0)
    if len(content) > MAXIMUM_BYTES:
        return None, [Finding("R001", {"bytes": f"{len(content):,}", "maximum": f"{MAXIMUM_BYTES:,}"}, start)]
    mark = len(_BYTE_ORDER_MARK) if content.startswith(_BYTE_ORDER_MARK) else 0
    content = content[mark:]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        # The lines before the offending byte decode, and that is all that a place needs.
        source = SourceText(name, content.decode("utf-8", errors="replace"))
        offset = len(content[: error.start].decode("utf-8"))
        return None, [Finding("R002", {"byte": str(mark + error.start)}, Span(source, offset, offset + 1))]


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet; in a mapping, keys and values alternate."""

    is_mapping: bool
    is_flow: bool
    start: int
    children: list[Node] = field(default_factory=list)


class _Folder:
    """Folds the events of one document into nodes."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self._open: list[_Open] = []
        self._documents = 0

    def fold(self, events: Iterator[yaml.Event]) -> None:
        for event in events:
            if not self._take(event):
                return

    def _take(self, event: yaml.Event) -> bool:
        """Whether reading goes on after this event."""
        match event:
            case yaml.DocumentStartEvent():
                return self._begin_document(event)
            case yaml.ScalarEvent():
                self._refuse_properties(event, event.tag)
                self._add(self._scalar(event))
            case yaml.AliasEvent():
                span = self._span(event)
                self.findings.append(Finding("R011", {"alias": span.text}, span))
                self._add(ScalarNode(span.text, True, span))
            case yaml.CollectionStartEvent():
                return self._begin_collection(event)
            case yaml.CollectionEndEvent():
                self._add(self._close(event))
            case _:
                pass
        return True

    def _begin_document(self, event: yaml.DocumentStartEvent) -> bool:
        self._documents += 1
        if self._documents == 1:
            return True
        self.findings.append(Finding("R013", {}, self._span(event)))
        return False

    def _begin_collection(self, event: yaml.CollectionStartEvent) -> bool:
        self._refuse_properties(event, event.tag)
        start = self._after_properties(event)
        if len(self._open) == MAXIMUM_DEPTH:
            place = Span(self.source, start, start + 1)
            self.findings.append(Finding("R015", {"maximum": str(MAXIMUM_DEPTH)}, place))
            self.root = None
            return False
        self._open.append(_Open(isinstance(event, yaml.MappingStartEvent), bool(event.flow_style), start))
        return True

    def _refuse_properties(self, event: yaml.NodeEvent, tag: str | None) -> None:
        """Anchors and tags, each at its own place."""
        if event.anchor is None and tag is None:
            return
        start = _start(event)
        properties = _PROPERTIES.match(self.source.text, start)
        end = properties.end() if properties else start
        for written in _PROPERTY.finditer(self.source.text, start, end):
            code, key = ("R010", "anchor") if written.group().startswith("&") else ("R012", "tag")
            span = Span(self.source, written.start(), written.end())
            self.findings.append(Finding(code, {key: written.group()}, span))

    def _after_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> int:
        start = _start(event)
        if event.anchor is None and event.tag is None:
            return start
        properties = _PROPERTIES.match(self.source.text, start)
        return properties.end() if properties else start

    def _scalar(self, event: yaml.ScalarEvent) -> ScalarNode:
        start = self._after_properties(event)
        end = self._last_written(start, _end(event))
        return ScalarNode(event.value, bool(event.style), Span(self.source, start, end))

    def _close(self, event: yaml.CollectionEndEvent) -> Node:
        """A block collection's end mark stands at what is written next, so its last child's end is taken."""
        done = self._open.pop()
        flow_or_empty = done.is_flow or not done.children
        end = _end(event) if flow_or_empty else done.children[-1].span.end
        span = Span(self.source, done.start, max(end, done.start))
        if not done.is_mapping:
            return SequenceNode(tuple(done.children), span)
        return MappingNode(self._entries(done.children), span)

    def _entries(self, children: list[Node]) -> tuple[tuple[ScalarNode, Node], ...]:
        seen: dict[str, tuple[ScalarNode, Node]] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, ScalarNode) or not key.text:
                self.findings.append(Finding("R016", {}, key.span))
            elif key.text == "<<" and not key.quoted:
                self.findings.append(Finding("R014", {}, key.span))
            elif "：" in key.text and not key.quoted:
                self.findings.append(_wide_colon(key))
            elif key.text in seen:
                first = Label(seen[key.text][0].span, "H002")
                self.findings.append(Finding("R017", {"key": key.span.text}, key.span, (first,)))
            else:
                seen[key.text] = (key, value)
        return tuple(seen.values())

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1].children.append(node)
        elif not (isinstance(node, ScalarNode) and not node.text and not node.quoted):
            self.root = node

    def _span(self, event: yaml.Event) -> Span:
        return Span(self.source, _start(event), _end(event))

    def _last_written(self, start: int, end: int) -> int:
        """The end without the blank lines that a block scalar's mark takes along."""
        return start + len(self.source.text[start:end].rstrip())


def _wide_colon(key: ScalarNode) -> Finding:
    """`类别：破损` is one word to YAML, with nothing behind it."""
    name, _, value = key.text.partition("：")
    meant = f"{name}: {value}".strip() if not re.search(r"[{}\[\]\"':：]", value) else None
    return Finding("R018", {"text": key.span.text}, key.span, suggestion=meant)


def _start(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return event.start_mark.index


def _end(event: yaml.Event) -> int:
    assert event.end_mark is not None
    return event.end_mark.index
