"""`glasses models`: what there is to hear, read and speak with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.ask import gguf

if TYPE_CHECKING:
    from glasses.settings import Config

_EPILOG = """\b
Examples:
  glasses models
  glasses models --json
  glasses models fetch
  glasses models fetch OWNER/REPOSITORY     # a GGUF model of your own choice
"""

_FETCH_EPILOG = """\b
Examples:
  GLASSES_LISTEN_MODEL=tiny glasses models fetch
  glasses models fetch ggml-org/Qwen3-VL-2B-Instruct-GGUF:Q8_0
  glasses models fetch OWNER/REPOSITORY/MODEL.gguf+MMPROJ.gguf --json
  glasses models fetch https://huggingface.co/OWNER/REPOSITORY/blob/main/MODEL.gguf
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


@command.command(epilog=_FETCH_EPILOG)
@click.argument("address", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one object with backend and files (path, bytes, digest).")
def fetch(address: str | None, as_json: bool) -> None:
    """Make weights ready: those of the configuration, or a GGUF model with what it sees with, from a hub.

    They are found or fetched, joined, and checked against their digests. What was cut goes on where it stopped.
    """
    import json

    from glasses import config as configuration

    config = configuration.load({})
    backend, files = _fetched(address, config) if address else (None, _configured(config))
    if as_json:
        rows = [{"path": str(path), "bytes": path.stat().st_size, "digest": _known(path)} for path in files]
        click.echo(json.dumps({"backend": backend, "files": rows}, ensure_ascii=False))
        return
    for path in files:
        click.echo(f"ready: {path}")
    if backend:
        click.echo(f"ask it with: --backend {backend}")


def _configured(config: Config) -> list[Path]:
    """The main files of the weights that the configuration names."""
    from glasses import weights
    from pipeline.speak.voices import voice_driver

    files = [weights.whisper(config.listen.model, config.weights.folder) / "model.bin"]
    if not voice_driver(config.speak.voice):  # another package's voice looks after its own
        files.append(weights.piper(config.speak.voice, config.weights.folder))
    return files


def _fetched(address: str, config: Config) -> tuple[str, list[Path]]:
    """The backend that asks a GGUF model from a hub, and the model's files."""
    from glasses import hub, weights

    folder = config.weights.folder
    wish = hub.wanted(address)
    offer = hub.offered(wish, folder)
    names = ", ".join(file.name for file in offer.files)
    said = f"{names}: {offer.size / 1e6:.0f} MB, {offer.licence}, from {wish.hub}/{wish.repository}"
    click.echo(said, err=True)
    if not offer.vision:
        click.echo("there is no mmproj file in it: this model will see no pictures", err=True)
    files = hub.fetched(wish, offer, folder)
    model = files[0]
    by_name = gguf.found(model.stem, weights.user_folder(folder)) == model
    return f"llamacpp-here:{model.stem if by_name else model}", files


def _known(path: Path) -> str | None:
    from glasses import weights

    return weights.digests().known(path)


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
    rows += [
        _own(path)
        for path in sorted(weights.user_folder(folder).rglob("*.gguf"))
        if gguf.is_model(path.name) or gguf.sees(path.name)
    ]
    return rows


def _own(path: Path) -> dict[str, Any]:
    """A GGUF file in the user's model folder. Its digest is known if it was compared when it was fetched."""
    parts = gguf.parts(path.name, [file.name for file in path.parent.glob("*.gguf")])
    digest = _known(path)
    return {
        "name": path.stem,
        "job": "seeing, for the model beside it (llama.cpp)" if gguf.sees(path.name) else "answering (llama.cpp)",
        "source": "model folder",
        "path": str(path),
        "remedy": None,
        "bytes": sum((path.parent / part).stat().st_size for part in parts),
        "digest": digest,
        "matches": True if digest else None,
        "licence": "its makers' licence",
    }
