"""`glasses doctor`: is everything there that the pipeline needs?"""

from __future__ import annotations

import click

_EPILOG = """\b
Examples:
  glasses doctor
  glasses doctor --json
  glasses doctor --camera rtsp://192.168.1.20/live --speaker card:USB
  GLASSES_ASK_BACKEND=http://localhost:11434/v1#qwen3-vl:2b glasses doctor
"""

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(epilog=_EPILOG)
@click.option(
    "--camera", metavar="ADDRESS", help="What sees: webcam, webcam:1, rtsp://..., http://..., file:CLIP or none."
)
@click.option("--microphone", metavar="ADDRESS", help="What hears: default, card:NAME, file:CLIP or none.")
@click.option("--speaker", metavar="ADDRESS", help="What speaks: default, card:NAME, wav:FILE or none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    context: click.Context, camera: str | None, microphone: str | None, speaker: str | None, as_json: bool
) -> None:
    """Check libraries, weights, backend, conversation, settings and devices, with a remedy for what is wrong.

    Each backend is asked for its models, and one question about a drawn picture. A tone of half a second is played,
    to hear whether the microphone hears it. Files are neither read nor written.

    Exit code 1 if anything fails; a warning does not.
    """
    import json
    from dataclasses import asdict

    from glasses import doctor
    from glasses.quiet import libraries_quiet

    addresses = {"camera.address": camera, "microphone.address": microphone, "speaker.address": speaker}
    findings = []
    with libraries_quiet():
        for finding in doctor.examine(overrides=addresses):
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
