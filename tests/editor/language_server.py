"""The YAML language server that VS Code and Neovim run, spoken to over its standard input and output."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.docs.blocks import ROOT

SERVER = "node_modules/yaml-language-server/bin/yaml-language-server"
PLACES = (os.environ.get("YAML_LANGUAGE_SERVER", ""), str(ROOT / "build" / "editor" / SERVER))
"""Where it may be; `.ci/run` puts it into the second."""


def server() -> Path | None:
    """The server's start script, or None where it or Node.js is missing."""
    if shutil.which("node") is None:
        return None
    return next((Path(place) for place in PLACES if place and Path(place).is_file()), None)


@dataclass
class Editor:
    """An editor with one server, as far as the tests are one."""

    process: subprocess.Popen[bytes]
    settings: Mapping[str, Any]
    number: int = 0
    said: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The findings shown for each file."""

    def open(self, file: Path, text: str) -> None:
        """Shows a text as that file, whatever stands in it, and waits until the server has looked at it."""
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.said.pop(file.as_uri(), None)
        self.tell("textDocument/didOpen", {"textDocument": document})
        while file.as_uri() not in self.said:
            self._take(self._receive())

    def findings(self, file: Path) -> list[dict[str, Any]]:
        """What the server underlines in the file."""
        return self.said[file.as_uri()]

    def completions(self, file: Path, line: int, column: int) -> dict[str, str]:
        """What is offered at a place (from nought), each with what is said of it."""
        answer = self.ask("textDocument/completion", _place(file, line, column))
        offered = answer if isinstance(answer, list) else answer["items"]
        return {one["label"]: _text(one.get("documentation", "")) for one in offered}

    def hover(self, file: Path, line: int, column: int) -> str:
        answer = self.ask("textDocument/hover", _place(file, line, column))
        return _text(answer["contents"]) if answer else ""

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        self.number += 1
        self.tell(method, params, id=self.number)
        while True:
            message = self._receive()
            if message.get("id") == self.number and "method" not in message:
                assert "error" not in message, message
                return message.get("result")
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        """What the server says or asks by itself."""
        match message:
            case {"method": "textDocument/publishDiagnostics", "params": params}:
                self.said[params["uri"]] = params["diagnostics"]
            case {"method": "workspace/configuration", "id": number, "params": {"items": items}}:
                found = [self.settings.get(item.get("section", "")) for item in items]
                self._write({"id": number, "result": found})
            case {"method": str(), "id": number}:
                self._write({"id": number, "result": None})
            case _:
                pass

    def tell(self, method: str, params: Mapping[str, Any], **head: int) -> None:
        """Says something that needs no answer; with `id` it is a question."""
        self._write({**head, "method": method, "params": params})

    def _write(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stdin = _opened(self.process.stdin)
        stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        stdin.flush()

    def _receive(self) -> dict[str, Any]:
        stdout = _opened(self.process.stdout)
        length = 0
        while line := stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(stdout.read(length))
        return message


def settings_of(folder: Path) -> dict[str, Any]:
    """The settings of `.vscode/settings.json` as a server asks for them, by section."""
    written: dict[str, Any] = json.loads((folder / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    sections: dict[str, Any] = {}
    for name, value in written.items():
        *path, last = [name] if name.startswith("[") else name.split(".")
        within = sections
        for step in path:
            within = within.setdefault(step, {})
        within[last] = value
    return sections


@contextmanager
def editor(folder: Path, start: Path, settings: Mapping[str, Any]) -> Iterator[Editor]:
    """An editor with that folder open, under the settings of its `.vscode/settings.json`."""
    command: Sequence[str] = ["node", str(start), "--stdio"]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        made = Editor(process, settings)
        try:
            root = {"uri": folder.as_uri(), "name": folder.name}
            capabilities = {
                "textDocument": {
                    "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                    "hover": {"contentFormat": ["markdown"]},
                    "publishDiagnostics": {},
                },
                "workspace": {"configuration": True, "workspaceFolders": True},
            }
            start_with = {"processId": os.getpid(), "rootUri": root["uri"], "capabilities": capabilities}
            made.ask("initialize", {**start_with, "workspaceFolders": [root]})
            made.tell("initialized", {})
            made.tell("workspace/didChangeConfiguration", {"settings": {}})
            yield made
        finally:
            process.kill()


def _place(file: Path, line: int, column: int) -> dict[str, Any]:
    return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": column}}


def _text(said: Any) -> str:
    return str(said["value"]) if isinstance(said, dict) else str(said)


def _opened(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
