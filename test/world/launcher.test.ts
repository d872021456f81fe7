/** The launcher without Node (world/launcher/launch.pl): `run` of a world on standby, `exec`, and what a `run` leaves for the next one. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

/** As users call it. On its PATH is a `node` that counts how often it is started. */
const START = `${UNTIL}export LSMFS_STATE_DIR=$(mktemp -d); counted=$(mktemp -d); real=$(command -v node); L=${path.resolve('bin/lsmfs')}
  printf '#!/bin/sh\\necho >>%s/starts\\nexec %s "$@"\\n' $counted $real >$counted/node; chmod +x $counted/node; export PATH=$counted:$PATH; : >$counted/starts
  starts() { wc -l <$counted/starts; }
  names() { ls $LSMFS_STATE_DIR; }; none() { [ -z "$(names)" ]; }
  waits() { ls $LSMFS_STATE_DIR/*/standby >/dev/null 2>&1; }
  in_others() {
    [ -e $counted/holder ] || { unshare --net --uts --ipc sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >$counted/holder; }
    apart() { [ "$(readlink /proc/$(cat $counted/holder)/ns/ipc)" != "$(readlink /proc/self/ns/ipc)" ]; }
    until_true apart && nsenter --net --uts --ipc --target $(cat $counted/holder) "$@"; }
  end() { [ ! -e $counted/holder ] || kill $(cat $counted/holder); $L standby --off >/dev/null; until_true none && rm -rf $LSMFS_STATE_DIR/.policies && rmdir $LSMFS_STATE_DIR; rm -r $counted; }
`;
const TIMEOUT_MS = 100_000;

async function lines(text: string): Promise<readonly string[]> {
  const { stdout, stderr, leftovers } = await script(`${START}${text}\nend`, { timeoutMs: TIMEOUT_MS });
  expect(stderr).toBe('');
  expect(leftovers).toSatisfy(isClean);
  return stdout.trim().split('\n');
}

/** Prints as JSON all that a command gets from its starter, and what a world shows. */
const PROBE = `
import json, os, re, resource, signal
def text(name):
    with open(name) as file: return file.read()
status = dict(line.split(":\\t", 1) for line in text("/proc/self/status").splitlines())
kept = "Umask Uid Gid Groups SigBlk SigIgn CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Cpus_allowed Mems_allowed".split()
try: directory = os.getcwd()
except OSError as error: directory = error.strerror
descriptors = {}
for fd in sorted(os.listdir("/proc/self/fd"), key=int):
    try: descriptors[fd] = re.sub(r"[0-9]+", "N", os.readlink("/proc/self/fd/" + fd))
    except OSError: pass
variables = {name: value for name, value in os.environ.items() if name not in ("LSMFS_WORLD", "OUT")}
spaces = {name: os.readlink("/proc/self/ns/" + name) for name in os.listdir("/proc/self/ns") if name != "mnt"}
facts = dict(
    status={name: status[name] for name in kept}, directory=directory, descriptors=descriptors, variables=variables, spaces=spaces,
    limits=text("/proc/self/limits"), cgroup=text("/proc/self/cgroup"), oom=text("/proc/self/oom_score_adj"), nice=os.nice(0),
    scheduler=os.sched_getscheduler(0), personality=text("/proc/self/personality"), session=os.getsid(0) == os.getsid(os.getppid()),
    group=os.getpgid(0) == os.getpgid(os.getppid()), mounts=sorted(text("/proc/self/mounts").splitlines()), filesystems=text("/proc/filesystems"),
    cmdline=text("/proc/cmdline"), label=text("/proc/self/attr/current"), modules=text("/sys/kernel/security/lsm"),
    root=sorted(os.listdir("/sys/fs/selinux")), store=sorted(os.listdir("/etc/selinux")), user=text("/proc/self/loginuid"))
with open(os.environ["OUT"], "w") as out: json.dump([os.environ["LSMFS_WORLD"], facts], out)
`;

/**
 * What a starter may hand down: a function `as` that calls its arguments so, and who gets the world on standby that was started so.
 * `node`: the launcher in Node takes it. `own`: the run makes its own.
 */
const HANDED_DOWN: readonly (readonly [what: string, as: string, who: 'perl' | 'node' | 'own'])[] = [
  ['nothing special', '"$@"', 'perl'],
  ['ignored signals', '(trap "" HUP INT USR1 PIPE; "$@")', 'perl'],
  [
    'blocked signals',
    `/usr/bin/python3 -c 'import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [10]); os.execvp(sys.argv[1], sys.argv[1:])' "$@"`,
    'node',
  ],
  ['a file mode creation mask', '(umask 027; "$@")', 'perl'],
  ['limits', '(ulimit -n 700; ulimit -Sn 600; ulimit -c 0; ulimit -f 100000; "$@")', 'perl'],
  ['a directory', '(cd /usr/share; "$@")', 'perl'],
  ['a directory that was removed', '(d=$(mktemp -d); cd $d; rmdir $d; "$@" 2> >(grep -v getcwd >&2))', 'own'],
  ['a directory that a mount of the world covers', '(cd /etc/selinux; "$@")', 'own'],
  ['no standard input', '"$@" <&-', 'node'],
  ['no standard output', '"$@" >&-', 'node'],
  ['no standard error', '"$@" 2>&-', 'node'],
  ['a further descriptor', '"$@" 7</dev/zero', 'perl'],
  ['network, UTS and IPC namespaces', 'in_others "$@"', 'perl'],
  ['capabilities', 'setpriv --bounding-set=-sys_time --inh-caps=+chown --ambient-caps=+chown "$@"', 'perl'],
  ['no_new_privs', 'setpriv --no-new-privs "$@"', 'perl'],
  ['a session', 'setsid --wait "$@"', 'perl'],
  ['an OOM score', '(echo 500 >/proc/$BASHPID/oom_score_adj; "$@")', 'perl'],
  ['a nice value', 'nice -n 7 "$@"', 'perl'],
  ['an affinity', 'taskset -c 0 "$@"', 'perl'],
  ['a scheduler', 'chrt --batch 0 "$@"', 'perl'],
  ['variables for Node', 'NODE_OPTIONS=--no-warnings NODE_ENV=test UV_THREADPOOL_SIZE=3 "$@"', 'perl'],
  ['variables of ours', 'LSMFS_FAST_PATH=off LSMFS_CONTEXT=kernel LSMFS_OTHER=z "$@"', 'perl'],
  ['variables that are for Node alone', 'LSMFS_INHERITED=x LSMFS_VARIABLE_X=y "$@"', 'node'],
  ['variables for Perl', 'PERL5OPT=-Mstrict PERL_BADLANG=1 "$@"', 'node'],
  ['a locale that is not there', 'env LC_ALL=xx_YY.UTF-8 "$@"', 'perl'],
  [
    'odd variables',
    `a='x
  y' b= c='"\\' "$@"`,
    'perl',
  ],
];

describe('a world on standby', () => {
  it.each(HANDED_DOWN)('shows a command with %s what a world of its own does', async (_, as, who) => {
    const [standby, own, taken, ...starts] = await lines(
      `as() { ${as}; }; export OUT=$LSMFS_STATE_DIR.out; probe() { as $L run -- /usr/bin/python3 -c "$PROBE" $'a\\tb"' && cat $OUT && echo; }
       as true; own=$(probe); standby=$(as $L standby 2>/dev/null) ; [ -n "$standby" ] || standby=$(names); echo "$standby"; echo "$own"
       : >$counted/starts; taken=$(probe); echo "$taken"; starts; rm $OUT`.replace('$PROBE', () =>
        PROBE.replaceAll('\\', '\\\\').replaceAll('"', '\\"'),
      ),
    );
    const [[, ownFacts], [takenName, takenFacts]] = [own, taken].map(
      (text) => JSON.parse(text ?? '') as [string, unknown],
    ) as [[string, unknown], [string, unknown]];
    expect(takenFacts).toEqual(ownFacts);
    expect([takenName === standby, starts]).toEqual([who !== 'own', [who === 'perl' ? '0' : '1']]);
  });
});

/** Shell: a `run` that leaves a world, and waits until it does. */
const LEAVES = `export LSMFS_STANDBY=on; left() { $L run "$@" -- true; until_true waits; ls $LSMFS_STATE_DIR; }
  which='echo $LSMFS_WORLD'; got() { [ "$1" = "$name" ] && echo taken || echo own; }
`;

describe('lsmfs run', () => {
  it('leaves a world for the next one, which leaves another', async () => {
    const seen = await lines(
      `${LEAVES}name=$(left --lsm=selinux,apparmor --enforcing); : >$counted/starts
       got $($L run --lsm=selinux,apparmor --enforcing -- sh -c "$which; getenforce >&2" 2>$counted/out); cat $counted/out
       another() { waits && [ "$(names)" != $name ]; }; until_true another && echo another
       $L standby --off | wc -l; none && echo off`,
    );
    expect(seen).toEqual(['taken', 'Enforcing', 'another', '1', 'off']);
  });

  it.each([
    ['the option', 'LSMFS_STANDBY=on $L run --no-standby'],
    ['the environment', 'LSMFS_STANDBY=off $L run'],
    ['CI', 'env -u LSMFS_STANDBY CI=true $L run'],
    ['a tracer', 'LSMFS_STANDBY=on strace -f -o /dev/null $L run'],
    ['a failure', 'LSMFS_STANDBY=on $L run --context=none:such 2>/dev/null'],
  ])('leaves none where %s forbids it', async (_, run) => {
    // The process that starts one holds the name of an abstract socket: while this holds it, none is left.
    const seen = await lines(
      `${run} -- true; until_true none; idle() { ! grep -q "@lsmfs-standby-$LSMFS_STATE_DIR" /proc/net/unix && ! pgrep -f "launch.pl.*$LSMFS_STATE_DIR" >/dev/null; }
       until_true idle; names | wc -l`,
    );
    expect(seen).toEqual(['0']);
  });

  it.each([
    ['other options', '$L run --lsm=apparmor'],
    ['a name', '$L run --name=mine'],
    ['a variable that chooses the policy', 'LSMFS_POLICY=small $L run'],
    ['another variable of the loader', 'LD_BIND_NOW=1 $L run'],
    ['another PATH', 'PATH=$PATH:/nowhere $L run'],
    ['other limits', '(ulimit -n 1000; exec $L run'],
    ['another nice value', 'nice -n 5 $L run'],
    ['another mount namespace', 'unshare -m $L run'],
    ['fewer capabilities', 'setpriv --bounding-set=-sys_time $L run'],
  ])('with %s takes none that was left without', async (_, run) => {
    const close = run.startsWith('(') ? ')' : '';
    const seen = await lines(
      `${LEAVES}name=$(left); export LSMFS_STANDBY=off; got $( ${run} -- sh -c "$which"${close}); ls $LSMFS_STATE_DIR/$name/standby | wc -l`,
    );
    expect(seen).toEqual(['own', '1']);
  });

  it('takes none whose policy has changed', async () => {
    const seen = await lines(
      `${LEAVES}store=$(mktemp -d); cp -a /etc/selinux/default $store/s; name=$(left --policy=$store/s); export LSMFS_STANDBY=off
       echo '# changed' >>$store/s/contexts/files/file_contexts; got $($L run --policy=$store/s -- sh -c "$which"); rm -r $store`,
    );
    expect(seen).toEqual(['own']);
  });

  it('says what cannot be executed, as without a world on standby', async () => {
    const said = `for command in ./none /etc /none "a'b"; do $L run -- "$command" 2>&1; echo $?; done`;
    const seen = await lines(`${said}; $L standby --count=4 >/dev/null; : >$counted/starts; ${said}; starts`);
    expect(seen.slice(8, 16)).toEqual(seen.slice(0, 8));
    expect(seen.slice(0, 2)).toEqual(["lsmfs: cannot run './none': No such file or directory", '127']);
    expect(seen[16]).toBe('0');
  });
});

describe('lsmfs exec', () => {
  const WORLD = `$L run --no-standby --name=w -- sleep 1000 </dev/null >/dev/null 2>&1 & world=$!; there() { $L exec w -- true 2>/dev/null; }; until_true there; : >$counted/starts
  `;
  const ENDS = '; kill $world; wait';

  it('enters a running world without Node', async () => {
    const seen = await lines(
      `${WORLD}cd /usr/share; $L exec w -- sh -c 'echo $LSMFS_WORLD; pwd; echo $(cat /sys/kernel/security/lsm); id -Z; exit 3'; echo $?; $L exec w getenforce
       $L exec w -- /none 2>&1; echo $?; starts${ENDS}`,
    );
    expect(seen).toEqual([
      ...['w', '/usr/share', 'lockdown,capability,selinux,ima,evm', 'kernel', '3', 'Permissive'],
      ...["lsmfs: cannot run '/none': No such file or directory", '127', '0'],
    ]);
  });

  it.each([
    ['a world that is none', '$L exec none -- true', /^lsmfs: There is no world named 'none'/],
    ['a world, from within one', '$L exec w -- $L exec w -- true', /^lsmfs: Worlds cannot be nested yet/],
    ['a world on standby', '$L exec $($L standby) -- true', /^lsmfs: That world is on standby/],
  ])('leaves it to Node to say what is wrong with %s', async (_, command, message) => {
    expect((await lines(`${WORLD}${command} 2>&1${ENDS}`))[0]).toMatch(message);
  });
});
