"""What EVM covers of `file`, computed by somebody else (struct h_misc of security/integrity/evm/evm_crypto.c).

usage: evm-client.py hmac NAME|content KEY...     security.evm for each key, of one attribute as it is stored, or of security.ima as the content has it
       evm-client.py evmctl                            what evmctl(1) is to sign of the filesystem, which it asks in another way
"""
import fcntl
import hashlib
import hmac
import os
import struct
import sys
import uuid

FS_IOC_GETVERSION, FS_IOC_GETFSUUID = 0x80087601, 0x80111500

fd = os.open("file", os.O_RDONLY)
stat = os.fstat(fd)


def told(command, size):
    """What the filesystem does not tell counts as 0."""
    try:
        return fcntl.ioctl(fd, command, bytes(size))
    except OSError:
        return bytes(size)


generation, = struct.unpack_from("<I", told(FS_IOC_GETVERSION, 8))
identity = told(FS_IOC_GETFSUUID, 17)[1:]

if sys.argv[1] == "evmctl":
    print(f"--generation={generation}", f"--uuid={uuid.UUID(bytes=identity)}")
else:
    content = sys.argv[2] == "content"
    digest = b"\4\4" + hashlib.sha256(os.read(fd, 4096)).digest() if content else os.getxattr("file", sys.argv[2])
    misc = struct.pack("<QIIIH2x", stat.st_ino, generation, stat.st_uid, stat.st_gid, stat.st_mode)
    for name in sys.argv[3:]:
        key = open(name, "rb").read().ljust(128, b"\0")
        print("0x02" + hmac.new(key, digest + misc + identity, hashlib.sha1).hexdigest())
