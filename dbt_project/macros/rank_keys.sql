{#
    What an account is ranked by, in the order of its rule, as if it had some points
    more; each key from high to low, an unknown one last.

    Arguments:
        scores: relation with the points by dimension, `total_points` and the amounts.
        rank_order: array of the keys' names.
        gain: points more in all.
        dimension: expression of the dimension that they belong to.
#}
{% macro rank_keys(scores, rank_order, gain='0', dimension='null') -%}
    array[
            {%- for place in range(1, 5) %}
            coalesce(
                case {{ rank_order }}[{{ place }}]
                    when 'total' then {{ scores }}.total_points + {{ gain }}
                    {%- for name in dimensions().split() %}
                    when '{{ name }}' then {{ scores }}.{{ name }}_points
                    {%- if gain != '0' %} + case when {{ dimension }} = '{{ name }}' then {{ gain }} else 0 end
                    {%- endif %}
                    {%- endfor %}
                    when 'amount' then {{ scores }}.total_amount
                    when 'amount_3m' then {{ scores }}.total_amount_3m
                end,
                '-Infinity'::numeric
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ]
{%- endmacro %}

{# Whether keys come before a bar's; who is level with it does if its id is lower. #}
{% macro beats_bar(keys, account_id, bars) -%}
    (
        {{ keys }} > {{ bars }}.bar_keys
        or (
            {{ keys }} = {{ bars }}.bar_keys
            and ({{ bars }}.is_level_enough or {{ account_id }} < {{ bars }}.bar_account_id)
        )
    )
{%- endmacro %}

{# The first key that points of a dimension move; null if none does. #}
{% macro first_key(dimension) -%}
    least(
                array_position(rank_order, 'total'),
                array_position(rank_order, '{{ dimension }}')
            )
{%- endmacro %}

{#
    To be level with the bar may be enough, one more beats it, or no points do: a key
    before the first that they move may decide.
#}
{% macro least_gain(scores, dimension) -%}
    {%- set distance = scores ~ '.' ~ dimension ~ '_distance' -%}
    {%- set keys = scores ~ '.rank_order' -%}
    case
            when {{ beats_bar(
                rank_keys(scores, keys, distance, "'" ~ dimension ~ "'"),
                scores ~ '.group_account_id',
                scores
            ) }}
                then {{ distance }}
            when
                {{ keys }}[1] in ('total', '{{ dimension }}')
                or {{ beats_bar(
                    rank_keys(scores, keys, distance ~ ' + 1', "'" ~ dimension ~ "'"),
                    scores ~ '.group_account_id',
                    scores
                ) }}
                then {{ distance }} + 1
        end
{%- endmacro %}

{# Points of a dimension after a change of one indicator. #}
{% macro points_with_gain(name) -%}
    changed.{{ name }}_points
                + case changed.dimension
                    when '{{ name }}' then changed.points_gained else 0
                end
{%- endmacro %}
