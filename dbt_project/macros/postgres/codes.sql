{# A code as it is compared: full width folded, upper case, letters and digits only. #}
{% macro clean_code(column) -%}
    nullif(
        regexp_replace(upper(normalize({{ column }}, nfkc)), '[^0-9A-Z]', '', 'g'), ''
    )
{%- endmacro %}

{# Sum of the characters' places in an alphabet, each times its weight. #}
{% macro weighted_sum(column, alphabet, weights, start=1) -%}
    (
    {%- for weight in weights %}
        {{ '+ ' if not loop.first }}{{ weight }} * (
            strpos('{{ alphabet }}', substr({{ column }}, {{ loop.index0 + start }}, 1))
            - 1
        )
    {%- endfor %}
    )
{%- endmacro %}

{#
    Whether a cleaned code is a unified social credit code (统一社会信用代码): 18
    characters without I, O, S, V, Z, check character mod 31 (GB 32100-2015). One
    character repeated passes the arithmetic and is a placeholder, so it is refused.
#}
{% macro is_credit_code(column) -%}
    coalesce(
        case
            when {{ column }} ~ '^(.)\1+$' then false
            when
                {{ column }}
                ~ '^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$'
                then {{ weighted_sum(
                    column,
                    '0123456789ABCDEFGHJKLMNPQRTUWXY',
                    [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1],
                ) }} % 31 = 0
        end,
        false
    )
{%- endmacro %}

{#
    Whether the nine characters of a cleaned code from `start` on are an organisation
    code (组织机构代码): eight characters and a check character mod 11, X for ten
    (GB 11714-1997). Placeholders are refused as above.
#}
{% macro is_organisation_code(column, start=1) -%}
    coalesce(
        case
            when substr({{ column }}, {{ start }}) ~ '^(.)\1+$' then false
            when substr({{ column }}, {{ start }}) ~ '^[0-9A-Z]{8}[0-9X]$'
                then (
                    {{ weighted_sum(
                        column,
                        '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
                        [3, 7, 9, 10, 5, 8, 4, 2],
                        start,
                    ) }}
                    + strpos(
                        '0123456789X', substr({{ column }}, {{ start + 8 }}, 1)
                    ) - 1
                ) % 11 = 0
        end,
        false
    )
{%- endmacro %}

{#
    Whether a cleaned tax number is an identity number with its check character
    (ISO 7064 MOD 11-2), alone or with two more digits: how a sole trader is
    registered for tax.
#}
{% macro is_person_tax_number(column) -%}
    coalesce(
        case
            when
                {{ column }}
                ~ '^[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9][0-9]{3}[0-9X]([0-9]{2})?$'
                then {{ weighted_sum(
                    column,
                    '0123456789X',
                    [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1],
                ) }} % 11 = 1
        end,
        false
    )
{%- endmacro %}
