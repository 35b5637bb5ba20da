{{ counterpoise.stage('norms') }}
