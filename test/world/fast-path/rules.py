"""As invalidation.py, of rules about paths: rules.py CASE, in a world with AppArmor."""
import mmap, os, subprocess, sys, tempfile

from invalidation import MNT_DETACH, checked, libc, opening, write
import invalidation

MS_BIND = 4096
RULES = """profile web {
  capability, signal,
  mount, umount, pivot_root,
  change_profile,
  / r,
  /** r,
  /dev/shm/** rwkl,
  /{usr/,}{bin,lib,lib64}/** mrix,
  PREFIX/** mrix,
  /proc/** rw,
  deny /dev/shm/*/secret{,/**} rwkm,
  deny /dev/shm/**/*.secret rw,
}
profile weak {
  signal, change_profile,
  / r,
  /** rwk,
  /{usr/,}{bin,lib,lib64}/** mrix,
  PREFIX/** mrix,
}
profile shut {
  capability, signal, change_profile,
  / r,
  /** mrix,
  /dev/shm/** rwk,
  /proc/** rw,
  deny /dev/shm/*/page/** rw,
}
"""
# Of a Python that is not the system's.
RULES = RULES.replace("PREFIX", sys.prefix)
PAGE_RULES = "deny /dev/shm/*/secret{,/**} rwkm,", "deny /dev/shm/*/page/** rw,"


def load(text):
    subprocess.run(["apparmor_parser", "-qKr"], input=text, encoding="utf8", check=True)


def changes_profile(name, attribute="current"):
    write("/proc/thread-self/attr/apparmor/" + attribute, ("exec " if attribute == "exec" else "changeprofile ") + name)


def by_other(call, change, undo=lambda: None, **options):
    return invalidation.by_other(call, change, undo, **{"become": changes_profile, "domain": "web", **options})


def by_itself(call, change, **options):
    return invalidation.by_itself(call, change, **{"become": changes_profile, "domain": "web", **options})


def file(path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    write(path, "text\n")
    return path


def profile_replaced():
    return by_other(opening(file("page/f")), lambda: load(RULES.replace(*PAGE_RULES)))


def profile_changed():
    return by_itself(opening(file("page/f")), lambda: changes_profile("shut"))


def way_to(place):
    os.symlink(place, "other")
    os.rename("other", "way")


def renamed():
    file("page/f")
    way_to("page/f")

    def change():
        os.rename("page/f", "page/f.secret")
        way_to("page/f.secret")

    return by_other(opening("way"), change)


def descriptor_of_a_renamed_file():
    descriptor = os.open(file("page/f"), os.O_RDWR)
    return by_other(lambda: os.fchmod(descriptor, 0o644), lambda: os.rename("page/f", "page/f.secret"))


def directory_renamed_above_the_caller():
    file("page/d/f")
    os.mkdir("secret")
    there = lambda: os.chdir("page/d")
    return by_other(opening("f"), lambda: os.rename("page/d", "secret/d"), before=there)


def directory_renamed_below_the_way():
    file("page/d/f")
    os.mkdir("secret")
    way_to("page/d")

    def change():
        os.rename("page/d", "secret/d")
        way_to("secret/d")

    return by_other(opening("way/f"), change)


def another_name():
    numbers = iter([*(["page/%d" % number for number in range(400)]), "page/f.secret"])
    for number in range(400):
        file("page/%d" % number)
    file("page/f.secret")
    call = lambda: os.close(os.open(next(numbers), os.O_RDONLY))
    return by_other(call, lambda: None)


def another_new_name():
    os.mkdir("page")
    numbers = iter([*(["page/%d" % number for number in range(400)]), "page/f.secret"])
    call = lambda: os.close(os.open(next(numbers), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    return by_other(call, lambda: None)


def another_name_of_the_file():
    file("page/f")
    os.link("page/f", "page/f.secret")
    names = iter(["page/f"] * 400 + ["page/f.secret"])
    return by_other(lambda: os.close(os.open(next(names), os.O_RDONLY)), lambda: None)


def two_names():
    """Of one file; a link leads to the one that may be read, another one to the other."""
    file("page/f")
    os.link("page/f", "page/f.secret")
    os.symlink("page/f", "way")
    os.symlink("page/f.secret", "other")


def link_renamed():
    two_names()
    return by_other(opening("way"), lambda: os.rename("other", "way"))


def link_made_again():
    two_names()

    def change():
        os.unlink("way")
        os.symlink("page/f.secret", "way")

    return by_other(opening("way"), change)


def links_exchanged():
    two_names()
    change = lambda: checked(libc.renameat2(-100, b"other", -100, b"way", 2))
    return by_other(opening("way"), change)


def closed_directory_on_the_way():
    """Root needs a capability for it, which the profile has not."""
    return by_other(opening(file("page/d/f")), lambda: os.chmod("page/d", 0), domain="weak")


def closed_directory_by_descriptor():
    path = file("page/d/f")
    descriptor = os.open("page/d", os.O_RDONLY)
    return by_other(opening(path), lambda: os.fchmod(descriptor, 0), domain="weak")


def given_away_directory_on_the_way():
    path = file("page/d/f")
    os.chmod("page/d", 0o700)
    return by_other(opening(path), lambda: os.chown("page/d", 2000001000, 2000001000), domain="weak")


def bound_elsewhere():
    file("page/f")
    file("secret/f")
    change = lambda: checked(libc.mount(b"page", b"secret", None, MS_BIND, None))
    names = iter(["page/f"] * 400 + ["secret/f"])
    undo = lambda: checked(libc.umount2(b"secret", MNT_DETACH))
    return by_other(lambda: os.close(os.open(next(names), os.O_RDONLY)), change, undo)


def executed():
    path = os.path.abspath(file("page/f"))
    program = "import errno, os, sys\ntry: os.close(os.open(sys.argv[1], os.O_RDONLY)); result = 'ok'\nexcept OSError as error: result = errno.errorcode[error.errno]\nos.write(int(sys.argv[2]), result.encode())"
    here, there = os.pipe()
    os.set_inheritable(there, True)

    def change():
        os.execv(sys.executable, [sys.executable, "-c", program, path, str(there)])

    before, after = by_itself(opening(path), change, before=lambda: changes_profile("shut", "exec"))
    os.close(there)
    return before, os.read(here, 20).decode() or after


def mapped_as_code():
    """Files may be mapped to be read, which needs no rule but that of open(2)."""
    descriptor = lambda: os.open(file("page/f"), os.O_RDONLY)
    kinds = iter([mmap.PROT_READ] * 400 + [mmap.PROT_READ | mmap.PROT_EXEC])

    def call():
        opened = os.open("page/f", os.O_RDONLY)
        try:
            mmap.mmap(opened, 5, mmap.MAP_PRIVATE, next(kinds)).close()
        finally:
            os.close(opened)

    os.close(descriptor())
    return by_other(call, lambda: None)


def main(name):
    load(RULES)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        os.chdir(place)
        try:
            before, after = globals()[name]()
        finally:
            os.chdir("/")
    print("%s: %s, %s" % (name, before, after), flush=True)


main(sys.argv[1])
