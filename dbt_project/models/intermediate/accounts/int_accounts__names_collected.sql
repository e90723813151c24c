-- One row per distinct name text: what accounts, their aliases, the tax ranking and
-- prospects call an organisation.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

aliases as (

    select * from {{ ref('stg_crm__account_aliases') }}

),

tax_rankings as (

    select * from {{ ref('stg_registry__tax_rankings') }}

),

prospects as (

    select * from {{ ref('stg_crm__prospects') }}

),

names as (

    select accounts.account_name as name_text from accounts

    union

    select aliases.alias as name_text from aliases

    union

    select tax_rankings.organisation_name as name_text from tax_rankings

    union

    select prospects.prospect_name as name_text from prospects

),

final as (

    select names.name_text

    from names

    where names.name_text is not null

)

select * from final
