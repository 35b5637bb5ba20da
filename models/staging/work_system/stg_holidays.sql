{{ counterpoise.stage('holidays') }}
