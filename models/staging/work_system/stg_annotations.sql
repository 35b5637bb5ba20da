{{ counterpoise.stage('annotations') }}
