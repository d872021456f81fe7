/** Rules by lines of auditctl(8). What is expected was printed by `auditctl -l` of audit 4.0.2 for the same lines. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AuditTree, ROOT } from './testing.ts';

let tree: AuditTree;

beforeEach(() => {
  tree = AuditTree.enabled();
});

const log = (): string[] => tree.text('log').match(/op=.*/g) ?? [];

describe('rules', () => {
  it.each([
    ['-w /etc/passwd -p wa -k a', '-w /etc/passwd -p wa -k a'],
    ['-w /tmp/ -k "two words"', '-w /tmp -p rwxa -k two words'],
    ['-a never,task -F pid=3', '-a never,task -F pid=3'],
    ['-a user,always -F uid=0 -F msgtype=USER_LOGIN', '-a always,user -F uid=0 -F msgtype=USER_LOGIN'],
    ['-a always,exclude -F msgtype=1399', '-a always,exclude -F msgtype=1399'],
    ['-a always,filesystem -F fstype!=0x64626720 -k x', '-a always,filesystem -F fstype!=debugfs -F key=x'],
    ['-a always,io_uring -S openat,uring_cmd', '-a always,io_uring -S openat'],
    [
      '-a always,io_uring -S all -F uid=4',
      '-a always,io_uring -S sendmsg,recvmsg,accept,connect,fallocate,openat,close,openat2,shutdown,renameat,unlinkat -F uid=4',
    ],
    [
      '-a always,exit -F arch=b32 -S open -S 47 -C uid!=euid -C obj_uid=auid',
      '-a always,exit -F arch=b32 -S open,getgid -C uid!=euid -C auid=obj_uid',
    ],
    ['-a always,exit -F arch!=b64 -S all', '-a always,exit -F arch!=b64 -S all'],
    ['-a always,exit -F path=/etc/passwd -F perm=rw -F key=z', '-w /etc/passwd -p rw -k z'],
    ['-a always,exit -S open,83 -F dir=/tmp/', '-a always,exit -S open,mkdir -F dir=/tmp/'],
    [
      "-a always,exit -S kill -F 'subj_user=x y' -F obj_lev_low>=s0",
      '-a always,exit -S kill -F subj_user=x y -F obj_lev_low>=s0',
    ],
    [
      '-a always,exit -F exit=EPERM -F exit=-EACCES -F exit=-5000 -F success=0',
      '-a always,exit -S all -F exit=1 -F exit=-EACCES -F exit=-5000 -F success=0',
    ],
    [
      '-a always,exit -F a0=77 -F a1!=-1 -F a2&=0x10 -F a3&7 -F inode=4 -F filetype=fifo',
      '-a always,exit -S all -F a0=0x4D -F a1!=0xFFFFFFFF -F a2&=0x10 -F a3&0x7 -F inode=4 -F filetype=4096',
    ],
    [
      '-a always,exit -F auid=unset -F auid>=1000 -F uid=-5',
      '-a always,exit -S all -F auid=-1 -F auid>=1000 -F uid=-5',
    ],
    ['-a always,exit -S open -F exe=/bin/ls -k a -F key=b', '-a always,exit -S open -F exe=/bin/ls -F key=a -F key=b'],
    // auditctl knows no such field.
    ['-a always,exit -S open -F contid=18446744073709551614', '-a always,exit -S open -F contid=18446744073709551614'],
  ])('%s', (line, listed) => {
    expect(tree.text('rules')).toBe('No rules\n');
    expect(tree.write('rules', `${line}\n`)).toBe('ok');
    expect(tree.text('rules')).toBe(`${listed}\n`);
    expect(tree.write('rules', line)).toBe('EEXIST');
    expect(tree.write('rules', line.replace(/^-a/, '-d').replace(/^-w/, '-W'))).toBe('ok');
    expect(tree.text('rules')).toBe('No rules\n');
    expect(log().map((text) => text.replace(/ key=.*(?= list)/, ''))).toEqual(
      [1, 0, 1].map((res, index) => {
        const [list] = /(?<=list=)\d/.exec(log()[0] ?? '') ?? [];
        return `op=${index === 2 ? 'remove' : 'add'}_rule list=${list} res=${res}`;
      }),
    );
  });

  it.each([
    '-a always,exit -S nosuch',
    '-a always,exit -S 5000',
    '-a always,exit -S open -F arch=b64',
    '-a always,task -S open',
    '-a always,exclude -S all',
    '-a possible,exit',
    '-a always',
    '-a always,entry',
    '-a always,exit -F uid=nobody',
    '-a always,exit -F success=yes',
    '-a always,exit -F perm=q',
    '-a always,exit -F perm!=r',
    '-a always,exit -F msgtype=AVC',
    '-a always,exit -F nosuch=1',
    '-a always,exit -F uid',
    '-a always,exit -F uid=4294967296',
    '-a always,exit -F contid=18446744073709551616',
    '-a always,task -F contid=5',
    '-a always,exit -F contid>5',
    '-a always,exit -C uid=gid',
    '-a always,exit -C uid>euid',
    "-a always,exit -k 'open",
    '-a always,exit -S',
    '-a constructor,exit -S open',
    '-w relative',
    '-w /etc/passwd -F uid=0',
    '-p wa',
    `-a always,exit${' -F pid=1'.repeat(64)}`,
    `-a always,exit${' -F pid=1'.repeat(63)} -k x`,
    `-a always,exit${' -F pid=1'.repeat(1000)} -F path=/x`,
    '-D -S open',
    'open',
    '-e 1',
  ])('refuse %s', (line) => {
    expect(tree.write('rules', line)).toBe('EINVAL');
    expect(tree.text('rules')).toBe('No rules\n');
  });

  it('have as many fields as auditctl gives them', () => {
    const line = `-a always,exit -S open${' -F pid=1'.repeat(62)} -F key=x`;
    expect(tree.write('rules', line)).toBe('ok');
    expect(tree.text('rules')).toBe(`${line}\n`);
  });

  it('are a file of auditctl(8), each line of which is one write', () => {
    expect(
      tree.write('rules', '# first\n\n-D\n-a always,exit -S open -k a\n-A never,exit -S close\n-w /x -k b\n'),
    ).toBe('ok');
    expect(tree.text('rules')).toBe('-a never,exit -S close\n-a always,exit -S open -F key=a\n-w /x -p rwxa -k b\n');
    expect(tree.write('rules', '-D -k a')).toBe('ok');
    expect(tree.text('rules')).toBe('-a never,exit -S close\n-w /x -p rwxa -k b\n');
    expect(tree.write('rules', '-d always,exit -S open\n')).toBe('ENOENT');
    expect(tree.write('rules', '-D\n')).toBe('ok');
    expect(tree.text('rules')).toBe('No rules\n');
  });

  it('are locked with the settings, and each audit has its own', () => {
    const inside = tree.inside(20, 5n);
    expect(tree.write('rules', '-a always,exclude -F msgtype=CWD', inside)).toBe('ok');
    expect(tree.text('children/5/rules')).toBe('-a always,exclude -F msgtype=CWD\n');
    expect(tree.text('rules')).toBe('No rules\n');
    tree.write('status', 'enabled 2');
    expect(tree.write('rules', '-w /x')).toBe('EPERM');
    expect(log().at(-1)).toBe('op=add_rule audit_enabled=2 res=0');
    expect(tree.opened('rules').write('-D', { ...ROOT, capabilities: 0n })).toBe('EPERM');
  });
});
