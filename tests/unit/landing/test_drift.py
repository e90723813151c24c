import pytest

from jinta.errors import SourceError
from jinta.landing.drift import check_columns, tell_kind
from jinta.sources.config import ColumnMapping, TableMapping
from jinta.sources.readers import SourceColumn

MAPPING = TableMapping(
    "crm.branches",
    {
        "branch_id": ColumnMapping("branch_id", column="id"),
        "branch_name": ColumnMapping("branch_name", column="name"),
    },
)
SEEN = {"id": "text", "name": "text", "note": "text"}


def check(found, seen=SEEN, mapping=MAPPING):
    columns = [SourceColumn(name, kind) for name, kind in found.items()]
    check_columns("b.csv", columns, mapping, seen)


def complain(found, **options):
    with pytest.raises(SourceError) as caught:
        check(found, **options)
    return caught.value


def test_the_same_columns_in_any_order_pass():
    check({"note": "text", " NAME ": "varchar(80)", "id": "character(5)"})


def test_a_renamed_column_shows_as_missing_and_new():
    error = complain({"id": "text", "names": "text", "note": "text"})
    assert "missing: 'name' (mapped to branch_name)" in error.message
    assert "new:     'names' (likely 'name' renamed)" in error.message
    assert "expected: id, name, note" in error.message
    assert "found:    id, names, note" in error.message
    assert "`ignore`" in error.cure


def test_a_new_column_stops_until_it_is_ignored():
    found = {**SEEN, "extra": "text"}
    assert "new:     'extra'" in complain(found).message
    check(found, mapping=TableMapping("t", MAPPING.columns, ignore=("Extra ",)))
    check(found, mapping=TableMapping("t", MAPPING.columns, ignore=("*",)))


def test_a_column_that_nobody_reads_must_not_vanish_unseen():
    found = {"id": "text", "name": "text"}
    assert "missing: 'note'" in complain(found).message
    check(found, mapping=TableMapping("t", MAPPING.columns, ignore=("note",)))


def test_a_retyped_column_stops_until_its_type_is_stated():
    found = {**SEEN, "id": "bigint"}
    assert "retyped: 'id' was text and is number" in complain(found).message
    stated = ColumnMapping("branch_id", column="id", type="number")
    check(found, mapping=TableMapping("t", {**MAPPING.columns, "branch_id": stated}))


def test_at_the_first_landing_only_mapped_columns_count():
    check({"id": "text", "name": "text", "other": "text"}, seen=None)
    error = complain({"id": "text", "nane": "text", "other": "text"}, seen=None)
    assert "likely 'name' renamed" in error.message
    assert "'other'" not in error.message.split("expected")[0]


def test_widths_and_precisions_are_no_change_of_type():
    assert tell_kind("numeric(12,2)") == tell_kind("int8") == tell_kind("BIGINT")
    assert tell_kind("timestamptz") == "moment" != tell_kind("date")
    assert tell_kind("VARCHAR(20)") == tell_kind("text")
    assert tell_kind("") == ""
