-- A scorecard that names judgements has the weights that follow from them: the weights
-- of its indicators sum to the whole per cents of their class, which its dimension is
-- named for (S4-03, A.6.1, A.6.4). Those in force in the version's first month count.
with

scorecards as (

    select * from {{ ref('scorecards') }}
    where ahp_id is not null

),

card_indicators as (

    select * from {{ ref('scorecard_indicators') }}

),

judged as (

    select * from {{ ref('dim_ahp_weights') }}

),

card_weights as (

    select
        scorecards.scorecard_id,
        scorecards.version,
        scorecards.ahp_id,
        scorecards.valid_from,
        card_indicators.dimension_name,
        sum(card_indicators.weight) as weight

    from scorecards

    inner join card_indicators
        on
            scorecards.scorecard_id = card_indicators.scorecard_id
            and scorecards.version = card_indicators.version

    group by
        scorecards.scorecard_id,
        scorecards.version,
        scorecards.ahp_id,
        scorecards.valid_from,
        card_indicators.dimension_name

),

-- Without judgements in force there is nothing the weights follow from.
expected as (

    select
        scorecards.scorecard_id,
        scorecards.version,
        judged.item,
        judged.weight_pct

    from scorecards

    left join judged
        on
            scorecards.ahp_id = judged.ahp_id
            and scorecards.valid_from >= judged.valid_from
            and coalesce(scorecards.valid_from <= judged.valid_to, true)

)

select
    coalesce(card_weights.scorecard_id, expected.scorecard_id) as scorecard_id,
    coalesce(card_weights.version, expected.version) as version,
    card_weights.dimension_name,
    expected.item,
    card_weights.weight,
    expected.weight_pct

from card_weights

full join expected
    on
        card_weights.scorecard_id = expected.scorecard_id
        and card_weights.version = expected.version
        and card_weights.dimension_name = expected.item

where card_weights.weight is distinct from expected.weight_pct
