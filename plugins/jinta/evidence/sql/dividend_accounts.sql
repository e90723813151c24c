-- One row per ranked account of several records. It was wrongly in the lowest tier when
-- each of its ranked records is there alone, and it is not. A place above the lowest
-- tier is freed when the account's records held more than one; the best is its own.
create temporary table dividend_accounts as
with

places as (

    select
        *,
        row_number() over (
            partition by group_account_id
            order by
                single_is_ranked desc nulls last,
                single_order asc nulls last,
                single_points desc nulls last,
                source_record_id asc
        ) as place

    from dividend_records

    where is_ranked

),

counted as (

    select
        group_account_id,
        min(account_name) as account_name,
        min(branch_id) as branch_id,
        min(tier) as tier,
        min(tier_band) as tier_band,
        min(band_order) as band_order,
        min(total_points) as total_points,
        min(amount) as amount,
        count(*) as records,
        count(*) filter (where single_is_ranked) as ranked_records,
        min(single_order) filter (where single_is_ranked) as best_single_order,
        bool_and(single_is_lowest) filter (where single_is_ranked)
            as is_each_lowest,
        sum(single_amount) as single_amount

    from places

    group by group_account_id

    having count(*) > 1

),

bands_freed as (

    select
        group_account_id,
        single_band,
        count(*) as places

    from places

    where single_is_ranked and not single_is_lowest and place > 1

    group by group_account_id, single_band

),

freed as (

    select
        group_account_id,
        jsonb_object_agg(single_band, places) as freed_places

    from bands_freed

    group by group_account_id

),

listed as (

    select
        group_account_id,
        jsonb_agg(
            jsonb_build_object(
                'account_id_crm', account_id_crm,
                'account_name_crm', account_name_crm,
                'match_basis', case when is_senior then 'senior' else match_basis end,
                'tier',
                case when single_is_ranked then single_tier else 'not ranked' end,
                'total_points', single_points,
                'amount', single_amount
            )
            order by place
        ) as singles

    from places

    group by group_account_id

)

select
    counted.group_account_id,
    counted.account_name,
    counted.branch_id,
    counted.tier,
    counted.tier_band,
    counted.total_points,
    counted.amount,
    counted.records,
    counted.ranked_records,
    coalesce(
        counted.is_each_lowest and counted.band_order < counted.best_single_order, false
    ) as is_rescued,
    coalesce(counted.band_order < counted.best_single_order, false) as is_raised,
    coalesce(counted.band_order > counted.best_single_order, false) as is_lowered,
    coalesce(freed.freed_places, '{{}}'::jsonb) as freed_places,
    listed.singles

from counted

inner join listed
    on counted.group_account_id = listed.group_account_id

left join freed
    on counted.group_account_id = freed.group_account_id
