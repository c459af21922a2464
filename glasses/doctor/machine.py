"""Checks of the machine: libraries, weights, backend, settings."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from glasses import config as configuration
from glasses import weights
from glasses.catalogue import CATALOGUE
from glasses.cli import missing_library
from glasses.doctor.finding import Finding
from glasses.settings import Config
from pipeline.errors import GlassesError, UsageError
from pipeline.speak.voices import voice_driver

_LIBRARIES = ("av", "ctranslate2", "faster-whisper", "httpx", "numpy", "onnxruntime", "opencv-python", "piper-tts")


def python(config: Config) -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def libraries(config: Config) -> Iterator[Finding]:
    for name in _LIBRARIES:
        if version := _version(name):
            yield Finding("library", "ok", f"{name} {version}")
        else:
            yield Finding("library", "fail", f"{name} is not installed", f"pip install {name}")


def own_packages(config: Config) -> Iterator[Finding]:
    """`pipeline` and `devices` are common names: another distribution's may stand in front of ours."""
    ours = _root("glasses")
    for name in ("pipeline", "devices"):
        root = _root(name)
        if root == ours:
            yield Finding("packages", "ok", f"{name} is in {root}")
        else:
            remedy = "install glasses-companion into a virtual environment of its own"
            yield Finding("packages", "fail", f"{name} is found in {root}, glasses in {ours}", remedy)


def opencv(config: Config) -> Iterator[Finding]:
    """opencv-python and opencv-python-headless install into one folder: versions differ, or one was removed."""
    full, headless = _version("opencv-python"), _version("opencv-python-headless")
    remedy = f"pip install --force-reinstall --no-deps opencv-python=={full}"
    if headless and headless != full:
        text = f"opencv-python {full} and opencv-python-headless {headless} share one folder"
        yield Finding("opencv", "warn", text, f"pip install opencv-python-headless=={full}, then {remedy}")
    try:
        import cv2
    except ImportError as error:
        packages = missing_library(error)
        yield Finding("opencv", "fail", str(error), f"sudo apt install {packages}" if packages else remedy)
        return
    if hasattr(cv2, "imdecode"):
        yield Finding("opencv", "ok", f"cv2 {cv2.__version__} works")
    else:
        yield Finding("opencv", "fail", "cv2 is empty: opencv-python-headless was removed beside it", remedy)


def portaudio(config: Config) -> Iterator[Finding]:
    try:
        import sounddevice

        yield Finding("sound", "ok", str(sounddevice.get_portaudio_version()[1]))
    except (ImportError, OSError) as error:
        remedy = f"sudo apt install {missing_library(error) or 'libportaudio2'}"
        yield Finding("sound", "warn", f"{error}: recordings replay without it, a sound card does not", remedy)


def model_weights(config: Config) -> Iterator[Finding]:
    needed = [(config.listen.model, weights.whisper)]
    try:
        if not voice_driver(config.speak.voice):  # another package's voice looks after its own
            needed.append((config.speak.voice, weights.piper))
    except GlassesError as error:
        yield Finding("weights", "fail", str(error), "glasses models shows what is there")
    for name, find in needed:
        weight = next((weight for weight in CATALOGUE if weight.name == name), None)
        found = weights.locate(weight, config.weights.folder) if weight else None
        if weight and found and found.source == "missing":
            yield Finding("weights", "fail", f"{name} is not on this machine", weight.remedy)
        elif found and not found.path:
            yield Finding("weights", "ok", f"{name} is there in parts, and joined when first used")
        else:
            try:
                yield Finding("weights", "ok", f"{name} in {find(name, config.weights.folder)}")
            except GlassesError as error:
                yield Finding("weights", "fail", str(error), "glasses models shows what is there")


def settings(config: Config) -> Iterator[Finding]:
    there = [str(path.absolute()) for path in configuration.files() if path.is_file()]
    yield Finding("config", "ok", f"settings from {', '.join(there)}" if there else "built-in settings, no file")
    try:
        keys = configuration.read_keys(os.environ)
    except UsageError as error:
        yield Finding("keys", "fail", str(error))
    else:
        states = [f"{name} {'set' if name in keys else 'not set'}" for name in configuration.KEYS]
        yield Finding("keys", "ok", ", ".join(states))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _root(package: str) -> Path | None:
    """The folder that a package is found in, without importing it."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]).parent if places else None
