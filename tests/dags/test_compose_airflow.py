"""What docker-compose.yml asks of Airflow exists in the Airflow that is installed."""

import importlib
import shlex

import pytest
import yaml

from jinta.airflow_env import build_airflow_env
from jinta.settings import CHECKOUT, load_settings

SERVICES = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]


def list_commands():
    for service in SERVICES.values():
        match service.get("command"):
            case ["airflow", command]:
                yield command
        check = " ".join(service.get("healthcheck", {}).get("test", []))
        if "python -m airflow" in check:
            yield shlex.split(check.partition("-m airflow ")[2])[0]


@pytest.mark.parametrize("command", sorted(set(list_commands())))
def test_commands_exist(command):
    from airflow.cli.cli_parser import ALL_COMMANDS_DICT

    assert command in ALL_COMMANDS_DICT


def test_all_four_services_are_there():
    assert {"api-server", "scheduler", "dag-processor", "triggerer"} <= set(
        list_commands()
    )


def check_options(environment):
    from airflow.configuration import conf

    known = conf.configuration_description
    for name in environment:
        if name.startswith("AIRFLOW__"):
            _, section, option = name.split("__", 2)
            assert option.lower() in known[section.lower()]["options"], name


def test_options_of_the_containers_exist():
    check_options(SERVICES["scheduler"]["environment"])


def test_options_of_the_native_airflow_exist(server):
    check_options(build_airflow_env(server))


def test_auth_manager_can_be_imported():
    path = SERVICES["scheduler"]["environment"]["AIRFLOW__CORE__AUTH_MANAGER"]
    module, _, name = path.rpartition(".")
    assert hasattr(importlib.import_module(module), name)


def test_containers_and_native_airflow_agree_where_they_should(server):
    """Both must behave the same but for places, secrets and who signs in."""
    native = build_airflow_env(server)
    containers = SERVICES["scheduler"]["environment"]
    same = (
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__CORE__LOAD_EXAMPLES",
        "DBT_SEND_ANONYMOUS_USAGE_STATS",
        "DO_NOT_TRACK",
        "GX_ANALYTICS_ENABLED",
    )
    for name in same:
        assert native[name] == containers[name]


def test_native_airflow_never_reaches_into_the_users_home(server):
    native = build_airflow_env(server)
    assert native["AIRFLOW_HOME"].startswith(str(server.home))
    assert native["JINTA_HOME"] == str(server.home)
    assert server.home != load_settings({}).home
