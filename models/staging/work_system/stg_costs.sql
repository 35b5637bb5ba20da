{{ counterpoise.stage('costs') }}
