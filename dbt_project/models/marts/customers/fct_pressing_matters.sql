-- The weights and what is added to them are rule rows. Equals go by date, by amount,
-- by name and by what is to be done; the matter itself ends every tie. Small arrears
-- and old promises press nobody.
with

matters as (

    select * from {{ ref('int_scoring__matters_assigned') }}

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

pressing_rules as (

    select * from {{ ref('pressing_rules') }}

),

pressing_kinds as (

    select * from {{ ref('pressing_kinds') }}

),

measured as (

    select
        matters.*,
        pressing_kinds.name_en as kind_name,
        pressing_kinds.name_zh as kind_name_zh,
        concat_ws(' ', pressing_kinds.action_en, matters.matter_text) as what_to_do,
        concat(pressing_kinds.action_zh, matters.matter_text) as what_to_do_zh,
        pressing_kinds.kind_weight,
        pressing_rules.top_tier_weight,
        pressing_rules.due_weight,
        coalesce(
            matters.due_date <= months.month_end_date + pressing_rules.soon_days, false
        ) as is_due,
        coalesce(
            round(
                pressing_rules.largest_amount_weight
                * greatest(matters.amount, 0)
                / nullif(max(greatest(matters.amount, 0)) over same_list, 0)
            ),
            0
        ) as amount_weight,
        pressing_rules.version as pressing_rule_version

    from matters

    inner join months
        on matters.month = months.month

    inner join pressing_rules
        on {{ is_rule_in_force('pressing_rules', 'matters.month') }}

    inner join pressing_kinds
        on
            pressing_rules.pressing_rule_id = pressing_kinds.pressing_rule_id
            and pressing_rules.version = pressing_kinds.version
            and matters.matter_kind = pressing_kinds.matter_kind

    where
        (
            matters.matter_kind = 'arrears'
            and matters.amount < pressing_rules.least_amount
        ) is not true
        and (
            matters.matter_kind = 'promise'
            and months.month_end_date - pressing_rules.promise_days
            > coalesce(matters.due_date, matters.noted_date)
        ) is not true

    window same_list as (
        partition by matters.month, matters.manager_id, matters.matter_kind
    )

),

weighed as (

    select
        measured.*,
        (
            kind_weight
            + case when is_top_tier then top_tier_weight else 0 end
            + amount_weight
            + case when is_due then due_weight else 0 end
        )::integer as weight

    from measured

),

final as (

    select
        month,
        manager_id,
        row_number() over (
            partition by month, manager_id
            order by
                weight desc,
                due_date asc nulls last,
                coalesce(amount, 0) desc,
                account_name collate "C" asc,
                what_to_do collate "C" asc,
                matter_kind asc,
                system_name collate "C" asc,
                matter_id collate "C" asc
        )::integer as place,
        matter_kind,
        system_name,
        matter_id,
        group_account_id,
        account_id_crm,
        account_name,
        branch_id,
        manager_id_left,
        is_own_account,
        kind_name,
        kind_name_zh,
        what_to_do,
        what_to_do_zh,
        noted_date,
        due_date,
        amount::numeric(18, 2) as amount,
        satisfaction_points,
        days_since_visit,
        is_due,
        is_top_tier,
        weight,
        pressing_rule_version

    from weighed

)

select * from final
