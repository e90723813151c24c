"""The warehouse: its server, roles and schemas, connections to it, and its lease."""

from jinta.warehouse.connection import connect, connect_info, terminate_leftovers
from jinta.warehouse.lease import (
    acquire_lease,
    check_lease,
    hold_lease,
    identify_process,
    release_lease,
)
from jinta.warehouse.migrate import ensure_database, ensure_warehouse

__all__ = [
    "acquire_lease",
    "check_lease",
    "connect",
    "connect_info",
    "ensure_database",
    "ensure_warehouse",
    "hold_lease",
    "identify_process",
    "release_lease",
    "terminate_leftovers",
]
