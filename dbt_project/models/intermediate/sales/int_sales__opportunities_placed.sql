-- Whose an opportunity is in a month, and in which branch: an account's in the branch
-- that survives in the month, a prospect's for whom the prospect stands then. Of an
-- account that is not there yet at the end of the month it is unidentified.
with

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

prospects as (

    select * from {{ ref('int_sales__prospects_placed') }}

),

final as (

    select
        attributed.month,
        opportunities.system_name,
        opportunities.opportunity_id,
        coalesce(prospects.group_account_id, attributed.group_account_id)
            as group_account_id,
        coalesce(prospects.branch_id, attributed.branch_id, 'unknown') as branch_id,
        coalesce(prospects.manager_id, attributed.manager_id) as manager_id

    from opportunities

    left join records
        on {{ refers_to('opportunities', 'records', 'account_id') }}

    inner join attributed
        on
            coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

    left join prospects
        on
            attributed.month = prospects.month
            and opportunities.system_name = prospects.system_name
            and opportunities.prospect_id = prospects.prospect_id
            and opportunities.account_id is null

)

select * from final
