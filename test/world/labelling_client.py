"""What clients share that change what labels follow from."""
import json, os, time

SELINUX = "/sys/fs/selinux/"
NAME = "security.selinux"


def say(step, value):
    """One JSON object per line: {"step": ..., "value": ...}."""
    print(json.dumps({"step": step, "value": value}), flush=True)


def write(path, data):
    """In one system call. data: bytes or a text."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, data if isinstance(data, bytes) else data.encode())
    finally:
        os.close(fd)


def type_of(path):
    return os.getxattr(path, NAME).decode().rstrip("\0").split(":")[2]


def label(path, value):
    """value: the type."""
    os.setxattr(path, NAME, f"u:object_r:{value}\0".encode())


def when_relabelled(directory):
    """Tells the test that it may change labels from outside, and waits until it has."""
    open(os.path.join(directory, "warm"), "w").close()
    end = time.monotonic() + 60
    while not os.path.exists(os.path.join(directory, "relabelled")):
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)
