-- The matcher has every limit and weight it reads, once, and they make sense together.
with

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

match_limits as (

    select * from {{ ref('match_limits') }}

),

match_weights as (

    select * from {{ ref('match_weights') }}

),

survivorship_rules as (

    select * from {{ ref('survivorship_rules') }}

),

rules as (

    select
        'match_limits' as rule_set,
        match_limits.limit_name as rule,
        match_limits.valid_from,
        match_limits.valid_to

    from match_limits

    union all

    select
        'match_weights' as rule_set,
        match_weights.component as rule,
        match_weights.valid_from,
        match_weights.valid_to

    from match_weights

    union all

    select
        'survivorship_rules' as rule_set,
        survivorship_rules.column_name as rule,
        survivorship_rules.valid_from,
        survivorship_rules.valid_to

    from survivorship_rules

)

select
    rules.rule_set,
    rules.rule,
    'several versions in force' as defect

from rules

cross join limits

where {{ is_rule_in_force('rules', 'limits.as_of_date') }}

group by
    rules.rule_set,
    rules.rule

having count(*) > 1

union all

select
    'match_limits' as rule_set,
    'all' as rule,
    'limits or weights are missing or contradict each other' as defect

from limits

where
    num_nulls(
        limits.auto_merge_line, limits.review_line, limits.name_candidate_floor,
        limits.evidence_candidate_floor, limits.hard_key_floor,
        limits.brand_penalty, limits.exact_name_max_records,
        limits.evidence_max_records, limits.grams_per_name,
        limits.block_max_names, limits.han_gram_length, limits.latin_gram_length
    ) > 0
    or limits.auto_merge_line <= limits.review_line
    or coalesce(
        limits.name_weight + limits.address_weight + limits.phone_weight
        + limits.contact_weight,
        0
    ) <> 1
