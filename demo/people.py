"""What the CRM knows of people and of what is done for accounts: account 360.

Persons are called 关键人 or 客户 and a number; their numbers begin with 100, which
nobody has. Personal columns are there because real CRMs have them: most never land.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from demo.crm import write_manager_ids
from demo.dates import STARTS, write_days
from demo.dirt import Fault, spoil_rows
from demo.geography import BRANCHES
from demo.lines import NOT_A_MEMBER, VIP_USAGE_FEN
from demo.province import Province
from demo.systems import Made
from demo.traits import AS_OF

PART = 30
TABLES = {
    "crm": {
        "cust_mgr_post": (
            "staff_no text, mgr_cls text, county_nms text, indus_nms text,"
            " dept_no text, post_dt bigint, off_dt bigint, work_yrs bigint, edu text"
        ),
        "grp_key_man": (
            "man_no text, grp_cust_no text, reg_dt bigint, man_nm text, tel text,"
            " dept text, duty text, buy_role text, infl_lvl bigint, att_cd text,"
            " link_way text, leave_dt bigint, sex text, birth_dt bigint, edu text,"
            " hobby text, home_addr text"
        ),
        "grp_sub_org": (
            "sub_no text, grp_cust_no text, reg_dt bigint, sub_nm text, county_nm text,"
            " emp_num bigint, cncl_dt bigint"
        ),
        "grp_buy_flow": (
            "flow_id text, grp_cust_no text, reg_dt bigint, seq_no bigint,"
            " step_nm text, dept text, man_no text, att_cd text, factor_cd text"
        ),
        "rival_prod": (
            "rec_no text, grp_cust_no text, reg_dt bigint, rival_nm text, prod_nm text,"
            " use_num bigint, fee_fen bigint, expire_dt bigint, end_dt bigint"
        ),
        "visit_log": (
            "visit_no bigint, visit_mon bigint, visit_dt bigint, grp_cust_no text,"
            " staff_no text, man_no text, aim_cd text, memo text, next_do text,"
            " next_dt bigint"
        ),
        "work_order": (
            "wo_no text, grp_cust_no text, wo_cls text, title text, staff_no text,"
            " open_dt bigint, limit_dt bigint, done_dt bigint, result_cd text"
        ),
        "cust_plan": (
            "plan_no text, grp_cust_no text, staff_no text, make_dt bigint, goal text,"
            " prod_cd text, limit_dt bigint, help_staff text, visit_dt bigint,"
            " done_dt bigint"
        ),
        "cust_voice": (
            "voice_no bigint, voice_mon bigint, accept_dt bigint, grp_cust_no text,"
            " voice_cls text, topic text, done_dt bigint"
        ),
        "satisfy_survey": (
            "survey_no text, grp_cust_no text, survey_dt bigint, score bigint,"
            " weak_item text, improve text, limit_dt bigint, done_dt bigint"
        ),
        "solution_lib": (
            "sol_no text, sol_nm text, indus_cls text, prods text, need text,"
            " pub_dt bigint, off_dt bigint"
        ),
        "solution_use": (
            "sol_no text, grp_cust_no text, use_dt bigint, result_cd text"
        ),
        "vip_cust": (
            "cust_seq text, region_cd bigint, staff_no text, usr_id bigint,"
            " grp_cust_no text, card_lvl text, key_lvl text, init_lvl text,"
            " cur_lvl text, join_chnl text, pay_way text, grant_dt bigint,"
            " end_dt bigint, msisdn text, open_nm text, user_nm text, vip_no text,"
            " id_no text, sex text, birth_dt bigint, addr text, unit text,"
            " bill_addr text, tel text, imei text, marry text, edu text, hobby text,"
            " salary_fen bigint"
        ),
    }
}
_END = int(AS_OF.astype(int)) - 5
_FAR = 20991231
_DEPARTMENTS = ("办公室", "信息中心", "财务科", "采购科", "业务科")
_POSTS = ("主任", "副主任", "科长", "经办")
_STEPS = (
    ("提出需求", "业务科", "service"),
    ("技术审核", "信息中心", "quality"),
    ("比价", "采购科", "price"),
    ("批准", "办公室", "relationship"),
)
_AIMS = ("care", "sale", "delivery", "complaint", "survey", "renewal")
_MEMOS = (
    "节日关怀,客户满意",
    "介绍移动OA,客户有意向",
    "专线开通,现场验收",
    "处理网络投诉",
    "满意度回访",
    "协议到期前商谈续签",
)
_NEXT = ("电话回访", "提交方案", "现场测试", "报价")
_TASKS = ("专线勘察", "方案编写", "开户资料核对", "协议审批", "V网成员更新", "欠费提醒")
_TOPICS = ("network", "billing", "service", "product", "terminal")
_GOALS = (
    ("移动办公签约", "mobile_oa"),
    ("专线扩容", "internet_leased_line"),
    ("校讯通推广", "adc"),
    ("提升统一付费", None),
)
_RIVALS = (("对手甲", "宽带专线"), ("对手甲", "小灵通"), ("对手乙", "C网集团网"))
_SOLUTIONS = (
    ("短信党报", "公共管理", "mas", "信息发布"),
    ("移动办公", None, "mobile_oa internet_leased_line", "移动审批"),
    ("校讯通", "教育", "adc", "家校沟通"),
    ("专线互联", None, "data_leased_line", "分支机构联网"),
    ("车辆定位", "交通运输", "m2m", "车辆管理"),
    ("视频监控", None, "video_surveillance", "安全生产"),
)
# Kinds of managers by their number in the branch, as the CRM codes them.
_KINDS = ("K", "H", "P", "K", "P", "K", "Y", "F")


@dataclass(frozen=True)
class _Book:
    """The CRM's account records, as far as they are needed here.

    Attributes:
        ids: Their numbers.
        managers: Staff numbers of their managers.
        begins: First day, not before the first month that is kept.
        ends: Last day.
        weight: 0 to 1, larger for larger organisations.
        rng: The module's generator.
    """

    ids: np.ndarray
    managers: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    weight: np.ndarray
    rng: np.random.Generator

    def draw(self, rate: float) -> np.ndarray:
        """Positions of records, each as often as its size and time let expect."""
        months = np.maximum(self.ends - self.begins, 0) / 30.4
        times = self.rng.poisson(rate * (0.4 + 1.2 * self.weight) * months)
        return np.repeat(np.arange(len(self.ids)), times)

    def draw_days(self, at: np.ndarray) -> np.ndarray:
        """A day in the life of each record."""
        span = np.maximum(self.ends[at] - self.begins[at], 1)
        return self.begins[at] + (self.rng.random(len(at)) * span).astype(int)

    def pick(self, values: Sequence[object], count: int) -> np.ndarray:
        """Some of the values, drawn evenly."""
        return np.array(list(values), dtype=object)[
            self.rng.integers(0, len(values), count)
        ]


def make_tables(province: Province, rng: np.random.Generator) -> Made:
    """Make all tables of account 360."""
    book = _open_book(province, rng)
    people = _make_key_persons(book)
    visits, visit_faults = _make_visits(book, people)
    tasks, task_faults = _make_tasks(book)
    voices, voice_faults = _make_voices(book)
    people, person_faults = _spoil_key_persons(people)
    frames = {
        "cust_mgr_post": _make_posts(province),
        "grp_key_man": people,
        "grp_sub_org": _make_branches(book, province),
        "grp_buy_flow": _make_steps(book, people),
        "rival_prod": _make_rival_products(book),
        "visit_log": visits,
        "work_order": tasks,
        "cust_voice": voices,
        "satisfy_survey": _make_surveys(book),
        "solution_lib": _make_solutions(),
        "solution_use": _make_solution_uses(book),
        "vip_cust": _make_individuals(province, book),
        "cust_plan": _make_plans(book, visits),
    }
    tables = {name: _make_table(frame) for name, frame in frames.items()}
    faults = [*person_faults, *visit_faults, *task_faults, *voice_faults]
    return Made({"crm": tables}, faults)


def _make_table(frame: pd.DataFrame) -> pa.Table:
    """Keep texts texts, where a small province fills none of them."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [
        field.with_type(pa.string()) if pa.types.is_null(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _open_book(province: Province, rng: np.random.Generator) -> _Book:
    records = province.records
    first = STARTS[province.billing.months[0]]
    closed = records["closed"].to_numpy()
    size = province.traits["employees"].rank(pct=True).to_numpy()
    return _Book(
        ids=records["account_id"].to_numpy().astype(object),
        managers=write_manager_ids(records).astype(object),
        begins=np.maximum(records["created"].to_numpy(), first),
        ends=np.where(closed < 0, _END, np.minimum(closed, _END)),
        weight=size[records["organisation"].to_numpy()],
        rng=rng,
    )


def _number(prefix: str, count: int) -> np.ndarray:
    """Keys such as P0000001."""
    return np.char.add(prefix, np.char.zfill(np.arange(count).astype(str), 7)).astype(
        object
    )


def _make_posts(province: Province) -> pd.DataFrame:
    """Say what kind of manager each is; one left and was not replaced."""
    records = province.records
    staff = pd.DataFrame(
        {
            "staff_no": write_manager_ids(records),
            "region": records["region_code"],
            "number": records["manager"],
        }
    )
    staff = staff.drop_duplicates("staff_no").sort_values("staff_no")
    number = staff["number"].to_numpy()
    region = staff["region"].to_numpy()
    has_left = (region == BRANCHES[0].region_code) & (number == number.max())
    posted = STARTS[0] - 400 - 37 * (number % 20)
    kind = np.array(_KINDS, dtype=object)[number % len(_KINDS)]
    return pd.DataFrame(
        {
            "staff_no": staff["staff_no"],
            "mgr_cls": kind,
            "county_nms": _share_out(records, "county", region, kind == "P"),
            "indus_nms": _share_out(records, "industry", region, kind == "H"),
            "dept_no": np.char.add("D", region.astype(str)).astype(object),
            "post_dt": write_days(posted),
            "off_dt": write_days(np.where(has_left, STARTS[-2] + 14, -1)),
            "work_yrs": 1 + number % 12,
            "edu": "本科",
        }
    )


def _share_out(
    records: pd.DataFrame, column: str, region: np.ndarray, is_kind: np.ndarray
) -> np.ndarray:
    """Deal the branch's counties or industries out among its managers of a kind."""
    dealt = np.full(len(region), None, dtype=object)
    for code in np.unique(region):
        names = records.loc[records["region_code"] == code, column].dropna()
        takers = np.flatnonzero(is_kind & (region == code))
        for turn, taker in enumerate(takers):
            dealt[taker] = " ".join(sorted(names.unique())[turn :: len(takers)]) or None
    return dealt


def _make_key_persons(book: _Book) -> pd.DataFrame:
    """Name one to three persons of about half the records."""
    known = book.rng.random(len(book.ids)) < 0.35 + 0.4 * book.weight
    at = np.repeat(np.flatnonzero(known), book.rng.choice([1, 2, 3], int(known.sum())))
    count = len(at)
    numbers = np.arange(count)
    return pd.DataFrame(
        {
            "man_no": _number("K", count),
            "grp_cust_no": book.ids[at],
            "reg_dt": write_days(np.maximum(book.begins[at] - 90, 1)),
            "man_nm": np.char.add("关键人", numbers.astype(str)).astype(object),
            "tel": (10_010_000_000 + numbers * 7).astype(str).astype(object),
            "dept": book.pick(_DEPARTMENTS, count),
            "duty": book.pick(_POSTS, count),
            "buy_role": book.pick("12345", count),
            "infl_lvl": book.rng.integers(0, 6, count),
            "att_cd": book.pick("ABBCCCDE", count),
            "link_way": book.pick(("电话", "当面", "短信"), count),
            "leave_dt": np.where(
                book.rng.random(count) < 0.03, write_days(book.draw_days(at)), _FAR
            ),
            "sex": book.pick("12", count),
            "birth_dt": 19700101 + numbers % 28,
            "edu": "本科",
            "hobby": book.pick(("钓鱼", "书法", "爬山"), count),
            "home_addr": "某小区",
        }
    )


def _spoil_key_persons(people: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    dirty = spoil_rows(people, [{"man_no": "K-9", "infl_lvl": 9}])
    fault = Fault("crm.key_persons", "influence out of range", 1)
    return _join(people, dirty), [fault]


def _join(rows: pd.DataFrame, dirty: pd.DataFrame) -> pd.DataFrame:
    joined = pd.concat([rows.astype(object), dirty], ignore_index=True)
    return joined.astype(rows.dtypes)


def _make_branches(book: _Book, province: Province) -> pd.DataFrame:
    """Let one large organisation of five have branches of its own."""
    has = (book.weight > 0.6) & (book.rng.random(len(book.ids)) < 0.5)
    at = np.repeat(np.flatnonzero(has), book.rng.integers(1, 5, int(has.sum())))
    count = len(at)
    county = province.records["county"].to_numpy()[at]
    names = province.records["name"].to_numpy()[at].astype(str)
    return pd.DataFrame(
        {
            "sub_no": _number("S", count),
            "grp_cust_no": book.ids[at],
            "reg_dt": write_days(np.maximum(book.begins[at] - 60, 1)),
            "sub_nm": np.char.add(
                np.char.add(names, "第"),
                np.char.add((np.arange(count) % 4 + 1).astype(str), "分部"),
            ).astype(object),
            "county_nm": county,
            "emp_num": book.rng.integers(3, 60, count),
            "cncl_dt": np.full(count, _FAR),
        }
    )


def _make_steps(book: _Book, people: pd.DataFrame) -> pd.DataFrame:
    """Describe how every third organisation with a known person buys."""
    first = people[~people["grp_cust_no"].duplicated()]
    first = first[book.rng.random(len(first)) < 0.4]
    count = len(first)
    steps = np.tile(np.arange(len(_STEPS)), count)
    owner = first.loc[first.index.repeat(len(_STEPS))].reset_index(drop=True)
    name, department, factor = (
        np.array(column, dtype=object)[steps] for column in zip(*_STEPS, strict=True)
    )
    return pd.DataFrame(
        {
            "flow_id": _number("F", len(owner)),
            "grp_cust_no": owner["grp_cust_no"],
            "reg_dt": owner["reg_dt"],
            "seq_no": steps + 1,
            "step_nm": name,
            "dept": department,
            "man_no": owner["man_no"].where(steps == len(_STEPS) - 1),
            "att_cd": book.pick("ABBCCCDE", len(owner)),
            "factor_cd": factor,
        }
    )


def _make_rival_products(book: _Book) -> pd.DataFrame:
    at = np.flatnonzero(book.rng.random(len(book.ids)) < 0.22)
    count = len(at)
    which = book.rng.integers(0, len(_RIVALS), count)
    known = book.draw_days(at)
    return pd.DataFrame(
        {
            "rec_no": _number("R", count),
            "grp_cust_no": book.ids[at],
            "reg_dt": write_days(known),
            "rival_nm": np.array([rival for rival, _ in _RIVALS], dtype=object)[which],
            "prod_nm": np.array([name for _, name in _RIVALS], dtype=object)[which],
            "use_num": book.rng.integers(1, 60, count),
            "fee_fen": book.rng.integers(50, 4000, count) * 100,
            "expire_dt": write_days(known + book.rng.integers(60, 700, count)),
            "end_dt": np.where(
                book.rng.random(count) < 0.1, write_days(known + 45), _FAR
            ),
        }
    )


def _make_visits(book: _Book, people: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    at = book.draw(0.22)
    count = len(at)
    days = np.minimum(book.draw_days(at), _END)
    aim = book.rng.integers(0, len(_AIMS), count)
    person = people.drop_duplicates("grp_cust_no").set_index("grp_cust_no")["man_no"]
    visits = pd.DataFrame(
        {
            "visit_no": 700_000_000 + np.arange(count),
            "visit_mon": write_days(days) // 100,
            "visit_dt": write_days(days),
            "grp_cust_no": book.ids[at],
            "staff_no": book.managers[at],
            "man_no": person.reindex(book.ids[at]).to_numpy(),
            "aim_cd": np.array(_AIMS, dtype=object)[aim],
            "memo": np.array(_MEMOS, dtype=object)[aim],
            "next_do": book.pick((*_NEXT, None), count),
            "next_dt": write_days(days + book.rng.integers(3, 30, count)),
        }
    )
    visits["next_dt"] = visits["next_dt"].where(visits["next_do"].notna(), _FAR)
    month = int(visits["visit_mon"].max())
    late = visits[visits["visit_mon"] == month]
    dirty = spoil_rows(
        late, [{"visit_no": 799_999_990 + i, "aim_cd": "other"} for i in range(2)]
    )
    return _join(visits, dirty), [Fault("crm.visits", "unknown purpose", 2, month)]


def _make_tasks(book: _Book) -> tuple[pd.DataFrame, list[Fault]]:
    at = book.draw(0.12)
    count = len(at)
    opened = book.draw_days(at)
    done = opened + book.rng.integers(1, 60, count)
    is_open = (done > _END) | (book.rng.random(count) < 0.04)
    tasks = pd.DataFrame(
        {
            "wo_no": _number("W", count),
            "grp_cust_no": book.ids[at],
            "wo_cls": book.pick("TTP", count),
            "title": book.pick(_TASKS, count),
            "staff_no": book.managers[at],
            "open_dt": write_days(opened),
            "limit_dt": write_days(opened + book.rng.integers(5, 45, count)),
            "done_dt": np.where(is_open, _FAR, write_days(done)),
            "result_cd": np.where(is_open, None, book.pick("1112", count)),
        }
    )
    dirty = spoil_rows(tasks, [{"wo_no": "W-9", "title": None}])
    return _join(tasks, dirty), [Fault("crm.tasks", "missing name", 1)]


def _make_plans(book: _Book, visits: pd.DataFrame) -> pd.DataFrame:
    """Plan for some accounts; most of the planned visits take place, some too late."""
    kept = visits[book.rng.random(len(visits)) < 0.08]
    there = pd.to_datetime(kept["visit_dt"].astype(str)).to_numpy("datetime64[D]")
    alone = np.flatnonzero(book.rng.random(len(book.ids)) < 0.08)
    account = np.concatenate([kept["grp_cust_no"], book.ids[alone]])
    count, day = len(account), np.concatenate([there.astype(int), book.ends[alone]])
    made = day - book.rng.integers(10, 40, count)
    done = made + book.rng.integers(60, 400, count)
    goal, product = zip(*_GOALS, strict=True)
    which = book.rng.integers(0, len(_GOALS), count)
    manager = np.concatenate([kept["staff_no"], book.managers[alone]])
    return pd.DataFrame(
        {
            "plan_no": _number("L", count),
            "grp_cust_no": account,
            "staff_no": manager,
            "make_dt": write_days(made),
            "goal": np.array(goal, dtype=object)[which],
            "prod_cd": np.array(product, dtype=object)[which],
            "limit_dt": write_days(made + book.rng.integers(45, 200, count)),
            "help_staff": np.where(which == 0, book.pick(book.managers, count), None),
            "visit_dt": write_days(day + book.rng.integers(-4, 9, count)),
            "done_dt": np.where(done > _END, _FAR, write_days(np.minimum(done, _END))),
        }
    )


def _make_voices(book: _Book) -> tuple[pd.DataFrame, list[Fault]]:
    at = book.draw(0.06)
    count = len(at)
    days = np.minimum(book.draw_days(at), _END)
    done = days + book.rng.integers(0, 20, count)
    voices = pd.DataFrame(
        {
            "voice_no": 800_000_000 + np.arange(count),
            "voice_mon": write_days(days) // 100,
            "accept_dt": write_days(days),
            "grp_cust_no": book.ids[at],
            "voice_cls": book.pick("1222233", count),
            "topic": book.pick(_TOPICS, count),
            "done_dt": np.where(done > _END, _FAR, write_days(done)),
        }
    )
    month = int(voices["voice_mon"].max())
    late = voices[voices["voice_mon"] == month]
    dirty = spoil_rows(late, [{"voice_no": 899_999_990, "voice_cls": "9"}])
    return _join(voices, dirty), [Fault("crm.feedback", "unknown kind", 1, month)]


def _make_surveys(book: _Book) -> pd.DataFrame:
    at = book.draw(0.025)
    count = len(at)
    days = book.draw_days(at)
    points = np.clip(book.rng.normal(78, 14, count).round(), 0, 100).astype(int)
    is_low = points < 70
    done = days + book.rng.integers(10, 90, count)
    return pd.DataFrame(
        {
            "survey_no": _number("Q", count),
            "grp_cust_no": book.ids[at],
            "survey_dt": write_days(days),
            "score": points,
            "weak_item": book.pick(_TOPICS, count),
            "improve": np.where(is_low, "专人跟进改进", None),
            "limit_dt": np.where(is_low, write_days(days + 30), _FAR),
            "done_dt": np.where(is_low & (done <= _END), write_days(done), _FAR),
        }
    )


def _make_solutions() -> pd.DataFrame:
    count = len(_SOLUTIONS)
    name, industry, products, need = zip(*_SOLUTIONS, strict=True)
    return pd.DataFrame(
        {
            "sol_no": _number("J", count),
            "sol_nm": name,
            "indus_cls": industry,
            "prods": products,
            "need": need,
            "pub_dt": write_days(STARTS[0] - 200 + 40 * np.arange(count)),
            "off_dt": np.full(count, _FAR),
        }
    )


def _make_solution_uses(book: _Book) -> pd.DataFrame:
    at = np.flatnonzero(book.rng.random(len(book.ids)) < 0.08)
    return pd.DataFrame(
        {
            "sol_no": book.pick(list(_number("J", len(_SOLUTIONS))), len(at)),
            "grp_cust_no": book.ids[at],
            "use_dt": write_days(book.draw_days(at)),
            "result_cd": book.pick("123", len(at)),
        }
    )


def _make_individuals(province: Province, book: _Book) -> pd.DataFrame:
    """Give a card to the lines that use most: members of groups, and of none."""
    lines = province.billing.lines
    record, usage = lines["record"].to_numpy(), lines["usage_fen"].to_numpy()
    least = np.where(
        record == NOT_A_MEMBER,
        VIP_USAGE_FEN,
        np.quantile(usage[record >= 0], 0.985) if (record >= 0).any() else 0,
    )
    is_vip = (usage >= least) & (record >= NOT_A_MEMBER)
    at = np.flatnonzero(is_vip & (lines["closed"].to_numpy() < 0))
    count = len(at)
    record = record[at]
    is_member = record >= 0
    region = lines["line_id"].to_numpy()[at] // 100_000_000
    numbers = np.arange(count)
    card = book.pick(("1", "2", "2", "3", "3", "3"), count)
    granted = np.maximum(lines["opened"].to_numpy()[at] + 30, STARTS[0] - 300)
    staff = np.char.add(np.char.add("M", region.astype(str)), "0000").astype(object)
    plain = pd.DataFrame(
        {
            "cust_seq": _number("V", count),
            "region_cd": region,
            "staff_no": np.where(numbers % 17 == 0, None, staff),
            "usr_id": lines["line_id"].to_numpy()[at],
            "grp_cust_no": np.where(
                is_member, book.ids[np.where(is_member, record, 0)], None
            ),
            "card_lvl": card,
            "key_lvl": card,
            "init_lvl": book.pick(("C1", "C2", "C2", "C3", "C3", "C3"), count),
            "cur_lvl": _grade_usage(usage[at]),
            "join_chnl": book.pick(("营业厅", "客户经理", "代理点"), count),
            "pay_way": book.pick(("托收", "现金", "充值"), count),
            "grant_dt": write_days(np.minimum(granted, _END)),
            "end_dt": np.full(count, _FAR),
        }
    )
    return pd.concat([plain, _make_private(numbers)], axis=1)


def _grade_usage(usage: np.ndarray) -> np.ndarray:
    """Grade by use: C1 the three tenths that use most, C3 the four that use least."""
    share = pd.Series(usage).rank(pct=True).to_numpy()
    return np.array(["C3", "C2", "C1"], dtype=object)[np.digitize(share, [0.4, 0.7])]


def _make_private(numbers: np.ndarray) -> pd.DataFrame:
    """What a CRM keeps of a person and no rule asks for."""
    name = np.char.add("客户", numbers.astype(str)).astype(object)
    phone = (10_020_000_000 + numbers * 7).astype(str).astype(object)
    return pd.DataFrame(
        {
            "msisdn": phone,
            "open_nm": name,
            "user_nm": name,
            "vip_no": _number("VIP", len(numbers)),
            "id_no": np.char.add("000000", phone.astype(str)).astype(object),
            "sex": "1",
            "birth_dt": 19800101 + numbers % 28,
            "addr": "某小区",
            "unit": "某单位",
            "bill_addr": "某小区",
            "tel": phone,
            "imei": phone,
            "marry": "0",
            "edu": "本科",
            "hobby": "钓鱼",
            "salary_fen": 500_000 + numbers % 100,
        }
    )
