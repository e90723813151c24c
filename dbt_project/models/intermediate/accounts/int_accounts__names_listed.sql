-- One row per source record and name it goes by, ready to be compared.
with

names_read as (

    select * from {{ ref('int_accounts__record_names_read') }}

),

-- 富源大河煤矿 of 富源县 begins with its county, which no list of places can tell from a
-- brand word; the record's own county can.
counties_led as (

    select
        names_read.source_record_id,
        names_read.name_text,
        length(names_read.county_stem) as prefix_length

    from names_read

    where
        num_nonnulls(
            names_read.name_county_stem, names_read.city_stem, names_read.province_stem
        ) = 0
        and starts_with(names_read.match_name, names_read.county_stem)
        and length(names_read.match_name) >= length(names_read.county_stem) + 4
        and (
            names_read.brand_word is null
            or starts_with(names_read.brand_word, names_read.county_stem)
            and length(names_read.brand_word) >= length(names_read.county_stem) + 2
        )

),

names_placed as (

    select
        names_read.source_record_id,
        names_read.name_text,
        names_read.name_kind,
        names_read.branch_id,
        names_read.county_stem,
        substr(names_read.match_name, coalesce(counties_led.prefix_length, 0) + 1)
            as match_name,
        substr(names_read.brand_word, coalesce(counties_led.prefix_length, 0) + 1)
            as brand_word,
        names_read.legal_form,
        names_read.organ_type,
        names_read.province_stem,
        names_read.city_stem,
        case
            when counties_led.name_text is not null then names_read.county_stem
            else names_read.name_county_stem
        end as name_county_stem,
        names_read.branch_marker,
        names_read.is_group,
        names_read.number_words,
        names_read.gram_length

    from names_read

    left join counties_led
        on
            names_read.source_record_id = counties_led.source_record_id
            and names_read.name_text = counties_led.name_text

    where names_read.match_name <> ''

),

final as (

    select
        row_number() over (
            order by names_placed.source_record_id, names_placed.name_text
        )::integer as name_number,
        names_placed.source_record_id,
        names_placed.name_text,
        names_placed.name_kind,
        names_placed.branch_id,
        names_placed.county_stem,
        names_placed.match_name,
        names_placed.brand_word,
        names_placed.legal_form,
        names_placed.organ_type,
        names_placed.province_stem,
        names_placed.city_stem,
        names_placed.name_county_stem,
        case
            when names_placed.name_county_stem is not null then 3
            when names_placed.city_stem is not null then 2
            when names_placed.province_stem is not null then 1
            else 0
        end as region_level,
        names_placed.branch_marker,
        names_placed.is_group,
        names_placed.number_words,
        names_placed.gram_length,
        {{ gram_set('names_placed.match_name', 'names_placed.gram_length') }}
            as name_grams,
        {{ content_key([
            'names_placed.match_name', 'names_placed.name_kind',
            'names_placed.brand_word', 'names_placed.legal_form',
            'names_placed.organ_type', 'names_placed.province_stem',
            'names_placed.city_stem', 'names_placed.name_county_stem',
            'names_placed.branch_marker', 'names_placed.is_group',
            'names_placed.number_words', 'names_placed.gram_length',
        ]) }} as content_key,
        -- Brand words are short: smaller groups tell how close two of them are.
        {{ gram_set('names_placed.brand_word', '(names_placed.gram_length - 1)') }}
            as brand_grams

    from names_placed

)

select * from final
