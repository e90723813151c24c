-- One row per name with Chinese characters, its aliases written out: 人社局 is
-- 人力资源和社会保障局, 委组织部 after a region is 党委组织部, 一中 is 第1中学.
with

names_stripped as (

    select * from {{ ref('int_accounts__names_beginnings_stripped') }}

),

aliases as (

    select * from {{ ref('name_aliases') }}

),

-- Some bodies are known by what stands on both sides of their region: 中共|罗平县|委.
names_joined as (

    select
        names_stripped.name_text,
        names_stripped.rest,
        names_stripped.head_name,
        concat(names_stripped.head_name, names_stripped.rest) as joined_rest

    from names_stripped

),

starts_ranked as (

    select
        names_joined.name_text,
        aliases.alias,
        aliases.canonical_name,
        row_number() over (
            partition by names_joined.name_text order by length(aliases.alias) desc
        ) as alias_rank

    from names_joined

    inner join aliases
        on
            left(names_joined.joined_rest, 2) = left(aliases.alias, 2)
            and starts_with(names_joined.joined_rest, aliases.alias)

    where aliases.alias_place = 'start'

),

names_begun as (

    select
        names_joined.name_text,
        case
            when coalesce(wholes.alias, starts_ranked.alias) is null
                then names_joined.head_name
        end as head_name,
        {{ write_ordinals("
            coalesce(
                wholes.canonical_name,
                starts_ranked.canonical_name
                || substr(names_joined.joined_rest, length(starts_ranked.alias) + 1),
                names_joined.rest
            )
        ") }} as rest

    from names_joined

    left join aliases as wholes
        on
            names_joined.joined_rest = wholes.alias
            and wholes.alias_place = 'whole'

    left join starts_ranked
        on
            names_joined.name_text = starts_ranked.name_text
            and starts_ranked.alias_rank = 1

),

ends_ranked as (

    select
        names_begun.name_text,
        aliases.alias,
        aliases.canonical_name,
        row_number() over (
            partition by names_begun.name_text order by length(aliases.alias) desc
        ) as alias_rank

    from names_begun

    inner join aliases
        on
            right(names_begun.rest, 2) = right(aliases.alias, 2)
            and right(names_begun.rest, length(aliases.alias)) = aliases.alias

    where aliases.alias_place = 'end'

),

final as (

    select
        names_begun.name_text,
        names_begun.head_name,
        case
            when ends_ranked.alias is null then names_begun.rest
            else
                left(names_begun.rest, -length(ends_ranked.alias))
                || ends_ranked.canonical_name
        end as expanded_rest

    from names_begun

    left join ends_ranked
        on
            names_begun.name_text = ends_ranked.name_text
            and ends_ranked.alias_rank = 1

)

select * from final
