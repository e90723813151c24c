-- An override names a source record, so that it outlives merges and splits. Of several
-- for one account and month the latest recorded holds; one without a tier ends them.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

overrides as (

    select * from {{ ref('stg_jinta__tier_overrides') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

candidates as (

    select
        overrides.scorecard_id,
        months.month,
        records.group_account_id,
        overrides.override_id,
        overrides.tier,
        overrides.reason,
        overrides.approver,
        overrides.valid_to,
        -- Ids ascend in the order of recording and end a tie of the clock.
        row_number() over (
            partition by overrides.scorecard_id, months.month, records.group_account_id
            order by overrides.recorded_at desc, overrides.override_id desc
        ) as row_number

    from overrides

    inner join months
        on
            overrides.valid_from <= months.month_end_date
            and overrides.valid_to >= months.month

    inner join records
        on
            overrides.account_id = records.account_id
            and records.is_only_system

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        override_id,
        tier,
        reason,
        approver,
        valid_to

    from candidates

    where row_number = 1 and tier is not null

)

select * from final
