/**
 * A supervisor thread that is held nevertheless, here by users who may handle page faults of the kernel
 * (userfaultfd(2)): others go on, and when who holds it is gone, the first thread does.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

const LABELS = `touch file$i && chcon -t etc_t file$i && ls -Z file$i | grep -q etc_t && test -n "$(cat /proc/self/attr/current)"`;

/** @param others what others do meanwhile. @returns the number of processes that held a thread, as the log says. */
async function holding(attack: string, count: number, others = LABELS): Promise<number> {
  const result = await onHost(
    `mknod faults c 10 $(awk '$2 == "userfaultfd" { print $1 }' /proc/misc); chmod 666 faults
    cat > inside <<'END'
load_policy
for n in $(seq ${count}); do ${attack} faults > said$n 2>&1 & echo $! >> attackers; until grep -q calling said$n; do sleep 0.01; done; done
for i in 1 2 3; do ${others}; done && echo others work
for pid in $(cat attackers); do kill -0 $pid && echo waits; done
said_of() { $LSMFS log | grep -c "supervisor: $1"; }
for pid in $(cat attackers); do said_of "a thread is held by process $pid$"; done
before=$(said_of 'a thread is free'); kill -KILL $(cat attackers)
until [ $(said_of 'a thread is free') -gt $before ]; do sleep 0.01; done
for i in 4 5 6; do ${LABELS}; done && echo others work
END
    export LSMFS AS; $LSMFS run -- bash inside`,
  );
  expect(result.leftovers).toSatisfy(isClean);
  const waiting = 'waits\n'.repeat(count);
  const [, said = ''] = new RegExp(`^others work\n${waiting}((?:[01]\n)*)others work\n$`).exec(result.stdout) ?? [];
  expect(result.stdout).toBe(`others work\n${waiting}${said}others work\n`);
  return said.split('1').length - 1;
}

/** A checker of WhiteEgret answers about a program after the thread that had left its call is held, and about another one meanwhile. */
const WAITING = `import os, struct, sys, time
wecom = os.open("/sys/kernel/security/whiteegret/wecom", os.O_RDWR)
def request():
    return struct.unpack_from("i", os.read(wecom, 4096), 12)[0]
def start(run):
    pid = os.fork()
    if pid == 0:
        os.close(wecom)
        try: run()
        except PermissionError: os._exit(13)
    return pid
def ended(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def hold():
    sys.argv = ["hostile.py", "fault", "faults"]
    exec(open("hostile.py").read(), {})
def program():
    os.execv("/usr/bin/false", ["false"])
waiting = start(program)
assert request() == waiting
attacker = start(hold)
while "a thread is held" not in open("/run/lsmfs/held/log").read(): time.sleep(0.01)
print("held", flush=True)
os.write(wecom, struct.pack("ii", 0, waiting))
print(ended(waiting), flush=True)
print("refused" if ended(start(program)) == 13 else "runs", flush=True)
os.kill(attacker, 9)`;

/** Why no thread can be held in this way here. */
function unsuitedHere(): string | undefined {
  if (!/^ *\d+ userfaultfd$/m.test(readFileSync('/proc/misc', 'latin1'))) return 'the kernel has no /dev/userfaultfd';
  return undefined;
}

describe('a supervisor thread that is held', () => {
  it('goes on with another thread, and looks at no call while that is held, too', async (context) => {
    const unsuited = unsuitedHere();
    if (unsuited !== undefined) context.skip(unsuited);
    expect(await holding('/usr/bin/python3 hostile.py fault', 1)).toBe(1);
    expect(await holding('/usr/bin/python3 hostile.py fault', 3, 'touch file$i && test -e file$i && /bin/true')).toBe(
      2,
    );
  });

  it('looks at the calls of who holds it no more, as soon as it is free', async (context) => {
    const unsuited = unsuitedHere();
    if (unsuited !== undefined) context.skip(unsuited);
    const result = await onHost(
      `mknod faults c 10 $(awk '$2 == "userfaultfd" { print $1 }' /proc/misc)
      echo secret > secret; echo 'profile held { /** rwmix, capability, deny /mnt/secret r, }' > profile
      $LSMFS run --lsm=apparmor -- sh -c 'apparmor_parser -qKr profile; exec timeout -k 1 30 aa-exec -p held -- python3 hostile.py freed faults secret'`,
    );
    expect([result.stdout, result.stderr]).toEqual(['0\n', '']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('holds no program whose checker has answered', async (context) => {
    const unsuited = unsuitedHere();
    if (unsuited !== undefined) context.skip(unsuited);
    const result = await onHost(
      `mknod faults c 10 $(awk '$2 == "userfaultfd" { print $1 }' /proc/misc)
      $LSMFS run --name=held --lsm=apparmor,whiteegret -- timeout -k 1 20 python3 -c '${WAITING}'`,
    );
    expect(result.stdout).toBe('calling\nheld\n1\nrefused\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
