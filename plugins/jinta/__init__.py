"""jinta: from a telecom operator's source systems to its customers' value tiers.

The sub-packages are named for what they do: sources and landing bring data in,
transform runs dbt, gates check, publish shows the result to readers, and warehouse
is the PostgreSQL that holds it all.
"""

__version__ = "1.0.0"
