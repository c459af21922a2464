"""Imports run one way: glasses -> devices -> a few protocols and the clock of pipeline, and glasses -> pipeline."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("devices", "glasses", "pipeline")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

OURS = (*ROOMS, "benchmarks", "recordings", "tests")
ALLOWED = {
    "pipeline": ("pipeline",),
    "devices": (
        "devices",
        "pipeline.brought",
        "pipeline.buttons",
        "pipeline.types",
        "pipeline.clock",
        "pipeline.errors",
        "pipeline.sources",
        "pipeline.speak.speaker",
    ),
    "glasses": ROOMS,
}
HEAVY = (
    "av",
    "ctranslate2",
    "cv2",
    "faster_whisper",
    "huggingface_hub",
    "onnxruntime",
    "piper",
    "rapidocr",
    "rich",
    "sounddevice",
)
"""httpx is not among them: the modules that speak HTTP stand on it, and are themselves loaded late."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(nodes: list[ast.stmt] | Iterator[ast.AST]) -> Iterator[str]:
    """The modules that these nodes import; of `from pipeline import clock`, `pipeline.clock`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            package = (ROOT / str(node.module).replace(".", "/")).is_dir()
            yield from (f"{node.module}.{alias.name}" if package else str(node.module) for alias in node.names)


def within(module: str, prefixes: tuple[str, ...]) -> bool:
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def test_there_is_something_to_walk() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_run_one_way(path: Path) -> None:
    allowed = ALLOWED[path.relative_to(ROOT).parts[0]]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [m for m in imports(ast.walk(tree)) if within(m, OURS) and not within(m, allowed)] == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_heavy_packages_are_imported_where_they_are_needed(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [m for m in imports(tree.body) if within(m, HEAVY)] == []


def test_every_package_is_in_the_wheel() -> None:
    folders = {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in FILES}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert folders == set(project["tool"]["setuptools"]["packages"])
