"""The systemd user service: glasses that start with the machine, without a login, and start again when they fail."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import GlassesError

NAME = "glasses.service"

_UNIT = """\
# Written by `glasses service install`, which overwrites it; your changes belong into `systemctl --user edit glasses`.
[Unit]
Description=glasses: sees, hears and answers
# The user's sound server, whichever there is. Nothing waits for the network: it comes and goes.
After=pipewire.socket pipewire-pulse.socket wireplumber.service pulseaudio.socket pulseaudio.service
# It never gives up: whoever wears it has no keyboard.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={command} service run
WorkingDirectory=%h
Restart=always
RestartSec=5
# Wrong settings (2) stay wrong.
RestartPreventExitStatus=2
# Models are loaded meanwhile, from a slow card.
TimeoutStartSec=300
# A session that hangs is ended and started anew, without a dump of what it saw and heard.
WatchdogSec=60
LimitCORE=0
# A recording is brought to a slow disk.
TimeoutStopSec=30

[Install]
WantedBy=default.target
"""


def path() -> Path:
    """Where the unit lies."""
    import platformdirs

    return platformdirs.user_config_path("systemd") / "user" / NAME


def unit(command: Path) -> str:
    """The unit that starts `command`, a path, which may have spaces and systemd's sign for names of its own, %."""
    return _UNIT.format(command='"{}"'.format(str(command).replace("%", "%%")))


def install() -> Iterator[str]:
    """Write the unit, start it now and with the machine; gives what was done, a line each. Again is an update.

    Raises GlassesError where there is no systemd to start it.
    """
    _systemctl("--version")
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(unit(_command()))
    yield f"written: {file}"
    # A user's services end with their last login, and begin with the first, unless they linger.
    linger = subprocess.run(
        ["loginctl", "enable-linger", getpass.getuser()], capture_output=True, text=True, check=False
    )
    if linger.returncode:
        yield f"it will start only when you log in ({linger.stderr.strip()}); run: sudo loginctl enable-linger $USER"
    _systemctl("daemon-reload")
    _systemctl("enable", NAME)
    _systemctl("restart", "--no-block", NAME)  # loading the models takes long on a small machine
    yield "started; it says “Ready.” when you can ask, and glasses service status says what it waits for"


def uninstall() -> Iterator[str]:
    """Stop it and take the unit away; lingering stays, since other services may need it. Gives what was done."""
    if not path().exists():
        yield "there is no service"
        return
    _systemctl("disable", "--now", NAME)
    path().unlink()
    _systemctl("daemon-reload")
    yield f"stopped and removed: {path()}"
    yield "what you recorded and set stays; your other services may need lingering: loginctl disable-linger ends that"


def status() -> str:
    """One line: how the service stands, and what it says of itself. Raises GlassesError if it isn't installed."""
    if not path().exists():
        raise GlassesError("there is no service; glasses service install makes one")
    wanted = ("ActiveState", "SubState", "StatusText", "Result", "NRestarts", "ExecMainStatus", "UnitFileState")
    lines = _systemctl("show", NAME, *(f"--property={name}" for name in wanted)).splitlines()
    values = dict(line.partition("=")[::2] for line in lines)
    parts = [f"{values['ActiveState']} ({values['SubState']})"]
    if values["StatusText"] and values["ActiveState"] in ("active", "activating"):
        parts.append(values["StatusText"])
    if values["Result"] != "success":
        parts.append(f"last ended by {values['Result']} ({values['ExecMainStatus']})")
    if values["NRestarts"] not in ("", "0"):
        parts.append(f"started anew {values['NRestarts']} times")
    if values["UnitFileState"] != "enabled":
        parts.append("does not start with the machine")
    return ", ".join(parts)


def logs(lines: int, follow: bool) -> int:
    """Print what it wrote to the journal; the exit code of journalctl. Raises GlassesError if that is missing."""
    # --user-unit, not --user: where the journal is kept in memory alone, users have none of their own.
    command = ["journalctl", f"--user-unit={NAME}", f"--lines={lines}", "--no-pager", "--output=short-iso"]
    return subprocess.run(_known([*command, "--follow"] if follow else command), check=False).returncode


def _command() -> Path:
    """The `glasses` of this very environment."""
    command = Path(sys.executable).with_name("glasses")
    if not command.exists():
        raise GlassesError(f"there is no {command}; install glasses-companion into this environment first")
    return command


def _systemctl(*arguments: str) -> str:
    """What `systemctl --user` printed. Raises GlassesError with what it complains about."""
    command = _known(["systemctl", "--user", *arguments])
    # A shell that was reached by `su` or `sudo -u` doesn't say where the user's systemd listens.
    environ = {"XDG_RUNTIME_DIR": f"/run/user/{os.getuid()}", **os.environ}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        what = done.stderr.strip() or f"exit code {done.returncode}"
        hint = "; log in as this user, not by su or sudo" if "bus" in what else ""
        raise GlassesError(f"{' '.join(command)}: {what}{hint}")
    return done.stdout


def _known(command: list[str]) -> list[str]:
    if not shutil.which(command[0]):
        raise GlassesError(f"there is no {command[0]}: the service needs systemd; start `glasses run` another way")
    return command
