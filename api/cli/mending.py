"""Mends what is certain in the files of a library, and looks again whether that made it better."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

from api.cli.examples import run_on
from engine.base.findings import Finding, Severity, has_errors, in_order
from engine.base.mends import Mend, mended
from engine.base.spans import SourceText, Span
from engine.library import Library, load_texts
from engine.read.layout.lay_out import keys_out_of_order, laid_out
from engine.read.mending import in_its_scalar
from engine.read.yaml_nodes import read
from engine.rulebook.mends import certain_mends, known_words

MOST_ROUNDS = 12
"""A file tells more each time, as what cannot be read hides what is wrong in it."""

Texts: TypeAlias = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Done:
    """What was mended: the finding, at its place in the file as it then stood, and what stands there now."""

    finding: Finding
    written: str
    text: str | None
    """None where the keys of a mapping were put in order."""


@dataclass(frozen=True, slots=True)
class Mended:
    """The files as they should stand, and all that was done to them."""

    texts: Texts
    done: list[Done] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is wrong with files, which of it can be mended, and whether their examples could be run."""

    errors: list[Finding]
    mends: list[tuple[Finding, Mend]]
    ran: bool

    def beside(self, before: _Found) -> _Found:
        """Without examples that fail where none could be run before: that they did was only not known."""
        if before.ran:
            return self
        return replace(self, errors=[error for error in self.errors if error.code != "E001"])

    @property
    def lasting(self) -> int:
        """How many errors no mend is certain for."""
        places = [Mend(found.span, "") for found, _ in self.mends if found.span is not None]
        return sum(
            error.span is None or not any(Mend(error.span, "").touches(place) for place in places)
            for error in self.errors
        )


def mend(texts: Texts) -> Mended:
    """The files with every certain mend made, then with their keys in order.

    A mend stays only if nothing is wrong at its place afterwards. It may bring to light what it hid, but
    in the end there are never more errors than there were; else only those stay that add none themselves.
    """
    before = _found(texts)
    result = _mended(texts, before, bold=True)
    if len(_found(result.texts).beside(before).errors) > len(before.errors):
        result = _mended(texts, before, bold=False)
    return _with_keys_in_order(result)


def _mended(texts: Texts, found: _Found, *, bold: bool) -> Mended:
    so_far = Mended(texts)
    for _ in range(MOST_ROUNDS):
        kept = _kept(so_far.texts, [], found.mends, found, bold=bold)
        if not kept:
            break
        done = [Done(finding, mend.span.text, mend.text) for finding, mend in kept]
        so_far = Mended(_with(so_far.texts, kept), [*so_far.done, *done])
        found = _found(so_far.texts)
    return so_far


def _found(texts: Texts) -> _Found:
    """The errors of the library, its examples on the reference evaluator included."""
    return _found_in(tuple(sorted(texts.items())))


@lru_cache(maxsize=2)
def _found_in(files: tuple[tuple[str, bytes], ...]) -> _Found:
    """What was kept is looked at again in the next round: once is enough."""
    texts = dict(files)
    library = load_texts(texts)
    findings = list(library.findings)
    runs = library.plan is not None and not has_errors(findings)
    if runs:
        findings = in_order([*findings, *run_on(library, "reference").failures])
    roots = {name: read(name, content)[0] for name, content in texts.items()}
    mends: list[tuple[Finding, Mend]] = []
    for finding, bare in certain_mends(findings, _known(library)):
        root = roots.get(bare.span.source.name)
        certain = bare if root is None else in_its_scalar(root, bare)
        if not any(certain.touches(other) for _, other in mends):
            mends.append((finding, certain))
    return _Found([f for f in findings if f.severity is Severity.ERROR], mends, runs)


def _known(library: Library) -> frozenset[str]:
    return known_words(library.catalogue, library.rulebooks, {*library.sources, *library.statements})


def _kept(
    texts: Texts,
    sure: list[tuple[Finding, Mend]],
    mends: list[tuple[Finding, Mend]],
    before: _Found,
    *,
    bold: bool,
) -> list[tuple[Finding, Mend]]:
    """`sure` and those of `mends` that make nothing worse, found by halves."""
    if not mends or _is_no_worse(texts, [*sure, *mends], before, bold=bold):
        return [*sure, *mends]
    if len(mends) == 1:
        return sure
    half = len(mends) // 2
    sure = _kept(texts, sure, mends[:half], before, bold=bold)
    return _kept(texts, sure, mends[half:], before, bold=bold)


def _is_no_worse(texts: Texts, mends: list[tuple[Finding, Mend]], before: _Found, *, bold: bool) -> bool:
    after = _found(_with(texts, mends)).beside(before)
    places = list(_places([mend for _, mend in mends]))
    for error in after.errors:
        if error.span is not None and any(Mend(error.span, "").touches(Mend(place, "")) for place in places):
            return False
    fewer = len(after.errors) <= len(before.errors)
    return fewer or (bold and after.lasting <= before.lasting)


def _places(mends: Iterable[Mend]) -> Iterable[Span]:
    """Where the mends stand once all are made; only name, start and end count."""
    moved: dict[str, int] = defaultdict(int)
    for made in sorted(mends, key=lambda mend: mend.span.order):
        name = made.span.source.name
        start = made.span.start + moved[name]
        yield Span(SourceText(name, ""), start, start + len(made.text))
        moved[name] += len(made.text) - (made.span.end - made.span.start)


def _with(texts: Texts, mends: Iterable[tuple[Finding, Mend]]) -> Texts:
    by_file: dict[str, list[Mend]] = defaultdict(list)
    for _, made in mends:
        by_file[made.span.source.name].append(made)
    new = {name: mended(made[0].span.source.text, made).encode() for name, made in by_file.items()}
    return {**texts, **new}


def _with_keys_in_order(so_far: Mended) -> Mended:
    """Files with a mapping out of order are laid out as `caiding fmt` does."""
    texts, done = dict(so_far.texts), list(so_far.done)
    for name, content in so_far.texts.items():
        root, findings = read(name, content)
        disorder = [] if root is None or findings else keys_out_of_order(root)
        text = laid_out(name, content)[0] if disorder else None
        if text is not None:
            texts[name] = text.encode()
            done += [
                Done(Finding("L006", {"key": one.span.text, "next": other.span.text}, one.span), "", None)
                for one, other in disorder
            ]
    return Mended(texts, done)
