"""Rows of a sheet, each taken by one run only: marked, read again, and paid for if the mark is still there.

Google Sheets has no compare-and-set. Two runs may read the same new row; both write their mark, and the later
one stays. Each run waits until the other's mark must have arrived, reads again and keeps only rows with its
own mark. docs/decisions/0020 says what remains. The mark is the row's Status, unique for run and row, so
that a row is found by it until it has its generation's ID, whatever was sorted or inserted meanwhile.
"""

from collections.abc import Mapping

from n8n.source import destinations, nodes
from n8n.source.arrival import LINK
from n8n.source.flow import Flow

SETTLED = 10  # seconds between the mark and the second reading
_RUN = "'Starting (run ' + $execution.id + ', row '"
READ, MARK, AGAIN, FIND = "Read the list", "Mark the rows", "Read the list again", "Find the rows"
SAVE = "Save the responses"


def claimed(flow: Flow, column: int, row: int, after: str, *, most: int) -> str:
    """Seven nodes. What leaves the last one are rows of the sheet that are this run's alone, or nothing."""
    own = f"String($json.Status ?? '').startsWith({_RUN})"
    complete = f"!!$json.SKU && {LINK}.test($json['Image URL'] ?? '')"
    fresh = f"={{{{ (!$json.Status && {complete}) || {own} }}}}"
    mark = {
        "row_number": "={{ $json.row_number }}",
        "Status": f"={{{{ {_RUN} + $json.row_number + ')' }}}}",
        "Generation ID": "",
        "Video": "",
        "Error": "",
    }
    last = after
    for place, node in enumerate(
        (
            destinations.sheet_rows(READ),
            nodes.keep_if("Only new rows", nodes.is_true(fresh)),
            nodes.at_most(f"At most {most}", most),
            destinations.sheet_update(MARK, mark),
            nodes.wait("Wait for other runs", SETTLED),
            destinations.sheet_rows(AGAIN, once=True),
            nodes.keep_if("Only this run's rows", nodes.is_true(f"={{{{ {own} }}}}")),
        )
    ):
        last = flow.put(column + place, row, node, after=last)
    flow.note(
        "### 2. Each row once\nRows with a picture and without a status are marked with this run's number, "
        "by their row number. Ten seconds later the list is read again: a row that another run has marked "
        "meanwhile is left to that run.",
        (column, row),
        (column + 6, row),
    )
    return last


def saved(flow: Flow, column: int, row: int, after: str, responses: str, *, output: int = 0) -> str:
    """Four nodes: what CreativeAI responded, into the rows that still have their mark.

    `responses` is an expression for a list of {mark, id, outcome, why}; with an id it was accepted. A row
    whose result is already there has no mark any more and is left alone; of an accepted row only the ID is
    written, since its result may arrive at this moment. Without a response the mark stays, as the ID: the
    generation may have started, and its result finds the row by it.
    """
    of_row = f"{responses}.find((each) => each.mark === $json.Status)"
    wanted = (
        f"[{of_row}].map((each) => each.id ? {{ 'Generation ID': each.id }} : "
        "{ Status: each.outcome, Error: each.why, "
        "'Generation ID': each.outcome === 'No response' ? each.mark : '' })"
        ".map((each) => ({ row_number: $json.row_number, ...each }))[0]"
    )
    last = after
    for place, node in enumerate(
        (
            destinations.sheet_rows(FIND, once=True),
            nodes.keep_if("Rows without a result", nodes.is_true(f"={{{{ !!{of_row} }}}}")),
            nodes.fields_of("What to save", wanted),
            destinations.sheet_update_items(SAVE),
        )
    ):
        last = flow.put(column + place, row, node, after=last, output=0 if place else output)
    return last


def row_of(rows: str, generation: str, mark: str) -> str:
    """The row of a result: by the generation's ID, or by the mark as long as the ID is not saved."""
    return (
        f"$('{rows}').all(0).map((row) => row.json).find((row) => row['Generation ID'] === {generation} || "
        f"(!!{mark} && [row.Status, row['Generation ID']].includes({mark})))"
    )


WAYS: Mapping[str, str] = {READ: READ, MARK: READ, AGAIN: AGAIN, FIND: FIND, SAVE: FIND}
