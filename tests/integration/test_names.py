"""The name normaliser: what must agree, what must stay apart, and brand words."""

import csv
from pathlib import Path

import pytest

from jinta.report.names import measure_brands, normalise_names, read_labels

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "company-names"
PAIRS = list(
    csv.DictReader((DATA / "same_names.csv").read_text(encoding="utf-8").splitlines())
)

GOVERNMENT = {
    "罗平县公安局": ("police", True),
    "罗平县委组织部": ("party_department", True),
    "罗平县委统一战线工作部": ("party_department", True),
    "县委办": ("party_department", True),
    "罗平县板桥镇自然资源所": ("government_bureau", True),
    "罗平县人民法院": ("court", True),
    "罗平县板桥镇人民政府": ("government", True),
    "罗平县供电局": ("company", False),
    "罗平县人民医院": ("hospital", False),
    "罗平县第一中学": ("school", False),
    "罗平县民中": ("school", False),
    "罗平县邮政局": ("company", False),
    "罗平县腊山街道某某村民委员会": ("residents_committee", False),
    "云南某某集团有限公司": ("company", False),
    "Devon County Council": ("government_bureau", True),
    "University of Exeter": ("school", False),
    "Ministry of Defence": ("government_bureau", True),
    "Ministry Of Play": (None, False),
    "Taxi Driver (Exeter City Council)": (None, False),
    "The Design Council": ("association", False),
}

REGIONS = {
    "大理石材料有限公司": None,
    "平安科技有限公司": None,
    "东方红机械厂": None,
    "大理州某某商贸有限公司": "大理白族自治州",
    "罗平富源餐饮店": "罗平县",
    "曲靖富源餐饮店": "富源县",
    "环球国际航运青岛有限公司": "青岛市",
    "沾益县某某商店": "沾益区",
}


@pytest.fixture(scope="module")
def rows(warehouse):
    """What the models read in every name of this module, in one build."""
    names = {*GOVERNMENT, *REGIONS, *read_labels(DATA / "brand_words.txt")}
    names.update(pair[side] for pair in PAIRS for side in ("left_name", "right_name"))
    names.update(["Liberata Uk Ltd T/A Capacity Grid", "Fitronics Ltd (T/A Cap2)"])
    names.update(
        f"曲靖华宁投资合伙企业{kind}" for kind in ("(有限合伙)", "（普通合伙）")
    )
    if (SHARED / "core_names.txt").exists():
        names.update(read_labels(SHARED / "core_names.txt"))
    return normalise_names(warehouse, names)


def read_brands(rows):
    return {name: row["brand_word"] for name, row in rows.items()}


@pytest.mark.parametrize(
    "pair", PAIRS, ids=lambda pair: f"{pair['left_name']} | {pair['right_name']}"
)
def test_names_agree_if_they_name_one_body(rows, pair):
    left = rows[pair["left_name"]]["normalised_name"]
    right = rows[pair["right_name"]]["normalised_name"]
    assert (left == right) == (pair["is_same"] == "true"), f"{left} | {right}"


@pytest.mark.parametrize(("name", "expected"), GOVERNMENT.items())
def test_kind_of_body_is_read(rows, name, expected):
    assert (rows[name]["organ_type"], rows[name]["is_government"]) == expected


@pytest.mark.parametrize(("name", "region"), REGIONS.items())
def test_region_is_read_and_a_word_is_not_taken_for_one(rows, name, region):
    row = rows[name]
    assert (row["region_county"] or row["region_city"]) == region


@pytest.mark.parametrize(
    ("name", "legal_form"),
    [
        ("昆明云天商贸有限公司", "llc"),
        ("比亚迪股份有限公司", "jsc"),
        ("曲靖华宁投资合伙企业(有限合伙)", "limited_partnership"),
        ("曲靖华宁投资合伙企业（普通合伙）", "partnership"),
        ("国美电器昆明分公司", None),
        ("Spaldings UK Limited", "ltd"),
        ("Marks and Spencer plc", "plc"),
        ("Dupont S.A.R.L.", "sarl"),
    ],
)
def test_legal_form_has_one_code(rows, name, legal_form):
    assert rows[name]["legal_form"] == legal_form


def test_branch_names_its_head(rows):
    branch = rows["昆明云天商贸有限公司罗平分公司"]
    assert branch["branch_marker"] == "分公司"
    assert branch["head_part"] == rows["昆明云天商贸有限公司"]["core_name"]


def test_trading_name_stands_apart_and_is_read_itself(rows):
    assert rows["Liberata Uk Ltd T/A Capacity Grid"]["trading_name"] == "Capacity Grid"
    assert rows["Fitronics Ltd (T/A Cap2)"]["trading_name"] == "Cap2"
    assert rows["Capacity Grid"]["normalised_name"] == "capacity grid"


def test_brand_words_of_well_known_companies(rows):
    measure = measure_brands(read_labels(DATA / "brand_words.txt"), read_brands(rows))
    assert measure.mistakes == []


def test_brand_words_of_the_labelled_list(rows):
    path = SHARED / "core_names.txt"
    if not path.exists():
        pytest.skip(f"the labelled list is not at {path}")
    measure = measure_brands(read_labels(path), read_brands(rows))
    assert measure.precision >= 0.97, measure.mistakes
    assert measure.recall >= 0.97, measure.mistakes
