"""Which Python the virtual environment is made with, and what is said without one."""

import subprocess

import pytest

from jinta.settings import CHECKOUT

SCRIPT = CHECKOUT / ".ci" / "find-python"
WORKS = "exit 0"
TOO_OLD = 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac'


@pytest.fixture
def find_python(tmp_path):
    """Run the script where only the given pythons are."""

    def run(**programs):
        for name, body in programs.items():
            program = tmp_path / name.replace("_", ".")
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
        return subprocess.run(
            ["/bin/sh", str(SCRIPT)],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_takes_a_version_that_works(find_python):
    result = find_python(python3_13=WORKS, python3=TOO_OLD)
    assert result.stdout.rstrip().endswith("/python3.13")


def test_passes_over_a_shim_that_does_not_work(find_python):
    result = find_python(python3_11="exit 127", python3=WORKS)
    assert result.stdout.rstrip().endswith("/python3")


def test_says_what_is_there_and_what_is_wanted(find_python):
    result = find_python(python3=TOO_OLD)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "No Python 3.11, 3.12 or 3.13" in result.stderr
    assert "Python 3.9.2" in result.stderr
    assert "PYTHON_FOR_JINTA=" in result.stderr


def test_says_so_without_any_python(find_python):
    assert "No Python" in find_python().stderr
