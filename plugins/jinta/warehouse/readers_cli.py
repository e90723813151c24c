"""Commands on readers: who sees the accounts of which branches and managers."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.settings import Settings, load_settings
from jinta.warehouse.migrate import ensure_warehouse
from jinta.warehouse.readers import (
    HEAD_OFFICE,
    Scope,
    add_reader,
    list_readers,
    remove_reader,
)

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = make_console(soft_wrap=True)

Role = Annotated[str, typer.Argument(help="The database login, such as li_chengdu.")]
Branches = Annotated[
    list[str] | None, typer.Option("--branch", help="A branch; repeat for more.")
]
Managers = Annotated[
    list[str] | None, typer.Option("--manager", help="A manager; repeat for more.")
]
IsHeadOffice = Annotated[bool, typer.Option("--head-office", help="All accounts.")]
By = Annotated[str | None, typer.Option("--by", help="Who says so; else your login.")]


@app.command("list")
def show_readers() -> None:
    """List the readers and what each sees."""
    readers = list_readers(_open_settings())
    if not readers:
        console.print("There are no readers. Add one with `jinta readers add`.")
        return
    table = Table(box=None, header_style="bold")
    for heading in ("reader", "sees the accounts of", "login"):
        table.add_column(heading)
    for reader in readers:
        seen = ", ".join(map(str, reader.scopes)) or "nobody"
        table.add_row(reader.role, seen, "yes" if reader.is_login else "no")
    console.print(table)


@app.command("add")
def add(
    role: Role,
    branch: Branches = None,
    manager: Managers = None,
    is_head_office: IsHeadOffice = False,
    by: By = None,
) -> None:
    """Let ROLE see the accounts of branches or managers; makes the login if needed."""
    settings = _open_settings()
    scopes = _collect_scopes(branch, manager, is_head_office)
    url = add_reader(settings, role, scopes, by or getpass.getuser())
    seen = ", ".join(map(str, scopes)) or "nobody, until it is given a scope"
    console.print(f"{role} sees the accounts of {seen}.")
    if url:
        console.print("It is new. Its address, with the password, is shown once:")
        print(url)  # noqa: T201


@app.command("remove")
def remove(
    role: Role,
    branch: Branches = None,
    manager: Managers = None,
    is_head_office: IsHeadOffice = False,
    by: By = None,
) -> None:
    """Take scopes from ROLE; without any named, all of them and the marts."""
    scopes = _collect_scopes(branch, manager, is_head_office)
    lost = remove_reader(_open_settings(), role, scopes, by or getpass.getuser())
    if not scopes:
        console.print(f"{role} reads the marts no more.")
    elif not lost:
        raise UsageError(
            f"{role} did not see the accounts of {', '.join(map(str, scopes))}.",
            "`jinta readers list` shows what each reader sees.",
        )
    else:
        names = ", ".join(map(str, lost))
        console.print(f"{role} sees the accounts of {names} no more.")


def _collect_scopes(
    branches: list[str] | None, managers: list[str] | None, is_head_office: bool
) -> list[Scope]:
    scopes = [Scope("branch", branch) for branch in branches or ()]
    scopes += [Scope("manager", manager) for manager in managers or ()]
    return scopes + ([Scope(HEAD_OFFICE)] if is_head_office else [])


def _open_settings() -> Settings:
    settings = load_settings()
    ensure_warehouse(settings)
    return settings
