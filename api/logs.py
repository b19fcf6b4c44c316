"""The log of the service: one JSON object a line on standard error, from every process and library alike.

`at` (UTC), `level` and `event` come first, then what is bound and what is given (`request_id`, `edition`, …).
Never a secret: API keys and passwords in URLs are blotted out wherever they turn up, and of an exception
only its kind and its places are told, since its text may quote a ticket or a statement's parameters.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, TypeAlias, cast

import msgspec
import structlog

ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]

_KEY = re.compile(rb"(caiding_\d+_)[^\s\"'\\&,;)]+")
_PASSWORD = re.compile(rb"(://[^\s:/@\"']*:)[^\s@\"']+@")
_SECRET_FIELD = re.compile(rb"(?i)(password[\"\\]*\s*[=:]\s*[\"\\']*)[^\s\"'\\,;&]+")
_FRAMES = 12
_ROOT = Path(__file__).resolve().parent.parent
_ENCODER = msgspec.json.Encoder(enc_hook=str)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Journal(Protocol):
    """Structured log lines: an event and its fields, never a secret or the value of a fact."""

    def info(self, event: str, **fields: Any) -> Any: ...
    def error(self, event: str, **fields: Any) -> Any: ...


def configure(level: str = "info", stream: BinaryIO | None = None, **bound: Any) -> None:
    """Sets up the log of this process; `bound` stands on each of its lines (`process="worker"`)."""
    out = stream or sys.stderr.buffer
    structlog.configure(
        processors=[_with_exception, _Render(bound)],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_ToJournal()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_ended


def journal(**bound: Any) -> structlog.typing.FilteringBoundLogger:
    """A logger on whose lines `bound` stands; `configure` comes first."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger().bind(**bound))


def for_granian() -> dict[str, Any]:
    """Granian's own logging, sent the same way."""
    handler = {"class": f"{__name__}._ToJournal"}
    logger = {"handlers": ["journal"], "level": "INFO", "propagate": False}
    return {
        "formatters": {},
        "handlers": {"journal": handler},
        "loggers": {"_granian": dict(logger), "granian.access": dict(logger)},
    }


def _thread_ended(ending: threading.ExceptHookArgs) -> None:
    name = ending.thread.name if ending.thread else None
    structlog.get_logger().error("thread_ended", thread=name, exc_info=ending.exc_value)


class _Render:
    """The last step: the line itself."""

    def __init__(self, bound: Mapping[str, Any]) -> None:
        self._bound = dict(bound)

    def __call__(self, _: Any, level: str, fields: MutableMapping[str, Any]) -> bytes:
        event = fields.pop("event", "")
        line = {"at": _now(), "level": level, "event": event, **self._bound, **fields}
        return without_secrets(_ENCODER.encode(line))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def without_secrets(line: bytes) -> bytes:
    """The same line with keys and passwords blotted out.

    >>> without_secrets(b"caiding_1_c2VjcmV0 postgresql://me:word@host/db")
    b'caiding_1_*** postgresql://me:***@host/db'
    """
    if b"caiding_" in line:
        line = _KEY.sub(rb"\1***", line)
    if b"://" in line:
        line = _PASSWORD.sub(rb"\1***@", line)
    if b"assword" in line:
        line = _SECRET_FIELD.sub(rb"\1***", line)
    return line


def _with_exception(logger: Any, level: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    del logger, level
    if "exc_info" in fields:
        info = fields.pop("exc_info")
        fields.update(_told(info if isinstance(info, tuple) else _caught(info)))
    return fields


def _caught(info: object) -> object:
    if isinstance(info, BaseException):
        return (type(info), info, info.__traceback__)
    return sys.exc_info() if info else None


def _told(info: object) -> dict[str, Any]:
    """Kinds from the outermost to the cause, and the innermost places, without a word of what was handled."""
    if not isinstance(info, tuple) or info[1] is None:
        return {}
    _, error, trace = cast("ExceptionInfo", info)
    kinds: list[str] = []
    cause = cast("BaseException | None", error)
    while cause is not None and len(kinds) < _FRAMES:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    return {"exception": kinds, "where": [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames]}


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else "/".join(path.parts[-2:])


class _ToJournal(logging.Handler):
    """Sends the records of the standard library's logging to the same log."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"logger": record.name.lstrip("_")}
        if record.exc_info:
            fields.update(_told(record.exc_info))
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        structlog.get_logger().log(min(record.levelno, logging.CRITICAL), text, **fields)
