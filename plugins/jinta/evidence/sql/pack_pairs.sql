-- The pairs of the account's records that were compared, with the evidence of each.
select
    left_records.account_id_crm as account_id_crm_left,
    right_records.account_id_crm as account_id_crm_right,
    pairs.verdict,
    pairs.match_basis,
    pairs.score,
    pairs.evidence

from {pairs} as pairs

inner join marts.bridge_account_records as left_records
    on
        pairs.source_record_id_left = left_records.source_record_id
        and left_records.month = %(month)s
        and left_records.group_account_id = %(account)s

inner join marts.bridge_account_records as right_records
    on
        pairs.source_record_id_right = right_records.source_record_id
        and right_records.month = %(month)s
        and right_records.group_account_id = %(account)s

order by
    left_records.account_id_crm asc,
    right_records.account_id_crm asc
