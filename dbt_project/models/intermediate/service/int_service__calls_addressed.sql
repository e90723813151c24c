-- A call of an account that is not there yet at the end of the month is unidentified,
-- in the branch of the account.
with

calls as (

    select * from {{ ref('stg_callcentre__calls') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        calls.call_month as month,
        calls.system_name,
        calls.call_id,
        attributed.group_account_id,
        coalesce(attributed.branch_id, 'unknown') as branch_id,
        calls.queue_code,
        calls.is_answered,
        calls.wait_seconds,
        calls.call_back_hours

    from calls

    left join records
        on {{ refers_to('calls', 'records', 'account_id') }}

    inner join attributed
        on
            calls.call_month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
