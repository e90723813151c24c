-- One row per pair of source records that was not scored before: where they agree and
-- what speaks against.
with

pairs_signed as (

    select * from {{ ref('int_accounts__pairs_signed') }}

),

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

evidence as (

    select * from {{ ref('int_accounts__evidence_collected') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

pairs_joined as (

    select
        pairs_signed.source_record_id_left,
        pairs_signed.source_record_id_right,
        {%- for side in ['left', 'right'] %}
        {{ side }}_names.match_name as match_name_{{ side }},
        {{ side }}_names.brand_word as brand_word_{{ side }},
        {{ side }}_names.legal_form as legal_form_{{ side }},
        {{ side }}_names.organ_type as organ_type_{{ side }},
        {{ side }}_names.province_stem as province_stem_{{ side }},
        {{ side }}_names.city_stem as city_stem_{{ side }},
        {{ side }}_names.name_county_stem as name_county_stem_{{ side }},
        {{ side }}_names.region_level as region_level_{{ side }},
        {{ side }}_names.branch_marker as branch_marker_{{ side }},
        {{ side }}_names.is_group as is_group_{{ side }},
        {{ side }}_names.number_words as number_words_{{ side }},
        {{ side }}_evidence.account_id as account_id_{{ side }},
        {{ side }}_evidence.head_account_id as head_account_id_{{ side }},
        {{ side }}_evidence.core_name as core_name_{{ side }},
        {{ side }}_evidence.head_part as head_part_{{ side }},
        {{ side }}_evidence.name_place as name_place_{{ side }},
        {{ side }}_evidence.credit_code as credit_code_{{ side }},
        {{ side }}_evidence.organisation_code as organisation_code_{{ side }},
        {{ side }}_evidence.county_stem as county_stem_{{ side }},
        {{ side }}_evidence.street_numbers as street_numbers_{{ side }},
        {{ side }}_evidence.phone_key as phone_key_{{ side }},
        {{ side }}_evidence.address_grams as address_grams_{{ side }},
        {{ side }}_evidence.contact_keys as contact_keys_{{ side }},
        {%- endfor %}
        pairs_signed.name_overlap,
        pairs_signed.is_telling,
        pairs_signed.hard_keys,
        pairs_signed.decision_kind,
        left_names.name_kind as name_kind_left,
        right_names.name_kind as name_kind_right,
        least(left_names.gram_length, right_names.gram_length) as gram_length,
        case
            when left_names.brand_word = right_names.brand_word then 1
            else {{ dice_overlap('left_names.brand_grams', 'right_names.brand_grams') }}
        end as brand_overlap

    from pairs_signed

    {% for side in ['left', 'right'] %}
    left join names_listed as {{ side }}_names
        on pairs_signed.name_number_{{ side }} = {{ side }}_names.name_number

    inner join evidence as {{ side }}_evidence
        on
            pairs_signed.source_record_id_{{ side }}
            = {{ side }}_evidence.source_record_id
    {% endfor %}

    where not pairs_signed.is_known

),

final as (

    select
        pairs_joined.source_record_id_left,
        pairs_joined.source_record_id_right,
        pairs_joined.hard_keys,
        pairs_joined.decision_kind,
        pairs_joined.name_kind_left || '/' || pairs_joined.name_kind_right
            as names_compared,
        ---------- agreement
        pairs_joined.name_overlap,
        round(
            pairs_joined.name_overlap * case
                when
                    pairs_joined.brand_word_left is not null
                    and pairs_joined.brand_word_right is not null
                    then
                        1 - limits.brand_penalty
                        * (1 - coalesce(pairs_joined.brand_overlap, 0))
                else 1
            end,
            4
        ) as name_agreement,
        round(
            {{ dice_overlap(
                'pairs_joined.address_grams_left', 'pairs_joined.address_grams_right'
            ) }}
            * case
                when
                    coalesce(pairs_joined.street_numbers_left, '')
                    = coalesce(pairs_joined.street_numbers_right, '')
                    then 1
                else 0.5
            end,
            4
        ) as address_overlap,
        pairs_joined.phone_key_left = pairs_joined.phone_key_right as phone_equal,
        case
            when
                pairs_joined.contact_keys_left <> '{}'
                and pairs_joined.contact_keys_right <> '{}'
                then
                    pairs_joined.contact_keys_left && pairs_joined.contact_keys_right
        end as contact_equal,
        pairs_joined.is_telling,
        -- Only names this close can reach the auto-merge line.
        case
            when
                pairs_joined.name_overlap * limits.name_weight
                >= limits.auto_merge_line - (1 - limits.name_weight)
                then
                    {{ differing_span(
                        'pairs_joined.match_name_left', 'pairs_joined.match_name_right'
                    ) }}
                    < pairs_joined.gram_length
            else false
        end as is_typing_error,
        pairs_joined.brand_word_left is not null
        and pairs_joined.brand_word_right is not null as is_branded,
        pairs_joined.brand_overlap,
        pairs_joined.brand_word_left = pairs_joined.brand_word_right as brand_equal,
        ---------- conflicts
        coalesce(
            pairs_joined.credit_code_left <> pairs_joined.credit_code_right, false
        )
        or coalesce(
            pairs_joined.organisation_code_left
            <> pairs_joined.organisation_code_right,
            false
        ) as is_code_conflict,
        coalesce(
            pairs_joined.branch_marker_left <> pairs_joined.branch_marker_right, false
        ) as is_branch_conflict,
        num_nulls(
            pairs_joined.branch_marker_left, pairs_joined.branch_marker_right
        ) as offices_unmarked,
        coalesce(
            pairs_joined.head_account_id_left = pairs_joined.account_id_right
            or pairs_joined.head_account_id_right = pairs_joined.account_id_left,
            false
        )
        or (
            coalesce(
                pairs_joined.head_part_left = pairs_joined.core_name_right, false
            )
            or coalesce(
                pairs_joined.head_part_right = pairs_joined.core_name_left, false
            )
        )
        -- 工商银行姚安 is no head office of the 姚安支行, it is the same by a short name.
        and coalesce(
            pairs_joined.name_place_left <> pairs_joined.name_place_right, true
        ) as is_head_related,
        coalesce(
            pairs_joined.number_words_left <> pairs_joined.number_words_right, false
        ) as is_number_conflict,
        coalesce(pairs_joined.number_words_left, '')
        = coalesce(pairs_joined.number_words_right, '') as is_number_equal,
        coalesce(
            pairs_joined.name_county_stem_left <> pairs_joined.name_county_stem_right,
            false
        )
        or coalesce(pairs_joined.city_stem_left <> pairs_joined.city_stem_right, false)
        or coalesce(
            pairs_joined.province_stem_left <> pairs_joined.province_stem_right, false
        ) as is_region_conflict,
        pairs_joined.region_level_left = pairs_joined.region_level_right
            as is_region_level_equal,
        least(pairs_joined.region_level_left, pairs_joined.region_level_right) > 0
            as is_region_named,
        coalesce(pairs_joined.county_stem_left, '')
        <> coalesce(pairs_joined.county_stem_right, '') as is_county_unsure,
        coalesce(
            pairs_joined.county_stem_left <> pairs_joined.county_stem_right, false
        ) as is_county_different,
        -- Where the names agree, 酒店 and 酒店有限公司 differ in the form alone.
        pairs_joined.name_overlap < 1
        and coalesce(
            pairs_joined.organ_type_left <> pairs_joined.organ_type_right, false
        ) as is_organ_conflict,
        coalesce(
            pairs_joined.legal_form_left <> pairs_joined.legal_form_right, false
        )
        or coalesce(pairs_joined.is_group_left <> pairs_joined.is_group_right, false)
            as is_form_conflict,
        coalesce(pairs_joined.legal_form_left = pairs_joined.legal_form_right, false)
            as is_form_equal

    from pairs_joined

    cross join limits

)

select * from final
