-- The engine (design decision 4): one look-up per indicator, whatever the scorecard.
with

indicators as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

rules as (

    select * from {{ ref('int_scoring__rules_pivoted') }}

),

-- A missing value finds no band and no points; so does an indicator not on the card.
-- Points stay columns until they are summed: an array would be unpacked at each look.
banded as {{ computed_once() }} (

    select
        rules.scorecard_id,
        indicators.month,
        indicators.group_account_id,
        indicators.total_amount,
        indicators.total_amount_3m,
        {%- for indicator in indicator_columns().split() %}
        coalesce(
            rules.{{ indicator }}_points[width_bucket(
                indicators.{{ indicator }}, rules.{{ indicator }}_thresholds
            ) + 1],
            0
        ) as {{ indicator }},
        {%- endfor %}
        (array[
            {%- for indicator in indicator_columns().split() %}
            rules.{{ indicator }}_bands[width_bucket(
                indicators.{{ indicator }}, rules.{{ indicator }}_thresholds
            ) + 1]{{ ',' if not loop.last }}
            {%- endfor %}
        ])[1:rules.last_position] as bands,
        {% for indicator in indicator_columns().split() -%}
        case
            when indicators.{{ indicator }} is not null
                then coalesce(rules.{{ indicator }}_weight, 0)
            else 0
        end{{ ' + ' if not loop.last }}
        {%- endfor %} as weights_known

    from indicators

    inner join rules
        on
            indicators.month = rules.month
            and indicators.account_kind = rules.subject

),

summed as (

    select
        banded.scorecard_id,
        rules.scorecard_version,
        banded.month,
        banded.group_account_id,
        banded.total_amount,
        banded.total_amount_3m,
        (array[
            {%- for indicator in indicator_columns().split() %}
            banded.{{ indicator }}{{ ',' if not loop.last }}
            {%- endfor %}
        ])[1:rules.last_position] as points,
        banded.bands,
        {%- for dimension in dimensions().split() %}
        {% for indicator in indicator_columns().split() -%}
        case
            when rules.{{ indicator }}_dimension = '{{ dimension }}'
                then banded.{{ indicator }}
            else 0
        end{{ ' + ' if not loop.last }}
        {%- endfor %} as {{ dimension }}_points,
        {%- endfor %}
        {% for indicator in indicator_columns().split() -%}
        banded.{{ indicator }}{{ ' + ' if not loop.last }}
        {%- endfor %} as total_points,
        round(100.0 * banded.weights_known / rules.weights_total, 2)
            as completeness_pct,
        rules.min_completeness_pct

    from banded

    inner join rules
        on
            banded.scorecard_id = rules.scorecard_id
            and banded.month = rules.month

),

final as (

    select
        scorecard_id,
        scorecard_version,
        month,
        group_account_id,
        points,
        bands,
        {%- for dimension in dimensions().split() %}
        {{ dimension }}_points,
        {%- endfor %}
        total_points,
        completeness_pct,
        completeness_pct < min_completeness_pct as is_provisional,
        total_amount,
        total_amount_3m

    from summed

)

select * from final
