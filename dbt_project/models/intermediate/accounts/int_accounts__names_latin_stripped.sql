-- One row per Latin name without its legal form: Foo Ltd, Foo Limited and Foo (UK) Ltd
-- (Exeter Office) read foo, foo and foo uk. A name can carry two forms (Ltd Plc).
{%- set rounds = 2 %}
with

names_folded as (

    select * from {{ ref('int_accounts__names_folded') }}

),

legal_forms as (

    select * from {{ ref('name_legal_forms') }}

),

remarks as (

    select '\s*\((' || string_agg(word, '|' order by word) || ')\M[^()]*\)?' as pattern

    from {{ ref('name_words') }}

    where word_kind = 'remark' and word ~ '^[a-z]'

),

names_remarkless as (

    select
        names_folded.name_text,
        coalesce(
            nullif(
                regexp_replace(
                    names_folded.folded_name, remarks.pattern, '', 'g'
                ),
                ''
            ),
            names_folded.folded_name
        ) as name

    from names_folded

    cross join remarks

    where names_folded.script = 'latin'

),

-- What stands in brackets after the legal form says something about the body, what
-- stands before it is part of its name.
names_unbracketed as (

    select
        names_remarkless.name_text,
        case
            when
                exists (
                    select 1
                    from legal_forms
                    where
                        legal_forms.legal_form_text
                        = split_part(
                            regexp_replace(
                                names_remarkless.name, ' \([^()]*\)?$', ''
                            ), ' ', -1
                        )
                )
                then translate(
                        regexp_replace(names_remarkless.name, ' \([^()]*\)?$', ''),
                        '()',
                        ''
                    )
            else translate(names_remarkless.name, '()', '')
        end as name

    from names_remarkless

),

round_0 as (

    select
        names_unbracketed.name_text,
        regexp_replace(names_unbracketed.name, '^the (?=.)', '') as stem,
        null as legal_form

    from names_unbracketed

),
{% for round in range(1, rounds + 1) %}
forms_ranked_{{ round }} as (

    select
        names.name_text,
        legal_forms.legal_form,
        left(names.stem, -length(legal_forms.legal_form_text) - 1) as stem,
        row_number() over (
            partition by names.name_text
            order by length(legal_forms.legal_form_text) desc
        ) as form_rank

    from round_{{ round - 1 }} as names

    inner join legal_forms
        on
            split_part(names.stem, ' ', -1)
            = split_part(legal_forms.legal_form_text, ' ', -1)
            and right(names.stem, length(legal_forms.legal_form_text) + 1)
            = ' ' || legal_forms.legal_form_text

),

round_{{ round }} as (

    select
        names.name_text,
        coalesce(forms_ranked.stem, names.stem) as stem,
        coalesce(names.legal_form, forms_ranked.legal_form) as legal_form

    from round_{{ round - 1 }} as names

    left join forms_ranked_{{ round }} as forms_ranked
        on
            names.name_text = forms_ranked.name_text
            and forms_ranked.form_rank = 1

),
{% endfor %}
-- Some countries write the form first: SARL Dupont.
starts_ranked as (

    select
        names.name_text,
        legal_forms.legal_form,
        substr(names.stem, length(legal_forms.legal_form_text) + 2) as stem,
        row_number() over (
            partition by names.name_text
            order by length(legal_forms.legal_form_text) desc
        ) as form_rank

    from round_{{ rounds }} as names

    inner join legal_forms
        on
            split_part(names.stem, ' ', 1)
            = split_part(legal_forms.legal_form_text, ' ', 1)
            and starts_with(names.stem, legal_forms.legal_form_text || ' ')

    where legal_forms.form_place = 'either' and names.legal_form is null

),

final as (

    select
        names.name_text,
        coalesce(starts_ranked.stem, names.stem) as stem,
        coalesce(names.legal_form, starts_ranked.legal_form) as legal_form

    from round_{{ rounds }} as names

    left join starts_ranked
        on names.name_text = starts_ranked.name_text and starts_ranked.form_rank = 1

)

select * from final
