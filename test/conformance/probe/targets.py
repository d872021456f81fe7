"""What signals make of a process that `spawn` made. One that is to die has died before the next call is made: when it gets to run, which
on a busy machine is later than the call, decides about none of the answers."""
import mmap
import os
import select
import signal

from kept import number

HARMLESS = {0, signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
STOPPING = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
LONGEST_MS = 20_000
STOPPED, DOOMED = 0, 1


class Target:
    def __init__(self, pid, ignored):
        self.pid = pid
        self.ignored = {number(name) for name in ignored}
        self.state = mmap.mmap(-1, 2)  # for all children of this process

    def gets(self, sent):
        """The signal was sent to it. Waits for its end, if that follows."""
        if sent == signal.SIGCONT:
            self.state[STOPPED] = 0
        elif sent in STOPPING - self.ignored:
            self.state[STOPPED] = 1
        elif sent not in HARMLESS | self.ignored:
            self.state[DOOMED] = 1
        if self.state[DOOMED] and (not self.state[STOPPED] or sent == signal.SIGKILL):
            self.await_end()

    def await_end(self):
        try:
            fd = os.pidfd_open(self.pid)
        except OSError:
            return  # it is gone
        try:
            waiting = select.poll()
            waiting.register(fd, select.POLLIN)
            waiting.poll(LONGEST_MS)
        finally:
            os.close(fd)
