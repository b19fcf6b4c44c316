"""Writes `docs/findings.md` from the catalogue of codes.

`python -m tests.docs.findings_page > docs/findings.md`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import groupby

from engine.base.findings import Code, Severity, codes

HEADINGS: Mapping[str, str] = {
    "D": "D 命令、文件、工单的格式 / commands, files, the form of tickets",
    "E": "E 例子 / examples",
    "F": "F 工单的事实 / a ticket's facts",
    "H": "H 提示里的用语 / words of help lines",
    "R0": "R0 文件的文字 / the text of a file",
    "R1": "R1 写法的形状 / the shape of a file",
    "R2": "R2 规则的含义 / what a rulebook means",
    "R3": "R3 证明 / what the proof finds",
    "S": "S 服务 / the service",
    "T": "T 条文对照 / accounting for the sources",
}
TOP = """\
# 提示一览 / All findings
`caiding check` 等命令给出的每一种提示：代码、中英文、改法。花括号里是提示时填入的内容。
本页由程序写出：`python -m tests.docs.findings_page > docs/findings.md`。

Every finding that Caiding gives: its code, both texts, the mend. What stands in braces is filled in. This
page is written by a program, with the command above.

没有标注的都是错误，有错误的规则库不能使用；*警告*和*说明*不妨碍使用。
What is not marked is an error, and a library with errors is not used. A *warning* or *information* does not
stop it.
"""
MARKS: Mapping[Severity, str] = {
    Severity.ERROR: "",
    Severity.WARNING: "<br>*警告 warning*",
    Severity.INFORMATION: "<br>*说明 information*",
}


class _AsWritten(dict[str, str]):
    """Fills each place of a template with its own name in braces."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def text() -> str:
    """The whole page."""
    return "\n".join([TOP, *_sections()])


def _sections() -> Iterator[str]:
    for group, found in groupby(sorted(codes().values(), key=lambda code: code.id), key=_group):
        yield f"## {HEADINGS.get(group, group)}\n"
        yield "| | 中文 | English |\n| --- | --- | --- |"
        yield from map(_row, found)
        yield ""


def _group(code: Code) -> str:
    return code.id[:2] if code.id.startswith("R") else code.id[:1]


def _row(code: Code) -> str:
    chinese = _cell(code.text["zh"], code.help.get("zh"), "处理：")
    english = _cell(code.text["en"], code.help.get("en"), "help: ")
    return f"| **{code.id}**{MARKS[code.severity]} | {chinese} | {english} |"


def _cell(message: str, help_: str | None, mend: str) -> str:
    parts = [message] if help_ is None else [message, f"{mend}{help_}"]
    return "<br>".join(part.format_map(_AsWritten()).replace("|", "\\|") for part in parts)


if __name__ == "__main__":
    sys.stdout.write(text())
