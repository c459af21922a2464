"""A vision model in this process: llama.cpp through the package xllamacpp, with GGUF files of the wearer's own.

The address is `llamacpp-here:MODEL.gguf` or `llamacpp-here:MODEL.gguf+VISION.gguf`, of paths, or of the names of files
in the model folder; without the second one an mmproj file beside the first is taken. The library serves chat
completions on loopback, behind a key that is made up anew each time, so prompts, streams and errors are those of every
other server.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.ask import gguf
from pipeline.ask.backend import PictureBudget
from pipeline.ask.profiles import PROFILES
from pipeline.ask.remote import Patience, Remote
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.types import Answer, AnswerDelta, Question

if TYPE_CHECKING:
    from pipeline.ask.transport import Sent

_CONTEXT = 8192
"""Tokens: a picture takes up to some thousand, prompt and answer as many again."""


class LlamaHere:
    """A model that is loaded when a question may come, or has come, and then kept."""

    languages = None
    reach = "machine"

    def __init__(
        self,
        clock: Clock,
        address: str,
        *,
        patience: Patience,
        max_tokens: int = 2000,
        on_sent: Callable[[Sent], None] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Files are found by name in `folder`, None for the usual one.

        Raises UsageError if the files that `address` names are not there, or xllamacpp is not.
        """
        self.name = address
        self.picture = PictureBudget(PROFILES["llamacpp"].long_edge, 85)
        self._clock = clock
        self._files = _files(address, folder or gguf.usual_folder())
        self._patience = patience
        self._max_tokens = max_tokens
        self._on_sent = on_sent
        self._loading = asyncio.Lock()
        self._server: Any = None
        self._remote: Remote | None = None

    async def warm(self) -> bool:
        """Load the model; False if it can't be, which the question will say."""
        try:
            await self._ready()
        except GlassesError:
            return False
        return True

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        """As `Backend.stream`; the first question waits for the model to load. Raises GlassesError if it can't be."""
        remote = await self._ready()
        async with aclosing(remote.stream(question)) as stream:
            async for item in stream:
                yield item

    async def close(self) -> None:
        """Let go of the model."""
        if self._remote:
            await self._remote.close()
        self._remote = self._server = None

    async def _ready(self) -> Remote:
        async with self._loading:  # agents ask at once, and it is loaded once
            self._remote = self._remote or await self._loaded()
            return self._remote

    async def _loaded(self) -> Remote:
        key = secrets.token_hex(16)
        self._server = await self._clock.run("load", lambda: _serve(self._files, key))
        profile = replace(PROFILES["llamacpp"], base_url=f"{self._server.listening_address}/v1", reach="machine")
        return Remote(
            self._clock,
            self.name,
            profile,
            self._files[0].stem,
            key=key,
            patience=self._patience,
            max_tokens=self._max_tokens,
            on_sent=self._on_sent,
        )


def _files(address: str, folder: Path) -> tuple[Path, ...]:
    """The model, and what it sees with."""
    import importlib.util

    model, _, vision = address.partition(":")[2].partition("+")
    if not model:
        raise UsageError(f"backend '{address}': no file is named; write it like llamacpp-here:MODEL.gguf+MMPROJ.gguf")
    files = [_file(address, name, folder) for name in (model, vision) if name]
    if not vision and (beside := gguf.beside(files[0])):
        files.append(beside)
    if importlib.util.find_spec("xllamacpp") is None:
        raise UsageError(f"backend '{address}' needs xllamacpp; run: pip install 'glasses-companion[vlm]'")
    return tuple(files)


def _file(address: str, name: str, folder: Path) -> Path:
    if not (file := gguf.found(name, folder)):
        remedy = f"name a GGUF file, or one in {folder}; `glasses models fetch OWNER/REPOSITORY` puts it there"
        raise UsageError(f"backend '{address}': {name} is not there; {remedy}")
    return file


def _serve(files: tuple[Path, ...], key: str) -> Any:
    """llama.cpp's server on a free port of loopback; blocks for as long as the model takes to load."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(files[0])
    if len(files) > 1:
        params.mmproj.path = str(files[1])
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
    params.n_ctx, params.n_parallel, params.warmup, params.verbosity = _CONTEXT, 1, False, -1
    try:
        return xllamacpp.Server(params)
    except Exception as error:
        raise GlassesError(f"{files[0]}: llama.cpp can't load it ({error}); is it a whole GGUF file?") from error
