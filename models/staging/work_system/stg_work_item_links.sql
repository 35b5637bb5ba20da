{{ counterpoise.stage('work_item_links') }}
