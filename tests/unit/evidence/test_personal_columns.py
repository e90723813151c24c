"""Columns of marts that name people are marked, so that readers see pseudonyms."""

import re
from pathlib import Path

import yaml

from jinta.settings import CHECKOUT

PEOPLE = re.compile(
    r"(^|_)(approver|(decided|recorded|updated|requested|approved)_by"
    r"|(manager|contact|person)_(name|phone)|contact_way)(_|$)"
)
# Numbers that stand for people are how leads find their owner.
NUMBERS = {"manager_id"}


def list_columns():
    for path in sorted(Path(CHECKOUT).glob("dbt_project/models/marts/*/_*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for model in document.get("models", []):
            for column in model.get("columns", []):
                meta = (column.get("config") or {}).get("meta") or {}
                yield f"{model['name']}.{column['name']}", bool(meta.get("personal"))


def test_columns_that_name_people_are_marked_personal():
    columns = dict(list_columns())
    named = {name for name in columns if PEOPLE.search(name.partition(".")[2])}
    assert {"dim_scorecards.approver", "fct_account_scores.override_approver"} <= named
    assert [name for name in sorted(named) if not columns[name]] == []


def test_nothing_else_is_hidden_from_readers():
    marked = {name for name, is_personal in list_columns() if is_personal}
    assert all(PEOPLE.search(name.partition(".")[2]) for name in marked)
    assert not {name.partition(".")[2] for name in marked} & NUMBERS
