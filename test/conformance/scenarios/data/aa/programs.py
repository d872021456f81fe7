import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
S, how, profile, onexec = (sys.argv + ["", ""])[1:5]
def attr(name, text):
    with open("/proc/self/attr/" + name, "w") as file:
        file.write(text)
def copy(to):
    with open("/usr/bin/cat", "rb") as file:
        os.write(to, file.read())
    return to
def made(path):
    os.close(copy(os.open(path, os.O_RDWR | os.O_CREAT, 0o755)))
    return os.open(path, os.O_RDONLY)
def program():
    if how == "memfd":
        return copy(os.memfd_create("m"))
    fd = made(S + "/prog (deleted)" if how == "named" else S + "/prog")
    if how == "linked":
        os.link(S + "/prog", S + "/prog2")
    if how in ("deleted", "linked"):
        os.unlink(S + "/prog")
    if how in ("elsewhere", "lazy", "chroot"):
        libc.unshare(0x20000)
        libc.mount(b"", b"/", b"", 0x44000, None)
    if how == "lazy":
        os.makedirs(S + "/at", exist_ok=True)
        libc.mount(b"t", (S + "/at").encode(), b"tmpfs", 0, None)
        fd = made(S + "/at/prog")
        libc.umount2((S + "/at").encode(), 2)
    if how == "chroot":
        os.chroot(S)
        os.chdir("/")
        return "/prog"
    return S + "/prog" if how == "path" else fd
child = os.fork()
if child == 0:
    try:
        attr("current", "changeprofile " + profile)
        if onexec:
            attr("exec", onexec)
        os.execve(program(), ["cat", "/proc/self/attr/current"], {})
    except OSError as error:
        print(errno.errorcode[error.errno], flush=True)
    os._exit(0)
status = os.waitpid(child, 0)[1]
for name in ("prog", "prog2", "prog (deleted)"):
    if os.path.exists(S + "/" + name):
        os.unlink(S + "/" + name)
if os.WIFSIGNALED(status):
    print("signal", os.WTERMSIG(status))
