with

match_limits as (

    select * from {{ ref('match_limits') }}

),

match_weights as (

    select * from {{ ref('match_weights') }}

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

-- Identity is derived as of one day, so one version of the rules holds for all months.
as_of as (

    select max(months.as_of_date) as as_of_date

    from months

),

limits_in_force as (

    select
        {%- for limit in [
            'auto_merge_line', 'review_line', 'name_candidate_floor',
            'evidence_candidate_floor', 'hard_key_floor', 'brand_penalty'
        ] %}
        max(match_limits.limit_value) filter (
            where match_limits.limit_name = '{{ limit }}'
        )::numeric as {{ limit }},
        {%- endfor %}
        {%- for limit in [
            'exact_name_max_records', 'evidence_max_records', 'grams_per_name',
            'block_max_names', 'han_gram_length', 'latin_gram_length'
        ] %}
        max(match_limits.limit_value) filter (
            where match_limits.limit_name = '{{ limit }}'
        )::integer as {{ limit }},
        {%- endfor %}
        max(match_limits.version) as limits_version

    from match_limits

    inner join as_of
        on {{ is_rule_in_force('match_limits', 'as_of.as_of_date') }}

),

weights_in_force as (

    select
        {%- for component in ['name', 'address', 'phone', 'contact'] %}
        max(match_weights.weight) filter (
            where match_weights.component = '{{ component }}'
        )::numeric as {{ component }}_weight,
        {%- endfor %}
        max(match_weights.version) as weights_version

    from match_weights

    inner join as_of
        on {{ is_rule_in_force('match_weights', 'as_of.as_of_date') }}

),

final as (

    select
        limits_in_force.limits_version,
        weights_in_force.weights_version,
        as_of.as_of_date,
        limits_in_force.auto_merge_line,
        limits_in_force.review_line,
        limits_in_force.name_candidate_floor,
        limits_in_force.evidence_candidate_floor,
        limits_in_force.hard_key_floor,
        limits_in_force.brand_penalty,
        limits_in_force.exact_name_max_records,
        limits_in_force.evidence_max_records,
        limits_in_force.grams_per_name,
        limits_in_force.block_max_names,
        limits_in_force.han_gram_length,
        limits_in_force.latin_gram_length,
        weights_in_force.name_weight,
        weights_in_force.address_weight,
        weights_in_force.phone_weight,
        weights_in_force.contact_weight

    from limits_in_force

    cross join weights_in_force

    cross join as_of

)

select * from final
