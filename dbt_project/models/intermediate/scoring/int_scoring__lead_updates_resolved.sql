-- A lead is one case per rule and account: its last update holds in every month.
with

updates as (

    select * from {{ ref('stg_jinta__lead_updates') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

ordered_updates as (

    select
        updates.lead_rule_id,
        records.group_account_id,
        updates.lead_status,
        updates.outcome,
        updates.updated_at,
        -- Ids ascend in the order of recording and end a tie of the clock.
        row_number() over (
            partition by updates.lead_rule_id, records.group_account_id
            order by updates.updated_at desc, updates.update_id desc
        ) as row_number

    from updates

    inner join records
        on
            updates.account_id = records.account_id
            and records.is_only_system

),

final as (

    select
        lead_rule_id,
        group_account_id,
        lead_status,
        outcome,
        updated_at

    from ordered_updates

    where row_number = 1

)

select * from final
