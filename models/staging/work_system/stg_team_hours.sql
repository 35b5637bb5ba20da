{{ counterpoise.stage('team_hours') }}
