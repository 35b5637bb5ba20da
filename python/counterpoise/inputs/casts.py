"""From what a file holds to the contract's types, as SQL that gives null where a value cannot be read."""

from dataclasses import dataclass

SQL_TYPES = {
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "number": "DECIMAL(38, 10)",
}

# What is wrong with a value that is not of the type, and what would be right.
EXPECTED = {
    "timestamp": (
        "a time",
        "Write times like 2024-03-31T14:05:00Z; a time without an offset is read as UTC.",
    ),
    "date": ("a date", "Write dates like 2024-03-31."),
    "double": ("a number", "Write numbers like 1234.5, without signs for thousands or units."),
    "boolean": ("true or false", "Write true or false."),
    "integer": ("a whole number", "Write whole numbers like 12."),
    "bigint": ("a whole number", "Write whole numbers like 12."),
    "number": ("a number", "Write numbers like 12."),
}


@dataclass(frozen=True)
class SourceColumn:
    """One column of a file or table: the name people see, the SQL that reads it, its DuckDB type."""

    name: str
    sql: str
    sql_type: str


def as_text(column: SourceColumn) -> str:
    """The column as text; blank is null. Whole floats lose their `.0`, so that ids with gaps still join."""
    x = column.sql
    if column.sql_type == "VARCHAR":
        return f"CASE WHEN trim({x}) <> '' THEN {x} END"
    if column.sql_type in ("DOUBLE", "FLOAT"):
        whole = f"{x} = trunc({x}) AND abs({x}) < 9e15"
        return f"CASE WHEN isnan({x}) THEN NULL WHEN {whole} THEN {x}::BIGINT::VARCHAR ELSE {x}::VARCHAR END"
    return f"CAST({x} AS VARCHAR)"


def typed(column: SourceColumn, data_type: str) -> str:
    """The column as a contract type (see SQL_TYPES); null where it holds nothing of that type.

    Times come out in UTC; what has no offset is read in the time zone of the session. Needs
    `landing.session_time_zone`.
    """
    if data_type == "string":
        return as_text(column)
    x, text = column.sql, f"trim({as_text(column)})"
    # To DuckDB 04/03/24 is a day in the year 4, and the words infinity and epoch are times.
    starts_with_year = f"regexp_matches({text}, '^[0-9]{{4}}[-/]')"
    if data_type == "timestamp":
        if column.sql_type in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE"):
            return f"CASE WHEN isfinite({x}) THEN try_cast({x} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END"
        # A leap second is read as the second before it: it stays in its day, week and year.
        leapless = f"regexp_replace({text}, '([ T][0-9]{{2}}:[0-9]{{2}}):60', '\\1:59')"
        read = f"coalesce(try_cast({text} AS TIMESTAMPTZ), try_cast({leapless} AS TIMESTAMPTZ))"
        return f"CASE WHEN {starts_with_year} THEN {read} AT TIME ZONE 'UTC' END"
    if data_type == "date":
        return f"CASE WHEN {starts_with_year} THEN try_cast({text} AS DATE) END"
    if data_type == "boolean":
        return f"CASE {text} WHEN '1.0' THEN true WHEN '0.0' THEN false ELSE try_cast({text} AS BOOLEAN) END"
    if data_type in ("integer", "bigint"):
        # A plain cast rounds 3.7 to 4.
        is_whole = f"try_cast({text} AS DOUBLE) = trunc(try_cast({text} AS DOUBLE))"
        return f"CASE WHEN {is_whole} THEN try_cast({text} AS {SQL_TYPES[data_type]}) END"
    number = x if column.sql_type == SQL_TYPES[data_type] else f"try_cast({text} AS {SQL_TYPES[data_type]})"
    return f"CASE WHEN isfinite(({number})::DOUBLE) THEN {number} END"
