"""`jinta compare`: two cards or two versions on the same month (F38, S3-09)."""

from __future__ import annotations

import csv
import json
from datetime import date

import pytest
from rich.console import Console

from jinta import cli
from jinta.errors import UsageError
from jinta.report import compare_cli
from jinta.report.compare_cli import render_comparison
from jinta.report.comparing import compare_cards, compare_versions
from tests.integration.trial_cases import copy_project
from tests.running import TINY, read_rows, run_pipeline

CARD, OTHER = "group_account_value", "size_only"
MONTH = date(2024, 3, 1)


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


def add_rows(settings):
    """A second card that knows employees only, and a version that only it has."""
    folder = settings.dbt_project / "seeds" / "rules"
    for seed, number in (
        ("scorecards", None),
        ("tier_rules", None),
        ("scorecard_indicators", "weight"),
        ("scorecard_bands", "points"),
    ):
        path = folder / f"{seed}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        wanted = [
            row
            for row in rows
            if row["scorecard_id"] == CARD
            and row.get("indicator_id", "employees") == "employees"
            # A card of one dimension can't part a band by two.
            and row.get("sub_tier_rule") != "x_lt_y"
        ]
        for row in wanted:
            made = row | {"scorecard_id": OTHER}
            if number == "weight":
                made[number] = "100"
            elif number == "points":
                made[number] = str(float(row[number]) * 100 / 8)
            if "ahp_id" in made:
                made["ahp_id"] = ""
            if "sub_tier_rule" in made:
                made |= {"tier": made["tier_band"], "sub_tier_rule": ""}
            rows.append(made)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture(scope="module")
def tiny(make_warehouse, tmp_path_factory):
    """The tiny company, scored by two cards."""
    settings = copy_project(make_warehouse(), tmp_path_factory.mktemp("checkout"))
    add_rows(settings)
    run_pipeline(settings, TINY, "2024-03", "2024-03")
    return settings


def test_the_mart_puts_each_account_beside_itself_once(tiny):
    rows = read_rows(
        tiny,
        "select tier, other_tier, total_points, other_total_points, percentile, "
        "other_percentile, percentile_deviation, scorecard_id, other_scorecard_id "
        "from fct_scorecard_comparisons inner join bridge_account_records "
        "using (month, group_account_id) where account_id_crm = 'a04' "
        f"and scorecard_id = '{CARD}' and other_scorecard_id = '{OTHER}'",
    )
    # a04 is 4th of 10 by the one; with 320 employees it has 6 of 8 points by the other.
    [(tier, _, points, other_points, place, other_place, deviation, *_)] = rows
    assert (tier, points, other_points) == ("C", 4700, 7500)
    assert float(place) == 66.67
    assert deviation == other_place - place
    [(pairs, accounts)] = read_rows(
        tiny,
        "select count(*), count(distinct group_account_id) "
        "from fct_scorecard_comparisons "
        f"where scorecard_id = '{CARD}' and other_scorecard_id = '{OTHER}'",
    )
    assert pairs == accounts == 15


def test_cards_compare_both_ways_round(tiny):
    there = compare_cards(tiny, CARD, OTHER, MONTH)
    back = compare_cards(tiny, OTHER, CARD, MONTH)
    assert there.summary["accounts"] == back.summary["accounts"] == 15
    turned = {
        (row["other_tier"], row["tier"]): (row["accounts"], row["revenue"])
        for row in back.tables["matrix"]
    }
    assert turned == {
        (row["tier"], row["other_tier"]): (row["accounts"], row["revenue"])
        for row in there.tables["matrix"]
    }
    assert sum(row["accounts"] for row in there.tables["matrix"]) == 15
    deviations = [row["percentile_deviation"] for row in there.tables["deviations"]]
    turned = [-row["percentile_deviation"] for row in back.tables["deviations"]]
    assert deviations == turned
    assert sorted(deviations, key=abs, reverse=True) == deviations


def test_tiers_of_cards_with_other_bands_are_not_compared(tiny):
    """Five tiers against three of the same bands compare by band, VIP and A do not."""
    shown = Console(width=200)
    texts = {}
    for other in ("existing_customer", "value_pyramid"):
        found = compare_cards(tiny, CARD, other, MONTH)
        assert found.summary["accounts"] == 15
        with shown.capture() as text:
            render_comparison(found, shown)
        texts[other] = found.summary["same_tier_band"], text.get()
        back = compare_cards(tiny, other, CARD, MONTH).summary
        assert back["same_tier_band"] == texts[other][0]
    [(same,)] = read_rows(
        tiny,
        "select count(*) from fct_account_scores as lefts "
        "inner join fct_account_scores as rights using (month, group_account_id) "
        f"where lefts.scorecard_id = '{CARD}' and lefts.value_rank is not null "
        "and rights.scorecard_id = 'existing_customer' "
        "and rights.value_rank is not null "
        "and left(lefts.effective_tier, 1) = left(rights.effective_tier, 1)",
    )
    number, text = texts["existing_customer"]
    assert number == same
    assert f"{same} in the same band; rank correlation" in text
    number, text = texts["value_pyramid"]
    assert number is None
    assert "same band" not in text
    assert "15 accounts ranked by both; rank correlation" in text


def test_a_branch_is_told_alone(tiny):
    parts = [
        compare_cards(tiny, CARD, OTHER, MONTH, branch).summary["accounts"]
        for branch in ("qj", "ym")
    ]
    assert parts == [10, 5]
    shown = Console(width=200)
    with shown.capture() as text:
        render_comparison(compare_cards(tiny, CARD, OTHER, MONTH, "ym"), shown)
    assert "2024-03, branch ym 玉溪分公司" in text.get()
    with pytest.raises(UsageError, match="of a branch x") as refusal:
        compare_cards(tiny, CARD, OTHER, MONTH, "x")
    assert "qj" in refusal.value.cure


def test_a_month_that_is_not_published_is_refused(tiny):
    with pytest.raises(UsageError, match="2023-08 is not published"):
        compare_cards(tiny, CARD, OTHER, date(2023, 8, 1))


def test_a_version_compared_with_itself_agrees_with_what_is_published(tiny):
    [(version,)] = read_rows(
        tiny,
        "select distinct scorecard_version from fct_account_scores "
        f"where scorecard_id = '{CARD}'",
    )
    found = compare_versions(tiny, CARD, (version, version), MONTH, with_accounts=True)
    assert found.summary["same_tier_band"] == found.summary["accounts"] == 15
    assert found.summary["mean_deviation"] == 0
    raw = dict(
        read_rows(
            tiny,
            "select group_account_id, raw_tier from fct_account_scores "
            f"where scorecard_id = '{CARD}' and value_rank is not null",
        )
    )
    assert {r["group_account_id"]: r["tier"] for r in found.tables["accounts"]} == raw


def test_two_versions_are_scored_on_the_same_values(tiny):
    folder = tiny.dbt_project / "seeds" / "rules"
    for seed in ("scorecards", "tier_rules", "scorecard_indicators", "scorecard_bands"):
        path = folder / f"{seed}.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        # The rows of the small card, as another version of the large one.
        made = [
            line.replace(f"{OTHER},2026.1,", f"{CARD},small,")
            for line in lines
            if line.startswith(f"{OTHER},2026.1,")
        ]
        path.write_text("".join([*lines, *made]), encoding="utf-8")
    by_version = compare_versions(tiny, CARD, ("2026.1", "small"), MONTH)
    by_card = compare_cards(tiny, CARD, OTHER, MONTH)
    for name in ("accounts", "mean_deviation", "rank_correlation", "same_tier_band"):
        assert by_version.summary[name] == by_card.summary[name], name
    with pytest.raises(UsageError, match=r"no version none of group_account_value"):
        compare_versions(tiny, CARD, ("2026.1", "none"), MONTH)


def test_the_command_prints_a_report_and_writes_tables(
    tiny, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr(compare_cli, "load_settings", lambda: tiny)

    def call(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["compare", *arguments])
        captured = capsys.readouterr()
        return ended.value.code, captured.out + captured.err

    code, text = call(CARD, OTHER, "--month", "2024-03", "--csv", str(tmp_path))
    assert not code
    assert "15 accounts ranked by both" in text
    assert {path.stem for path in tmp_path.iterdir()} == {
        "matrix",
        "deviations",
        "accounts",
    }
    code, text = call(CARD, OTHER, "--json")
    assert json.loads(text)["accounts"] == 15
    code, text = call(CARD)
    assert code
    assert "It takes two to compare." in text
    for same in ((CARD, CARD), (CARD, "--version", "2026.1", "--version", "2026.1")):
        code, text = call(*same)
        assert code
        assert "both sides are the same" in text
