"""Exports tables with COPY, outside of the server."""

import psycopg2


def export(dsn: str, table: str, path: str) -> None:
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor, open(path, "w", encoding="utf-8") as out:
        cursor.copy_to(out, table)
