import pytest

from jinta.errors import ContractError
from jinta.sources.contract import load_contract

TABLE = """\
version: 2
sources:
  - name: crm
    schema: raw
    tables:
      - name: things
        identifier: crm__things
        description: One row per thing.
        config: {meta: {kind: entity, key: [thing_id], spread: nothing}}
        columns:
          - {name: thing_id, data_type: text}
          - name: size
            data_type: numeric(6,2)
            config:
              meta: {min: 0, max: 9.5, measure: true, personal: true, needed_for: F01}
"""


def write(folder, text):
    path = folder / "models/staging/crm"
    path.mkdir(parents=True)
    (path / "_crm__sources.yml").write_text(text)
    return folder


def test_the_projects_contract_is_sound(contract):
    assert "billing.line_bills" in contract.tables
    assert not any(name.startswith("control.") for name in contract.tables)
    bills = contract.tables["billing.line_bills"]
    assert bills.key == ("bill_month", "line_id", "item_code")
    assert bills.has_month_in_key
    assert bills.completes_month
    assert bills.measure.name == "amount"
    assert not contract.tables["billing.unified_payment_bills"].has_month_in_key
    assert contract.tables["crm.contacts"].columns["contact_name"].is_personal


def test_a_table_is_read_with_its_types_and_limits(tmp_path):
    table = load_contract(write(tmp_path, TABLE)).tables["crm.things"]
    assert table.identifier == "crm__things"
    assert table.columns["thing_id"].is_required
    assert table.columns["thing_id"].is_identifier
    size = table.columns["size"]
    assert str(size.arrow_type) == "decimal128(6, 2)"
    assert (size.minimum, float(size.maximum)) == (0, 9.5)
    assert size.is_personal


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("kind: entity", "kind: thing", "not fact or entity"),
        ("kind: entity", "kind: fact", "month_column"),
        ("key: [thing_id]", "key: [other]", "is not described"),
        ("numeric(6,2)", "money", "has type 'money'"),
        ("schema: raw", "schema: other", "No raw table"),
        (", spread: nothing", "", "must say what it `reads`"),
        ("spread: nothing", "spread: {begins: size}", "must say what it `reads`"),
        ("spread: nothing", "spread: {reads: current, ends: size}", "no ends"),
        ("spread: nothing", "spread: window", "versions or current or nothing"),
        ("spread: nothing", "spread: {reads: current, begins: day}", "names day"),
        ("spread: nothing", "spread: nothing, one_of: [other]", "one_of names other"),
        ("spread: nothing", "spread: nothing, one_of: [thing_id]", "is required"),
    ],
)
def test_a_broken_contract_is_refused(tmp_path, good, bad, words):
    with pytest.raises(ContractError, match=words):
        load_contract(write(tmp_path, TABLE.replace(good, bad)))


PERSONAL = """\
version: 2
sources:
  - name: crm
    schema: raw
    tables:
      - name: persons
        identifier: crm__persons
        description: One row per person.
        config:
          meta:
            kind: entity
            key: [person_id]
            spread: {reads: current, unread: [hobbies]}
        columns:
          - {name: person_id, data_type: text}
          - name: person_name
            data_type: text
            config: {meta: {personal: true, needed_for: S2-06}}
          - name: hobbies
            data_type: text
            config: {meta: {personal: true}}
"""


def test_a_personal_column_that_nothing_needs_never_lands(tmp_path):
    table = load_contract(write(tmp_path, PERSONAL)).tables["crm.persons"]
    assert set(table.columns) == {"person_id", "person_name"}
    assert set(table.withheld) == {"hobbies"}
    assert table.columns["person_name"].needed_for == "S2-06"


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("key: [person_id]", "key: [hobbies]", "must land"),
        (
            "spread: {",
            "references: {hobbies: crm.persons}\n            spread: {",
            "land",
        ),
        (
            "config: {meta: {personal: true}}",
            "config: {meta: {personal: true, required: true}}",
            "say what it is `needed_for`",
        ),
        (
            "config: {meta: {personal: true}}",
            "config: {meta: {needed_for: S2-17}}",
            "needed for S2-17, but not personal",
        ),
    ],
)
def test_a_need_is_said_of_what_is_personal_and_lands(tmp_path, good, bad, words):
    with pytest.raises(ContractError, match=words):
        load_contract(write(tmp_path, PERSONAL.replace(good, bad, 1)))


def test_the_projects_contract_withholds_what_no_rule_needs(contract):
    """S2-17, S2-18: hobbies, salary, identity numbers stay where they are."""
    persons = contract.tables["crm.key_persons"]
    assert {"birthday", "hobbies", "education"} <= set(persons.withheld)
    customers = contract.tables["crm.individual_key_accounts"]
    assert {"identity_number", "salary_amount", "birthday"} <= set(customers.withheld)
    for table in contract.tables.values():
        for column in table.columns.values():
            assert bool(column.needed_for) == column.is_personal, column.name
