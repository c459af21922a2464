"""`glasses models`: what there is to hear, read and speak with."""

from __future__ import annotations

from typing import Any

import click

_EPILOG = """\b
Examples:
  glasses models
  glasses models --json
  glasses models fetch
"""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the model weights: what for, where found, size, digest, licence, and how to get what is missing."""
    if context.invoked_subcommand:
        return
    import json

    rows = _rows()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        size = f"{row['bytes'] / 1e6:.0f} MB"
        click.echo(f"{click.style(row['name'], bold=True)}: {row['job']}, {size}, {row['licence']}")
        click.echo(f"    {row['source']}: {row['path'] or row['remedy']}")
        if row["digest"]:
            state = {True: "ok", False: click.style("WRONG, it will be refused", fg="red"), None: "not compared"}
            click.echo(f"    sha256 {row['digest'][:12]}: {state[row['matches']]}")


@command.command(epilog="\b\nExample:\n  GLASSES_LISTEN_MODEL=tiny glasses models fetch")
def fetch() -> None:
    """Make the weights of the configuration ready: found or fetched, joined, checked against their digests."""
    from glasses import config as configuration
    from glasses import weights
    from pipeline.speak.voices import voice_driver

    config = configuration.load({})
    click.echo(f"ready: {weights.whisper(config.listen.model, config.weights.folder)}")
    if not voice_driver(config.speak.voice):  # another package's voice looks after its own
        click.echo(f"ready: {weights.piper(config.speak.voice, config.weights.folder)}")


def _rows() -> list[dict[str, Any]]:
    from glasses import config as configuration
    from glasses import weights
    from glasses.catalogue import CARRIED, CATALOGUE, REMEDY

    folder = configuration.load({}).weights.folder
    rows: list[dict[str, Any]] = []
    for weight in CATALOGUE:
        found = weights.locate(weight, folder)
        remedy = None
        if found.source == "missing":
            remedy = weight.remedy
        elif not found.path:
            remedy = "in parts; glasses models fetch joins them"
        rows.append(
            {
                "name": weight.name,
                "job": weight.job,
                "source": found.source,
                "path": str(found.path) if found.path else None,
                "remedy": remedy,
                "bytes": sum(file.size for file in weight.files),
                "digest": weights.digest(found.path) if found.path else None,
                "matches": not weights.fault(found) if found.path and found.files else None,
                "licence": weight.licence,
            }
        )
    for model in CARRIED:
        paths = weights.carried(model)
        rows.append(
            {
                "name": model.name,
                "job": model.job,
                "source": "library" if paths else "missing",
                "path": str(paths[-1].parent) if paths else None,
                "remedy": None if paths else REMEDY,
                "bytes": sum(path.stat().st_size for path in paths),
                "digest": None,
                "matches": None,
                "licence": model.licence,
            }
        )
    return rows
