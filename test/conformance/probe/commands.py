"""`sh`: a command with its status and output; and the small steps that change the process itself."""
import os
import subprocess

import syscalls
from outcome import DEFAULT_LIMIT, failure, normalise, show

SHELL_SECONDS = 120
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run_command(session, step):
    argv = step["argv"] if "argv" in step else ["/bin/sh", "-c", step["cmd"]]
    environment = {"PATH": SEARCH_PATH, "LC_ALL": "C", "HOME": "/root", "S": session.scratch, "D": session.base,
                   "TERM": "dumb"}
    try:
        result = subprocess.run([session.text(word) for word in argv], stdin=subprocess.DEVNULL, capture_output=True,
                                cwd=session.scratch, env=environment, timeout=step.get("timeout", SHELL_SECONDS))
    except OSError as error:
        return failure(error, "exec")
    except subprocess.TimeoutExpired:
        return {"err": "TIMEOUT"}
    outcome = {"rc": result.returncode}
    for name, raw in (("out", result.stdout), ("errout", result.stderr)):
        text = raw.decode("latin-1").replace(session.scratch, "@S").replace(session.base, "@D")
        text = normalise(text, step)
        if text:
            outcome[name] = show(text.encode("latin-1"), step.get("limit", DEFAULT_LIMIT))
    return outcome


def become(who):
    """who: a uid, or {"uid", "gid"?, "keep": capabilities} or {"drop": capabilities}."""
    if isinstance(who, int):
        who = {"uid": who}
    if "uid" in who:
        uid, gid = who["uid"], who.get("gid", who["uid"])
        os.setgroups([])
        if "keep" in who:
            syscalls.set_process_flag(syscalls.PR_SET_KEEPCAPS)
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    if "keep" in who or "drop" in who:
        syscalls.limit_capabilities(who.get("keep"), who.get("drop", ()))


PROCESS_CALLS = {
    "become": lambda step: become(step["who"]),
    "unshare": lambda step: syscalls.unshare(step["what"]),
    "chdir": lambda step: os.chdir(step["path"]),
    "nnp": lambda step: syscalls.set_process_flag(syscalls.PR_SET_NO_NEW_PRIVS),
}


def process_step(_session, step):
    try:
        PROCESS_CALLS[step["op"]](step)
    except OSError as error:
        return failure(error)
    return {"ok": True}


STEPS = {"sh": run_command, **dict.fromkeys(PROCESS_CALLS, process_step)}
