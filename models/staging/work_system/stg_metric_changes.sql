{{ counterpoise.stage('metric_changes') }}
