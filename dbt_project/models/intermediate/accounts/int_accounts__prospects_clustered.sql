-- A prospect follows the earliest record that shares its code, or failing that its name
-- in its branch. It looks back only: what comes later changes no earlier month.
with recursive

prospects as (

    select * from {{ ref('int_accounts__prospects_keyed') }}

),

-- The order is total: day of creation, then the record's own key.
ordered as (

    select
        source_record_id,
        system_name,
        prospect_id,
        credit_code,
        branch_id,
        normalised_name,
        row_number() over (
            order by
                created_date,
                system_name collate "C",
                prospect_id collate "C"
        ) as seniority

    from prospects

),

firsts as (

    select
        source_record_id,
        system_name,
        prospect_id,
        seniority,
        case
            when credit_code is not null
                then min(seniority) over (partition by credit_code)
        end as first_by_code,
        case
            when normalised_name is not null
                then
                    min(seniority) over (partition by branch_id, normalised_name)
        end as first_by_name

    from ordered

),

followed as (

    select
        source_record_id,
        system_name,
        prospect_id,
        seniority,
        case
            when first_by_code < seniority then first_by_code
            else coalesce(first_by_name, seniority)
        end as follows

    from firsts

),

chains (seniority, place) as (

    select
        followed.seniority,
        followed.follows as place

    from followed

    union all

    select
        chains.seniority,
        followed.follows as place

    from chains

    inner join followed
        on
            chains.place = followed.seniority
            and followed.follows < followed.seniority

),

roots as (

    select
        seniority,
        min(place) as root

    from chains

    group by seniority

),

final as (

    select
        followed.source_record_id,
        followed.system_name,
        followed.prospect_id,
        'p' || substr(seniors.source_record_id, 2) as group_account_id,
        followed.seniority = roots.root as is_senior

    from followed

    inner join roots
        on followed.seniority = roots.seniority

    inner join followed as seniors
        on roots.root = seniors.seniority

)

select * from final
