"""What a change of an entity touches: the first month that it can change, and no other.

Each case lands a first state, then a changed one a month later, and reads what the
ledger says of the second load.
"""

import pytest

from tests.integration.landing_cases import Case

SOURCES = """\
version: 1
as_of: {as_of}
systems:
  office:
    kind: files
    root: .
    tables:
{tables}"""

TABLES = {
    "crm.accounts": "account_id account_name branch_id office_phone created_date",
    "crm.branches": "branch_id branch_name",
    "crm.contacts": "contact_id account_id contact_phone",
    "crm.account_needs": (
        "need_id account_id recorded_date need_kind need_text wants_informatization"
    ),
    "billing.subscriptions": (
        "line_id account_id phone_number opened_date closed_date"
    ),
    "billing.vnet_memberships": "account_id line_id joined_date left_date",
    "billing.line_status_changes": (
        "change_id change_month line_id changed_date line_status"
    ),
    "ledger.leased_lines": (
        "circuit_id account_id product_code monthly_rent installed_date removed_date"
    ),
    "callcentre.calls": (
        "call_id call_month called_date account_id queue_code wait_seconds is_answered"
    ),
    "registry.tax_rankings": "ranking_year branch_id tax_rank organisation_name",
    "registry.policy_influences": (
        "account_id decided_date influence_grade decided_by reason"
    ),
}
ACCOUNTS = ["a1,Alpha,b1,,2023-05-10", "a2,Beta,b1,,2023-06-01"]


@pytest.fixture
def case(warehouse, tmp_path):
    case = Case(warehouse, tmp_path)
    case.empty_warehouse()
    return case


def land(case, as_of, **states):
    """Land some tables; what each load touched, by table."""
    tables = ""
    for table, rows in states.items():
        name = table.replace("__", ".")
        columns = TABLES[name].split()
        case.write(f"{name}.csv", "\n".join([",".join(columns), *rows]) + "\n")
        tables += (
            f"      {name}:\n        files: {name}.csv\n        allow_empty: true\n"
            "        columns:\n"
        )
        tables += "".join(f"          {column}: {column}\n" for column in columns)
    case.land(SOURCES.format(as_of=as_of, tables=tables))
    return dict(
        case.fetch(
            "select distinct on (table_name) table_name, touched_from::text "
            "from control.loads order by table_name, load_id desc"
        )
    )


def change(case, table, before, after, as_of="2024-03-05", **others):
    """What the second state of a table touches."""
    name = table.replace("__", ".")
    if others:
        land(case, "2024-02-05", **others)
    land(case, "2024-02-05", **{table: before})
    return land(case, as_of, **{table: after})[name]


LINE = "l1,a1,139,2023-07-15,"


@pytest.mark.parametrize(
    ("table", "before", "after", "touched"),
    [
        # Lines: a new one from its opening, a moved one from the load, and a closing
        # from the month that is closed, whenever it is told.
        ("billing__subscriptions", [LINE], [LINE, "l2,a1,,2023-11-20,"], "2023-11-01"),
        ("billing__subscriptions", [LINE], ["l1,a2,139,2023-07-15,"], "2024-03-01"),
        ("billing__subscriptions", [LINE], ["l1,a1,138,2023-07-15,"], None),
        (
            "billing__subscriptions",
            [LINE, "l9,a2,,2023-01-01,2023-02-02"],
            [LINE + "2023-12-24", "l9,a2,,2023-01-01,2023-02-02"],
            "2023-12-01",
        ),
        (
            "billing__subscriptions",
            [LINE + "2023-12-24", "l9,a2,,2023-01-01,2023-02-02"],
            [LINE, "l9,a2,,2023-01-01,2023-02-02"],
            "2023-12-01",
        ),
        ("billing__subscriptions", [LINE], ["l1,a1,139,2023-08-15,"], "2023-08-01"),
        ("billing__subscriptions", [LINE, "l2,a2,,2023-01-01,"], [LINE], "2024-03-01"),
        # An individual's line counts for nobody.
        ("billing__subscriptions", [LINE], [LINE, "l2,,,2023-11-20,"], None),
        # The first closing of all gives every month a rate; so does the last one's end.
        ("billing__subscriptions", [LINE], [LINE + "2023-12-24"], "-infinity"),
        ("billing__subscriptions", [LINE + "2023-12-24"], [LINE], "-infinity"),
        # Accounts: from their creation, changes from the load on.
        (
            "crm__accounts",
            ACCOUNTS,
            [*ACCOUNTS, "a3,Gamma,b1,,2024-01-15"],
            "2024-01-01",
        ),
        ("crm__accounts", ACCOUNTS, [*ACCOUNTS, "a3,Gamma,b1,,"], "-infinity"),
        (
            "crm__accounts",
            ACCOUNTS,
            ["a1,Alpha,b1,0871,2023-05-10", ACCOUNTS[1]],
            "2024-03-01",
        ),
        ("crm__accounts", ACCOUNTS, ACCOUNTS[:1], "2024-03-01"),
        # A branch that nothing named before has a row in every month.
        (
            "crm__accounts",
            ACCOUNTS,
            [*ACCOUNTS, "a3,Gamma,b2,,2024-01-15"],
            "-infinity",
        ),
        ("crm__branches", ["b1,One"], ["b1,Uno"], None),
        ("crm__branches", ["b1,One"], ["b1,One", "b2,Two"], "-infinity"),
        ("crm__branches", ["b1,One", "b2,Two"], ["b1,One"], "-infinity"),
        # Read as it is now: from the older of both dates on.
        (
            "crm__account_needs",
            ["n1,a1,2023-11-30,need,OA,true"],
            ["n1,a1,2023-10-30,need,OA,true"],
            "2023-10-01",
        ),
        (
            "registry__policy_influences",
            ["a1,2023-03-03,3,board,x"],
            ["a1,2023-03-03,4,board,x"],
            "2023-03-01",
        ),
        (
            "registry__policy_influences",
            ["a1,2023-03-03,3,board,x"],
            ["a1,2023-03-03,3,board,y"],
            None,
        ),
        (
            "registry__tax_rankings",
            ["2022,b1,1,Alpha", "2023,b1,1,Alpha"],
            ["2022,b1,1,Alpha", "2023,b1,1,Beta"],
            "2023-01-01",
        ),
        # V-nets and circuits: from the day on, all months for a branch's first one.
        (
            "billing__vnet_memberships",
            ["a1,l1,2023-07-15,"],
            ["a1,l1,2023-07-15,", "a2,l2,2023-12-01,"],
            "2023-12-01",
        ),
        ("billing__vnet_memberships", [], ["a1,l1,2023-07-15,"], "-infinity"),
        (
            "ledger__leased_lines",
            ["c1,a1,IDC,10,2023-07-15,"],
            ["c1,a1,IDC,20,2023-07-15,"],
            "2024-03-01",
        ),
        (
            "ledger__leased_lines",
            ["c1,a1,IDC,10,2023-07-15,"],
            ["c1,a1,IDC,10,2023-07-15,2024-01-31"],
            "2024-03-01",
        ),
        # Who left stays away.
        (
            "billing__line_status_changes",
            ["s1,2023-11-01,l1,2023-11-11,off_net"],
            [
                "s1,2023-11-01,l1,2023-11-11,off_net",
                "s2,2023-12-01,l1,2023-12-01,active",
            ],
            "2023-12-01",
        ),
        # Evidence says who is who, and that is told after matching.
        ("crm__contacts", ["k1,a1,139"], ["k1,a1,139", "k2,a2,139"], None),
    ],
)
def test_a_change_touches_months_from_one_on(case, table, before, after, touched):
    others = {"crm__accounts": ACCOUNTS} if table != "crm__accounts" else {}
    assert change(case, table, before, after, **others) == touched


def test_the_first_vnet_of_another_branch_touches_all_months(case):
    accounts = [*ACCOUNTS, "a3,Gamma,b2,,2023-01-15"]
    before = ["a1,l1,2023-07-15,"]
    after = [*before, "a3,l3,2023-12-01,"]
    touched = change(
        case, "billing__vnet_memberships", before, after, crm__accounts=accounts
    )
    assert touched == "-infinity"


def test_what_comes_back_counts_from_the_load_on(case):
    land(case, "2024-02-05", crm__accounts=ACCOUNTS)
    land(case, "2024-03-05", crm__accounts=ACCOUNTS[:1])
    touched = land(case, "2024-04-05", crm__accounts=ACCOUNTS)
    assert touched["crm.accounts"] == "2024-04-01"


def test_a_load_of_an_earlier_day_touches_all_months(case):
    """Its versions would come before those that are known."""
    after = ["a1,Alfa,b1,,2023-05-10", ACCOUNTS[1]]
    assert change(case, "crm__accounts", ACCOUNTS, after, "2024-01-05") == "-infinity"


def test_an_unchanged_load_touches_nothing(case):
    assert change(case, "crm__accounts", ACCOUNTS, ACCOUNTS) is None


def test_an_account_that_comes_after_its_calls_touches_their_months(case):
    """What isn't billed may be nobody's in any month, published or not."""
    calls = [
        "c1,2023-10-01,2023-10-07,a2,q,5,true",
        "c2,2023-12-01,2023-12-08,a3,q,5,true",
    ]
    late = [*ACCOUNTS, "a3,Gamma,b1,,2024-01-15"]
    touched = change(case, "crm__accounts", ACCOUNTS, late, callcentre__calls=calls)
    assert touched == "2023-12-01"
