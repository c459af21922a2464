"""Hearing and voice by servers with the OpenAI-compatible speech endpoints."""

from __future__ import annotations

import asyncio
import base64
import io
import math
import struct
import threading
import wave
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse

from pipeline import clock as clocks
from pipeline.ask.sent import Sent
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.helpers.addresses import Helping, open_hearing, open_voice
from pipeline.helpers.helper import HearingHelper, HelperLost, VoiceHelper
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.types import Samples
from tests import aimock
from tests.helper_servers import SpeechServer

TONE = (8000 * np.sin(np.arange(RATE) * 0.4)).astype(np.int16)
NAN = b'{"text": "Yes.", "segments": [{"text": "Yes.", "avg_logprob": NaN, "no_speech_prob": 0}]}'
SURE = {"text": " And that?", "avg_logprob": -0.2, "no_speech_prob": 0.1}


def wav(samples: Samples, rate: int = 24_000, channels: int = 1, size: int | None = None) -> bytes:
    """A WAV file; `size` is what its header says of its sound, 2^32 - 1 while that is not known."""
    data = np.repeat(samples, channels).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    length = len(data) if size is None else size
    riff = min(36 + length, 2**32 - 1)
    return b"".join([b"RIFF", struct.pack("<I", riff), b"WAVEfmt ", struct.pack("<I", 16), form, b"data"]) + (
        struct.pack("<I", length) + data
    )


def with_ears(
    address: str, use: Callable[[HearingHelper], Any], language: str | None = "en", key: str = "", **more: Any
) -> Any:
    async def main(clock: Clock) -> Any:
        ears = open_hearing(address, Helping(clock, "machine", key, more.pop("on_sent", None)), language, **more)
        try:
            return await use(ears)
        finally:
            await ears.close()

    return clocks.run(main, virtual=True)


def heard(told: object, *, language: str | None = "en", **more: Any) -> Transcript:
    """What comes of a server that answers with this."""
    with SpeechServer(lambda path, fields: told if isinstance(told, Response) else JSONResponse(told)) as server:
        transcript: Transcript = with_ears(f"{server.base_url}#m", lambda ears: ears.transcribe(TONE), language, **more)
    return transcript


def said(address: str, *, speed: float = 1.0, sent: Callable[[Sent], None] | None = None) -> tuple[Samples, int]:
    async def main(clock: Clock) -> tuple[Samples, int]:
        voice: VoiceHelper = open_voice(address, Helping(clock, "machine", on_sent=sent), 1.2)
        try:
            pieces = [piece async for piece in voice.speak("Yes, it is.", speed)]
            return np.concatenate([piece.samples for piece in pieces]), pieces[0].rate
        finally:
            await voice.close()

    return clocks.run(main, virtual=True)


def test_words_come_with_how_sure_the_server_is() -> None:
    words = heard({"text": " And that?", "language": "en", "segments": [SURE]})
    assert words == Transcript("And that?", pytest.approx(math.exp(-0.2) * 0.9), "en")  # type: ignore[arg-type]


def test_of_several_segments_the_longer_ones_count_more() -> None:
    long = {"text": " And what is that over there?", "avg_logprob": -0.4, "no_speech_prob": 0.0}
    words = heard({"text": "And that? And what is that over there?", "segments": [SURE, long]})
    assert words.confidence == pytest.approx(math.exp(-(10 * 0.2 + 29 * 0.4) / 39))


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        ({**SURE, "avg_logprob": -1.5}, "unintelligible"),
        ({**SURE, "avg_logprob": -0.6, "no_speech_prob": 0.7}, "probably no speech"),
    ],
)
def test_what_it_is_not_sure_of_is_not_believed(segment: object, reason: str) -> None:
    words = heard({"text": "And that?", "segments": [segment]})
    assert (words.text, words.reason) == ("", reason)


def test_without_being_told_how_sure_it_is_words_are_believed_and_inventions_are_not() -> None:
    assert heard({"text": "And that?"}).text == "And that?"
    assert heard({"text": "Thank you."}).text == ""


@pytest.mark.parametrize(
    ("told", "language"), [("de", "de"), ("german", "de"), ("de-CH", "de"), ("klingon", ""), (None, "")]
)
def test_the_language_is_what_the_server_detects_by_code_or_name(told: str | None, language: str) -> None:
    assert heard({"text": "And that?", "language": told}, language=None).language == language


def test_a_request_holds_the_sound_the_model_the_language_and_words_to_expect() -> None:
    sent: list[Sent] = []
    with SpeechServer(lambda path, fields: JSONResponse({"text": "Yes."})) as server:
        address = f"{server.base_url}#big/whisper"
        with_ears(
            address, lambda ears: ears.transcribe(TONE), key="a-key", hot_words=["Maggi", "Ueli"], on_sent=sent.append
        )
    ((fields, headers),) = server.requests
    with wave.open(io.BytesIO(fields.pop("file"))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        assert np.array_equal(np.frombuffer(file.readframes(RATE), np.int16), TONE)
    assert fields == {
        "model": "big/whisper",
        "language": "en",
        "prompt": "Maggi, Ueli",
        "temperature": "0",
        "response_format": "verbose_json",
    }
    assert headers["authorization"] == "Bearer a-key"
    assert [(one.what, one.host, one.backend) for one in sent] == [("sound", "127.0.0.1", address)]
    assert sent[0].size == int(headers["content-length"]) > 2 * RATE


def test_a_model_that_gives_words_alone_is_asked_for_no_more_than_that_from_then_on() -> None:
    def reply(path: str, fields: dict[str, Any]) -> Response:
        if fields["response_format"] != "json":
            return JSONResponse({"error": {"message": "response_format 'verbose_json' is not supported"}}, 400)
        return JSONResponse({"text": "And that?"})

    async def twice(ears: HearingHelper) -> list[str]:
        return [(await ears.transcribe(TONE)).text for _ in range(2)]

    with SpeechServer(reply) as server:
        assert with_ears(f"{server.base_url}#m", twice) == ["And that?", "And that?"]
    assert [fields["response_format"] for fields, _ in server.requests] == ["verbose_json", "json", "json"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (JSONResponse({"error": {"message": "no such model"}}, 404), "HTTP 404, no such model"),
        (JSONResponse({"detail": "no key like a-key"}, 401), r"no key like \*\*\*"),
        (JSONResponse({"detail": "overloaded"}, 503), "HTTP 503, overloaded"),
        (JSONResponse({"detail": "never"}, 400), "HTTP 400, never"),
        (JSONResponse(["And that?"]), "its answer makes no sense"),
        (JSONResponse({"words": 3}), "its answer makes no sense"),
        (JSONResponse({"text": "Yes.", "segments": [3]}), "its answer makes no sense"),
        (JSONResponse({"text": "Yes.", "segments": [{**SURE, "no_speech_prob": 7}]}), "it is sure by -0.2 and 7"),
        (Response(NAN, media_type="application/json"), "it is sure by nan"),
        (Response("And that?", media_type="text/plain"), "it answered with text/plain"),
        (Response(b"{", media_type="application/json"), "its answer makes no sense"),
    ],
)
def test_what_a_server_does_wrong_is_one_kind_of_failure(told: Response, why: str) -> None:
    with pytest.raises(HelperLost, match=why):
        heard(told, key="a-key")


def test_nobody_there_is_the_same() -> None:
    with pytest.raises(HelperLost, match=r"nothing listens at 127\.0\.0\.1 port 9; start the server"):
        with_ears("http://127.0.0.1:9/v1#m", lambda ears: ears.transcribe(TONE))


def test_a_server_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow() -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(0.5)
        yield b"{}"

    monkeypatch.setattr("pipeline.helpers.helper.PATIENCE", 0.1)
    with pytest.raises(HelperLost, match=r"nothing came within 0.2 s; see whether it is overloaded"):
        heard(StreamingResponse(slow(), media_type="application/json"))


def test_whether_it_is_there_is_seen_without_sending_anything() -> None:
    sent: list[Sent] = []
    with SpeechServer(lambda path, fields: JSONResponse({})) as server:
        assert with_ears(f"{server.base_url}#m", lambda ears: ears.warm(), on_sent=sent.append)
    assert not with_ears(f"{server.base_url}#m", lambda ears: ears.warm())
    assert [(one.what, one.size) for one in sent] == [("contact", 0)]


def test_one_that_has_just_gone_is_not_taken_to_be_there_still() -> None:
    async def then_gone(ears: HearingHelper) -> bool:
        await ears.transcribe(TONE)
        server.__exit__()
        with pytest.raises(HelperLost):
            await ears.transcribe(TONE)
        return await ears.warm()

    server = SpeechServer(lambda path, fields: JSONResponse({"text": "Yes."}))
    server.__enter__()
    assert not with_ears(f"{server.base_url}#m", then_gone)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000])
@pytest.mark.parametrize("size", [None, 2**32 - 1, 0], ids=["known", "unknown", "zero"])
def test_a_clause_comes_as_it_was_made_however_it_is_cut(rate: int, size: int | None) -> None:
    data = wav(np.tile(TONE, 2), rate, size=size)
    pieces = [data[:10_001], data[10_001:30_002], data[30_002:]]
    with SpeechServer(lambda path, fields: StreamingResponse(_these(pieces), media_type="audio/wav")) as server:
        samples, given = said(f"{server.base_url}#kokoro:af_heart")
    assert given == rate
    assert np.array_equal(samples, np.tile(TONE, 2))


def test_of_two_channels_the_first_is_heard() -> None:
    with SpeechServer(lambda path, fields: Response(wav(TONE, channels=2), media_type="audio/wav")) as server:
        assert np.array_equal(said(f"{server.base_url}#kokoro:af_heart")[0], TONE)


def test_a_request_holds_the_words_the_model_the_voice_and_how_fast() -> None:
    sent: list[Sent] = []
    with SpeechServer(lambda path, fields: Response(wav(TONE), media_type="audio/wav")) as server:
        said(f"{server.base_url}#speaches/kokoro:v1:af_heart", speed=1.25, sent=sent.append)
    ((fields, _),) = server.requests
    assert fields == {
        "model": "speaches/kokoro:v1",
        "voice": "af_heart",
        "input": "Yes, it is.",
        "response_format": "wav",
        "speed": 1.5,
    }
    assert [(one.what, one.host) for one in sent] == [("words", "127.0.0.1")]


def test_sound_is_given_on_while_the_rest_is_still_made() -> None:
    data, heard = wav(np.tile(TONE, 3)), threading.Event()

    def parts() -> Iterator[bytes]:
        yield data[:20_000]
        yield data[20_000:] if heard.wait(10.0) else b""

    async def main(clock: Clock) -> int:
        voice = open_voice(f"{server.base_url}#kokoro:af_heart", Helping(clock, "machine"))
        pieces = voice.speak("Yes.", 1.0)
        first = await anext(pieces)
        heard.set()
        count = len(first.samples) + sum([len(piece.samples) async for piece in pieces])
        await voice.close()
        return count

    with SpeechServer(lambda path, fields: StreamingResponse(parts(), media_type="audio/wav")) as server:
        assert clocks.run(main, virtual=False) == 3 * len(TONE)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (JSONResponse({"error": {"message": "no such voice"}}, 400), "HTTP 400, no such voice"),
        (JSONResponse({"error": "no such voice"}), "it answered with application/json, not with sound"),
        (Response(b"ID3" + bytes(9000), media_type="audio/mpeg"), "its answer makes no sense"),
        (Response(wav(TONE)[:30], media_type="audio/wav"), "its answer makes no sense"),
        (Response(b"", media_type="audio/wav"), "its answer makes no sense"),
        (Response(wav(TONE, rate=3), media_type="audio/wav"), "its sound has 3 samples per second"),
    ],
)
def test_sound_that_can_not_be_played_is_a_failure(told: Response, why: str) -> None:
    with SpeechServer(lambda path, fields: told) as server, pytest.raises(HelperLost, match=why):
        said(f"{server.base_url}#kokoro:af_heart")


@pytest.mark.parametrize(
    "address", ["ftp://desk/v1#m", "http://desk/v1", "http://#m", "http://desk:port/v1#m", "desk", "http://[::1#m"]
)
def test_what_is_no_address_is_said_with_what_one_looks_like(address: str) -> None:
    with pytest.raises(UsageError, match=r"not an address; write it like wyoming://HOST:10300 or http://HOST:PORT/v1#"):
        with_ears(address, lambda ears: ears.warm())


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1#m", "http://127.0.0.1:1/v1#m:"])
def test_an_address_of_a_voice_names_a_model_and_a_voice(address: str) -> None:
    with pytest.raises(UsageError, match=r"write it like .* http://HOST:PORT/v1#MODEL:VOICE"):
        said(address)


def test_a_name_that_nobody_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("http_proxy", raising=False)
    with pytest.raises(HelperLost, match="no host is known by its name"):
        with_ears("http://desk.invalid/v1#m", lambda ears: ears.transcribe(TONE))


def test_a_name_that_leads_farther_than_is_allowed_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("192.168.1.7", 80))])
    with pytest.raises(HelperLost, match="is lan: what is said would go farther than machine"):
        with_ears("http://desk/v1#m", lambda ears: ears.transcribe(TONE))


def test_a_server_of_others_is_understood(tmp_path: Path) -> None:
    segment = {**SURE, "id": 0, "seek": 0, "start": 0.0, "end": 1.0, "tokens": [], "temperature": 0.0}
    segment["compression_ratio"] = 1.0
    fixtures: list[dict[str, Any]] = [
        {
            "match": {"endpoint": "transcription"},
            "response": {"transcription": {"text": "And that?", "language": "english", "segments": [segment]}},
        },
        {
            "match": {"endpoint": "speech"},
            "response": {"audio": base64.b64encode(wav(TONE)).decode(), "format": "wav"},
        },
    ]
    with aimock.serving(tmp_path, fixtures) as root:
        words = with_ears(f"{root}/v1#whisper-1", lambda ears: ears.transcribe(TONE))
        samples, rate = said(f"{root}/v1#tts-1:alloy")
    assert (words.text, rate) == ("And that?", 24_000)
    assert words.confidence == pytest.approx(math.exp(-0.2) * 0.9)
    assert np.array_equal(samples, TONE)


async def _these(pieces: list[bytes]) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        yield piece
