-- One row per pair of source records that was not scored before, with its score and
-- what the pair alone says.
with

pairs_compared as (

    select * from {{ ref('int_accounts__pairs_compared') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

pairs_weighed as (

    select
        pairs_compared.source_record_id_left,
        pairs_compared.source_record_id_right,
        pairs_compared.hard_keys,
        pairs_compared.decision_kind,
        pairs_compared.is_code_conflict,
        pairs_compared.is_branch_conflict,
        pairs_compared.is_head_related,
        limits.auto_merge_line,
        limits.review_line,
        limits.hard_key_floor,
        ---------- the score; what is not known adds nothing to it
        round(
            limits.name_weight * pairs_compared.name_agreement
            + limits.address_weight * coalesce(pairs_compared.address_overlap, 0)
            + limits.phone_weight * coalesce(pairs_compared.phone_equal::integer, 0)
            + limits.contact_weight
            * coalesce(pairs_compared.contact_equal::integer, 0),
            4
        ) as score,
        ---------- what rules a merge out
        pairs_compared.is_region_conflict,
        pairs_compared.is_number_conflict
        or pairs_compared.is_region_conflict
        or pairs_compared.is_organ_conflict
        and not pairs_compared.is_typing_error
        -- 曲靖市教育局 is not the 教育局 of a district of the city.
        or not pairs_compared.is_branded
        and (
            pairs_compared.is_county_different
            or pairs_compared.name_overlap = 1
            and pairs_compared.is_region_named
            and not pairs_compared.is_region_level_equal
        ) as is_name_conflict,
        -- Branches often bear their head office's number: the name tells them apart.
        pairs_compared.offices_unmarked = 2
        or pairs_compared.offices_unmarked = 0
        and (
            pairs_compared.name_overlap = 1 or pairs_compared.is_typing_error
        ) as is_office_same,
        ---------- what a merge without a number needs in any case
        pairs_compared.is_number_equal
        and pairs_compared.offices_unmarked <> 1
        and not pairs_compared.is_form_conflict as is_form_compatible,
        -- A registered full name is given once in a place; a short one in each county.
        case
            when not pairs_compared.is_branded
                then
                    pairs_compared.is_region_level_equal
                    and (
                        pairs_compared.is_region_named
                        or not pairs_compared.is_county_unsure
                    )
            when pairs_compared.is_form_equal and pairs_compared.is_region_level_equal
                then true
            else
                not pairs_compared.is_county_different
                and (
                    pairs_compared.is_region_level_equal
                    or not pairs_compared.is_region_named
                    or pairs_compared.is_form_equal
                )
        end as is_place_same,
        pairs_compared.name_overlap = 1 and pairs_compared.is_telling as is_same_name,
        pairs_compared.name_overlap = 1
        and not pairs_compared.is_county_different
        or pairs_compared.is_branded
        and pairs_compared.is_typing_error
        and not pairs_compared.is_county_different
        and pairs_compared.brand_equal as is_close_name,
        ---------- the evidence, without anything personal
        jsonb_build_object(
            'rules', limits.limits_version || '/' || limits.weights_version,
            'names_compared', pairs_compared.names_compared,
            'name_overlap', pairs_compared.name_overlap,
            'brand_overlap', pairs_compared.brand_overlap,
            'hard_keys', to_jsonb(string_to_array(pairs_compared.hard_keys, ' ')),
            {%- for component, value, type in [
                ('name', 'name_agreement', 'numeric'),
                ('address', 'address_overlap', 'numeric'),
                ('phone', 'phone_equal', 'integer'),
                ('contact', 'contact_equal', 'integer'),
            ] %}
            '{{ component }}', {{ evidence_step(
                'pairs_compared.' ~ value, type, 'limits.' ~ component ~ '_weight'
            ) }},
            {%- endfor %}
            'conflicts', to_jsonb(array_remove(array[
                {%- for conflict in [
                    'code', 'branch', 'number', 'region', 'organ', 'form'
                ] %}
                case
                    when pairs_compared.is_{{ conflict }}_conflict
                        then '{{ conflict }}'
                end{{ ',' if not loop.last }}
                {%- endfor %}
            ], null))
        ) as evidence

    from pairs_compared

    cross join limits

),

pairs_judged as (

    select
        pairs_weighed.source_record_id_left,
        pairs_weighed.source_record_id_right,
        pairs_weighed.score,
        pairs_weighed.evidence,
        case
            when pairs_weighed.decision_kind = 'merge' then 'steward_merge'
            when pairs_weighed.decision_kind = 'split' then 'steward_split'
            when pairs_weighed.decision_kind = 'never_link' then 'never_link'
            when pairs_weighed.is_head_related then 'linked'
            when pairs_weighed.is_code_conflict then 'veto'
            when pairs_weighed.is_branch_conflict then 'veto'
            when
                pairs_weighed.hard_keys is not null
                and pairs_weighed.is_region_conflict
                and not pairs_weighed.is_office_same
                then 'veto'
            when
                pairs_weighed.hard_keys is not null
                and (
                    not pairs_weighed.is_office_same
                    or pairs_weighed.is_region_conflict
                    or pairs_weighed.score < pairs_weighed.hard_key_floor
                )
                then 'review'
            when pairs_weighed.hard_keys is not null then 'auto_merge'
            when pairs_weighed.is_name_conflict then 'veto'
            when
                pairs_weighed.is_form_compatible
                and pairs_weighed.is_place_same
                and pairs_weighed.is_same_name
                then 'auto_merge'
            when
                pairs_weighed.is_form_compatible
                and pairs_weighed.is_close_name
                and pairs_weighed.score >= pairs_weighed.auto_merge_line
                then 'auto_merge'
            when pairs_weighed.score >= pairs_weighed.review_line then 'review'
            else 'reject'
        end as verdict,
        case
            when pairs_weighed.decision_kind is not null then 'steward'
            when pairs_weighed.hard_keys is not null then 'hard_key'
            when
                pairs_weighed.is_form_compatible
                and pairs_weighed.is_place_same
                and pairs_weighed.is_same_name
                then 'exact_name'
            else 'score'
        end as match_basis

    from pairs_weighed

),

final as (

    select
        pairs_judged.source_record_id_left,
        pairs_judged.source_record_id_right,
        pairs_judged.score,
        pairs_judged.verdict,
        pairs_judged.match_basis,
        pairs_judged.evidence

    from pairs_judged

)

select * from final
