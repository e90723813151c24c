-- One row per place on a tax ranking, with the account that holds it if one is told.
with

rankings as (

    select * from {{ ref('stg_registry__tax_rankings') }}

),

clustered as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

names as (

    select * from {{ ref('int_accounts__names_normalised') }}

),

codes_owned as (

    select
        records.credit_code,
        min(clustered.group_account_id) as group_account_id,
        count(distinct clustered.group_account_id) as accounts

    from records

    inner join clustered
        on records.source_record_id = clustered.source_record_id

    where records.credit_code is not null

    group by records.credit_code

),

names_owned as (

    select
        records.branch_id,
        records.normalised_name,
        min(clustered.group_account_id) as group_account_id,
        count(distinct clustered.group_account_id) as accounts

    from records

    inner join clustered
        on records.source_record_id = clustered.source_record_id

    group by
        records.branch_id,
        records.normalised_name

),

rankings_read as (

    select
        rankings.ranking_year,
        rankings.branch_id,
        rankings.tax_rank,
        rankings.organisation_name,
        names.normalised_name,
        case
            when {{ is_credit_code('rankings.credit_code') }}
                then rankings.credit_code
        end as credit_code

    from rankings

    left join names
        on rankings.organisation_name = names.name_text

),

-- A name or number that several accounts bear tells none of them.
final as (

    select
        rankings_read.ranking_year,
        rankings_read.branch_id,
        rankings_read.tax_rank,
        rankings_read.organisation_name,
        case
            when codes_owned.accounts = 1 then codes_owned.group_account_id
            when names_owned.accounts = 1 then names_owned.group_account_id
        end as group_account_id

    from rankings_read

    left join codes_owned
        on rankings_read.credit_code = codes_owned.credit_code

    left join names_owned
        on
            rankings_read.branch_id = names_owned.branch_id
            and rankings_read.normalised_name = names_owned.normalised_name

)

select * from final
