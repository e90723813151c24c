import traceback
from pathlib import Path

import pytest

from jinta.errors import SettingsError
from jinta.settings import CHECKOUT, load_settings


def test_nothing_configured_means_embedded_server_in_the_checkout():
    settings = load_settings({})
    assert settings.is_embedded
    assert settings.home == CHECKOUT / ".jinta"
    assert settings.database == "jinta"
    assert settings.role_name("owner") == "jinta_owner"
    assert settings.sources_path is None


def test_warehouse_url_names_server_database_and_options():
    settings = load_settings(
        {
            "JINTA_WAREHOUSE": "postgresql://admin:p%40ss@db.example:6543/dw?sslmode=require",
            "JINTA_WAREHOUSE_LOADER_PASSWORD": "l",
        }
    )
    server = settings.server
    assert (server.host, server.port, server.user) == ("db.example", 6543, "admin")
    assert server.password == "p@ss"
    assert server.options == {"sslmode": "require"}
    assert server.role_passwords["loader"] == "l"
    assert settings.database == "dw"
    assert settings.role_name("owner") == "admin"


def test_owner_password_may_stay_out_of_the_url():
    settings = load_settings(
        {
            "JINTA_WAREHOUSE": "postgresql://admin@db.example/dw",
            "JINTA_WAREHOUSE_OWNER_PASSWORD": "secret",
        }
    )
    assert settings.server.password == "secret"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a@b/c",
        "postgresql:///dw",
        "postgresql://host/dw",
        "pg://a@h:x/d",
        "postgresql://a:hush/@h:5432/d",
    ],
)
def test_malformed_warehouse_url_says_how_to_write_it(url):
    with pytest.raises(SettingsError) as caught:
        load_settings({"JINTA_WAREHOUSE": url})
    assert "postgresql://user@host:port/database" in caught.value.cure
    assert "hush" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "name",
    [
        "JINTA_WAREHOUSE",
        "JINTA_CONN_BOSS",
        "JINTA_WAREHOUSE_LOADER_PASSWORD",
        "JINTA_EVIDENCE_KEY",
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AWS_SECRET_ACCESS_KEY",
        "github_token",
    ],
)
def test_a_sources_file_cannot_name_secrets(name):
    url = "postgresql://admin@db.example/dw"
    settings = load_settings({name: url, "DELIVERIES": "/data"})
    assert name not in settings.parameters
    assert settings.parameters["DELIVERIES"] == "/data"


def test_role_prefix_applies_to_configured_servers_only():
    prefix = {"JINTA_ROLE_PREFIX": "dw2_"}
    configured = {"JINTA_WAREHOUSE": "postgresql://admin@db.example/dw"}
    assert load_settings(prefix).role_name("loader") == "jinta_loader"
    assert load_settings(prefix | configured).role_name("loader") == "dw2_loader"


def test_secrets_are_not_shown():
    settings = load_settings(
        {
            "JINTA_WAREHOUSE": "postgresql://admin:hush@db.example/dw",
            "JINTA_WAREHOUSE_LOADER_PASSWORD": "hush",
            "JINTA_CONN_BOSS": "postgresql://a:hush@b/c",
        }
    )
    assert "hush" not in repr(settings)


def test_own_connection_variables_win_over_airflows():
    settings = load_settings(
        {"AIRFLOW_CONN_BOSS": "sqlite://", "JINTA_CONN_BOSS": "postgresql://b/c"}
    )
    assert settings.connections["boss"] == "postgresql://b/c"


def test_home_is_made_absolute():
    assert load_settings({"JINTA_HOME": "state"}).home == Path("state").absolute()
