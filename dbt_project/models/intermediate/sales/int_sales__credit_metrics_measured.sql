-- What the conditions of the credit rule may ask about: figures, and the CRM's grade.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account' and is_identified

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

profiles as (

    select * from {{ ref('stg_crm__account_profiles') }}
    where credit_grade is not null

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

receivables as (

    select * from {{ ref('int_indicators__receivables_measured') }}

),

shares as (

    select * from {{ ref('int_revenue__arrears_compared') }}

),

-- Of several records the latest profile holds; those of one day go by their key.
grades as (

    select
        months.month,
        records.group_account_id,
        profiles.credit_grade,
        row_number() over (
            partition by months.month, records.group_account_id
            order by profiles.recorded_date desc, records.source_record_id asc
        ) as row_number

    from profiles

    inner join months
        on profiles.recorded_date <= months.month_end_date

    inner join records
        on {{ refers_to('profiles', 'records', 'account_id') }}

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.manager_id,
        grades.credit_grade,
        round(receivables.average_arrears_amount, 2) as average_arrears_amount,
        round(receivables.average_arrears_rate_pct, 2) as average_arrears_rate_pct,
        shares.overdue_share_pct,
        round(receivables.collection_cycle_days, 2) as collection_cycle_days

    from accounts

    left join grades
        on
            accounts.month = grades.month
            and accounts.group_account_id = grades.group_account_id
            and grades.row_number = 1

    left join receivables
        on
            accounts.month = receivables.month
            and accounts.group_account_id = receivables.group_account_id

    left join shares
        on
            accounts.month = shares.month
            and accounts.group_account_id = shares.group_account_id

)

select * from final
