"""`glasses doctor`: is everything there that the pipeline needs?"""

from __future__ import annotations

import click

_EPILOG = """\b
Examples:
  glasses doctor
  glasses doctor --json
  GLASSES_ASK_BACKEND=http://localhost:11434/v1#qwen3-vl:2b glasses doctor
"""

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check libraries, weights, backend, settings, camera, microphone and speaker, with a remedy for what is wrong.

    Each backend is asked for its models, and one question about a drawn picture. A tone of half a second is played,
    to hear whether the microphone hears it.

    Exit code 1 if anything fails; a warning does not.
    """
    import json
    from dataclasses import asdict

    from glasses import doctor
    from glasses.quiet import libraries_quiet

    findings = []
    with libraries_quiet():
        for finding in doctor.examine():
            findings.append(finding)
            if as_json:
                continue
            state = click.style(f"{finding.state:4}", fg=_COLOURS[finding.state])
            click.echo(f"{state}  {finding.check}: {finding.text}")
            if finding.remedy:
                click.echo(f"      -> {finding.remedy}")
    healthy = all(finding.state != "fail" for finding in findings)
    if as_json:
        click.echo(json.dumps({"ok": healthy, "findings": [asdict(finding) for finding in findings]}))
    context.exit(0 if healthy else 1)
