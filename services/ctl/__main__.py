"""`laurel`: the operator's command."""

from __future__ import annotations

import logging
import sys

import typer

from services.ctl import (
    commands_awards,
    commands_catalogue,
    commands_credential,
    commands_demo,
    commands_dlq,
    commands_doctor,
    commands_import,
    commands_learners,
    commands_sources,
    commands_topics,
    commands_up,
)
from services.ctl.applying import NoSuchFolder
from services.ctl.console import ASKED_WRONGLY, FAILED, UNREACHABLE, stop
from services.devstack.children import DidNotStart
from services.devstack.detached import AlreadyRunning
from shared.errors import LaurelError, Unavailable

_LOOK = {"the webhook": "does intake run at the address that --webhook or `laurel up` names, and can it reach Kafka?"}
_LOOK_ELSEWHERE = "is it running, and do LAUREL_KAFKA and LAUREL_MONGO_URI name it?"


def app() -> typer.Typer:
    """Every command, one group a file."""
    laurel = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Laurel turns learning events into verifiable badges. "
        "Exit codes: 0 done, 1 something is not as it should be, 2 asked wrongly, 3 something can't be reached.",
    )
    for command in (commands_up.up, commands_up.down, commands_demo.demo, commands_demo.send, commands_doctor.doctor):
        laurel.command()(command)
    laurel.command("import")(commands_import.import_)
    laurel.add_typer(commands_awards.commands(), name="awards")
    laurel.add_typer(commands_catalogue.commands(), name="catalogue")
    laurel.add_typer(commands_credential.commands(), name="credential")
    laurel.add_typer(commands_dlq.commands(), name="dlq")
    laurel.add_typer(commands_learners.commands(), name="learners")
    laurel.add_typer(commands_sources.commands(), name="sources")
    laurel.add_typer(commands_topics.commands(), name="topics")
    laurel.add_typer(commands_topics.secret_commands(), name="secrets")
    return laurel


def main() -> None:
    """Errors that Laurel knows end in a sentence and an exit code, never in a traceback."""
    # what its loggers have to say about a broker that isn't there is said in a sentence below
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    command = typer.main.get_command(app())
    try:
        command(prog_name="laurel")
    except Unavailable as error:
        _end(UNREACHABLE, f"{error}: {_LOOK.get(error.dependency, _LOOK_ELSEWHERE)}")
    except NoSuchFolder as error:
        _end(ASKED_WRONGLY, str(error))
    except (LaurelError, DidNotStart, AlreadyRunning) as error:
        _end(FAILED, str(error))


def _end(code: int, words: str) -> None:
    try:
        stop(code, words)
    except typer.Exit as exit_:
        sys.exit(exit_.exit_code)


if __name__ == "__main__":
    main()
