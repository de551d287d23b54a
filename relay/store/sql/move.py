"""Moves everything from one database into another, of whichever engine, and checks that all of it arrived.

Table by table: what was cut short goes on with the first table that is not whole. Until all is there and
equal, a setting marks the target, and no relay works on it.
"""

from collections.abc import Callable, Mapping

from relay.errors import MoveError
from relay.store.sql.tables import TABLES, Content, Tables, content_of

MARK = "unfinished_move"  # a setting of the target: what it is moved from

_OF_A_NEW_DATABASE = ("connection_revision", "setting")


def move(
    source: Tables,
    target: Tables,
    *,
    origin: str,
    more_settings: Mapping[str, str],
    say: Callable[[str, int], object],
) -> dict[str, Content]:
    """What was moved, by table. Nobody else may use either database meanwhile.

    origin         names the source, so that only its own move goes on
    more_settings  set at the end, unless the source has them
    say            told of each table, and how many rows it has

    Raises MoveError: the target has data of its own, or what arrived differs.
    """
    with source.transaction():
        moved = {table: content_of(source, table) for table in TABLES}
        begun = _begin(target, origin)
        whole = _whole_tables(target, moved) if begun else 0
        with target.transaction():
            for table in reversed(TABLES[whole:]):
                _clear(target, table)
        for table in TABLES[whole:]:
            columns = source.columns(table)
            for rows in source.read(table, columns):
                with target.transaction():
                    target.write(table, columns, rows)
            say(table, moved[table].rows)
        with target.transaction():
            target.complete()
            target.remove_setting(MARK)
            for table in TABLES:
                if content_of(target, table) != moved[table]:
                    raise MoveError(
                        f"What arrived in the table {table} differs from what was sent. The target cannot be "
                        "used; nothing was changed in the database that you move. Run the command again."
                    )
            target.write("setting", ("name", "value"), [*more_settings.items()])
    return moved


def _begin(target: Tables, origin: str) -> bool:
    """Whether an earlier move from there has begun."""
    with target.transaction():
        mark = next((value for name, value in _settings(target) if name == MARK), None)
        if mark == origin:
            return True
        if mark is not None:
            raise MoveError(
                f"The target is being moved from {mark}. Finish that, or choose another database."
            )
        tables = (table for table in TABLES if table not in _OF_A_NEW_DATABASE)
        if any(True for table in tables for _ in target.read(table, target.columns(table)[:1])):
            raise MoveError("The target has data already, and nothing was changed. Choose an empty database.")
        target.write("setting", ("name", "value"), [(MARK, origin)])
    return False


def _whole_tables(target: Tables, moved: Mapping[str, Content]) -> int:
    """How many of the first tables have arrived as they are in the source."""
    with target.transaction():
        for number, table in enumerate(TABLES):
            if content_of(target, table) != moved[table]:
                return number
    return len(TABLES)


def _clear(target: Tables, table: str) -> None:
    """The mark stays."""
    if table == "setting":
        mark = [row for row in _settings(target) if row[0] == MARK]
        target.clear(table)
        target.write(table, ("name", "value"), mark)
    else:
        target.clear(table)


def _settings(target: Tables) -> list[tuple[object, ...]]:
    return [row for rows in target.read("setting", ("name", "value")) for row in rows]
