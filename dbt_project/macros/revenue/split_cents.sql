{#
    A part of an amount, split by share to the cent with the largest remainder: every
    part is rounded down, and the cents that are left go one each to the largest
    remainders, of equal ones to the first by `order_by`. The parts of a partition sum
    to the amount, credits too.

    Arguments:
        cents: the amount in cents, the same in the whole partition.
        share: this row's share.
        shares: sum of the shares of the partition.
        partition_by: columns that name the partition.
        order_by: columns that tell its rows apart.
#}
{% macro split_cents(cents, share, shares, partition_by, order_by) -%}
    (
        (
            floor({{ cents }} * {{ share }} / {{ shares }})
            + case
                when
                    row_number() over (
                        partition by {{ partition_by | join(', ') }}
                        order by
                            {{ cents }} * {{ share }} / {{ shares }}
                            - floor({{ cents }} * {{ share }} / {{ shares }}) desc,
                            {{ order_by | join(', ') }}
                    ) <= {{ cents }} - sum(
                        floor({{ cents }} * {{ share }} / {{ shares }})
                    ) over (partition by {{ partition_by | join(', ') }})
                    then 1
                else 0
            end
        ) / 100
    )::numeric(18, 2)
{%- endmacro %}
