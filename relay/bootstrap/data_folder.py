"""Whether the database's folder can be written, before anything starts: containers often may not."""

import errno
import tempfile

from relay.bootstrap.configuration import Configuration
from relay.private_folder import make_private_folder

_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def check_data_folder(configuration: Configuration) -> None:
    """Makes the folder where it is missing. Raises OSError. A full disk is no fault: what is there is still
    delivered."""
    if configuration.data.is_remote:
        return
    folder = configuration.settings.database_path.parent
    make_private_folder(folder)
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        if error.errno in _FORBIDDEN:
            raise OSError(error.errno, error.strerror, str(folder)) from error
