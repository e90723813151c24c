{{ config(materialized='view') }}

-- Reads marts only, so that it stays true of whatever months are published. The order
-- of the parts is fixed: identity, then facts and missingness, then rules. Without a
-- replay, all that the values of a regrouped account changed counts as identity.
{%- set indicators = indicator_columns().split() %}
with

scores as {{ computed_in_place() }} (

    select * from {{ ref('fct_account_scores') }}

),

indicators as {{ computed_in_place() }} (

    select * from {{ ref('fct_account_indicators') }}

),

records as {{ computed_in_place() }} (

    select * from {{ ref('bridge_account_records') }}

),

bands as (

    select * from {{ ref('dim_scorecard_bands') }}

),

pyramid as (

    select * from {{ ref('fct_value_pyramid') }}

),

card_months as (

    select distinct
        scorecard_id,
        month,
        scorecard_version

    from pyramid

),

months_paired as (

    select
        scorecard_id,
        month,
        lag(month) over months_of_card as old_month,
        scorecard_version,
        lag(scorecard_version) over months_of_card as old_scorecard_version

    from card_months

    window months_of_card as (partition by scorecard_id order by month)

),

rules_pivoted as (

    select
        scorecard_id,
        scorecard_version,
        {%- for indicator in indicators %}
        array_remove(
            array_agg(band_from order by band_from) filter (
                where indicator_id = '{{ indicator }}'
            ),
            null
        ) as {{ indicator }}_thresholds,
        array_agg(points order by band_from nulls first) filter (
            where indicator_id = '{{ indicator }}'
        ) as {{ indicator }}_points,
        {%- endfor %}
        array_remove(
            array_agg(distinct array_position(
                string_to_array('{{ indicators | join(' ') }}', ' '), indicator_id
            )),
            null
        ) as positions

    from bands

    group by scorecard_id, scorecard_version

),

-- What a pair of months compares: the indicators of either card.
rules_paired as (

    select
        months_paired.scorecard_id,
        months_paired.month,
        months_paired.old_month,
        months_paired.old_scorecard_version,
        months_paired.scorecard_version,
        months_paired.old_scorecard_version = months_paired.scorecard_version
            as is_same_version,
        {%- for indicator in indicators %}
        old_rules.{{ indicator }}_thresholds,
        old_rules.{{ indicator }}_points,
        {%- endfor %}
        case
            when old_rules.positions = new_rules.positions then new_rules.positions
            else array(
                    select listed.position
                    from unnest(old_rules.positions || new_rules.positions)
                            as listed (position)
                    group by listed.position
                )
        end as positions

    from months_paired

    inner join rules_pivoted as old_rules
        on
            months_paired.scorecard_id = old_rules.scorecard_id
            and months_paired.old_scorecard_version = old_rules.scorecard_version

    inner join rules_pivoted as new_rules
        on
            months_paired.scorecard_id = new_rules.scorecard_id
            and months_paired.scorecard_version = new_rules.scorecard_version

),

-- Records that both months know, but in different accounts.
records_moved as (

    select
        months_paired.scorecard_id,
        months_paired.month,
        accounts.group_account_id

    from months_paired

    inner join records
        on months_paired.month = records.month

    inner join records as old_records
        on
            months_paired.old_month = old_records.month
            and records.source_record_id = old_records.source_record_id
            and records.group_account_id <> old_records.group_account_id

    cross join
        lateral unnest(
            array[records.group_account_id, old_records.group_account_id]
        ) as accounts (group_account_id)

),

-- Accounts of either month: those that appeared or ended have one side only.
sides as (
    {% for side, month in [('old', 'old_month'), ('new', 'month')] %}
    select
        months_paired.scorecard_id,
        months_paired.month,
        scores.group_account_id,
        '{{ side }}' as side,
        scores.points,
        scores.bands,
        -- Null is missing; known without a value is outside of a delivered list, and
        -- last.
        array[
            {%- for indicator in indicators %}
            case
                when indicators.{{ indicator }} is not null
                    then indicators.{{ indicator }}::numeric
                when '{{ indicator }}' <> all(indicators.missing_indicators)
                    then 'Infinity'
            end{{ ',' if not loop.last }}
            {%- endfor %}
        ] as indicator_values

    from months_paired

    inner join scores
        on
            months_paired.scorecard_id = scores.scorecard_id
            and months_paired.{{ month }} = scores.month

    inner join indicators
        on
            scores.month = indicators.month
            and scores.group_account_id = indicators.group_account_id

    where months_paired.old_month is not null

    union all
    {% endfor %}
    select
        scorecard_id,
        month,
        group_account_id,
        'moved' as side,
        null as points,
        null as bands,
        null as indicator_values

    from records_moved

),

sides_joined as (

    select
        scorecard_id,
        month,
        group_account_id,
        {%- for side in ['old', 'new'] %}
        max(points) filter (where side = '{{ side }}') as {{ side }}_points,
        max(bands) filter (where side = '{{ side }}') as {{ side }}_bands,
        max(indicator_values) filter (where side = '{{ side }}')
            as {{ side }}_values,
        {%- endfor %}
        bool_or(side = 'moved') as is_regrouped

    from sides

    group by scorecard_id, month, group_account_id

),

replayed as (

    select
        sides_joined.*,
        rules_paired.old_month,
        rules_paired.old_scorecard_version,
        rules_paired.scorecard_version,
        rules_paired.positions,
        case
            when rules_paired.is_same_version then sides_joined.new_points
            else array[
                    {%- for indicator in indicators %}
                    rules_paired.{{ indicator }}_points[width_bucket(
                        sides_joined.new_values[{{ loop.index }}],
                        rules_paired.{{ indicator }}_thresholds
                    ) + 1]{{ ',' if not loop.last }}
                    {%- endfor %}
                ]
        end as replayed_points

    from sides_joined

    inner join rules_paired
        on
            sides_joined.scorecard_id = rules_paired.scorecard_id
            and sides_joined.month = rules_paired.month

    where sides_joined.old_points is not null or sides_joined.new_points is not null

),

unpivoted as (

    select
        replayed.scorecard_id,
        replayed.month,
        replayed.group_account_id,
        (string_to_array('{{ indicators | join(' ') }}', ' '))[positions.position]
            as indicator_id,
        positions.position,
        replayed.old_month,
        replayed.old_scorecard_version,
        replayed.scorecard_version,
        case
            when replayed.old_points is not null and replayed.new_points is not null
                then 'both'
            when replayed.new_points is null and replayed.is_regrouped
                then 'merged_away'
            when replayed.new_points is null then 'left'
            when replayed.is_regrouped then 'split_off'
            else 'new'
        end as account_change,
        replayed.is_regrouped,
        {%- for side in ['old', 'new'] %}
        nullif(replayed.{{ side }}_values[positions.position], 'Infinity')
            as {{ side }}_value,
        case
            when replayed.{{ side }}_points is not null
                then replayed.{{ side }}_values[positions.position] is null
        end as is_{{ side }}_missing,
        replayed.{{ side }}_bands[positions.position] as {{ side }}_band,
        coalesce(replayed.{{ side }}_points[positions.position], 0)
            as {{ side }}_points,
        {%- endfor %}
        coalesce(replayed.replayed_points[positions.position], 0) as replayed_points

    from replayed

    cross join lateral unnest(replayed.positions) as positions (position)

),

parted as (

    select
        *,
        case
            when is_regrouped then 'identity'
            when is_old_missing <> is_new_missing then 'missingness'
            else 'facts'
        end as value_part

    from unpivoted

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        indicator_id,
        position,
        old_month,
        old_scorecard_version,
        scorecard_version,
        account_change,
        not is_regrouped as is_exact,
        old_value,
        new_value,
        is_old_missing,
        is_new_missing,
        old_band,
        new_band,
        old_points,
        new_points,
        new_points - old_points as changed_points,
        {%- for part in ['facts', 'missingness', 'identity'] %}
        case
            when value_part = '{{ part }}' then replayed_points - old_points else 0
        end as {{ part }}_points,
        {%- endfor %}
        new_points - replayed_points as rules_points

    from parted

)

select * from final
