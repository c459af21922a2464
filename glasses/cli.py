"""The command line: one lazily loaded file a command, and one place where errors become lines for people."""

from __future__ import annotations

import importlib
import os
import sys

import click

from pipeline.errors import GlassesError

_COMMANDS = {
    "replay": "Replay a recording, or any video with sound, through the whole pipeline.",
    "ask": "Ask one question about one picture.",
    "latency": "Show where the time goes between a question and its answer.",
    "models": "List the model weights, where each was found, and make them ready.",
    "config": "Show the settings in force and where they come from.",
    "doctor": "Check this machine: libraries, weights, backend.",
}

_SYSTEM_LIBRARIES = {
    "PortAudio library not found": "libportaudio2",
    "libportaudio": "libportaudio2",
    "libGL": "libgl1",
    "libgthread": "libglib2.0-0",
    "libglib": "libglib2.0-0",
    "libX11": "libx11-6",
    "libxcb": "libxcb1",
}
"""What a loader says is missing, and the Debian package that has it."""

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
@click.option("--debug", is_flag=True, help="Show the traceback of an error (may stand behind the command too).")
def cli(debug: bool) -> None:
    """The open companion for camera glasses: it sees what you see, hears what you ask, and speaks the answer."""


def main() -> None:
    """Run the command line; exits with 0 done, 1 failed, 2 used wrongly, 130 interrupted."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    sys.exit(_run(arguments, debug="--debug" in sys.argv[1:]))


def _run(arguments: list[str], debug: bool) -> int:
    try:
        result = cli.main(arguments, prog_name="glasses", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.Abort:
        return _say("interrupted", 130)
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    except click.ClickException as error:
        if debug:
            raise
        error.show()
        return 2 if isinstance(error, click.UsageError) else error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except GlassesError as error:
        if debug:
            raise
        return _say(str(error), error.exit_code)
    except Exception as error:
        if debug:
            raise
        return _say(_explained(error), 1)


def _explained(error: Exception) -> str:
    """An error nobody foresaw, in one line."""
    if remedy := system_library(error):
        return remedy
    if isinstance(error, ModuleNotFoundError):
        return f"the Python package '{error.name}' is missing; run: pip install 'glasses-companion[offline]'"
    line = " ".join(str(error).split()) or "no more is known"
    return f"unexpected {type(error).__name__}: {line}; run it again with --debug to see where"


def system_library(error: BaseException) -> str | None:
    """What to do about a missing system library, in one line; None if `error` is something else."""
    if not isinstance(error, ImportError | OSError):
        return None
    package = next((package for sign, package in _SYSTEM_LIBRARIES.items() if sign in str(error)), None)
    return f"a system library is missing ({error}); run: sudo apt install {package}" if package else None


def _say(line: str, code: int) -> int:
    click.echo(f"{click.style('glasses:', fg='red', bold=True)} {line}", err=True, color=_colours())
    return code


def _colours() -> bool | None:
    return False if os.environ.get("NO_COLOR") else None
