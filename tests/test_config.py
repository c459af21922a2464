"""Settings: which layer wins, what is refused and how it is said, and that secrets stay secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasses import config as configuration
from glasses import settings
from glasses.config import load, read_keys
from glasses.settings import Config
from pipeline.errors import UsageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration folder; the current folder is an empty one."""
    here, home = tmp_path / "here", tmp_path / "config"
    here.mkdir()
    (home / "glasses").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    return home / "glasses"


def here(text: str) -> None:
    Path("glasses.toml").write_text(text, encoding="utf-8")


def test_without_files_the_settings_are_the_built_in_ones() -> None:
    assert load({}, {}) == Config()


def test_flag_wins_over_environment_over_this_folder_over_the_users_file(home: Path) -> None:
    (home / "config.toml").write_text(
        '[listen]\nmodel = "user"\nlanguage = "de"\nend_silence = 0.5\n[speak]\nspeed = 2'
    )
    here('[listen]\nmodel = "folder"\nlanguage = "fr"\nend_silence = 0.6')
    environ = {"GLASSES_LISTEN_MODEL": "environment", "GLASSES_LISTEN_LANGUAGE": "es"}
    config = load({"listen.model": "flag", "ask.backend": None}, environ)
    assert (config.listen.model, config.listen.language) == ("flag", "es")
    assert (config.listen.end_silence, config.speak.speed) == (0.6, 2.0)
    assert dict(config.sources) == {
        "listen.model": "flag",
        "listen.language": "GLASSES_LISTEN_LANGUAGE",
        "listen.end_silence": "glasses.toml",
        "speak.speed": str(home / "config.toml"),
    }


def test_the_environment_gives_numbers_as_text() -> None:
    config = load({}, {"GLASSES_ASK_MAX_TOKENS": "512", "GLASSES_SPEAK_SPEED": "1", "GLASSES_COSTS_ASK_FIRST": "0.5"})
    assert (config.ask.max_tokens, config.speak.speed, config.costs["ask.first"]) == (512, 1.0, 0.5)


def test_costs_are_a_table_that_may_name_stages_of_ones_own() -> None:
    here('[costs]\n"ask.first" = 0.5\nask.next = 0\nmy_stage = 2')
    costs = load({}, {}).costs
    assert (costs["ask.first"], costs["ask.next"], costs["my_stage"], costs["transcribe"]) == (0.5, 0.0, 2.0, 0.25)


def test_a_byte_order_mark_is_no_mistake() -> None:
    here('\ufeff[listen]\nmodel = "tiny"')
    assert load({}, {}).listen.model == "tiny"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[listen]\nmodle = "tiny"',
            r"glasses\.toml: there is no setting 'listen\.modle'; did you mean 'listen\.model'\?",
        ),
        ('[lisen]\nmodel = "tiny"', r"'lisen\.model'; did you mean 'listen\.model'\?"),
        ('model = "tiny"', r"'model'; did you mean 'listen\.model'\?"),
        ("[zzz]\nqqq = 1", r"'zzz\.qqq'; `glasses config show` lists the settings"),
        ("[listen]\nmodel = 3", r"glasses\.toml: listen\.model must be text, not 3"),
        ('[listen]\nmodel = " "', r"listen\.model is empty"),
        ('[listen]\nend_silence = "0.7"', r"listen\.end_silence must be a number, not '0\.7'"),
        ("[listen]\nend_silence = true", r"must be a number, not True"),
        ("[listen]\nend_silence = -0.7", r"must be from 0\.1 to 10, not -0\.7"),
        ("[look]\nmax_age = nan", r"look\.max_age must be from 0 to 3600, not nan"),
        ("[ask]\nmax_tokens = 1.5", r"ask\.max_tokens must be a whole number"),
        ("[ask]\nfirst_timeout = inf", r"ask\.first_timeout must be from"),
        ("[speak]\nspeed = 0", r"speak\.speed must be from 0\.25 to 4"),
        ("[costs]\ntranscribe = -1", r"costs\.transcribe must be from 0"),
        ("costs = 1", r"there is no setting 'costs'"),
        ('[listen]\nlanguage = "english"', r"listen\.language must be a code like en"),
        ("[listen\n", r"glasses\.toml: not valid TOML: .*line 1"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_remedy(text: str, said: str) -> None:
    here(text)
    with pytest.raises(UsageError, match=said):
        load({}, {})


def test_a_file_that_is_no_text_is_named() -> None:
    Path("glasses.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"glasses\.toml: cannot be read"):
        load({}, {})


def test_a_typo_in_the_environment_is_an_error_too() -> None:
    with pytest.raises(UsageError, match="GLASSES_LISTN_MODEL is not a setting; did you mean GLASSES_LISTEN_MODEL"):
        load({}, {"GLASSES_LISTN_MODEL": "tiny"})
    with pytest.raises(UsageError, match=r"GLASSES_ASK_MAX_TOKENS: ask.max_tokens must be a whole number, not 'many'"):
        load({}, {"GLASSES_ASK_MAX_TOKENS": "many"})


@pytest.mark.parametrize("key", ["api_key", "key", "openai_api_key", "secret", "password", "OPENAI_API_KEY", "token"])
def test_a_secret_in_a_settings_file_is_refused_unshown(key: str) -> None:
    here(f'[ask]\n{key} = "sk-123"')
    with pytest.raises(UsageError, match=r"looks like a secret.*environment") as refused:
        load({}, {})
    assert "sk-123" not in str(refused.value)


def test_a_backend_address_with_a_password_is_refused_unshown() -> None:
    with pytest.raises(UsageError, match=r"ask.backend holds a password") as refused:
        load({"ask.backend": "http://me:sk-123@host/v1#m"}, {})
    assert "sk-123" not in str(refused.value)


def test_keys_come_from_the_environment_over_the_file(home: Path) -> None:
    keys = home / "keys"
    keys.write_text("# mine\nexport OPENAI_API_KEY='file'\n\nGLASSES_API_KEY = other\nnonsense\n", encoding="utf-8")
    keys.chmod(0o600)
    assert read_keys({}) == {"OPENAI_API_KEY": "file", "GLASSES_API_KEY": "other"}
    assert read_keys({"OPENAI_API_KEY": "environment", "GLASSES_API_KEY": ""})["OPENAI_API_KEY"] == "environment"


def test_a_file_of_keys_that_others_may_read_is_refused_with_the_remedy(home: Path) -> None:
    keys = home / "keys"
    keys.write_text("OPENAI_API_KEY=sk-123", encoding="utf-8")
    keys.chmod(0o644)
    with pytest.raises(UsageError, match=f"chmod 600 {keys}"):
        read_keys({})


def test_every_setting_has_a_line_about_it() -> None:
    source = Path(settings.__file__).read_text(encoding="utf-8")
    for name in configuration.known(Config()):
        section, _, key = name.partition(".")
        if section != "costs":
            assert any(line.startswith(f"    {key}: ") and "  # " in line for line in source.splitlines()), name


# Chains


@pytest.mark.parametrize("key", ["backend", "agent_backends"])
def test_several_backends_may_be_a_list_in_a_file(key: str) -> None:
    here(f'[ask]\n{key} = ["meta:muse-spark-1.3", "ondevice"]')
    assert getattr(load({}, {}).ask, key) == "meta:muse-spark-1.3, ondevice"


def test_a_list_is_overridden_as_a_whole() -> None:
    here('[ask]\nbackend = ["meta:muse-spark-1.3", "ondevice"]')
    assert load({}, {"GLASSES_ASK_BACKEND": "ollama:gemma3"}).ask.backend == "ollama:gemma3"


@pytest.mark.parametrize("value", ["[1]", '["a, b"]', '[""]', '[["ondevice"]]'])
def test_a_list_of_anything_else_is_refused(value: str) -> None:
    here(f"[ask]\nbackend = {value}")
    with pytest.raises(UsageError, match=r"glasses\.toml: ask\.backend must be a list of addresses, each a text"):
        load({}, {})


def test_nobody_at_all_is_no_backend() -> None:
    here("[ask]\nbackend = []")
    with pytest.raises(UsageError, match=r"ask\.backend is empty"):
        load({}, {})


def test_a_password_in_a_list_is_refused_too() -> None:
    here('[ask]\nbackend = ["ondevice", "http://me:secret@host/v1#m"]')
    with pytest.raises(UsageError, match=r"ask\.backend holds a password"):
        load({}, {})


def test_other_settings_are_no_lists() -> None:
    here('[speak]\nvoice = ["a", "b"]')
    with pytest.raises(UsageError, match=r"speak\.voice must be text"):
        load({}, {})
