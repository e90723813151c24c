"""The command that removes all that jinta left in the checkout."""

import shutil

from jinta.airflow_cli import stop_services
from jinta.errors import WarehouseError
from jinta.settings import load_settings
from jinta.warehouse.embedded import remove_server
from jinta.warehouse.place import MARKER

# The tests keep servers of their own in folders of the state folder that begin so.
TEST_FOLDER = "test"


def clean() -> None:
    """Stop Airflow and the embedded servers, and delete the state folder.

    A configured warehouse is left alone. So is a state folder that was somebody's
    before it was jinta's.
    """
    settings = load_settings()
    home = settings.home
    stop_services(settings)
    for folder in (*home.glob(f"{TEST_FOLDER}*"), home):
        remove_server(folder)
    if home == settings.checkout / ".jinta" or (home / MARKER).exists():
        shutil.rmtree(home, ignore_errors=True)
    elif home.exists():
        raise WarehouseError(
            f"The server's data is gone, but {home} was there before jinta: it stays.",
            "Delete by hand what you don't need in it.",
        )
