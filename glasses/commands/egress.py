"""`glasses egress`: what has left this machine."""

from __future__ import annotations

import click

_EPILOG = """\b
Examples:
  glasses egress
  glasses egress --last 100
  glasses egress --json | jq 'select(.reach == "hosted")'
"""

_PICTURELESS = {"question": "no picture", "contact": "nothing: whether it is there"}
"""What is said of requests without a picture; of the others, what they were."""


@click.command(epilog=_EPILOG)
@click.option("--last", default=20, show_default=True, metavar="N", type=click.IntRange(0), help="How many; 0 for all.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, all of them unless --last is given."
)
@click.pass_context
def command(context: click.Context, /, last: int, as_json: bool) -> None:
    """List the requests that were sent to models: when, where to, how many bytes, and what.

    That is the frames that went along, in seconds into their session, or what else it was. The log holds neither
    words nor sound nor pictures.
    """
    import json
    from dataclasses import asdict

    from glasses import egress
    from glasses.view import printable

    entries = list(egress.read())
    chosen = context.get_parameter_source("last") is not click.core.ParameterSource.DEFAULT
    shown = entries[-last:] if last and (chosen or not as_json) else entries
    if as_json:
        for entry in shown:
            click.echo(json.dumps(asdict(entry), ensure_ascii=False))
        return
    if not entries:
        click.echo(f"nothing was ever sent (log: {egress.path()})")
        return
    for entry in shown:
        frames = ", ".join(f"{t:.2f}" for t in entry.frames) or _PICTURELESS.get(entry.what, entry.what)
        where = f"{entry.host} ({entry.reach})" if entry.reach else entry.host
        click.echo(printable(f"{entry.when[:19]}  {entry.bytes / 1000:8.1f} kB  {where:32}  {entry.backend}  {frames}"))
    total = sum(entry.bytes for entry in entries)
    click.echo(f"{len(shown)} of {len(entries)} requests, {total / 1e6:.1f} MB in all (log: {egress.path()})")
