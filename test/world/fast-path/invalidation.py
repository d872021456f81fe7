"""A call that is allowed until nothing is asked about it any more, a change, and the next call: what all of them return.
invalidation.py inside CASE, in a world with test/data/policies/fast-path.33, enforcing; invalidation.py outside WORLD-COMMAND..."""
import ctypes, errno, os, shutil, subprocess, sys, tempfile, time

TIMES = 400
FIONREAD = 0x541B
CLONE_NEWNS, MS_PRIVATE_REC, MNT_DETACH, PR_SET_KEEPCAPS = 0x20000, 0x44000, 2, 8
SYS_clone3, (SYS_capget, SYS_capset) = 435, {"x86_64": (125, 126), "aarch64": (90, 91)}[os.uname().machine]
#: A label that was read counts so long, in seconds, where it is changed from outside: docs/reference/mediation.md.
SETTLED = 0.02
libc = ctypes.CDLL(None, use_errno=True)
POLICIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../data/policies/")


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "failed")
    return result


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def load(policy):
    with open(POLICIES + policy, "rb") as file, open("/sys/fs/selinux/load", "wb", buffering=0) as to:
        to.write(file.read())


def enforce(value):
    write("/sys/fs/selinux/enforce", str(value))


def gate(value, boolean="gate"):
    write("/sys/fs/selinux/booleans/" + boolean, str(value))
    write("/sys/fs/selinux/commit_pending_bools", "1")


def become(name, attribute="current"):
    write("/proc/thread-self/attr/" + attribute, "u:r:%s:s0" % name)


def label(path, name):
    os.setxattr(path, "security.selinux", b"u:object_r:%s:s0\0" % name.encode(), follow_symlinks=False)


def file(path, name):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    write(path, "text\n")
    label(path, name)
    return path


def mount(path):
    checked(libc.mount(b"none", path.encode(), b"tmpfs", 0, None))


class Client:
    """A process of another label that makes a call as often as it is told to."""

    def __init__(self, call, domain="web_t", before=lambda: None, become=become):
        self.ask, self.answers = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.ask[1])
            before()
            become(domain)
            while wanted := os.read(self.ask[0], 1):
                os.write(self.answers[1], outcomes(call, wanted).encode().ljust(20))
            os._exit(0)
        os.close(self.ask[0])
        os.close(self.answers[1])

    def told(self, wanted):
        os.write(self.ask[1], wanted)
        return os.read(self.answers[0], 20).decode().strip() or "ended"

    def end(self):
        os.close(self.ask[1])
        os.waitpid(self.pid, 0)


def outcome(call):
    try:
        call()
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]


def outcomes(call, wanted):
    """b"m": of many calls, all of them different ones; b"1": of one."""
    return " ".join(sorted({outcome(call) for _ in range(TIMES if wanted == b"m" else 1)}))


def opening(path, flags=os.O_RDONLY):
    return lambda: os.close(os.open(path, flags))


def by_other(call, change, undo=lambda: None, **options):
    """The change is made by a process that may everything, the main one."""
    client = Client(call, **options)
    before = client.told(b"m")
    change()
    after = client.told(b"1")
    client.end()
    undo()
    return before, after


def by_itself(call, change, **options):
    """By the process itself: it is told to change between its calls."""
    calls = iter([call] * TIMES)

    def next_call():
        following = next(calls, None)
        if following is None:
            try:
                change()
            except OSError as error:
                raise SystemExit("no change: %s" % error) from error
        call()

    return by_other(next_call, lambda: None, **options)


# Changes of what decides.


def policy_load():
    return by_other(opening(file("f", "granted_t")), lambda: load("fast-path-2.33"))


def boolean():
    return by_other(opening(file("f", "gated_t")), lambda: gate(0))


def setenforce():
    enforce(0)
    return by_other(opening(file("f", "secret_t")), lambda: enforce(1))


# Labels of files and directories.


def relabelled(call):
    return by_other(call, lambda: label("f", "secret_t"))


def chcon():
    return relabelled(opening(file("f", "page_t")))


def chcon_writing():
    return relabelled(opening(file("f", "page_t"), os.O_WRONLY))


def chcon_accessed():
    file("f", "page_t")
    return relabelled(lambda: checked(libc.access(b"f", os.R_OK)))


def chcon_by_descriptor():
    descriptor = os.open(file("f", "page_t"), os.O_RDONLY)
    return relabelled(lambda: os.fchmod(descriptor, 0o644))


def chcon_times():
    descriptor = os.open(file("f", "page_t"), os.O_RDONLY)
    return relabelled(lambda: os.utime(descriptor))


def chcon_chmod():
    file("f", "page_t")
    return relabelled(lambda: os.chmod("f", 0o644))


def chcon_mapped():
    descriptor = os.open(file("f", "page_t"), os.O_RDONLY)
    libc.mmap.restype = ctypes.c_void_p

    def call():
        place = libc.mmap(None, 4096, 1, 2, descriptor, 0)
        checked(-1 if place == ctypes.c_void_p(-1).value else 0)
        libc.munmap(ctypes.c_void_p(place), 4096)

    return relabelled(call)


def xattr(path="f"):
    return lambda: os.getxattr(path, "security.selinux")


def chcon_of_an_attribute():
    file("f", "page_t")
    return relabelled(xattr())


def chcon_of_a_default_label():
    # What a file here is taken for is not stored.
    write("f", "text\n")
    return relabelled(xattr())


def chcon_of_listed_attributes():
    file("f", "page_t")
    return relabelled(lambda: os.listxattr("f"))


def chcon_of_an_attribute_from_outside():
    file("f", "page_t")
    return by_other(xattr(), lambda: label_outside("f", "secret_t"))


def boolean_of_an_attribute():
    file("f", "gated_t")
    return by_other(xattr(), lambda: gate(0))


def chcon_by_the_fast_path():
    """Who opens has no other label than before, in a file that got its own by calls that the fast path lets go on."""
    for number in range(TIMES):
        label(file("g%d" % number, "page_t"), "granted_t")
    return by_other(opening(file("f", "page_t")), lambda: (label("f", "granted_t"), label("f", "secret_t")))


def transferred(change):
    files = []

    def call():
        if not files:
            files.extend([os.open("to", os.O_WRONLY), os.open("f", os.O_RDONLY)])
        os.sendfile(*files, 0, 1)

    file("f", "page_t")
    file("to", "page_t")
    return by_other(call, change)


def chcon_of_a_file_to_send():
    return transferred(lambda: label("f", "secret_t"))


def chcon_of_a_file_to_send_to():
    return transferred(lambda: label("to", "secret_t"))


def made():
    """Names of files that are made, one after the other."""
    numbers = iter(range(10 * TIMES))
    return lambda: os.close(os.open("d/%d" % next(numbers), os.O_WRONLY | os.O_CREAT | os.O_EXCL))


def chcon_of_a_directory_to_make_in():
    os.mkdir("d")
    return by_other(made(), lambda: label("d", "closed_t"))


def chcon_of_a_directory_to_remove_from():
    os.mkdir("d")
    for number in range(TIMES + 1):
        file("d/%d" % number, "page_t")
    numbers = iter(range(TIMES + 1))
    return by_other(lambda: os.unlink("d/%d" % next(numbers)), lambda: label("d", "closed_t"))


def chcon_of_a_directory_to_remove_directories_from():
    os.mkdir("d")
    for number in range(TIMES + 1):
        os.mkdir("d/%d" % number)
    numbers = iter(range(TIMES + 1))
    return by_other(lambda: os.rmdir("d/%d" % next(numbers)), lambda: label("d", "closed_t"))


def chcon_of_a_directory_to_remove():
    os.mkdir("d")
    for number in range(TIMES + 1):
        os.mkdir("d/%d" % number)
    numbers = iter(range(TIMES + 1))
    return by_other(lambda: os.rmdir("d/%d" % next(numbers)), lambda: label("d/%d" % TIMES, "closed_t"))


def moved(change, to="to"):
    """Files of one directory are moved to another one, over others there."""
    for number in range(TIMES + 1):
        file("from/%d" % number, "page_t")
        file("%s/%d" % (to, number), "page_t")
    numbers = iter(range(TIMES + 1))

    def call():
        number = next(numbers)
        os.rename("from/%d" % number, "%s/%d" % (to, number))

    return by_other(call, change)


def chcon_of_a_directory_to_move_from():
    return moved(lambda: label("from", "closed_t"))


def chcon_of_a_directory_to_move_to():
    return moved(lambda: label("to", "closed_t"))


def chcon_of_a_directory_on_the_way_to_move_to():
    return moved(lambda: label("a/b", "closed_t"), to="a/b/to")


def chcon_of_a_file_to_move():
    return moved(lambda: label("from/%d" % TIMES, "secret_t"))


def chcon_of_a_file_to_replace():
    return moved(lambda: label("to/%d" % TIMES, "secret_t"))


def chcon_of_a_directory_on_the_way():
    return by_other(opening(file("a/b/c/f", "page_t")), lambda: label("a/b", "closed_t"))


def chcon_of_the_parent_directory():
    file("a/b/f", "page_t")
    return by_other(
        opening("..", os.O_RDONLY | os.O_DIRECTORY), lambda: label("a", "closed_t"), before=lambda: os.chdir("a/b")
    )


def label_outside(path, name):
    print("outside", os.path.abspath(path), name, flush=True)
    if sys.stdin.readline() != "done\n":
        raise SystemExit("nobody is outside")
    end = time.monotonic() + 2 * SETTLED
    while time.monotonic() < end:
        pass


def chcon_from_outside():
    return by_other(opening(file("f", "page_t")), lambda: label_outside("f", "secret_t"))


def waiting_bytes(descriptor):
    count = ctypes.c_int()
    return lambda: checked(libc.ioctl(descriptor, FIONREAD, ctypes.byref(count)))


def chcon_of_an_inherited_file():
    """It was opened before the world began, on a mount of another mount namespace."""
    label(os.environ["INHERITED"], "page_t")
    return by_other(waiting_bytes(3), lambda: label(os.environ["INHERITED"], "secret_t"))


def chcon_of_an_inherited_file_from_outside():
    label(os.environ["INHERITED"], "page_t")
    return by_other(waiting_bytes(3), lambda: label_outside(os.environ["INHERITED"], "secret_t"))


def boolean_of_a_pipe():
    pipes = []

    def call():
        if not pipes:
            pipes.append(os.pipe()[0])
        waiting_bytes(pipes[0])()

    return by_other(call, lambda: gate(0))


# What a name means.


def secret_file_in_its_place():
    file("f", "page_t")
    file("other", "secret_t")
    return by_other(opening("f"), lambda: os.rename("other", "f"))


def removed_and_made_again():
    file("f", "page_t")

    def change():
        os.unlink("f")
        file("./f", "secret_t")

    return by_other(opening("f"), change)


def rename_on_the_way():
    file("a/b/f", "page_t")
    file("other/b/f", "secret_t")

    def change():
        os.rename("a", "old")
        os.rename("other", "a")

    return by_other(opening("a/b/f"), change)


def closed_directory_on_the_way():
    file("a/b/f", "page_t")
    file("other/b/f", "page_t")
    label("other", "closed_t")

    def change():
        os.rename("a", "old")
        os.rename("other", "a")

    return by_other(opening("a/b/f"), change)


def link_on_the_way():
    file("one/f", "page_t")
    file("two/f", "secret_t")
    os.symlink("one", "way")
    os.symlink("two", "other")
    return by_other(opening("way/f"), lambda: os.rename("other", "way"))


def mounted_over():
    file("a/b/f", "page_t")

    def change():
        mount("a")
        file("a/b/f", "secret_t")

    return by_other(opening("a/b/f"), change, lambda: checked(libc.umount2(b"a", MNT_DETACH)))


def unmounted():
    file("a/b/f", "secret_t")
    mount("a")
    file("a/b/f", "page_t")
    return by_other(opening("a/b/f"), lambda: checked(libc.umount2(b"a", MNT_DETACH)))


def bind_of_a_file():
    file("f", "page_t")
    file("other", "secret_t")
    change = lambda: checked(libc.mount(b"other", b"f", None, 4096, None))
    return by_other(opening("f"), change, lambda: checked(libc.umount2(b"f", MNT_DETACH)))


def finding_nothing(path):
    def call():
        try:
            opening(path)()
        except FileNotFoundError:
            pass

    return call


def cover():
    """New directories in it are closed from the beginning: to label one lets names move. Many are made, so that this is known."""
    os.mkdir("cover")
    label("cover", "cover_t")
    os.mkdir("cover/a")
    label("cover/a", "disk_t")
    for number in range(TIMES):
        os.mkdir("cover/%d" % number)


def directory_made_again():
    cover()

    def change():
        os.rmdir("cover/a")
        os.mkdir("cover/a")

    return by_other(finding_nothing("cover/a/missing"), change)


def directory_made_again_where_many_were():
    cover()
    for number in range(TIMES):
        os.rmdir("cover/%d" % number)

    def change():
        os.rmdir("cover/a")
        os.mkdir("cover/a")

    return by_other(finding_nothing("cover/a/missing"), change)


def link_made_again():
    os.mkdir("one")
    os.mkdir("two")
    label("two", "closed_t")
    os.symlink("one", "a")

    def change():
        os.unlink("a")
        os.symlink("two", "a")

    return by_other(finding_nothing("a/missing"), change)


# Programs that were run before, where all tasks have one label: others are asked about each time.


def by_one(call, change, undo=lambda: None):
    """All of it by a process of its own, which may load policies."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(there, outcomes(call, b"m").encode().ljust(20))
        change()
        os.write(there, outcomes(call, b"1").encode())
        os._exit(0)
    os.close(there)
    before = os.read(here, 20).decode().strip()
    after = os.read(here, 20).decode()
    os.waitpid(pid, 0)
    undo()
    return before, after


def program(path, name):
    shutil.copyfile("/bin/true", file(path, name))
    os.chmod(path, 0o755)
    return os.path.abspath(path)


def running(path):
    return lambda: os.waitpid(os.posix_spawn(path, ["true"], {}), 0)


def program_policy_load():
    return by_one(running(program("f", "runs_t")), lambda: load("fast-path-2.33"))


def program_boolean():
    return by_one(running(program("f", "runs_gated_t")), lambda: gate(0))


def program_setenforce():
    enforce(0)
    return by_one(running(program("f", "barred_t")), lambda: enforce(1))


def program_chcon():
    return by_one(running(program("f", "runs_t")), lambda: label("f", "barred_t"))


def program_chcon_from_outside():
    return by_one(running(program("f", "runs_t")), lambda: label_outside("f", "barred_t"))


def program_in_its_place():
    program("other", "barred_t")
    return by_one(running(program("f", "runs_t")), lambda: os.rename("other", "f"))


def program_on_the_way():
    path = program("a/f", "runs_t")
    program("other/f", "barred_t")

    def change():
        os.rename("a", "old")
        os.rename("other", "a")

    return by_one(running(path), change)


def program_mounted_over():
    path = program("f", "runs_t")
    program("other", "barred_t")
    change = lambda: checked(libc.mount(b"other", b"f", None, 4096, None))
    return by_one(running(path), change, lambda: checked(libc.umount2(b"f", MNT_DETACH)))


def program_by_a_link():
    path = program("one/f", "runs_t")
    program("two/f", "barred_t")
    os.symlink("one", "way")
    os.symlink("two", "other")
    return by_one(running(os.path.abspath("way/f")), lambda: os.rename("other", "way"))


def program_chroot():
    path = program("f", "runs_t")
    for name in ("", "/lib64", "/usr", "/lib"):
        os.makedirs("jail" + name, exist_ok=True)
    program("jail" + path, "barred_t")
    return by_one(running(path), lambda: os.chroot("jail"))


def program_of_another_label():
    """The label that the next program is to have."""
    return by_one(running(program("f", "runs_t")), lambda: become("shut_t", "exec"))


def program_of_another_user():
    """Its owner alone may search its directory; another user needs a capability for it."""
    path = program("a/f", "runs_t")
    os.chmod("a", 0o700)
    gate(0, "overrides")
    return by_one(running(path), become_another_user)


# Files of the caller's own entry in procfs.


def own_entry_boolean():
    return by_other(opening("/proc/self/status"), lambda: gate(0))


def own_entry_of_a_descriptor():
    return by_other(opening("/proc/self/fdinfo/0"), lambda: gate(0))


def own_entry_mounted_over():
    file("other", "secret_t")
    client = Client(opening("/proc/self/status"))
    before = client.told(b"m")
    status = b"/proc/%d/status" % client.pid
    checked(libc.mount(b"other", status, None, 4096, None))
    after = client.told(b"1")
    checked(libc.umount2(status, MNT_DETACH))
    client.end()
    return before, after


def own_entry_of_another_label():
    call = opening("/proc/self/status")
    other, client = Client(call, domain="shut_t"), Client(call)
    result = client.told(b"m"), other.told(b"1")
    client.end()
    other.end()
    return result


def own_entry_own_label():
    return by_itself(opening("/proc/self/status"), lambda: become("shut_t"))


# What the caller is, and from where it looks.


def chroot():
    path = os.path.abspath(file("f", "page_t"))
    file("jail" + path, "secret_t")
    return by_itself(opening(path), lambda: os.chroot("jail"))


def chdir():
    file("f", "page_t")
    file("d/f", "secret_t")
    return by_itself(opening("f"), lambda: os.chdir("d"))


def directory_descriptor():
    file("one/f", "page_t")
    file("two/f", "secret_t")
    one, two = os.open("one", os.O_RDONLY), os.open("two", os.O_RDONLY)
    return by_itself(lambda: os.close(os.open("f", os.O_RDONLY, dir_fd=one)), lambda: os.dup2(two, one))


def descriptor():
    here, there = (os.open(file(name, kind), os.O_RDONLY) for name, kind in (("f", "page_t"), ("other", "noted_t")))
    return by_itself(lambda: os.fchmod(here, 0o644), lambda: os.dup2(there, here))


def setns():
    path = os.path.abspath(file("a/f", "page_t"))

    def apart():
        checked(libc.unshare(CLONE_NEWNS))
        checked(libc.mount(None, b"/", None, MS_PRIVATE_REC, None))
        mount("a")
        file("a/f", "secret_t")

    other = Client(lambda: None, domain="admin_t", before=apart)
    other.told(b"1")
    namespace = os.open("/proc/%d/ns/mnt" % other.pid, os.O_RDONLY)
    result = by_itself(opening(path), lambda: checked(libc.setns(namespace, CLONE_NEWNS)))
    other.end()
    return result


def unshared_and_mounted():
    path = os.path.abspath(file("a/f", "page_t"))
    file("b/f", "secret_t")

    def change():
        checked(libc.unshare(CLONE_NEWNS))
        checked(libc.mount(None, b"/", None, MS_PRIVATE_REC, None))
        checked(libc.mount(b"b", b"a", None, 4096, None))

    return by_itself(opening(path), change)


def become_another_user():
    """With all capabilities of root."""
    checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setresuid(2000001000, 2000001000, 2000001000)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    checked(libc.syscall(SYS_capget, header, sets))
    sets[0], sets[3] = sets[1], sets[4]  # effective are the permitted ones
    checked(libc.syscall(SYS_capset, header, sets))


def private(path):
    """Its owner needs no capability for it. Another user with dac_override asks for that."""
    os.chmod(file(path, "page_t"), 0o600)
    return path


def setuid():
    return by_itself(opening(private("f")), become_another_user)


def in_child(call):
    def run():
        pid = os.fork()
        if pid == 0:
            try:
                call()
            except OSError as error:
                os._exit(error.errno)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status != 0:
            raise OSError(status, "in a child")

    return run


def child_of_another_user():
    path = private("f")
    gate(0, "overrides")
    return by_one(in_child(opening(path)), become_another_user)


def child_of_a_program_of_another_label():
    file("f", "page_t")
    shells = ["/bin/sh", os.path.abspath("entry")]
    shutil.copyfile(shells[0], file("entry", "entry_t"))
    os.chmod("entry", 0o755)

    def call():
        pid = os.posix_spawn(shells[0], ["sh", "-c", "cat f > /dev/null 2>&1 || exit %d" % errno.EACCES], os.environ)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status != 0:
            raise OSError(status, "in a program")

    return by_one(call, lambda: shells.pop(0))


def own_label():
    return by_itself(opening(file("f", "page_t")), lambda: become("shut_t"))


def execve():
    path = os.path.abspath(file("f", "page_t"))
    program = "import errno, os, sys\ntry: os.close(os.open(sys.argv[1], os.O_RDONLY)); result = 'ok'\nexcept OSError as error: result = errno.errorcode[error.errno]\nos.write(int(sys.argv[2]), result.encode())"
    here, there = os.pipe()
    os.set_inheritable(there, True)

    def change():
        os.execv(sys.executable, [sys.executable, "-c", program, path, str(there)])

    before, after = by_itself(opening(path), change, before=lambda: become("shut_t", "exec"))
    os.close(there)
    return before, os.read(here, 20).decode() or after


def thread_id_used_again():
    path = os.path.abspath(file("f", "page_t"))
    client = Client(opening(path))
    before = client.told(b"m")
    client.end()
    here, there = os.pipe()

    def again():
        number = ctypes.c_int32(client.pid)
        arguments = (ctypes.c_uint64 * 10)(0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(number), 1)
        pid = checked(libc.syscall(SYS_clone3, arguments, ctypes.sizeof(arguments)))
        if pid == 0:
            os.write(there, outcomes(opening(path), b"1").encode())
            os._exit(0)
        os.waitpid(pid, 0)
        os.write(there, b"" if pid == client.pid else b" of another id")

    other = Client(again, domain="shut_t")
    told = other.told(b"1")
    other.end()
    os.close(there)
    return before, os.read(here, 40).decode() or told


def inside(name):
    enforce(0)
    load("fast-path.33")
    # A loaded policy keeps the values of booleans.
    gate(1)
    gate(1, "overrides")
    # Programs on tmpfs are looked at each time.
    with tempfile.TemporaryDirectory(dir="/var/tmp" if name.startswith("program_") else "/dev/shm") as place:
        label(place, "disk_t")
        os.chdir(place)
        enforce(1)
        try:
            before, after = globals()[name]()
        finally:
            enforce(0)
            os.chdir("/")
    print("%s: %s, %s" % (name, before, after), flush=True)


def outside(argv):
    """What the world asks for is done by a process that is not in it. The world gets a file as descriptor 3."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as inherited:
        os.dup2(inherited.fileno(), 3, inheritable=True)
        served(argv, inherited.name)


def served(argv, inherited):
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[3], env=os.environ | {"INHERITED": inherited}
    ) as world:
        for line in world.stdout:
            if not line.startswith("outside "):
                print(line, end="", flush=True)
                continue
            _, path, value = line.split()
            label(path, value)
            world.stdin.write("done\n")
            world.stdin.flush()
    raise SystemExit(world.returncode)


if __name__ == "__main__":
    if sys.argv[1] == "inside":
        inside(sys.argv[2])
    else:
        outside(sys.argv[2:])
