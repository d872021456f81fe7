import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
S, how, profile = sys.argv[1:4]
def attr(name, text):
    with open("/proc/self/attr/" + name, "w") as file:
        file.write(text)
def made(path):
    with open("/usr/bin/cat", "rb") as file, open(path, "wb") as to:
        to.write(file.read())
    os.chmod(path, 0o755)
at = S + "/at"
child = os.fork()
if child == 0:
    try:
        attr("current", "changeprofile " + profile)
        libc.unshare(0x20000)
        libc.mount(b"", b"/", b"", 0x44000, None)
        os.makedirs(at, exist_ok=True)
        libc.mount(b"t", at.encode(), b"tmpfs", 0, None)
        made(at + "/prog")
        os.mkdir(at + "/sub")
        made(at + "/sub/prog")
        os.symlink("sub/prog", at + "/link")
        os.symlink("/usr/bin/cat", at + "/out")
        root = os.open(at, os.O_PATH)
        sub = os.open(at + "/sub", os.O_RDONLY)
        if not how.startswith("dirfd"):
            os.chdir(at + ("/sub" if how == "up" else ""))
        if not how.startswith("attached"):
            libc.umount2(at.encode(), 2)
        argv = ["cat", "/proc/self/attr/current"]
        if how.startswith("dirfd"):
            args = (ctypes.c_char_p * 3)(*(word.encode() for word in argv), None)
            fd, name = (sub, b"prog") if how == "dirfd-sub" else (root, b"link" if how == "dirfd-link" else b"prog")
            libc.syscall(322, fd, name, args, (ctypes.c_char_p * 1)(None), 0)
            raise OSError(ctypes.get_errno(), "")
        name = {
            "here": "prog", "dot": "./prog", "below": "sub/prog", "up": "../prog", "link": "link", "out": "out",
            "proc-cwd": "/proc/self/cwd/prog", "thread-cwd": "/proc/thread-self/cwd/prog", "fd": f"/proc/self/fd/{root}/prog",
            "dev-fd": f"/dev/fd/{root}/prog", "attached": "./prog", "attached-fd": f"/proc/self/fd/{root}/prog",
        }[how]
        os.execve(name, argv, {})
    except OSError as error:
        print(errno.errorcode[error.errno], flush=True)
    os._exit(0)
status = os.waitpid(child, 0)[1]
if os.WIFSIGNALED(status):
    print("signal", os.WTERMSIG(status))
