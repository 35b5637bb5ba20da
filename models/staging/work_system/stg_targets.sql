{{ counterpoise.stage('targets') }}
