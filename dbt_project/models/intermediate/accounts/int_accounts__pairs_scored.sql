-- One row per found pair of source records with its score and what the pair alone says.
with

pairs_compared as (

    select * from {{ ref('int_accounts__pairs_compared') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

-- What is not known adds nothing to the score.
pairs_measured as (

    select
        pairs_compared.*,
        round(
            pairs_compared.name_overlap * case
                when pairs_compared.is_branded
                    then
                        1 - limits.brand_penalty
                        * (1 - coalesce(pairs_compared.brand_overlap, 0))
                else 1
            end,
            4
        ) as name_amount,
        coalesce(pairs_compared.address_overlap, 0) as address_amount,
        coalesce(pairs_compared.phone_equal, false)::integer as phone_amount,
        coalesce(pairs_compared.contact_equal, false)::integer as contact_amount

    from pairs_compared

    cross join limits

),

pairs_weighed as (

    select
        pairs_measured.source_record_id_left,
        pairs_measured.source_record_id_right,
        pairs_measured.hard_keys,
        pairs_measured.decision_kind,
        pairs_measured.is_code_conflict,
        pairs_measured.is_branch_conflict,
        pairs_measured.is_head_related,
        limits.auto_merge_line,
        limits.review_line,
        ---------- the score, exact to four decimals
        round(
            limits.name_weight * pairs_measured.name_amount
            + limits.address_weight * pairs_measured.address_amount
            + limits.phone_weight * pairs_measured.phone_amount
            + limits.contact_weight * pairs_measured.contact_amount,
            4
        ) as score,
        ---------- what rules a merge out
        pairs_measured.is_number_conflict
        or pairs_measured.is_region_conflict
        or pairs_measured.is_organ_conflict
        -- 曲靖市教育局 is not the 教育局 of one of the city's districts, nor of another.
        or not pairs_measured.is_branded
        and (
            pairs_measured.is_county_different
            or pairs_measured.is_region_named
            and not pairs_measured.is_region_level_equal
        ) as is_name_conflict,
        ---------- what a merge without a number needs in any case
        pairs_measured.is_number_equal
        and not pairs_measured.is_form_conflict as is_form_compatible,
        -- A registered full name is given once in a place; a short one in each county.
        case
            when pairs_measured.is_branded
                then
                    pairs_measured.is_form_equal
                    or not pairs_measured.is_county_different
            else
                pairs_measured.is_region_level_equal
                and (
                    pairs_measured.is_region_named
                    or not pairs_measured.is_county_unsure
                )
        end as is_place_same,
        pairs_measured.name_overlap = 1 and pairs_measured.is_telling as is_same_name,
        pairs_measured.name_overlap = 1
        and not pairs_measured.is_county_different
        or pairs_measured.is_branded
        and pairs_measured.is_typing_error
        and not pairs_measured.is_county_different
        and (
            pairs_measured.brand_equal
            or pairs_measured.brand_overlap >= limits.close_brand_floor
            and pairs_measured.phone_amount = 1
            and pairs_measured.address_overlap = 1
        ) as is_close_name,
        ---------- the evidence, without anything personal
        jsonb_build_object(
            'rules', limits.limits_version || '/' || limits.weights_version,
            'names_compared', pairs_measured.names_compared,
            'name_overlap', pairs_measured.name_overlap,
            'brand_overlap', pairs_measured.brand_overlap,
            'hard_keys', to_jsonb(pairs_measured.hard_keys),
            {%- for component, value, amount in [
                ('name', 'name_amount', 'name_amount'),
                ('address', 'address_overlap', 'address_amount'),
                ('phone', 'phone_equal', 'phone_amount'),
                ('contact', 'contact_equal', 'contact_amount'),
            ] %}
            '{{ component }}', {{ evidence_step(
                'pairs_measured.' ~ value,
                'pairs_measured.' ~ amount,
                'limits.' ~ component ~ '_weight',
            ) }},
            {%- endfor %}
            'conflicts', to_jsonb(array_remove(array[
                {%- for conflict in [
                    'code', 'branch', 'number', 'region', 'organ', 'form'
                ] %}
                case
                    when pairs_measured.is_{{ conflict }}_conflict
                        then '{{ conflict }}'
                end{{ ',' if not loop.last }}
                {%- endfor %}
            ], null))
        ) as evidence

    from pairs_measured

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
            when pairs_weighed.is_code_conflict then 'veto'
            when pairs_weighed.is_branch_conflict and pairs_weighed.is_head_related
                then 'linked'
            when
                pairs_weighed.is_branch_conflict
                and pairs_weighed.hard_keys is not null
                then 'review'
            when pairs_weighed.is_branch_conflict then 'veto'
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
