"""`glasses devices`: what is there, with the address to type."""

from __future__ import annotations

import click

_EPILOG = """\b
Examples:
  glasses devices
  glasses devices --json
  glasses run --camera webcam:1 --microphone "card:USB" --speaker default
"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a driver, a line each.")
def command(as_json: bool) -> None:
    """List cameras, microphones and speakers with the address to type, and why a driver can't be used."""
    import json
    from dataclasses import asdict

    from devices.registry import listing
    from glasses.quiet import libraries_quiet
    from glasses.view import printable

    kind, shown = "", set()
    with libraries_quiet():
        drivers = list(listing())
    for driver in drivers:
        if as_json:
            click.echo(json.dumps(asdict(driver), ensure_ascii=False))
            continue
        if driver.kind != kind:
            kind = driver.kind
            click.echo(click.style(f"{kind}s", bold=True))
        for found in driver.found:
            click.echo(f"  {printable(found.address):24} {printable(found.description)}")
        if driver.trouble:
            click.echo(f"  {driver.name:24} " + click.style(printable(driver.trouble), fg="yellow"))
        elif not driver.found and (driver.kind, driver.forms) not in shown:
            click.echo(click.style(f"  {', '.join(driver.forms)}", dim=True))
        shown.add((driver.kind, driver.forms))
