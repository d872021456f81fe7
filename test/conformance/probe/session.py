"""The state of one running scenario: where its files are, what earlier steps kept, and where outcomes go."""
import base64
import os
import re
import struct
import threading


class Session:
    def __init__(self, base, scratch, emit, pipe=None):
        self.base = base          # @D: the scenario's folder
        self.scratch = scratch    # @S: an empty folder to make files in
        self.emit = emit          # takes one outcome
        self.pipe = pipe          # in a child: descriptor that outcomes go to, survives execve
        self.descriptors = {}     # by the name a step gave it
        self.watches = {}         # epoll instances by the descriptor they watch
        self.saved = {}           # texts by name
        self.kept = {}            # results of calls by name: descriptors, pids, ids, addresses
        self.spawned = {}         # pids of `spawn` steps by name
        self.targets = {}         # what is known of them, by pid
        self.pidfds = {}          # pids by the descriptor that names them
        self.abnormal_end = False # a child ended by a signal since audit records were read
        self.ended = False        # a call that was needed failed: no further steps in this process

    def forked(self, emit, pipe):
        """The copy that a child works with."""
        child = Session(self.base, self.scratch, emit, pipe)
        child.descriptors, child.saved, child.kept = dict(self.descriptors), dict(self.saved), dict(self.kept)
        child.targets, child.pidfds = self.targets, dict(self.pidfds)
        return child

    def threaded(self, emit):
        """The view of another thread: the same descriptors and values."""
        other = Session(self.base, self.scratch, emit, self.pipe)
        other.descriptors, other.watches, other.saved = self.descriptors, self.watches, self.saved
        other.kept, other.spawned = self.kept, self.spawned
        other.targets, other.pidfds = self.targets, self.pidfds
        return other

    def text(self, template):
        """Replaces the tokens @S @D @PID @PPID @TID and @{name}."""
        if "@" not in template:
            return template
        for token, value in (("@S", self.scratch), ("@D", self.base), ("@PID", str(os.getpid())),
                             ("@PPID", str(os.getppid())), ("@TID", str(threading.get_native_id()))):
            template = template.replace(token, value)
        return re.sub(r"@\{(\w+)\}", lambda token: self.saved.get(token[1], token[0]), template)

    def data(self, spec):
        """The bytes that a data description stands for."""
        if spec is None:
            return b""
        if isinstance(spec, str):
            return self.text(spec).encode("latin-1", "replace")
        if isinstance(spec, list):
            return b"".join(self.data(part) for part in spec)
        for form, decode in DATA_FORMS.items():
            if form in spec:
                return decode(self, spec)
        raise ValueError("unknown form of data: %r" % (spec,))

    def file_data(self, spec):
        with open(os.path.join(self.base, spec["file"]), "rb") as source:
            data = source.read()
        first, last = spec.get("slice", (0, None))
        data = bytearray(data[first:last])
        for place, digits in spec.get("patch", ()):
            patch = bytes.fromhex(digits)
            data[place:place + len(patch)] = patch
        return bytes(data)


DATA_FORMS = {
    "hex": lambda session, spec: bytes.fromhex(spec["hex"]),
    "b64": lambda session, spec: base64.b64decode(spec["b64"]),
    "rep": lambda session, spec: session.data(spec["rep"][0]) * spec["rep"][1],
    "file": Session.file_data,
    "pack": lambda session, spec: struct.pack(*spec["pack"]),
}
