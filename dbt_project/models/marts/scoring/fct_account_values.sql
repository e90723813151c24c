-- Established, potential and model value side by side (S4-12); the first rule that fits
-- gives the value type.
with

joined as (

    select * from {{ ref('int_scoring__values_joined') }}

),

rules as (

    select * from {{ ref('value_type_rules') }}

),

sales as (

    select * from {{ ref('int_indicators__sales_compared') }}

),

-- An unknown value reaches no bound; a rule without a bound asks for nothing.
typed as (

    select
        joined.month,
        joined.group_account_id,
        rules.value_type,
        rules.treatment_en,
        rules.treatment_zh,
        row_number() over (
            partition by joined.month, joined.group_account_id
            order by rules.rule_order, rules.value_type
        ) as row_number

    from joined

    inner join rules
        on
            {{ is_rule_in_force('rules', 'joined.month') }}
            and coalesce(
                joined.established_value_amount >= rules.min_established_amount,
                rules.min_established_amount is null
            )
            and coalesce(
                joined.potential_value_amount >= rules.min_potential_amount,
                rules.min_potential_amount is null
            )
            and coalesce(
                joined.model_value_score >= rules.min_model_score,
                rules.min_model_score is null
            )

    where joined.is_typed

),

final as (

    select
        joined.month,
        joined.group_account_id,
        joined.established_value_amount,
        joined.potential_value_amount,
        joined.agreement_amount,
        joined.opportunity_amount,
        joined.model_value_score,
        joined.model_value_tier,
        typed.value_type,
        typed.treatment_en as treatment,
        typed.treatment_zh,
        sales.cumulative_sales_amount,
        sales.average_yearly_sales_amount,
        sales.average_quarterly_sales_amount,
        sales.average_monthly_sales_amount,
        sales.sales_growth_pct,
        joined.transaction_days,
        joined.first_transaction_date,
        joined.last_transaction_date

    from joined

    left join typed
        on
            joined.month = typed.month
            and joined.group_account_id = typed.group_account_id
            and typed.row_number = 1

    left join sales
        on
            joined.month = sales.month
            and joined.group_account_id = sales.group_account_id

)

select * from final
