"""Types into an interactive shell and says what became of each line: type.py 'SHELL ARGUMENTS' LINE...

A line may have tabs. When the shell has completed it, `echo RESULT ` goes before it and `%` after it, and it is executed: what is printed is the
line as the shell had completed it. Keys are read one after the other, so nothing has to wait for a time.
"""
import os
import pty
import re
import select
import shlex
import sys
import time

LIMIT = 60.0
ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[P_^][^\x1b]*\x1b\\|[()][A-Z0-9]|[=>78])|\r|\x0f")


def main():
    command = shlex.split(sys.argv[1])
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    deadline = time.monotonic() + LIMIT
    seen = b""

    def read_until(pattern):
        nonlocal seen
        answered = 0
        while True:
            match = re.search(pattern, ESCAPES.sub(b"", seen), re.M)
            if match:
                seen = b""
                return match
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([terminal], [], [], left)[0]:
                sys.exit(f"no end: {seen!r}")
            seen += os.read(terminal, 65536)
            # fish asks the terminal what it is, and waits for the answer.
            for _ in range(len(re.findall(rb"\x1b\[0?c", seen)) - answered):
                answered += 1
                os.write(terminal, b"\x1b[?62;22c")

    read_until(rb"READY")
    for line in sys.argv[2:]:
        os.write(terminal, line.encode() + b"\x01echo RESULT \x05%\r")
        print(read_until(rb"^RESULT (.*)%\n").group(1).decode())
    os.write(terminal, b"\x15exit\r")
    while True:
        try:
            if not os.read(terminal, 65536):
                break
        except OSError:
            break
    os.waitpid(pid, 0)


main()
