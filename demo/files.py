"""The files that offices keep: a leased-line ledger, tax rankings, influence grades."""

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd

from demo import words
from demo.dates import write_days
from demo.dirt import Fault
from demo.geography import BRANCHES
from demo.organisations import draw_brands, draw_places, find_place
from demo.products import PRODUCTS
from demo.traits import ORGANISATION_DEPARTMENT, PLANT, STARTED

LEDGER = "专线台账.xlsx"
INFLUENCES = "政策影响力评定.csv"
LIST_LENGTH = 500
_WIDE_DIGITS = {code: code + 0xFEE0 for code in range(0x30, 0x3A)}
# A file's bytes must be the same for the same seed, its times included.
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT[\d:]+Z")
_ZIP_TIME = (2026, 1, 5, 8, 0, 0)


def make_ledger(
    chosen: pd.DataFrame, account_ids: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Make the ledger: one row per circuit; the rents add up to the bill."""
    kinds = np.array([product.circuit for product in PRODUCTS])
    leased = chosen[kinds[chosen["product"]] != ""].reset_index(drop=True)
    circuits = rng.choice([1, 2, 3], len(leased), p=[0.75, 0.18, 0.07])
    at = np.repeat(np.arange(len(leased)), circuits)
    rows = leased.iloc[at].reset_index(drop=True)
    widths = rng.choice([2, 10, 20, 50, 100, 200, 500, 1000], len(rows))
    number = np.char.zfill((1 + rng.permutation(len(rows))).astype(str), 6)
    return pd.DataFrame(
        {
            "电路编号": np.char.add("YN-ZX-", number),
            "集团编号": account_ids[rows["record"]],
            "专线类型": kinds[rows["product"]],
            "带宽(M)": widths,
            "月租(元)": np.round(rows["price"].to_numpy() / circuits[at], 2),
            "开通日期": write_days(rows["started"].to_numpy()),
            "拆除日期": write_days(rows["ended"].to_numpy(), empty=0),
        }
    )


def write_ledger(ledger: pd.DataFrame, folder: Path) -> list[Fault]:
    """Write the ledger as an office keeps it.

    A title stands above the header and a total below the rows; most dates are dates of
    the spreadsheet, some were typed.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("专线台账")
    sheet.append(["云南分公司集团专线台账（截至2025年12月31日）"])
    sheet.append(list(ledger.columns))
    for number, row in enumerate(ledger.itertuples(index=False)):
        sheet.append(_write_circuit(number, list(row)))
    for bad in _list_bad_circuits(ledger):
        sheet.append(bad)
    total = float(ledger["月租(元)"].sum().round(2))
    sheet.append(["合计", None, None, None, total, None, None])
    content = io.BytesIO()
    book.save(content)
    (folder / LEDGER).write_bytes(_fix_times(content.getvalue()))
    table = "ledger.leased_lines"
    return [
        Fault(table, "negative bandwidth", 1),
        Fault(table, "missing account", 1),
        Fault(table, "bad date", 1),
    ]


def _write_circuit(number: int, row: list[Any]) -> list[Any]:
    cells = [value.item() if hasattr(value, "item") else value for value in row]
    for place in (5, 6):
        cells[place] = _write_cell_date(int(cells[place]), is_typed=number % 9 == 0)
    if number % 25 == 0:
        cells[4] = f"{cells[4]:,.2f}"
    return cells


def _write_cell_date(day: int, *, is_typed: bool) -> date | str | None:
    if day == 0:
        return None
    text = str(day)
    if is_typed:
        return f"{text[:4]}.{text[4:6]}.{text[6:]}"
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _list_bad_circuits(ledger: pd.DataFrame) -> list[list[Any]]:
    account = str(ledger["集团编号"].iloc[0])
    return [
        ["YN-ZX-X00001", account, "互联网专线", -10, 800.0, "2020-05-01", None],
        ["YN-ZX-X00002", None, "数据专线", 20, 900.0, "2021-05-01", None],
        ["YN-ZX-X00003", account, "数据专线", 20, 900.0, "2021-13-45", None],
    ]


def _fix_times(content: bytes) -> bytes:
    """Write a spreadsheet's archive again, with one and the same time everywhere."""
    fixed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            part = source.read(name)
            if name == "docProps/core.xml":
                part = re.sub(
                    rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-01-05T00:00:00Z", part
                )
            target.writestr(entry, part)
    return fixed.getvalue()


def make_rankings(
    organisations: pd.DataFrame,
    ranks: np.ndarray,
    codes: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Make the lists of the 500 largest taxpayers of each branch area, for two years.

    Who is a customer stands in the rank the truth tells; the rest are organisations
    that the CRM has never heard of.
    """
    frames = []
    for year, moves in ((2024, True), (2025, False)):
        for branch in range(len(BRANCHES)):
            ours = np.flatnonzero((organisations["branch"] == branch) & (ranks > 0))
            names = _invent_names(branch, LIST_LENGTH, rng)
            listed_codes = np.full(LIST_LENGTH, None, dtype=object)
            places = ranks[ours] - 1
            if moves:
                # The year before, neighbours on the list stood the other way round.
                places = np.where(places > 10, places ^ 1, places)
            names[places] = organisations["name"].to_numpy()[ours]
            known = rng.random(len(ours)) < 0.85
            listed_codes[places[known]] = codes[ours][known]
            frames.append(
                pd.DataFrame(
                    {
                        "年度": year,
                        "分公司": f"{BRANCHES[branch].prefecture.short}分公司",
                        "名次": np.arange(1, LIST_LENGTH + 1),
                        "单位名称": names,
                        "统一社会信用代码": listed_codes,
                        "纳税额（元）": _draw_taxes(rng),
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def _draw_taxes(rng: np.random.Generator) -> np.ndarray:
    taxes = np.sort(rng.pareto(1.1, LIST_LENGTH))[::-1]
    return np.round(200_000 * (1 + taxes), 2)


def _invent_names(branch: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Invent companies that nobody serves; a mark sets their brand words apart."""
    _, counties = draw_places(count, rng)
    brands = draw_brands(count, rng)
    trades = rng.choice([trade.split("|")[0] for trade in words.TRADES], count)
    here = len(BRANCHES[branch].counties)
    return np.array(
        [
            f"{find_place(branch, int(county) % here).short}{brand}昀{trade}有限公司"
            for county, brand, trade in zip(counties, brands, trades, strict=True)
        ],
        dtype=object,
    )


def write_rankings(rankings: pd.DataFrame, folder: Path) -> list[Fault]:
    """Write a list per year in GB18030, as it was pasted together.

    Some digits are full-width, amounts have thousands separators, the header is
    repeated where two lists meet, and a total without a rank stands at the end.
    """
    for year, listed in rankings.groupby("年度"):
        rows = [
            [
                str(row[0]),
                row[1],
                _widen(row[2]) if row[2] % 7 == 0 else str(row[2]),
                row[3],
                row[4] or "",
                f"{row[5]:,.2f}",
            ]
            for row in listed.itertuples(index=False)
        ]
        header = [str(column) for column in rankings.columns]
        rows.insert(LIST_LENGTH, header)
        if year == rankings["年度"].max():
            branch = rows[0][1]
            rows.append(
                [str(year), branch, "并列", "曲靖待查昀商贸有限公司", "", "1.00"]
            )
            rows.append([str(year), branch, "0", "曲靖未列昀物流有限公司", "", "1.00"])
        total = listed["纳税额（元）"].sum()
        rows.append(["合计", "", "", "", "", f"{total:,.2f}"])
        _write_csv(folder / f"利税排名_{year}.csv", [header, *rows])
    table = "registry.tax_rankings"
    return [Fault(table, "rank is no number", 1), Fault(table, "rank below one", 1)]


def make_influences(
    organisations: pd.DataFrame,
    traits: pd.DataFrame,
    records: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Make the gradings: one per graded organisation, a second one for some."""
    grade = traits["influence_grade"].to_numpy()
    graded = np.flatnonzero(grade >= 0)
    first = records[~records["organisation"].duplicated()]["account_id"].to_numpy()
    joined = traits["joined"].to_numpy()[graded]
    decided = np.maximum(STARTED - rng.integers(20, 700, len(graded)), joined + 10)
    regraded = (rng.random(len(graded)) < 0.12) & (decided < STARTED)
    regraded &= ~np.isin(graded, [ORGANISATION_DEPARTMENT, PLANT])
    before = np.clip(grade[graded] - rng.choice([1, -1], len(graded)), 0, 5)
    again = STARTED + rng.integers(10, 700, len(graded))
    frame = pd.DataFrame(
        {
            "organisation": np.append(graded, graded[regraded]),
            "day": np.append(decided, again[regraded]),
            "grade": np.append(
                np.where(regraded, before, grade[graded]), grade[graded][regraded]
            ),
        }
    )
    branch = organisations["branch"].to_numpy()[frame["organisation"]]
    city = np.array([f"{area.prefecture.short}评定小组" for area in BRANCHES])
    reasons = np.array(
        ["无", "一般单位", "镇内知名", "本地行业龙头", "县级单位", "市级机关与监管单位"]
    )
    return pd.DataFrame(
        {
            "集团编号": first[frame["organisation"]],
            "评定日期": write_days(frame["day"].to_numpy()),
            "影响力等级": frame["grade"],
            "评定人": city[branch],
            "理由": reasons[frame["grade"]],
        }
    )


def write_influences(influences: pd.DataFrame, folder: Path) -> list[Fault]:
    """Write the gradings in GB18030, with three ways of writing a date."""
    header = [str(column) for column in influences.columns]
    rows = []
    for number, row in enumerate(influences.itertuples(index=False)):
        day = str(row[1])
        forms = ("{0}-{1}-{2}", "{0}/{1}/{2}", "{0}年{1}月{2}日")
        written = forms[number % 3].format(day[:4], day[4:6], day[6:])
        grade = _widen(row[2]) if number % 5 == 0 else str(row[2])
        rows.append([row[0], written, grade, row[3], row[4]])
    rows.insert(len(rows) // 2, header)
    good = rows[0]
    rows.append([good[0], "2023-04-31", "3", good[3], "日期有误"])
    rows.append([rows[1][0], "2022-01-10", "7", good[3], "等级有误"])
    rows.append([good[0], good[1], good[2], good[3], "重复评定"])
    rows.append(["合计", "", "", "", f"共{len(influences)}条"])
    _write_csv(folder / INFLUENCES, [header, *rows])
    table = "registry.policy_influences"
    return [
        Fault(table, "bad date", 1),
        Fault(table, "grade above five", 1),
        Fault(table, "duplicate key", 1),
    ]


def _widen(number: int) -> str:
    return str(number).translate(_WIDE_DIGITS)


def _write_csv(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(rows)
