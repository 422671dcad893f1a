"""What DuckDB makes of a table: its columns, and its rows, as JSON.

    python whole_table.py TABLE.csv|TABLE.parquet
"""

import json
import sys

import duckdb

if __name__ == "__main__":
    path = sys.argv[1]
    table = duckdb.read_parquet(path) if path.endswith(".parquet") else duckdb.read_csv(path, header=True)
    json.dump({"columns": table.columns, "rows": [list(row) for row in table.fetchall()]}, sys.stdout)
