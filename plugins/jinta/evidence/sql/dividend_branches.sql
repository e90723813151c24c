-- One row per branch, and one for all: what joining records changed there.
with

records as (

    select
        branch_id,
        count(*) as records,
        count(distinct group_account_id) as accounts,
        sum(single_amount) as single_amount

    from dividend_records

    where is_ranked

    group by grouping sets ((branch_id), ())

),

held as (

    select
        branch_id,
        group_account_id,
        freed.tier_band,
        freed.places::integer as places

    from dividend_accounts

    cross join lateral jsonb_each_text(freed_places) as freed (tier_band, places)

),

freed as (

    select
        branch_id,
        tier_band,
        sum(places)::integer as places

    from held

    group by grouping sets ((branch_id, tier_band), (tier_band))

),

effects as (

    select
        branch_id,
        count(*) as joined_accounts,
        count(*) filter (where is_rescued) as rescued_accounts,
        coalesce(sum(amount) filter (where is_rescued), 0) as rescued_amount,
        count(*) filter (where is_raised) as raised_accounts,
        count(*) filter (where freed_places <> '{{}}') as accounts_with_freed_places,
        coalesce(sum(amount) filter (where freed_places <> '{{}}'), 0)
            as amount_with_freed_places

    from dividend_accounts

    group by grouping sets ((branch_id), ())

)

select
    records.branch_id,
    records.records,
    records.accounts,
    records.records - records.accounts as duplicates,
    coalesce(effects.joined_accounts, 0) as joined_accounts,
    coalesce(effects.rescued_accounts, 0) as rescued_accounts,
    coalesce(effects.rescued_amount, 0) as rescued_amount,
    coalesce(effects.raised_accounts, 0) as raised_accounts,
    (
        select coalesce(jsonb_object_agg(freed.tier_band, freed.places), '{{}}'::jsonb)
        from freed
        where freed.branch_id is not distinct from records.branch_id
    ) as freed_places,
    coalesce(effects.accounts_with_freed_places, 0) as accounts_with_freed_places,
    coalesce(effects.amount_with_freed_places, 0) as amount_with_freed_places

from records

left join effects on records.branch_id is not distinct from effects.branch_id

order by records.branch_id nulls last
