-- The smallest change of one indicator that gains what a better band takes: what can be
-- moved by account management before what can't, then fewest bands, then what is
-- measured before what people enter, then fewest points, then the first in the
-- dictionary. From a missing value the first band is one step away. Where no indicator
-- has that much room, there is no row.
with

gains as (

    select * from {{ ref('int_scoring__gains_needed') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

ladders as (

    select * from {{ ref('int_scoring__ladders_built') }}

),

rooms as (

    select
        scorecard_id,
        scorecard_version,
        max(most_points) as most_points

    from ladders

    group by scorecard_id, scorecard_version

),

-- Most accounts are further from most bands than any indicator weighs.
hopeful as (

    select
        gains.scorecard_id,
        gains.month,
        gains.group_account_id,
        gains.target_band,
        {%- for name in dimensions().split() %}
        gains.{{ name }}_gain,
        {%- endfor %}
        scores.scorecard_version,
        scores.points,
        scores.bands

    from gains

    inner join scores
        on
            gains.scorecard_id = scores.scorecard_id
            and gains.month = scores.month
            and gains.group_account_id = scores.group_account_id

    inner join rooms
        on
            scores.scorecard_id = rooms.scorecard_id
            and scores.scorecard_version = rooms.scorecard_version
            and gains.points_short <= rooms.most_points

),

candidates as (

    select
        hopeful.scorecard_id,
        hopeful.month,
        hopeful.group_account_id,
        hopeful.target_band,
        ladders.position,
        ladders.is_manual,
        ladders.is_changeable,
        ladders.ladder_points,
        hopeful.points[ladders.position] as points,
        coalesce(
            array_position(ladders.ladder_band, hopeful.bands[ladders.position]), 0
        ) as place,
        case ladders.dimension
            {%- for name in dimensions().split() %}
            when '{{ name }}' then hopeful.{{ name }}_gain
            {%- endfor %}
        end as gain

    from hopeful

    inner join ladders
        on
            hopeful.scorecard_id = ladders.scorecard_id
            and hopeful.scorecard_version = ladders.scorecard_version
            and ladders.most_points - hopeful.points[ladders.position]
            >= case ladders.dimension
                {%- for name in dimensions().split() %}
                when '{{ name }}' then hopeful.{{ name }}_gain
                {%- endfor %}
            end

),

placed as (

    select
        *,
        width_bucket(points + gain - 1, ladder_points) + 1 as new_place

    from candidates

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        target_band,
        -- Whether nobody can move it, steps, whether people enter it, points gained,
        -- position and place: the least of them is the smallest.
        min(
            array[
                (not is_changeable)::integer,
                new_place - place,
                is_manual::integer,
                ladder_points[new_place] - points,
                position,
                new_place
            ]
        ) as smallest_change

    from placed

    group by scorecard_id, month, group_account_id, target_band

)

select * from final
