#!/usr/bin/env python3
"""
What a run of tests left on the host: extended attributes, sysctls, System V objects, queues, keys, mounts, processes, names.

usage: left-behind.py before FILE    notes in FILE what is there
       left-behind.py after FILE [SECONDS]
                                     prints what is there since then, one line each; exit status 1 when it is anything. What goes within
                                     SECONDS (30) does not count: keys and mounts go a little later than what had them

As root, in the namespaces of the host. What others do meanwhile is shown, too.
"""
import hashlib, json, os, re, sys, time

# Filesystems that end with the machine: what a world stores there nobody reinstalls. proc has no attributes of its own.
PSEUDO = {"sysfs", "cgroup", "cgroup2", "devtmpfs", "tmpfs", "ramfs", "debugfs", "tracefs", "configfs", "securityfs", "bpf", "devpts", "mqueue",
          "hugetlbfs", "pstore", "efivarfs", "fusectl", "binfmt_misc"}
# Directories of other filesystems whose files worlds label and open; the checkout is one.
FOLDERS = ["/etc", "/usr/bin", "/usr/sbin", "/usr/libexec", "/home", "/root/.config", os.getcwd()]
NOT_LOOKED_AT = {"node_modules", ".git"}
# Counters, and what the kernel or a clock changes by itself.
VOLATILE = re.compile(r"/proc/sys/(fs/(dentry-state|file-nr|inode-nr|inode-state|aio-nr|quota/|binfmt_misc/)|kernel/(ns_last_pid|random/|pty/nr"
                      r"|sched_domain/|perf_event_max_sample_rate|spl)|net/(netfilter/nf_conntrack_count|ipv[46]/route/flush)|vm/stat_refresh)")
# Keyrings that the kernel makes for whoever logs in or starts a thread.
OWN_KEYRINGS = re.compile(r"_(uid|uid_ses|ses|tid|pid|persistent)\b|\.user_reg|\.persistent_register")
NAMES = ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run"]
OURS = re.compile(r"^(lsmfs|oracle)")
# test/support/box.ts marks what it starts, test/support/users.ts says whose ids are whose.
MARKER = b"LSMFS_BOX="
FIRST_TEST_USER, LAST_TEST_USER = 2_000_000_000, 2_147_483_647


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(1 << 16)
    except OSError:
        return b""


def attributes():
    """Of each file: path, name -> digest of the value."""
    roots = list(FOLDERS)
    for line in read("/proc/self/mountinfo").decode().splitlines():
        fields = line.split()
        if fields[fields.index("-") + 1] in PSEUDO:
            roots.append(fields[4].encode().decode("unicode_escape"))
    found = {}
    for root in roots:
        try:
            device = os.lstat(root).st_dev
        except OSError:
            continue
        for folder, folders, files in os.walk(root):
            folders[:] = [name for name in folders if name not in NOT_LOOKED_AT]
            if os.lstat(folder).st_dev != device:
                folders[:] = []
                continue
            for path in [folder, *(os.path.join(folder, name) for name in files)]:
                try:
                    for name in os.listxattr(path, follow_symlinks=False):
                        value = os.getxattr(path, name, follow_symlinks=False)
                        found[f"{path} {name}"] = hashlib.sha256(value).hexdigest()[:16]
                except OSError:
                    pass
    return found


def sysctls():
    found = {}
    for folder, _, files in os.walk("/proc/sys"):
        for name in files:
            path = os.path.join(folder, name)
            if not VOLATILE.match(path) and os.access(path, os.R_OK):
                found[path] = read(path).decode("latin1")
    return found


def objects():
    found = {}
    for kind in "shm", "sem", "msg":
        for line in read(f"/proc/sysvipc/{kind}").decode().splitlines()[1:]:
            key, number = line.split()[:2]
            found[f"{kind} {number}"] = f"key {key}"
    return found


def keys():
    """By number. A process sees those that it may view."""
    lines = (line.split(None, 7) for line in read("/proc/keys").decode("latin1").splitlines())
    return {key[0]: " ".join(key[5:]) for key in lines if len(key) == 8 and not OWN_KEYRINGS.search(key[7])}


def mounts():
    """Without the first numbers: they are given to others when a mount has gone."""
    return {line.split(None, 3)[3]: "" for line in read("/proc/self/mountinfo").decode().splitlines()}


def processes():
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            user = os.stat(f"/proc/{pid}").st_uid
        except OSError:
            continue
        if int(pid) == os.getpid():
            continue
        if MARKER in read(f"/proc/{pid}/environ") or FIRST_TEST_USER <= user <= LAST_TEST_USER:
            found[pid] = read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode("latin1")[:200]
    return found


def names():
    found = {}
    for folder in NAMES:
        if os.path.isdir(folder):
            found.update({f"{folder}/{name}": "" for name in os.listdir(folder) if OURS.match(name)})
    for folder in read("/proc/self/mountinfo").decode().splitlines():
        if " - cgroup" in folder:
            root = folder.split()[4]
            found.update({f"{root}/{name}": "" for name in os.listdir(root) if OURS.match(name)})
    return found


KINDS = {"attribute": attributes, "sysctl": sysctls, "System V object": objects, "key": keys, "mount": mounts, "process": processes, "name": names}


def state():
    return {kind: look() for kind, look in KINDS.items()}


def difference(before, after):
    lines = []
    for kind in KINDS:
        for what, value in after[kind].items():
            if before[kind].get(what) != value:
                lines.append(f"{kind}: {what} {value}".rstrip())
        if kind in ("attribute", "sysctl"):
            lines += [f"{kind} is gone: {what}" for what in before[kind] if what not in after[kind] and os.path.exists(what.split()[0])]
    return lines


def main(command, file, seconds="30"):
    if command == "before":
        with open(file, "w") as out:
            json.dump(state(), out)
        return 0
    with open(file) as noted:
        before = json.load(noted)
    end = time.monotonic() + float(seconds)
    while (left := difference(before, state())) and time.monotonic() < end:
        time.sleep(1)
    for line in left:
        print(f"left behind: {line}", file=sys.stderr)
    return 1 if left else 0


sys.exit(main(*sys.argv[1:]))
