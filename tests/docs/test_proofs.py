"""Every rulebook on the page about proofs gets the findings shown, and every command prints what is shown.

A `text finding` is what `caiding prove` says of the rulebook above it, all of it but for cliffs, which are
only asked for where they are shown. Behind a rulebook a `diff` makes another edition of it, in the folder
`candidate`; commands in `console` run beside both.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from engine.base.findings import Language, codes
from engine.library import load_texts
from tests.docs.blocks import Block, Sample, page, samples
from tests.docs.fresh import run
from tests.docs.transcript import LEFT_OUT, changed

PAGES: Mapping[str, Language] = {"docs/proofs.md": "en", "docs/proofs.zh.md": "zh"}
CLIFFS = "what one more unit costs", "再多一点的代价"
"""What stands above cliffs (R314), which have no code of their own on the screen."""
NOT_SHOWN = {"R392"}
"""The page tells of these without an example: only a mistake of Caiding's own could make one."""
FINDING, TICKET = re.compile(r"\[(R3\d\d)\]"), re.compile(r"^(?:ticket|工单): (\{.*\})$", re.MULTILINE)
EVERY = [
    pytest.param(name, sample, id=f"{name}:{sample.line} {sample.name}")
    for name in PAGES
    for sample in samples(page(name))
]


def laid_out(sample: Sample, folder: Path) -> None:
    """The sample's files, and its other edition where it has one."""
    (folder / "rules").mkdir()
    for name, content in sample.files.items():
        (folder / "rules" / name).write_bytes(content)
    for block in sample.after:
        if block.form == "diff":
            candidate = folder / "candidate"
            shutil.copytree(folder / "rules", candidate, dirs_exist_ok=True)
            file = candidate / f"{sample.name}.yaml"
            file.write_text(changed(file.read_text(encoding="utf-8"), block), encoding="utf-8")


def codes_of(finding: Block) -> list[str]:
    return FINDING.findall(finding.text) or ["R314"]


@pytest.mark.parametrize(("name", "sample"), EVERY)
def test_the_proof_says_of_a_rulebook_what_the_page_shows(name: str, sample: Sample, tmp_path: Path) -> None:
    laid_out(sample, tmp_path)
    printed = run(tmp_path, "--lang", PAGES[name], "prove").rpartition("\n\n")[0].strip()
    shown = "" if sample.finding is None else sample.finding.text.strip()
    assert (printed if shown.startswith(CLIFFS) else without_cliffs(printed)) == shown
    for ticket in TICKET.findall(shown):
        (tmp_path / "ticket.json").write_text(ticket, encoding="utf-8")
        assert "edition" in json.loads(run(tmp_path, "decide", "ticket.json", "--format", "json"))


def without_cliffs(printed: str) -> str:
    """Cliffs stand at the end."""
    return re.split("|".join(f"^{heading}$" for heading in CLIFFS), printed, flags=re.MULTILINE)[0].strip()


@pytest.mark.parametrize(("name", "sample"), [case for case in EVERY if case.values[1].after])  # type: ignore[union-attr]  # a Sample
def test_the_commands_of_the_page_print_what_it_shows(name: str, sample: Sample, tmp_path: Path) -> None:
    laid_out(sample, tmp_path)
    for command, shown in commands(sample, tmp_path):
        program, *arguments = shlex.split(command)
        assert program == "caiding", command
        printed = [line.rstrip() for line in run(tmp_path, "--lang", PAGES[name], *arguments).splitlines()]
        rest = iter(printed)
        missing = [line for line in shown if line != LEFT_OUT and line not in rest]
        assert missing == [], "\n".join(printed)
        assert LEFT_OUT in shown or shown == printed


def commands(sample: Sample, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command behind the sample with the lines shown of its output; files are written on the way."""
    for block in sample.after:
        if block.role:
            (folder / block.role.removeprefix("file=")).write_text(block.text, encoding="utf-8")
        elif block.form == "console":
            for part in f"\n{block.text}".split("\n$ ")[1:]:
                command, *shown = part.rstrip("\n").split("\n")
                yield command, [line.rstrip() for line in shown]


@pytest.mark.parametrize("name", PAGES)
def test_every_finding_of_the_proof_has_an_example(name: str) -> None:
    shown = {code for sample in samples(page(name)) if sample.finding for code in codes_of(sample.finding)}
    proved = {code for code in codes() if code.startswith("R3")}
    assert shown == proved - NOT_SHOWN
    assert [code for code in sorted(proved) if f"**{code}**" not in page(name)] == []


def test_both_pages_show_the_same_rulebooks() -> None:
    """But for their examples, which are called otherwise and are no part of an edition."""
    english, chinese = (
        [(sample.name, edition_of(sample.files)) for sample in samples(page(name))] for name in PAGES
    )
    assert english == chinese


def edition_of(files: Mapping[str, bytes]) -> str:
    plan = load_texts(files).plan
    assert plan is not None
    return plan.edition
