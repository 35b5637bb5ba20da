{{ counterpoise.stage('survey_answers') }}
