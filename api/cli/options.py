"""Options whose help is in the language that was asked for, and the choices that commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from api.cli.door import Stop, door_of
from api.present.labels import keys, label
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
    """An option that is explained by `labels.toml`, by its command's name and its own, or its own alone."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        key = self.opts[-1].lstrip("-")
        language = door_of(ctx).language
        own = f"{_full_name(ctx)} {key}"
        self.help = label("option", own if own in keys("option") else key, language)
        record = super().get_help_record(ctx)
        if record is None:
            return None
        names, words = record
        return names, words.replace("[default: ", f"[{label('heading', 'default', language)}").replace(
            "[required]", f"[{label('heading', 'required', language)}]"
        )


class InWords(click.Command):
    """Help whose headings are in the language asked for, not in click's English."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, label("heading", "usage", door_of(ctx).language))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [record for option in options if (record := option.get_help_record(ctx))]
        with formatter.section(label("heading", "options", door_of(ctx).language)):
            formatter.write_dl(records)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = label("option", "help", door_of(ctx).language)
        return option


class LabelledCommand(InWords):
    """A command whose own text of help stands in `labels.toml`, by its name after `caiding`."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(label("command", _full_name(ctx), door_of(ctx).language))


class GroupInWords(LabelledCommand, click.Group):
    """Commands under one word; a name that is not among them is a finding that tells the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            raise Stop(Finding("D002", {"written": name}, suggestion=closest(name, known)))
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        language, before = door_of(ctx).language, f"{_full_name(ctx)} ".lstrip()
        rows = [(name, label("command", before + name, language)) for name in self.list_commands(ctx)]
        with formatter.section(label("heading", "commands", language)):
            formatter.write_dl(rows)


def _full_name(ctx: click.Context) -> str:
    """`key new` of `caiding key new`; nothing for `caiding` itself."""
    return ctx.command_path.partition(" ")[2]


def option(*names: str, **settings: object) -> Callable[[Command], Command]:
    """A click option that takes its help from `labels.toml`."""
    return click.option(*names, cls=_Option, **settings)


def described(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A click command that takes its help from `labels.toml`."""
    settings = {"help_option_names": ["-h", "--help"]}
    return click.command(name, cls=LabelledCommand, context_settings=settings)


def group(name: str) -> click.Group:
    """A word with commands under it, each made by `described` and added to it."""
    settings = {"help_option_names": ["-h", "--help"]}
    return GroupInWords(name, context_settings=settings, subcommand_metavar="COMMAND")


LANGUAGES = OneOf(["zh", "en"])
EVALUATORS = OneOf(["all", "reference", "compiled", "durable"])
