"""Apache Kafka itself, one node in KRaft mode on free loopback ports, for the suites that want the truth.

The jars come from Maven into `.laurel/kafka/`; a JDK 17 or newer and Maven are all that is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from uuid import uuid4

from services.devstack.children import Child, DidNotStart
from services.devstack.ports import accepts, free_port
from tests.kafka import certificates

HERE = Path(__file__).parent
CLONE = HERE.parent.parent
OLDEST_JAVA = 17
START_SECONDS = 90
STOP_SECONDS = 20
USER = "laurel"
LISTENERS = ("PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "CONTROLLER")


class CannotRun(Exception):
    """This machine can't run Apache Kafka, or Kafka did not start; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Kafka:
    """A running broker, by every door that it has."""

    plaintext: str
    sasl_plaintext: str
    sasl_ssl: str
    user: str
    password: str
    authority: Path
    pid: int
    log: Path

    def environment(self) -> Mapping[str, str]:
        """What the tests are told: `LAUREL_TEST_KAFKA` alone is enough for most of them."""
        return {
            "LAUREL_TEST_KAFKA": self.plaintext,
            "LAUREL_TEST_KAFKA_SASL": self.sasl_plaintext,
            "LAUREL_TEST_KAFKA_SSL": self.sasl_ssl,
            "LAUREL_TEST_KAFKA_USER": self.user,
            "LAUREL_TEST_KAFKA_PASSWORD": self.password,
            "LAUREL_TEST_KAFKA_CA": str(self.authority),
            "LAUREL_TEST_KAFKA_PID": str(self.pid),
        }


def java() -> str:
    """The `java` to run Kafka with: JAVA_HOME's if set, else the path's."""
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not found or not Path(found).exists():
        raise CannotRun(f"Apache Kafka needs Java {OLDEST_JAVA} or newer, and there is no java here.")
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if not version or int(version[1]) < OLDEST_JAVA:
        raise CannotRun(f"Apache Kafka needs Java {OLDEST_JAVA} or newer; {found} says: {told.strip() or 'nothing'}")
    return found


def jars() -> Path:
    """The folder with Kafka's jars, fetched once for each state of the pom."""
    pom = HERE / "pom.xml"
    folder = CLONE / ".laurel" / "kafka" / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    if (folder / "complete").exists():
        return folder
    maven = shutil.which("mvn")
    if not maven:
        raise CannotRun("Fetching Apache Kafka needs Maven, and there is no mvn here.")
    shutil.rmtree(folder, ignore_errors=True)
    fetched = subprocess.run(
        [
            *(maven, "-B", "-q", "-f", str(pom), "dependency:copy-dependencies"),
            *(f"-DoutputDirectory={folder}", "-DincludeScope=runtime"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode:
        said = (fetched.stdout + fetched.stderr).strip()
        raise CannotRun(f"Maven could not fetch Apache Kafka:\n{said[-2000:]}")
    (folder / "complete").touch()
    return folder


@contextmanager
def running() -> Iterator[Kafka]:
    """A fresh broker with empty logs, gone with everything it wrote when the block ends."""
    machine = [java(), "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{jars()}/*"]
    machine.append("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
    with TemporaryDirectory(prefix="laurel-kafka-") as name:
        folder = Path(name)
        password = secrets.token_hex(16)
        ports = _free_ports(len(LISTENERS))
        pem = certificates.issue(folder, now=datetime.now(UTC))
        properties = _properties(folder, ports, pem, password)
        _format(machine, properties, password)
        log = folder / "server.log"
        try:
            child = Child.start("kafka", [*machine, "kafka.Kafka", str(properties)], log=log, home=folder / "home")
            # Kafka opens its doors to clients last, when it can serve them
            child.wait_until(lambda: all(accepts(port) for port in ports), START_SECONDS)
        except DidNotStart as error:
            told = log.read_text(errors="replace")[-4000:]
            raise CannotRun(f"{error}\n{told}") from error
        try:
            plaintext, sasl_plaintext, sasl_ssl, _ = (f"127.0.0.1:{port}" for port in ports)
            yield Kafka(plaintext, sasl_plaintext, sasl_ssl, USER, password, pem.authority, child.pid, log)
        finally:
            child.stop(STOP_SECONDS)


def _properties(folder: Path, ports: tuple[int, ...], pem: certificates.Certificates, password: str) -> Path:
    template = Template((HERE / "server.properties").read_text())
    path = folder / "server.properties"
    path.touch(mode=0o600)
    path.write_text(
        template.substitute(
            listeners=",".join(f"{name}://127.0.0.1:{port}" for name, port in zip(LISTENERS, ports, strict=True)),
            advertised=",".join(
                f"{name}://127.0.0.1:{port}" for name, port in zip(LISTENERS[:-1], ports[:-1], strict=True)
            ),
            controller=f"1@127.0.0.1:{ports[-1]}",
            logs=folder / "logs",
            keystore=pem.keystore,
            user=USER,
            password=password,
        )
    )
    return path


def _format(machine: list[str], properties: Path, password: str) -> None:
    cluster = uuid4().hex[:22]
    formatted = subprocess.run(
        [
            *(*machine, "kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(properties)),
            *("--add-scram", f"SCRAM-SHA-512=[name={USER},password={password}]"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if formatted.returncode:
        raise CannotRun(f"Kafka's storage could not be formatted:\n{formatted.stdout}{formatted.stderr}")


def _free_ports(count: int) -> tuple[int, ...]:
    """Different ports that nobody listens on now; Kafka says so in its log if one has been taken since."""
    found: dict[int, None] = {}
    while len(found) < count:
        found[free_port()] = None
    return tuple(found)
