-- One row per month and account in arrears at its end, beyond what it has in credit:
-- who paid without naming the invoice has paid (S4-01).
with

receivables as (

    select * from {{ ref('int_revenue__receivables_attributed') }}

),

final as (

    select
        month,
        group_account_id,
        null as account_id_crm,
        true as is_for_owner,
        null as manager_id_charged,
        'arrears' as matter_kind,
        'jinta' as system_name,
        group_account_id as matter_id,
        null::date as noted_date,
        oldest_due_date as due_date,
        arrears_amount - credit_amount as amount,
        null as matter_text,
        null::integer as satisfaction_points,
        null::integer as days_since_visit

    from receivables

    where arrears_amount > credit_amount

)

select * from final
