-- The matcher has every rule it reads, once, and they make sense together.
{%- set rule_names = {
    'match_limits': 'limit_name',
    'match_weights': 'component',
    'match_hard_keys': 'key_kind',
    'match_place_bound_organs': 'organ_type',
    'survivorship_rules': 'column_name',
} %}
{%- set needed = {
    'match_limits': [
        'auto_merge_line', 'review_line', 'name_candidate_floor',
        'evidence_candidate_floor', 'hard_key_floor', 'brand_penalty',
        'exact_name_max_records', 'evidence_max_records', 'grams_per_name',
        'block_max_names', 'han_gram_length', 'latin_gram_length',
    ],
    'match_weights': ['name', 'address', 'phone', 'contact'],
    'match_hard_keys': ['credit_code', 'tax_number', 'organisation_code'],
    'survivorship_rules': survived_columns() | list,
} %}
with

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

organs as (

    select * from {{ ref('name_organs') }}

),

{% for seed in rule_names -%}
{{ seed }} as (

    select * from {{ ref(seed) }}

),

{% endfor -%}
rules_in_force as (

    {% for seed, column in rule_names.items() -%}
    select
        '{{ seed }}' as rule_set,
        {{ seed }}.{{ column }} as rule

    from {{ seed }}

    inner join limits
        on {{ is_rule_in_force(seed, 'limits.as_of_date') }}

    {{ 'union all' if not loop.last }}

    {% endfor -%}
),

rules_needed as (

    {% for seed, rules in needed.items() -%}
    select
        '{{ seed }}' as rule_set,
        unnest(array[{{ "'" ~ rules | join("', '") ~ "'" }}]) as rule

    union all

    {% endfor -%}
    -- Every place has an organ of each kind, so its name alone tells none.
    select distinct
        'match_place_bound_organs' as rule_set,
        organs.organ_type as rule

    from organs

    where organs.is_government

),

rules_counted as (

    select
        rules_in_force.rule_set,
        rules_in_force.rule,
        count(*) as rows_in_force

    from rules_in_force

    group by
        rules_in_force.rule_set,
        rules_in_force.rule

)

select
    coalesce(rules_needed.rule_set, rules_counted.rule_set) as rule_set,
    coalesce(rules_needed.rule, rules_counted.rule) as rule,
    case
        when rules_counted.rule is null then 'no version in force'
        else 'several versions in force'
    end as defect

from rules_needed

full outer join rules_counted
    on
        rules_needed.rule_set = rules_counted.rule_set
        and rules_needed.rule = rules_counted.rule

where rules_counted.rows_in_force is distinct from 1

union all

select
    'match_limits' as rule_set,
    'all' as rule,
    'limits or weights contradict each other' as defect

from limits

where
    limits.auto_merge_line <= limits.review_line
    or limits.name_weight + limits.address_weight + limits.phone_weight
    + limits.contact_weight <> 1
