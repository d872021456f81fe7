/** What is known to be allowed is asked about again when labels, names, the mode or the task are others. */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';

const CLIENT = `import errno, fcntl, mmap, os, sys
made = 0
gone = 0
def name():
    global made
    made += 1
    return "d/%d" % made
def make(): os.close(os.open(name(), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
def write(): os.close(os.open(name(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
def remove():
    global gone
    os.unlink("d/%d" % (gone + 1))
    gone += 1
def mode(): os.fchmod(page, 0o640)
def times(): os.utime(page)
def owner(): os.fchown(page, 0, 0)
def map(): mmap.mmap(page, 4, mmap.MAP_PRIVATE, mmap.PROT_READ).close()
def become(name):
    global page
    open("/proc/self/attr/current", "w").write("u:r:%s:s0" % name)
    page = os.open("page", os.O_RDWR)
def own():
    for entry in ("self/status", "self/attr/current", "thread-self/stat"): os.close(os.open("/proc/" + entry, os.O_RDONLY))
def mode_of(): os.close(os.open("/sys/fs/selinux/enforce", os.O_RDONLY))
def leave():
    with open("/proc/self/attr/current", "w") as file: file.write("u:r:shut_t:s0")
def waiting(pipe): fcntl.ioctl(pipe, 0x541b, bytes(4)) # FIONREAD
def piped():
    for end in os.pipe():
        try: waiting(end)
        finally: os.close(end)
def given():
    end = os.dup(0)
    try: waiting(end)
    finally: os.close(end)
def take():
    global taken
    taken = os.open(open("place").read().strip(), os.O_RDONLY | os.O_NONBLOCK)
def look(): waiting(taken)
def read(): os.close(os.open("m/page", os.O_RDONLY))
def web(): become("web_t")
def careless(): become("careless_t")
for line in sys.stdin:
    try: globals()[line.strip()](); print("ok", flush=True)
    except OSError as e: print(errno.errorcode[e.errno], flush=True)`;

/** `ask NAME...`: what happens to the client. */
const BEGIN = `echo x > page; truncate -s 4096 page; mkdir d
coproc WEB { exec python3 -c '${CLIENT}'; }
ask() { for call; do echo $call >&\${WEB[1]}; read -r answer <&\${WEB[0]}; printf '%s ' $answer; done; echo; }
`;
const END = '\nexec {WEB[1]}>&-; wait';

async function answers(text: string): Promise<string[]> {
  const lines = await session(`${BEGIN}${text}${END}`, '--mediate=default');
  return lines.map((line) => line.trim());
}

const LOADED = 'load mediation.33; label page_t page; enforce 1; ask web\n';
const ALLOWED = 'ok ok ok';
const REFUSED = 'EACCES EACCES EACCES';

it('names in a directory: by its label, the way to it, the mode and the label of the task', async () => {
  const lines = await answers(`ask make remove; ${LOADED}
    ask make make make; ask write write write; ask remove remove
    label closed_t d; ask make write remove; label disk_t d; ask make write remove
    mv d old; mkdir d; label closed_t d; ask make; rmdir d; mv old d; ask make
    label closed_t d; enforce 0; ask make make; enforce 1; ask make; ask careless; ask make make; ask web; ask make write remove`);
  expect(lines).toEqual([
    'ok ok',
    'ok',
    ...[ALLOWED, ALLOWED, 'ok ok'],
    ...[REFUSED, ALLOWED],
    ...['EACCES', 'ok'],
    ...['ok ok', 'EACCES', 'ok', 'ok ok', 'ok', REFUSED],
  ]);
});

it('files: by their labels', async () => {
  const lines = await answers(`${LOADED}ask make make make; ask remove
    label secret_t d/2; ask remove; label page_t d/2; ask remove remove
    ask map map map; ask mode mode mode; ask times times times; ask owner owner owner
    label secret_t page; ask mode times owner; ask map; label page_t page; ask mode times owner map`);
  expect(lines).toEqual([
    ...['ok', ALLOWED, 'ok'],
    ...['EACCES', 'ok ok'],
    ...[ALLOWED, ALLOWED, ALLOWED, ALLOWED],
    ...[REFUSED, 'EACCES', `${ALLOWED} ok`],
  ]);
});

it('its own files in /proc, and those that we serve: by its label', async () => {
  const lines = await answers(`load mediation-proc.33; label page_t page; enforce 1; ask web
    ask own own own; ask mode_of mode_of mode_of; ask leave; ask own mode_of own mode_of
    enforce 0; ask own mode_of own mode_of; enforce 1; ask own mode_of`);
  const refused = 'EACCES EACCES';
  expect(lines).toEqual(['ok', ALLOWED, ALLOWED, 'ok', `${refused} ${refused}`, `${ALLOWED} ok`, refused]);
});

it('pipes: by who is known to have made them', async () => {
  const lines = await answers(`load mediation-pipes.33; label page_t page; enforce 1; ask web
    ask piped piped piped; ask given piped given
    exec {KEPT}<> <(:); echo /proc/$$/fd/$KEPT > place
    ask take; ask look look; (: > /proc/self/attr/current); ask look piped`);
  expect(lines).toEqual(['ok', ALLOWED, 'EACCES ok EACCES', 'ok', 'ok ok', 'EACCES ok']);
});

it('a file on a disk that keeps whole seconds: not another one that has its number in the same second', async (context) => {
  const lines = await answers(`mkdir m; truncate -s 4M image
    if ! { mkfs.ext4 -q -I 128 image && mount -o loop image m; } &> /dev/null; then echo no loop devices; else
    load mediation-disks.33; label page_t page; label disk_t m; enforce 1; ask web
    maker() {
      (printf u:object_r:$1:s0 > /proc/self/attr/fscreate; kill -STOP $BASHPID; : > m/page) &
      until grep -q '^State:.T' /proc/$!/status; do :; done
    }
    make_by() { kill -CONT $1; wait $1; stat -c '%i %Z' m/page; }
    now() { echo $((10#\${EPOCHREALTIME#*.})); }
    until [ "$page" = "$secret" -a "$page" ]; do
      rm -f m/page; maker page_t; first=$!; maker secret_t; second=$!
      until [ $(now) -lt 100000 ]; do :; done
      make_by $first > made; page=$(<made)
      until [ $(now) -gt 150000 ]; do :; done
      ask read read > answers; rm m/page
      make_by $second > made; secret=$(<made)
      ask read >> answers
    done
    cat answers; umount m; fi`);
  if (lines[0] === 'no loop devices') context.skip('the host has no loop devices');
  expect(lines).toEqual(['ok', 'ok ok', 'EACCES']);
});

it('what all tasks may as long as they are alike, one that is not may not', async () => {
  const lines = await session(
    `load mediation.33; cp /bin/true prog; label secret_t prog; mkdir closed; label closed_t closed; enforce 1
     make() { sh -c ": > closed/$1" 2>/dev/null && echo made || echo refused; }
     run() { ./prog 2>/dev/null && echo run || echo refused; }
     for i in 1 2 3; do make $i; run; done
     (printf u:r:web_t:s0 > /proc/self/attr/current; make 4; run)
     make 5; run`,
    '--mediate=default',
  );
  const both = ['made', 'run'];
  expect(lines).toEqual([...both, ...both, ...both, 'refused', 'refused', ...both]);
});
