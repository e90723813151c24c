-- Guards the work lists (S2-06): of the kinds that the rule lists, they hold as many
-- matters of each account as its overview counts, which adds them up by itself; tasks
-- of closed accounts press nobody.
with

overviews as (

    select * from {{ ref('fct_account_overviews') }}
    where is_identified

),

matters as (

    select * from {{ ref('fct_pressing_matters') }}
    where is_own_account

),

pressing_rules as (

    select * from {{ ref('pressing_rules') }}

),

pressing_kinds as (

    select * from {{ ref('pressing_kinds') }}

),

counted as (

    select
        overviews.month,
        overviews.group_account_id,
        kinds.matter_kind,
        kinds.rows_counted

    from overviews

    cross join
        lateral (
            values
            ('complaint', overviews.open_complaints),
            (
                'task',
                case when overviews.is_active then overviews.overdue_tasks else 0 end
            ),
            ('survey', overviews.open_follow_ups)
        ) as kinds (matter_kind, rows_counted)

    inner join pressing_rules
        on {{ is_rule_in_force('pressing_rules', 'overviews.month') }}

    inner join pressing_kinds
        on
            pressing_rules.pressing_rule_id = pressing_kinds.pressing_rule_id
            and pressing_rules.version = pressing_kinds.version
            and kinds.matter_kind = pressing_kinds.matter_kind

),

listed as (

    select
        month,
        group_account_id,
        matter_kind,
        count(*) as rows_listed

    from matters

    group by month, group_account_id, matter_kind

)

select
    counted.month,
    counted.group_account_id,
    counted.matter_kind,
    counted.rows_counted,
    coalesce(listed.rows_listed, 0) as rows_listed

from counted

left join listed
    on
        counted.month = listed.month
        and counted.group_account_id = listed.group_account_id
        and counted.matter_kind = listed.matter_kind

where counted.rows_counted <> coalesce(listed.rows_listed, 0)
