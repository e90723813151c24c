with

pairs as (

    select * from {{ ref('int_accounts__pairs_judged') }}

),

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

final as (

    select
        pairs.source_record_id_left,
        pairs.source_record_id_right,
        left_records.account_id as account_id_crm_left,
        right_records.account_id as account_id_crm_right,
        left_records.account_name as account_name_left,
        right_records.account_name as account_name_right,
        left_records.branch_id,
        pairs.score,
        pairs.verdict,
        pairs.match_basis,
        pairs.is_component_conflict,
        pairs.evidence

    from pairs

    inner join records as left_records
        on pairs.source_record_id_left = left_records.source_record_id

    inner join records as right_records
        on pairs.source_record_id_right = right_records.source_record_id

    where pairs.verdict = 'review' and not pairs.is_same_account

)

select * from final
