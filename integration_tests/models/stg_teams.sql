-- A model of their own with the name of one of counterpoise's: neither may take the other's place.
select 'ours' as team_id
