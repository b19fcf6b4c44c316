"""One attempt to deliver, to receivers good and bad; and the addresses that may be called at all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from api.watches.delivery import Delivered, Failed, Patience, deliver
from api.watches.signature import headers, new_secret
from api.watches.targets import Target, target_of
from tests.watches.receiver import Call, Receiver, receiving

QUICK = Patience(connect=1.0, read=0.3, whole=0.6)


def post(url: str) -> Delivered | Failed:
    return deliver(url, b"{}", {"content-type": "application/json"}, QUICK)


def signature_of(call: Call, secret: str) -> str:
    """The signature worked out anew from what came in, by nothing of ours."""
    key = base64.b64decode(secret.split("_")[1])
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def test_signed(receiver: Receiver) -> None:
    """A receiver that knows the secret finds the signature right, and wrong for any other body or time."""
    secret = new_secret()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    body = '{"文": 1}'.encode()
    assert deliver(receiver.url, body, headers(secret, "ring-1", 1434762000, body), QUICK) == Delivered()
    (call,) = receiver.calls
    assert call.headers["webhook-signature"] == signature_of(call, secret)
    forged = Call(call.path, {**call.headers, "webhook-timestamp": "1434762001"}, call.body)
    assert call.headers["webhook-signature"] != signature_of(forged, secret)
    assert secret not in str(call.headers)


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_taken(receiver: Receiver, status: int) -> None:
    """Any status of success is a receipt."""
    receiver.answers.append(status)
    assert post(receiver.url) == Delivered()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    """What is delivered goes to the registered address and to no other."""
    receiver.answers.append(status)
    assert post(receiver.url) == Failed(f"status {status}")
    assert len(receiver.calls) == 1


def test_little_is_kept_of_an_answer(receiver: Receiver) -> None:
    """Of the answer to a failed attempt 200 bytes are kept, on one line."""
    receiver.answers.append(500)
    receiver.body = b"went\nwrong " + b"x" * 1000
    result = post(receiver.url)
    assert isinstance(result, Failed)
    assert result.reason.startswith("status 500: went wrong xxx")
    assert len(result.reason) == len("status 500: ") + 200


def test_gone(receiver: Receiver) -> None:
    """410 says that the receiver wants no more of it."""
    receiver.answers.append(410)
    assert post(receiver.url) == Failed("status 410", for_good=True)


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_time_limits(receiver: Receiver, answer: str) -> None:
    """A receiver that says nothing, or a byte at a time, is hung up on."""
    receiver.answers.append(answer)
    began = time.monotonic()
    assert isinstance(post(receiver.url), Failed)
    assert time.monotonic() - began < 3


def test_broken_off(receiver: Receiver) -> None:
    """A receiver that hangs up has not taken it."""
    receiver.answers.append("close")
    assert post(receiver.url) == Failed("the connection broke off")


def test_refused() -> None:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/") == Failed("connection refused")


def test_unknown_host() -> None:
    """A host that cannot be found is a failed attempt like any other."""
    assert isinstance(post("https://nowhere.invalid/hook"), Failed)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for `localhost` that nobody trusts by itself, and its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "certificate.pem", folder / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    command = [program, *words.split(), "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-out", str(made), "-keyout", str(key)], check=True, capture_output=True)
    return made, key


@pytest.mark.parametrize(
    ("host", "trusted", "taken"),
    [("localhost", True, True), ("localhost", False, False), ("127.0.0.1", True, False)],
)
def test_certificates(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool, taken: bool
) -> None:
    """Over https only a receiver that a trusted certificate names gets anything."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with receiving(certificate) as receiver:
        result = post(receiver.url.replace("//127.0.0.1", f"//{host}"))
        assert len(receiver.calls) == taken
    refused = Failed("the certificate or the encryption was refused")
    assert result == (Delivered() if taken else refused)


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is delivered does not pass by a proxy that happens to be named in the environment."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    assert post(receiver.url) == Delivered()


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("http://example.test/hook", "not_https"),
        ("http://127.0.0.1.example.test/", "not_https"),
        ("http://169.254.169.254/latest", "not_https"),
        ("http://[::ffff:10.0.0.1]/", "not_https"),
        ("https://user:word@example.test/", "has_password"),
        ("https://example.test/#part", "has_fragment"),
        ("ftp://example.test/", "not_a_url"),
        ("file:///etc/passwd", "not_a_url"),
        ("https://", "not_a_url"),
        ("https://example.test:99999/", "not_a_url"),
        ("https://exa mple.test/", "not_a_url"),
        ("https://例.test/", "not_a_url"),
        ("https://[::1/", "not_a_url"),
        ("https://example.test/\r\nX: y", "not_a_url"),
        ("https://example.test/" + "a" * 2000, "not_a_url"),
        ("", "not_a_url"),
    ],
)
def test_addresses_that_are_not_called(url: str, trouble: str) -> None:
    """Only https, or http to this machine; nothing hidden in the address."""
    assert target_of(url) == trouble
    assert post(url) == Failed("the registered address may not be called", for_good=True)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://localhost/hook?a=1", Target("http", "localhost", 80, "/hook?a=1")),
        ("http://[::1]:8000", Target("http", "::1", 8000, "/")),
        ("HTTPS://Example.test/Hook", Target("https", "example.test", 443, "/Hook")),
    ],
)
def test_addresses_that_are_called(url: str, target: Target) -> None:
    """An address is taken apart as it was written."""
    assert target_of(url) == target
