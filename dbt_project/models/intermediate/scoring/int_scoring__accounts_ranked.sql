-- Only the population is ranked. The order is total: the account id ends every tie.
with

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

versions as (

    select * from {{ ref('int_scoring__versions_selected') }}

),

keyed as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        case versions.partition_by
            when 'branch' then accounts.branch_id
            when 'county'
                then accounts.branch_id || '/' || coalesce(accounts.county_name, '')
            when 'all' then 'all'
        end as partition_id,
        {%- for place in range(1, 5) %}
        case versions.rank_order[{{ place }}]
            when 'total' then scores.total_points
            {%- for dimension in dimensions().split() %}
            when '{{ dimension }}' then scores.{{ dimension }}_points
            {%- endfor %}
            when 'amount' then scores.total_amount
            when 'amount_3m' then scores.total_amount_3m
        end as rank_key_{{ place }},
        {%- endfor %}
        versions.ties

    from scores

    inner join versions
        on
            scores.scorecard_id = versions.scorecard_id
            and scores.month = versions.month

    inner join accounts
        on
            scores.month = accounts.month
            and scores.group_account_id = accounts.group_account_id
            and accounts.is_identified
            and accounts.is_active

    where
        versions.population = 'active_identified'
        or (
            versions.population = 'complete_active_identified'
            and not scores.is_provisional
        )

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        partition_id,
        count(*) over (partition by scorecard_id, month, partition_id)::integer
            as population,
        row_number() over rank_order::integer as value_rank,
        -- Ties included: equals share the best of their ranks where tiers are cut.
        case ties
            when 'include' then rank() over first_key
            else row_number() over rank_order
        end::integer as cut_rank

    from keyed

    window first_key as (
        partition by scorecard_id, month, partition_id
        order by rank_key_1 desc nulls last
    ),
    rank_order as (
        partition by scorecard_id, month, partition_id
        order by
            rank_key_1 desc nulls last,
            rank_key_2 desc nulls last,
            rank_key_3 desc nulls last,
            rank_key_4 desc nulls last,
            group_account_id asc
    )

)

select * from final
