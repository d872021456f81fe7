/** Daemons that do not answer: what the commands say of each kind, and that none of them waits for it. */
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL, worldName } from './program.ts';

/** Starts a world `$name` that lasts until somebody ends it: `$world`, `$daemon`. */
const START = `${UNTIL}
  $LSMFS run --name $name -- sh -c ': >/tmp/$LSMFS_WORLD; while :; do sleep 0.05; done' >/dev/null 2>&1 & world=$!
  until_true test -e /tmp/$name; rm /tmp/$name
  until_true test -e /run/lsmfs/$name/members
  daemon=$(sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/$name/world.json)
  state() { timeout -k 1 15 $LSMFS ps --json | NAME=$name node -e 'console.log(JSON.parse(require("node:fs").readFileSync(0)).find((w) => w.name === process.env.NAME)?.state)'; }
`;

/**
 * Has what a thread of a daemon that cannot end would have, its FUSE devices and the lock on its directory, until somebody aborts the
 * connections.
 */
const HOLDER = `
import ctypes, os, select, sys
call = ctypes.CDLL(None).syscall
pid, directory = int(sys.argv[1]), sys.argv[2]
pidfd = call(434, pid, 0)
poll, served = select.poll(), set()
for fd in os.listdir(f"/proc/{pid}/fd"):
    target = os.readlink(f"/proc/{pid}/fd/{fd}")
    if target in ["/dev/fuse", directory]:
        copy = call(438, pidfd, int(fd), 0)
        if target == "/dev/fuse":
            poll.register(copy, 0)
            served.add(copy)
print("holds", flush=True)
while served:
    for fd, _ in poll.poll():
        poll.unregister(fd)
        served.discard(fd)
`;

describe('a daemon that was stopped by a signal', () => {
  it('is told so, and its world can be ended', async () => {
    const result = await script(
      `name=${worldName('stopped')}; ${START} state; kill -STOP $daemon; state
       timeout -k 1 15 $LSMFS exec $name -- true; echo $?
       timeout -k 1 15 $LSMFS run --name $name -- true; echo $?
       [ "$(timeout -k 1 15 $LSMFS stop $name)" = $name ]; echo $?; wait; test -e /run/lsmfs/$name || echo gone`,
    );
    expect(result.stdout).toBe('running\nstopped\n125\n125\n0\ngone\n');
    expect(result.stderr).toMatch(/is stopped\.\n.*kill -CONT \d+.*\n.*exists already/);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('a daemon that lives and does not answer', () => {
  /** Takes the place of the daemon at its socket: takes connections and never answers. */
  const DEAF = `
import os, socket, sys
os.unlink(sys.argv[1])
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(64)
print("deaf", flush=True)
taken = []
while True: taken.append(server.accept())
`;

  it('is told so, and its world can be ended', async () => {
    const result = await script(
      `name=${worldName('deaf')}; ${START} exec 4< <(exec python3 -c "$DEAF" /run/lsmfs/$name/control); deaf=$!; read -r <&4
       state; timeout -k 1 15 $LSMFS exec $name -- true; echo $?
       timeout -k 1 15 $LSMFS run --name $name -- true; echo $?
       [ "$(timeout -k 1 15 $LSMFS stop $name)" = $name ]; echo $?; kill $deaf; wait; test -e /run/lsmfs/$name || echo gone`,
      { env: { DEAF } },
    );
    expect(result.stdout).toBe('unresponsive\n125\n125\n0\ngone\n');
    expect(result.stderr).toMatch(/does not answer\.\n.*\n.*exists already/);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('a daemon that was killed and does not come to its end', () => {
  const DIE = `
    exec 4< <(python3 -c "$HOLDER" $daemon /run/lsmfs/$name); read -r <&4
    kill -KILL $daemon; dying() { [ "$(state)" = dying ]; }; until_true dying; state
    timeout -k 1 15 $LSMFS exec $name -- true; echo $?
    timeout -k 1 15 $LSMFS run --name $name -- true; echo $?
  `;

  it('is told so, and doctor repairs it', async () => {
    const result = await script(
      `name=${worldName('dying')}; ${START} ${DIE}
       timeout -k 1 15 $LSMFS doctor --repair | sed "s/connection [0-9]*/connection/; s/$name/NAME/" | sort -u
       test -e /run/lsmfs/$name || echo gone; kill -KILL $world; wait`,
      { env: { HOLDER } },
    );
    expect(result.stdout).toBe('dying\n125\n125\naborted FUSE connection of NAME\nremoved world NAME\ngone\n');
    expect(result.stderr).toMatch(/does not come to its end\.\n.*doctor --repair\n.*exists already/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('can be stopped', async () => {
    const result = await script(
      `name=${worldName('dying')}; ${START} ${DIE}
       [ "$(timeout -k 1 15 $LSMFS stop $name)" = $name ]; echo $?; wait; test -e /run/lsmfs/$name || echo gone`,
      { env: { HOLDER } },
    );
    expect(result.stdout).toBe('dying\n125\n125\n0\ngone\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

it('stop --all names the worlds and does nothing where nobody can be asked', async () => {
  const result = await script(
    `exec unshare -m --propagation private bash -c 'mount -t tmpfs none /run; name=all; ${START.replaceAll("'", "'\\''")}
       $LSMFS stop --all </dev/null; echo $?; state; $LSMFS stop --all --yes; state; wait'`,
  );
  expect(result.stdout).toBe('125\nrunning\nall\nundefined\n');
  expect(result.stderr).toContain('stop --all would end: all');
  expect(result.leftovers).toSatisfy(isClean);
});
