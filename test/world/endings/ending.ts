/**
 * One world with busy clients, ended in one way: what is left of it afterwards?
 *
 * A task that waits for an answer that will never come sleeps uninterruptibly (state D) once it is killed, for ever. So each round waits until
 * no thread of the daemon and of the world's session is in that state, which a wedged one never reaches.
 */
import { script, UNTIL, worldName } from '../program.ts';

/** Bash, with `$world` (first process, leader of the session), `$daemon` and `$name`. */
const WAYS = {
  'daemon killed': { act: 'kill -KILL $daemon' },
  'daemon killed, files only': { act: 'kill -KILL $daemon', options: '--no-seccomp' },
  'daemon killed while policies are loaded': { act: 'kill -KILL $daemon', also: 'while :; do load_policy; done &' },
  'daemon aborted by itself': { act: 'kill -ABRT $daemon' },
  'daemon faulted': { act: 'kill -SEGV $daemon' },
  'daemon and clients killed': { act: 'kill -KILL $daemon -$world' },
  'daemon stopped, then the world': { act: 'kill -STOP $daemon; $LSMFS stop --time=0 $name' },
  'first process killed': { act: 'kill -KILL $world; sleep 0.1; kill -KILL -$world' },
  'all processes killed': { act: 'kill -KILL -$world' },
  'world stopped': { act: '$LSMFS stop --time=0 $name' },
} satisfies Record<string, { readonly act: string; readonly options?: string; readonly also?: string }>;

export type Way = keyof typeof WAYS;
export const waysToEnd = Object.keys(WAYS) as Way[];

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

/** @returns what was not as it should be, nothing when all was. */
export async function endWorld(way: Way): Promise<readonly string[]> {
  const { act, options = '', also = '' }: { act: string; options?: string; also?: string } = WAYS[way];
  const name = worldName('end');
  const result = await script(
    `${UNTIL}name=${name}; ready=$(mktemp -d)
     setsid $LSMFS run --name $name ${options} -- bash -c "$START" - $ready </dev/null >/dev/null 2>&1 & world=$!
     at_work() { [ $(ls $ready | wc -l) = ${CLIENTS} ] && grep -q '"state":"running"' /run/lsmfs/$name/world.json; }
     until_true at_work || echo 'the clients do not begin'
     daemon=$(sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/$name/world.json)
     ${act} >/dev/null || echo "failed: ${act.split(' ').slice(0, 3).join(' ')}"
     uneasy() { python3 -c "$UNEASY" $daemon $world; }
     calm() { [ -z "$(uneasy)" ]; }
     until_true calm || { echo 'not calm:'; uneasy; }
     kill -KILL -$world 2>/dev/null; wait
     $LSMFS ps >/dev/null 2>&1
     until_true test ! -e /run/lsmfs/$name || { echo 'the directory stays:'; ls /run/lsmfs/$name; }
     rm -r $ready`,
    {
      timeoutMs: 60_000,
      env: { START: `${also} for i in $(seq ${CLIENTS}); do python3 -c "$CLIENT" $1/ & done; wait`, CLIENT, UNEASY },
    },
  );
  const { leftovers, stdout, stderr, evidence, timedOut } = result;
  const problems = [stdout, stderr]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '' && !/Killed/.test(line));
  const left = [...leftovers.processes, ...leftovers.mounts].map((what) => `left: ${what}`);
  return [...(timedOut ? [`no end\n${evidence}`] : []), ...problems, ...left];
}
