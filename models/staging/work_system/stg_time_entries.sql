{{ counterpoise.stage('time_entries') }}
