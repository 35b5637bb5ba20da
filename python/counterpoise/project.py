"""Where the dbt project lies: inside the installed wheel, else in the checkout this file belongs to."""

from pathlib import Path

from counterpoise.errors import UsageError

_HERE = Path(__file__).resolve().parent


def find_project_dir() -> Path:
    """Folder that holds counterpoise's dbt_project.yml.

    Raises:
        UsageError: neither the wheel nor a checkout holds it.
    """
    for folder in (_HERE / "dbt", _HERE.parents[1]):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise UsageError(
        "counterpoise's dbt project was not found beside the package. Reinstall it, or pass --project-dir."
    )
