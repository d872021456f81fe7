/**
 * One world with busy clients, ended in one way: what is left of it afterwards?
 *
 * A task that waits for an answer that will never come sleeps uninterruptibly (state D) once it is killed, for ever. So
 * each round waits until no thread of the daemon and of the world's session is in that state, which a wedged one never
 * reaches.
 */
import { script, UNTIL, worldName } from '../program.ts';

interface Ending {
  /** Bash, with `$world` (first process, leader of the session), `$daemon` and `$name`. */
  readonly act: string;
  /** Of `lsmfs run`. */
  readonly options?: string;
  /** Bash beside the clients, in the world. */
  readonly also?: string;
  /** Ends it at some moment while it starts, not when all clients are at work. */
  readonly early?: boolean;
  /** It was on standby before there was a command. */
  readonly standby?: boolean;
  /** Size of a /run of its own, in KiB. */
  readonly runSize?: number;
}

const LOADS = 'while :; do load_policy; done &';

const WAYS = {
  'daemon killed': { act: 'kill -KILL $daemon' },
  'daemon killed, files only': { act: 'kill -KILL $daemon', options: '--no-seccomp' },
  'daemon killed while policies are loaded': { act: 'kill -KILL $daemon', also: LOADS },
  'daemon aborted by itself': { act: 'kill -ABRT $daemon' },
  'daemon faulted': { act: 'kill -SEGV $daemon' },
  'a thread of the daemon killed': { act: 'python3 -c "$THREAD" $daemon' },
  'daemon and clients killed': { act: 'kill -KILL $daemon -$world' },
  'daemon stopped, then the world': { act: 'kill -STOP $daemon; $LSMFS stop --time=0 $name' },
  'daemon stopped, then killed': { act: 'kill -STOP $daemon; sleep 0.2; kill -KILL $daemon' },
  'launcher killed while it starts': {
    act: 'kill -KILL $world; sleep 0.1; kill -KILL -$world 2>/dev/null || true',
    early: true,
  },
  'daemon killed, from standby': { act: 'kill -KILL $daemon', standby: true },
  'launcher killed while it takes a world on standby': {
    act: 'kill -KILL $world; sleep 0.1; kill -KILL -$world 2>/dev/null || true; $LSMFS stop --time=0 $name 2>/dev/null || true',
    early: true,
    standby: true,
  },
  'first process killed': { act: 'kill -KILL $world; sleep 0.1; kill -KILL -$world' },
  'all processes killed': { act: 'kill -KILL -$world' },
  'world stopped': { act: '$LSMFS stop --time=0 $name' },
  'all processes killed, disk full': {
    act: 'dd if=/dev/zero of=/run/filler bs=1k 2>/dev/null; sleep 0.3; kill -KILL -$world',
    also: LOADS,
    runSize: 256,
  },
  'daemon killed, disk full': {
    act: 'dd if=/dev/zero of=/run/filler bs=1k 2>/dev/null; sleep 0.3; kill -KILL $daemon',
    also: LOADS,
    runSize: 256,
  },
  'all processes killed, files may not grow': {
    act: 'prlimit --fsize=1024 --pid $daemon; sleep 0.3; kill -KILL -$world',
    also: LOADS,
  },
} satisfies Record<string, Ending>;

/** Needs a memory controller (cgroup v1 or v2) in which groups can be made. */
const OUT_OF_MEMORY = {
  'daemon killed for want of memory': { act: 'starve; until_true test ! -e /proc/$daemon/exe', also: LOADS },
} satisfies Record<string, Ending>;

const ALL: Readonly<Record<string, Ending>> = { ...WAYS, ...OUT_OF_MEMORY };

export type Way = keyof typeof WAYS | keyof typeof OUT_OF_MEMORY;
/** Those that work on any machine. */
export const waysToEnd = Object.keys(WAYS) as Way[];
/** Near relations of others among them: left to the nightly tier. */
export const relatedWays: readonly Way[] = [
  'daemon killed, files only',
  'daemon faulted',
  'daemon and clients killed',
  'daemon stopped, then killed',
  'daemon killed, disk full',
];
export const allWays = Object.keys(ALL) as Way[];

const CLIENTS = 8;
/** Opens and reads as fast as it can, and says when it has begun. */
const CLIENT = `
import os, sys
def look(path):
    try:
        with open(path) as file: file.read()
    except OSError: pass
look("/proc/self/attr/current")
open(sys.argv[1] + str(os.getpid()), "w").close()
while True:
    for path in ["/proc/self/attr/current"] * 8 + ["/sys/fs/selinux/enforce", "/proc/self/mounts"]: look(path)
`;

/** Threads of the daemon that have not ended, and threads of the world's session in state D; one line each. */
const UNEASY = `
import glob, sys
daemon, session = sys.argv[1:]
for path in glob.glob("/proc/[0-9]*/task/[0-9]*/stat"):
    try: text = open(path).read()
    except OSError: continue
    fields = text[text.rindex(")") + 2:].split()
    ours = path.split("/")[2] == daemon
    if (ours and fields[0] not in "ZX") or (fields[3] == session and fields[0] == "D"):
        try: stack = open(path[:-4] + "stack").read().split()[1::2][:4]
        except OSError: stack = []
        print(text[:text.rindex(")") + 1], fields[0], *stack)
`;

/** Kills one thread that is not the first: argv 1 is the process. */
const THREAD = `
import ctypes, os, sys
pid = int(sys.argv[1])
threads = sorted(int(name) for name in os.listdir("/proc/%d/task" % pid))
sys.exit(ctypes.CDLL(None).syscall(234, pid, threads[-1], 9))
`;

/** Bash: puts the daemon into a group of its own that may use less memory than it has. */
const STARVE = `starve() {
  local v1=/sys/fs/cgroup/memory
  if [ -e $v1/cgroup.procs ]; then group=$v1/$name limit=memory.limit_in_bytes
  else group=/sys/fs/cgroup/$name limit=memory.max; fi
  mkdir $group && echo $daemon >$group/cgroup.procs && echo 1M >$group/$limit
}
`;

export interface EndingResult {
  /** What was not as it should be, nothing when all was. */
  readonly problems: readonly string[];
  /** From the ending until no thread of the daemon was left and nobody was in state D, in ms; `undefined` when that took too long. */
  readonly calmMs: number | undefined;
}

export async function endWorld(way: Way): Promise<EndingResult> {
  const {
    act,
    options = '',
    also = '',
    early = false,
    standby = false,
    runSize,
  }: Ending = ALL[way] ?? WAYS['daemon killed'];
  const name = worldName('end');
  const ready = early
    ? 'sleep 0.$((RANDOM % 3))$((RANDOM % 10))'
    : `for patience in 1 2 3 4; do ! until_true at_work || break; done; at_work || echo 'the clients do not begin'`;
  const body = `${UNTIL}${STARVE}name=${standby ? '$($LSMFS standby)' : name}; ready=$(mktemp -d); group=
     setsid $LSMFS run ${standby ? '' : '--name $name'} ${options} -- bash -c "$START" - $ready </dev/null >/dev/null 2>&1 & world=$!
     at_work() { [ $(ls $ready | wc -l) = ${CLIENTS} ] && grep -q '"state":"running"' /run/lsmfs/$name/world.json; }
     ${ready}
     daemon=$(sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/$name/world.json 2>/dev/null)
     { ${act}; } >/dev/null || echo "failed: ${act.split(' ').slice(0, 3).join(' ')}"
     begin=$EPOCHREALTIME
     uneasy() { python3 -c "$UNEASY" \${daemon:-0} $world; }
     calm() { [ -z "$(uneasy)" ]; }
     if until_true calm; then echo "calm $(( (\${EPOCHREALTIME/./} - \${begin/./}) / 1000 ))"
     else echo 'not calm:'; uneasy; fi
     kill -KILL -$world 2>/dev/null; wait
     [ -z "$group" ] || rmdir $group
     $LSMFS ps >/dev/null 2>&1
     until_true test ! -e /run/lsmfs/$name || { echo 'the directory stays:'; ls /run/lsmfs/$name; }
     rm -r $ready`;
  const START = `${also} for i in $(seq ${CLIENTS}); do python3 -c "$CLIENT" $1/ & done; wait`;
  const result = await script(
    runSize === undefined
      ? 'eval "$BODY"'
      : `exec unshare -m --propagation private bash -c 'mount -t tmpfs -o size=${runSize}k none /run; eval "$BODY"'`,
    { timeoutMs: 110_000, env: { BODY: body, START, CLIENT, UNEASY, THREAD } },
  );
  const { leftovers, stdout, stderr, evidence, timedOut } = result;
  const calm = /^calm (\d+)$/m.exec(stdout)?.[1];
  const problems = [stdout, stderr]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '' && !/Killed|^calm \d/.test(line));
  const left = [...leftovers.processes, ...leftovers.mounts].map((what) => `left: ${what}`);
  return {
    problems: [...(timedOut ? [`no end\n${evidence}`] : []), ...problems, ...left],
    calmMs: calm === undefined ? undefined : Number(calm),
  };
}
