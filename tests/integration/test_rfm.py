"""A scorecard from nothing (F27): CSV rows and one model, as docs/rules.md tells it."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from decimal import Decimal

import pytest

from jinta.report.rules import check_soundness, read_files
from jinta.settings import load_settings
from tests.running import TINY, read_rows, run_pipeline

# Day, account, kind and amount. Month end is 2024-03-31.
TRANSACTIONS = """
t01,2024-03-01,a01,sale,60000
t02,2024-03-01,a01,sale,50000
t03,2024-02-29,a01,sale,1000
t04,2024-01-31,a03,sale,5000
t05,2023-04-01,a03,sale,1
t06,2023-03-31,a03,sale,90000
t07,2024-02-15,a04,sale,1000
t08,2024-03-20,a04,return,-0.01
t09,2023-10-03,a05,sale,20000
t10,2023-10-02,a06,sale,20000
t11,2022-03-31,a07,sale,1000
t12,2022-04-01,a07,sale,1000
t13,2023-04-01,a07,sale,1500
"""
MAPPING = """      billing.transactions:
        files: transactions.csv
        load: snapshot
        columns:
          transaction_id: transaction_id
          transaction_month: transaction_month
          transaction_date: transaction_date
          account_id: account_id
          transaction_kind: transaction_kind
          amount: amount
      crm.account_profiles:
        files: account_profiles.csv
        load: snapshot
        columns:
          account_id: account_id
          recorded_date: recorded_date
          credit_grade: credit_grade
"""
PROFILES = "account_id,recorded_date,credit_grade\na01,2024-01-01,AA\na07,2024-01-01,D"
# A card of what S3-03 names: rows alone, as the dictionary has the indicators.
_HEAD = (
    "standing,1,1990-01-01,,2026-01-01,a test,Standing,表现,account,all,"
    "active_identified,score,half_up,include,total x y amount_3m,70,0,100,,,S3-03,"
)
STANDING = {
    "scorecards": [_HEAD],
    "scorecard_indicators": [
        "standing,1,cumulative_sales_amount,x,sales,40,higher,S3-03",
        "standing,1,average_monthly_sales_amount,y,pace,30,higher,S3-03",
        "standing,1,sales_growth_pct,z,growth,20,higher,S3-03",
        "standing,1,credit_rating_grade,w,credit,10,higher,S3-03",
    ],
    "scorecard_bands": [
        f"standing,1,{indicator},{band},{bound},{points},{meaning},S3-03"
        for indicator, least, weight in (
            ("cumulative_sales_amount", "100000", "40"),
            ("average_monthly_sales_amount", "10000", "30"),
            ("sales_growth_pct", "50", "20"),
            ("credit_rating_grade", "4", "10"),
        )
        for band, bound, points, meaning in (
            (0, "", "0", "below"),
            (1, least, weight, "reached"),
        )
    ],
    "tier_rules": [
        "standing,1,good,1,good,1,,,50,,,良好,S3-03",
        "standing,1,fair,2,fair,2,,,,50,,一般,S3-03",
        "standing,1,other,3,other,3,,,,,,其他,S3-03",
    ],
}
# Recency, frequency and amount, and the points of each, worked out by hand.
EXPECTED = {
    # 30 days ago; two purchases of a day are one day, so two days; 111,000
    "a01": (30, 2, "111000.00", 3400, 825, 3300, "champions"),
    # 60 days; the 12 months begin on 2023-04-01, so two days; 5,001
    "a03": (60, 2, "5001.00", 2550, 825, 1650, "loyal"),
    # 45 days: a return is no purchase, and takes a cent: just below 1,000
    "a04": (45, 1, "999.99", 2550, 0, 0, "occasional"),
    # 180 days and 181: at the last bound and beyond it
    "a05": (180, 1, "20000.00", 850, 0, 2475, "occasional"),
    "a06": (181, 1, "20000.00", 0, 0, 2475, "lapsing"),
    # Its first two purchases are older than 12 months.
    "a07": (365, 1, "1500.00", 0, 0, 825, "lapsing"),
}


def append_rows(source, target):
    """Append a file's rows to a seed; its header must be the seed's."""
    old = target.read_text(encoding="utf-8")
    header, rows = source.read_text(encoding="utf-8").split("\n", 1)
    assert header == old.split("\n", 1)[0], source.name
    target.write_text(old.rstrip("\n") + "\n" + rows, encoding="utf-8")


def number_anew(path, first):
    """Give the example's indicators the next free positions of the dictionary."""
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    for place, row in enumerate(rows):
        row["position"] = str(first + place)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def with_rfm(make_warehouse, tmp_path_factory):
    """A dbt project with the example added, as the guide says: copy, append, run."""
    settings = make_warehouse()
    folder = tmp_path_factory.mktemp("checkout")
    skipped = shutil.ignore_patterns("target", "logs")
    project = folder / "dbt_project"
    shutil.copytree(settings.dbt_project, project, ignore=skipped)
    for name in ("demo", "expectations", "plugins"):
        (folder / name).symlink_to(settings.checkout / name)
    example = folder / "rfm"
    shutil.copytree(settings.checkout / "examples" / "rfm", example)
    rules = project / "seeds" / "rules"
    dictionary = (rules / "indicators.csv").read_text(encoding="utf-8")
    taken = len(list(csv.DictReader(dictionary.splitlines())))
    number_anew(example / "seeds" / "indicators.csv", taken + 1)
    for path in sorted((example / "seeds").glob("*.csv")):
        append_rows(path, rules / path.name)
    for name, lines in STANDING.items():
        with (rules / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    for path in (example / "models").iterdir():
        shutil.copy(path, project / "models" / "intermediate" / "indicators")
    # The tiny company has too few accounts for changes of size to count.
    gates = project / "seeds" / "gates" / "gate_rules.csv"
    text = gates.read_text(encoding="utf-8")
    assert "-30,30,row_count_published,50," in text
    gates.write_text(
        text.replace("-30,30,row_count_published,50,", "-30,30,row_count_published,1,"),
        encoding="utf-8",
    )
    return replace(settings, checkout=folder)


@pytest.fixture(scope="module")
def published(with_rfm, tmp_path_factory):
    """March 2024 of the tiny company, with some transactions.

    The month is published without the new cards first: they come to a warehouse in use.
    """
    folder = tmp_path_factory.mktemp("rfm") / "tiny"
    shutil.copytree(TINY.parent, folder)
    rows = ["transaction_id,transaction_date,account_id,transaction_kind,amount"]
    rows += TRANSACTIONS.split()
    with (folder / "transactions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = None
        for row in csv.DictReader(rows):
            row["transaction_month"] = row["transaction_date"][:8] + "01"
            writer = writer or csv.DictWriter(file, list(row), lineterminator="\n")
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)
    (folder / "account_profiles.csv").write_text(PROFILES, encoding="utf-8")
    sources = folder / "sources.yml"
    sources.write_text(sources.read_text(encoding="utf-8") + MAPPING, encoding="utf-8")
    before = replace(with_rfm, checkout=load_settings({}).checkout)
    run_pipeline(before, sources, "2024-03", "2024-03")
    run_pipeline(with_rfm, sources, "2024-03", "2024-03")
    return with_rfm


def test_the_example_fits_the_rules(with_rfm):
    files = read_files(with_rfm.dbt_project / "seeds" / "rules")
    check_soundness(files, [])


def test_every_part_of_rfm_is_as_stated(published):
    """F27: cut points, ties and direction, at and beside each bound."""
    rows = read_rows(
        published,
        """
        select
            bridge.account_id_crm, indicators.rfm_recency_days,
            indicators.rfm_frequency_days, indicators.rfm_monetary_amount,
            scores.x_points, scores.y_points, scores.z_points, scores.effective_tier
        from marts.fct_account_scores as scores
        inner join marts.fct_account_indicators as indicators
            using (month, group_account_id)
        inner join marts.bridge_account_records as bridge
            using (month, group_account_id)
        where scores.scorecard_id = 'rfm' and indicators.rfm_recency_days is not null
        """,
        role="auditor",
    )
    found = {row[0]: row[1:] for row in rows}
    assert found == {
        account: (days, often, Decimal(amount), *rest)
        for account, (days, often, amount, *rest) in EXPECTED.items()
    }


def test_a_card_of_what_s3_03_names_is_rows_alone(published):
    """S3-03: cumulative and average sales, sales growth, credit status."""
    rows = read_rows(
        published,
        """
        select
            account_id_crm, cumulative_sales_amount, average_monthly_sales_amount,
            sales_growth_pct, credit_rating_grade, total_points, effective_tier
        from marts.fct_account_scores
        inner join marts.fct_account_indicators using (month, group_account_id)
        inner join marts.bridge_account_records using (month, group_account_id)
        where scorecard_id = 'standing' and account_id_crm in ('a01', 'a03', 'a07')
        order by account_id_crm
        """,
        role="auditor",
    )
    assert rows == [
        # Two months of trading; a grade from which on credit counts.
        ("a01", 111000, 55500, None, 4, 8000, "good"),
        # 13 months: no two years to compare.
        ("a03", 95001, Decimal("7307.77"), None, None, 0, "fair"),
        # 25 months; 1,500 after 1,000 in the twelve months before.
        ("a07", 3500, 140, 50, 0, 2000, "fair"),
    ]


def test_who_never_bought_is_missing_and_provisional(published):
    rows = read_rows(
        published,
        """
        select distinct
            scores.total_points, scores.completeness_pct, scores.is_provisional,
            scores.effective_tier
        from marts.fct_account_scores as scores
        inner join marts.fct_account_indicators as indicators
            using (month, group_account_id)
        where
            scores.scorecard_id = 'rfm' and scores.value_rank is not null
            and indicators.rfm_recency_days is null
        """,
        role="auditor",
    )
    assert rows == [(0, Decimal("0.00"), True, "lapsing")]


def test_the_marts_explain_the_new_indicators(published):
    """Points, dictionary and comments know them; nobody edited a mart."""
    points = read_rows(
        published,
        "select indicator_id, band_meaning, points, max_points "
        "from marts.fct_account_points "
        "inner join marts.bridge_account_records using (month, group_account_id) "
        "where scorecard_id = 'rfm' and account_id_crm = 'a05' order by position",
        role="auditor",
    )
    assert points == [
        ("rfm_recency_days", "91 to 180 days", 850, 3400),
        ("rfm_frequency_days", "at most 1", 0, 3300),
        ("rfm_monetary_amount", "20,000 to 100,000", 2475, 3300),
    ]
    [(comment,)] = read_rows(
        published,
        "select col_description('marts.fct_account_indicators'::regclass, attnum) "
        "from pg_attribute where attrelid = 'marts.fct_account_indicators'::regclass "
        "and attname = 'rfm_recency_days'",
        role="owner",
    )
    assert comment.startswith("Recency: Days from the last purchase to month end")
    assert "最近一次消费" in comment


def test_the_first_card_is_not_touched(published):
    """The other card's scores stay, and so do its arrays."""
    rows = read_rows(
        published,
        "select distinct cardinality(points) from marts.fct_account_scores "
        "where scorecard_id = 'group_account_value'",
        role="auditor",
    )
    assert rows == [(11,)]
