"""CSV for spreadsheets: Chinese text is read, and no text runs as a formula."""

from decimal import Decimal

import pytest

from jinta.spreadsheets import encode_csv
from jinta.trials.rendering import write_tables


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_would_run_is_guarded(tmp_path, text):
    write_tables(tmp_path, {"accounts": [{"account_name": text}]})
    written = (tmp_path / "accounts.csv").read_bytes().decode("utf-8-sig")
    assert f"'{text}" in written


def test_numbers_and_other_text_stay_as_they_are():
    data = encode_csv(["name", "amount"], [{"name": "罗平", "amount": Decimal(-5)}])
    assert data.decode("utf-8-sig") == "name,amount\n罗平,-5\n"
    assert data.startswith(b"\xef\xbb\xbf")
