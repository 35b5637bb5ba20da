{{ config(**counterpoise.growing()) }}
-- Weeks of teams that changed items counted in before they were made anew. Models of items write them here (macro remember_team_weeks), so
-- this comes before them. Where there is nothing to compare with, one row says that any week may have been left.
{%- set text = counterpoise.type_of('string') %}
select
    cast('*' as {{ text }}) as team_week,
    cast('*' as {{ text }}) as left_in
from (select 1 as one_row) as nothing
where {{ '1 = 1' if counterpoise.last_prints() is none else '1 = 0' }}
{%- if counterpoise.is_increment() %} and not exists (select 1 from {{ this }} where left_in = '*'){% endif %}
