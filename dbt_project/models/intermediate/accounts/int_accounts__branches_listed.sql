-- One row per branch that any source names, and one for what no branch can be told of.
with

branches as (

    select * from {{ ref('stg_crm__branches') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

rankings as (

    select * from {{ ref('stg_registry__tax_rankings') }}

),

final as (

    select branches.branch_id from branches

    union

    select accounts.branch_id from accounts

    union

    select rankings.branch_id from rankings

    union

    select 'unknown' as branch_id

)

select * from final
