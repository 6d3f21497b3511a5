"""`laurel dlq`: what was refused, why, and once more after the cause is mended."""

from __future__ import annotations

import base64
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.ctl import dead_letters
from services.ctl.console import ASKED_WRONGLY, Answer, JsonOption, YesOption, counted, moment, run, stop
from services.ctl.dead_letters import DeadLetter
from services.ctl.settings import CtlSettings, current
from shared.runtime.kafka import producer

IdsArgument = Annotated[
    list[str] | None, typer.Argument(help="topic/partition/offset of the original, as `laurel dlq list` says.")
]
SHOWN_BYTES = 4000
ADVICE = {
    "not_json": "The LMS sent something that is no JSON: its configuration or a proxy in between is to be mended.",
    "invalid": "A field is missing or of the wrong kind: compare the record with the dialect of its source.",
    "in_the_future": "The LMS's clock is ahead by more than five minutes.",
    "too_large": "The record is larger than an event may be.",
    "conflict": "An event of this id came before with other content; the first stays. A correction needs its own id.",
    "no_learner": "Its learner has no id that the source's `learner:` setting asks for, nor one that could lead to it.",
    "no_profile": "It waited for its learner's profile: let the LMS send the profiles again, then replay.",
    "too_many_waiting": "Too many wait for profiles: look at `laurel sources status`, let them come, then replay.",
    "merge_cycle": "The two accounts are one already, or are being merged the other way round.",
    "merged_already": "The account was merged into another one before: merge that one instead.",
    "unknown_learner": "The tenant has no such learner: `laurel learners merge` says who there is.",
    "unscaled_letter": "The source's scale doesn't know this grade: add it in issuer.yaml, apply, then replay.",
    "unknown_schema": "The schema registry of the source doesn't have this schema: look at its address, then replay.",
    "unknown_dialect": "It looks like no dialect: name that of its source in issuer.yaml, apply, then replay.",
    "unknown_source": "No source of the catalogue has this topic: add it, `laurel catalogue apply`, then replay.",
}


def commands() -> typer.Typer:
    """list, show, replay."""
    group = typer.Typer(help="Dead letters: records that could not succeed, kept byte for byte.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("replay")(replay)
    return group


def list_(
    topic: Annotated[str | None, typer.Option("--topic", help="Only those that came by this topic.")] = None,
    code: Annotated[str | None, typer.Option("--code", help="Only those with this reason.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List each refused record once, however often it was written."""
    answer = Answer(as_json=as_json)
    found = _selected(run(dead_letters.all_of(current())), topic, code)
    if found:
        answer.table(
            ["id", "refused by", "reason", "when", "in words"],
            [(each.id, each.group, each.error_code, _moment(each), each.message) for each in found],
        )
    tally = ", ".join(f"{count} {name}" for name, count in Counter(each.error_code for each in found).most_common())
    answer.say(counted(len(found), "dead letter") + (f": {tally}." if tally else "."))
    answer.data([_as_data(each) for each in found])


def show(id_: Annotated[str, typer.Argument(metavar="ID")], as_json: JsonOption = False) -> None:
    """Explain one: why it was refused, what can be done, and the record as it came."""
    answer = Answer(as_json=as_json)
    found = run(dead_letters.named(current(), [id_]))
    for each in found:
        answer.say(
            f"[bold]{escape(each.id)}[/] was refused by {escape(each.group)}, attempt {each.attempts}, {_moment(each)}"
        )
        answer.say(f"  reason   {escape(each.error_code)}: {escape(each.message)}")
        if each.error_code in ADVICE:
            answer.say(f"  advice   {ADVICE[each.error_code]}")
        answer.say(f"  key      {escape(_text(each.key))}")
        for name, value in each.headers:
            answer.say(f"  header   {escape(name)}: {escape(_text(value))}")
        answer.say(f"  value    {len(each.value or b'')} bytes")
        answer.say(escape(_text((each.value or b"")[:SHOWN_BYTES])))
        answer.say(f"Once the cause is mended: laurel dlq replay {escape(each.id)} --yes")
    answer.data(
        [{**_as_data(each), "headers": _headers(each), "advice": ADVICE.get(each.error_code)} for each in found]
    )


def replay(
    ids: IdsArgument = None,
    every: Annotated[bool, typer.Option("--all", help="All of them, or all that --topic and --code select.")] = False,
    topic: Annotated[
        str | None, typer.Option("--topic", help="With --all: only those that came by this topic.")
    ] = None,
    code: Annotated[str | None, typer.Option("--code", help="With --all: only those with this reason.")] = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give records back, byte for byte, to the topic that they came from. Doing it twice is harmless."""
    answer = Answer(as_json=as_json)
    if bool(ids) == every:
        stop(ASKED_WRONGLY, "name records, or say --all")
    settings = current()
    if ids:
        found = run(dead_letters.named(settings, ids))
    else:
        found = _selected(run(dead_letters.all_of(settings)), topic, code)
    names = sorted({each.id for each in found})
    if yes and names:
        run(_replay(settings, found))
    for name in names:
        answer.say(f"{'replayed' if yes else 'would be replayed'}: {escape(name)}")
    if not names:
        answer.say("No dead letter is selected.")
    elif not yes:
        answer.say("Nothing was done: say --yes to do it.")
    answer.data({"replayed" if yes else "would_replay": names})


async def _replay(settings: CtlSettings, found: list[DeadLetter]) -> None:
    client = producer(settings)
    await client.start()
    try:
        await dead_letters.replay(found, client)
    finally:
        await client.stop()


def _selected(found: list[DeadLetter], topic: str | None, code: str | None) -> list[DeadLetter]:
    return [each for each in found if topic in (None, each.topic) and code in (None, each.error_code)]


def _as_data(each: DeadLetter) -> dict[str, Any]:
    return {
        "id": each.id,
        "topic": each.topic,
        "partition": each.partition,
        "offset": each.offset,
        "group": each.group,
        "error_code": each.error_code,
        "message": each.message,
        "attempts": each.attempts,
        "written": each.written,
        "timestamp": _when(each),
        "key_base64": None if each.key is None else base64.b64encode(each.key).decode(),
        "value_base64": None if each.value is None else base64.b64encode(each.value).decode(),
    }


def _headers(each: DeadLetter) -> list[dict[str, str]]:
    return [{"name": name, "value_base64": base64.b64encode(value or b"").decode()} for name, value in each.headers]


def _when(each: DeadLetter) -> str:
    return datetime.fromtimestamp(each.timestamp_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(each: DeadLetter) -> str:
    return moment(datetime.fromtimestamp(each.timestamp_ms / 1000, UTC))


def _text(content: bytes | None) -> str:
    return "(none)" if content is None else content.decode("utf-8", "backslashreplace")
