/** A state directory in which others have names of their own, too: nothing that they put there is believed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import { reapDeadWorlds } from '../../world/registry/reap.ts';
import { runningWorld } from '../../world/registry/testing.ts';
import { isClean } from '../support/box.ts';
import { USER } from '../support/users.ts';
import { EMPTY_TMP } from '../world/program.ts';
import { onHost } from './host.ts';

const LOOKS = 1500;

/** `/mnt/state` as root's state directory, with a world `victim` of USER that says of itself what $RECORD does. */
const SHARED = `
  mkdir -m 1777 state; export LSMFS_STATE_DIR=/mnt/state; mkdir roots
  plant() { $AS mkdir -m 755 state/victim; echo "$1" | $AS tee state/victim/world.json > /dev/null; }
  told() { "$@" 2>&1 | sed 's/^lsmfs: //'; }
`;

const recordOf = (pid: number, startTime: number) =>
  JSON.stringify({ ...runningWorld('victim', { pid: tgidOf(pid), startTime }), madeDirectories: ['/mnt/roots'] });

const LEFT = `left alone: /mnt/state/victim belongs to user ${USER}\n`;

it('a planted record has no directory removed, and is told of', async () => {
  const result = await onHost(`${SHARED}
    plant '${recordOf(0x3fffff, 1)}'
    told $LSMFS ps; told $LSMFS doctor --repair; told $LSMFS stop --all --yes; told $LSMFS stop victim; told $LSMFS run --name=victim -- true
    $LSMFS run --name=own -- true; told $LSMFS ps | head -1
    ls; ls state`);
  const named = `/mnt/state/victim belongs to user ${USER}`;
  const fix = 'Only what you and root own is believed, where nobody else may write. See `lsmfs ps`.';
  expect(result.stdout.replace(/^NAME .*\n/gm, '')).toBe(
    `${LEFT}${LEFT}${LEFT}${named}: it is left alone.\n${fix}\n${named}.\nChoose another name.\n${LEFT}fuse\nhostile.py\nown\npasswd\nroots\nstate\nvictim\n`,
  );
  expect(result.leftovers).toSatisfy(isClean);
});

/** A daemon of the user: notes who connects. Its process is the owner in the record. */
const DAEMON = `
import json, os, socket, sys
record = json.loads(sys.argv[2])
record["owner"] = dict(pid=os.getpid(), startTime=int(open("/proc/self/stat").read().rsplit(")", 1)[1].split()[19]))
json.dump(record, open(sys.argv[1] + "/world.json", "w"))
listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1] + "/control")
if os.getuid() == 0: os.setresuid(${USER}, ${USER}, ${USER})
listener.listen(); print("listening", flush=True)
while True:
    connection, _ = listener.accept()
    request = connection.recv(100)
    if request: print("asked", request, flush=True)
`;

const COMMANDS = [
  'exec victim -- true',
  'log victim',
  'why --last victim',
  'why --world=victim a b file read',
  'tree victim',
  'ima victim',
  'stop --time=0 victim',
];

it.each([
  ['whose directory is his', '$AS mkdir -m 755 state/victim; $AS', `/mnt/state/victim belongs to user ${USER}`],
  ['in a directory of root', 'mkdir -m 700 state/victim;', `The server of /mnt/state/victim runs as user ${USER}`],
])('a daemon of another user is told nothing, and its word is not taken: one %s', async (_, make, told) => {
  const asked = COMMANDS.filter((command) => make.startsWith('$AS') || !/^(log|stop|why --last)/.test(command));
  const result = await onHost(`${SHARED}
    cat > daemon.py <<'END'
${DAEMON}
END
    ${make} /usr/bin/python3 daemon.py state/victim '${recordOf(1, 1)}' > said & server=$!; until_true grep -q listening said
    for command in ${asked.map((command) => `'${command}'`).join(' ')}; do told timeout 20 $LSMFS $command | head -1; done
    kill -0 $server && cat said; kill $server; wait $server 2> /dev/null; rm -r state/victim`);
  expect(result.stdout).toBe(`${asked.map(() => `${told}: it is left alone.\n`).join('')}listening\n`);
  expect(result.leftovers).toSatisfy(isClean);
});

it.each([
  ['of another user', `mkdir open; chown ${USER} open`, `/mnt/open belongs to user ${USER}`],
  ['that others may write to', 'mkdir -m 777 open', '/mnt/open can be written to by others'],
  [
    'by a link of another user',
    'mkdir real; $AS ln -s /mnt/real own/open; mv own/open .',
    `/mnt/open is a link of user ${USER}`,
  ],
])('a state directory below one %s is not used', async (_, make, why) => {
  const result = await onHost(`${make}; export LSMFS_STATE_DIR=/mnt/open/state
    for command in 'run -- true' ps standby 'log w' 'stop w'; do $LSMFS $command; echo $?; done 2>&1; ls -A open/`);
  const told = `lsmfs: Others could exchange what is in /mnt/open/state, so nothing there is used: ${why}.\nlsmfs: Name a directory of your own: export LSMFS_STATE_DIR=DIRECTORY\n125\n`;
  expect(result.stdout).toBe(told.repeat(5));
  expect(result.leftovers).toSatisfy(isClean);
});

/** What others did in /tmp before the first world of root, whose /run is read-only. */
it.each([
  ['a directory', '$AS mkdir /tmp/lsmfs-0', `belongs to user ${USER}`],
  ['a link', '$AS ln -s /mnt/own /tmp/lsmfs-0', `is a link of user ${USER}`],
  ["a hard link to root's", 'ln -s /mnt/own /tmp/lsmfs-0', 'is a link where others have names'],
  ['a directory that they may write to', 'mkdir -m 777 /tmp/lsmfs-0', 'can be written to by others'],
])('in /tmp, %s', async (_, make, why) => {
  const result = await onHost(`${EMPTY_TMP}; ${make}; mount -o remount,ro /run
    for command in 'run -- true' ps; do $LSMFS $command; echo $?; done 2>&1; ls -A own; ls -A /tmp/lsmfs-0/`);
  const told = `lsmfs: Others could exchange what is in /tmp/lsmfs-0, so nothing there is used: /tmp/lsmfs-0 ${why}.\nlsmfs: Name a directory of your own: export LSMFS_STATE_DIR=DIRECTORY\n125\n`;
  expect(result.stdout).toBe(told.repeat(2));
  expect(result.leftovers).toSatisfy(isClean);
});

describe('while a planted world and a link are exchanged', () => {
  let root = '';
  let target = '';
  beforeEach(() => {
    [root, target] = ['state', 'target'].map((name) => mkdtempSync(path.join(tmpdir(), `lsmfs-${name}-`))) as [
      string,
      string,
    ];
    chmodSync(root, 0o1777);
    chmodSync(target, 0o755);
  });
  afterEach(() => {
    for (const directory of [root, target]) rmSync(directory, { recursive: true });
  });

  it('nothing is removed behind the link', async () => {
    mkdirSync(path.join(target, 'stage'));
    const names = ['world.json', 'log', 'control', 'a', 'b'];
    for (const name of names) writeFileSync(path.join(target, name), recordOf(0x3fffff, 1));
    const script = path.resolve('test/security/exchange.py');
    const hostile = spawn('/usr/bin/python3', [script, root, recordOf(0x3fffff, 1), target], { uid: USER, gid: USER });
    try {
      await once(hostile.stdout, 'data');
      for (let look = 0; look < LOOKS; look++) reapDeadWorlds(root);
      expect(readdirSync(target).sort()).toEqual([...names, 'stage'].sort());
    } finally {
      hostile.kill('SIGKILL');
      await once(hostile, 'close');
    }
  });
});
