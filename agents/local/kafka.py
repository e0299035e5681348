"""A real Apache Kafka on loopback without Docker, one KRaft broker by Java and Maven. For development, tests and benchmarks."""

import base64
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from agents.local.ports import free_port
from schemas.errors import WinnowError

VERSION = "4.3.1"
READY_SECONDS = 120.0
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_POM = Path(__file__).with_name("kafka.pom.xml")


def missing_tools() -> str | None:
    """What keeps this machine from running Kafka; None when nothing does."""
    absent = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    return f"{' and '.join(absent)} not found" if absent else None


def _home() -> Path:
    return Path(os.environ.get("WINNOW_KAFKA_HOME") or Path.home() / ".cache" / "winnow" / f"kafka-{VERSION}")


def libraries() -> Path:
    """Folder with Kafka's jars, fetched by Maven once. Raises WinnowError when that does not work."""
    home = _home()
    if (home / "complete").exists():
        return home
    absent = missing_tools()
    if absent:
        raise WinnowError(
            f"cannot run a real Kafka here: {absent}", hint="Install a JRE 17 and Maven (Debian: default-jre-headless maven)."
        )
    home.mkdir(parents=True, exist_ok=True)
    print(f"fetching Kafka {VERSION} by Maven, once: some 45 MB", file=sys.stderr)  # noqa: T201  # minutes without a word look like a fault
    command = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={home}", "-DincludeScope=runtime"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=home)  # noqa: S603  # fixed words
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise WinnowError(f"Maven could not fetch Kafka {VERSION}: {lines[0] if lines else 'no message'}")
    (home / "complete").touch()
    return home


def _cluster_id() -> str:
    # An id that began with a hyphen would be taken for an option: the first letter comes from the lower half.
    raw = uuid.uuid4().bytes
    return base64.urlsafe_b64encode(bytes([raw[0] & 0x7F]) + raw[1:]).decode().rstrip("=")


def _reason(told: str) -> str:
    """The line of what a Java program said that names its fault: the innermost cause, else its last word outside a trace."""
    lines = [line for line in told.splitlines() if line.strip() and not line.startswith("\t")]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or ["no message"])[-1].strip()


@dataclass(frozen=True, slots=True)
class Membership:
    """A broker's place in its cluster: its number, and the controller port of every member."""

    node: int = 1
    controllers: Mapping[int, int] = field(default_factory=lambda: {1: free_port()})
    cluster: str = field(default_factory=_cluster_id)

    def properties(self) -> str:
        """What only the cluster's shape decides; of three brokers and more, every write is on all but one of three."""
        copies = min(len(self.controllers), 3)
        voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in self.controllers.items())
        return (
            f"process.roles=broker,controller\nnode.id={self.node}\n"
            f"controller.quorum.voters={voters}\ncontroller.listener.names=CONTROLLER\n"
            f"offsets.topic.replication.factor={copies}\ntransaction.state.log.replication.factor={copies}\n"
            # A killed broker is noticed in 4 s, not in 9: partitions it led are without a leader until then.
            "broker.session.timeout.ms=4000\nbroker.heartbeat.interval.ms=1000\n"
            f"min.insync.replicas={max(1, copies - 1)}\ntransaction.state.log.min.isr={max(1, copies - 1)}\n"
        )


class LocalKafka:
    """One broker and controller in a folder of its own; survives `stop` and `start` with its data and its port."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        heap: str = "512m",
        users: Mapping[str, str] | None = None,
        sasl_port: int | None = None,
        certificate: Path | None = None,
        supers: Iterable[str] | None = None,
        member: Membership | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """``users`` (name -> password) opens a second listener, `sasl_address`, that asks for them by SCRAM-SHA-512.

        certificate: PEM of key and certificate; that listener then speaks TLS (SASL_SSL). May be replaced between starts.
        supers: turns the StandardAuthorizer on; these users, and whoever comes by the plain listener, may do anything, others only
        what ACLs allow.
        member: its place among others (`agents.local.cluster`); alone when None.
        properties: more of the broker's settings, e.g. how often it looks for what is to be deleted.
        """
        self.folder = folder
        self.certificate = certificate
        self._users = dict(users or {})
        self._supers = None if supers is None else ("ANONYMOUS", *supers)
        self._sasl_port = sasl_port or (free_port() if users else 0)
        self.port = port or free_port()
        self.member = member or Membership()
        self._heap = heap
        self._properties = dict(properties or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Bootstrap address."""
        return f"127.0.0.1:{self.port}"

    @property
    def sasl_address(self) -> str:
        """Bootstrap address of the listener that asks for a user."""
        return f"127.0.0.1:{self._sasl_port}"

    @property
    def process_id(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start and wait until it answers. Raises WinnowError with the log's place when it does not."""
        self.launch()
        self.until_answering()

    def launch(self) -> None:
        """Start without waiting: one of several answers only when most of them are there."""
        classpath = f"{libraries()}/*"
        properties = self._configure(classpath)
        log = (self.folder / "server.log").open("ab")
        self._process = subprocess.Popen(  # noqa: S603  # fixed words
            self._java(classpath, "kafka.Kafka", str(properties)), stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def until_answering(self) -> None:
        """Wait until it serves. Raises WinnowError with the log's place when it does not."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise WinnowError(f"Kafka did not start on {self.address}", hint=f"See {self.folder / 'server.log'}.")
            time.sleep(0.1)

    def stop(self, *, kill: bool = False) -> None:
        """End the broker (its data stays)."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> "LocalKafka":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _answers(self) -> bool:
        """Whether an ApiVersions request is answered: the port opens long before the broker serves."""
        request = struct.pack(">hhih", 18, 0, 1, -1)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as connection:
                connection.sendall(struct.pack(">i", len(request)) + request)
                return len(connection.recv(4)) == 4
        except OSError:
            return False

    def _java(self, classpath: str, main: str, *arguments: str) -> list[str]:
        java = shutil.which("java") or "java"
        logging = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"]
        return [java, f"-Xmx{self._heap}", f"-Xms{self._heap}", *logging, "-cp", classpath, main, *arguments]

    def _configure(self, classpath: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "server.properties"
        secured = "SASL_SSL" if self.certificate else "SASL_PLAINTEXT"
        sasl = f",{secured}://{self.sasl_address}" if self._users else ""
        properties.write_text(
            self.member.properties()
            + f"listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.member.controllers[self.member.node]}{sasl}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}{sasl}\n"
            f"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{secured}:{secured}\n"
            "sasl.enabled.mechanisms=SCRAM-SHA-512\n"
            f"listener.name.{secured.lower()}.scram-sha-512.sasl.jaas.config={_SCRAM} required;\n"
            f"log.dirs={self.folder / 'data'}\nnum.network.threads=2\nnum.io.threads=2\n"
            "offsets.topic.num.partitions=4\ngroup.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n"
            "log.cleaner.dedupe.buffer.size=16777216\n" + "".join(self._guards())
        )
        if not (self.folder / "data" / "meta.properties").exists():
            command = self._java(classpath, "kafka.tools.StorageTool", "format")
            scram = [f"--add-scram=SCRAM-SHA-512=[name={name},password={word}]" for name, word in self._users.items()]
            command += ["-t", self.member.cluster, "-c", str(properties), *scram]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # fixed words
            if done.returncode:
                raise WinnowError(f"cannot format Kafka's storage in {self.folder}: {_reason(done.stderr or done.stdout)}")
        return properties

    def _guards(self) -> Iterator[str]:
        yield from (f"{name}={value}\n" for name, value in self._properties.items())
        if self.certificate is not None:
            yield f"ssl.keystore.type=PEM\nssl.keystore.location={self.certificate}\n"
        if self._supers is not None:
            yield "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
            yield f"super.users={';'.join(f'User:{name}' for name in self._supers)}\n"


def in_foreground(make: Callable[[], LocalKafka], told: Callable[[LocalKafka], str]) -> int:
    """Run a broker until interrupted, after a line that says where it is; its exit code."""
    try:
        broker = make()
        broker.start()
    except WinnowError as error:
        print(f"kafka: {error}", file=sys.stderr)  # noqa: T201  # a command's output
        return 2
    print(f"{told(broker)} (Ctrl-C stops it)", flush=True)  # noqa: T201  # a command's output
    try:
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        broker.stop()
    return 0


def main() -> int:
    """A broker for development: ``python -m agents.local [PORT]``."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9092
    return in_foreground(
        lambda: LocalKafka(Path(".winnow") / "kafka", port=port),
        lambda broker: f"Kafka {VERSION} at {broker.address}, data in {broker.folder}",
    )
