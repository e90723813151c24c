with

gains as (

    select * from {{ ref('int_scoring__gains_needed') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

changes as (

    select * from {{ ref('int_scoring__next_tiers_reached') }}

),

indicators as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

valued as (

    select
        changes.scorecard_id,
        changes.month,
        changes.group_account_id,
        changes.target_band,
        changes.indicator_id,
        changes.band_steps,
        changes.points_gained,
        changes.band,
        changes.needed_band,
        changes.needed_from,
        changes.needed_to,
        changes.reached_tier,
        changes.is_manual,
        changes.is_changeable,
        changes.indicator_id = any(indicators.missing_indicators) as was_missing,
        power(10::numeric, -changes.scale) as unit,
        case changes.indicator_id
            {%- for indicator in indicator_columns().split() %}
            when '{{ indicator }}' then indicators.{{ indicator }}
            {%- endfor %}
        end as indicator_value

    from changes

    inner join indicators
        on
            changes.month = indicators.month
            and changes.group_account_id = indicators.group_account_id

),

final as (

    select
        gains.scorecard_id,
        gains.month,
        gains.group_account_id,
        gains.target_band,
        scores.scorecard_version,
        gains.partition_id,
        gains.raw_tier,
        gains.is_next,
        scores.total_points,
        gains.points_short,
        valued.indicator_id is not null as is_one_change_enough,
        valued.indicator_id,
        -- Outside of a list there is no place to show.
        nullif(valued.indicator_value, 'Infinity') as indicator_value,
        -- The nearest value of the band: its first from below, its last from above.
        trim_scale(
            case
                when
                    coalesce(valued.indicator_value, '-Infinity')
                    < coalesce(valued.needed_from, '-Infinity')
                    then valued.needed_from
                else coalesce(valued.needed_to - valued.unit, valued.needed_from)
            end
        ) as needed_value,
        valued.band,
        valued.needed_band,
        valued.band_steps,
        valued.points_gained,
        valued.reached_tier,
        valued.is_manual,
        valued.is_changeable,
        valued.was_missing

    from gains

    inner join scores
        on
            gains.scorecard_id = scores.scorecard_id
            and gains.month = scores.month
            and gains.group_account_id = scores.group_account_id

    left join valued
        on
            gains.scorecard_id = valued.scorecard_id
            and gains.month = valued.month
            and gains.group_account_id = valued.group_account_id
            and gains.target_band = valued.target_band

)

select * from final
