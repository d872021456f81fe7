/** Rules of audit about what the host's kernel does: calls, their results, the files that they name. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, PROGRAM } from './program.ts';

/** In a directory of its own, with audit on. `records`: waits until there are so many of this type, and prints their interesting part. */
const PREPARE = `cd $(mktemp -d) && trap 'rm -rf "$PWD"' EXIT
auditctl -e 1 > /dev/null
until_true() { for try in $(seq 300); do eval "$1" && return; sleep 0.1; done; echo "never: $1"; }
records() { until_true "[ \\$($LSMFS log --audit | grep -c ' exe=.* key=\\"$1\\"') -ge $2 ]"; $LSMFS log --audit | grep -A9 " exe=.* key=\\"$1\\"" |
  sed -n 's/.* syscall=\\([0-9]*\\) success=\\(.*\\) exit=\\([-0-9]*\\) .*/\\1 \\2 \\3/p; s/.* name="\\([^ ]*\\)" .*nametype=\\([A-Z]*\\) .*/\\1 \\2/p'; }
`;
const run = (text: string, ...options: string[]) =>
  lsmfs(['run', ...options, '--', 'bash', '-c', text], {
    timeoutMs: 60_000,
    env: { LSMFS: `${process.execPath} ${PROGRAM}` },
  });
const inWorld = (text: string) => run(PREPARE + text, '--lsm=yama', '--audit-calls');

describe('a rule about calls', () => {
  it('sees what a watched file was opened for, and by whom', async () => {
    const result = await inWorld(
      `echo secret > watched; auditctl -w $PWD/watched -p r -k w 2>/dev/null; cat watched > /dev/null; echo more >> watched
       cat nosuch 2> /dev/null; ln watched other; cat other > /dev/null
       records w 2 | grep -c '^[0-9]* yes [0-9]*$'; records w 2 | grep NORMAL
       $LSMFS log --audit | grep ' key="w"' | grep -o 'comm=.*key'`,
    );
    expect(result.stdout).toBe(
      '2\nwatched NORMAL\nother NORMAL\ncomm="cat" exe="/usr/bin/cat" key\ncomm="cat" exe="/usr/bin/cat" key\n',
    );
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('knows the result, also of calls that fail', async () => {
    const result = await inWorld(
      `auditctl -a always,exit -F arch=b64 -S mkdir -k m 2>/dev/null; mkdir a; mkdir a 2>/dev/null; mkdir b/c 2>/dev/null; chmod 755 .
       setpriv --reuid=65534 --clear-groups mkdir d 2>/dev/null; records m 4`,
    );
    expect(result.stdout.split('\n').filter((line) => /^\d/.test(line))).toEqual([
      '83 yes 0',
      '83 no -17',
      '83 no -2',
      '83 no -13',
    ]);
    expect(result.stdout).toContain('83 yes 0\n');
    expect(result.stdout).toContain('a CREATE\n');
  });

  it('may be about success, users and directories', async () => {
    const result = await inWorld(
      `chmod 755 .; mkdir -m 777 d; auditctl -a always,exit -F dir=$PWD/d -F perm=w -F success=1 -F uid=65534 -k d 2>/dev/null
       touch d/root; setpriv --reuid=65534 --clear-groups sh -c 'touch d/it; rm d/nosuch; mv d/it d/that; rm d/that' 2>/dev/null
       records d 3 | grep -v PARENT`,
    );
    expect(result.stdout).toBe(
      '257 yes 3\nd/it CREATE\n316 yes 0\nd/it DELETE\nd/that CREATE\n263 yes 0\nd/that DELETE\n',
    );
  });

  it('does not wait for a call that waits, and tells when it has returned', async () => {
    const result = await inWorld(
      `mkfifo f; auditctl -w $PWD/f -p r -k f 2>/dev/null; cat f & mkdir while; echo through > f; wait; records f 1 | head -1`,
    );
    expect(result.stdout).toMatch(/^through\n\d+ yes 3\n$/);
  });

  it('sees programs, signals and changes of users', async () => {
    const result = await inWorld(
      `auditctl -a always,exit -F arch=b64 -S execve -F exe=/usr/bin/true -k x 2>/dev/null
       auditctl -a always,exit -F arch=b64 -S kill -k k 2>/dev/null
       auditctl -a always,exit -F arch=b64 -S setresuid -k u 2>/dev/null
       true; /bin/true 'a b'; bash -c 'kill -CONT $PPID'; setpriv --reuid=7 true
       records x 2 > /dev/null; records k 1 > /dev/null; records u 1 > /dev/null
       $LSMFS log --audit | grep -o 'argc=.*\\|ocomm=.*\\|setresuid\\|syscall=117.* uid=[0-9]*' | sed 's/ success.* uid/ uid/'`,
    );
    expect(result.stdout).toBe('argc=2 a0="/bin/true" a1=612062\nocomm="bash"\nsyscall=117 uid=7\nargc=1 a0="true"\n');
  });

  it('sees what ends, with no result, wherever a link to its program is, and who is traced', async () => {
    const result = await inWorld(
      `ln -s /usr/bin link; auditctl -a always,exit -F arch=b64 -S exit_group -F exe=$PWD/link/sleep -k e 2>/dev/null
       auditctl -a always,exit -F arch=b64 -S ptrace -k p 2>/dev/null
       sleep 0; sleep 9 & until grep -q sleep /proc/$!/comm; do :; done
       python3 -c 'import ctypes, sys; ctypes.CDLL(None).ptrace(0x4206, int(sys.argv[1]), 0, 0)' $!; kill $!
       until_true "$LSMFS log --audit | grep -q ocomm"
       $LSMFS log --audit | sed -n 's/.* syscall=\\(231.*\\) a1=.* \\(comm=.*\\)/\\1 \\2/p; s/.*\\(ocomm=.*\\)/\\1/p'`,
    );
    expect(result.stdout).toBe('231 a0=0 comm="sleep" exe="/usr/bin/sleep" key="e"\nocomm="sleep"\n');
  });

  it('sees a hard link that the kernel refuses, and a program of bpf that it takes', async (context) => {
    if (readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8') !== '1\n') context.skip('links are not protected');
    const result = await inWorld(
      `chmod 777 .; : > f; auditctl -a always,exit -F arch=b64 -S linkat,bpf -k l 2>/dev/null
       setpriv --reuid=65534 --clear-groups ln f g 2>/dev/null
       python3 -c 'import ctypes, struct
insns = ctypes.create_string_buffer(struct.pack("<QQ", 0xb7, 0x95)); text = ctypes.create_string_buffer(b"GPL")
attr = ctypes.create_string_buffer(struct.pack("<IIQQ", 1, 2, ctypes.addressof(insns), ctypes.addressof(text)), 128)
fd = ctypes.CDLL(None).syscall(321, 5, attr, 128)
print([line.split()[1] for line in open(f"/proc/self/fdinfo/{fd}") if line.startswith("prog_id")][0])'
       until_true "$LSMFS log --audit | grep -q op=LOAD"; until_true "$LSMFS log --audit | grep -q op=linkat"
       stamp() { $LSMFS log --audit | sed -n "s/.*msg=\\(audit(.*)\\): $1.*/\\1/p"; }
       $LSMFS log --audit | grep -F "$(stamp op=linkat)" | cut -d ' ' -f 1 | uniq; $LSMFS log --audit | sed -n 's/.*\\(op=linkat\\) .* \\(comm=.*\\)/\\1 \\2/p'
       $LSMFS log --audit | grep -F "$(stamp prog-id)" | cut -d ' ' -f 1; $LSMFS log --audit | sed -n 's/.*\\(prog-id=.*\\)/\\1/p'`,
    );
    const [id, ...lines] = result.stdout.trimEnd().split('\n');
    const event = ['type=SYSCALL', 'type=CWD', 'type=PATH', 'type=PROCTITLE'];
    expect(lines).toEqual([
      ...['type=ANOM_LINK', ...event, 'op=linkat comm="ln" exe="/usr/bin/ln" res=0'],
      ...['type=BPF', 'type=SYSCALL', 'type=PROCTITLE', `prog-id=${id} op=LOAD`],
    ]);
  });

  it('is not seen by what nobody decides about, unless that was asked for', async () => {
    const text = `auditctl -a always,exit -F arch=b64 -S mkdir -k m 2>/dev/null; mkdir a; auditctl -m end; $LSMFS log --audit | grep -c ' key="m"'`;
    const plain = await run(PREPARE + text, '--lsm=yama');
    expect(plain.stdout).toBe('1\n'); // that of the rule itself
  });

  it.each([
    [['--audit-calls'], 'rules of audit see none of read, only some of write\n'],
    [[], 'rules of audit see none of read, only some of write, only with --audit-calls mkdir\n'],
  ])('about calls that are not notified is answered in the log, once: %s', async (options, expected) => {
    const text = `for key in 1 2; do auditctl -a always,exit -F arch=b64 -S read,write,mkdir -k $key; done 2>/dev/null
      $LSMFS log | sed -n 's/.*lsmfs: \\(rules of\\)/\\1/p'`;
    const result = await run(PREPARE + text, '--lsm=yama', ...options);
    expect(result.stdout).toBe(expected);
  });

  it('has one stamp for all that a call leaves, with the label of the file', async () => {
    const text = `load_policy; auditctl -e 1 > /dev/null; auditctl -w /etc/shadow -p r -k s 2>/dev/null
      runcon system_u:system_r:httpd_t:s0 head -c 4 /etc/shadow > /dev/null
      for try in $(seq 100); do $LSMFS log --audit | grep -q 'success=yes.* key="s"' && break; sleep 0.1; done
      stamp=$($LSMFS log --audit | sed -n 's/.*msg=\\(audit(.*)\\): .*success=yes.* key="s".*/\\1/p')
      $LSMFS log --audit | grep -F "$stamp" | cut -d ' ' -f 1 | uniq; $LSMFS log --audit | grep -F "$stamp" | grep -o 'obj=.* nametype=[A-Z]*'`;
    const result = await run(text, '--mediate=files');
    expect(result.stdout).toBe(
      'type=AVC\ntype=SYSCALL\ntype=CWD\ntype=PATH\ntype=PROCTITLE\nobj=system_u:object_r:shadow_t:s0 nametype=NORMAL\n',
    );
  });

  it('knows what a module has refused', async () => {
    const text = `echo 'profile web { /{usr/,}{bin,lib,lib64}/** mrix, /etc/ld.so.cache r, }' | apparmor_parser -qKr
      auditctl -e 1 > /dev/null; auditctl -w /etc/shadow -p r -k s 2>/dev/null; aa-exec -p web -- cat /etc/shadow 2>/dev/null
      for try in $(seq 100); do $LSMFS log --audit | grep -q 'exe=.* key="s"' && break; sleep 0.1; done
      $LSMFS log --audit | grep 'exe=.* key="s"' | grep -o 'success=no exit=-13'`;
    const result = await run(text, '--lsm=apparmor', '--mediate=files');
    expect(result.stdout).toBe('success=no exit=-13\n');
  });
});
