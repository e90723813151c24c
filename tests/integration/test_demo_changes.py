"""What `python -m demo change` plays is what it says, and the same for a seed."""

import pytest

from demo import ensure_demo
from demo.changes import (
    add_records,
    correct_bills,
    deliver_late_bills,
    redeliver_bills,
    withdraw_bills,
)
from demo.databases import open_system
from jinta.errors import UsageError

# No other test asks for this province: none finds it changed.
REQUEST = {"accounts": 150, "months": 4, "seed": 101}
MONTH = "2025-10"
# Its place among the four months.
AT = 1


@pytest.fixture
def demo(server):
    ensure_demo(server, **REQUEST, is_anew=True)
    yield server
    ensure_demo(server, **REQUEST, is_anew=True)


def hash_system(settings, system, tables):
    with open_system(settings, system) as connection:
        return [
            connection.execute(
                f"select count(*), sum(hashtextextended(t::text, 0)) "
                f"from {system}.{table} as t"
            ).fetchone()
            for table in tables
        ]


def hash_content(settings):
    return [
        *hash_system(settings, "boss", ["grp_prod_bill", "usr_acct_item"]),
        *hash_system(settings, "crm", ["grp_cust_info", "grp_linkman"]),
    ]


def read_bills(settings):
    with open_system(settings, "boss") as connection:
        return connection.execute(
            "select bill_cyc, count(*), count(distinct bill_seq), sum(fee_fen) "
            "from boss.grp_prod_bill group by 1 order by 1"
        ).fetchall()


def play(settings):
    deliver_late_bills(settings, MONTH, 10, 7)
    correct_bills(settings, MONTH, 10, 7)
    withdraw_bills(settings, MONTH, 10, 8)
    add_records(settings, 3, 7)


def test_the_same_changes_give_the_same_content(demo):
    built = hash_content(demo)
    play(demo)
    changed = hash_content(demo)
    assert changed != built
    ensure_demo(demo, **REQUEST)
    assert hash_content(demo) == changed, "a build that stands is left as it is"
    ensure_demo(demo, **REQUEST, is_anew=True)
    assert hash_content(demo) == built
    play(demo)
    assert hash_content(demo) == changed


def test_late_bills_are_new_and_of_their_month_alone(demo):
    before = read_bills(demo)
    assert deliver_late_bills(demo, MONTH, 25, 7) == 25
    assert deliver_late_bills(demo, MONTH, 5, 7) == 5
    after = read_bills(demo)
    assert [b for b in before if b not in after] == [before[AT]]
    assert after[AT][1:3] == (before[AT][1] + 30, before[AT][2] + 30)


def test_corrected_bills_keep_their_number(demo):
    before = read_bills(demo)
    assert correct_bills(demo, MONTH, 25, 7) == 25
    after = read_bills(demo)
    assert after[AT][:3] == before[AT][:3]
    assert after[AT][3] > before[AT][3]
    assert [b for b in before if b not in after] == [before[AT]]


def test_what_is_withdrawn_comes_back(demo):
    before = hash_content(demo)
    assert redeliver_bills(demo) == 0
    assert withdraw_bills(demo, MONTH, 25, 7) == 25
    assert hash_content(demo)[0][0] == before[0][0] - 25
    assert redeliver_bills(demo) == 25
    assert hash_content(demo) == before


def test_new_records_are_second_ones_and_new_organisations(demo):
    def read_names():
        with open_system(demo, "crm") as connection:
            return dict(
                connection.execute(
                    "select grp_cust_no, grp_cust_nm from crm.grp_cust_info "
                    "where grp_cust_no is not null and grp_cust_no not like '___999%'"
                ).fetchall()
            )

    before = read_names()
    again, fresh = add_records(demo, 5, 7)
    after = read_names()
    added = {number: name for number, name in after.items() if number not in before}
    assert len(added) == again + fresh == 9
    assert 170 <= len(before) <= 180
    held = set(before.values())
    assert sum(name in held for name in added.values()) == again
    more = sum(add_records(demo, 5, 8))
    assert len(read_names()) == len(after) + more, "numbers are given out once"


def test_a_month_without_bills_is_refused(demo):
    with pytest.raises(UsageError, match="not billed in '2023-08'"):
        correct_bills(demo, "2023-08", 1, 7)
