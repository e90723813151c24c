"""The evidence pack of an account as a page."""

from __future__ import annotations

import json
from typing import Any

from jinta.evidence.charts import draw_bars, draw_lines, draw_steps
from jinta.evidence.html import (
    EMPTY,
    Html,
    element,
    facts,
    join,
    section,
    show,
    show_month,
    show_points,
    show_rank,
    table,
)
from jinta.evidence.rebuild import build_rebuild_parts, describe_rebuild

_BASES = {
    "steward": "a steward's decision (人工)",
    "hard_key": "a shared registration number (硬标识)",
    "exact_name": "the same name (同名)",
    "score": "likeness (相似度)",
    "single": "alone (单一档案)",
}

_REGROUPED = (
    "Its records were joined or parted in between: what of identity is facts, "
    "`jinta explain --since` tells."
)
_TIER_KINDS = {
    "raw_tier": "by the rule (规则)",
    "suggested_tier": "suggested (建议)",
    "effective_tier": "in effect (生效)",
}
_CHANGE_KINDS = {
    "facts_points": "facts (数据)",
    "missingness_points": "missingness (缺失)",
    "rules_points": "rules (规则)",
    "identity_points": "identity (身份)",
}


def build_account_parts(pack: dict[str, Any]) -> list[Html]:
    """Make the sections of an account's pack, the result first."""
    return [
        *_build_head(pack),
        section("Score (得分)", *_build_score(pack)),
        section("Indicators (指标)", _build_points(pack)),
        section("Tier path (等级轨迹)", *_build_path(pack)),
        section("Change to the month before (变动分解)", *_build_changes(pack)),
        section("Identity (身份)", *_build_identity(pack)),
        section("Leads (线索)", *_build_leads(pack)),
        section("Overrides (人工调整)", _build_overrides(pack)),
        section("Rule version (规则版本)", *build_version_facts(pack["version"])),
        section("What readers saw (发布)", _build_shown(pack)),
        section("Source rows (来源数据)", *_build_sources(pack)),
        section(
            "Rebuilt from raw (重算验证)",
            *build_rebuild_parts(pack["rebuild"], pack["publication"]),
        ),
    ]


def describe_masking(is_personal: bool) -> str:
    """Say whether the page names people."""
    if is_personal:
        return "Names of people are shown (role auditor): keep this page accordingly."
    return (
        "Staff, contacts and sole traders appear as pseudonyms, the same for the same "
        "name in this warehouse (个人信息已脱敏)."
    )


def build_version_facts(rows: list[dict[str, Any]]) -> list[Html]:
    """Make the facts of a rule version: validity, who approved it, when published."""
    if not rows:
        return [element("p", "No version scored it.", class_="soft")]
    row = rows[0]
    return [
        facts(
            [
                (
                    "Scorecard (评分卡)",
                    (
                        f"{row['scorecard_id']} {row['scorecard_version']}: "
                        f"{row['scorecard_name']} ({row['scorecard_name_zh']})"
                    ),
                ),
                (
                    "In force (有效期)",
                    f"{show_month(row['valid_from'])} to {show_month(row['valid_to'])}",
                ),
                ("Recorded (登记)", row["recorded_date"]),
                ("Approved by (审批人)", row["approver"]),
                ("Note (备注)", row["note"]),
                (
                    "Ranked (排名)",
                    (
                        f"{row['population']} by {row['partition_by']}; order "
                        f"{row['rank_order']}; ties {row['ties']}; cut by "
                        f"{row['cut_off_basis']}, rounding {row['rounding']}"
                    ),
                ),
                ("Least completeness, %", row["min_completeness_pct"]),
                ("First published", row["first_published_at"]),
                ("By publication", row["first_publication_id"]),
                ("Hash of its rows", element("code", row["content_hash"] or EMPTY)),
            ]
        )
    ]


def _build_head(pack: dict[str, Any]) -> list[Html]:
    account, found = pack["account"], pack["publication"]
    verdict = "This account has no score in this month."
    if pack["score"]:
        score = pack["score"][0]
        verdict = (
            f"Tier {score['effective_tier']}, {show_points(score['total_points'])} "
            f"points, {show_rank(score)} in {score['partition_id'] or EMPTY}. "
            f"{describe_rebuild(pack['rebuild'])}"
        )
    manager = " ".join(filter(None, (account["manager_id"], account["manager_name"])))
    return [
        element("h1", f"{account['account_name']} · {show_month(found['month'])}"),
        element("p", "Evidence pack (证据包)", class_="soft"),
        element("p", verdict, class_="verdict"),
        element("p", describe_masking(pack["is_personal"]), class_="soft"),
        facts(
            [
                (
                    "Account (集团客户)",
                    element("code", account["group_account_id"]),
                ),
                ("Branch, county (分公司)", _pair(account, "branch_id", "county_name")),
                (
                    "Class, industry (分类)",
                    _pair(account, "initial_class", "industry"),
                ),
                ("Ownership (所有制)", account["ownership"]),
                ("Credit code (信用代码)", account["credit_code"]),
                ("Manager (客户经理)", manager),
                ("Signed (签约)", account["signed_date"]),
                ("Former grade (原等级)", account["former_grade"]),
                ("Open (在网)", account["is_active"]),
            ]
        ),
    ]


def _pair(row: dict[str, Any], first: str, second: str) -> str:
    return f"{show(row[first])}, {show(row[second])}"


def _build_score(pack: dict[str, Any]) -> list[Html]:
    if not pack["score"]:
        return [element("p", "None.", class_="soft")]
    score = pack["score"][0]
    dimensions = {row["dimension"]: row["dimension_name"] for row in pack["points"]}
    points = " + ".join(
        f"{name} {show_points(score[f'{dimension}_points'])}"
        for dimension, name in dimensions.items()
    )
    provisional = ", provisional (暂定)" if score["is_provisional"] else ""
    cut_offs = [
        [
            row["tier"],
            # Where scores decide, a tier has no ranks of its own.
            show(None)
            if row["rank_from"] is None
            else f"{show(row['rank_from'])}–{show(row['rank_to'])}",
            show_points(row["points_needed"]),
        ]
        for row in pack["cut_offs"]
    ]
    return [
        facts(
            [
                ("Points (得分)", f"{points} = {show_points(score['total_points'])}"),
                ("Version (版本)", score["scorecard_version"]),
                ("Tier (等级)", _describe_tiers(score)),
                ("Rank (排名)", f"{show_rank(score)} in {show(score['partition_id'])}"),
                (
                    "Completeness (完整度)",
                    f"{score['completeness_pct']:.1f} %{provisional}",
                ),
                ("Revenue of the month (当月收入)", score["total_amount"]),
                ("Revenue of three months (近三月收入)", score["total_amount_3m"]),
            ]
        ),
        element("h3", "Cut-offs (分级线)"),
        table(["tier", "ranks", "points of the last in it"], cut_offs),
    ]


def _describe_tiers(score: dict[str, Any]) -> str:
    """The tier by the rule, as suggested, and by whose override it is another."""
    tiers = f"{score['raw_tier']} by the rule, {score['suggested_tier']} suggested"
    if score["override_id"] is None:
        return tiers
    return (
        f"{tiers}, {score['effective_tier']} by override {score['override_id']} of "
        f"{score['override_approver']} until {score['override_valid_to']}: "
        f"{score['override_reason']}"
    )


def _build_points(pack: dict[str, Any]) -> Html:
    rows = [
        [
            row["dimension_name"],
            f"{row['indicator_name']} ({row['indicator_name_zh']})",
            _show_value(row),
            row["unit"],
            "" if row["band"] is None else f"{row['band']}: {row['band_meaning']}",
            _show_bounds(row),
            show_points(row["points"]),
            show_points(row["max_points"]),
            row["absence_meaning"] if row["is_missing"] else row["source_tables"],
        ]
        for row in pack["points"]
    ]
    bars = [
        (row["indicator_name_zh"], [row["points"] / 100, row["max_points"] / 100])
        for row in pack["points"]
    ]
    headings = [
        *("part (维度)", "indicator (指标)", "value (值)", "unit", "band (分段)"),
        *("from, to", "points (得分)", "of", "comes from, or why missing"),
    ]
    if not rows:
        return table(headings, rows)
    return join(
        [
            draw_bars(
                "Points of each indicator, and its most (得分与满分)",
                bars,
                ["points (得分)", "most (满分)"],
            ),
            table(headings, rows),
        ]
    )


def _show_value(row: dict[str, Any]) -> str:
    if row["is_missing"]:
        return "missing (缺失)"
    value = row["indicator_value"]
    return "none" if value is None else show(value)


def _show_bounds(row: dict[str, Any]) -> str:
    if row["band"] is None:
        return ""
    low = "-∞" if row["band_from"] is None else show(row["band_from"])
    high = "∞" if row["band_to"] is None else show(row["band_to"])
    return f"[{low}, {high})"


def _build_path(pack: dict[str, Any]) -> list[Html]:
    path = pack["path"]
    if not path:
        return [element("p", "None.", class_="soft")]
    labels = [show_month(row["month"]) for row in path]
    tiers = sorted(
        {row["tier"] for row in pack["cut_offs"]}
        | {row[kind] for row in path for kind in _TIER_KINDS}
    )
    return [
        draw_steps(
            "Tier by month (各月等级)",
            labels,
            tiers,
            [(name, [row[kind] for row in path]) for kind, name in _TIER_KINDS.items()],
        ),
        draw_lines(
            "Score by month (各月得分)",
            labels,
            [("score (得分)", [row["total_points"] / 100 for row in path])],
        ),
        draw_lines(
            "Revenue by month (各月收入)",
            labels,
            [("revenue (收入)", [_to_float(row["total_amount"]) for row in path])],
        ),
        _list_path(pack),
    ]


def _list_path(pack: dict[str, Any]) -> Html:
    rows = [
        [
            show_month(row["month"]),
            row["scorecard_version"],
            show_points(row["total_points"]),
            row["value_rank"],
            row["population"],
            *(row[kind] for kind in _TIER_KINDS),
            row["total_amount"],
            _show_other_id(row, pack),
        ]
        for row in pack["path"]
    ]
    headings = [
        *("month", "version", "points", "rank", "of", "by the rule"),
        *("suggested", "in effect", "revenue", "under another id"),
    ]
    return table(headings, rows)


def _show_other_id(row: dict[str, Any], pack: dict[str, Any]) -> str:
    own = pack["account"]["group_account_id"]
    return "" if row["group_account_id"] == own else row["group_account_id"]


def _to_float(value: Any) -> float | None:
    return None if value is None else float(value)


def _build_changes(pack: dict[str, Any]) -> list[Html]:
    if not pack["changes"]:
        return [
            element("p", "The month before is not published, or it has no score there.")
        ]
    row = pack["changes"][0]
    parts = " + ".join(
        f"{name} {show_points(row[kind])}" for kind, name in _CHANGE_KINDS.items()
    )
    text = (
        f"{show_month(row['old_month'])}: {show_points(row['old_total_points'])}, now "
        f"{show_points(row['new_total_points'])}; changed by "
        f"{show_points(row['changed_points'])} = {parts}."
    )
    rows = [
        [
            f"{each['indicator_name']} ({each['indicator_name_zh']})",
            each["old_value"],
            each["new_value"],
            show_points(each["old_points"]),
            show_points(each["new_points"]),
            *(show_points(each[kind]) for kind in _CHANGE_KINDS),
        ]
        for each in pack["point_changes"]
    ]
    headings = [
        *("indicator", "value before", "value", "points before", "points"),
        *_CHANGE_KINDS.values(),
    ]
    return [
        element("p", text if row["is_exact"] else f"{text} {_REGROUPED}"),
        table(headings, rows, empty="No indicator's points changed."),
    ]


def _build_identity(pack: dict[str, Any]) -> list[Html]:
    return [
        _list_records(pack),
        element("h3", "Pairs compared (比对证据)"),
        _list_pairs(pack),
        element("h3", "Stewards' decisions (人工决定)"),
        _list_decisions(pack),
        element("h3", "Contacts (联系人)"),
        table(
            ["record", "role", "name", "phone"],
            [
                [
                    row["account_id"],
                    row["contact_role"],
                    row["contact_name"],
                    row["contact_phone"],
                ]
                for row in pack["contacts"]
            ],
        ),
    ]


def _list_records(pack: dict[str, Any]) -> Html:
    rows = [
        [
            row["account_id_crm"],
            row["system_name"],
            row["account_name_crm"],
            row["is_active"],
            "the first landed (首建)"
            if row["is_senior"]
            else _BASES.get(row["match_basis"], row["match_basis"]),
        ]
        for row in pack["records"]
    ]
    headings = ["record (档案)", "system", "name (名称)", "open", "why here (合并依据)"]
    return table(headings, rows)


def _list_pairs(pack: dict[str, Any]) -> Html:
    rows = [
        [
            f"{row['account_id_crm_left']}, {row['account_id_crm_right']}",
            row["verdict"],
            _BASES.get(row["match_basis"], row["match_basis"]),
            row["score"],
            element("code", _dump(row["evidence"])),
        ]
        for row in pack["pairs"]
    ]
    return table(["records", "verdict", "by", "score", "evidence"], rows)


def _list_decisions(pack: dict[str, Any]) -> Html:
    rows = [
        [
            row["decision_id"],
            row["decision_kind"],
            f"{row['account_id_left']}, {row['account_id_right']}",
            row["decided_by"],
            row["reason"],
            row["decided_at"],
            row["is_known"],
        ]
        for row in pack["decisions"]
    ]
    headings = ["no.", "kind", "records", "by", "reason", "at", "known then"]
    return table(headings, rows)


def _build_leads(pack: dict[str, Any]) -> list[Html]:
    parts = [part for lead in pack["leads"] for part in _build_lead(lead)]
    rows = [
        [
            row["lead_rule_id"],
            row["account_id"],
            row["lead_status"],
            row["outcome"],
            row["updated_by"],
            row["updated_at"],
            row["is_known"],
        ]
        for row in pack["lead_updates"]
    ]
    headings = ["lead", "record", "status", "outcome", "by", "at", "known then"]
    return [
        *(parts or [element("p", "None in this month.", class_="soft")]),
        table(headings, rows, empty="No status was recorded."),
    ]


def _build_lead(lead: dict[str, Any]) -> list[Html]:
    name = f"{lead['lead_rule_id']} {lead['lead_name']} ({lead['lead_name_zh']})"
    rows = [
        [
            each.get("name", each["metric"]),
            show(each["value"]),
            f"{each['comparison'].replace('_', ' ')} {each['threshold']}",
            each["is_met"],
        ]
        for each in lead["evidence"]
    ]
    return [
        element("h3", f"{name}, {lead['priority']}, {lead['lead_status']}"),
        element("p", lead["lead_action"]),
        table(["condition", "found", "asked for", "met"], rows),
    ]


def _build_overrides(pack: dict[str, Any]) -> Html:
    return table(
        [
            "no.",
            "record",
            "tier",
            "from",
            "to",
            "approved by",
            "reason",
            "at",
            "known then",
        ],
        [
            [
                row["override_id"],
                row["account_id"],
                row["tier"] or "ended",
                row["valid_from"],
                row["valid_to"],
                row["approver"],
                row["reason"],
                row["recorded_at"],
                row["is_known"],
            ]
            for row in pack["overrides"]
        ],
    )


def _build_shown(pack: dict[str, Any]) -> Html:
    return table(
        [
            "publication",
            "from",
            "until",
            "points",
            "rank",
            "by the rule",
            "in effect",
            "hash of the month's scores",
        ],
        [
            [
                row["publication_id"],
                row["shown_from"],
                row["shown_until"] or "now",
                show_points(row["total_points"]) if row["is_kept"] else "not kept",
                row["value_rank"],
                row["raw_tier"],
                row["effective_tier"],
                element("code", row["content_hash"]),
            ]
            for row in pack["shown"]
        ],
    )


def _build_sources(pack: dict[str, Any]) -> list[Html]:
    parts = [
        table(
            ["table", "system", "file", "rows", "landed from", "to"],
            [
                [
                    row["table_name"],
                    row["system_name"],
                    row["file_name"] or "database",
                    row["row_count"],
                    row["landed_from"],
                    row["landed_to"],
                ]
                for row in pack["sources"]
            ],
        )
    ]
    if pack["score"]:
        score = pack["score"][0]
        parts.append(
            element(
                "p",
                "Behind the three months: "
                f"{show(score['unified_payment_rows'])} unified-payment bills, "
                f"{show(score['member_bill_rows'])} member bill items, "
                f"{show(score['informatization_rows'])} informatization bills; "
                f"{show(score['leased_lines'])} leased lines and "
                f"{show(score['member_lines'])} member lines.",
            )
        )
    return parts


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
