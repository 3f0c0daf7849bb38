"""The room that each table of the database takes for a million items; import it once Django is set up."""

from dataclasses import dataclass

from django.db import connection

SIZES = """
SELECT c.relname, greatest(c.reltuples, 0), pg_table_size(c.oid), pg_indexes_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r'
"""
LEAST_SHARE = 0.001
"Tables that take less of all are shown together."


@dataclass(frozen=True, slots=True)
class TableSize:
    """One table: its rows, and the bytes of its rows and of its indexes."""

    name: str
    rows: int
    table: int
    indexes: int

    @property
    def total(self) -> int:
        return self.table + self.indexes


def table_sizes() -> list[TableSize]:
    """Return all tables, the largest first; rows are those of the last ANALYZE, and long texts count as the table's."""
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        sizes = [TableSize(name, int(rows), table, indexes) for name, rows, table, indexes in cursor.fetchall()]
    return sorted(sizes, key=lambda size: -size.total)


def together(name: str, sizes: list[TableSize]) -> TableSize:
    """Return the sum of some tables."""
    return TableSize(
        name, sum(each.rows for each in sizes), sum(each.table for each in sizes), sum(each.indexes for each in sizes)
    )


def report_sizes(items: int) -> None:
    """Print the tables, with the room that each would take for a million items."""
    sizes = table_sizes()
    least = LEAST_SHARE * together("", sizes).total
    large, small = [each for each in sizes if each.total >= least], [each for each in sizes if each.total < least]
    million = 1_000_000 / items
    print(
        f"\n{f'sizes at {items:,} items, for a million':<38}{'rows':>14}{'table':>12}{'indexes':>12}{'bytes a row':>14}"
    )
    for size in [*large, together("all others", small), together("together", sizes)]:
        a_row = f"{size.total / size.rows:,.0f}" if size.rows > 0 else ""
        print(
            f"{size.name:<44}{size.rows * million:>14,.0f}{size.table * million / 2**20:>9,.0f} MB"
            f"{size.indexes * million / 2**20:>9,.0f} MB{a_row:>14}"
        )
