-- A latch is held if its last entry is later than its last exit. An exit is a month in
-- which the account has been beyond the exit bound for long enough. A month in which
-- the account is not ranked, or the band has no rule, ends the chain and the latch.
with

judged as (

    select * from {{ ref('int_scoring__latches_judged') }}

),

carried as (

    select * from {{ ref('int_scoring__latches_carried') }}

),

numbered as (

    select
        judged.scorecard_id,
        judged.month,
        judged.group_account_id,
        judged.tier_band,
        judged.last_tier_order,
        judged.exit_months,
        judged.exit_rank,
        judged.exit_points,
        judged.is_entry,
        judged.is_outside,
        carried.months_outside as carried_months_outside,
        {{ month_number('judged.month') }} as month_number,
        -- Equal along months that follow each other.
        {{ month_number('judged.month') }} - row_number() over (
            partition by
                judged.scorecard_id, judged.group_account_id, judged.tier_band
            order by judged.month
        ) as chain_number

    from judged

    left join carried
        on
            judged.scorecard_id = carried.scorecard_id
            and judged.month = carried.month
            and judged.group_account_id = carried.group_account_id
            and judged.tier_band = carried.tier_band

),

-- The month before a chain counts as its entry if a latch comes from there.
dated as (

    select
        scorecard_id,
        month,
        group_account_id,
        tier_band,
        last_tier_order,
        exit_months,
        exit_rank,
        exit_points,
        chain_number,
        month_number,
        max(
            case
                when is_entry then month_number
                when carried_months_outside is not null then month_number - 1
            end
        ) over so_far as last_entry,
        -- The last month inside; before the chain's first one by what came from there.
        coalesce(
            max(case when not is_outside then month_number end) over so_far,
            min(month_number) over so_far - 1
            - coalesce(max(carried_months_outside) over so_far, 0)
        ) as last_inside

    from numbered

    window so_far as (
        partition by scorecard_id, group_account_id, tier_band, chain_number
        order by month_number
    )

),

decided as (

    select
        scorecard_id,
        month,
        group_account_id,
        tier_band,
        last_tier_order,
        exit_months,
        exit_rank,
        exit_points,
        last_entry,
        month_number - last_inside as months_outside,
        max(
            case when month_number - last_inside >= exit_months then month_number end
        ) over so_far as last_exit

    from dated

    window so_far as (
        partition by scorecard_id, group_account_id, tier_band, chain_number
        order by month_number
    )

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        tier_band,
        last_tier_order,
        months_outside::integer as months_outside,
        exit_months,
        exit_rank,
        exit_points

    from decided

    where last_entry > coalesce(last_exit, 0)

)

select * from final
