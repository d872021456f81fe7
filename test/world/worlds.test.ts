/** Worlds from outside: names, exec, ps, stop, and what happens when a daemon is killed. */
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL, worldName } from './program.ts';

/** Starts a world in the background that lasts until somebody ends it, and waits for it. */
const start = (name: string, options = ''): string =>
  `${UNTIL}$LSMFS run --name ${name} ${options} -- sh -c 'trap "exit 0" TERM; : > /tmp/${name}; while :; do sleep 0.05; done' &\n` +
  `until_true test -e /tmp/${name}; rm /tmp/${name}\n`;

it('a daemon is 5 less nice than its launcher where it may be, also as a group of the scheduler; its programs are not', async () => {
  const name = worldName('nice');
  const result = await script(
    `nice; [ $(nice -n -1 nice 2>/dev/null) -lt $(nice) ] && echo may || echo may not
     ${start(name).replace('$LSMFS run', 'nice -n 7 $LSMFS run')}
     daemon=$(sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/${name}/world.json)
     ps -o ni= -p $daemon; $LSMFS exec ${name} -- nice; cat /proc/$daemon/autogroup 2>/dev/null
     $LSMFS stop ${name} >/dev/null; wait`,
  );
  const [before = '', may, daemon, program, group] = result.stdout.trimEnd().split('\n');
  const expected = Number(before) + (may === 'may' ? 2 : 7);
  expect([Number(daemon), program]).toEqual([expected, before]);
  // Without autogroups in the kernel there is none.
  expect(group?.replace(/^\/autogroup-\d+/, 'group') ?? `group nice ${expected}`).toBe(`group nice ${expected}`);
  expect(result.leftovers).toSatisfy(isClean);
});

describe('names', () => {
  it('are taken once', async () => {
    const name = worldName('clash');
    const result = await script(`${start(name)}$LSMFS run --name ${name} -- true; echo $?; $LSMFS stop ${name}; wait`);
    expect(result.stdout).toContain('125\n');
    expect(result.stderr).toContain(`'${name}' exists already`);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('exec', () => {
  it('joins the world and sees its state', async () => {
    const name = worldName('exec');
    const result = await script(
      `${start(name)}cd /usr/share; $LSMFS exec ${name} -- sh -c 'load_policy; pwd'
       $LSMFS exec ${name} -- sh -c 'sestatus | grep MLS; exit 6'; echo $?; $LSMFS stop ${name} >/dev/null; wait`,
    );
    expect(result.stdout).toMatch(/^\/usr\/share\nPolicy MLS status: +enabled\n6\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('starts in / when the working directory is gone', async () => {
    const name = worldName('gone');
    const result = await script(
      `${start(name)}d=$(mktemp -d); cd $d; rmdir $d; $LSMFS exec ${name} -- pwd; $LSMFS stop ${name} >/dev/null; wait`,
    );
    expect(result.stdout).toBe('/\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('finds a world alive that a command in another pid namespace could not see', async () => {
    const name = worldName('seen');
    const result = await script(
      `${UNTIL}$LSMFS run --name ${name} -- sh -c 'setenforce 1; while :; do sleep 0.05; done' &
       enforcing() { $LSMFS exec ${name} -- getenforce 2>/dev/null | grep -q Enforcing; }; until_true enforcing
       unshare -pf --mount-proc $LSMFS run -- true; $LSMFS exec ${name} -- getenforce; $LSMFS stop ${name}; wait`,
    );
    expect(result.stdout).toBe(`Enforcing\n${name}\n`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('joins from another pid namespace if it can be seen there, and else takes nobody else for the command', async () => {
    const name = worldName('numbers');
    const result = await script(
      `${start(name)}unshare -pf $LSMFS exec ${name} -- sh -c 'echo $$ $(getenforce)'
       unshare -pf --mount-proc $LSMFS exec ${name} -- true 2>/dev/null; echo $?
        $LSMFS tree ${name} | grep -c '^1 '; $LSMFS stop ${name}; wait
       unshare -pf --mount-proc $LSMFS run --name ${name} -- sh -c 'until [ -e /tmp/${name} ]; do sleep 0.05; done; getenforce' &
       until_true test -e /run/lsmfs/${name}/control
        $LSMFS exec ${name} -- true 2>/dev/null; echo $?; : > /tmp/${name}; wait; rm /tmp/${name}`,
    );
    expect(result.stdout).toBe(`1 Permissive\n125\n0\n${name}\n125\nPermissive\n`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('keeps the world alive', async () => {
    const name = worldName('keep');
    const result = await script(
      `${start(name)}$LSMFS exec ${name} -- sh -c 'kill -TERM $1; sleep 0.5; getenforce' - $!
       until_true test ! -e /run/lsmfs/${name} && echo gone`,
    );
    expect(result.stdout).toBe('Permissive\ngone\n');
  });
});

describe('the daemon of a world', () => {
  it('has given back what it held for commands that are over', async () => {
    const name = worldName('descriptors');
    const result = await script(
      `${start(name)}pid=$(sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/${name}/world.json)
       held() { ls /proc/$pid/fd | wc -l; }; no_more() { test $(held) -le $before; }
       $LSMFS exec ${name} -- cat /proc/self/mounts > /dev/null; before=$(held)
       for i in 1 2 3 4 5; do $LSMFS exec ${name} -- cat /proc/self/mounts /proc/self/attr/current > /dev/null; done
       test $before -gt 10 && until_true no_more; echo $?; $LSMFS stop ${name} > /dev/null; wait`,
    );
    expect(result.stdout).toBe('0\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

/** Asks to enter a world, as `launcher` if the number is not 0, and asks who is in it. */
const ENTER = `
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); replies = s.makefile()
def ask(**request):
    s.sendall((json.dumps(request) + chr(10)).encode())
    return json.loads(replies.readline())
named = int(sys.argv[2])
print(ask(kind="enter", **(dict(launcher=dict(pid=named)) if named else {}))["kind"])
print("again", ask(kind="enter")["kind"] if not named else "")
members = ask(kind="status")["processes"]
print(os.getpid() in members, named in members)
`;

it('who connects enters, not whom it names; stop ends no outsider', async () => {
  const name = worldName('peer');
  const result = await script(
    `${start(name)}sleep 1000 & outsider=$!; c=/run/lsmfs/${name}/control
     /usr/bin/python3 -c '${ENTER}' $c $outsider; /usr/bin/python3 -c '${ENTER}' $c 1; /usr/bin/python3 -c '${ENTER}' $c 0
     $LSMFS stop ${name}; kill -0 $outsider && echo lives; kill $outsider; wait`,
  );
  const refused = 'failed\nagain \nFalse False\n';
  expect(result.stdout).toBe(`${refused}${refused}booted\nagain failed\nTrue False\n${name}\nlives\n`);
  expect(result.leftovers).toSatisfy(isClean);
});

describe('ps and stop', () => {
  it('list and end', async () => {
    const name = worldName('ps');
    const result = await script(
      `${start(name)}$LSMFS ps --json; $LSMFS stop ${name} >/dev/null; test -e /run/lsmfs/${name} || echo gone; wait`,
    );
    const end = result.stdout.lastIndexOf(']') + 1;
    const worlds = JSON.parse(result.stdout.slice(0, end)) as { name: string; state: string; processes: number[] }[];
    const world = worlds.find((candidate) => candidate.name === name);
    expect(world).toMatchObject({ state: 'running', lsm: expect.stringContaining('selinux'), seccomp: true });
    expect(world?.processes.length).toBeGreaterThan(0);
    expect(result.stdout.slice(end).trim()).toBe('gone');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('does not take a path for a name', async () => {
    const owner = { pid: 2147483646, startTime: 1 };
    const world = { name: 'x', owner, state: 'running', started: 1, lsm: '', profile: 'talk', seccomp: true };
    const result = await script(
      `d=$(mktemp -d); echo '${JSON.stringify({ ...world, command: [], madeDirectories: [] })}' >$d/world.json
       $LSMFS stop ../..$d; echo $?; cat $d/world.json | wc -l; rm -r $d`,
    );
    expect(result.stdout).toBe('125\n1\n');
  });

  it('stop the others when one is unknown', async () => {
    const name = worldName('other');
    const result = await script(`${start(name)}$LSMFS stop no-such-world ${name}; echo $?; wait`);
    expect(result.stdout).toBe(`${name}\n125\n`);
    expect(result.stderr).toContain("no world named 'no-such-world'");
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('print to a reader that has gone without a word', async () => {
    const result = await script(
      `trap '' PIPE; { sleep 0.2; $LSMFS ps; echo $? >&2; } | true; $LSMFS ps >/dev/full; echo $? >&2`,
    );
    expect(result.stderr).toMatch(/^0\nlsmfs: cannot write the output: .*\n125\n$/);
  });

  it('kill what does not listen to TERM', async () => {
    const name = worldName('deaf');
    const result = await script(
      `${UNTIL}$LSMFS run --name ${name} -- sh -c 'trap "" TERM; : > /tmp/${name}; while :; do sleep 0.05; done' &
       until_true test -e /tmp/${name}; rm /tmp/${name}; $LSMFS stop --time=0.2 ${name} >/dev/null; wait $!; echo $?`,
    );
    expect(result.stdout).toBe('137\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('log -f', () => {
  it('ends with its reader, also when nothing more is logged', async () => {
    const name = worldName('reader');
    const result = await script(
      `${start(name)}$LSMFS log -f ${name} | head -1 | grep -c initializing; $LSMFS stop ${name}; wait`,
    );
    expect(result.stdout).toBe(`1\n${name}\n`);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('a daemon that is killed', () => {
  const KILL = (name: string): string =>
    `kill -KILL $(sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/${name}/world.json)\n`;

  it.each([
    // kill(2) is mediated, and then nobody answers it.
    ['with a supervisor', '--no-mediation'],
    ['without', '--no-seccomp'],
  ])('gives errors, no hang, and the next command cleans up: %s', async (_title, options) => {
    const name = worldName('kill');
    const result = await script(
      `${UNTIL}exec 3>&1
       $LSMFS run --name ${name} ${options} -- bash -c "$INNER" </dev/null >/dev/null 2>&1 &
       pid=$!; until_true test -e /tmp/${name}; rm /tmp/${name}
       ${KILL(name)} sleep 0.2
       kill -USR1 $pid; wait $pid; echo "status $?"
       $LSMFS ps >/dev/null; test -e /run/lsmfs/${name} || echo removed`,
      {
        env: {
          INNER: `trap 'IFS= read -r x </sys/fs/selinux/enforce; echo "read $?" >&3; kill $!; exit 5' USR1; sleep 20 &
            until read -r x </proc/$!/comm && [ $x = sleep ]; do :; done; : >/tmp/${name}; wait`,
        },
      },
    );
    expect(result.stdout).toBe('read 1\nstatus 5\nremoved\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('leaves no mount in processes that survive', async () => {
    const name = worldName('mounts');
    const result = await script(
      `${start(name)}pid=$!; grep -c lsmfs:${name} /proc/$pid/mountinfo; ${KILL(name)} sleep 0.2
       $LSMFS ps >/dev/null 2>&1; grep -c lsmfs:${name} /proc/$pid/mountinfo; kill -KILL $pid; wait`,
    );
    expect(result.stdout).toMatch(/^[1-9]\d*\n0\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is cleaned up by exec, too', async () => {
    const name = worldName('late');
    const result = await script(
      `${start(name)}pid=$!; ${KILL(name)} sleep 0.2; $LSMFS exec ${name} -- true; echo $?
       test -e /run/lsmfs/${name} || echo removed; kill -KILL $pid; wait`,
    );
    expect(result.stdout).toBe('125\nremoved\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('makes its name free again', async () => {
    const name = worldName('free');
    const result = await script(
      `${start(name)}pid=$!; ${KILL(name)} sleep 0.2; $LSMFS run --name ${name} -- getenforce; kill -KILL $pid; wait`,
    );
    expect(result.stdout).toBe('Permissive\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('mount', () => {
  it('serves through libfuse as well', async () => {
    const result = await script(
      `${UNTIL}d=$(mktemp -d); $LSMFS mount --transport=fuse-native $d > $d.out & pid=$!; until_true grep -qs selinux $d.out
       cat $d/sys/fs/selinux/enforce; echo 1 > $d/sys/fs/selinux/enforce; cat $d/sys/fs/selinux/enforce; ls $d/sys/fs/selinux | wc -l
       kill -TERM $pid; wait $pid; echo $?; rmdir $d && echo empty; rm -f $d.out`,
    );
    expect(result.stdout).toBe('0128\n0\nempty\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is taken away by the next command when its server was killed', async () => {
    const result = await script(
      `${UNTIL}d=$(mktemp -d)é; mkdir $d; $LSMFS mount $d > $d.out 2>/dev/null & pid=$!; until_true grep -qs selinux $d.out
       kill -KILL $pid; wait $pid 2>/dev/null; cat $d/sys/fs/selinux/enforce; grep -c $d /proc/self/mountinfo
       $LSMFS run -- true; grep -c $d /proc/self/mountinfo; rmdir $d \${d%é}; rm $d.out`,
    );
    expect(result.stderr).toContain('Transport endpoint is not connected');
    expect(result.stdout).toMatch(/^[1-9]\d*\n0\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('ends when somebody unmounts the tree', async () => {
    const result = await script(
      `${UNTIL}d=$(mktemp -d); $LSMFS mount $d > $d.out & pid=$!; until_true grep -qs selinux $d.out
       umount -R -l $d; wait $pid; echo $?; rmdir $d; rm $d.out`,
    );
    expect(result.stdout).toBe('0\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('serves the tree until it is told to end', async () => {
    const result = await script(
      `${UNTIL}d=$(mktemp -d); $LSMFS mount --lsm=selinux,apparmor $d > $d.out & pid=$!; until_true grep -qs selinux $d.out
       ln -s $d $d.link; $LSMFS mount $d.link 2>/dev/null || echo once; rm $d.link
       cat $d/sys/fs/selinux/enforce $d/sys/kernel/security/lsm; echo
       cat $d/proc/self/attr/current | tr -d '\\0'; echo; find $d -maxdepth 4 | wc -l
       cat $d/sys/module/apparmor/parameters/enabled; head -1 $d/dev/kmsg | sed 's/.*;//'
       kill -TERM $pid; wait $pid; echo $?; rmdir $d && echo empty; rm -f $d.out`,
    );
    const lines = result.stdout.split('\n');
    expect(lines[0]).toBe('once');
    expect(lines[1]).toMatch(/^0\S*selinux/);
    expect(lines[2]).toBe('kernel');
    expect(Number(lines[3])).toBeGreaterThan(20);
    expect(lines.slice(4)).toEqual([
      'Y',
      'LSM: initializing lsm=lockdown,capability,selinux,apparmor,ima,evm',
      '0',
      'empty',
      '',
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });
});
