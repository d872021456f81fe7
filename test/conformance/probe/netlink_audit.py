"""Audit by netlink: `audit` (a request and its answers), `audmany` (requests one after the other), `audopen`, `audread`, `audclose` (a socket that listens), `act`, `sigign`."""
import ctypes
import errno
import json
import os
import re
import select
import signal
import socket
import struct
import time

from children import run_forked
from commands import become
from descriptors import open_flags
from outcome import error_name, failure, normalise, show

NETLINK_AUDIT = 9
SOL_NETLINK = 270
NAMES = {2: "NLMSG_ERROR", 3: "NLMSG_DONE", 1000: "GET", 1001: "SET", 1006: "LOGIN", 1005: "USER", 1010: "SIGNAL_INFO", 1013: "LIST_RULES",
         1016: "TTY_GET", 1019: "GET_FEATURE", 1300: "SYSCALL", 1302: "PATH", 1305: "CONFIG_CHANGE", 1306: "SOCKADDR", 1307: "CWD", 1309: "EXECVE",
         1318: "OBJ_PID", 1319: "TTY", 1320: "EOE", 1321: "BPRM_FCAPS", 1322: "CAPSET", 1323: "MMAP", 1325: "NETFILTER_CFG", 1326: "SECCOMP",
         1327: "PROCTITLE", 1328: "FEATURE_CHANGE", 1329: "REPLACE", 1330: "KERN_MODULE", 1334: "BPF", 1335: "EVENT_LISTENER", 1337: "OPENAT2", 1400: "AVC",
         1401: "SELINUX_ERR", 1403: "MAC_POLICY_LOAD", 1404: "MAC_STATUS", 1405: "MAC_CONFIG_CHANGE", 1701: "ANOM_ABEND", 1702: "ANOM_LINK",
         1800: "INTEGRITY_DATA", 1801: "INTEGRITY_METADATA", 1802: "INTEGRITY_STATUS", 1803: "INTEGRITY_HASH", 1804: "INTEGRITY_PCR",
         1805: "INTEGRITY_RULE", 1806: "INTEGRITY_EVM_XATTR", 1807: "INTEGRITY_POLICY_RULE", 1107: "USER_AVC", 1124: "USER_TTY", 2000: "KERNEL"}
NUM = {v: k for k, v in NAMES.items()}
NUM.update(LIST=1002, ADD=1003, DEL=1004, ADD_RULE=1011, DEL_RULE=1012, TRIM=1014, MAKE_EQUIV=1015, TTY_SET=1017, SET_FEATURE=1018)
STATUS = ["mask", "enabled", "failure", "pid", "rate_limit", "backlog_limit", "lost", "backlog", "feature_bitmap", "backlog_wait_time",
          "backlog_wait_time_actual"]
FIELDS = {"pid": 0, "uid": 1, "euid": 2, "suid": 3, "fsuid": 4, "gid": 5, "egid": 6, "sgid": 7, "fsgid": 8, "auid": 9, "pers": 10, "arch": 11,
          "msgtype": 12, "subj_user": 13, "subj_role": 14, "subj_type": 15, "subj_sen": 16, "subj_clr": 17, "ppid": 18, "obj_user": 19,
          "obj_role": 20, "obj_type": 21, "obj_lev_low": 22, "obj_lev_high": 23, "loginuid_set": 24, "sessionid": 25, "fstype": 26,
          "devmajor": 100, "devminor": 101, "inode": 102, "exit": 103, "success": 104, "watch": 105, "perm": 106, "dir": 107, "filetype": 108,
          "obj_uid": 109, "obj_gid": 110, "field_compare": 111, "exe": 112, "saddr_fam": 113, "arg0": 200, "arg1": 201, "arg2": 202, "arg3": 203,
          "filterkey": 210}
FNAME = {v: k for k, v in FIELDS.items()}
OPS = {"=": 0x40000000, "!=": 0x30000000, ">": 0x20000000, ">=": 0x60000000, "<": 0x10000000, "<=": 0x50000000, "&": 0x08000000, "&=": 0x48000000}
ONAME = {v: k for k, v in OPS.items()}
LISTS = {"user": 0, "task": 1, "entry": 2, "watch": 3, "exit": 4, "exclude": 5, "fs": 6, "uring": 7}
ACTIONS = {"never": 0, "possible": 1, "always": 2}
REPLY = {1000: 1000, 1019: 1019, 1010: 1010, 1016: 1016, 1013: 3}  # request -> last message of its answer
SOCKS = {}
STARTED_IN = os.getcwd()
# A kernel sends records by a thread of its own, a while after the call. A target that sends them before the call ends says so.
IDLE = float(os.environ.get("ORACLE_IDLE", "10"))


def payload(session, spec):
    """More data forms: {"status": {...}, "len"}, {"rule": {...}, "cut"/"more"}, {"u32": [...]}."""
    if isinstance(spec, dict) and "status" in spec:
        vals = [int(session.text(str(spec["status"].get(n, 0)))) & 0xffffffff for n in STATUS]
        return struct.pack("<11I", *vals)[:spec.get("len", 44)] + b"\0" * max(0, spec.get("len", 44) - 44)
    if isinstance(spec, dict) and "u32" in spec:
        return struct.pack("<%dI" % len(spec["u32"]), *[v & 0xffffffff for v in spec["u32"]])
    if isinstance(spec, dict) and "rule" in spec:
        r = spec["rule"]
        flags = LISTS.get(r.get("list", "exit"), r.get("list")) | (0x10 if r.get("prepend") else 0)
        action = ACTIONS.get(r.get("action", "always"), r.get("action"))
        mask = [0] * 64
        sc = r.get("syscalls", [])
        if sc == "all":
            mask = [0xffffffff] * 64
        else:
            for n in sc:
                mask[n // 32] |= 1 << n % 32
        fields, values, ops, buf = [0] * 64, [0] * 64, [0] * 64, b""
        for i, (name, op, val) in enumerate(r.get("fields", [])[:64]):
            fields[i] = FIELDS.get(name, name)
            ops[i] = OPS.get(op, op)
            if isinstance(val, str):
                raw = session.text(val).encode("latin-1")
                values[i] = len(raw)
                buf += raw
            else:
                values[i] = val & 0xffffffff
        count = r.get("count", len(r.get("fields", [])))
        buf = buf if "buf" not in r else r["buf"].encode()
        out = struct.pack("<3I", flags, action, count & 0xffffffff) + struct.pack("<64I", *mask) + struct.pack("<64I", *fields)
        out += struct.pack("<64I", *values) + struct.pack("<64I", *ops) + struct.pack("<I", r.get("buflen", len(buf)) & 0xffffffff) + buf
        return out[:spec["cut"]] if "cut" in spec else out + b"x" * spec.get("more", 0)
    return session.data(spec)


def set_process_name(name):
    with open("/proc/self/comm", "w", encoding="latin-1") as comm:
        comm.write(name)


def who(pid):
    return "0" if pid == 0 else "SELF" if pid == os.getpid() else "PARENT" if pid == os.getppid() else "OTHER"


def status_of(raw):
    out = {"len": len(raw)}
    for n, v in zip(STATUS, struct.unpack("<%dI" % (len(raw) // 4), raw[:len(raw) // 4 * 4])):
        out[n] = v
    if "pid" in out:
        out["pid"] = who(out["pid"])
    return out


def rule_of(raw):
    if len(raw) < 1040:
        return {"short": len(raw)}
    flags, action, count = struct.unpack_from("<3I", raw, 0)
    mask = struct.unpack_from("<64I", raw, 12)
    fields, values, ops = (struct.unpack_from("<64I", raw, 268 + 256 * i) for i in range(3))
    buflen = struct.unpack_from("<I", raw, 1036)[0]
    buf, pos, fs = raw[1040:], 0, []
    for i in range(min(count, 64)):
        f = fields[i]
        if FNAME.get(f) in ("subj_user", "subj_role", "subj_type", "subj_sen", "subj_clr", "obj_user", "obj_role", "obj_type", "obj_lev_low",
                            "obj_lev_high", "watch", "dir", "filterkey", "exe"):
            val = show(buf[pos:pos + values[i]])
            pos += values[i]
        else:
            val = values[i]
        fs.append([FNAME.get(f, f), ONAME.get(ops[i], "0x%x" % ops[i]), val])
    sc = "all" if all(m == 0xffffffff for m in mask) else [w * 32 + b for w in range(64) for b in range(32) if mask[w] >> b & 1]
    if sc != "all" and len(sc) > 40:
        sc = {"count": len(sc), "first": sc[:5], "last": sc[-5:]}
    return {"flags": flags, "action": action, "fields": fs, "syscalls": sc, "buflen": buflen, "extra": len(raw) - 1040 - buflen}


def tidy(text, step):
    """Normalise what changes from run to run in a record text."""
    me, parent = str(os.getpid()), str(os.getppid())
    text = re.sub(r"\baudit\(\d+\.\d+:(\d+)\)", lambda m: "audit(T:%s)" % m.group(1), text)
    pid = lambda m: m.group(1) + "=" + ("SELF" if m.group(2) == me else "PARENT" if m.group(2) == parent else "0" if m.group(2) == "0" else "N")
    text = re.sub(r"\b(pid|ppid|opid|audit_pid|old|sig_pid)=(\d+)(?=\s|$)", lambda m: m.group(0) if m.group(1) == "old" and int(m.group(2)) < 20 else
                  pid(m) if m.group(1) != "old" or m.group(2) in (me, parent) else m.group(0), text)
    text = re.sub(r"\b(ino|inode)=\d+", r"\1=N", text)
    text = re.sub(r"\bdev=[0-9a-f]{2,3}:[0-9a-f]{2,3}\b", "dev=D", text)
    text = re.sub(r'\bdev="[^"]*"', 'dev="D"', text)
    text = re.sub(r"\b(a[0-3])=([0-9a-f]{5,})\b", lambda m: m.group(0) if m.group(2) in ("ffffff9c", "ffffffffffffff9c", "ffffffff") else m.group(1) + "=P", text)
    text = re.sub(r"(\bsyscall=62\b.* a0=)(?:P|[0-9a-f]+)", r"\1N", text)
    text = re.sub(r"\bproctitle=([0-9A-F]+)", lambda m: "proctitle=PROBE" if b"probe" in bytes.fromhex(m.group(1)) else m.group(0), text)
    text = text.replace('cwd="%s"' % STARTED_IN, 'cwd="/"')  # the guests start it there
    text = re.sub(r"\b(ip)=0x[0-9a-f]+", r"\1=P", text)
    text = re.sub(r"\b(pipe|socket):\[\d+\]", r"\1:[N]", text)
    return normalise(text, step)


def decode(kind, raw, step):
    if kind == 2 and len(raw) >= 4:
        code = struct.unpack_from("<i", raw, 0)[0]
        out = {"ack": 0} if code == 0 else {"nak": error_name(-code)}
        if step.get("rawack"):
            out["echo"] = len(raw) - 4
        return out
    name = NAMES.get(kind, str(kind))
    if kind == 1000:
        out = status_of(raw)
        for n in step.get("hide", ["backlog", "lost", "backlog_wait_time_actual"]):
            out.pop(n, None)
        return {"GET": out}
    if kind == 1019 and len(raw) == 16:
        return {"GET_FEATURE": dict(zip(("vers", "mask", "features", "lock"), struct.unpack("<4I", raw)))}
    if kind == 1013:
        return {"RULE": rule_of(raw)}
    if kind == 1016 and len(raw) == 8:
        return {"TTY": list(struct.unpack("<2I", raw))}
    if kind == 1010 and len(raw) >= 8:
        uid, pid = struct.unpack_from("<Ii", raw, 0)
        return {"SIGNAL_INFO": {"uid": uid, "pid": who(pid), "ctx": show(raw[8:])}}
    if kind in (1001, 3) and len(raw) <= 4:
        return {name: raw.hex()}
    if kind == 1329 and len(raw) == 4:
        return {name: who(struct.unpack("<I", raw)[0])}
    return {name: re.sub(r"audit\(T:\d+\)", "audit(T:N)", tidy(raw.decode("latin-1"), step))}


def opensock(step):
    s = socket.socket(socket.AF_NETLINK, getattr(socket, step.get("stype", "SOCK_RAW")) | socket.SOCK_CLOEXEC, NETLINK_AUDIT)
    if step.get("bind", True):
        s.bind((0, step.get("groups", 0)))
    if step.get("rcvbuf"):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, step["rcvbuf"])
    return s


def split(raw):
    """A datagram -> [(type, flags, seq, payload, length quirk)].  Unicast records carry the payload length in nlmsg_len."""
    out, pos = [], 0
    while pos + 16 <= len(raw):
        ln, kind, flags, seq, _port = struct.unpack_from("<IHHII", raw, pos)
        if pos == 0 and ln in (len(raw), len(raw) - 16) or ln > len(raw) - pos or ln < 16:
            out.append((kind, flags, seq, raw[pos + 16:], "full" if ln == len(raw) - pos else "payload" if ln == len(raw) - pos - 16 else str(ln)))
            break
        out.append((kind, flags, seq, raw[pos + 16:pos + ln], "full"))
        pos += (ln + 3) & ~3
    return out


def request(session, step):
    """Type and bytes of a message."""
    kind = NUM.get(step["type"], step["type"])
    body = payload(session, step.get("data"))
    ln = step.get("nllen", len(body) + 16)
    msg = struct.pack("<IHHII", ln & 0xffffffff, kind & 0xffff, step.get("flags", 5), step.get("seq", 7), step.get("port", 0)) + body
    return kind, msg + b"\0" * (-len(body) % 4 if step.get("pad") else 0)


def send(s, msg, step):
    return s.sendto(msg, (step.get("dst", 0), step.get("dstgroups", 0))) if not step.get("bare") else s.send(msg)


def answer(kind, flags, seq, part, quirk, addr, step):
    item = decode(kind, part, step)
    if seq != step.get("seq", 7):
        item["seq"] = "0" if seq == 0 else "other"
    if step.get("show_flags"):
        item["flags"], item["len"], item["from"] = flags, quirk, addr[0]
    return item


def audmany(session, step):
    """Requests on one socket, without a pause. What refuses and acknowledges is there when a request has returned; other answers are waited for,
    and all after a message without an address, which is to ask for an acknowledgement.
    Records are left out: a thread of the kernel sends them at any time. `euid`: who opens the socket."""
    try:
        if "euid" in step:
            os.seteuid(step["euid"])
        s = opensock(step)
    except OSError as exc:
        return failure(exc, "socket")
    finally:
        if "euid" in step:
            os.seteuid(0)
    with s:
        return {"answers": [exchange(session, s, dict(each, rawack=True, show_flags=True)) for each in step["messages"]]}


def join(step):
    """A socket of its own, which is to be in a group: with bind(2), or with an option of SOL_NETLINK."""
    try:
        with opensock({"groups": step.get("groups", 0)}) as s:
            if "option" in step:
                s.setsockopt(SOL_NETLINK, step["option"], step["value"])
    except OSError as exc:
        return [failure(exc)]
    return [{"ok": True}]


def is_record(kind):
    return kind >= 1100 or kind in (1005, 1006)


def exchange(session, s, step):
    if step.get("join"):
        return join(step)
    kind, msg = request(session, step)
    also = b"".join(request(session, each)[1] for each in step.get("behind", ()))
    try:
        send(s, msg + also, step)
    except OSError as exc:
        return failure(exc, "send")
    got, owed = [], set()
    if 16 <= step.get("nllen", len(msg)) <= len(msg):
        owed = {REPLY[kind]} if kind in REPLY else set()
        if step.get("bare"):
            owed.add(2)
    end = time.time() + step.get("wait", 20)
    while select.select([s], [], [], 0)[0] or owed and select.select([s], [], [], max(0, end - time.time()))[0]:
        raw, addr = s.recvfrom(65536)
        for k, fl, seq, part, quirk in split(raw):
            if is_record(k):
                continue
            got.append(answer(k, fl, seq, part, quirk, addr, step))
            owed.discard(k)
            if "nak" in got[-1]:
                owed.clear()
    return got


def audit(session, step):
    """One request on a netlink socket, with everything that comes back."""
    try:
        if "use" in step:
            s = SOCKS.get(step["use"])
            if s is None:
                return {"err": "NOSOCK"}
        else:
            s = opensock(step)
    except OSError as exc:
        return failure(exc, "socket")
    if "keep" in step:
        SOCKS[step["keep"]] = s
    try:
        if "type" not in step:
            return {"ok": True}
        kind, msg = request(session, step)
        try:
            n = send(s, msg, step)
        except OSError as exc:
            return failure(exc, "send")
        got, seen, wait = [], set(), step.get("wait", 0.35)
        while select.select([s], [], [], wait)[0]:
            try:
                raw, addr = s.recvfrom(65536)
            except OSError as exc:
                got.append(failure(exc, "recv"))
                break
            for k, fl, seq, part, quirk in split(raw):
                item = answer(k, fl, seq, part, quirk, addr, step)
                got.append(item)
                seen.add(k)
                if k == 2 and not kind in REPLY and kind != 1001 or seen >= {2, REPLY.get(kind, 2)} or "nak" in item:
                    wait = min(step.get("linger", 0.03), IDLE)
        if step.get("sorted"):
            got.sort(key=json.dumps)
        out = {"replies": got}
        if n != len(msg):
            out["sent"] = n
        return out
    finally:
        if not ("keep" in step or "use" in step):
            s.close()


def audopen(session, step):
    try:
        SOCKS[step["name"]] = opensock(dict({"groups": 1, "rcvbuf": 4 << 20}, **step))
        return {"ok": True}
    except OSError as exc:
        return failure(exc)


def audclose(session, step):
    s = SOCKS.pop(step["name"], None)
    if s:
        s.close()
    return {"ok": s is not None}


def audread(session, step):
    """Drain a reader: one text per record, "TYPE audit(T:+k): ...", k numbers the events of this drain."""
    s = SOCKS.get(step["use"])
    if s is None:
        return {"err": "NOSOCK"}
    out, end = [], time.time() + step.get("limit", 8)
    idle = step.get("idle", 0.7) if session.abnormal_end else min(step.get("idle", 0.7), IDLE)
    session.abnormal_end = False  # its record is sent when it is found dead
    while time.time() < end and select.select([s], [], [], idle)[0]:
        try:
            raw, addr = s.recvfrom(65536)
        except OSError as exc:
            out.append("recv " + error_name(exc.errno))
            continue
        for k, fl, seq, part, quirk in split(raw):
            text = NAMES.get(k, "[%d]" % k) + " " + (tidy(part.decode("latin-1"), step) if k >= 1100 or k in (1006, 1005) else json.dumps(decode(k, part, step))) if k != 1329 else "REPLACE " + who(struct.unpack("<I", part)[0])
            if step.get("show_flags"):
                text = "flags=%d len=%s from=%d %s" % (fl, quirk, addr[0], text)
            if re.search(step.get("match", "."), text) and not (step.get("skip") and re.search(step["skip"], text)):
                out.append(text)
    if step.get("quiet_drain"):
        return {"drained": True}
    order = {}
    num = lambda m: "audit(T:+%d)" % order.setdefault(m.group(1), len(order))
    out = [re.sub(r"audit\(T:(\d+)\)", num, t) for t in out]
    if step.get("uniq"):
        out = sorted(set(out))
    if step.get("count"):
        return {"count": len(out)}
    return {"records": out}


def call_c(kept, what, *given):
    """A function of the C library, [NAME=]FUNCTION: numbers, texts, {"hex"}, {"room": bytes} or {"kept": NAME}, the result of an earlier one."""
    def argument(one):
        if isinstance(one, str):
            return ctypes.c_char_p(one.encode())
        if not isinstance(one, dict):
            return ctypes.c_long(one)
        if "kept" in one:
            return ctypes.c_long(kept[one["kept"]])
        data = bytes.fromhex(one["hex"].replace(" ", "")) if "hex" in one else bytes(one["room"])
        return ctypes.create_string_buffer(data, len(data))
    name, _, function = what.rpartition("=")
    call = getattr(ctypes.CDLL(None, use_errno=True), function)
    call.restype = ctypes.c_long
    result = call(*map(argument, given))
    if ctypes.c_int(result).value == -1:
        raise OSError(ctypes.get_errno(), function)
    kept[name] = result
    return "ok"


def act(session, step):
    """System calls as triggers, in a forked child: do = [[name, args...]]; results as in `fd`."""
    session.abnormal_end = any(name == "abort" for name, *_ in step["do"])

    def body(child):
        res, kept = [], {}
        if "who" in step:
            become(step["who"])
        for name, *args in step["do"]:
            args = [session.text(a) if isinstance(a, str) else a for a in args]
            try:
                if name == "open":
                    fd = os.open(args[0], open_flags(args[1] if len(args) > 1 else None, os.O_RDONLY), 0o640)
                    os.close(fd)
                    res.append("ok")
                elif name == "sleep":
                    time.sleep(args[0])
                elif name == "kill":
                    os.kill(int(args[0]), args[1])
                    res.append("ok")
                elif name == "socket":
                    socket.socket(*args).close()
                    res.append("ok")
                elif name == "connect":
                    s = socket.socket(socket.AF_UNIX)
                    s.connect(args[0])
                elif name == "prctl_name":
                    set_process_name(args[0])
                elif name == "abort":
                    os.kill(os.getpid(), args[0] if args else signal.SIGSEGV)
                elif name == "libc":
                    res.append(call_c(kept, *args))
                elif name == "exec":
                    os.execv(args[0], args[1:] or [args[0]])
                else:
                    getattr(os, name)(*args)
                    res.append("ok")
            except OSError as exc:
                res.append(error_name(exc.errno))
        child.emit({"r": res})
    got, code = run_forked(session, body)
    out = {"r": got[0].get("r", got[0]) if got else None}
    if code:
        out["exit"] = code
    return out


def sigign(session, step):
    """Ignore the signals that the kernel remembers for SIGNAL_INFO."""
    for n in (signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(n, signal.SIG_IGN)
    return {"ok": True}


def recorded(work):
    """Paths in the scratch folder as they were recorded: in records they are part of longer texts."""
    def step_of(session, step):
        text = json.dumps(work(session, step))
        for form in (lambda path: json.dumps(path)[1:-1], lambda path: path.encode().hex().upper()):
            text = text.replace(form(session.scratch), form("/run/oracle-scratch"))
        return json.loads(text)
    return step_of


STEPS = {"sigign": sigign, "audit": recorded(audit), "audmany": recorded(audmany), "audopen": audopen, "audclose": audclose, "audread": recorded(audread), "act": act}
