-- A prospect that an active customer matches is a customer now.
with

matched as (

    select * from {{ ref('int_accounts__prospects_matched') }}

),

clustered as (

    select * from {{ ref('int_accounts__prospects_clustered') }}

),

-- One customer per prospect: the best basis, then the smaller id.
ranked as (

    select
        matched.month,
        clustered.group_account_id,
        matched.group_account_id as converted_group_account_id,
        matched.conversion_basis,
        row_number() over (
            partition by matched.month, clustered.group_account_id
            order by matched.basis_rank, matched.group_account_id
        ) as row_number

    from matched

    inner join clustered
        on matched.source_record_id = clustered.source_record_id

),

final as (

    select
        month,
        group_account_id,
        converted_group_account_id,
        conversion_basis

    from ranked

    where row_number = 1

)

select * from final
