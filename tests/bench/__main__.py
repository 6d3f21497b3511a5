"""`python -m tests.bench [NAME …]`: every benchmark, or those named; goals are shown, and never a reason to fail."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from tests.bench import histories, importing, pipeline, proofs, rules, stage
from tests.bench.rounds import Line

BENCHMARKS: dict[str, Callable[[], list[Line]]] = {
    "stage": stage.report,
    "proofs": proofs.report,
    "rules": rules.report,
    "histories": histories.report,
    "importing": importing.report,
    "pipeline": pipeline.report,
}


def main(names: list[str]) -> int:
    """Runs and prints; 2 for a name that isn't one."""
    console = Console()
    unknown = sorted(set(names) - BENCHMARKS.keys())
    if unknown:
        console.print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    table = Table(title="Medians of five interleaved rounds", title_justify="left")
    for heading in ("What", "Value", "Goal", "", "Detail"):
        table.add_column(heading, justify="right" if heading == "Value" else "left")
    for name in names or BENCHMARKS:
        began = time.monotonic()
        with console.status(f"measuring {name}"):
            lines = BENCHMARKS[name]()
        for line in lines:
            mark = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[line.met]
            table.add_row(line.what, f"{line.value:,.3g} {line.unit}", line.goal, mark, line.detail)
        console.print(f"{name}: measured in {time.monotonic() - began:.0f} s")
    console.print(table)
    return 0


sys.exit(main(sys.argv[1:]))
