-- One row per Latin name without its legal form: Foo Ltd and Foo Limited read foo. A
-- name can carry two forms (Ltd Plc).
{%- set rounds = 2 %}
with

names_prepared as (

    select * from {{ ref('int_accounts__names_latin_prepared') }}

),

legal_forms as (

    select * from {{ ref('name_legal_forms') }}

),

round_0 as (

    select
        names_prepared.name_text,
        regexp_replace(names_prepared.name, '^the (?=.)', '') as stem,
        null as legal_form

    from names_prepared

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

umlaut_forms as (

    select distinct legal_forms.legal_form

    from legal_forms

    where legal_forms.spells_umlauts

),

names_unformed as (

    select
        names.name_text,
        coalesce(starts_ranked.stem, names.stem) as stem,
        coalesce(names.legal_form, starts_ranked.legal_form) as legal_form

    from round_{{ rounds }} as names

    left join starts_ranked
        on names.name_text = starts_ranked.name_text and starts_ranked.form_rank = 1

),

-- Accents are gone, so Müller reads muller, and Mueller has to read so too.
final as (

    select
        names_unformed.name_text,
        case
            when umlaut_forms.legal_form is null then names_unformed.stem
            else
                regexp_replace(
                    names_unformed.stem,
                    '(?<![aeq])([aou])e(?=[b-df-hj-np-tv-z])', '\1', 'g'
                )
        end as stem,
        names_unformed.legal_form

    from names_unformed

    left join umlaut_forms on names_unformed.legal_form = umlaut_forms.legal_form

)

select * from final
