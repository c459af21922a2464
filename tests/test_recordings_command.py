"""`glasses recordings`: listed for people and for programs, played, deleted only when that is meant."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from glasses import cli
from glasses.recordings import SessionInfo
from glasses.recordings.store import Store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The user's own place, empty, with no settings of theirs and no terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return Store()


def made(store: Store, name: str, *, days: int = 0) -> Path:
    folder = store.recordings / name
    folder.mkdir(parents=True)
    start = datetime.now().astimezone() - timedelta(days=days)
    info = SessionInfo(start=start.isoformat(), seconds=75.0, frames=9, sound_seconds=75.0)
    info.write(folder / "session.toml")
    (folder / "session.mkv").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(2_500_000))
    return folder


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = cli.run(["recordings", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def on_terminal(*arguments: str, answer: str = "", width: int = 100) -> str:
    """What the command shows on a terminal, on which `answer` is typed."""
    terminal, inside = os.openpty()
    command = [sys.executable, "-c", "from glasses.cli import main; main()", "recordings", *arguments]
    environ = {**os.environ, "COLUMNS": str(width), "TERM": "dumb", "PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, env=environ) as process:
        os.write(terminal, answer.encode())
        process.wait(60)
    os.close(inside)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    return shown


def test_plain_recordings_lists_them_one_a_line_for_other_programs(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    made(store, "walk", days=1)
    (made(store, "torn") / "session.mkv").write_bytes(b"")
    code, shown, _ = run(capsys=capsys)
    assert code == 0
    walk, torn = (line.split("\t") for line in shown.splitlines())
    assert walk[0] == "walk"
    assert walk[2:] == ["1:15", "2.5 MB", "video sound", ""]
    assert torn[0] == "torn"
    assert torn[-1].startswith("damaged: ")


def test_on_a_terminal_there_is_a_table(store: Store) -> None:
    made(store, "walk")
    made(store, "kitchen")
    shown = on_terminal("list")
    assert shown.splitlines()[0].split() == ["name", "start", "length", "size", "holds"]
    assert "2 recordings, 5.0 MB" in shown


def test_the_list_as_json(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(store, "walk")
    _, shown, _ = run("list", "--json", capsys=capsys)
    (walk,) = json.loads(shown)
    assert (walk["name"], walk["path"], walk["seconds"], walk["state"]) == ("walk", str(folder), 75.0, "whole")


def test_where_there_is_nothing_it_says_how_to_make_something(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys=capsys) == (0, "", f"no recordings in {store.recordings}; glasses record makes one\n")
    assert run("list", "--json", capsys=capsys) == (0, "[]\n", "")


def test_the_folder_of_all_and_of_one(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(store, "walk")
    assert run("path", capsys=capsys) == (0, f"{store.recordings}\n", "")
    assert run("path", "walk", capsys=capsys) == (0, f"{folder}\n", "")


def test_the_configured_folder_is_used(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GLASSES_RECORD_FOLDER", str(tmp_path / "card"))
    assert run("path", capsys=capsys) == (0, f"{tmp_path}/card/recordings\n", "")


def test_a_slip_in_a_name_is_wrong_use_with_the_nearest(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    made(store, "walk")
    for action in ("play", "path", "delete"):
        code, _, error = run(action, "wlak", capsys=capsys)
        assert code == 2
        assert "did you mean 'walk'?" in error


def test_it_is_played_by_the_first_player_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = made(store, "walk")
    for player in ("vlc", "mpv"):
        program = tmp_path / "bin" / player
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho {player} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert run("play", "walk", capsys=capfd) == (0, f"mpv {folder}/session.mkv\n", "")
    assert run("play", "walk", "--print-path", capsys=capfd) == (0, f"{folder}/session.mkv\n", "")


def test_without_a_player_the_file_is_named(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made(store, "walk")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, error = run("play", "walk", capsys=capsys)
    assert code == 1
    assert f"no player found for {folder}/session.mkv; run: sudo apt install mpv" in error


def test_nothing_is_deleted_unasked(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(store, "walk", days=9)
    for action in (["delete", "walk"], ["prune", "--keep-days", "1"]):
        code, _, error = run(*action, capsys=capsys)
        assert code == 2
        assert "add --yes" in error
    assert folder.exists()


@pytest.mark.parametrize(("answer", "there"), [("n\n", True), ("y\n", False)])
def test_on_a_terminal_it_asks(store: Store, answer: str, there: bool) -> None:
    folder = made(store, "walk")
    assert "Delete walk for good? [y/N]" in on_terminal("delete", "walk", answer=answer)
    assert folder.exists() is there


def test_several_are_deleted_or_none(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    made(store, "walk")
    (made(store, "kitchen") / "notes.txt").touch()
    assert run("delete", "walk", "kitchne", "--yes", capsys=capsys)[0] == 2
    assert len(store.listing()) == 2
    code, shown, _ = run("delete", "walk", "kitchen", "--yes", capsys=capsys)
    assert (code, shown) == (0, "deleted walk\ndeleted kitchen, but left notes.txt\n")
    assert store.listing() == []


def test_prune_says_what_it_would_delete_before_it_does(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    made(store, "old", days=9)
    made(store, "new")
    code, shown, _ = run("prune", "--keep-days", "7", "--dry-run", capsys=capsys)
    assert code == 0
    assert shown.startswith("would delete old ")
    assert len(store.listing()) == 2
    code, shown, _ = run("prune", "--budget", "0.003", "--yes", capsys=capsys)
    assert shown.startswith("deleted old ")
    assert [stored.name for stored in store.listing()] == ["new"]
    assert run("prune", "--budget", "0.003", capsys=capsys) == (0, "nothing to delete\n", "")


def test_prune_wants_to_know_what_to_keep(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = run("prune", capsys=capsys)
    assert code == 2
    assert "add --keep-days N or --budget GB" in error
