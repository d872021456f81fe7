"""SELinux namespaces in numbers: processes that unshare, mount their own selinuxfs and stay. One JSON object per line."""
import ctypes, errno, json, os, signal, struct, sys, threading, time

libc = ctypes.CDLL(None, use_errno=True)
FS = "/sys/fs/selinux"
CLONE_NEWNS, MS_PRIVATE_REC = 0x20000, 0x44000


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def read(name, root=FS):
    with open(f"{root}/{name}") as file:
        return file.read()


def write(name, text, root=FS):
    """The name of the error, or None."""
    try:
        fd = os.open(f"{root}/{name}", os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)
    except OSError as error:
        return errno.errorcode[error.errno]


def private_mounts():
    check(libc.unshare(CLONE_NEWNS))
    check(libc.mount(None, b"/", None, MS_PRIVATE_REC, None))


def mount(how, place=FS.encode()):
    if how == "mount(8)":
        return os.system(f"mount -t selinuxfs none {place.decode()}")
    if how == "mount(2)":
        return check(libc.mount(b"none", place, b"selinuxfs", 0, None))
    context = check(libc.syscall(430, b"selinuxfs", 1))
    check(libc.syscall(431, context, 6, None, None, 0))
    tree = check(libc.syscall(432, context, 1, 0))
    os.close(context)
    check(libc.syscall(429, tree, b"", -100, place, 4))
    os.close(tree)


def enter(how="mount(2)"):
    """A namespace of one's own, with its selinuxfs. The name of the error, or None."""
    private_mounts()
    failed = write("unshare", "1")
    if failed is None:
        check(libc.umount2(FS.encode(), 0))
        mount(how)
    return failed


def tried(what):
    """The name of the error, or None."""
    ctypes.set_errno(0)
    if what == "mount":
        libc.mount(b"none", FS.encode(), b"selinuxfs", 0, None)
    else:
        libc.umount2(FS.encode(), 0)
    return errno.errorcode.get(ctypes.get_errno())


class Child:
    """A forked process that does as it is told."""

    def __init__(self, function):
        ours, theirs = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(ours[1]), os.close(theirs[0])
            for line in os.fdopen(ours[0]):
                os.write(theirs[1], (json.dumps(function(json.loads(line))) + "\n").encode())
            os._exit(0)
        os.close(ours[0]), os.close(theirs[1])
        self.requests, self.answers = os.fdopen(ours[1], "w"), os.fdopen(theirs[0])

    def tell(self, request):
        self.requests.write(json.dumps(request) + "\n")
        self.requests.flush()

    def answer(self):
        return json.loads(self.answers.readline())

    def ask(self, request):
        self.tell(request)
        return self.answer()

    def end(self, sig=None):
        if sig:
            os.kill(self.pid, sig)
        else:
            self.tell(["exit"])
        self.requests.close(), self.answers.close()
        os.waitpid(self.pid, 0)


def behave(request):
    if request[0] == "exit":
        os._exit(0)
    if request[0] == "enter":
        return enter(*request[1:])
    if request[0] == "try":
        return tried(request[1])
    if request[0] == "chdir":
        return os.chdir(request[1])
    if request[0] == "setns":
        return check(libc.setns(os.open(f"/proc/{request[1]}/ns/mnt", os.O_RDONLY), 0))
    if request[0] == "read":
        return read(request[1])
    return write(request[1], request[2])


def settled(expected, count, tries=100):
    """Waits until count() is what it should be."""
    for _ in range(tries):
        if count() == expected:
            break
        time.sleep(0.05)
    return count()


def excess(before, count):
    """How many more than before, which may have counted what was about to be closed."""
    return settled(0, lambda: max(0, count() - before))


def daemon():
    world = os.environ["LSMFS_WORLD"]
    with open(f"/run/lsmfs/{world}/world.json") as file:
        return json.load(file)["owner"]["pid"]


def descriptors():
    return len(os.listdir(f"/proc/{daemon()}/fd"))


def superblocks():
    """Mounts on the daemon's stage: one for each superblock that can still be mounted."""
    with open(f"/proc/{daemon()}/mountinfo") as file:
        return sum(line.split(" - ")[1].startswith("selinuxfs ") for line in file)


def resources():
    superblocks()  # the first look at a mountinfo makes what shows it
    return [descriptors(), superblocks()]


def many(count):
    count = int(count)
    before = resources()
    children = [Child(behave) for _ in range(count)]
    failed = [child.ask(["enter", ("mount(2)", "fsopen")[i % 2]]) for i, child in enumerate(children)]
    say("failed", [name for name in failed if name])
    say("written", [child.ask(["write", "enforce", "1"]) for child in children[1::2]].count(None))
    say("enforcing", [child.ask(["read", "enforce"]) for child in children].count("1"))
    say("initial", read("enforce"))
    say("superblocks", superblocks() - before[1])
    write("maxns", str(count + 1))
    say("free for more", one_more())
    for i, child in enumerate(children):
        child.end(signal.SIGKILL if i % 2 else None)
    say("left", [excess(before[0], descriptors), excess(before[1], superblocks)])
    write("maxns", "2")
    say("free again", settled(None, one_more))


def one_more():
    """Could there be another namespace?"""
    child = Child(behave)
    result = child.ask(["write", "unshare", "1"])
    child.end()
    return result


def label():
    with open("/proc/thread-self/attr/current") as file:
        return file.read().rstrip("\0")


def calls():
    """lsm_get_self_attr(2) and lsm_set_self_attr(2) of LSM_ATTR_UNSHARE."""
    header = struct.pack("QQQQ", 101, 0, 32, 0)

    def unshared():
        buffer, size = ctypes.create_string_buffer(header, 64), ctypes.c_uint32(64)
        check(libc.syscall(459, 106, buffer, ctypes.byref(size), 1))
        return buffer.raw[32]

    def unshare():
        result = libc.syscall(460, 106, header, 32, 0)
        return errno.errorcode[ctypes.get_errno()] if result < 0 else result

    say("unshared, before", unshared())
    child = os.fork()
    if child == 0:
        private_mounts()
        say("unshared, after", [unshare(), unshared(), label()])
        check(libc.umount2(FS.encode(), 0))
        mount("mount(2)")
        os.system("load_policy")
        say("with a policy", unshared())
        os._exit(0)
    os.waitpid(child, 0)
    write("maxnsdepth", "0")
    say("too deep", unshare())
    write("maxnsdepth", "32")
    seen = []
    thread = threading.Thread(target=lambda: (write("unshare", "1"), seen.append(read("unshare"))))
    thread.start()
    thread.join()
    say("thread and process", [*seen, read("unshare")])


def deep(depth, how):
    entered, modes, labels = [], [], []

    def down(level):
        os.system("load_policy")
        if level % 2:
            write("enforce", "1")
        modes.append(read("enforce"))
        labels.append(label())
        if level == int(depth):
            say("modes", modes), say("labels", labels), say("entered", entered)
            return
        child = os.fork()
        if child == 0:
            entered.append(enter(how))
            down(level + 1)
            os._exit(0)
        os.waitpid(child, 0)
        if [read("enforce"), label()] != [modes[-1], labels[-1]]:
            say("changed", level)

    down(0)


def limits():
    say("defaults", [read("maxns"), read("maxnsdepth")])
    write("maxns", "3")
    children = [Child(behave) for _ in range(3)]
    say("three at most", [child.ask(["enter"]) for child in children])
    write("maxns", "0x2")
    say("lowered below what there is", [children[0].ask(["write", "enforce", "1"]), one_more()])
    for child in children:
        child.end()
    say("after one has ended", settled(None, one_more))
    write("maxns", "65535")
    write("maxnsdepth", "1")
    child = Child(behave)
    say("depth of one", [child.ask(["enter"]), child.ask(["enter"])])
    say("limits inside", [child.ask(["write", "maxns", "5"]), child.ask(["write", "maxnsdepth", "5"])])
    child.end()
    child = Child(behave)
    say("no effect", [child.ask(["write", "unshare", "0"]), child.ask(["read", "unshare"])])
    say("not a wish", [child.ask(["write", "unshare", "x" * 5000]), child.ask(["read", "unshare"])])
    child.end()


def abandoned():
    before = resources()
    holder = Child(behave)
    holder.ask(["enter"])
    holder.ask(["write", "enforce", "1"])
    say("mounted again on the same place", holder.ask(["try", "mount"]))
    holder.ask(["chdir", FS])
    say("unmounted while in use", holder.ask(["try", "umount"]))
    other = Child(behave)
    other.ask(["setns", holder.pid])
    say("seen by another", [other.ask(["read", "enforce"]), other.ask(["write", "enforce", "0"]), other.ask(["read", "unshare"])])
    holder.end(signal.SIGKILL)
    say("holder killed", settled("1", lambda: other.ask(["read", "enforce"])))
    say("still written", other.ask(["write", "enforce", "0"]))
    write("maxns", "2")
    say("counts still", one_more())
    other.ask(["try", "umount"])
    say("after the last mount", settled(None, one_more))
    other.end()
    say("left", [excess(before[0], descriptors), excess(before[1], superblocks)])


{"many": many, "deep": deep, "limits": limits, "calls": calls, "abandoned": abandoned}[sys.argv[1]](*sys.argv[2:])
