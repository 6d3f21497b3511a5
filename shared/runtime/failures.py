"""The one table that says what a failure means: Rejected, Unavailable, or not known."""

from __future__ import annotations

import re
import traceback

from aiokafka import errors as kafka
from bson.errors import InvalidDocument
from pymongo import errors as mongo

from shared.errors import LaurelError, Rejected, Unavailable

_REFUSED_BY_SCHEMA = 121
_NOT_ALLOWED = {13, 18}
_TOO_LARGE = {10334, 17280}
_PASSING = {
    6, 7, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
}  # fmt: skip  # not reachable, time-outs, stepping down: what the server calls retryable

_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
MESSAGE_LIMIT = 500


def meaning(error: BaseException) -> LaurelError | None:
    """What an exception means for the record at hand; None for one that the table doesn't know.

    A time-out is unknown and therefore Unavailable: the work is idempotent and will be done again.
    """
    match error:
        case LaurelError():
            return error
        case kafka.MessageSizeTooLargeError() | kafka.RecordTooLargeError():
            return Rejected("larger than Kafka takes", code="too_large")
        case kafka.KafkaError():
            return Unavailable("kafka")
        case mongo.DocumentTooLarge():
            return Rejected("larger than MongoDB takes", code="too_large")
        case InvalidDocument():
            return Rejected("can't be stored: a value that BSON doesn't know", code="not_storable")
        case mongo.BulkWriteError():
            return _of_bulk(error)
        case mongo.ConnectionFailure() | mongo.ExecutionTimeout() | mongo.WTimeoutError():
            return Unavailable("mongodb")
        case mongo.OperationFailure():
            return _of_operation(error.code)
        case TimeoutError() | ConnectionError():
            return Unavailable("the network")
        case _:
            return None


def _of_bulk(error: mongo.BulkWriteError) -> LaurelError | None:
    """Duplicates are benign and never get here; the worst of the rest counts."""
    details = error.details or {}
    if details.get("writeConcernErrors"):
        return Unavailable("mongodb")
    meanings = [_of_operation(each.get("code")) for each in details.get("writeErrors", [])]
    if any(isinstance(each, Unavailable) for each in meanings):
        return Unavailable("mongodb")
    return next((each for each in meanings if each is not None), None)


def _of_operation(code: int | None) -> LaurelError | None:
    if code == _REFUSED_BY_SCHEMA:
        return Rejected("refused by the collection's schema", code="schema")
    if code in _TOO_LARGE:
        return Rejected("larger than MongoDB takes", code="too_large")
    if code in _NOT_ALLOWED:
        return Unavailable("mongodb (not authorised)")
    if code in _PASSING:
        return Unavailable("mongodb")
    return None


def scrubbed(message: str) -> str:
    """A message fit for logs and headers: without addresses, and not longer than 500 characters."""
    return _ADDRESS.sub("[address]", message)[:MESSAGE_LIMIT]


def cause(error: BaseException) -> str:
    """What ended a process: our own words, or where it happened; of a group, what happened first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) if isinstance(error, LaurelError) else where(error)


def where(error: BaseException) -> str:
    """An unknown error's type and place; never its message, which may quote what it was given."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(
        f"{frame.name}:{frame.lineno} ({frame.filename.rsplit('/', 1)[-1]})" for frame in reversed(frames)
    )
    return f"{type(error).__name__} at {places}"
