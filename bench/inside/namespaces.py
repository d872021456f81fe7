"""What SELinux namespaces cost, measured inside a world: one line `name<TAB>value` each. Times in microseconds, memory in KiB."""
import json, os, sys, time

from operations import access, enter, median, read_enforce

QUERY = b"system_u:system_r:kernel_t:s0 system_u:system_r:kernel_t:s0 2"


def in_child(function, wait=True):
    """Runs it in a forked process, which stays if `wait` is false. @returns what it gave, and the process."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(here)
        os.write(there, json.dumps(function()).encode())
        os.close(there)
        if not wait:
            time.sleep(1000)
        os._exit(0)
    os.close(there)
    data = b""
    while part := os.read(here, 65536):
        data += part
    os.close(here)
    if wait:
        os.waitpid(pid, 0)
    return json.loads(data), pid


def open_other():
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def decide():
    access(QUERY)


def memory():
    with open(f"/run/lsmfs/{os.environ['LSMFS_WORLD']}/world.json") as file:
        pid = json.load(file)["owner"]["pid"]
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


def say(name, value):
    print(f"{name}\t{value}", flush=True)


def latencies(label):
    def inside():
        enter()
        os.system("load_policy")
        return [median(read_enforce, 2000), median(open_other, 2000), median(decide, 1000)]

    values, _ = in_child(inside)
    for what, value in zip(["read", "open", "access"], values):
        say(f"{what} {label}", value)


def main(count):
    os.system("load_policy")
    say("access initial", median(decide, 1000))
    say("round trip", median(lambda: in_child(enter), 50))
    latencies("1")
    for what, prepare in ("bare", enter), ("policy", lambda: (enter(), os.system("load_policy"))):
        number = count if what == "bare" else count // 10
        before = memory()
        pids = [in_child(prepare, wait=False)[1] for _ in range(number)]
        say(f"memory {what}", (memory() - before) / number)
        if what == "bare":
            latencies("many")
            say("round trip many", median(lambda: in_child(enter), 50))
        for pid in pids:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


main(int(sys.argv[1]))
