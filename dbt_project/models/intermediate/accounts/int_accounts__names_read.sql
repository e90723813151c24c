-- One row per name text that was not read before: its comparable forms and what can be
-- read off it.
with

names_folded as (

    select * from {{ ref('int_accounts__names_folded') }}

),

han_names as (

    select * from {{ ref('int_accounts__names_han_resolved') }}

),

latin_stripped as (

    select * from {{ ref('int_accounts__names_latin_stripped') }}

),

latin_names as (

    select * from {{ ref('int_accounts__names_latin_parsed') }}

),

organs as (

    select * from {{ ref('int_accounts__names_organs_read') }}

),

brands as (

    select * from {{ ref('int_accounts__names_brands_read') }}

),

final as (

    select
        names_folded.name_text,
        names_folded.folded_name,
        coalesce(
            nullif(han_names.normalised_name, ''),
            latin_names.core_name,
            names_folded.folded_name
        ) as normalised_name,
        coalesce(
            nullif(han_names.core_name, ''),
            latin_names.core_name,
            names_folded.folded_name
        ) as core_name,
        case
            when organs.is_government then null
            when latin_names.name_text is not null then latin_names.brand_word
            else
                coalesce(
                    brands.brand_word,
                    han_names.head_name,
                    case
                        when organs.organ_type = 'company' then han_names.uncertain_word
                    end
                )
        end as brand_word,
        coalesce(han_names.legal_form, latin_stripped.legal_form) as legal_form,
        organs.organ_type,
        han_names.region_province,
        han_names.region_city,
        han_names.region_county,
        han_names.branch_marker,
        han_names.head_part,
        -- What has a legal form is no government body, whatever it calls itself.
        coalesce(
            organs.is_government and latin_stripped.legal_form is null, false
        ) as is_government,
        names_folded.script

    from names_folded

    left join han_names on names_folded.name_text = han_names.name_text

    left join latin_stripped on names_folded.name_text = latin_stripped.name_text

    left join latin_names on names_folded.name_text = latin_names.name_text

    left join organs on names_folded.name_text = organs.name_text

    left join brands on names_folded.name_text = brands.name_text

)

select * from final
