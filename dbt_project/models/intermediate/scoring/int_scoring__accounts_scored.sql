-- The engine (design decision 4): one look-up per indicator, whatever the scorecard.
with

indicators as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

rules as (

    select * from {{ ref('int_scoring__rules_pivoted') }}

),

-- A missing value finds no band and no points; so does an indicator not on the card.
banded as {{ computed_once() }} (

    select
        rules.scorecard_id,
        indicators.month,
        indicators.group_account_id,
        indicators.total_amount,
        indicators.total_amount_3m,
        array[
            {%- for indicator in indicator_columns().split() %}
            coalesce(
                rules.{{ indicator }}_points[width_bucket(
                    indicators.{{ indicator }}, rules.{{ indicator }}_thresholds
                ) + 1],
                0
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ] as points,
        array[
            {%- for indicator in indicator_columns().split() %}
            rules.{{ indicator }}_bands[width_bucket(
                indicators.{{ indicator }}, rules.{{ indicator }}_thresholds
            ) + 1]{{ ',' if not loop.last }}
            {%- endfor %}
        ] as bands

    from indicators

    inner join rules
        on indicators.month = rules.month

),

summed as (

    select
        banded.scorecard_id,
        rules.scorecard_version,
        banded.month,
        banded.group_account_id,
        banded.total_amount,
        banded.total_amount_3m,
        banded.points,
        banded.bands,
        {%- for dimension in ['x', 'y', 'z'] %}
        {% for indicator in indicator_columns().split() -%}
        case
            when rules.{{ indicator }}_dimension = '{{ dimension }}'
                then banded.points[{{ loop.index }}]
            else 0
        end{{ ' + ' if not loop.last }}
        {%- endfor %} as {{ dimension }}_points,
        {%- endfor %}
        {% for indicator in indicator_columns().split() -%}
        banded.points[{{ loop.index }}]{{ ' + ' if not loop.last }}
        {%- endfor %} as total_points,
        round(
            100.0 * (
                {%- for indicator in indicator_columns().split() %}
                case
                    when banded.bands[{{ loop.index }}] is not null
                        then rules.{{ indicator }}_weight
                    else 0
                end{{ ' + ' if not loop.last }}
                {%- endfor %}
            ) / rules.weights_total,
            2
        ) as completeness_pct,
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
        x_points,
        y_points,
        z_points,
        total_points,
        completeness_pct,
        completeness_pct < min_completeness_pct as is_provisional,
        total_amount,
        total_amount_3m

    from summed

)

select * from final
