"""What a successor must see first, in sentences.

Which matters press, and which presses more, is worked out in the mart
`fct_pressing_matters` by rule rows; here its rows are told.
"""

from __future__ import annotations

from typing import Any

# Why a matter presses, by its kind; what is in braces is a column of the mart.
REASONS = {
    "complaint": "complaint of {noted_date} is open (投诉未办结)",
    "attitude": "attitude is negative (决策人态度不佳)",
    "task": "overdue (逾期)",
    "survey": "promised after a survey with {satisfaction_points} (改进)",
    "agreement": "agreement ends (协议到期)",
    "visit": "not for {days_since_visit} days (久未拜访)",
    "promise": "promised at the visit of {noted_date} (拜访承诺)",
    "competitor": "its contract ends (竞争对手合同到期)",
    "arrears": "{amount:,.2f} overdue beyond what is in credit (欠款，已扣预收)",
}
_NEVER_VISITED = "no visit on record (久未拜访)"


def list_urgent(pack: dict[str, Any]) -> list[dict[str, Any]]:
    """What a successor must see first, the most pressing first.

    Args:
        pack: With `pressing`, rows of `fct_pressing_matters` in their order.

    Returns:
        Rows with `place`, `group_account_id`, `account_ids_crm` (the CRM's numbers),
        `account_name`, `what`, `why`, `by` (a date or None), `kind`, `matter_id`,
        `is_own_account`, `amount` (or None) and `weight`.
    """
    return [
        {
            "place": row["place"],
            "group_account_id": row["group_account_id"],
            "account_ids_crm": row["account_ids_crm"],
            "account_name": row["account_name"],
            "what": row["what_to_do"],
            "why": _explain(row),
            "by": row["due_date"],
            "kind": row["matter_kind"],
            "matter_id": row["matter_id"],
            "is_own_account": row["is_own_account"],
            "amount": row["amount"],
            "weight": row["weight"],
        }
        for row in pack["pressing"]
    ]


def _explain(row: dict[str, Any]) -> str:
    if row["matter_kind"] == "visit" and row["days_since_visit"] is None:
        return _NEVER_VISITED
    return REASONS[row["matter_kind"]].format(**row)
