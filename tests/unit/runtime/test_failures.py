import pytest
from aiokafka import errors as kafka
from pymongo import errors as mongo

from shared.errors import LaurelError, Rejected, Unavailable
from shared.runtime.failures import meaning, scrubbed, where


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (kafka.MessageSizeTooLargeError(), Rejected),
        (kafka.TopicAuthorizationFailedError(), Unavailable),
        (kafka.KafkaTimeoutError(), Unavailable),
        (kafka.UnknownTopicOrPartitionError(), Unavailable),
        (mongo.AutoReconnect("gone"), Unavailable),
        (mongo.ServerSelectionTimeoutError("nobody"), Unavailable),
        (mongo.NetworkTimeout("slow"), Unavailable),
        (mongo.WTimeoutError("slow"), Unavailable),
        (mongo.DocumentTooLarge("16 MiB"), Rejected),
        (mongo.OperationFailure("schema", 121), Rejected),
        (mongo.OperationFailure("auth", 18), Unavailable),
        (mongo.OperationFailure("stepping down", 189), Unavailable),
        (mongo.BulkWriteError({"writeErrors": [{"code": 121}]}), Rejected),
        (mongo.BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}), Unavailable),
        (TimeoutError(), Unavailable),
        (ConnectionRefusedError(), Unavailable),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else each.__name__,
)
def test_the_table_knows(error: Exception, ours: type[LaurelError]) -> None:
    assert isinstance(meaning(error), ours)


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError(), mongo.OperationFailure("bad query", 2)])
def test_what_the_table_does_not_know_has_no_meaning(error: Exception) -> None:
    assert meaning(error) is None


def test_a_message_is_cut_and_holds_no_address() -> None:
    said = scrubbed("no room for ada.lovelace@example.edu in " + "x" * 1000)

    assert "ada" not in said
    assert len(said) == 500


def test_an_unknown_error_is_told_by_type_and_place_and_never_by_its_message() -> None:
    try:
        raise KeyError("ada@example.edu")
    except KeyError as error:
        said = where(error)

    assert said.startswith("KeyError at test_an_unknown_error")
    assert "ada" not in said
