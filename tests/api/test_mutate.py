"""`caiding test --mutate` as an officer and a build server run it: score, survivors, examples written."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.api.command_line import SMALL, Run


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The small library, to be written into."""
    return Path(shutil.copytree(SMALL, tmp_path / "rules"))


def test_survivors_are_shown_with_the_example_that_would_notice_them(run: Run, rules: Path) -> None:
    """Place, change, and an example ready to paste; exit code 2 while there is one."""
    ran = run("test", str(rules), "--mutate")
    assert ran.code == 2
    assert ran.err == ""
    assert "no example notices `0` changed to `0.01` in `fines/loss/lost`" in ran.out
    lines = (rules / "fines.yaml").read_text(encoding="utf-8").splitlines()
    number, line = next((n, line) for n, line in enumerate(lines, start=1) if '"> 0"' in line)
    column = line.index('"> 0"') + 1
    assert f"{rules}/fines.yaml:{number}:{column}\n" in ran.out
    assert "noticed by this example, to be written under `examples` of fines/loss/lost:" in ran.out
    assert '  - example: "value 0.01' in ran.out or "  - example: value 0.01" in ran.out
    assert ran.out.rstrip().splitlines()[-1].startswith("fines: ")


def test_written_examples_bring_the_score_to_all(run: Run, rules: Path) -> None:
    """`--write` adds lines and takes none away; then there is nothing left to say."""
    before = (rules / "fines.yaml").read_text(encoding="utf-8")
    ran = run("test", str(rules), "--mutate", "--write")
    assert ran.code == 0, ran.out + ran.err
    after = (rules / "fines.yaml").read_text(encoding="utf-8")
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert f"written to {rules}/fines.yaml: look at each of them" in ran.out
    assert sorted(path.name for path in rules.iterdir()) == sorted(path.name for path in SMALL.iterdir())
    again = run("test", str(rules), "--mutate")
    assert again.code == 0
    assert again.out.startswith("fines: 100%, ")
    assert run("check", str(rules)).code == 0


def test_writing_again_changes_nothing(run: Run, rules: Path) -> None:
    """Where every change is noticed there is nothing to write."""
    run("test", str(rules), "--mutate", "--write")
    written = (rules / "fines.yaml").read_bytes()
    assert run("test", str(rules), "--mutate", "--write").code == 0
    assert (rules / "fines.yaml").read_bytes() == written


def test_json_for_programs(run: Run, rules: Path) -> None:
    """Counts, each survivor with its place, and the examples by number."""
    ran = run("test", str(rules), "--mutate", "--format", "json")
    assert ran.code == 2
    told = json.loads(ran.out)
    score = told["score"]
    assert (
        score["survived"]
        == len(told["survivors"])
        == score["mutants"] - score["noticed"] - score["equivalent"]
    )
    assert told["rulebooks"] == {"fines": score}
    assert told["written"] == []
    first = told["survivors"][0]
    assert first["code"].startswith("M00")
    assert first["settled"] is True
    assert told["examples"][first["example"]]["item"] == "fines/loss/lost"
    assert told["examples"][first["example"]]["yaml"].startswith("- example: ")


def test_junit_for_build_servers(run: Run, rules: Path) -> None:
    """A suite for each rulebook, a failure for each survivor."""
    ran = run("test", str(rules), "--mutate", "--format", "junit")
    suite = ET.fromstring(ran.out).find("testsuite")  # noqa: S314 - as above
    assert suite is not None
    assert suite.get("name") == "fines"
    assert len(suite.findall("testcase/failure")) == int(suite.get("failures", "0")) > 0


def test_in_chinese(run: Run, rules: Path) -> None:
    """All of it."""
    ran = run("--lang", "zh", "test", str(rules), "--mutate")
    assert "`fines/loss/lost` 中 `0` 改为 `0.01`，没有示例发现" in ran.out
    assert "写在 fines/loss/lost 的 examples 之下即可发现：" in ran.out


def test_failing_examples_come_first(run: Run, rules: Path) -> None:
    """What examples notice cannot be told while some of them fail."""
    book = rules / "fines.yaml"
    book.write_text(book.read_text(encoding="utf-8").replace("{fine: 50}", "{fine: 51}"), encoding="utf-8")
    ran = run("test", str(rules), "--mutate", "--write")
    assert ran.code == 2
    assert "error[E001]" in ran.err
    assert "error[M011]: some examples fail, so what they notice cannot be told" in ran.err


def test_write_goes_with_mutate_only(run: Run, rules: Path) -> None:
    """Nothing else of `test` writes."""
    ran = run("test", str(rules), "--write")
    assert ran.code == 1
    assert ran.err.startswith("error[M015]: `--write` goes with `--mutate` only")


def test_a_folder_that_cannot_be_written(run: Run, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is told, every file is as it was, and nothing lies about."""
    before = {path: path.read_bytes() for path in rules.iterdir()}

    def full(_: Path, target: Path) -> Path:
        raise OSError(28, "no space left", str(target))

    monkeypatch.setattr(Path, "replace", full)
    ran = run("test", str(rules), "--mutate", "--write")
    assert ran.code == 1
    assert "error[D029]" in ran.err
    assert {path: path.read_bytes() for path in rules.iterdir()} == before
