"""Options whose help is in the language that was asked for, and the choices that commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from api.cli.door import Stop, door_of
from api.present.labels import label
from engine.base.findings import Finding
from engine.base.suggest import closest

Command = TypeVar("Command", bound=Callable[..., Any])


class OneOf(click.Choice[str]):
    """One of a few words; another one is a finding that names the nearest."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        del ctx
        words: Sequence[str] = [str(choice) for choice in self.choices]
        if value in words:
            return str(value)
        option_name = param.opts[0] if param and param.opts else ""
        values = {"written": str(value), "option": option_name, "allowed": ", ".join(words)}
        raise Stop(Finding("D003", values, suggestion=closest(str(value), words)))


class _Option(click.Option):
    """An option that is explained by `labels.toml`."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        key = self.opts[-1].lstrip("-")
        self.help = label("option", key, door_of(ctx).language)
        return super().get_help_record(ctx)


class LabelledCommand(click.Command):
    """A command whose own text of help stands in `labels.toml`."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(label("command", self.name or "", door_of(ctx).language))


def option(*names: str, **settings: object) -> Callable[[Command], Command]:
    """A click option that takes its help from `labels.toml`."""
    return click.option(*names, cls=_Option, **settings)


def described(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A click command that takes its help from `labels.toml`."""
    settings = {"help_option_names": ["-h", "--help"]}
    return click.command(name, cls=LabelledCommand, context_settings=settings)


LANGUAGES = OneOf(["zh", "en"])
EVALUATORS = OneOf(["all", "reference", "compiled", "durable"])
