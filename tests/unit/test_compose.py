"""docker-compose.yml can't be started here; what can be checked without it, is."""

import re
from pathlib import Path

import pytest
import yaml

from jinta.settings import CHECKOUT, load_settings

TEXT = (CHECKOUT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
JOBS = {"prepare-warehouse", "prepare-airflow"}
# ${NAME}, ${NAME:-default} and ${NAME:?message}
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])[^}]*)?\}")
SECRET = re.compile(r"PASSWORD|SECRET|_KEY$|CONN")
EXAMPLE = (CHECKOUT / ".env.example").read_text()


def list_environment():
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            yield pytest.param(variable, str(value), id=f"{name}-{variable}")


@pytest.mark.parametrize(("variable", "value"), list(list_environment()))
def test_secrets_come_from_env_and_have_no_default(variable, value):
    if SECRET.search(variable) and not variable.endswith("CORE__EXECUTOR"):
        found = VARIABLE.search(value)
        assert found is not None
        assert found[2] == "?"
    for name, kind in VARIABLE.findall(value):
        assert kind == "?" or not SECRET.search(name)


def test_env_example_has_each_variable_once_and_no_secret():
    names = re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert {name for name, _ in VARIABLE.findall(TEXT)} <= set(names)
    for name, value in re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE):
        assert value == "", name


def list_settings():
    """Return the variables that the settings ask for, without those jinta sets."""

    class Recorder(dict):
        def get(self, key, default=None):
            asked.add(key)
            return super().get(key, default)

    asked = set()
    load_settings(Recorder(JINTA_WAREHOUSE="postgresql://a@b/c"))
    return asked - {"JINTA_RUN_HOLDER"}


def test_env_example_has_what_the_settings_read():
    assert list_settings() <= set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))


def test_containers_set_only_what_jinta_reads():
    environment = SERVICES["scheduler"]["environment"]
    names = {name for name in environment if name.startswith("JINTA_")}
    assert names <= list_settings()


@pytest.mark.parametrize("name", sorted(set(SERVICES) - JOBS))
def test_services_that_stay_have_a_health_check_and_come_back(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(JOBS))
def test_jobs_end_and_the_others_wait_for_them(name):
    assert SERVICES[name]["restart"] == "no"
    for service in ("api-server", "scheduler", "dag-processor", "triggerer"):
        wait = SERVICES[service]["depends_on"][name]
        assert wait == {"condition": "service_completed_successfully"}


def test_no_reader_gets_into_the_other_database_of_the_warehouses_server():
    assert "--alone" in SERVICES["prepare-warehouse"]["command"]


def test_airflow_has_a_database_of_its_own():
    assert "@metadata:" in str(SERVICES["scheduler"]["environment"])
    assert SERVICES["metadata"]["volumes"] != SERVICES["warehouse"]["volumes"]
    for name in ("warehouse", "metadata"):
        assert SERVICES[name]["image"] == "postgres:18"
        assert SERVICES[name]["volumes"] == [f"{name}:/var/lib/postgresql"]


def test_volumes_are_named_and_declared():
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith("${")
    }
    assert used == set(COMPOSE["volumes"])


def test_ports_open_on_this_machine_only():
    for service in SERVICES.values():
        for port in service.get("ports", []):
            assert ":-127.0.0.1:" in port


def test_image_holds_all_that_the_services_use():
    dockerfile = (CHECKOUT / "Dockerfile").read_text()
    kept = (CHECKOUT / ".dockerignore").read_text().splitlines()
    for source in re.findall(r"^COPY (\S+)", dockerfile, re.MULTILINE):
        assert (CHECKOUT / source).exists()
        assert f"!{source}" in kept
    environment = SERVICES["scheduler"]["environment"]
    for variable in ("DAGS_FOLDER", "PLUGINS_FOLDER"):
        folder = Path(environment[f"AIRFLOW__CORE__{variable}"])
        assert f"{folder.relative_to('/opt/jinta')} {folder}" in dockerfile
