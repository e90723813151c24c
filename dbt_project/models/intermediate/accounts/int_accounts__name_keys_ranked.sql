-- One row per record name and blocking key: the rarest character groups that it shares
-- with another name of its branch, and the phone, address or contact of its record.
with

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

evidence as (

    select * from {{ ref('int_accounts__evidence_counted') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

grams_listed as (

    select
        names_listed.name_number,
        names_listed.branch_id,
        grams.gram,
        count(*) over (
            partition by names_listed.branch_id, grams.gram
        ) as names_sharing

    from names_listed

    cross join lateral unnest(names_listed.name_grams) as grams (gram)

),

-- A group of one name finds no partner, so it must not take a key's place.
grams_ranked as (

    select
        grams_listed.name_number,
        grams_listed.branch_id,
        grams_listed.gram,
        row_number() over (
            partition by grams_listed.name_number
            order by grams_listed.names_sharing, grams_listed.gram collate "C"
        ) as gram_rank

    from grams_listed

    where grams_listed.names_sharing > 1

),

final as (

    select
        grams_ranked.name_number,
        grams_ranked.branch_id,
        'gram' as key_kind,
        grams_ranked.gram as block_key

    from grams_ranked

    cross join limits

    where grams_ranked.gram_rank <= limits.grams_per_name

    union all

    select
        names_listed.name_number,
        names_listed.branch_id,
        evidence.evidence_kind as key_kind,
        evidence.evidence_key as block_key

    from evidence

    inner join names_listed
        on evidence.source_record_id = names_listed.source_record_id

    where evidence.is_used and evidence.records_sharing > 1

)

select * from final
