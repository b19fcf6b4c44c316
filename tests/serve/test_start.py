"""How the service starts, and what it says when it cannot."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.main import main
from tests.serve.running import KEY, refused, serving, write_rules


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """A command that is run in this process must not leave its handlers behind."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_first_start_gives_a_key_and_the_second_does_not(tmp_path: Path) -> None:
    """The key is printed once, has all roles, and still works after the service has started again."""
    with serving(tmp_path) as running:
        assert len(KEY.findall(running.said)) == 1
        assert f"http://127.0.0.1:{running.port}" in running.said
        assert running.ready()["edition"] in running.said
        answer = running.judge()
        assert answer.status == 201
        assert running.ask("POST", "/v1/editions/reload").status == 200
        assert running.stop() == 0
        assert "has stopped" in running.said
    with serving(tmp_path, key=running.key) as again:
        assert not KEY.findall(again.said)
        found = again.ask("GET", f"/v1/verdicts/{answer.body['id']}")
        assert (found.status, found.body["verdict"]) == (200, answer.body["verdict"])
        assert again.stop(signal.SIGINT) == 0
        assert not list((tmp_path / "tmp").iterdir()), "the run folder is gone"


def test_speaks_chinese_and_warns(tmp_path: Path) -> None:
    """What is for a person is in the language asked for: where it serves, what to mind, what cannot be."""
    with serving(tmp_path, "--host", "0.0.0.0", "--without-log", lang="zh") as running:  # noqa: S104 - the case
        said = "".join(running.said.split())
        assert "裁定服务已启动" in said
        assert "其他机器可以连接0.0.0.0" in said
        assert "判定不会记录" in said
        assert running.judge().status == 201
        assert running.stored() == set()
        assert running.judge(kind="theft").body["errors"][0]["message"].isascii() is False
        code, said = refused(tmp_path, "--port", str(running.port), lang="zh")
        assert (code, f"端口 {running.port} 已被占用" in said) == (1, True)
        assert running.stop() == 0


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    """Also where what uses it is no service of ours."""
    write_rules(tmp_path / "rules")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, said = refused(tmp_path, "--port", str(port))
    assert code == 1
    assert f"port {port} is in use" in said
    assert not (tmp_path / "caiding.db").exists(), "nothing is made by a start that fails"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--second-opinion", "120%"], "`--second-opinion` cannot be `120%`"),
        (["--second-opinion", "much"], "`--second-opinion` cannot be `much`"),
        (["--rate", "fast"], "`--rate` cannot be `fast`"),
        (["--port", "70000"], "`--port` cannot be `70000`"),
        (["--workers", "0"], "`--workers` is a whole number from 1 on, not `0`"),
        (["--host", "203.0.113.7", "--port", "0"], "cannot listen on port 0 of `203.0.113.7`"),
        (["--evaluator", "best"], "`--evaluator` cannot be `best`"),
        (["--port", "0", "--database-url", "oracle://x"], "oracle"),
        (["--port", "0", "--database-url", "sqlite:////nowhere/at/all.db"], "/nowhere/at/all.db"),
        (["--port", "0", "--database-url", "postgresql://me:w0rd@127.0.0.1:1/x"], "me:***@127.0.0.1:1/x"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_what_cannot_be_is_a_finding(
    tmp_path: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, exit code 1, no password."""
    write_rules(tmp_path / "rules")
    code = main(["--lang", "en", "serve", "--rules", str(tmp_path / "rules"), *options])
    found = capsys.readouterr().err
    assert (code, said in " ".join(found.split())) == (1, True), found
    assert "w0rd" not in found


def test_rules_with_errors_do_not_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are shown as `check` shows them, exit code 2; the same for an example that fails."""

    def start(folder: Path) -> tuple[int, str]:
        code = main(["--lang", "en", "serve", "--port", "0", "--rules", str(folder)])
        return code, capsys.readouterr().err

    rules = tmp_path / "rules"
    write_rules(rules)
    good = (rules / "fines.yaml").read_text(encoding="utf-8")
    (rules / "fines.yaml").write_text(good.replace("kind: loss,", "kind: lost,"), encoding="utf-8")
    code, said = start(rules)
    assert (code, "lost" in said, "fines.yaml" in said, "have errors" in said) == (2, True, True, True)
    (rules / "fines.yaml").write_text(good.replace("fine: 50", "fine: 51"), encoding="utf-8")
    code, said = start(rules)
    assert (code, "smoke test" in said, "fines.yaml" in said) == (2, True, True)
    code, said = start(tmp_path / "ruels")
    assert (code, "there is no folder" in said) == (1, True)
