"""`glasses config`: the settings in force."""

from __future__ import annotations

import click

_EPILOG = """\b
Examples:
  glasses config show
  glasses config show --json
  glasses config path
  GLASSES_LISTEN_MODEL=tiny glasses config show
"""


@click.group(epilog=_EPILOG)
def command() -> None:
    """Show the settings in force, and the files they come from."""


@command.command(epilog="\b\nExample:\n  GLASSES_LISTEN_MODEL=tiny glasses config show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(as_json: bool) -> None:
    """Show every setting, its value and where it comes from. API keys are only said to be set or not."""
    import json
    import os

    from devices.registry import shown
    from glasses import config as configuration

    config = configuration.load({})
    values = configuration.known(config)
    values["camera.address"] = shown(values["camera.address"])
    keys = configuration.read_keys(os.environ)
    secrets = {name: "set" if name in keys else "not set" for name in configuration.KEYS}
    if as_json:
        settings = {
            name: {"value": value, "source": config.sources.get(name, "default")} for name, value in values.items()
        }
        click.echo(json.dumps({"settings": settings, "keys": secrets}, ensure_ascii=False))
        return
    width = max(map(len, [*values, *secrets]))
    for name, value in values.items():
        click.echo(f"{name:{width}}  {value!r:28}  {config.sources.get(name, 'default')}")
    for name, state in secrets.items():
        click.echo(f"{name:{width}}  {state}")


@command.command(epilog="\b\nExample:\n  glasses config path")
def path() -> None:
    """Print the configuration files, the stronger last, and whether each is there."""
    from glasses import config as configuration

    for file in configuration.files():
        click.echo(f"{file.absolute()}{'' if file.is_file() else '  (not there)'}")
