"""Everything an operator can set, from ``WINNOW_*`` environment variables or a ``.env`` file; unknown names are refused."""

import difflib
import os
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import WinnowError

PREFIX = "WINNOW_"
OTHER_NAMES = {"WINNOW_DATA", "WINNOW_KAFKA_HOME", "WINNOW_KAFKA_DIR"}
"""Names with our prefix that only tests and make use."""


class Settings(BaseSettings):
    """One deployment. Every stage of one deployment shares ``prefix``; times are seconds, sizes bytes."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    broker: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, host:port, comma-separated.")
    prefix: str = Field("winnow", pattern=r"^[a-z][a-z0-9-]*$", description="First part of every topic and consumer group name.")
    input_prefix: str | None = Field(None, description="Prefix of posts and feedback when another deployment owns them.")
    broker_is_real: bool = Field(True, description="False for the embedded broker: no idempotence, no compaction, 5 MiB a partition.")

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to the broker."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field("SCRAM-SHA-512", description="SASL mechanism.")
    sasl_username: str | None = Field(None, description="SASL user name.")
    sasl_password: SecretStr | None = Field(None, description="SASL password; prefer sasl_password_file.")
    sasl_password_file: Path | None = Field(None, description="File that holds the SASL password.")
    tls_ca_file: Path | None = Field(None, description="Certificate authorities (PEM).")
    tls_certificate_file: Path | None = Field(None, description="Client certificate (PEM).")
    tls_key_file: Path | None = Field(None, description="Client key (PEM).")

    partitions: int = Field(
        4, ge=1, le=512, description="Partitions of each topic that scales; once topics exist only posts and feedback may get more."
    )
    replication: int = Field(1, ge=1, le=9, description="Replication factor of topics that `topics apply` creates.")

    policy_file: Path | None = Field(None, description="Policy (YAML); the built-in one when unset.")
    subjects_file: Path | None = Field(None, description="Subjects and their terms (YAML); three invented brands when unset.")
    sources_dir: Path | None = Field(None, description="Folder of source files (YAML) that add to those shipped, or take their place.")
    posts_source: str = Field("signal", description="Source of records on posts that have no header `source`.")
    feedback_source: str = Field("signal", description="Source of records on feedback that have no header `source`.")
    schema_registry_url: str = Field(
        "", description="Schema registry (Confluent's interface) of records in Avro, Protobuf or JSON behind its five bytes; http(s)://…"
    )
    schema_registry_user: str | None = Field(None, description="User name there (HTTP basic).")
    schema_registry_password: SecretStr | None = Field(None, description="Its password; prefer schema_registry_password_file.")
    schema_registry_password_file: Path | None = Field(None, description="File that holds it.")
    schema_registry_ca_file: Path | None = Field(None, description="Certificate authorities of the registry (PEM).")
    schema_registry_timeout_seconds: float = Field(5.0, gt=0, le=60, description="How long one answer of the registry may take.")
    roster_file: Path | None = Field(None, description="Keyed hashes of employees' accounts, one a line: `winnow subjects roster`.")
    stakeholder_confidence: float = Field(
        0.9, ge=0, le=1, description="How sure the words must be to make media, authority, partner or investor of an unknown account."
    )
    spam_threshold: float = Field(
        0.7, gt=0.0, le=1.0, description="From this probability on a post is spam and goes no further; higher: less is thrown away."
    )
    desk_confidence: float = Field(
        0.3, ge=0, le=1, description="How sure it must be who would deal with a post, for policies to see it (`situation.desk`)."
    )
    model_file: Path | None = Field(None, description="Model artefact; the shipped one when unset.")
    drift_epoch: int = Field(0, description="Raise it to take the present as what drift is measured against.")
    model_store: Path = Field(Path("winnow-models"), description="Folder where the learner keeps challengers.")
    author_key: SecretStr = Field(SecretStr("change-me-per-deployment"), description="Key of author hashes on actions.")

    batch_records: int = Field(
        4_096, ge=1, le=100_000, description="Most records worked at once: bounds how long one batch holds a worker."
    )
    batch_interval_seconds: float = Field(
        0.02, ge=0, le=5, description="Least time between two batches of a partition: larger batches when load is low."
    )
    idle_live_seconds: float = Field(
        0.0, ge=0, description="A caught-up partition with fresh events is called idle after this: nobody waits for what is not there."
    )
    idle_history_seconds: float = Field(
        2.0, gt=0, description="The same when its events are older than a minute: replays wait for each other."
    )
    backfill_after_seconds: float = Field(
        21_600.0, gt=0, description="Events older than this when appended are history: they never page anyone."
    )
    future_tolerance_seconds: float = Field(300.0, ge=0, description="Events further in the future than this are rejected.")
    remember_seconds: float = Field(86_400.0, gt=0, description="How long (event time) sift remembers ids and texts.")
    remember_entries: int = Field(1_000_000, ge=1_000, description="How many ids and texts sift remembers per partition at most.")
    case_least_urgency: float = Field(
        0.0, ge=0, le=1,
        description="What wants something opens a case from this urgency on, or from the negativity below; 0: all of it.",
    )  # fmt: skip
    case_least_negativity: float = Field(0.0, ge=0, le=1, description="The same for negativity. Who is then asked is the policy's.")
    chaff_share: float = Field(0.01, ge=0, le=1, description="Share of chaff that is kept for review, chosen by id hash.")

    commit_interval_seconds: float = Field(0.5, gt=0, description="How often settled offsets are committed.")
    request_timeout_seconds: float = Field(
        40.0, gt=0, description="How long a broker may take to answer. A worker ends when a write is not acknowledged in three times that."
    )
    session_timeout_seconds: float = Field(
        10.0, ge=6, description="How long a silent worker keeps its partitions; brokers take no less than 6."
    )
    watchdog_seconds: float = Field(120.0, gt=0, description="A worker whose commits stand still this long while input waits ends itself.")
    live_silence_seconds: float = Field(
        30.0, ge=2, description="A worker whose event loop has not come round for this long ends itself; /live says so too."
    )
    ready_commit_age_seconds: float = Field(
        15.0, ge=1, description="/ready says no when it is this long unknown that a partition's commits are up to date."
    )
    accept_state_loss: bool = Field(False, description="Start although the state topic is behind the committed offset.")

    web_host: str = Field("127.0.0.1", description="Address of /metrics, /live and /ready.")
    web_port: int = Field(0, ge=0, le=65_535, description="Their port; 0 takes a free one and prints it.")
    board_host: str = Field("127.0.0.1", description="Address of the board (`winnow board`); beyond loopback it needs board_people_file.")
    board_port: int = Field(8440, ge=0, le=65_535, description="Its port; 0 takes a free one and prints it.")
    board_hosts: str = Field("", description="Names by which browsers call the board, comma-separated, beside those of loopback.")
    board_folder: Path = Field(Path(".winnow/board"), description="Where the board keeps what it makes anew from Kafka at any time.")
    board_people_file: Path | None = Field(None, description="Who may look, answer, silence and steer on the board (YAML).")
    board_workers: str = Field(
        "", description="Where sift workers show metrics, comma-separated, e.g. http://host:9100/metrics: the board tells their drift."
    )
    board_proxies: str = Field("", description="Addresses of proxies that say who asks the board, comma-separated.")
    board_identity_header: str = Field("x-forwarded-user", description="The header in which they say it.")
    board_url: str = Field("", description="The board's public address, https://…; people come back to it from the provider.")
    board_oidc_issuer: str = Field("", description="OpenID Connect: the provider where people of the board sign in.")
    board_oidc_client: str = Field("", description="The board's client id there; WINNOW_BOARD_URL/enter/back is its redirect address.")
    board_oidc_secret: SecretStr | None = Field(None, description="Its client secret; none for a public client.")
    board_oidc_claim: str = Field("email", description="What the provider says that is the name in board_people_file.")
    board_key: SecretStr | None = Field(None, description="What boards side by side sign forms and sessions with; own keys when unset.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")

    def password(self) -> str | None:
        """The SASL password from its file or variable. Raises WinnowError when the file cannot be read."""
        return _secret(self.sasl_password, self.sasl_password_file, "SASL")

    def registry_password(self) -> str | None:
        """The schema registry's password, likewise."""
        return _secret(self.schema_registry_password, self.schema_registry_password_file, "schema registry")

    def topic(self, noun: str) -> str:
        """Full Kafka name of a topic."""
        prefix = self.input_prefix if self.input_prefix and noun in ("posts", "feedback") else self.prefix
        return f"{prefix}.{noun}.v1"

    def noun(self, topic: str) -> str:
        """The noun of a full Kafka name."""
        return topic.removeprefix(f"{self.input_prefix}." if self.input_prefix else "").removeprefix(f"{self.prefix}.").removesuffix(".v1")

    def is_of_actions(self, topic: str) -> bool:
        """Whether a full Kafka name is that of some team's actions."""
        return topic.startswith(f"{self.prefix}.actions.")


def _secret(said: SecretStr | None, file: Path | None, whose: str) -> str | None:
    if file is not None:
        try:
            return file.read_text().strip()
        except OSError as error:
            raise WinnowError(f"cannot read the {whose} password file {file}: {error.strerror}") from error
    return said.get_secret_value() if said else None


def load_settings(**changes: object) -> Settings:
    """Settings from the environment. Raises WinnowError for an unknown ``WINNOW_*`` name or a value that does not fit."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    # .env beside it: pydantic ignores what it does not know there, a typing error would go unnoticed.
    for name in sorted({*os.environ, *(name.upper() for name in dotenv_values(".env"))}):
        if name.startswith(PREFIX) and name not in known | OTHER_NAMES:
            # Without the prefix, which makes all names alike.
            near = difflib.get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
            hint = f"Did you mean {PREFIX}{near[0]}?" if near else "See `winnow doctor --settings`."
            raise WinnowError(f"unknown setting {name}", hint=hint)
    try:
        settings = Settings(**changes)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise WinnowError(f"setting {PREFIX}{name.upper()} does not fit: {first['msg']}", hint="See `winnow doctor --settings`.") from error
    if settings.sources_dir is not None:
        from schemas.sources import SOURCES  # noqa: PLC0415  # most commands read no sources, and it takes long

        SOURCES.add(settings.sources_dir)
    return settings
