"""left-behind-client.py show|set|drop FILE...: prints what calls on the label of these files answer."""

import errno
import os
import sys

NAME = "security.SMACK64"


def tried(call, *arguments):
    try:
        found = call(*arguments)
        return found.decode() if isinstance(found, bytes) else found
    except OSError as error:
        return errno.errorcode[error.errno]


action, *paths = sys.argv[1:]
if action == "show":
    print(*[tried(os.getxattr, path, NAME) for path in paths], *sorted({NAME in os.listxattr(path) for path in paths}))
elif action == "set":
    print(*[tried(os.setxattr, path, NAME, b"Mine") for path in paths])
    print(tried(os.setxattr, paths[0], NAME, b"Other", os.XATTR_CREATE))
else:
    print(*[tried(os.removexattr, paths[0], NAME) for _ in range(2)])
