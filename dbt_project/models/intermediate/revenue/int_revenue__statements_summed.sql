-- What the billing system itself says is owed, by account (应收账款余额表, S4-01).
with

statements as (

    select * from {{ ref('stg_billing__receivables') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        attributed.month,
        attributed.group_account_id,
        sum(statements.receivable_amount) as stated_receivable_amount,
        sum(statements.arrears_amount) as stated_arrears_amount

    from statements

    left join records
        on {{ refers_to('statements', 'records', 'account_id') }}

    inner join attributed
        on
            statements.statement_month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

    group by attributed.month, attributed.group_account_id

)

select * from final
