"""IDs that others gave, in an address: whatever they hold, slashes too, encoded or not."""

from werkzeug.routing import BaseConverter


class AnyId(BaseConverter):
    """The rest of the path, as it is. Its rule needs `merge_slashes=False`: "a//b" is not "a/b".

    Our own IDs and names have no slash, so that their rules need none of this.
    """

    name = "any_id"
    regex = r"[\s\S]+"
    part_isolating = False
