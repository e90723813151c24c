import importlib.util
import subprocess
import sys

import pytest

import jinta.cli
from jinta.cli import PARTS, main
from jinta.errors import JintaError, UsageError


@pytest.fixture
def failing_part(monkeypatch):
    """Stands in for a part: a command that raises what it's told to."""

    def install(error):
        def fail() -> None:
            raise error

        monkeypatch.setitem(PARTS, "fail", ("", "Fail."))
        monkeypatch.setattr(jinta.cli, "_import_part", lambda place: fail)

    return install


def test_error_is_message_and_cure_without_traceback(failing_part, capsys):
    failing_part(JintaError("The [red]tap[/red] is closed.", "Open it."))
    with pytest.raises(SystemExit) as caught:
        main(["fail"])
    assert caught.value.code == 1
    output = capsys.readouterr()
    assert output.err == "error: The [red]tap[/red] is closed.\nOpen it.\n"
    assert output.out == ""


def test_bad_usage_has_its_own_exit_code(failing_part):
    failing_part(UsageError("What?"))
    with pytest.raises(SystemExit) as caught:
        main(["fail"])
    assert caught.value.code == 2


def test_unknown_command_is_bad_usage():
    with pytest.raises(SystemExit) as caught:
        main(["nonsense"])
    assert caught.value.code == 2


def test_defects_keep_their_traceback(failing_part):
    failing_part(KeyError("a defect"))
    with pytest.raises(KeyError):
        main(["fail"])


@pytest.mark.parametrize("place", [place for place, _ in PARTS.values()])
def test_every_part_exists(place):
    module, _, name = place.partition(":")
    assert importlib.util.find_spec(module), module
    assert hasattr(importlib.import_module(module), name)


def test_overview_imports_no_part():
    script = (
        "import sys; from jinta.cli import build_app; build_app(None);"
        "heavy = {'airflow', 'dbt', 'great_expectations', 'pandas', 'psycopg'};"
        "sys.exit(str(heavy & set(sys.modules) or ''))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert result.stderr.strip() == ""
