{{ counterpoise.stage('process_runs') }}
