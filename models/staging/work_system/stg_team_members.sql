{{ counterpoise.stage('team_members') }}
