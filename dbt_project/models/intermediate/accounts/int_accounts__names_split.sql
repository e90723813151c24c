-- One row per name text, and per trading name found in one ("Foo Ltd t/a Bar"): the
-- part of it that is read as the name.
with

names_collected as (

    select * from {{ ref('int_accounts__names_collected') }}

),

names_split as (

    select
        names_collected.name_text,
        {{ split_trading_name('names_collected.name_text') }} as parts

    from names_collected

),

names_listed as (

    select
        names_split.name_text,
        coalesce(
            nullif(names_split.parts[1], ''),
            nullif(names_split.parts[2], ''),
            names_split.name_text
        ) as main_text,
        case when names_split.parts[1] <> '' then nullif(names_split.parts[2], '') end
            as trading_name

    from names_split

    union

    select
        names_split.parts[2] as name_text,
        names_split.parts[2] as main_text,
        null as trading_name

    from names_split

    left join names_collected
        on names_split.parts[2] = names_collected.name_text

    where names_split.parts[2] <> '' and names_collected.name_text is null

),

final as (

    select
        names_listed.name_text,
        names_listed.main_text,
        names_listed.trading_name

    from names_listed

)

select * from final
