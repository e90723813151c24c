-- Revenue against what landed, revenue against members, and how values are distributed.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

indicators as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

member_bills as (

    select * from {{ ref('int_indicators__member_bills_summed') }}

),

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

landed as (

    select * from {{ ref('prf_raw') }}
    where metric = 'amount' and subject like 'billing.%\_bills'

),

published as (

    select * from {{ source('control', 'published_metrics') }}
    where metric in ('mean', 'missing_pct')

),

billed as (

    select
        month,
        sum(value) as billed_amount

    from landed

    group by month

),

individuals as (

    select
        bill_month as month,
        sum(member_bill_amount) as individuals_amount

    from member_bills

    where group_account_id = 'individuals'

    group by bill_month

),

account_months as (

    select
        indicators.month,
        sum(indicators.total_amount) as accounts_amount,
        coalesce(
            sum(indicators.total_amount) filter (where not accounts.is_identified), 0
        ) as unidentified_amount

    from indicators

    inner join accounts
        on
            indicators.month = accounts.month
            and indicators.group_account_id = accounts.group_account_id

    group by indicators.month

),

-- A line that lives in a month pairs the revenue of its account.
living as (

    select
        months.month,
        lines.group_account_id,
        count(*) as living_lines

    from months

    inner join lines
        on
            months.month >= lines.in_force_from_month
            and months.month < lines.in_force_to_month
            and coalesce(months.month <= lines.closed_month, true)

    where not lines.is_individual

    group by months.month, lines.group_account_id

),

pairs as (

    select
        member_bills.bill_month as month,
        count(*)::numeric as paying_accounts,
        count(*) filter (where living.living_lines is null)::numeric
            as unpaired_accounts,
        coalesce(
            sum(member_bills.member_bill_amount)
            filter (where living.living_lines is null),
            0
        ) as unpaired_amount

    from member_bills

    inner join months
        on member_bills.bill_month = months.month

    inner join accounts
        on
            member_bills.bill_month = accounts.month
            and member_bills.group_account_id = accounts.group_account_id

    left join living
        on
            member_bills.bill_month = living.month
            and member_bills.group_account_id = living.group_account_id

    where
        member_bills.member_bill_amount > 0
        and accounts.is_identified

    group by member_bills.bill_month

),

values_summed as (

    select
        indicators.month,
        accounts.account_kind,
        count(*) as accounts,
    {%- for indicator in indicator_columns().split() %}
    {%- set value = "nullif(indicators." ~ indicator ~ ", 'Infinity')" %}
    avg({{ value }}) as {{ indicator }}_mean,
    min({{ value }}) as {{ indicator }}_min,
    max({{ value }}) as {{ indicator }}_max,
    count(indicators.{{ indicator }}) as {{ indicator }}_known
    {{- ',' if not loop.last }}
    {%- endfor %}

    from indicators

    inner join accounts
        on
            indicators.month = accounts.month
            and indicators.group_account_id = accounts.group_account_id

    where accounts.is_identified and accounts.is_active

    group by indicators.month, accounts.account_kind

),

distributed as (

    select
        values_summed.month,
        case values_summed.account_kind when 'prospect' then 'prospect ' else '' end
        || shapes.subject as subject,
        round(shapes.mean, 6) as mean,
        shapes.lowest,
        shapes.highest,
        round(
            100.0 * (values_summed.accounts - shapes.known) / values_summed.accounts, 4
        )
            as missing_pct

    from values_summed

    cross join
        lateral (
            values
            {%- for indicator in indicator_columns().split() %}
            (
                '{{ indicator }}',
                values_summed.{{ indicator }}_mean,
                values_summed.{{ indicator }}_min,
                values_summed.{{ indicator }}_max,
                values_summed.{{ indicator }}_known
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as shapes (subject, mean, lowest, highest, known)

    -- What nobody has is of the other kind, or not delivered.
    where shapes.known > 0 or values_summed.account_kind = 'account'

),

shown as (

    select
        month,
        subject,
        max(value) filter (where metric = 'mean') as mean,
        max(value) filter (where metric = 'missing_pct') as missing_pct

    from published

    group by month, subject

),

compared as (

    select
        distributed.month,
        distributed.subject,
        distributed.mean,
        distributed.lowest,
        distributed.highest,
        distributed.missing_pct,
        coalesce(before.mean, shown.mean) as mean_before,
        coalesce(before.missing_pct, shown.missing_pct) as missing_pct_before

    from distributed

    left join distributed as before
        on
            before.month = (distributed.month - interval '1 month')::date
            and distributed.subject = before.subject

    left join shown
        on
            shown.month = (distributed.month - interval '1 month')::date
            and distributed.subject = shown.subject

),

measured as (

    select
        account_months.month,
        'revenue' as subject,
        metrics.metric,
        metrics.value

    from account_months

    left join billed
        on account_months.month = billed.month

    left join individuals
        on account_months.month = individuals.month

    left join pairs
        on account_months.month = pairs.month

    cross join
        lateral (
            values
            ('billed_amount', coalesce(billed.billed_amount, 0)),
            ('individuals_amount', coalesce(individuals.individuals_amount, 0)),
            ('accounts_amount', account_months.accounts_amount),
            (
                'unexplained_amount',
                coalesce(billed.billed_amount, 0)
                - coalesce(individuals.individuals_amount, 0)
                - account_months.accounts_amount
            ),
            ('unidentified_amount', account_months.unidentified_amount),
            (
                'unidentified_pct',
                round(
                    100 * account_months.unidentified_amount
                    / nullif(account_months.accounts_amount, 0),
                    4
                )
            ),
            ('paying_accounts', pairs.paying_accounts),
            ('unpaired_accounts', pairs.unpaired_accounts),
            ('unpaired_amount', pairs.unpaired_amount),
            (
                'unpaired_pct',
                round(
                    100 * pairs.unpaired_accounts / nullif(pairs.paying_accounts, 0), 4
                )
            )
        ) as metrics (metric, value)

    union all

    select
        compared.month,
        compared.subject,
        metrics.metric,
        metrics.value

    from compared

    cross join lateral (
        values
        ('mean', compared.mean),
        ('mean_before', compared.mean_before),
        (
            'mean_change_pct',
            round(
                100 * (compared.mean - compared.mean_before)
                / nullif(abs(compared.mean_before), 0),
                2
            )
        ),
        ('lowest', compared.lowest),
        ('highest', compared.highest),
        ('missing_pct', compared.missing_pct),
        ('missing_pct_before', compared.missing_pct_before),
        ('missing_pct_change', compared.missing_pct - compared.missing_pct_before)
    ) as metrics (metric, value)

),

final as (

    select
        month,
        '' as system_name,
        subject,
        metric,
        value

    from measured

    where value is not null

)

select * from final
