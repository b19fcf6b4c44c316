"""The command line's words, exit codes and languages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest

from api.present.labels import keys, label
from engine.base.findings import Language
from engine.rulebook.expressions import DateFunctionName
from tests.api.command_line import ROOT, SMALL, Run


def subprocess_run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli.main", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_imports_no_engine() -> None:
    """`--help` is quick because it imports neither the engine nor what shows tables."""
    code = (
        "import sys\nfrom api.cli.main import main\nmain(['--help'])\n"
        "print([m for m in ('rich', 'yaml', 'engine.library', 'pyarrow', 'lark') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("language", "words"), [("zh", "检查规则书"), ("en", "check the rulebooks")])
def test_help_in_both_languages(run: Run, language: str, words: str) -> None:
    """The help of the whole and of each command is in the language asked for."""
    assert words in run("--lang", language, "--help").out
    assert words in run("--lang", language, "check", "--help").out


def test_language_of_the_locale(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Chinese locale speaks Chinese, unless told otherwise."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "没有" in run("check", "nowhere").err
    assert "there is no folder" in run("--lang", "en", "check", "nowhere").err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("chekc",), "D002"),
        (("--lang", "fr", "check"), "D003"),
        (("check", "--format", "jsno"), "D003"),
        (("check", "--fromat", "json"), "D004"),
        (("decide",), "D005"),
        (("check", "a", "b"), "D097"),
        (("show", "--on"), "D096"),
        (("show", "--width", "10"), "D092"),
        (("generate", "--tickets", "many"), "D093"),
        (("generate", "--output", "history.xlsx"), "D094"),
        (("generate", "--output", "nowhere/history.csv"), "D010"),
        (("decide", "--reading", "AMB-01", "-"), "D095"),
        (("decide", "examples/tickets/dispatch_delay.json", "--output", "nowhere/out.json"), "D010"),
        (("decide", "examples/tickets/dispatch_delay.json", "--output", "/dev/full"), "D029"),
        (("show", "--on", "2015-13-01"), "D007"),
        (("decide", "--as-of", "noon", "examples/tickets/dispatch_delay.json"), "D008"),
        (("check", "ruels"), "D010"),
        (("check", "README.md/x"), "D010"),
        (("check", "pyproject.toml"), "D011"),
        (("check", "tests"), "D012"),
        (("decide", "nothing.json"), "D014"),
        (("decide", "pyproject.toml"), "D018"),
        (("show", "rules", "penaltys"), "D019"),
        (("decide", "--reading", "AMB-1=floor", "-"), "D020"),
        (("decide", "--reading", "AMB-01=flor", "-"), "D021"),
        (("generate", "--tickets", "0"), "D090"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_work_that_cannot_be_done(run: Run, arguments: tuple[str, ...], code: str, language: str) -> None:
    """What cannot be done ends with 1, one finding on standard error, and nothing on standard output."""
    ran = run("--lang", language, *arguments) if "--lang" not in arguments else run(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert f"[{code}]" in ran.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("chekc",), "check"),
        (("check", "ruels"), "rules"),
        (("check", "--fromat", "json"), "--format"),
        (("show", "rules", "penaltys"), "penalties"),
        (("decide", "--reading", "AMB-01=flor", "-"), "floor"),
    ],
)
def test_did_you_mean(run: Run, arguments: tuple[str, ...], word: str) -> None:
    """A slip of the fingers is met with the word that was meant."""
    assert f"did you mean `{word}`?" in run(*arguments).err


def test_own_mistake_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is told in a sentence; `--debug` shows where."""
    monkeypatch.setattr("engine.library.load", None)
    monkeypatch.setattr("api.cli.loading.load", None)
    ran = run("check", SMALL)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error[D001]")
    assert "Traceback" not in ran.err
    assert "Traceback" in run("--debug", "check", SMALL).err


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130 and says that the result is not complete."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("api.cli.loading.load", interrupt)
    ran = run("check", SMALL)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip() == "note[D009]: interrupted, the result is not complete"


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    """The bare command is no mistake to be told about: it shows what there is, and ends with 1."""
    ran = run()
    assert (ran.code, ran.out) == (1, "")
    assert "decide" in ran.err
    assert "error" not in ran.err


def test_full_disk_behind_standard_output() -> None:
    """What could not be written is told, though the writing fails only when the command ends."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "api.cli.main", "--lang", "en", "check", str(SMALL)]
        ended = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert "[D029]" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_broken_pipe_is_silent() -> None:
    """A reader that goes away early is no trouble."""
    command = f"{sys.executable} -m api.cli.main generate --tickets 20000 | head -1 | wc -l"
    run = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("1", "")


def test_colour_only_on_a_terminal() -> None:
    """Text that goes into a file carries no colours."""
    run = subprocess_run("check", "nowhere")
    assert "\x1b" not in run.stderr + run.stdout
    assert run.returncode == 1


def test_version(run: Run) -> None:
    """`--version` says it."""
    assert run("--version").out.startswith("caiding 0.")


def test_every_label_is_in_both_languages() -> None:
    """Nothing is shown in one language only."""
    import tomllib

    groups = tomllib.loads((ROOT / "api" / "present" / "labels.toml").read_text(encoding="utf-8"))
    assert all({"zh", "en"} <= entry.keys() for group in groups.values() for entry in group.values())
    assert set(keys("command")) >= {"check", "test", "decide", "show", "trace", "generate"}


# --- check, test, trace, show ---------------------------------------------------------------------------


def test_clean_library(run: Run) -> None:
    """A sound library gives one line and 0."""
    ran = run("check", "tests/api/small", "--evaluator", "reference")
    assert (ran.code, ran.out) == (0, "tests/api/small: 1 rulebook, 1 rule, no findings\n")
    chinese = run("--lang", "zh", "check", "tests/api/small", "--evaluator", "reference")
    assert chinese.out == "tests/api/small：1 本规则书，1 条规则，没有发现问题\n"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the small library whose rule names a fact that is not there."""
    return altered(tmp_path, "when: {kind: loss", "when: {knid: loss")


def altered(folder: Path, before: str, after: str) -> Path:
    for file in SMALL.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name == "fines.yaml":
            assert before in text
            text = text.replace(before, after)
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["more.yml", "MORE.YAML", "2016/more.yaml"])
def test_a_rulebook_that_would_be_passed_over_is_named(run: Run, tmp_path: Path, name: str) -> None:
    """A file with the wrong ending, or one folder too deep, is never left out in silence."""
    folder = tmp_path / "rules"
    shutil.copytree(SMALL, folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("rulebook: more\n", encoding="utf-8")
    ran = run("check", folder)
    assert ran.code == 2
    assert f"warning[D098]: `{folder / name}` is not read" in ran.out


def test_help_speaks_no_english_in_chinese(run: Run) -> None:
    """The headings and the words of click itself are translated too."""
    out = run("--lang", "zh", "decide", "--help").out
    for word in ("Usage", "Options", "default", "Show"):
        assert word not in out
    assert "用法：caiding decide" in out


def test_finding_with_place_and_mend(run: Run, broken: Path) -> None:
    """The line is shown with the span underlined, and the mend."""
    ran = run("check", broken, "--evaluator", "reference")
    assert ran.code == 2
    lines = ran.out.splitlines()
    place = next(n for n, line in enumerate(lines) if "-->" in line)
    assert lines[place].endswith("fines.yaml:20:16")
    assert lines[place + 2].endswith('when: {knid: loss, value: "> 0"}')
    assert lines[place + 3].index("^^^^") == lines[place + 2].index("knid")
    assert "help: did you mean `kind`?" in lines[place + 4]


def test_underline_below_wide_characters(run: Run, tmp_path: Path) -> None:
    """Chinese characters take two cells each, and the underline counts them so."""
    folder = altered(
        tmp_path, "title: {zh: 快件丢失, en: parcel lost}", "title: {zh: 快件丢失, ne: parcel lost}"
    )
    lines = run("check", folder, "--evaluator", "reference").out.splitlines()
    marks = next(line for line in lines if line.endswith(" ^^"))
    assert marks == "   | " + " " * (len("        title: {zh: 快件丢失, ") + 4) + "^^"


def test_failed_example_is_a_finding(run: Run, tmp_path: Path) -> None:
    """An example that does not hold stands at its place, with what was expected and what came."""
    folder = altered(tmp_path, "expect: {fine: 50}", "expect: {fine: 60}")
    ran = run("check", folder, "--evaluator", "reference")
    assert ran.code == 2
    assert "E001" in ran.out
    assert "fine: 60" in ran.out
    tested = run("test", folder, "--evaluator", "reference")
    assert tested.code == 2
    assert "1 of 2 examples passed" in tested.out


def test_json_and_sarif_and_github(run: Run, broken: Path) -> None:
    """The same findings for programs."""
    found = json.loads(run("check", broken, "--format", "json").out)
    assert found["findings"][0]["place"]["line"] == 20
    assert found["summary"]["errors"] >= 1
    log = json.loads(run("check", broken, "--format", "sarif").out)
    assert log["version"] == "2.1.0"
    result = log["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 16
    assert log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    line = run("check", broken, "--format", "github").out.splitlines()[0]
    assert line.startswith("::error file=")
    assert "line=20" in line


def test_quotes(run: Run, tmp_path: Path) -> None:
    """Quotes are compared without white space, width of punctuation and readings in brackets."""
    (tmp_path / "deck.txt").write_text("丢失罚\n五（wǔ）十元", encoding="utf-8")
    ran = run("check", SMALL, "--sources", tmp_path, "--evaluator", "reference")
    assert ran.code == 2
    assert [line.split(":")[0] for line in ran.out.splitlines() if "[R29" in line] == [
        "warning[R297]",
        "error[R295]",
    ]
    (tmp_path / "deck.txt").unlink()
    assert "R296" in run("check", SMALL, "--sources", tmp_path, "--evaluator", "reference").out
    assert run("check", SMALL, "--sources", tmp_path / "none").code == 1


def test_every_quote_of_the_shipped_rulebooks(run: Run) -> None:
    """Each sentence that the rulebooks cite stands in its source, where the sources are at hand."""
    sources = ROOT.parent / "shared" / "sources"
    if not sources.is_dir():
        pytest.skip("the source documents are not part of the project")
    assert "R29" not in run("check", "rules", "--sources", sources, "--evaluator", "reference").out


def test_uncovered_row_fails(run: Run, tmp_path: Path) -> None:
    """What no example reaches is a failure, unless it is allowed."""
    cite = "cite: {source: deck, quote: 丢失罚五十元}"
    exception = f"unless: [{{exception: paid, title: {{zh: 已付, en: paid}}, {cite}, when: {{paid: true}}}}]"
    folder = altered(tmp_path, "        then:", f"        {exception}\n        then:")
    ran = run("test", folder, "--evaluator", "reference")
    assert ran.code == 2
    assert "fines/loss/lost/paid" in ran.out


def test_junit(run: Run) -> None:
    """JUnit counts the examples."""
    ran = run("test", SMALL, "--evaluator", "reference", "--format", "junit")
    suites = ET.fromstring(ran.out)  # noqa: S314 - written by ourselves
    assert {suite.get("name"): suite.get("tests") for suite in suites} == {"reference": "2", "coverage": "0"}


def test_test_as_json(run: Run) -> None:
    """Results and coverage for programs."""
    ran = run("test", SMALL, "--evaluator", "reference", "--format", "json")
    found = json.loads(ran.out)
    assert found["evaluators"]["reference"] == {"examples": 2, "passed": 2, "failed": []}
    assert found["coverage"]["rule"] == {"covered": 1, "all": 1}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_trace(run: Run, language: str) -> None:
    """Every statement is encoded or given up with a reason."""
    ran = run("--lang", language, "trace", SMALL)
    assert ran.code == 0
    assert (
        ran.out.splitlines()[-1]
        == {
            "zh": "2 条条文：1 条写入规则，1 条写明无法写成，0 条未了",
            "en": "2 statements: 1 encoded, 1 not encodable, 0 open",
        }[language]
    )


def test_trace_of_the_shipped_rulebooks(run: Run) -> None:
    """Nothing in the sources is left open."""
    ran = run("trace", "rules", "--format", "json")
    assert ran.code == 0
    assert all(row["encoded_by"] or row["not_encodable"] for row in json.loads(ran.out)["statements"])


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("statements: [A-1]", "statements: [A-2]", "T001"),
        ("statements: [A-1]", "statements: [A-1, A-2]", "T002"),
        ("statements: [A-1]", "statements: [A-1, A-3]", "T003"),
        ("background: {day: 2015-06-10}", "background: {day: 2015-06-10}", ""),
    ],
)
def test_trace_findings(run: Run, tmp_path: Path, before: str, after: str, code: str) -> None:
    """What is open, both, or not known is a finding."""
    ran = run("trace", altered(tmp_path, before, after))
    assert ran.code == (2 if code else 0)
    assert code in ran.out


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_show(run: Run, language: str, width: int) -> None:
    """No line is wider than asked for, and no spelling of the rulebook's values is shown."""
    from rich.cells import cell_len

    ran = run("--lang", language, "show", "rules", "penalties", "--width", width)
    assert ran.code == 0
    assert max(cell_len(line) for line in ran.out.splitlines()) <= width
    assert ("不提供发票" if language == "zh" else "no invoice") in ran.out
    assert "= no_invoice" not in ran.out


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("day", [None, "2010-01-01", "2015-10-08"])
def test_every_rulebook_can_be_shown(run: Run, language: str, day: str | None) -> None:
    """Whatever construct the shipped rulebooks use, there are words for it."""
    ran = run("--lang", language, "show", *(("--on", day) if day else ()))
    assert (ran.code, ran.err) == (0, "")


def test_every_date_function_has_words() -> None:
    """Its label takes as many operands as the formula gives."""
    for name in get_args(DateFunctionName):
        operands = ("first", "second")[: 1 if name == "date of" else 2]
        for language in get_args(Language):
            assert label("words", name, language, **dict.fromkeys(operands, "x"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_show_says_values_of_records_and_readings_in_words(run: Run, language: str) -> None:
    """No spelling of the rulebook stands alone in what an officer reads: scans, readings, amounts of rows."""
    shown = run("--lang", language, "show", "penalties", "--width", 120).out
    scans, not_chosen, source = {
        "zh": ("扫描类型 = 收件 且 扫描网点角色 = 发件网点", "（未采用）", "中通总部客户投诉部培训讲义"),
        "en": (
            "kind of scan = pickup and role of the scanning outlet = origin outlet",
            "(not chosen)",
            "deck",
        ),
    }[language]
    assert scans in " ".join(shown.split())
    assert not_chosen in shown
    assert source in shown.splitlines()[-3] + shown.splitlines()[-4]
    assert "：amount" not in shown
    assert ": amount" not in shown


@pytest.mark.parametrize(
    ("language", "rises", "implements"),
    [
        ("zh", "随此只升不降 第几次投诉、处理完毕时间", "执行 按承诺日期补送发票"),
        (
            "en",
            "never falls with ordinal of the complaint, time handling was completed",
            "implements invoice delivered by the promised date",
        ),
    ],
)
def test_show_says_what_items_promise(run: Run, language: str, rises: str, implements: str) -> None:
    shown = " ".join(run("--lang", language, "show", "penalties", "--width", 140).out.split())
    assert rises in shown
    assert f"{implements} national_standard/invoice/invoice-appointment" in shown


@pytest.mark.parametrize(("language", "words"), [("zh", "视为没有"), ("en", "there is none")])
def test_show_the_fact_catalogue(run: Run, language: str, words: str) -> None:
    """Every fact with its names, its values in words, and what it means to leave it out."""
    ran = run("--lang", language, "show", "facts", "--width", 140)
    assert (ran.code, ran.err) == (0, "")
    facts = (ROOT / "rules" / "facts.yaml").read_text(encoding="utf-8")
    names = re.findall(r"^  (\w+):\n    entity:", facts, re.MULTILINE)
    assert len(names) > 100
    assert [name for name in names if name not in ran.out] == []
    assert words in ran.out


def test_show_on_a_day(run: Run) -> None:
    """Only what is in force on that day is shown."""
    before, after = (run("show", "penalties", "--on", day).out for day in ("2015-09-30", "2015-10-01"))
    assert "penalties/first-call/no-invoice" not in before.split()
    assert "penalties/first-call/no-invoice" in after.split()


def test_missing_parameter_is_marked(run: Run) -> None:
    """What the source does not give cannot be overlooked."""
    assert "[missing]" in run("show", "penalties").out


def test_shipped_examples_of_tickets(run: Run) -> None:
    """The tickets of the README get the verdicts that the README tells."""
    tickets = sorted(str(path) for path in (ROOT / "examples" / "tickets").glob("*.json"))
    ran = run("decide", "--format", "json", "--evaluator", "reference", *tickets)
    verdicts = [json.loads(line)["verdict"] for line in ran.out.splitlines()]
    kinds = [{outcome["kind"] for outcome in verdict["outcomes"]} for verdict in verdicts]
    totals = [verdict["totals"] for verdict in verdicts]
    assert [total.get("fine", {}).get("CNY") for total in totals] == [None, "50.00", "500.00", None]
    assert "review" in kinds[0]
    assert "share" in kinds[3]
