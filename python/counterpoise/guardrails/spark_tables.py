"""Tables of a Spark session, as the checks see them: the catalog tells what SQLAlchemy tells of other engines."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SparkTables:
    """A session whose tables are checked where they lie.

    Attributes:
        session: a `pyspark.sql.SparkSession`.
    """

    session: Any

    def columns(self, schema: str) -> dict[str, dict[str, str]]:
        """Every table and view of the schema with its columns and their types; empty if the schema is not there."""
        if not self.session.catalog.databaseExists(schema):
            return {}
        return {
            table.name: {field.name: field.dataType.simpleString() for field in self.session.table(name).schema}
            for table in self.session.catalog.listTables(schema)
            if not table.isTemporary and (name := f"{self.quoted(schema)}.{self.quoted(table.name)}")
        }

    @staticmethod
    def quoted(name: str) -> str:
        """A name as a quoted SQL identifier."""
        return "`" + name.replace("`", "``") + "`"
