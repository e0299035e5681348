"""Settings: what the environment says, checked; what nobody may see, hidden."""

import os
from pathlib import Path

import pytest

from agents.inspect.doctor import settings_table
from agents.local.up import environment
from agents.settings import PREFIX, Settings, load_settings
from schemas.errors import WinnowError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a .env file, and an environment without settings."""
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "hint"),
    [("WINNOW_BROKR", "Did you mean WINNOW_BROKER?"), ("WINNOW_PARTITION", "WINNOW_PARTITIONS"), ("WINNOW_XQ", "winnow doctor --settings")],
)
def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, hint: str) -> None:
    """A typing error in a variable's name stops the command and suggests the name that was meant."""
    monkeypatch.setenv(name, "1")
    with pytest.raises(WinnowError, match=name) as refused:
        load_settings()
    assert hint in str(refused.value)


def test_an_unknown_name_in_the_file_is_refused(elsewhere: Path) -> None:
    """The .env file is held to the same."""
    (elsewhere / ".env").write_text("WINNOW_PREFIX=acme\nOTHER=1\n")
    assert load_settings().prefix == "acme"
    (elsewhere / ".env").write_text("WINNOW_PREFX=acme\n")
    with pytest.raises(WinnowError, match="unknown setting WINNOW_PREFX"):
        load_settings()


def test_names_that_only_tests_use_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What make and the tests read from the environment does not stop a command."""
    monkeypatch.setenv("WINNOW_DATA", "/somewhere")
    monkeypatch.setenv("WINNOW_KAFKA_HOME", "/somewhere")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARTITIONS", "0"),
        ("PARTITIONS", "many"),
        ("PREFIX", "Acme Corp"),
        ("SECURITY_PROTOCOL", "TLS"),
        ("LOG_LEVEL", "loud"),
        ("CHAFF_SHARE", "1.5"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The message names the variable."""
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(WinnowError, match=f"{PREFIX}{name} does not fit"):
        load_settings()


def test_arguments_outrank_the_environment_and_that_the_file(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    """Argument, variable, .env, default: the first that speaks counts."""
    assert load_settings().partitions == 4
    (elsewhere / ".env").write_text("WINNOW_PARTITIONS=5\n")
    assert load_settings().partitions == 5
    monkeypatch.setenv("WINNOW_PARTITIONS", "6")
    assert load_settings().partitions == 6
    assert load_settings(partitions=7).partitions == 7


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither printing settings nor the table of them nor a refusal shows a password or key."""
    monkeypatch.setenv("WINNOW_SASL_PASSWORD", "hunter2")
    monkeypatch.setenv("WINNOW_AUTHOR_KEY", "swordfish")
    settings = load_settings()
    shown = f"{settings!r} {settings} {settings.model_dump_json()} {settings_table()}"
    assert "hunter2" not in shown
    assert "swordfish" not in shown
    assert settings.password() == "hunter2"
    assert settings.author_key.get_secret_value() == "swordfish"


def test_the_default_key_does_not_show_in_the_table() -> None:
    """Whoever forgets to set it should not find it in the documentation either."""
    assert Settings().author_key.get_secret_value() not in settings_table()


def test_the_password_file_outranks_the_variable(elsewhere: Path) -> None:
    """A mounted secret is used, without its line end; one that is missing is named."""
    (elsewhere / "password").write_text("from the file\n")
    assert load_settings(sasl_password="other", sasl_password_file=elsewhere / "password").password() == "from the file"
    with pytest.raises(WinnowError, match=r"cannot read the SASL password file .*nowhere"):
        load_settings(sasl_password_file=elsewhere / "nowhere").password()
    assert load_settings().password() is None


def test_the_table_lists_every_setting() -> None:
    """One row each, with what it means."""
    rows = settings_table().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        (row,) = [row for row in rows if f"`{PREFIX}{name.upper()}`" in row]
        assert field.description
        assert field.description in row


def test_topics_have_names_and_back() -> None:
    """Posts and feedback may belong to another deployment; every name leads back to its noun."""
    own, shared = load_settings(prefix="acme"), load_settings(prefix="acme", input_prefix="posts-team")
    assert own.topic("posts") == "acme.posts.v1"
    assert shared.topic("posts") == "posts-team.posts.v1"
    assert shared.topic("information") == "acme.information.v1"
    for settings in (own, shared):
        for noun in ("posts", "feedback", "information", "actions.support", "sift-state"):
            assert settings.noun(settings.topic(noun)) == noun


def test_a_deployment_is_handed_to_its_workers_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs from the defaults, secrets too, goes into the environment of child processes and comes out the same."""
    given = load_settings(
        broker="b:1,b:2", prefix="acme", partitions=7, batch_interval_seconds=0.3, sasl_password="hunter2", broker_is_real=False
    )
    for name, value in environment(given).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == given
