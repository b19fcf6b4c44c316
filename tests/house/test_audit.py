"""`make audit` fails on an advisory, and says so where nobody can be asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.house.audit import audit, said

ADVISORY = {
    "id": "GHSA-test-0001",
    "summary": "made up",
    "affected": [
        {
            "package": {"name": "anything", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.9"}]}],
        }
    ],
}


@contextmanager
def advisories(answer: Any) -> Iterator[str]:
    """The address of a register of advisories that always answers this."""

    class Register(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Register)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def locked(tmp_path: Path) -> str:
    file = tmp_path / "run.txt"
    file.write_text(f"anything==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    return str(file)


def test_an_advisory_fails(locked: str) -> None:
    with advisories({"vulns": [ADVISORY]}) as address:
        code, lines = audit(locked, ["-s", "osv", "--osv-url", address])
    assert code == 1
    assert lines[0] == "audit: anything 1.0: GHSA-test-0001, mended in 9.9"


def test_no_advisory_passes(locked: str) -> None:
    with advisories({}) as address:
        code, lines = audit(locked, ["-s", "osv", "--osv-url", address])
    assert (code, lines) == (0, [f"audit: {locked}: 1 libraries looked up, 0 advisories"])


def test_a_machine_without_a_network_says_so_in_one_line(locked: str) -> None:
    code, lines = audit(locked, ["-s", "osv", "--osv-url", "http://127.0.0.1:9/v1/query"])
    assert (code, lines) == (0, [f"audit: {locked} was NOT audited, no advisories can be reached from here"])


def test_what_the_registry_does_not_know_is_said_in_one_line_and_does_not_fail() -> None:
    code, lines = said("run.txt", [{"name": "anything", "skip_reason": "not found"}])
    assert (code, lines) == (
        0,
        ["audit: run.txt: 1 libraries were NOT audited, the registry knows no advisories"],
    )


def test_a_file_that_cannot_be_read_fails(tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    file.write_text("this is no requirement ===\n", encoding="utf-8")
    assert audit(str(file))[0] == 1
