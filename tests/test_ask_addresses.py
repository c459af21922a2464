"""Addresses: what each opens, where its pictures go, chains of several, and backends of other packages."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glasses import config as configuration
from glasses.models import Models
from glasses.settings import Config
from pipeline import clock as clocks
from pipeline.ask.addresses import FORMS, open_backend
from pipeline.ask.backend import Backend
from pipeline.ask.chain import Chain
from pipeline.ask.profiles import PROFILES
from pipeline.ask.reach import reach_of, reach_of_host, reach_of_url
from pipeline.ask.remote import Remote
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.events import EventLog
from pipeline.types import Answer, Question
from tests.dialects import DIALECTS
from tests.packages import install
from tests.servers import ChatServer, no_reader

KEYS = {profile.key: f"sk-{name}" for name, profile in PROFILES.items()}
DRIVER = """
from pipeline.ask.backend import PictureBudget
from pipeline.types import Answer

class Parrot:
    picture = PictureBudget(64, 50)
    languages = None
    reach = "machine"

    def __init__(self, name):
        self.name = name

    async def stream(self, question):
        yield Answer(question.turn, question.text, "ok")

    async def close(self):
        pass

class Driver:
    forms = ("parrot", "parrot:COLOUR")

    def open(self, address, clock, opening):
        return Parrot(address)

driver = Driver()
"""


def opened(address: str, keys: dict[str, str] = KEYS, **settings: Any) -> Backend:
    async def main(clock: Clock) -> Backend:
        mind = open_backend(address, clock, keys, no_reader, **settings)
        await mind.close()
        return mind

    return clocks.run(main, virtual=True)


def answer(address: str, **settings: Any) -> Answer:
    async def main(clock: Clock) -> Answer:
        mind = open_backend(address, clock, KEYS, no_reader, **settings)
        try:
            *_, last = [item async for item in mind.stream(Question(1, 0.0, "What is this?", ()))]
        finally:
            await mind.close()
        assert isinstance(last, Answer)
        return last

    return clocks.run(main, virtual=True)


# What each opens


@pytest.mark.parametrize("name", PROFILES)
def test_every_service_opens_by_its_name_and_a_model(name: str) -> None:
    mind = opened(f"{name}:a-model:2b")
    assert isinstance(mind, Remote)
    assert mind.name == f"{name}:a-model:2b"
    assert name in FORMS


@pytest.mark.parametrize("name", ["llamacpp", "lmstudio", "vllm"])
def test_servers_with_one_model_need_no_name_of_it(name: str) -> None:
    assert isinstance(opened(name, {}), Remote)


@pytest.mark.parametrize("name", [name for name, profile in PROFILES.items() if profile.needs_key])
def test_a_service_that_needs_a_key_says_which(name: str) -> None:
    with pytest.raises(UsageError, match=f"set {PROFILES[name].key} in the environment"):
        opened(f"{name}:a-model", {})


@pytest.mark.parametrize("name", [*DIALECTS, "llamacpp", "openai"])
def test_another_server_may_speak_the_format_of_a_service(name: str) -> None:
    """At another address the service's own key stays at home."""
    dialect = DIALECTS[PROFILES[name].format if name in PROFILES else name]
    with ChatServer([*dialect.words("A cup."), *dialect.end("ok")], kind=dialect.kind) as server:
        assert answer(f"{name}+{server.base_url}#m").text == "A cup."
    assert "sk-" + name not in str(server.requests[0].headers)


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("nobody+http://127.0.0.1/v1#m", "use one of: ondevice"),
        ("ollama+ftp://127.0.0.1#m", "write it like http://localhost:11434/v1#MODEL"),
        ("http://xn--a/v1#m", "not an address"),
        ("http://ho\nst/v1#m", "not an address"),
        ("openai:gpt, nobody", "use one of: ondevice"),
        ("openai:gpt,", "use one of: ondevice"),
        ("ollama", "write it like ollama:MODEL"),
    ],
)
def test_a_wrong_address_is_refused_with_the_remedy(address: str, remedy: str) -> None:
    with pytest.raises(UsageError, match=remedy):
        opened(address)


# Where pictures go


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        ("localhost", "machine"),
        ("127.0.0.1", "machine"),
        ("127.8.9.1", "machine"),
        ("::1", "machine"),
        ("0.0.0.0", "machine"),
        ("::ffff:127.0.0.1", "machine"),
        ("10.0.0.7", "lan"),
        ("172.31.0.1", "lan"),
        ("192.168.178.2", "lan"),
        ("169.254.3.4", "lan"),
        ("fd00::1", "lan"),
        ("fe80::1%eth0", "lan"),
        ("172.32.0.1", "hosted"),
        ("100.64.0.1", "hosted"),
        ("8.8.8.8", "hosted"),
        ("::ffff:8.8.8.8", "hosted"),
        ("2001:4860:4860::8888", "hosted"),
        ("pi.local", None),
    ],
)
def test_an_address_tells_how_far_away_it_is(host: str, reach: str | None) -> None:
    assert reach_of_host(host) == reach


@pytest.mark.parametrize(
    ("addresses", "reach"),
    [
        (["192.168.1.2"], "lan"),
        (["127.0.0.1", "::1"], "machine"),
        (["192.168.1.2", "8.8.8.8"], "hosted"),
        ([], None),
    ],
)
def test_a_name_is_as_far_away_as_the_farthest_of_its_addresses(
    addresses: list[str], reach: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(host: str, port: None) -> list[Any]:
        if not addresses:
            raise socket.gaierror(-2, "Name or service not known")
        return [(2, 1, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert reach_of_url("http://desk.example:8080/v1") == reach


def test_what_goes_through_a_proxy_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128")
    assert reach_of_url("http://desk.example/v1") == "hosted"
    assert reach_of_url("http://192.168.1.2/v1") == "lan"  # for which a proxy is never used


def test_a_near_server_is_never_asked_by_way_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    dialect = DIALECTS["chat"]
    with ChatServer([]) as proxy, ChatServer([*dialect.words("A cup."), *dialect.end("ok")]) as server:
        monkeypatch.setenv("http_proxy", proxy.base_url)
        monkeypatch.setenv("all_proxy", proxy.base_url)
        assert answer(f"{server.base_url}#m").text == "A cup."
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("ondevice", "machine"),
        ("ollama:qwen3-vl:2b", "machine"),
        ("llamacpp", "machine"),
        ("ollama+http://192.168.1.2:11434#qwen3-vl:2b", "lan"),
        ("http://8.8.8.8/v1#m", "hosted"),
        ("openai:gpt-5", "hosted"),
        ("meta:muse-spark-1.3", "hosted"),
        ("ollama:a, ondevice", "machine"),
        ("openai:gpt-5, ollama:a, ondevice", "hosted"),
    ],
)
def test_each_backend_knows_where_its_pictures_go(address: str, reach: str) -> None:
    assert reach_of(opened(address, reach="lan" if reach == "lan" else None)) == reach


def test_a_model_that_trains_on_what_it_gets_warns_when_it_is_chosen(caplog: pytest.LogCaptureFixture) -> None:
    opened("meta:muse-spark-1.3")
    assert caplog.messages == []
    opened("meta:muse-spark-1.3-contributor")
    assert "may train on the words and pictures that it is sent" in caplog.text
    assert not any("contributor" in form for form in FORMS)


# Chains


def test_several_addresses_are_a_chain_that_hands_over() -> None:
    dialect = DIALECTS["chat"]
    with ChatServer([], status=401) as locked, ChatServer([*dialect.words("A cup."), *dialect.end("ok")]) as open_:
        address = f"{locked.base_url}#m, {open_.base_url}#m"
        assert answer(address).text == "A cup."
    mind = opened(address)
    assert isinstance(mind, Chain)
    assert mind.name == address


@pytest.mark.parametrize(
    ("address", "reach", "refused"),
    [
        ("ollama:m, openai:gpt-5", None, "'openai:gpt-5' is hosted: pictures would go farther than machine"),
        ("http://10.0.0.2/v1#m, meta:m, ondevice", "lan", "'meta:m' is hosted: pictures would go farther than lan"),
        ("http://10.0.0.2/v1#m", None, r"on the local network.* allow it with --reach lan, or ask\.reach = 'lan'"),
        ("ondevice, http://10.0.0.2/v1#m", None, "on the local network"),
        ("openai:gpt-5, http://10.0.0.2/v1#m", None, "on the local network"),
        ("openai:gpt-5", "machine", "'openai:gpt-5' is hosted: pictures would go farther than machine"),
        ("http://10.0.0.2/v1#m", "machine", r"ask\.reach = 'lan'"),
    ],
)
def test_an_address_known_to_be_too_far_away_is_refused_at_once(address: str, reach: Any, refused: str) -> None:
    with pytest.raises(UsageError, match=refused):
        opened(address, reach=reach)


def test_a_longer_reach_can_be_allowed() -> None:
    assert isinstance(opened("ollama:m, openai:gpt-5", reach="hosted"), Chain)
    assert isinstance(opened("ollama:m", reach="hosted"), Remote)


def test_a_name_that_turns_out_to_be_too_far_away_gets_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up before anything is sent."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port: [(2, 1, 6, "", ("8.8.8.8", 0))])
    heard = answer("http://desk.example/v1#m", reach="lan")
    assert (heard.outcome, heard.told) == ("error", "I may not ask any model.")


def test_a_name_on_the_local_network_gets_nothing_unless_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known by its name alone: where it lies is found out before anything is sent."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port: [(2, 1, 6, "", ("192.168.1.2", 0))])
    heard = answer("http://desk.example/v1#m")
    assert (heard.outcome, heard.told) == ("error", "I may not ask any model.")
    assert heard.fault.endswith("see ask.reach")


def test_the_configuration_says_how_far_pictures_may_go() -> None:
    async def main(clock: Clock) -> None:
        settings = configuration.load({"ask.reach": "lan", "ask.backend": "http://8.8.8.8/v1#m"}, {}).ask
        Models(Config()).backend(clock, settings, EventLog(clock))

    with pytest.raises(UsageError, match="pictures would go farther than lan"):
        clocks.run(main, virtual=True)
    with pytest.raises(UsageError, match=r"ask\.reach must be one of empty, machine, lan, hosted"):
        configuration.load({"ask.reach": "far"}, {})


# Of other packages


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody's package with a backend of a few lines, and another that lacks a library."""
    modules = {"parrots": DRIVER, "broken": "import a_library_that_is_missing"}
    points = {"parrot": "parrots:driver", "broken": "broken:driver"}
    install(tmp_path, monkeypatch, modules, "glasses.backends", points)
    yield
    sys.modules.pop("parrots", None)


@pytest.mark.usefixtures("package")
def test_a_package_of_anybodys_adds_a_backend() -> None:
    assert answer("parrot:green").text == "What is this?"
    assert reach_of(opened("parrot")) == "machine"


@pytest.mark.usefixtures("package")
def test_a_backend_that_cannot_be_loaded_says_why() -> None:
    with pytest.raises(GlassesError, match=r"'broken' can't be loaded .*a_library_that_is_missing"):
        opened("broken:1")
