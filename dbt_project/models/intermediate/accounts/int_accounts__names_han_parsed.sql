-- One row per name with Chinese characters, taken apart: its body, legal form, what
-- follows the form, and the branch it names (分公司) with its number.
with

names_expanded as (

    select * from {{ ref('int_accounts__names_han_expanded') }}

),

words as (

    select * from {{ ref('name_words') }}

),

legal_forms as (

    select * from {{ ref('name_legal_forms') }}

),

markers_ranked as (

    select
        names_expanded.name_text,
        case when words.word_kind = 'branch_marker' then words.word end
            as branch_marker,
        row_number() over (
            partition by names_expanded.name_text order by length(words.word) desc
        ) as marker_rank

    from names_expanded

    inner join words
        on
            right(names_expanded.expanded_rest, 2) = right(words.word, 2)
            and right(names_expanded.expanded_rest, length(words.word)) = words.word

    where
        words.word_kind in ('branch_marker', 'not_branch_marker')
        -- A marker that is the whole name marks nothing.
        and (
            names_expanded.head_name is not null
            or names_expanded.expanded_rest <> words.word
        )

),

names_unmarked as (

    select
        names_expanded.name_text,
        names_expanded.head_name,
        markers_ranked.branch_marker,
        left(
            names_expanded.expanded_rest,
            length(names_expanded.expanded_rest)
            - coalesce(length(markers_ranked.branch_marker), 0)
        ) as unmarked_rest

    from names_expanded

    left join markers_ranked
        on
            names_expanded.name_text = markers_ranked.name_text
            and markers_ranked.marker_rank = 1

),

names_ordered as (

    select
        names_unmarked.name_text,
        names_unmarked.head_name,
        names_unmarked.branch_marker,
        case
            when names_unmarked.branch_marker is not null
                then substring(names_unmarked.unmarked_rest from '第[0-9]+$')
        end as branch_ordinal,
        case
            when names_unmarked.branch_marker is not null
                then regexp_replace(names_unmarked.unmarked_rest, '第[0-9]+$', '')
            else names_unmarked.unmarked_rest
        end as formed_rest

    from names_unmarked

),

-- The first form in the name, the longest that begins there.
forms_ranked as (

    select
        names_ordered.name_text,
        legal_forms.legal_form_text,
        legal_forms.legal_form,
        strpos(names_ordered.formed_rest, legal_forms.legal_form_text) as form_place,
        row_number() over (
            partition by names_ordered.name_text
            order by
                strpos(names_ordered.formed_rest, legal_forms.legal_form_text),
                length(legal_forms.legal_form_text) desc
        ) as form_rank

    from names_ordered

    inner join legal_forms
        on strpos(names_ordered.formed_rest, legal_forms.legal_form_text) > 0

    where {{ has_han('legal_forms.legal_form_text') }}

),

final as (

    select
        names_ordered.name_text,
        names_ordered.head_name,
        case
            when forms_ranked.form_place is null then names_ordered.formed_rest
            else left(names_ordered.formed_rest, forms_ranked.form_place - 1)
        end as body,
        forms_ranked.legal_form_text,
        forms_ranked.legal_form,
        coalesce(
            substr(
                names_ordered.formed_rest,
                forms_ranked.form_place + length(forms_ranked.legal_form_text)
            ),
            ''
        ) as tail,
        names_ordered.branch_ordinal,
        names_ordered.branch_marker

    from names_ordered

    left join forms_ranked
        on
            names_ordered.name_text = forms_ranked.name_text
            and forms_ranked.form_rank = 1

)

select * from final
