{#
    Key of a content: equal for equal values, null told from the empty text, and in
    practice for nothing else (128 bits).
#}
{% macro content_key(columns) -%}
    md5(row({{ columns | join(', ') }})::text)::uuid
{%- endmacro %}

{#
    What stands for the code of the matcher in the hashes of its rules: the SQL of this
    project's macros and account models, and the server whose text functions it calls.
#}
{% macro code_hash() -%}
    '{{ var("matching_code", none) or invocation_id }}',
    current_setting('server_version')
{%- endmacro %}

{# What is read in a name: the columns that are kept for the next time. #}
{% macro read_columns() -%}
    {{ return([
        'folded_name', 'normalised_name', 'core_name', 'brand_word', 'legal_form',
        'organ_type', 'region_province', 'region_city', 'region_county',
        'branch_marker', 'head_part', 'is_government', 'script',
    ]) }}
{%- endmacro %}

{#
    Hooks that keep what a run worked out, in the transaction of the model they belong
    to.

    Readings of names are kept for a month after they were last used: runs on different
    knowledge would else take turns in throwing away what the other one needs.
#}
{% macro remember_names_read() -%}
    delete from {{ source('cache', 'names_read') }}
    where used_on < current_date - 30;

    update {{ source('cache', 'names_read') }} as remembered
    set used_on = current_date
    from {{ ref('int_accounts__names_recalled') }} as recalled
    where
        remembered.content_key = recalled.content_key
        and recalled.used_on < current_date - 7;

    insert into {{ source('cache', 'names_read') }} (
        content_key, used_on, {{ read_columns() | join(', ') }}
    )
    select
        recalled.content_key,
        current_date,
        {%- for column in read_columns() %}
        names_read.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_accounts__names_read') }} as names_read
    inner join {{ ref('int_accounts__names_recalled') }} as recalled
        on names_read.name_text = recalled.name_text
    on conflict do nothing
{%- endmacro %}

{#
    Each name that has been compared with all others, with its partners to the right.
    Any row may be lost: its name is then compared again.
#}
{% macro remember_names_compared() -%}
    delete from {{ source('cache', 'names_compared') }} as remembered
    where not exists (
        select 1
        from {{ ref('int_accounts__names_signed') }} as signed
        where signed.signature = remembered.signature
    );

    insert into {{ source('cache', 'names_compared') }} as remembered (
        signature, partners, agreements
    )
    select
        signed.signature,
        coalesce(
            array_agg(partners.signature order by partners.signature)
            filter (where partners.signature is not null),
            '{}'
        ) as partners,
        coalesce(
            array_agg(pairs.name_overlap order by partners.signature)
            filter (where partners.signature is not null),
            '{}'
        ) as agreements
    from {{ ref('int_accounts__names_signed') }} as signed
    left join {{ this }} as pairs
        on signed.name_number = pairs.name_number_left
    left join {{ ref('int_accounts__names_signed') }} as partners
        on pairs.name_number_right = partners.name_number
    group by signed.signature
    on conflict (signature) do update
    set partners = excluded.partners, agreements = excluded.agreements
    where
        (remembered.partners, remembered.agreements)
        is distinct from (excluded.partners, excluded.agreements)
{%- endmacro %}

{% macro remember_pairs_scored() -%}
    delete from {{ source('cache', 'pairs_scored') }} as remembered
    where not exists (
        select 1
        from {{ ref('int_accounts__pairs_signed') }} as signed
        where signed.content_key = remembered.content_key
    );

    insert into {{ source('cache', 'pairs_scored') }} (
        content_key, score, verdict, match_basis, evidence
    )
    select
        signed.content_key,
        weighed.score,
        weighed.verdict,
        weighed.match_basis,
        weighed.evidence
    from {{ ref('int_accounts__pairs_weighed') }} as weighed
    inner join {{ ref('int_accounts__pairs_signed') }} as signed
        on
            weighed.source_record_id_left = signed.source_record_id_left
            and weighed.source_record_id_right = signed.source_record_id_right
    on conflict do nothing
{%- endmacro %}
