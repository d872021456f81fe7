"""A filesystem that a user serves, somewhere on the machine: mounted on a directory, in a mount namespace of its own, until the standard input ends."""
import ctypes, os, sys

CLONE_NEWNS, MS_PRIVATE_REC = 0x20000, 0x44000
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open("/dev/fuse", os.O_RDWR)
options = b"fd=%d,rootmode=40000,user_id=1000,group_id=1000" % fd
if libc.unshare(CLONE_NEWNS) or libc.mount(None, b"/", None, MS_PRIVATE_REC, None) or libc.mount(b"bench", sys.argv[1].encode(), b"fuse", 0, options):
    sys.exit(os.strerror(ctypes.get_errno()))
print("mounted", flush=True)
sys.stdin.read()
