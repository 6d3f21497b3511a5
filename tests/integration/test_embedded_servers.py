from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import pymongo
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.devstack.children import Child, DidNotStart
from services.devstack.ports import accepts, free_port, speaks_kafka
from services.devstack.servers import Broker, MailSink, Store


async def test_the_broker_takes_topics_and_gives_records_back(kafka: str) -> None:
    topic = f"embedded.{os.getpid()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=3, replication_factor=1)])
    await admin.close()

    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=False)
    await producer.start()
    await producer.send_and_wait(topic, b"value", key=b"key", headers=[("h", b"\xff\x00")])
    await producer.stop()
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    record = await consumer.getone()
    await consumer.stop()

    assert (record.key, record.value, record.headers) == (b"key", b"value", (("h", b"\xff\x00"),))


async def test_the_store_takes_documents_through_motor(database: Any) -> None:
    await database.things.insert_one({"_id": 1, "what": "badge"})

    found = await database.things.find_one({"_id": 1})

    assert found == {"_id": 1, "what": "badge"}


def test_a_killed_store_comes_back_with_what_it_acknowledged(tmp_path: Path) -> None:
    store = Store.start(tmp_path)
    with pymongo.MongoClient[dict[str, Any]](store.uri) as client:
        client.laurel.things.insert_many([{"_id": number} for number in range(100)])

    store.kill()
    again = Store.start(tmp_path, port=store.port)
    with pymongo.MongoClient[dict[str, Any]](again.uri) as client:
        kept = client.laurel.things.count_documents({})
    again.stop()

    assert kept == 100


def test_a_paused_broker_is_silent_until_it_is_resumed(tmp_path: Path) -> None:
    broker = Broker.start(tmp_path)

    broker.pause()
    while_paused = speaks_kafka(broker.port)
    broker.resume()
    afterwards = speaks_kafka(broker.port)
    broker.stop()

    assert (while_paused, afterwards) == (False, True)


async def test_the_mail_sink_keeps_each_mail_as_a_file(tmp_path: Path) -> None:
    sink = MailSink.start(tmp_path)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "A badge"
    message.set_content("Hello")

    await aiosmtplib.send(message, hostname="127.0.0.1", port=sink.port, start_tls=False)
    sink.stop()

    (kept,) = sink.mails.glob("*.eml")
    assert b"Subject: A badge" in kept.read_bytes()


def test_a_taken_port_is_told_and_nothing_is_left_running(tmp_path: Path) -> None:
    first = Broker.start(tmp_path / "first")

    with pytest.raises(DidNotStart, match="broker ended"):
        Broker.start(tmp_path / "second", port=first.port)
    first.stop()

    assert not accepts(first.port)


def test_children_die_when_their_parent_is_killed(tmp_path: Path) -> None:
    port = free_port()
    imports = "import time; from pathlib import Path; from services.devstack.servers import Broker"
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"{imports}; Broker.start(Path({str(tmp_path)!r}), {port}); print('up', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    assert accepts(port)

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    deadline = time.monotonic() + 5
    while accepts(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not accepts(port)


def test_a_leashed_command_ends_with_its_parent(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    script = f"import os, time, pathlib; pathlib.Path({str(marker)!r}).write_text(str(os.getpid())); time.sleep(60)"
    starter = (
        "import subprocess, sys, time;"
        f"subprocess.Popen([sys.executable, '-m', 'services.devstack.leash', sys.executable, '-c', {script!r}],"
        "start_new_session=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", starter])
    while not marker.exists() or not marker.read_text():
        time.sleep(0.05)
    leashed = int(marker.read_text())

    parent.kill()
    parent.wait()

    deadline = time.monotonic() + 5
    while _runs(leashed) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(leashed)


def test_a_child_keeps_its_home_inside_our_folder(tmp_path: Path) -> None:
    child = Child.start(
        "home",
        [sys.executable, "-c", "import os; print(os.environ['HOME'])"],
        log=tmp_path / "log",
        home=tmp_path / "home",
    )

    while child.alive():
        time.sleep(0.02)

    assert (tmp_path / "log").read_text().strip() == str(tmp_path / "home")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
