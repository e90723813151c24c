-- One row per record name that belongs to a block: a signature of all that decides with
-- which names it is compared and how alike they are, and, if a name of this signature
-- was compared with all others before, the partners it had (F16).
with

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

name_keys as (

    select * from {{ ref('int_accounts__name_keys_placed') }}

),

blocks as (

    select * from {{ ref('int_accounts__blocks_counted') }}

),

rules as (

    select * from {{ ref('int_accounts__match_rules_hashed') }}

),

names_remembered as (

    select * from {{ ref('stg_cache__names_compared') }}

),

-- A block of one counts too: its name finds a partner as soon as another one joins.
keys_gathered as (

    select
        name_keys.name_number,
        array_agg(
            array[name_keys.key_kind, name_keys.place, name_keys.block_key]
            order by
                name_keys.key_kind, name_keys.place, name_keys.block_key collate "C"
        ) as block_keys

    from name_keys

    left join blocks
        on
            name_keys.branch_id = blocks.branch_id
            and name_keys.key_kind = blocks.key_kind
            and name_keys.block_key = blocks.block_key
            and name_keys.place = blocks.place

    where blocks.is_skipped is distinct from true

    group by name_keys.name_number

),

names_keyed as (

    select
        names_listed.name_number,
        {{ content_key([
            'rules.rules_hash', 'names_listed.source_record_id',
            'names_listed.name_text', 'names_listed.branch_id',
            'names_listed.match_name', 'names_listed.gram_length',
            'keys_gathered.block_keys',
        ]) }} as signature

    from keys_gathered

    inner join names_listed
        on keys_gathered.name_number = names_listed.name_number

    cross join rules

),

final as (

    select
        names_keyed.name_number,
        names_keyed.signature,
        names_remembered.signature is not null as is_known,
        names_remembered.partners,
        names_remembered.agreements

    from names_keyed

    left join names_remembered
        on names_keyed.signature = names_remembered.signature

)

select * from final
