/** Lines as they are written and printed again; what is malformed prints nothing. */
import { describe, expect, it } from 'vitest';
import { parseAcl, printAcl } from './acl.ts';

const again = (line: string): string | undefined => {
  const rule = parseAcl(line);
  return rule && printAcl(rule);
};

describe('rules', () => {
  it.each([
    'file read/write /tmp/\\*',
    'file execute /bin/sh exec.realpath="/bin/dash" exec.argv[0]!="-sh"',
    'file execute /bin/sh <kernel> /other /one task.uid=0',
    'file execute /bin/sh keep',
    'file execute @SHELLS /dash',
    'file mkdir /tmp/\\*/ 0755',
    'file mkblock /dev/x 0600 8 0-15',
    'file link/rename /a /b',
    'file mount /dev/sda1 /mnt/ ext4 0x1F',
    'network inet stream bind/listen 0.0.0.0-0.0.0.255 1-1024',
    'network inet dgram send fe80::1 53',
    'network unix stream connect /run/\\*',
    'misc env PATH',
    'task manual_domain_transition <kernel> /x /y',
    'file read /a task.uid=1-10 path1.parent.uid!=@IDS grant_log=no',
    'file read /a exec.envp["HOME"]=NULL exec.envp["A"]!="b"',
    'file read /a path1.type=directory path1.perm=setuid 0=path1.uid',
    'file symlink /a symlink.target=@TARGETS',
  ])('%s', (line) => {
    expect(again(line)).toBe(line);
  });

  it.each([
    ['file write/read /a', 'file read/write /a'],
    ['file mount a b c 0x00ff', 'file mount a b c 0xFF'],
    ['file chmod /a 0644-0644', 'file chmod /a 0644'],
    ['file chmod /a 420-0644', 'file chmod /a 420-0644'],
    ['network inet stream connect 10.0.0.1-10.0.0.1 80', 'network inet stream connect 10.0.0.1 80'],
    ['network inet stream connect 010.0.0.01 80', 'network inet stream connect 10.0.0.1 80'],
    ['network inet stream connect 0:0:0:0:0:0:0:1 80', 'network inet stream connect ::1 80'],
  ])('%s becomes %s', (line, printed) => {
    expect(again(line)).toBe(printed);
  });

  it.each([
    'file',
    'file read',
    'file bogus /a',
    'file read /a b',
    'file read/execute /a keep',
    'file write /a <kernel> /b',
    'file execute /a <kernel> b',
    'file chmod /a 018',
    'file chmod /a 10-1',
    'file chmod /a x',
    'network inet stream connect 10.0.0.1 65536',
    'network inet stream connect 10.0.0 80',
    'network inet stream connect ::1::2 80',
    'network inet bogus connect ::1 80',
    'network inet stream bogus ::1 80',
    'misc env A=B',
    'misc PATH',
    'task manual_domain_transition x',
    'file read /a task.uid==0',
    'file read /a task.uid=x',
    'file read /a @G=1',
    'file read /a exec.argv[x]="a"',
    'file read /a exec.argv[0]=a',
    'file read /a exec.realpath=/b',
    'file read /a grant_log=maybe',
    'file read /a grant_log!=no',
    'file read /a grant_log=no grant_log=no',
  ])('%s is dropped', (line) => {
    expect(again(line)).toBeUndefined();
  });
});
