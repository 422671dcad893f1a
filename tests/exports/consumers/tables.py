"""What DuckDB and polars make of a table of intervals: for each region, rank and thread the number of rows, the sums
of starts and ends, as JSON. Both must agree.

    python tables.py TABLE.csv|TABLE.parquet
"""

import json
import sys

import duckdb
import polars

KEYS = ["region", "rank", "thread"]


def with_duckdb(path):
    query = f"""
        SELECT region, rank, thread, count(*), sum(start_ns), sum(end_ns) FROM '{path}'
        GROUP BY ALL ORDER BY ALL
    """
    return [[*row[:4], *map(int, row[4:])] for row in duckdb.sql(query).fetchall()]


def with_polars(path):
    scan = polars.scan_parquet if path.endswith(".parquet") else polars.scan_csv
    sums = scan(path).group_by(KEYS).agg(
        polars.len().alias("rows"),
        polars.sum("start_ns").cast(polars.Int64),
        polars.sum("end_ns").cast(polars.Int64),
    )
    return [list(row) for row in sums.sort(KEYS).collect().iter_rows()]


def whole(path):
    read = polars.read_parquet if path.endswith(".parquet") else polars.read_csv
    return read(path)


if __name__ == "__main__":
    path = sys.argv[1]
    rows = with_duckdb(path)
    assert rows == with_polars(path), "DuckDB and polars do not agree"
    table = whole(path)
    # Starts are in the order of the file.
    json.dump({"rows": rows, "columns": table.columns, "starts": table["start_ns"].to_list()}, sys.stdout)
