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
            config: {meta: {min: 0, max: 9.5, measure: true, personal: true}}
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
    ],
)
def test_a_broken_contract_is_refused(tmp_path, good, bad, words):
    with pytest.raises(ContractError, match=words):
        load_contract(write(tmp_path, TABLE.replace(good, bad)))
