"""The command `caiding`: finds the command asked for, and turns every ending into an exit code.

Exit codes: 0 clean, 1 the command could not do its work, 2 findings, failed examples or bad tickets,
130 interrupted. Nothing is imported for a command that is not called.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec

import click

from api.cli.door import (
    COULD_NOT,
    INTERRUPTED,
    Door,
    Stop,
    cannot_write,
    door_of,
    finding_from_usage_error,
    language_from,
    show_findings,
)
from api.cli.options import LANGUAGES, GroupInWords, option
from api.present.labels import label
from engine.base.findings import Finding, Language

COMMANDS: Mapping[str, str] = {
    "new": "api.cli.new",
    "check": "api.cli.check",
    "fmt": "api.cli.fmt",
    "test": "api.cli.test",
    "decide": "api.cli.decide",
    "walk": "api.cli.walk",
    "explain": "api.cli.explain",
    "dry-run": "api.cli.dry_run",
    "settle": "api.cli.settle",
    "bulletin": "api.cli.bulletin",
    "prove": "api.cli.prove",
    "diff": "api.cli.diff",
    "sql": "api.cli.sql",
    "show": "api.cli.show",
    "trace": "api.cli.trace",
    "schema": "api.cli.schema",
    "generate": "api.cli.generate",
    "serve": "api.cli.serve",
    "key": "api.cli.key",
    "log": "api.cli.log",
    "database": "api.cli.database",
    "webhook": "api.cli.webhook",
}
"""Each command's module, whose `command` is the click command; labels.toml has a line on each."""


class Commands(GroupInWords):
    """A group that imports a command's module when the command is called, and not for its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [name for name, module in COMMANDS.items() if find_spec(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(label("heading", "caiding", door_of(ctx).language))


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"caiding {version('caiding')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@option("--lang", type=LANGUAGES, is_eager=True)
@option("--debug", is_flag=True)
@option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version)
@click.pass_context
def caiding(ctx: click.Context, lang: str | None, debug: bool) -> None:
    ctx.obj = Door(language=door_of(ctx).language, debug=debug)
    del lang


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and gives its exit code; nothing but SystemExit ever leaves it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    language = _language_before_parsing(given)
    try:
        return _call(given)
    except Stop as stop:
        show_findings(stop.findings, language)
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        return COULD_NOT
    except click.UsageError as error:
        show_findings((finding_from_usage_error(error),), language)
        return COULD_NOT
    except (click.Abort, KeyboardInterrupt):
        show_findings((Finding("D009", {}),), language)
        return INTERRUPTED
    except BrokenPipeError:
        _close_quietly()
        return COULD_NOT
    except OSError as error:
        _close_quietly()
        show_findings((cannot_write("stdout", error),), language)
        return COULD_NOT
    except Exception as error:  # noqa: BLE001 - the last handler: nobody is shown a traceback
        return _own_mistake(error, language, debug="--debug" in given)


def _call(given: list[str]) -> int:
    exit_code = int(caiding.main(given, prog_name="caiding", standalone_mode=False) or 0)
    sys.stdout.flush()
    return exit_code


def _language_before_parsing(given: Sequence[str]) -> Language:
    """The language for what goes wrong, which may be the reading of the options itself."""
    for index, word in enumerate(given):
        name, joined, value = word.partition("=")
        if name == "--lang":
            chosen = value if joined else (given[index + 1] if index + 1 < len(given) else "")
            return "zh" if chosen == "zh" else "en"
    return language_from(os.environ)


def _own_mistake(error: Exception, language: Language, *, debug: bool) -> int:
    """An exception that nothing expected is a mistake of Caiding's own: one sentence, no traceback."""
    if debug:
        traceback.print_exception(error)
    values = {"kind": type(error).__name__}
    show_findings((Finding("D001", values),), language)
    return COULD_NOT


def _close_quietly() -> None:
    """The reader has gone: what is still buffered goes nowhere, so that Python's exit stays silent."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
