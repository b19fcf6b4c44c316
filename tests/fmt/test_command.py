"""`caiding fmt` and `caiding check --fix` as they are called."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.door import Stop
from api.cli.rewriting import read_text, rewrite
from tests.api.command_line import SMALL, Run

LAID_OUT = """\
rulebook: extra
title: {zh: 附加, en: extra}

sections:
  - section: s
    title: {zh: 节, en: s}
    items:
      - rule: paid
        title: {zh: 已付, en: paid}
        cite: {source: deck, quote: 丢失罚五十元}
        when: {paid: true}
        then: {breach: {code: late}}
        examples:
          - example: paid
            given: {paid: true}
            expect: {breach: late}
"""
_WHEN, _THEN = "        when: {paid: true}\n", "        then: {breach: {code: late}}\n"
TIDY = LAID_OUT.replace(_THEN, f"{_THEN.rstrip()}  # 违规\n")
UNTIDY = LAID_OUT.replace(_WHEN + _THEN, f"        then: {{breach: {{code: 'late'}}}} # 违规\n{_WHEN}")
UNCLEAR = "`yes` is neither plainly text nor plainly true or false"
WRONG = LAID_OUT.replace("when: {paid: true}", "when: {paid: yes}").replace("examples:", "exampels:")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small library with one rulebook that is not laid out."""
    rules = tmp_path / "rules"
    shutil.copytree(SMALL, rules)
    for name in ("facts", "fines", "sources", "statements"):
        (rules / f"{name}.yaml").chmod(0o644)
    (rules / "extra.yaml").write_text(UNTIDY, encoding="utf-8")
    return rules


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_fmt_lays_out_and_says_so_once(run: Run, folder: Path) -> None:
    """A second run has nothing to do, and does not touch the files."""
    first = run("fmt", folder)
    assert first.code == 0
    assert f"laid out: {folder / 'extra.yaml'}\n" in first.out
    assert (folder / "extra.yaml").read_text(encoding="utf-8") == TIDY
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    second = run("fmt", folder)
    assert (second.code, second.out) == (0, "5 files: 0 laid out\n")
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times


@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_fmt_can_only_look(run: Run, folder: Path, option: str) -> None:
    before = contents(folder)
    ran = run("fmt", option, folder / "extra.yaml")
    assert contents(folder) == before
    assert ran.code == (2 if option == "--check" else 0)
    assert run("fmt", "--check", "--diff", folder / "extra.yaml").code == 2
    if option == "--diff":
        assert ran.out.splitlines()[4:] == [
            "         title: {zh: 已付, en: paid}",
            "         cite: {source: deck, quote: 丢失罚五十元}",
            "-        then: {breach: {code: 'late'}} # 违规",
            "         when: {paid: true}",
            "+        then: {breach: {code: late}}  # 违规",
            "         examples:",
            "           - example: paid",
            "             given: {paid: true}",
        ]


def test_fmt_reads_standard_input(run: Run) -> None:
    ran = run("fmt", "-", stdin=UNTIDY.encode())
    assert (ran.code, ran.out, ran.err) == (0, TIDY, "")
    assert run("fmt", "-", "rules", stdin=b"").code == 1


def test_fmt_speaks_chinese(run: Run, folder: Path) -> None:
    assert run("--lang", "zh", "fmt", "--check", folder / "extra.yaml").out.splitlines() == [
        f"待整理：{folder / 'extra.yaml'}",
        "1 个文件：1 个待整理",
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("rulebook: [a", "R027"),
        ("rulebook: a\nrulebook: b\n", "R017"),
        ("{rulebook: a, due: add days(a, 3)}", "L002"),
        ("services: {web: {image: nginx}}\n", "L001"),
        ("- a\n", "L001"),
        ("", "R003"),
        ("rulebook: &a b\n", "R010"),
        ("\x00", "R004"),
    ],
)
def test_fmt_leaves_alone_what_it_cannot_read(run: Run, tmp_path: Path, content: str, code: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(content, encoding="utf-8")
    ran = run("fmt", file)
    assert ran.code == 2
    assert f"[{code}]" in ran.err
    assert "1 left as they are" in ran.out
    assert file.read_text(encoding="utf-8") == content


def test_fmt_of_a_folder_passes_over_what_is_no_rulebook(run: Run, folder: Path) -> None:
    """Files below it count, hidden ones and other people's YAML do not."""
    for name in ("compose.yaml", ".hidden/extra.yaml", "deeper/extra.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("services: {}\n" if "compose" in name else UNTIDY, encoding="utf-8")
    ran = run("fmt", folder)
    assert ran.code == 0
    assert ran.out.splitlines()[-1].startswith("6 files")
    assert (folder / "deeper/extra.yaml").read_text(encoding="utf-8") == TIDY
    assert (folder / ".hidden/extra.yaml").read_text(encoding="utf-8") == UNTIDY


def test_fmt_keeps_line_ends_permissions_and_links(run: Run, folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_bytes(UNTIDY.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    link = folder / "link.yaml"
    link.symlink_to(real)
    assert run("fmt", link).code == 0
    assert link.is_symlink()
    assert real.read_bytes() == TIDY.replace("\n", "\r\n").encode()
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_file_that_may_not_be_written_stays_whole(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(folder)
    monkeypatch.setattr(os, "access", lambda *_: False)
    for command in (("fmt", folder), ("check", "--fix", "--no-proofs", folder)):
        ran = run(*command)
        assert ran.code == 1
        assert "[D015]" in ran.err
    assert contents(folder) == before


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = contents(folder)
    monkeypatch.setattr(Path, "replace", refused)
    assert "[D029]" in run("fmt", folder).err
    assert contents(folder) == before


def test_a_file_that_somebody_else_changes_meanwhile_is_theirs(folder: Path) -> None:
    text = read_text(str(folder / "extra.yaml")).with_content(TIDY.encode())
    (folder / "extra.yaml").write_text("rulebook: other\n", encoding="utf-8")
    with pytest.raises(Stop) as stop:
        rewrite(text)
    assert [finding.code for finding in stop.value.findings] == ["L004"]
    assert (folder / "extra.yaml").read_text(encoding="utf-8") == "rulebook: other\n"


@pytest.mark.parametrize("arguments", [("fmt", "nowhere"), ("fmt", "nowhere.yaml"), ("check", "--diff")])
def test_what_is_not_there_is_told(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == 1
    assert ran.err.startswith("error[")


def test_fmt_translates_a_rulebook_and_back(run: Run, folder: Path) -> None:
    (folder / "extra.yaml").write_text(TIDY, encoding="utf-8")
    assert run("fmt", "--lang", "zh", folder / "extra.yaml").code == 0
    chinese = (folder / "extra.yaml").read_text(encoding="utf-8")
    assert "        条件: {已付: 是}\n        结论: {违反: {代码: 超时}}  # 违规\n" in chinese
    assert run("check", "--no-proofs", folder).code == 0
    assert run("fmt", "--lang", "en", folder / "extra.yaml").code == 0
    assert (folder / "extra.yaml").read_text(encoding="utf-8") == TIDY


def test_a_translation_needs_the_catalogue(run: Run, folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.yaml"
    alone.write_text(TIDY, encoding="utf-8")
    assert "[L007]" in run("fmt", "--lang", "zh", alone).err
    assert alone.read_text(encoding="utf-8") == TIDY
    assert run("fmt", "--lang", "zh", "--rules", folder, alone).code == 0
    assert alone.read_text(encoding="utf-8").startswith("规则书: extra")


def test_check_fix_says_each_mend_and_what_is_left(run: Run, folder: Path) -> None:
    file = folder / "extra.yaml"
    file.write_text(WRONG, encoding="utf-8")
    ran = run("check", "--fix", "--no-proofs", folder)
    assert ran.code == 0, ran.out
    assert ran.out.splitlines() == [
        f"mended {file}:11:22: `yes` -> `true` (R100: {UNCLEAR})",
        f"mended {file}:13:9: `exampels` -> `examples` (R102: the key `exampels` is not known here)",
        f"{folder}: 2 rulebooks, 2 rules, no findings",
    ]


def test_check_fix_puts_keys_in_order(run: Run, folder: Path) -> None:
    ran = run("--lang", "zh", "check", "--fix", "--no-proofs", folder)
    assert ran.out.splitlines()[0] == (
        f"已改 {folder / 'extra.yaml'}:11:9：各键排好次序（L006：`then` 写在了 `when` 前面，次序相反）"
    )
    assert (folder / "extra.yaml").read_text(encoding="utf-8") == TIDY


def test_check_fix_can_only_show(run: Run, folder: Path) -> None:
    (folder / "extra.yaml").write_text(WRONG, encoding="utf-8")
    before = contents(folder)
    ran = run("check", "--fix", "--diff", folder)
    assert ran.code == 2
    assert "-        exampels:\n+        examples:\n" in ran.out
    assert ran.err.count("to be mended") == 2
    assert contents(folder) == before


def test_check_fix_tells_programs(run: Run, folder: Path) -> None:
    (folder / "extra.yaml").write_text(WRONG, encoding="utf-8")
    document = json.loads(run("check", "--fix", "--no-proofs", "--format", "json", folder).out)
    assert [(mended["code"], mended["before"], mended["after"]) for mended in document["mended"]] == [
        ("R100", "yes", "true"),
        ("R102", "exampels", "examples"),
    ]
    assert document["findings"] == []


@pytest.fixture(autouse=True)
def _no_left_overs(tmp_path: Path) -> Iterator[None]:
    yield
    assert not list(tmp_path.rglob("*.part"))
