-- One row per record name and block it belongs to.
with

name_keys as (

    select * from {{ ref('int_accounts__name_keys_ranked') }}

),

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

keys_counted as (

    select
        name_keys.name_number,
        name_keys.branch_id,
        name_keys.key_kind,
        name_keys.block_key,
        coalesce(names_listed.name_county_stem, names_listed.county_stem, '') as place,
        count(*) over (
            partition by name_keys.branch_id, name_keys.key_kind, name_keys.block_key
        ) as names_in_branch

    from name_keys

    inner join names_listed
        on name_keys.name_number = names_listed.name_number

),

final as (

    select
        keys_counted.name_number,
        keys_counted.branch_id,
        keys_counted.key_kind,
        keys_counted.block_key,
        case
            when keys_counted.names_in_branch <= limits.block_max_names then ''
            else keys_counted.place
        end as place

    from keys_counted

    cross join limits

)

select * from final
