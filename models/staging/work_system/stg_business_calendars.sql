{{ counterpoise.stage('business_calendars') }}
