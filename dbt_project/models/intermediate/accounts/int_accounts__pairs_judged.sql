-- One row per compared pair of source records with what became of it.
with

pairs_scored as (

    select * from {{ ref('int_accounts__pairs_scored') }}

),

clustered as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

final as (

    select
        pairs_scored.source_record_id_left,
        pairs_scored.source_record_id_right,
        pairs_scored.score,
        -- Evidence that a contradiction elsewhere in the component overrules waits
        -- for a steward, like evidence that was too weak.
        case
            when
                pairs_scored.verdict = 'auto_merge'
                and left_records.group_account_id <> right_records.group_account_id
                then 'review'
            else pairs_scored.verdict
        end as verdict,
        pairs_scored.match_basis,
        pairs_scored.verdict = 'auto_merge'
        and left_records.group_account_id <> right_records.group_account_id
            as is_component_conflict,
        left_records.group_account_id = right_records.group_account_id
            as is_same_account,
        pairs_scored.evidence

    from pairs_scored

    inner join clustered as left_records
        on pairs_scored.source_record_id_left = left_records.source_record_id

    inner join clustered as right_records
        on pairs_scored.source_record_id_right = right_records.source_record_id

)

select * from final
