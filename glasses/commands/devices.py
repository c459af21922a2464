"""`glasses devices`: what is there, with the address to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from devices.registry import Listed

_PLUGGED_IN = ("card", "default", "webcam")
"""Drivers that find what is plugged in. Others, such as files and streams, have nothing to find."""

_EPILOG = """\b
Examples:
  glasses devices
  glasses devices --json
  glasses run --camera webcam:1 --microphone "card:USB" --speaker default
"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a driver, a line each.")
def command(as_json: bool) -> None:
    """List cameras, microphones, speakers and buttons with the address to type, and why a driver can't be used."""
    import json
    from dataclasses import asdict

    from devices.registry import KINDS, listing
    from glasses.quiet import libraries_quiet

    with libraries_quiet():
        drivers = list(listing())
    if as_json:
        for driver in drivers:
            click.echo(json.dumps(asdict(driver), ensure_ascii=False))
        return
    for kind in KINDS:
        if of_kind := [driver for driver in drivers if driver.kind == kind]:
            click.echo(click.style(f"{kind}s", bold=True))
            _show(of_kind)


def _show(drivers: list[Listed]) -> None:
    """What is there, or that nothing is; what can be named all the same; and which drivers can't, and why."""
    from glasses.view import printable

    there = [found for driver in drivers for found in driver.found]
    for found in there:
        click.echo(f"  {printable(found.address):24} {printable(found.description)}")
    if not there and any(driver.name in _PLUGGED_IN and not driver.trouble for driver in drivers):
        click.echo(click.style("  nothing plugged in", fg="yellow"))
    others = [driver for driver in drivers if driver.name not in _PLUGGED_IN and not driver.found]
    if forms := dict.fromkeys(form for driver in others for form in driver.forms):
        click.echo(click.style(f"  also: {printable(', '.join(forms))}", dim=True))
    for trouble in dict.fromkeys(driver.trouble for driver in drivers if driver.trouble):
        names = ", ".join(driver.name for driver in drivers if driver.trouble == trouble)
        click.echo(f"  {names:24} " + click.style(printable(trouble), fg="yellow"))
