-- One row per pair of source records on which a steward's decision is in force.
with

decisions as (

    select * from {{ ref('stg_jinta__steward_decisions') }}

),

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

-- A key listed in two systems names no one record; `jinta decide` refuses it.
records_named as (

    select
        records.source_record_id,
        records.account_id

    from records

    where records.is_only_system

),

-- The latest decision on a pair replaces the earlier ones; numbers ascend in time.
decisions_ranked as (

    select
        decisions.decision_id,
        decisions.decision_kind,
        decisions.account_id_left,
        decisions.account_id_right,
        row_number() over (
            partition by decisions.account_id_left, decisions.account_id_right
            order by decisions.decision_id desc
        ) as decision_rank

    from decisions

),

final as (

    select
        decisions_ranked.decision_id,
        decisions_ranked.decision_kind,
        least(left_records.source_record_id, right_records.source_record_id)
            as source_record_id_left,
        greatest(left_records.source_record_id, right_records.source_record_id)
            as source_record_id_right

    from decisions_ranked

    inner join records_named as left_records
        on decisions_ranked.account_id_left = left_records.account_id

    inner join records_named as right_records
        on decisions_ranked.account_id_right = right_records.account_id

    where
        decisions_ranked.decision_rank = 1
        and decisions_ranked.decision_kind <> 'undo'

)

select * from final
