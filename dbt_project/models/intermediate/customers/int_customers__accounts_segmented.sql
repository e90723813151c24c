-- One row per reported month and account: the kind of customer it is by the segment
-- rules, its revenue of the month and its lines at the month's end.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

measured as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

lines as (

    select * from {{ ref('int_customers__lines_counted') }}

),

segment_rules as (

    select * from {{ ref('segment_rules') }}

),

signing_asked as (

    select
        months.month,
        months.month_end_date,
        bool_or(segment_rules.is_signed_required) as is_signed_required

    from months

    inner join segment_rules
        on
            {{ is_rule_in_force('segment_rules', 'months.month') }}
            and segment_rules.customer_kind = 'group'

    group by months.month, months.month_end_date

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        case
            when not accounts.is_identified then 'unknown'
            when
                not signing_asked.is_signed_required
                or accounts.signed_date <= signing_asked.month_end_date
                then 'group'
            else 'rest'
        end as customer_kind,
        measured.total_amount as amount,
        coalesce(lines.lines, 0) as people

    from accounts

    inner join signing_asked
        on accounts.month = signing_asked.month

    inner join measured
        on
            accounts.month = measured.month
            and accounts.group_account_id = measured.group_account_id

    left join lines
        on
            accounts.month = lines.month
            and accounts.group_account_id = lines.group_account_id

)

select * from final
