with

source as (

    select * from {{ source('crm', 'contacts') }}

),

final as (

    select
        _system as system_name,
        contact_id,
        account_id,
        contact_role,
        -- Only whether two records share a person's phone matters from here on.
        md5({{ phone_key('contact_phone') }}) as phone_fingerprint

    from source

    where {{ is_current_row() }}

)

select * from final
