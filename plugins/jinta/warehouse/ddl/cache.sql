-- What matching worked out, kept for the next night. Not state: every row follows from
-- raw, rules and code by its key, any of them may be deleted at any time, and a crash of
-- the server empties the tables (unlogged). Names of bodies and evidence of pairs are in
-- here, so no one but the transformer reads it.

create schema if not exists cache authorization :"transformer";
comment on schema cache is
'What matching worked out before, by content; may be emptied at any time';

create unlogged table if not exists cache.names_read (
    content_key uuid primary key,
    used_on date not null,
    folded_name text,
    normalised_name text,
    core_name text,
    brand_word text,
    legal_form text,
    organ_type text,
    region_province text,
    region_city text,
    region_county text,
    branch_marker text,
    head_part text,
    is_government boolean,
    script text
);
comment on table cache.names_read is
'One row per name text and version of the dictionaries: what was read in the name.';

create unlogged table if not exists cache.names_compared (
    signature uuid primary key,
    partners uuid [] not null,
    agreements numeric [] not null
);
comment on table cache.names_compared is
'One row per record name, with its blocks and content, that was compared with all others:
the partners it was found to have to its right, and how alike they are.';

create unlogged table if not exists cache.pairs_scored (
    content_key uuid primary key,
    score numeric not null,
    verdict text not null,
    match_basis text not null,
    evidence jsonb not null
);
comment on table cache.pairs_scored is
'One row per pair of records, by content and rules: how the pair was judged.';

grant select, insert, update, delete on all tables in schema cache to :"transformer";
