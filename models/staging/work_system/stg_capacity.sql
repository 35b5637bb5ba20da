{{ counterpoise.stage('capacity') }}
