-- One row per reported month and account: agreements signed in the 36 calendar months
-- up to the month's end, whatever became of them. Where no agreement of anybody is
-- known the number is unknown, not zero.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

agreements as (

    select * from {{ ref('stg_crm__agreements') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

signed as (

    select
        months.month,
        records.group_account_id,
        agreements.signed_date >= months.month - interval '35 months' as is_recent

    from months

    inner join agreements
        on months.month_end_date >= agreements.signed_date

    left join records
        on {{ refers_to('agreements', 'records', 'account_id') }}

),

counted as (

    select
        month,
        group_account_id,
        count(*) filter (where is_recent)::integer as projects_3y

    from signed

    group by month, group_account_id

),

months_known as (

    select distinct month

    from signed

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        case
            when months_known.month is not null then coalesce(counted.projects_3y, 0)
        end as projects_3y

    from accounts

    left join counted
        on
            accounts.month = counted.month
            and accounts.group_account_id = counted.group_account_id

    left join months_known
        on accounts.month = months_known.month

)

select * from final
