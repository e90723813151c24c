-- Latches name the account of the publication they come from: the record an account was
-- born as tells which account it belongs to now. Of merged accounts' latches the one
-- least outside counts.
with

latches as (

    select * from {{ ref('stg_jinta__latches_carried') }}

),

records as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

final as (

    select
        latches.scorecard_id,
        latches.month,
        records.group_account_id,
        latches.tier_band,
        min(latches.months_outside) as months_outside

    from latches

    inner join records
        on
            latches.group_account_id
            = {{ group_account_id('records.source_record_id') }}

    group by
        latches.scorecard_id,
        latches.month,
        records.group_account_id,
        latches.tier_band

)

select * from final
