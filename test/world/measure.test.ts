/** Files that real processes use, in the measurement list. */
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const IMA = '/sys/kernel/security/ima';
/** Owner of the files that the rules are about; there is no such user. */
const OWNER = 4711;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-measure-'));
  chmodSync(folder, 0o755);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string, mode = 0o644): string {
  const place = path.join(folder, name);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, content);
  chmodSync(place, mode);
  chownSync(place, OWNER, OWNER);
  return place;
}

const sha256 = (content: string | Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Digest and name of each entry but the first. */
function entries(list: string): string[] {
  return list
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(' ').slice(3, 5).join(' '));
}

function measured(rules: readonly string[], commands: string, args: readonly string[] = []) {
  const load = rules.map((rule) => `echo '${rule}'`).join('; ');
  const text = `${rules.length > 0 ? `{ ${load}; } > ${IMA}/policy\n` : ''}${commands}\ncat ${IMA}/ascii_runtime_measurements`;
  return lsmfs(['run', '--lsm=', ...args, '--', 'sh', '-c', text], { cwd: folder });
}

describe('a world that measures', () => {
  it('lists what is read, with the digest that others compute', async () => {
    const one = file('one', 'content of one');
    file('two', 'content of two');
    const rule = `measure func=FILE_CHECK mask=MAY_READ fowner=${OWNER}`;
    const result = await measured([rule], 'cat one one > /dev/null; echo x >> two');
    expect(entries(result.stdout)).toEqual([`${sha256('content of one')} ${one}`]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('decides anew about a file that is known when it, its use or the rules change', async () => {
    const known = file('known', 'one');
    const mine = file('mine', 'mine');
    chownSync(mine, 0, 0);
    const rule = `measure func=FILE_CHECK mask=MAY_READ fowner=${OWNER}`;
    const commands = `
      import os, sys
      def reads(path, times):
          for _ in range(times): os.close(os.open(path, os.O_RDONLY))
      def rule(text):
          with open('${IMA}/policy', 'w') as policy: policy.write(text + chr(10))
      reads('mine', 50); reads('known', 50)
      reader = os.open('known', os.O_RDONLY)
      os.close(os.open('known', os.O_WRONLY))         # ToMToU
      os.close(reader)
      reads('known', 50)
      writer = os.open('known', os.O_RDWR)
      reads('known', 50)                              # open_writers
      os.close(os.open('known', os.O_WRONLY))         # nothing: all that read it have closed it
      reads('known', 50)
      os.write(writer, b'two'); os.close(writer)
      reads('known', 50)
      os.chown('mine', ${OWNER}, ${OWNER})
      reads('mine', 50)
      os.chown('mine', 0, 0); reads('mine', 50)
      rule('measure func=FILE_CHECK mask=MAY_READ fowner=0 fgroup=12')
      os.chown('mine', 0, 12); reads('mine', 50)
      os.rename('mine', 'other'); os.rename('known', 'mine'); reads('mine', 50)
    `;
    const text = commands.replace(/^ {6}/gm, '').trim();
    writeFileSync(path.join(folder, 'uses.py'), text);
    const args = ['--build=debian-policy', '--param', 'ima_template=ima-ng'];
    const result = await measured([rule], 'python3 uses.py', args);
    const zeros = `sha256:${'0'.repeat(64)}`;
    expect(entries(result.stdout)).toEqual([
      `${sha256('one')} ${known}`,
      `${zeros} ${known}`,
      `${zeros} ${known}`,
      `${sha256('two')} ${known}`,
      `${sha256('mine')} ${mine}`,
    ]);
    expect(result.stderr).toBe('');
  });

  it('lists a script and what runs it', async () => {
    const program = file('interpreter', readFileSync('/bin/sh', 'latin1'), 0o755);
    writeFileSync(program, readFileSync('/bin/sh'));
    const text = `#!${program}\necho ran\n`;
    const scriptFile = file('script', text, 0o755);
    const result = await measured([`measure func=BPRM_CHECK fowner=${OWNER}`], './script');
    expect(result.stdout.split('\n')[0]).toBe('ran');
    const list = result.stdout.slice(result.stdout.indexOf('\n') + 1);
    expect(entries(list)).toEqual([`${sha256(text)} ${scriptFile}`, `${sha256(readFileSync('/bin/sh'))} ${program}`]);
  });

  it('lists libraries that are mapped for execution', async () => {
    const result = await measured(['measure func=MMAP_CHECK mask=MAY_EXEC'], '/bin/true');
    expect(result.stdout).toMatch(/\/libc\.so\.6 \n/);
  });

  it('lists nothing that the caller may not open', async () => {
    file('secret', 'a secret', 0o600);
    const reader = 'setpriv --reuid=2000001000 --regid=2000001000 --clear-groups cat';
    const rule = `measure func=FILE_CHECK fowner=${OWNER}`;
    const result = await measured([rule], `${reader} secret 2>/dev/null; test -r secret`);
    expect(entries(result.stdout)).toEqual([]);
  });

  it('finds readers of files that are being written', async () => {
    file('written', 'old');
    const rule = `measure func=FILE_CHECK mask=MAY_READ fowner=${OWNER}`;
    const result = await measured([rule], `exec 3>> written; cat written > /dev/null; cat ${IMA}/violations`);
    expect(result.stdout).toMatch(/^1\n/);
    expect(result.stdout).toContain(`${'0'.repeat(40)} ima-sig`);
  });

  it('starts with the policy of a boot parameter, under which everything of root is measured', async () => {
    const result = await measured([], `/bin/true; cat ${IMA}/runtime_measurements_count > /dev/null`, [
      '--param',
      'ima_policy=tcb',
    ]);
    expect(result.status).toBe(0);
    expect(entries(result.stdout).length).toBeGreaterThan(3);
    expect(result.leftovers).toSatisfy(isClean);
  });
});
