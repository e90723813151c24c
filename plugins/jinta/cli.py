"""The command line: `jinta`, one command or group of commands per part.

A part is imported only when it is called, so that no command pays for what it does
not use: `jinta warehouse status` needs neither dbt nor Airflow.
"""

import importlib
import sys

import typer

from jinta.console import make_console
from jinta.errors import JintaError

# Command → where it is (a Typer app for a group, a function for a command), and help.
PARTS: dict[str, tuple[str, str]] = {
    "nightly": (
        "jinta.runs.cli:nightly",
        "Build and publish the marts: the nightly DAG, here and now.",
    ),
    "backfill": (
        "jinta.runs.cli:backfill",
        "Build a range of months, or the missing or stale ones, in one pass.",
    ),
    "months": (
        "jinta.runs.cli:months",
        "List the months: how they are published, which are stale and why.",
    ),
    "runs": ("jinta.runs.cli:runs", "List the runs and how they ended."),
    "loads": ("jinta.runs.cli:loads", "List what was landed, table by table."),
    "sources": ("jinta.sources.cli:app", "Check the mapping of the source systems."),
    "quarantine": (
        "jinta.landing.cli:app",
        "List the source rows that broke the contract, and try them again.",
    ),
    "files": (
        "jinta.landing.files_cli:app",
        "List the files that landed, take one back, let it land again.",
    ),
    "explain": ("jinta.report.cli:explain", "Show why an account has its tiers."),
    "compare": (
        "jinta.report.compare_cli:compare",
        "Show where two scorecards, or two versions of one, put the same accounts.",
    ),
    "changes": (
        "jinta.report.changes_cli:changes",
        "Split the differences of scores between two months or publications.",
    ),
    "review": (
        "jinta.report.stewards:review",
        "List the pairs of records that a steward should judge.",
    ),
    "decide": (
        "jinta.report.stewards:decide",
        "Merge, split or keep apart two account records.",
    ),
    "accounts": (
        "jinta.report.matching:app",
        "Measure how records were matched; resolve the id of an account that ended.",
    ),
    "names": (
        "jinta.report.names:app",
        "Try and measure how organisation names are read.",
    ),
    "rules": (
        "jinta.report.rules_cli:rules",
        "List, check and add versions of scorecards and lead rules.",
    ),
    "what-if": (
        "jinta.trials.cli:what_if",
        (
            "Score published months by candidate rules and show what would change.\n\n"
            "For example: jinta what-if my-rules.csv --month 2025-12 --branch qujing"
        ),
    ),
    "robustness": (
        "jinta.trials.cli:robustness",
        "Tell how far tiers depend on the choice of the weights.",
    ),
    "trials": (
        "jinta.trials.cli:trials",
        "List and show the trials recorded under a name.",
    ),
    "override": (
        "jinta.report.rules_cli:override",
        "Override a suggested tier, with a reason and an end.",
    ),
    "lead": ("jinta.report.leads_cli:lead", "Assign a lead, say what becomes of it."),
    "backtest": (
        "jinta.evidence.cli:backtest",
        "Judge a scorecard by the revenue and churn that followed.",
    ),
    "dividend": (
        "jinta.evidence.cli:dividend",
        "Show what joining duplicate records is worth.",
    ),
    "evidence": (
        "jinta.evidence.pack_cli:evidence",
        "Write the evidence pack of an account or a rule version.",
    ),
    "verify": (
        "jinta.evidence.pack_cli:verify",
        "Check that an evidence pack or a hand-over page was not changed.",
    ),
    "handover": (
        "jinta.evidence.handover_cli:handover",
        "Write all that one manager holds, so that a successor loses nothing.",
    ),
    "gates": ("jinta.gates.cli:gates", "Show what the gates of a run found."),
    "publications": (
        "jinta.publish.cli:publications",
        "List what was published when.",
    ),
    "rollback": (
        "jinta.publish.cli:rollback",
        "Show readers an earlier publication again.",
    ),
    "prune": (
        "jinta.publish.cli:prune",
        "Delete stored slices that the retention rule gives up.",
    ),
    "readers": (
        "jinta.warehouse.readers_cli:app",
        "Say which branches' and managers' accounts a database login sees.",
    ),
    "warehouse": (
        "jinta.warehouse.cli:app",
        "Start, stop and look into the warehouse.",
    ),
    "airflow": (
        "jinta.airflow_cli:app",
        "Run Airflow with its UI on the state folder.",
    ),
    "clean": (
        "jinta.clean_cli:clean",
        "Stop all that runs and delete the state folder.",
    ),
}


def build_app(called: str | None) -> typer.Typer:
    """Build the command line with one part imported; the others only have their help.

    Args:
        called: Name of the part that will run.
    """
    app = typer.Typer(
        name="jinta",
        help="Builds the value pyramid of a telecom operator's corporate customers.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_do_nothing)
    for name, (place, help_text) in PARTS.items():
        part = _import_part(place) if name == called else _do_nothing
        if isinstance(part, typer.Typer):
            app.add_typer(part, name=name, help=help_text)
        else:
            app.command(name, help=help_text)(part)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; expected errors are shown without a traceback."""
    words = sys.argv[1:] if arguments is None else arguments
    called = words[0] if words else None
    try:
        build_app(called)(args=words, prog_name="jinta")
    except JintaError as error:
        console = make_console(stderr=True, soft_wrap=True)
        console.print(f"error: {error.message}", style="bold red", markup=False)
        if error.cure:
            console.print(error.cure, markup=False)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        explained = _explain_mishap(error)
        if explained is None:
            raise
        make_console(stderr=True, soft_wrap=True).print(explained, markup=False)
        sys.exit(2)


def _explain_mishap(error: Exception) -> str | None:
    """Put what any command can run into in words: a file, or nothing published."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"error: {error.filename}: {error.strerror}.\nName another file."
    if type(error).__name__ == "UndefinedTable" and '"marts.' in str(error):
        return (
            "error: Nothing has been published yet.\nRun `make nightly` first, or "
            "name the sources file with JINTA_SOURCES."
        )
    return None


def _import_part(place: str) -> object:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def _do_nothing() -> None:
    pass
