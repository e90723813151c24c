-- One row per name with Chinese characters: what is left of it after the regions and
-- the nationwide body it begins with (云南省|曲靖市|罗平县|…, 中国农业银行|罗平县|支行).
-- Each round strips one beginning, the longest there is.
{%- set rounds = 6 %}
with

names_prepared as (

    select * from {{ ref('int_accounts__names_han_prepared') }}

),

spellings as (

    select * from {{ ref('int_accounts__names_beginnings_spelled') }}

),

round_0 as (

    select
        names_prepared.name_text,
        names_prepared.bare_name as rest,
        0 as region_level,
        '' as region_prefix,
        null as region_code,
        null as region_spelling,
        null as uncertain_word,
        null as head_name,
        null as legal_form

    from names_prepared

),
{% for round in range(1, rounds + 1) %}
candidates_{{ round }} as (

    select
        names.name_text,
        spellings.spelling,
        spellings.spelling_kind,
        spellings.stands_for,
        spellings.short_name_use,
        spellings.region_level,
        spellings.region_prefix,
        row_number() over (
            partition by names.name_text
            order by
                length(spellings.spelling) desc,
                spellings.spelling_kind asc,
                starts_with(spellings.region_prefix, names.region_prefix) desc,
                spellings.region_level asc,
                spellings.stands_for asc
        ) as candidate_rank

    from round_{{ round - 1 }} as names

    inner join spellings
        on
            left(names.rest, 2) = spellings.first_two
            and starts_with(names.rest, spellings.spelling)

    where
        case spellings.spelling_kind
            when 'not_region' then true
            when 'head' then names.head_name is null
            when 'head_of_branch'
                then
                    names.head_name is null
                    and right(names.rest, 1) in ('行', '部', '所', '处')
            when 'legal_form'
                then names.head_name is not null and names.legal_form is null
            else {{ region_may_follow('names', 'spellings') }}
        end

),

round_{{ round }} as (

    select
        names.name_text,
        case
            when candidates.spelling_kind = 'not_region' then names.rest
            else substr(names.rest, coalesce(length(candidates.spelling), 0) + 1)
        end as rest,
        coalesce(candidates.region_level, names.region_level) as region_level,
        coalesce(candidates.region_prefix, names.region_prefix) as region_prefix,
        case
            when candidates.spelling_kind = 'region' then candidates.stands_for
            else names.region_code
        end as region_code,
        case
            when candidates.spelling_kind = 'region' then candidates.spelling
            else names.region_spelling
        end as region_spelling,
        case
            when candidates.spelling_kind = 'region'
                then
                    case
                        when candidates.short_name_use = 'ambiguous'
                            then candidates.spelling
                    end
            else names.uncertain_word
        end as uncertain_word,
        case
            when candidates.spelling_kind like 'head%' then candidates.stands_for
            else names.head_name
        end as head_name,
        case
            when candidates.spelling_kind = 'legal_form' then candidates.stands_for
            else names.legal_form
        end as legal_form

    from round_{{ round - 1 }} as names

    left join candidates_{{ round }} as candidates
        on
            names.name_text = candidates.name_text
            and candidates.candidate_rank = 1

),
{% endfor %}
final as (

    select
        names.name_text,
        names.rest,
        names.region_code,
        names.region_spelling,
        names.uncertain_word,
        names.head_name,
        names.legal_form

    from round_{{ rounds }} as names

)

select * from final
