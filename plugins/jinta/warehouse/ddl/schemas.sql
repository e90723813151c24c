-- The schemas, each owned by the role that creates tables in it; who may do what is in
-- grants.sql. :"loader" and the like are replaced by role names.

create schema if not exists control;
create schema if not exists raw authorization :"loader";
create schema if not exists quarantine;
create schema if not exists rules authorization :"transformer";
create schema if not exists staging authorization :"transformer";
create schema if not exists intermediate authorization :"transformer";
create schema if not exists profiles authorization :"transformer";
create schema if not exists candidate authorization :"transformer";
create schema if not exists archive authorization :"publisher";
create schema if not exists published authorization :"publisher";
create schema if not exists marts authorization :"publisher";

comment on schema control is
'Runs, loads, human decisions, gate results and publications';
comment on schema raw is 'What the source systems delivered, typed by the contract';
comment on schema quarantine is 'Source rows that broke the contract, with the reason';
comment on schema rules is 'Scorecards, thresholds and dictionaries: the dbt seeds';
comment on schema staging is 'One relation per raw table, of the run''s months';
comment on schema intermediate is 'Accounts, indicators and scores on their way';
comment on schema profiles is 'One profile per gate: counts and sums, no personal data';
comment on schema candidate is 'Marts as the run built them, before they are published';
comment on schema archive is 'Stored slices of the marts, one per content';
comment on schema published is
'Marts with every row, for those that are computed from others; no reader sees it';
comment on schema marts is 'What is published: the only schema that readers see';
