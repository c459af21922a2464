"""The command line: one lazily loaded file a command, and one place where errors become lines for people."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import click

from pipeline.errors import GlassesError, first_failure

_COMMANDS = {
    "run": "See, hear and answer, live.",
    "record": "Record what the glasses see and hear; with --ask they answer too.",
    "replay": "Replay a recording, or any video with sound, through the whole pipeline.",
    "ask": "Ask one question about one picture.",
    "latency": "Show where the time goes between a question and its answer.",
    "egress": "List what was sent to models: when, where to, how much.",
    "recordings": "List, play and delete what was recorded.",
    "devices": "List cameras, microphones, speakers and buttons with the address to type.",
    "service": "Start with the machine: install, status, logs, uninstall.",
    "models": "List the model weights, where each was found, and make them ready.",
    "config": "Show the settings in force and where they come from.",
    "doctor": "Check this machine: libraries, weights, backend, conversation, camera, microphone, speaker.",
}

_OPENCV = "libgl1 libglib2.0-0 libx11-6"

_SYSTEM_LIBRARIES = {
    "PortAudio library not found": "libportaudio2",
    "libportaudio": "libportaudio2",
    "libGL.so": _OPENCV,
    "libgthread": _OPENCV,
    "libglib": _OPENCV,
    "libX11": _OPENCV,
}
"""What Python says when a system library is missing, and the Debian packages that have it."""

_EPILOG = """\b
Examples:
  glasses replay recordings/shop-sign
  glasses replay my-clip.mp4 --backend http://localhost:11434/v1#qwen3-vl:2b
  glasses ask label.jpg "How much should I take?"
  glasses doctor
"""


class _Commands(click.Group):
    """Subcommands that are imported when they are called, so that `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"glasses.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="glasses-companion", prog_name="glasses")
@click.option("--debug", is_flag=True, help="Show the traceback of an error; may stand behind the command too.")
def cli(debug: bool) -> None:
    """The open companion for camera glasses: it sees what you see, hears what you ask, and speaks the answer."""


def main() -> None:
    """Run the command line; exits with 0 done, 1 failed, 2 used wrongly, 130 interrupted."""
    arguments = sys.argv[1:]
    sys.exit(run([argument for argument in arguments if argument != "--debug"], debug="--debug" in arguments))


def run(arguments: list[str], *, debug: bool = False) -> int:
    """Run one command and return its exit code; an error becomes one line on stderr, after its traceback in `debug`.

    click's own `main` is not used because it ends in ways of its own: several lines for wrong use, and "Aborted!" for
    the EOFError of a media file.
    """
    colour = False if os.environ.get("NO_COLOR") else None  # None: on a terminal only
    try:
        with cli.make_context("glasses", arguments, color=colour) as context:
            cli.invoke(context)
        return 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        line, code = "interrupted", 130
    except Exception as error:  # noqa: BLE001 - the one place where any error becomes a line for people
        if debug:
            traceback.print_exc()
        line, code = _explained(error)
    if line:
        click.echo(f"{click.style('glasses:', fg='red', bold=True)} {line}", err=True, color=colour)
    return code


def _explained(error: BaseException) -> tuple[str, int]:
    """What happened in one line, empty where nobody is left to read it, and the exit code."""
    if isinstance(error, BaseExceptionGroup):
        error = first_failure(error)
    line = " ".join(str(error).split())
    match error:
        case GlassesError():
            return line, error.exit_code
        case click.UsageError():
            name = error.ctx.command_path if error.ctx else "glasses"
            return f"{' '.join(error.format_message().split())} See: {name} --help", 2
        case click.ClickException():
            return error.format_message(), error.exit_code
        case BrokenPipeError():
            # Whoever read our output has gone; Python would complain once more when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return "", 1
        case ImportError() | OSError() if package := missing_library(error):
            return f"a system library is missing ({line}); run: sudo apt install {package}", 1
        case ModuleNotFoundError():
            return f"the Python package '{error.name}' is missing; run: pip install 'glasses-companion[offline]'", 1
        case _:
            kind = f"{type(error).__name__}: {line}" if line else type(error).__name__
            return f"unexpected {kind}; run it again with --debug for the traceback", 1


def missing_library(error: BaseException) -> str | None:
    """The Debian packages with the system library that `error` misses; None if it is not about one."""
    return next((package for sign, package in _SYSTEM_LIBRARIES.items() if sign in str(error)), None)
