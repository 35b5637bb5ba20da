"""Goes to Airflow's folder of DAGs (Airflow 3). One task: the whole run, every Monday at six."""

from datetime import datetime, timedelta

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

# COUNTERPOISE_SALT comes from the environment of the worker.
COMMAND = "cd /srv/counterpoise && .venv/bin/counterpoise run --raw raw --db marts.duckdb --out report --log json"


@dag(
    dag_id="counterpoise",
    schedule="0 6 * * 1",
    start_date=datetime(2026, 1, 5),
    catchup=False,  # a run reads everything there is: an old one again would say the same
    max_active_runs=1,  # a second one at once would be refused
)
def counterpoise():
    @task(retries=2, retry_delay=timedelta(minutes=10), execution_timeout=timedelta(hours=3))
    def run() -> None:
        exit_code = SubprocessHook().run_command(["sh", "-c", COMMAND]).exit_code
        if exit_code in (2, 3):  # called wrongly, or held by a check: wants a person, so it is not tried again
            raise AirflowFailException(f"counterpoise ended with exit code {exit_code}; the log says what to do.")
        if exit_code:
            raise AirflowException(f"counterpoise ended with exit code {exit_code}; the log says what to do.")

    run()


counterpoise()
