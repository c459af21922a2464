"""`glasses ask`: one question about one picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glasses.commands.asking import asking, asking_options

if TYPE_CHECKING:
    from PIL import Image as Pillow

    from pipeline.types import Event, Image

_EPILOG = """\b
Examples:
  glasses ask label.jpg "How much should I take?"
  glasses ask sign.png "What does it say?" --json
  glasses ask cup.jpg "What is this?" --backend ollama:qwen3-vl:2b
  glasses ask cup.jpg "What is this?" --backend meta:muse-spark-1.3,ondevice
  glasses ask exam.jpg "Which is right?" --backend meta:muse-spark-1.3 --mode contemplating
"""


@click.command(epilog=_EPILOG)
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("question")
@asking_options
@click.option(
    "--json", "as_json", is_flag=True, help="Print one object with text, outcome, mode, backend, tokens and seconds."
)
def command(image: Path, question: str, as_json: bool, **asked: Any) -> None:
    """Ask QUESTION about IMAGE and print the answer as it comes. Exit code 0 only if it is a whole answer."""
    import json
    from contextlib import aclosing

    from glasses import config as configuration
    from glasses.models import Models
    from glasses.view import printable
    from pipeline import clock as clocks
    from pipeline.ask.conversation import Conversation
    from pipeline.clock import Clock
    from pipeline.errors import GlassesError
    from pipeline.events import EventLog
    from pipeline.look.encode import encode
    from pipeline.types import Answer, Notice, Question, VideoFrame

    config = configuration.load(asking(**asked))
    frame = VideoFrame(0.0, 0, _read(image))
    models = Models(config)

    async def main(clock: Clock) -> tuple[Answer, Question, float]:
        log = EventLog(clock)
        if not as_json:
            log.subscribe(_show)
        mind = models.backend(clock, config.ask, log)
        try:
            pictures = (encode(frame, mind.picture),)
            composed = Conversation().compose(1, clock.now(), question, pictures, setting=config.ask.mode)
            asked = composed.question
            if asked.mode != "instant" and not as_json:
                click.echo(f"{asked.mode}: {composed.why}", err=True)
            answer = Answer(1, "", "interrupted", f"{mind.name}: the stream ended without an answer")
            async with aclosing(mind.stream(asked)) as stream:
                async for item in stream:
                    if isinstance(item, Answer):
                        answer = item
                    elif isinstance(item, Notice):
                        click.echo(printable(item.text), err=True)
                    elif not as_json:
                        click.echo(printable(item.text), nl=False)
            return answer, asked, clock.now() - asked.t
        finally:
            await mind.close()

    answer, asked_as, seconds = clocks.run(main, virtual=False)
    if as_json:
        text = answer.text or answer.told
        who = answer.backend or config.ask.backend
        fields = {
            "text": text,
            "outcome": answer.outcome,
            "mode": asked_as.mode,
            "backend": who,
            "tokens": answer.tokens,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(fields, ensure_ascii=False))
    elif answer.text:
        click.echo()
    if answer.outcome != "ok":
        raise GlassesError(answer.fault or f"the answer ended as {answer.outcome}")


def _show(event: Event) -> None:
    """What the agents that contemplate do, beside the answer."""
    from glasses.view import described, printable

    if event.kind == "agent":
        click.echo(printable(described(event)), err=True)


def _read(path: Path) -> Image:
    """The picture as BGR, upright by its EXIF orientation, whatever its kind: CMYK, grey, 16 bits, transparent.

    Raises GlassesError if it can't be read.
    """
    import numpy as np
    from PIL import Image as Pillow
    from PIL import ImageOps

    from pipeline.errors import GlassesError, UsageError
    from pipeline.types import read_only

    try:
        with Pillow.open(path) as file:
            picture = ImageOps.exif_transpose(file)
            if picture.has_transparency_data:
                picture = _on_paper(picture.convert("RGBA"))
            elif picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
                picture = Pillow.fromarray((np.asarray(picture).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
            pixels = np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise UsageError(f"{path}: {error.strerror}; name a picture that can be read") from error
        raise GlassesError(f"{path}: not a picture that can be read; use a JPEG, PNG or WebP file") from error
    return read_only(np.ascontiguousarray(pixels[:, :, ::-1]))


def _on_paper(picture: Pillow.Image) -> Pillow.Image:
    """A transparent picture on white, or on black where what is to be seen is bright itself."""
    import numpy as np
    from PIL import Image as Pillow

    colour, opaque = np.asarray(picture.convert("L")), np.asarray(picture.getchannel("A")) > 127
    bright = bool(opaque.any()) and float(colour[opaque].mean()) > 160
    return Pillow.alpha_composite(Pillow.new("RGBA", picture.size, "black" if bright else "white"), picture)
