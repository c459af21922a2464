"""Nothing but the devices can capture, and they do it behind the light."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.test_architecture import FILES, ROOT, imports, name

CAPTURE = ("VideoCapture", "InputStream", "RawInputStream", "Picamera2")
"""What opens a camera or a microphone, of OpenCV, sounddevice and Picamera2."""

OTHERS = [path for path in FILES if path.relative_to(ROOT).parts[0] != "devices"]


@pytest.mark.parametrize("path", OTHERS, ids=name)
def test_who_is_no_device_gets_cameras_and_microphones_from_the_registry_alone(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert used.isdisjoint(CAPTURE)
    drivers = ("devices.camera", "devices.microphone", "devices.portaudio")
    assert [module for module in imports(ast.walk(tree)) if module.startswith(drivers)] == []


def test_the_registry_gives_no_camera_and_no_microphone_without_the_light() -> None:
    tree = ast.parse((ROOT / "devices" / "registry.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for opening in ("open_camera", "open_microphone"):
        arguments = functions[opening].args
        assert arguments.args[-1].arg == "light"
        assert arguments.defaults == []
        (returned,) = [node.value for node in ast.walk(functions[opening]) if isinstance(node, ast.Return)]
        assert isinstance(returned, ast.Call)
        assert isinstance(returned.func, ast.Name)
        assert returned.func.id == "Shown"
