{{ counterpoise.stage('metric_reviews') }}
