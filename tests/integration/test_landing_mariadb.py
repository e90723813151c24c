"""Landing from MariaDB or MySQL through PyMySQL, where a server is there.

JINTA_TEST_MARIADB names one, such as mysql://user:password@host/database, which is
empty or holds tables of earlier tests only.
"""

import os
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy

from jinta.sources.connections import as_sqlalchemy_url
from tests.integration.landing_cases import Case, count_rows

URL = os.environ.get("JINTA_TEST_MARIADB")

pytestmark = pytest.mark.skipif(
    not URL, reason="JINTA_TEST_MARIADB names no MariaDB or MySQL server"
)

SOURCES = """\
version: 1
as_of: 2024-07-05
systems:
  office:
    kind: database
    connection: office
    tables:
      billing.line_bills:
        table: line_bill
        load: {by: month}
        columns: {bill_month: cycle, line_id: line, item_code: item, amount: fee}
"""


def test_a_table_is_landed(warehouse, tmp_path):
    engine = sqlalchemy.create_engine(as_sqlalchemy_url(URL))
    with engine.begin() as connection:
        for statement in (
            "drop table if exists line_bill",
            """create table line_bill
            (cycle date, line bigint, item varchar(20), fee decimal(12, 2))""",
            """insert into line_bill values ('2024-01-01', 1, '语音', 1.50),
            ('2024-02-01', 1, '语音', -2), ('2024-08-01', 1, '语音', 3)""",
        ):
            connection.execute(sqlalchemy.text(statement))
    case = Case(warehouse, tmp_path)
    case.connect_to("office", URL)
    (result,) = case.land(SOURCES)
    assert count_rows(result) == {"new": 2}
    assert case.current("billing__line_bills", "bill_month, line_id, amount") == [
        (date(2024, 1, 1), "1", Decimal("1.50")),
        (date(2024, 2, 1), "1", Decimal(-2)),
    ]
