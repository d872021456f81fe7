/** Bad input and boxes too small for Node: one cause, one remedy, exit status 125, and no word of Node's. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { USER } from '../support/users.ts';
import { script } from '../world/program.ts';

const START = path.resolve('bin/lsmfs');
const AS_USER = `setpriv --reuid=${USER} --clear-groups`;
const POLICY = '/etc/selinux/default/policy/policy.34';
const HELP = /^See `lsmfs (?:[a-z]+ )*--help`\.$/;

/** Options and arguments, cause, remedy. */
const CASES: readonly (readonly [string, RegExp, RegExp])[] = [
  ['run', /missing required argument 'command'/, HELP],
  ['run --file-contexts=/etc -- true', /^\/etc is not a file_contexts file\.$/, /^Check --file-contexts\.$/],
  [
    'run --file-contexts=$D/random -- true',
    /\/random is not a file_contexts file: see line 2\.$/,
    /^Check --file-contexts\.$/,
  ],
  ['run --lsm=selinux --security=selinux -- true', /'--security <name>' cannot be used with option '--lsm/, HELP],
  ['run --log-file=/nonexistent/x -- true', /nonexistent\/x cannot be written: ENOENT/, /^Check --log-file\.$/],
  ['run --json-status-fd=99 -- true', /^Descriptor 99 is not open\.$/, /99>FILE$/],
  ['run --json-status-fd=x -- true', /must be a descriptor number/, HELP],
  ['run --name=/ -- true', /^'\/' cannot name a world\.$/, /^Use letters/],
  ['run --param= -- true', /must look like name or name=value/, HELP],
  ['run --evm-hmac-key=/nonexistent -- true', /^The key \/nonexistent cannot be read: ENOENT\.$/, /^Check/],
  ['run --ima-key=/etc -- true', /^The key \/etc cannot be read: EISDIR\.$/, /^Check/],
  ['run --ima-key=/etc/passwd -- true', /^\/etc\/passwd is not an X\.509/, /-out certificate\.der$/],
  ['run --tpm=x -- true', /Allowed choices are none, emulated, swtpm/, HELP],
  ['run --tpm-banks=x -- true', /banks are sha1/, HELP],
  ['run --mediate=x -- true', /choose from files/, HELP],
  ['run --transport=fuse-native -- true', /cannot use --transport=fuse-native/, /^Leave --transport away/],
  ['run --profile=x -- true', /Allowed choices are talk/, HELP],
  ['run --policy= -- true', /^option '--policy <which>' names nothing: it is empty$/, HELP],
  ['run --file-contexts= -- true', /^option '--file-contexts <file>' names nothing: it is empty$/, HELP],
  ['run --ima-key= -- true', /^option '--ima-key <file>' names nothing: it is empty$/, HELP],
  ['run --report= -- true', /^option '--report <dir>' names nothing: it is empty$/, HELP],
  ['run --policy=$D/loop -- true', /\/loop cannot be looked at: ELOOP\.$/, /^Check the name, and who may reach it\.$/],
  ['run --policy=/dev/zero -- true', /^The policy \/dev\/zero is not a regular file\.$/, /^Check --policy\.$/],
  [`run --file-contexts=/${'x'.repeat(300)} -- true`, /x cannot be looked at: ENAMETOOLONG\.$/, /^Check the name/],
  ['run --name=$(printf %064d 0) -- true', /0' cannot name a world\.$/, /^Use letters/],
  ['run --fail-on=new-denials=/etc/passwd -- true', /^\/etc\/passwd has no record of a log\.$/, /^Give log\.jsonl/],
  [
    'run --report=/etc/passwd -- true',
    /^The report cannot be written to \/etc\/passwd: EEXIST\.$/,
    /^Check --report\.$/,
  ],
  ['run --name=good --name=b/c -- true', /^'b\/c' cannot name a world\.$/, /^Use letters/],
  ['run --enforcing=yes -- true', /^unknown option '--enforcing=yes'/, HELP],
  ['exec "" -- true', /^There is no world named ''\.$/, /^See `lsmfs ps`\.$/],
  ['tree ../..', /^There is no world named '\.\.\/\.\.'\.$/, /^See/],
  ['log -i --json', /cannot be used with option '--json'$/, HELP],
  ['log --contid=-1', /must be the number of a container/, HELP],
  ['ima --file=/etc/passwd', /^This is not a measurement list: /, /^Give a list in binary form/],
  ['ima --file=/dev/null --pcrs=x', /^There is no bank 'x'\.$/, /^Known: sha1/],
  ['stop --time= x', /seconds from 0 to 3600/, HELP],
  ['policy show $D/loop', /\/loop cannot be looked at: ELOOP\.$/, /^Check the name/],
  [
    'policy show /dev/null',
    /^\/dev\/null is neither a regular file nor a directory\.$/,
    /^Name a policy or its store\.$/,
  ],
  ['policy show ""', /^argument 'policy' names nothing: it is empty$/, /^See `lsmfs policy show --help`\.$/],
  [
    'policy build $D/bad.cil -o $D/out',
    /^secilc fails: .* line \d+ of \/[^;]*\/bad\.cil; /,
    /^See what it was given\.$/,
  ],
  ['policy build /etc/selinux/default -o $D', /cannot be written: EISDIR\.$/, /^Name another file with -o\.$/],
  ['xattr list ""', /^argument 'path' names nothing: it is empty$/, HELP],
  ['xattr rekey a b .', /must be 8 hexadecimal digits/, HELP],
  ['mount ""', /^argument 'directory' names nothing: it is empty$/, HELP],
  ['version --json=1', /^unknown option '--json=1'/, HELP],
  ['help nosuch', /^unknown command 'nosuch'$/, HELP],
  ['run --lsm=apparmor --profiles= -- true', /^option '--profiles <place>' names nothing: it is empty$/, HELP],
  ['exec nosuch', /missing required argument 'command'/, HELP],
  ['exec / -- true', /^There is no world named '\/'\.$/, /^See `lsmfs ps`\.$/],
  ['log nosuch', /^There is no world named 'nosuch'\.$/, /^See `lsmfs ps`\.$/],
  ['log a b', /too many arguments/, HELP],
  ['why a', /missing required argument 'target'/, HELP],
  ['why --policy=/etc a b c d', /^The policy \/etc cannot be read: EISDIR\.$/, /^Check --policy\.$/],
  ['why --last nosuch', /^There is no world named 'nosuch'\.$/, /^See/],
  ['stop', /^No world was named\.$/, /use --all/],
  ['stop --time=-1 x', /seconds from 0 to 3600/, HELP],
  ['ps x', /too many arguments/, HELP],
  ['tree nosuch', /^There is no world named 'nosuch'\.$/, /^See/],
  ['ima --file=/nonexistent', /^The list \/nonexistent cannot be read: ENOENT\.$/, /^Check --file\.$/],
  ['xattr foo', /unknown command 'foo'/, HELP],
  ['xattr list', /missing required argument 'path'/, HELP],
  ['mount /nonexistent', /^\/nonexistent does not exist\.$/, /^Make it: mkdir -p \/nonexistent$/],
  ['mount /etc/passwd', /^\/etc\/passwd is not a directory\.$/, /^Name a directory\.$/],
  ['mount --labels=/etc/passwd /mnt', /^\/etc\/passwd is not a directory\.$/, /^Name a directory\.$/],
  ['mount --tree=/x /mnt', /^--tree needs --labels\.$/, HELP],
  ['standby --count=0', /number from 1 to 100/, HELP],
  ['doctor x', /too many arguments/, HELP],
  ['why --policy=$D/fifo a b c d', /\/fifo is not a regular file\.$/, /^Check --policy\.$/],
  [
    `why --policy=${POLICY} system_u:system_r:sshd_t:s0 system_u:object_r:shadow_t:s0 fil read`,
    /^There is no class 'fil'\.$/,
    /^Did you mean file\? Known: /,
  ],
  [
    `why --policy=${POLICY} system_u:system_r:sshd_t:s0 system_u:object_r:shadw_t:s0 file read`,
    /: there is no type shadw_t\.$/,
    /^Did you mean shadow_t\? Write user:role:type:level/,
  ],
  [
    'policy build /etc/selinux/default -o $D/full',
    /\/full cannot be written: ENOSPC\.$/,
    /^Name another file with -o\.$/,
  ],
  [
    'policy build --store=mls /etc/selinux/default -o $D/out',
    /^\/etc\/selinux\/default is the store default, not mls\.$/,
    /^Leave --store out, or name the tree around it\.$/,
  ],
  ['run --report=/proc/x -- true', /^The report cannot be written to \/proc\/x: ENOENT\.$/, /^Check --report\.$/],
  [
    'run --fail-on=new-denials=$D/fifo -- true',
    /\/fifo cannot be read: it is not a regular file\.$/,
    /^Check --fail-on=new-denials=FILE\.$/,
  ],
];

it('bad input', async () => {
  const commands = CASES.map(([words]) => `timeout 20 $LSMFS ${words} 2>&1; echo "= $?"`);
  const prepare = `D=$(mktemp -d); trap 'rm -r $D' EXIT; ln -s loop $D/loop; echo '(type x' > $D/bad.cil
    mkfifo $D/fifo; mknod $D/full c 1 7; printf '# x\\n\\1\\377\\0 a b\\n' > $D/random`;
  const result = await script([prepare, ...commands].join('\n'), { timeoutMs: 120_000 });
  const answers = result.stdout.split(/^= (\d+)\n/m);
  CASES.forEach(([words, cause, remedy], index) => {
    const lines = (answers[2 * index] ?? '').trimEnd().split('\n');
    expect([words, answers[2 * index + 1], lines.length]).toEqual([words, '125', 2]);
    for (const line of lines) expect(line).toMatch(/^lsmfs: \S/);
    expect(lines[0]?.slice('lsmfs: '.length)).toMatch(cause);
    expect(lines[1]?.slice('lsmfs: '.length)).toMatch(remedy);
  });
  expect(result.leftovers).toSatisfy(isClean);
});

it('a device stays one when it is the output of a command, and a link is followed', async () => {
  const { stdout } =
    await script(`D=$(mktemp -d); trap 'rm -r $D' EXIT; cd $D; mknod null c 1 3; : > file; ln -s file link
    for out in null link; do $LSMFS policy build /etc/selinux/default -o $out >/dev/null; stat -c '%F' $out; done; $LSMFS policy show file | head -c 4`);
  expect(stdout).toMatch(/^character special file\nsymbolic link\n\S/);
});

/** What each shows after `lsmfs: `. */
it.each([
  [
    'little address space',
    `ulimit -v 1000000; ${START} run -- true`,
    /^Less than 2 GB of address space .* \(ulimit -v\)\.$/,
  ],
  ['few open files', `ulimit -n 64; ${START} run -- true`, /^At most 64 files may be open/],
  [
    'few processes of a user, too few for Node.js',
    `U='setpriv --reuid=${USER} --clear-groups'; $U sh -c 'ulimit -p 16 2>/dev/null || ulimit -u 16; exec ${START} ps'`,
    /^Fewer than 16 further processes and threads of this user may run, which Node\.js needs\.$/,
  ],
  [
    'few processes of a user, too few for a world',
    `U='setpriv --reuid=${USER} --clear-groups'; $U sh -c 'ulimit -p 30 2>/dev/null || ulimit -u 30; ${START} ps >/dev/null; exec ${START} run -- true'`,
    /^At most 30 processes and threads of this user may run, \d+ do, and a world needs 40\.$/,
  ],
  [
    'few processes in a control group',
    `G=/sys/fs/cgroup/pids; [ -d $G ] || { G=/sys/fs/cgroup; echo +pids > $G/cgroup.subtree_control; }; N=$G/few-$$; mkdir $N; echo 30 > $N/pids.max
     sh -c "echo \\$\\$ > $N/cgroup.procs; exec ${START} run -- true"; status=$?; rmdir $N; exit $status`,
    /^At most 30 processes and threads may run in \S+, \d+ do, and a world needs 40\.$/,
  ],
  [
    'no temporary directory',
    `TMPDIR=/nosuch ${START} run --report=$D/r -- true`,
    /^No temporary directory can be made in \/nosuch: ENOENT\.$/,
  ],
  ['small files', `ulimit -f 0; ${START} run -- true`, /^Cannot write .*: EFBIG\.$/],
  ['no state directory', `LSMFS_STATE_DIR=/dev/null ${START} run -- true`, /^Cannot use \/dev\/null: ENOTDIR\.$/],
  [
    // Not by the start script, whose shell says so first.
    'a removed working directory',
    `mkdir $D/gone; cd $D/gone; rmdir ../gone; ${process.execPath} ${path.resolve('dist/lsmfs.js')} mount there`,
    /^The working directory was removed\.$/,
  ],
  [
    'file contexts that the user cannot read',
    `: > $D/contexts; chmod 0 $D/contexts; chmod 755 $D; ${AS_USER} ${START} run --file-contexts=$D/contexts -- true`,
    /\/contexts cannot be read: EACCES\.$/,
  ],
  [
    'a directory that the user cannot list',
    `mkdir -m 0 $D/store; chmod 755 $D; ${AS_USER} ${START} policy show $D/store`,
    /\/store cannot be looked at: EACCES\.$/,
  ],
  [
    'a world of a user that waits',
    `${AS_USER} ${START} standby`,
    /^Without CAP_SYS_ADMIN no world can wait for its command: /,
  ],
  [
    'no Node.js',
    `mkdir $D/path; for name in sh readlink; do ln -s "$(command -v $name)" $D/path; done; PATH=$D/path ${START} run -- true`,
    /^There is no node on the PATH: install Node\.js 20\.16 or newer\.$/,
  ],
  [
    // Tried with Node 12.9.1 and 18.20.4, too, which read as far.
    'an old Node.js',
    `echo "Object.defineProperty(process.versions, 'node', { value: '18.20.4' })" > $D/old.cjs; ${process.execPath} -r $D/old.cjs dist/lsmfs.js run -- true`,
    /^Node\.js 18\.20\.4 is too old: install version 20\.16 or newer, and put it first on the PATH\.$/,
  ],
  [
    'another machine',
    `echo "Object.defineProperty(process, 'arch', { value: 's390x' })" > $D/arch.cjs; ${process.execPath} -r $D/arch.cjs dist/lsmfs.js run -- true`,
    /^The native library koffi does not load on s390x: run `npm install` .*, on x86-64 or arm64\.$/,
  ],
])('a box with %s', async (_, text, told) => {
  const result = await script(`D=$(mktemp -d); trap 'rm -r $D' EXIT; (${text})`);
  const lines = result.stderr.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(2);
  for (const line of lines) expect(line).toMatch(/^lsmfs: \S/);
  expect(lines[0]?.slice('lsmfs: '.length)).toMatch(told);
  expect([result.status, result.stdout]).toEqual([125, '']);
  expect(result.leftovers).toSatisfy(isClean);
});
