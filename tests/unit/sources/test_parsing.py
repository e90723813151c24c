from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

GOOD = """\
version: 1
as_of: 2024-07-05
systems:
  boss:
    kind: postgres
    connection: boss
    timezone: Asia/Shanghai
    tables:
      billing.line_bills:
        table: boss.line_bill
        load: {by: month, column: CYCLE, overlap_months: 3}
        columns:
          bill_month: {column: CYCLE, format: "%Y%m"}
          line_id: LINE
          item_code: ITEM
          amount: {column: FEE, factor: 0.01}
      billing.subscriptions:
        query: select * from lines
        load: {by: watermark, column: CHANGED, overlap: 2 days}
        columns:
          line_id: LINE
          opened_date: OPENED
          account_id: {column: GROUP, null_values: ["0", "-"]}
  lists:
    kind: files
    root: ${LISTS:-lists}
    tables:
      crm.branches:
        files: ["a/*.csv", "b/*.csv"]
        load: files
        format: {encoding: gb18030, decimal: ","}
        columns:
          branch_id: 编号
          branch_name: {column: 名称, values: {昆明: null, 是: "1"}}
"""


def test_blanks_are_a_delimiter_and_other_words_are_not(parse):
    text = GOOD.replace('decimal: ","', "delimiter: blanks")
    config, problems = parse(text)
    assert problems == []
    branches = config.systems["lists"].tables["crm.branches"]
    assert branches.format.delimiter == "blanks"
    _, problems = parse(text.replace("blanks", "spaces"))
    assert "`delimiter` is 'spaces', more than one character" in problems[0]


def test_every_part_of_a_good_file_is_read(parse):
    config, problems = parse(GOOD)
    assert problems == []
    assert config.as_of == date(2024, 7, 5)
    boss, lists = config.systems["boss"], config.systems["lists"]
    assert (boss.kind, boss.connection, boss.timezone) == (
        "postgres",
        "boss",
        "Asia/Shanghai",
    )
    bills = boss.tables["billing.line_bills"]
    assert bills.load.mode == "month"
    assert bills.load.overlap_months == 3
    assert bills.columns["bill_month"].formats == ("%Y%m",)
    assert bills.columns["amount"].factor == Decimal("0.01")
    assert bills.source_columns == ["CYCLE", "LINE", "ITEM", "FEE"]
    lines = boss.tables["billing.subscriptions"]
    assert lines.load.overlap == timedelta(days=2)
    assert lines.columns["account_id"].null_values == ("0", "-")
    assert "CHANGED" in lines.source_columns
    branches = lists.tables["crm.branches"]
    assert lists.root == Path("/data/lists")
    assert branches.files == ("a/*.csv", "b/*.csv")
    assert branches.format.thousands == "."
    assert branches.columns["branch_name"].replacements == {"昆明": None, "是": "1"}


def test_a_parameter_comes_from_the_environment(parse):
    config, problems = parse(GOOD, {"LISTS": "/mnt/lists"})
    assert problems == []
    assert config.systems["lists"].root == Path("/mnt/lists")


# Each case: what is replaced in the good file, by what, and the line and words of the
# one complaint that must come.
MISTAKES = [
    ("version: 1\n", "version: 7\n", 1, "Version 7"),
    ("as_of: 2024-07-05", "as_of: tomorrow", 2, "not a date"),
    ("kind: postgres", "kind: postgers", 5, "Did you mean postgres?"),
    ("    connection: boss\n", "", 5, "names no connection"),
    ("connection: boss", "conection: boss\n    connection: boss", 6, "Did you mean"),
    ("Asia/Shanghai", "Asia/Shanghigh", 7, "time zone"),
    ("billing.line_bills", "billing.line_bill", 9, "mean billing.line_bills?"),
    ("          item_code: ITEM\n", "", 12, "item_code is required"),
    ("item_code: ITEM", "itemcode: ITEM\n          item_code: I", 15, "item_code?"),
    ("item_code: ITEM", "item_code: {colum: ITEM}", 15, "no origin"),
    ("factor: 0.01", "factor: cents", 16, "'cents' is not a number"),
    ("amount: {column", "amount: {month_of: true, column", 16, "for date columns"),
    ("table: boss.line_bill\n", "files: x.csv\n", 10, "has no `files`"),
    ("select * from lines", "delete from lines", 18, "select"),
    ("select * from lines", "select 1; select 2", 18, "one statement"),
    ("overlap: 2 days", "overlap: often", 19, "overlap is 'often'"),
    ("load: files", "load: sometimes", 30, "not possible here"),
    ("encoding: gb18030", "encoding: gb18031", 31, "is not an encoding"),
    ("branch_id: 编号", "branch_id: 号\n          branch_id: 编号", 34, "in line 33"),
    ("${LISTS:-lists}", "${LISTS}", 26, "LISTS is not set"),
    ("version: 1\n", "version: 1\npassword: x\n", 2, "don't belong"),
    ("connection: boss", "connection: postgresql://me:secret@host/db", 6, "password"),
    ('"%Y%m"}', '"%d/%m/%Y"}', 11, "doesn't sort by time"),
    ("load: {by: month, column: CYCLE", "load: {by: moon, column: CYCLE", 11, "moon"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "line", "words"), MISTAKES)
def test_a_mistake_names_file_line_and_cure(parse, good, bad, line, words):
    assert good in GOOD
    _, problems = parse(GOOD.replace(good, bad, 1))
    told = [problem for problem in problems if words in problem]
    assert told, problems
    assert told[0].startswith(f"sources.yml:{line}: ")
    # Something follows the complaint: what to do.
    assert len(told[0].split(". ")) > 1


def test_all_mistakes_are_told_at_once(parse):
    text = GOOD
    for good, bad, _, _ in MISTAKES[1:3]:
        text = text.replace(good, bad, 1)
    _, problems = parse(text.replace("gb18030", "gb18031"))
    assert len(problems) == 3


def test_months_of_entities_and_row_keys_of_databases_are_refused(parse):
    _, problems = parse("""\
version: 1
systems:
  crm:
    kind: database
    connection: crm
    tables:
      crm.branches:
        table: b
        load: {by: month}
        collapse: {keep: first, by: nobody}
        columns: {branch_id: {row_key: true}, branch_name: b}
""")
    assert any("has no months" in problem for problem in problems)
    assert any("only rows of files" in problem for problem in problems)
    assert any("`by` is 'nobody'" in problem for problem in problems)
    assert any("`keep` is 'first'" in problem for problem in problems)


def test_broken_yaml_is_told_with_its_line(parse):
    _, problems = parse("version: 1\nsystems: [\n")
    assert len(problems) == 1
    assert "not YAML" in problems[0]


def test_an_empty_file_is_told(parse):
    assert "empty" in parse("")[1][0]


def test_merged_mappings_are_no_repetition(parse):
    _, problems = parse("""\
version: 1
systems:
  lists:
    kind: files
    tables:
      crm.branches:
        files: a.csv
        format: &usual {encoding: utf-8, delimiter: ";"}
        columns: {branch_id: a, branch_name: b}
      crm.managers:
        files: b.csv
        format: {<<: *usual, delimiter: ","}
        columns: {manager_id: a, branch_id: b}
""")
    assert problems == []


def test_a_changed_mapping_changes_the_fingerprint(parse, contract):
    def fingerprint(text):
        mapping = parse(text)[0].systems["boss"].tables["billing.line_bills"]
        return mapping.fingerprint(contract.tables["billing.line_bills"])

    assert fingerprint(GOOD) == fingerprint(GOOD.replace("version: 1", "\nversion: 1"))
    assert fingerprint(GOOD) != fingerprint(GOOD.replace("0.01", "0.001"))
    assert fingerprint(GOOD) == fingerprint(GOOD.replace("Asia/Shanghai", "UTC"))


def test_a_withheld_column_may_be_named_and_is_not_read(parse):
    """S2-17: the contract describes what no rule needs, landing leaves it alone."""
    text = (
        GOOD
        + """\
      crm.key_persons:
        files: persons.csv
        columns:
          person_id: 编号
          account_id: 集团编号
          recorded_date: 登记日期
          birthday: {column: 生日, format: "%Y-%m-%d"}
          hobbies: 爱好
"""
    )
    config, problems = parse(text)
    assert problems == []
    persons = config.systems["lists"].tables["crm.key_persons"]
    assert set(persons.columns) == {"person_id", "account_id", "recorded_date"}
    assert persons.withheld == ("生日", "爱好")
    assert persons.source_columns == ["编号", "集团编号", "登记日期"]
