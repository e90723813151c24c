-- The months of an agreement sum to what was last agreed on, to the cent; what an early
-- end without an amount leaves is what the days before it had got (S4-09, F62).
with

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

changes as (

    select * from {{ ref('int_revenue__agreement_changes_ordered') }}

),

agreement_months as (

    select * from {{ ref('int_revenue__agreement_months_split') }}

),

last_words as (

    select distinct on (agreement_id, version_number)
        agreement_id,
        version_number,
        amount

    from changes

    where amount is not null or change_kind = 'early_end'

    order by agreement_id asc, version_number asc, step_number desc

),

months_summed as (

    select
        agreement_id,
        version_number,
        sum(amount) as split_amount

    from agreement_months

    group by agreement_id, version_number

),

agreed as (

    select
        versions.agreement_id,
        versions.version_number,
        case
            when last_words.agreement_id is null then versions.amount
            else last_words.amount
        end as agreed_amount,
        months_summed.split_amount

    from versions

    left join last_words
        on
            versions.agreement_id = last_words.agreement_id
            and versions.version_number = last_words.version_number

    left join months_summed
        on
            versions.agreement_id = months_summed.agreement_id
            and versions.version_number = months_summed.version_number

)

select
    agreement_id,
    version_number,
    agreed_amount,
    split_amount

from agreed

where
    split_amount is null
    or agreed_amount <> split_amount
