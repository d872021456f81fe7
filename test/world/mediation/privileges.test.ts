/** Capabilities of who runs a machine, asked about by harmless forms of their calls: what would happen without a profile fails, too. */
import { expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script, worldName } from '../program.ts';

const CALLS = `
import ctypes, errno, os, platform, resource, struct, sys
libc, x86 = ctypes.CDLL(None, use_errno=True), platform.machine() == "x86_64"
page = ctypes.create_string_buffer(8192)
resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, 4096))
# The first word is no magic number of reboot(2). ADJ_SETOFFSET with microseconds below zero; ADJ_OFFSET_SS_READ.
offset = ctypes.create_string_buffer(struct.pack("=I76xq", 0x100, -1), 256)
adjtime = ctypes.create_string_buffer(struct.pack("=I", 0xA001), 256)
calls = [
    ("mlockall", 151, 230, 1), ("reboot", 169, 142, 1, 2, 3, None), ("swapon", 167, 224, b"none", 0),
    ("swapoff", 168, 225, b"none"), ("acct", 163, 89, b"none"), ("settimeofday", 164, 170, None, struct.pack("=ii", 99999, 0)),
    ("flusher", 157, 167, 57, 0, 0, 0, 0), ("memory", 157, 167, 35, 6, 0, 0, 0), ("timerfd", 283, 85, 9, 0),
    ("adjtimex", 159, 171, offset), ("clock_adjtime", 305, 266, 0, offset), ("adjtime", 159, 171, adjtime),
]
# What these say depends on how the kernel was built and booted.
varying = [("init_module", 175, 105, None, 0, b""), ("delete_module", 176, 106, b"none", 0), ("vhangup", 153, 58)]
varying += [("ioperm", 173, None, 0x3ff, 1, 1), ("iopl", 172, None, 3)] if x86 else []
for name, number, other, *arguments in calls + varying * (sys.argv[1] == "confined"):
    result = libc.syscall(number if x86 else other, *arguments)
    print(name, "done" if result >= 0 else errno.errorcode[ctypes.get_errno()], flush=True)
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
print("mlock", "done" if libc.mlock(page, 1) == 0 else errno.errorcode[ctypes.get_errno()])
`;

// No terminal, which vhangup(2) would end.
const INSIDE = `printf 'profile web { file, }' | apparmor_parser -qKr
  python3 -c "$CALLS" free; echo; aa-exec -p web -- python3 -c "$CALLS" confined; echo
  $LSMFS log $WORLD | sed -nE 's,.*apparmor="DENIED" operation="capable" .*profile="web".* capname="(\\w+)".*,\\1,p'`;

const X86 = process.arch === 'x64';
const FREE = {
  mlockall: 'done',
  reboot: 'EINVAL',
  swapon: 'ENOENT',
  swapoff: 'ENOENT',
  acct: 'ENOENT',
  settimeofday: 'EINVAL',
  // Not every host gives CAP_SYS_RESOURCE.
  flusher: expect.stringMatching(/^(done|EPERM)$/),
  memory: expect.stringMatching(/^(EINVAL|EPERM)$/),
  timerfd: 'done',
  adjtimex: 'EINVAL',
  clock_adjtime: 'EINVAL',
  adjtime: 'done',
  mlock: 'done',
};
const OF_MACHINE = ['init_module', 'delete_module', 'vhangup', ...(X86 ? ['ioperm', 'iopl'] : [])];

it('a profile decides about locked memory, clocks, swap, accounting, modules, ports, prctl(2) and reboot(2)', async () => {
  const world = worldName('privileges');
  const result = await script(
    `WORLD=${world} $LSMFS run --lsm=apparmor --mediate=capabilities --name=${world} -- setsid -w bash -c "$INSIDE"`,
    { env: { INSIDE, CALLS, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const [free, confined, records] = result.stdout
    .trim()
    .split('\n\n')
    .map((text) => text.split('\n'));
  const answers = (lines: string[] = []) => Object.fromEntries(lines.map((line) => line.split(' ')));
  expect(answers(free)).toEqual(FREE);
  const refused = [...Object.keys(FREE), ...OF_MACHINE].map((name) => [name, 'EPERM']);
  expect(answers(confined)).toEqual({ ...Object.fromEntries(refused), mlockall: 'ENOMEM', adjtime: 'done' });
  expect(records).toEqual([
    'ipc_lock',
    'sys_boot',
    'sys_admin',
    'sys_pacct',
    'sys_time',
    ...(answers(free).flusher === 'done' ? ['sys_resource'] : []),
    'wake_alarm',
    'sys_module',
    'sys_tty_config',
    ...(X86 ? ['sys_rawio'] : []),
  ]);
});

it('capget(2) shows what the profile allows of what the task has, and inheritable ones as they are', async () => {
  const world = worldName('capget');
  const program = `
import ctypes, struct, sys
libc, sets = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(24)
print(libc.capget(struct.pack("=Ii", 0x20080522, 0), sets), libc.capget(struct.pack("=Ii", 0x20080522, 0), ctypes.c_void_p(8)))
words = struct.unpack("=6I", sets.raw)
first = ctypes.create_string_buffer(24); libc.capget(struct.pack("=Ii", 0x19980330, 0), first)
known = {line.split()[0]: int(line.split()[1], 16) for line in open("/proc/self/status") if line.startswith("Cap")}
shown = [words[at] | words[at + 3] << 32 for at in (0, 1, 2)]
sets_shown = [hex(one) for one in shown[:2]] if shown[:2] != [known["CapEff:"], known["CapPrm:"]] else "all"
print(sets_shown, shown[2] == known["CapInh:"], first.raw == sets.raw[:12] + bytes(12))
`;
  const profiles = 'profile web { file, capability chown, capability kill, }\nprofile lax flags=(complain) { file, }';
  const inside = `echo "$PROFILES" | apparmor_parser -qKr
    for profile in web lax unconfined; do aa-exec -p $profile -- python3 -c "$PROGRAM"; done`;
  const result = await script(`$LSMFS run --lsm=apparmor --mediate=tasks --name=${world} -- bash -c "$INSIDE"`, {
    env: { INSIDE: inside, PROFILES: profiles, PROGRAM: program, LC_ALL: 'C' },
  });
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  expect(result.stdout.trim().split('\n')).toEqual([
    '0 -1',
    "['0x21', '0x21'] True True",
    '0 -1',
    'all True True',
    '0 -1',
    'all True True',
  ]);
});
