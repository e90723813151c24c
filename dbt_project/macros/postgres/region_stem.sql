{# A place's name without its kind, so that 沾益县 and 沾益区 are one place. #}
{% macro region_stem(column) -%}
    substring(
        {{ column }}
        from '^(..+?)(?:自治[州县区旗]|地区|林区|特区|新区|[省市州县区旗盟])?$'
    )
{%- endmacro %}
