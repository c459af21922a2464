"""`glasses service`: glasses that start with the machine, by systemd."""

from __future__ import annotations

from collections.abc import Iterable

import click

_EPILOG = """\b
Examples:
  glasses service install
  glasses service status
  glasses service logs --follow
  glasses service uninstall

Without screen and keyboard: put your settings as glasses.toml, and your keys (OPENAI_API_KEY=..., a line each) as
glasses-keys.txt, onto the boot partition of the card. They are taken over to ~/.config/glasses when the service starts,
once for each content; delete the keys there then.
"""


@click.group(epilog=_EPILOG)
def command() -> None:
    """Start glasses with the machine, without a login, and again when they fail."""


@command.command(epilog="\b\nExample:\n  glasses service install")
def install() -> None:
    """Write the service, start it now and with the machine. Again: update it."""
    from glasses import service

    _print(service.install())


@command.command(epilog="\b\nExample:\n  glasses service uninstall")
def uninstall() -> None:
    """Stop the service and remove it."""
    from glasses import service

    _print(service.uninstall())


@command.command(epilog="\b\nExample:\n  glasses service status")
def status() -> None:
    """Say how it stands: ready, or what it waits for."""
    from glasses import service

    click.echo(service.status())


@command.command(epilog="\b\nExamples:\n  glasses service logs\n  glasses service logs --follow")
@click.option("--lines", type=click.IntRange(1), default=50, show_default=True, help="How many, the last ones.")
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
def logs(lines: int, follow: bool) -> None:
    """Show what it wrote to the journal: devices and faults, never what was heard or answered."""
    from glasses import service

    if code := service.logs(lines, follow):
        raise click.exceptions.Exit(code)


@command.command(hidden=True, epilog="\b\nExample:\n  glasses service run")
def run() -> None:
    """What systemd starts: a session that says how it stands to systemd, and to the wearer that it is ready."""
    import os

    from glasses import config as configuration
    from glasses.live import Wish, live
    from glasses.service_boot import take_over
    from glasses.service_watch import journal

    _print(take_over())
    live(configuration.load({}), Wish(service=True), journal(_line))
    os._exit(0)  # as in `glasses run`


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        _line(line)


def _line(line: str) -> None:
    click.echo(line)
