-- Calls and use against what landed: none is lost or counted twice on the way to the
-- marts; everybody who is active or unwelcome has one place in the queue.
with

calls as (

    select * from {{ ref('stg_callcentre__calls') }}

),

usages as (

    select * from {{ ref('stg_billing__service_usages') }}

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

known_accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account' and is_identified

),

blacklist as (

    select * from {{ ref('int_service__blacklist_resolved') }}

),

levels as (

    select * from {{ ref('fct_service_levels') }}

),

shown_usages as (

    select * from {{ ref('fct_service_usages') }}

),

priorities as (

    select * from {{ ref('fct_queue_priorities') }}

),

risks as (

    select * from {{ ref('fct_loss_risks') }}

),

-- Who is unwelcome keeps the last places after closing.
queued as (

    select known_accounts.month

    from known_accounts

    left join blacklist
        on
            known_accounts.month = blacklist.month
            and known_accounts.group_account_id = blacklist.group_account_id

    where known_accounts.is_active or blacklist.group_account_id is not null

),

counted as (

    select
        call_month as month,
        'calls' as subject,
        'landed' as metric,
        count(*)::numeric as value

    from calls

    group by call_month

    union all

    select
        month,
        'calls' as subject,
        case when branch_id = 'all' then 'shown_of_all' else 'shown' end as metric,
        sum(calls) as value

    from levels

    group by month, case when branch_id = 'all' then 'shown_of_all' else 'shown' end

    union all

    select
        month,
        'calls' as subject,
        'unidentified' as metric,
        sum(calls) as value

    from levels

    where branch_id = 'unknown'

    group by month

    union all

    select
        usage_month as month,
        'usages' as subject,
        'landed' as metric,
        sum(amount) as value

    from usages

    group by usage_month

    union all

    select
        month,
        'usages' as subject,
        'shown' as metric,
        sum(amount) as value

    from shown_usages

    group by month

    union all

    select
        month,
        'queue' as subject,
        'landed' as metric,
        count(*)::numeric as value

    from queued

    group by month

    union all

    select
        month,
        'queue' as subject,
        'shown' as metric,
        count(distinct queue_position)::numeric as value

    from priorities

    group by month

    union all

    select
        month,
        'loss' as subject,
        'likelihood_mean' as metric,
        round(avg(likelihood_pct), 4) as value

    from risks

    group by month

),

judged as (

    select
        counted.month,
        counted.subject,
        max(counted.value) filter (where counted.metric = 'landed') as landed,
        max(counted.value) filter (where counted.metric = 'shown') as shown,
        max(counted.value) filter (where counted.metric = 'shown_of_all')
            as shown_of_all,
        max(counted.value) filter (where counted.metric = 'unidentified')
            as unidentified,
        max(counted.value) filter (where counted.metric = 'likelihood_mean')
            as likelihood_mean

    from counted

    inner join months
        on counted.month = months.month

    group by counted.month, counted.subject

),

final as (

    select
        judged.month,
        '' as system_name,
        judged.subject,
        metrics.metric,
        metrics.value

    from judged

    cross join
        lateral (
            values
            ('landed', judged.landed),
            (
                'service_unexplained',
                case
                    when judged.subject <> 'loss'
                        then
                            abs(coalesce(judged.landed, 0) - coalesce(judged.shown, 0))
                            + case
                                when judged.subject = 'calls'
                                    then
                                        abs(
                                            coalesce(judged.landed, 0)
                                            - coalesce(judged.shown_of_all, 0)
                                        )
                                else 0
                            end
                end
            ),
            (
                'unidentified_pct',
                round(100 * judged.unidentified / nullif(judged.landed, 0), 4)
            ),
            ('likelihood_mean', judged.likelihood_mean)
        ) as metrics (metric, value)

    where metrics.value is not null

)

select * from final
