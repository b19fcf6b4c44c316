"""The live service keeps to its document, and the page that shows it asks nobody else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT
from tests.openapi.described import shipped
from tests.serve.running import Running, serving

HERE = Path(__file__).parent
SECONDS = "30"
EXAMPLES = "8"
CHROMIUM = shutil.which("chromium")
ALONE = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=8000",
    "--enable-logging=stderr",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service with the shipped rulebooks."""
    home = tmp_path_factory.mktemp("service")
    shutil.copytree(ROOT / "rules", home / "rules")
    with serving(home, "--rate", "0") as running:
        yield running


def test_schemathesis_finds_nothing(running: Running, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file"]
    command += [str(HERE / "schemathesis.toml"), "run", f"http://127.0.0.1:{running.port}/openapi.json"]
    command += ["--header", f"Authorization: Bearer {running.key}", "--no-color", "--seed", "1"]
    command += ["--continue-on-failure", "--max-examples", EXAMPLES, "--max-time", SECONDS]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.openapi.hooks", "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=150, check=False
    )
    assert run.returncode == 0, shortened(run.stdout)


def shortened(said: str) -> str:
    return "\n".join(line[:400] for line in said.splitlines())


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to open the page in")
def test_the_page_shows_every_endpoint_and_asks_no_other_host(running: Running, tmp_path: Path) -> None:
    address = f"http://anybody:{running.key}@127.0.0.1:{running.port}/docs/"
    page, said = in_chromium(address, tmp_path)
    assert [path for path in shipped().document["paths"] if f'data-path="{path}"' not in page] == []
    asked = asked_by_pages(json.loads((tmp_path / "net.json").read_text(encoding="utf-8")))
    origin = f"http://127.0.0.1:{running.port}"
    assert f"{origin}/openapi.json" in asked
    assert [url for url in asked if not url.startswith(f"{origin}/")] == []
    assert [line for line in said.splitlines() if "CONSOLE" in line] == []


def in_chromium(address: str, folder: Path) -> tuple[str, str]:
    """The page as it stands once its scripts have run, and what the browser said."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM,
        *ALONE,
        f"--user-data-dir={folder / 'profile'}",
        f"--log-net-log={folder / 'net.json'}",
    ]
    run = subprocess.run(
        [*command, "--dump-dom", address], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, run.stderr


def asked_by_pages(log: Any) -> set[str]:
    """Every address that a page asked for; what the browser asks for itself has no origin."""
    asked = (event.get("params", {}) for event in log["events"])
    return {
        params["url"].partition(" ")[0]
        for params in asked
        if params.get("initiator", "").startswith("http") and "url" in params
    }
