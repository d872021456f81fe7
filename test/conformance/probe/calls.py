"""`calls`: system calls of this process, one outcome each; `spawn` and `reap`: processes that they are made on.

`do` is [[call, arguments...], ...]. A word before the call's name changes what becomes of it:
  `name=call`  keeps its result; later arguments say %name (the other end of a pair: %name2)
  `-call`      no outcome unless it fails
  `!call`      the same, and when it fails all further steps of this process are left out
A call whose argument was never kept, because the call that makes it failed, is left out.
"""
import json
import os
import re
import signal
import sys

import calls_files
import calls_ipc
import calls_sockets
import calls_tasks
import calls_watches
from calls_tasks import background
from kept import Kept, number
from klog import call_records
from outcome import error_name, normalise
from targets import Target

CALLS = {**calls_files.CALLS, **calls_tasks.CALLS, **calls_ipc.CALLS, **calls_sockets.CALLS,
         **calls_watches.CALLS}
LONGEST_DESCRIPTION = 160
SENDING = ("kill", "tgkill", "sigqueue", "pidfd_kill")
REFUSALS = ("EACCES", "EPERM")
ITEM = re.compile(r"([-!]*)(?:(\w+)=)?([-!]*)(\w+)")
UNSTABLE = re.compile(r"\b(pipe|socket|anon_inode):\[\d+\]")


class NotKept(Exception):
    """An argument names a result that no call has made."""


class Call:
    """One item of `do`."""

    def __init__(self, item):
        before, self.kept_as, after, self.name = ITEM.fullmatch(item[0]).groups()
        self.arguments = item[1:]
        self.needed = "!" in before + after
        self.quiet = self.needed or "-" in before + after
        self.text = " ".join(word if isinstance(word, str) else json.dumps(word)
                             for word in (self.name, *self.arguments))[:LONGEST_DESCRIPTION]

    def argument(self, session, value):
        if not isinstance(value, str):
            return session.data(value) if isinstance(value, dict) and "hex" in value else value
        if not value.startswith("%"):
            return session.text(value)
        if value[1:] not in session.kept:
            raise NotKept(value)
        return session.kept[value[1:]]

    def make(self, session):
        """The result, kept if it has a name. Raises OSError or NotKept."""
        arguments = [self.argument(session, value) for value in self.arguments]
        if self.name in OF_SESSION:
            return OF_SESSION[self.name](session, *arguments)
        result = CALLS[self.name](*arguments)
        if self.name == "pidfd":
            session.pidfds[result.value] = arguments[0]
        if self.name in SENDING:
            self.settle(session, *arguments)
        if not isinstance(result, Kept):
            return result
        if self.kept_as is None:
            result.close()
        else:
            session.kept[self.kept_as] = result.value
            if result.second is not None:
                session.kept[self.kept_as + "2"] = result.second
        return None

    def settle(self, session, receiver, sent=0):
        """Waits for what the signal makes of a process that `spawn` made."""
        pid = session.pidfds.get(receiver) if self.name == "pidfd_kill" else receiver
        if pid in session.targets:
            session.targets[pid].gets(number(sent))


def keep_text(session, name, value):
    session.saved[name] = str(value)


def keep_self(session):
    session.kept["self"] = os.getpid()


OF_SESSION = {"keep": keep_text, "me": keep_self}


def answer(session, step, result):
    """The outcome's fields: of a program its status and output, else `r`."""
    if isinstance(result, dict):
        return {name: answer(session, step, value)["r"] for name, value in result.items()}
    if isinstance(result, str):
        result = UNSTABLE.sub(r"\1:[N]", normalise(result.replace(session.scratch, "@S"), step))
    return {"r": "ok" if result is None else result}


def made(session, step, call):
    try:
        return answer(session, step, call.make(session))
    except OSError as error:
        return {"err": error_name(error.errno)}


def calls_step(session, step, key):
    if step.get("log"):
        call_records(session, False)
    for index, item in enumerate(step["do"]):
        call = Call(item)
        line = {"k": "%s.%d" % (key, index), "op": "calls", "what": call.text}
        try:
            line.update(made(session, step, call))
        except NotKept:
            continue
        if not call.quiet or "err" in line:
            session.emit(line)
        if step.get("log"):
            lines = call_records(session, line.get("err") in REFUSALS)
            lines = [normalise(text.replace(session.scratch, "@S"), step) for text in lines]
            lines = [text for text in lines if re.search(step.get("only", "."), text)]
            if lines:
                session.emit({"k": line["k"] + ".log", "op": "log", "what": call.text, "lines": lines})
        if call.needed and "err" in line:
            session.ended = True
            return


def spawn_step(session, step):
    """A process that does `do`, ignores the signals `ignore`, and waits until `reap` or this process's end."""
    def work():
        own = session.forked(lambda _outcome: None, None)
        for name in step.get("ignore", ()):
            signal.signal(number(name), signal.SIG_IGN)
        told = b"k"
        for item in step["do"]:
            try:
                Call(item).make(own)
            except (OSError, NotKept):
                told = b"e"
        return told
    sys.stdout.flush()
    pid, told = background(work, [value for value in session.kept.values() if isinstance(value, int)])
    session.kept[step["name"]] = pid
    session.spawned[step["name"]] = pid
    session.targets[pid] = Target(pid, step.get("ignore", ()))
    return {"r": {b"k": "ready", b"e": "ready with errors"}.get(told, "died")}


def reap_step(session, step):
    pid = session.spawned.pop(step["name"], None)
    session.targets.pop(pid, None)
    if pid is None or session.kept.pop(step["name"], None) != pid:
        return {"err": "NOREG"}
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended == 0:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return {"r": "was alive"}
    return {"r": "ended %d" % os.waitstatus_to_exitcode(status)}


STEPS = {"spawn": spawn_step, "reap": reap_step}
