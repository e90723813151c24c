-- One row per source record and name it goes by (its own, an alias, a trading name)
-- with what was read off the name.
with

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

aliases as (

    select * from {{ ref('stg_crm__account_aliases') }}

),

names as (

    select * from {{ ref('int_accounts__names_normalised') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

organs as (

    select * from {{ ref('match_place_bound_organs') }}

),

names_collected as (

    select
        records.source_record_id,
        records.account_name as name_text,
        'own' as name_kind

    from records

    union all

    select
        records.source_record_id,
        aliases.alias as name_text,
        'alias' as name_kind

    from aliases

    inner join records
        on {{ refers_to('aliases', 'records', 'account_id') }}

    union all

    select
        records.source_record_id,
        names.trading_name as name_text,
        'trading' as name_kind

    from records

    inner join names
        on records.account_name = names.name_text

    where names.trading_name is not null

),

-- What one record calls itself twice counts once, as the strongest kind.
names_told_apart as (

    select
        names_collected.source_record_id,
        names_collected.name_text,
        min(
            case names_collected.name_kind
                when 'own' then 1
                when 'alias' then 2
                else 3
            end
        ) as kind_rank

    from names_collected

    group by
        names_collected.source_record_id,
        names_collected.name_text

),

final as (

    select
        names_told_apart.source_record_id,
        names_told_apart.name_text,
        (array['own', 'alias', 'trading'])[names_told_apart.kind_rank] as name_kind,
        records.branch_id,
        records.county_stem,
        coalesce(
            nullif(names.core_name, ''), names.normalised_name, names.folded_name
        ) as match_name,
        -- 第一 or 实验 tells one school of a town from another, not from those elsewhere.
        case
            when organs.organ_type is null and names.brand_word !~ '^第?[0-9]+$'
                then names.brand_word
        end as brand_word,
        names.legal_form,
        names.organ_type,
        {{ region_stem('names.region_province') }} as province_stem,
        {{ region_stem('names.region_city') }} as city_stem,
        -- 楚雄一中 may be the prefecture's or the city's: the record's full name tells.
        coalesce(
            {{ region_stem('names.region_county') }}, records.name_county_stem
        ) as name_county_stem,
        names.branch_marker,
        names.folded_name ~ '集团|\m(group|holdings?)\M' as is_group,
        {{ number_words('names.folded_name') }} as number_words,
        case
            when names.script = 'latin' then limits.latin_gram_length
            else limits.han_gram_length
        end as gram_length

    from names_told_apart

    inner join records
        on names_told_apart.source_record_id = records.source_record_id

    inner join names
        on names_told_apart.name_text = names.name_text

    cross join limits

    left join organs
        on
            names.organ_type = organs.organ_type
            and {{ is_rule_in_force('organs', 'limits.as_of_date') }}

)

select * from final
