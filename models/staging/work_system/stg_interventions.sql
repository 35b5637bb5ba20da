{{ counterpoise.stage('interventions') }}
