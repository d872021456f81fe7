import { createHash, createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FileUse, UsedFile, UseHook } from '../../framework/files/file-use.ts';
import { createWorld, KERNEL_BUILDS, type WorldOptions } from '../../library/index.ts';

const DIRECTORY = '/sys/kernel/security/integrity/ima';
const IDS = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0 };

/** A file of the host as its uses tell of it; `write` changes content and times. */
class TestFile {
  facts: UsedFile;
  #clock = 1000;

  constructor(path: string, content: string) {
    this.facts = {
      path,
      device: '0:30',
      mode: 0o100644,
      inode: { class: 'file', filesystem: { type: 'tmpfs', id: 'tmpfs' }, path, ino: 7, uid: 5, gid: 6, xattrs: {} },
      superblock: { magic: 0x01021994 },
      content: {
        key: path,
        size: content.length,
        mtime: '1000',
        ctime: '1000',
        writers: false,
        openers: false,
        digests: digestsOf(content),
      },
    };
  }

  has(content: Partial<UsedFile['content']>): void {
    this.facts = { ...this.facts, content: { ...this.facts.content, ...content } };
  }

  write(content: string): void {
    const time = String(++this.#clock);
    this.has({ mtime: time, ctime: time, size: content.length, digests: digestsOf(content) });
  }
}

function digestsOf(content: string): Record<string, string> {
  return Object.fromEntries(['sha1', 'sha256'].map((name) => [name, createHash(name).update(content).digest('hex')]));
}

function setUp(policy: string, options: WorldOptions = {}) {
  const world = createWorld({ lsm: '', ...options });
  const task = world.spawn();
  const fd = world.fs.openSync(`${DIRECTORY}/policy`, 'w');
  for (const line of policy.split('\n')) world.fs.writeSync(fd, `${line}\n`);
  world.fs.closeSync(fd);
  const context = { caller: task.caller, task: { ids: IDS, ppid: 1, tty: '(none)', exe: '/bin/cat' } };
  const use = (file: TestFile, hook: UseHook, mask: number, more: Partial<FileUse> = {}): FileUse => ({
    hook,
    mask,
    file: file.facts,
    ...more,
  });
  return {
    world,
    needs: (file: TestFile, hook: UseHook, mask: number) =>
      world.stack.uses.needs(use(file, hook, mask), context)?.digests,
    settled: (file: TestFile, hook: UseHook, mask: number, more?: Partial<FileUse>) =>
      world.stack.uses.settled(use(file, hook, mask, more), context),
    apply: (file: TestFile, hook: UseHook, mask: number, more?: Partial<FileUse>) =>
      world.stack.apply({ kind: 'file-use', context, uses: [use(file, hook, mask, more)] }),
    list: () => world.fs.readFileSync(`${DIRECTORY}/ascii_runtime_measurements`, 'latin1').split('\n').slice(1, -1),
    violations: () => world.fs.readFileSync(`${DIRECTORY}/violations`, 'latin1'),
  };
}

describe('uses that need no further decision', () => {
  const rule = 'measure func=FILE_CHECK mask=MAY_READ fowner=5';

  it('are those that no rule is about, while no new rules are written', () => {
    const box = setUp(rule, { build: KERNEL_BUILDS['debian-policy'] });
    const file = new TestFile('/a', 'one');
    expect(box.settled(file, 'exec', 1)).toBe('always');
    expect(box.settled(file, 'open', 2, { writes: true })).toBe('always');
    expect(box.settled(file, 'open', 4)).toBe('no');
    const fd = box.world.fs.openSync(`${DIRECTORY}/policy`, 'w');
    expect(box.settled(file, 'exec', 1)).toBe('no');
    box.world.fs.closeSync(fd);
    expect(box.settled(file, 'exec', 1)).toBe('always');
  });

  it('are those of a file that was measured, as long as nobody writes it', () => {
    const box = setUp(rule);
    const file = new TestFile('/a', 'one');
    box.apply(file, 'open', 4);
    expect(box.settled(file, 'open', 4)).toBe('unwritten');
    expect(box.settled(file, 'open', 6, { writes: true })).toBe('no');
    expect(box.settled(file, 'open', 4, { direct: true })).toBe('no');
    file.has({ writers: true });
    expect(box.settled(file, 'open', 4)).toBe('no');
    box.apply(file, 'open', 4);
    expect(box.list().at(-1)).toContain(' sha256:00');
    file.has({ writers: false });
    // The next one ends the time in which a further writer is no further violation.
    expect(box.settled(file, 'open', 4)).toBe('no');
    box.apply(file, 'open', 4);
    expect(box.settled(file, 'open', 4)).toBe('unwritten');
    file.write('two');
    expect(box.settled(file, 'open', 4)).toBe('no');
  });

  it('are not those whose end tells that a file was written', () => {
    const box = setUp(rule);
    const file = new TestFile('/a', 'one');
    box.apply(file, 'open', 4);
    box.apply(file, 'open', 2, { writes: true });
    for (const mask of [1, 2, 4]) expect(box.settled(file, 'open', mask)).toBe('no');
    expect(box.settled(file, 'exec', 1)).toBe('no');
  });

  it('are not those that are refused, or may be for another label', () => {
    const box = setUp('appraise func=FILE_CHECK fowner=5');
    const file = new TestFile('/a', 'one');
    expect(box.apply(file, 'open', 4)).not.toBe(0);
    expect(box.settled(file, 'open', 4)).toBe('no');
    const policy = readFileSync(new URL('../../../test/conformance/scenarios/data/mini.33', import.meta.url));
    const labels = setUp('measure obj_type=mtmp_t', { lsm: 'selinux', policy });
    expect(labels.settled(file, 'exec', 1)).toBe('no');
  });

  it('are those of a file that was appraised with success', () => {
    const box = setUp('appraise func=FILE_CHECK fowner=5');
    const file = new TestFile('/a', 'one');
    const value = `\x04\x04${Buffer.from(digestsOf('one').sha256 ?? '', 'hex').toString('latin1')}`;
    file.facts = { ...file.facts, inode: { ...file.facts.inode, xattrs: { 'security.ima': value } } };
    expect(box.settled(file, 'open', 4)).toBe('no');
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.settled(file, 'open', 4)).toBe('unwritten');
    file.facts = { ...file.facts, inode: { ...file.facts.inode, xattrs: {} } };
    expect(box.settled(file, 'open', 4)).toBe('no');
  });
});

it('an attribute that is set to what it was, or removed and set, ends the verdict', () => {
  const box = setUp('appraise func=FILE_CHECK fowner=5\naudit func=FILE_CHECK fowner=5');
  const file = new TestFile('/a', 'one');
  const value = `\x04\x04${Buffer.from(digestsOf('one').sha256 ?? '', 'hex').toString('latin1')}`;
  const [bare, labelled] = [{}, { 'security.ima': value }];
  const has = (xattrs: Record<string, string>) => {
    file.facts = { ...file.facts, inode: { ...file.facts.inode, xattrs } };
  };
  const { files } = box.world.stack;
  const { caller } = box.world.spawn();
  const isDone = () => [box.needs(file, 'open', 4), box.settled(file, 'open', 4)];
  const audited = () => box.world.audit.filter(({ type }) => type === 1805).length;
  has(labelled);
  box.apply(file, 'open', 4);
  expect([isDone(), audited()]).toEqual([[[], 'unwritten'], 1]);
  files.setXattr(file.facts.inode, 'security.ima', Buffer.from(value, 'latin1'), caller);
  expect(isDone()).toEqual([['sha256'], 'no']);
  box.apply(file, 'open', 4);
  expect([isDone(), audited()]).toEqual([[[], 'unwritten'], 2]);
  files.removeXattr(file.facts.inode, 'security.ima', caller);
  has(bare);
  files.setXattr(file.facts.inode, 'security.ima', Buffer.from(value, 'latin1'), caller);
  has(labelled);
  expect(isDone()).toEqual([['sha256'], 'no']);
  box.apply(file, 'open', 4);
  // Others, those of other files, and what may not be set change nothing.
  files.setXattr(file.facts.inode, 'security.capability', Buffer.from('x'), caller);
  files.setXattr({ ...file.facts.inode, ino: 8 }, 'security.ima', Buffer.from(value, 'latin1'), caller);
  files.setXattr(file.facts.inode, 'security.ima', Buffer.from([9]), caller);
  expect([isDone(), audited()]).toEqual([[[], 'unwritten'], 3]);
});

it('a file whose digest is blacklisted is refused where a signature is asked for, and listed, without a record', () => {
  const rule = 'appraise func=FILE_CHECK fowner=5';
  const options = { build: KERNEL_BUILDS.full, keys: { '.blacklist': [`bin:${digestsOf('one').sha256}`] } };
  const value = `\x04\x04${Buffer.from(digestsOf('one').sha256 ?? '', 'hex').toString('latin1')}`;
  const file = new TestFile('/a', 'one');
  file.facts = { ...file.facts, inode: { ...file.facts.inode, xattrs: { 'security.ima': value } } };
  const digest = setUp(rule, options);
  expect(digest.apply(file, 'open', 4)).toBe(0);
  const box = setUp(`measure func=FILE_CHECK fowner=5\n${rule} appraise_type=imasig`, options);
  for (let count = 0; count < 2; count++) expect(box.apply(file, 'open', 4)).toMatchObject({ code: 'EACCES' });
  const empty = `sha256:${digestsOf('').sha256}`;
  expect(box.list().map((line) => line.split(' ').slice(2))).toEqual([
    ['ima-sig', `sha256:${digestsOf('one').sha256}`, '/a', ''],
    ['ima-buf', empty, 'blacklisted-hash', ''],
  ]);
  expect(box.world.audit.map(({ body }) => /op=(\S+) cause=(\S+)/.exec(body)?.[0])).not.toContain('op=appraise_data');
  file.write('two');
  expect(box.apply(file, 'open', 4)).toMatchObject({ code: 'EACCES' });
  expect(box.world.audit.at(-1)?.body).toContain('op=appraise_data cause=IMA-signature-required');
});

describe('digest_type=verity', () => {
  const [verity, content] = [digestsOf('tree').sha256 ?? '', digestsOf('one').sha256];
  const measured = 'measure func=FILE_CHECK fowner=5 digest_type=verity template=ima-sigv2';

  it('measures the digest that fs-verity has, by its name', () => {
    const box = setUp(measured);
    const file = new TestFile('/a', 'one');
    file.has({ verity: { algorithm: 'sha256', digest: verity } });
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.list().map((line) => line.split(' ').slice(2, 5))).toEqual([
      ['ima-sigv2', `verity:sha256:${verity}`, '/a'],
    ]);
    const plain = setUp('measure func=FILE_CHECK fowner=5 template=ima-ngv2');
    plain.apply(file, 'open', 4);
    expect(plain.list()[0]).toContain(` ima-ngv2 ima:sha256:${content} /a`);
  });

  it('lists and audits nothing, and lets nobody open, where there is none', () => {
    const box = setUp(`${measured}\naudit func=FILE_CHECK fowner=5`);
    expect(box.apply(new TestFile('/a', 'one'), 'open', 4)).toBe(0);
    expect([box.list(), box.world.audit.filter(({ type }) => type === 1805)]).toEqual([[], []]);
    expect(box.world.audit.at(-1)?.body).toContain('op=collect_data cause=no-verity-digest');
    const appraising = setUp('appraise func=FILE_CHECK fowner=5 digest_type=verity appraise_type=sigv3');
    expect(appraising.apply(new TestFile('/a', 'one'), 'open', 4)).toMatchObject({ code: 'EACCES' });
  });

  it('appraises signatures of the third version, of the digest and what it is', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { certificate, id } = certificateOf(privateKey);
    const signed = (digest: string, type = 6) => {
      const file = Buffer.concat([Buffer.from([type, 4]), Buffer.from(digest, 'hex')]);
      const signature = createSign('sha256').update(file).sign(privateKey);
      return Buffer.concat([Buffer.from([6, 3, 4]), id, Buffer.from([1, 0]), signature]).toString('latin1');
    };
    const rule = 'appraise func=FILE_CHECK fowner=5 digest_type=verity appraise_type=sigv3';
    const opens = (value: string) => {
      const box = setUp(rule, { keys: { _ima: [certificate.toString('base64')] } });
      const file = new TestFile('/a', 'one');
      file.has({ verity: { algorithm: 'sha256', digest: verity } });
      file.facts = { ...file.facts, inode: { ...file.facts.inode, xattrs: { 'security.ima': value } } };
      const result = box.apply(file, 'open', 4);
      return result === 0 ? 0 : /cause=(\S+)/.exec(box.world.audit.at(-1)?.body ?? '')?.[1];
    };
    expect(opens(signed(verity))).toBe(0);
    expect(opens(signed(content ?? ''))).toBe('invalid-verity-signature');
    expect(opens(signed(verity, 3))).toBe('invalid-verity-signature');
    expect(opens(signed(verity).replace('\x06\x03', '\x06\x02'))).toBe('invalid-signature-version');
    expect(opens(signed(verity).replace('\x06\x03', '\x03\x02'))).toBe('verity-signature-required');
  });
});

it('keys of the platform verify kernels for kexec and nothing else', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { certificate, id } = certificateOf(privateKey);
  const head = Buffer.concat([Buffer.from([3, 2, 4]), id, Buffer.from([1, 0])]);
  const value = Buffer.concat([head, createSign('sha256').update('one').sign(privateKey)]).toString('latin1');
  const rules = ['KEXEC_KERNEL_CHECK', 'MODULE_CHECK'].map((func) => `appraise func=${func} appraise_type=imasig`);
  const uses = (ring: string) => {
    const keys = { [ring]: [certificate.toString('base64')] };
    const box = setUp(rules.join('\n'), { build: KERNEL_BUILDS.full, keys });
    return (['kexec-kernel', 'module'] as const).map((hook) => {
      const file = new TestFile(`/${hook}`, 'one');
      file.facts = { ...file.facts, inode: { ...file.facts.inode, xattrs: { 'security.ima': value } } };
      return box.apply(file, hook, 4) === 0;
    });
  };
  expect([uses('.platform'), uses('_ima'), uses('.machine')]).toEqual([
    [true, false],
    [true, true],
    [false, false],
  ]);
});

/** One that nobody has signed: its key and its id are looked at. */
function certificateOf(privateKey: KeyObject): { certificate: Buffer; id: Buffer } {
  const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
  };
  const id = Buffer.from('aabbccdd', 'hex');
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const extension = der(0x30, der(0x06, Buffer.from('551d0e', 'hex')), der(0x04, der(0x04, id)));
  const empty = der(0x30);
  const body = der(
    0x30,
    der(0x02, Buffer.from([1])),
    empty,
    empty,
    empty,
    empty,
    spki,
    der(0xa3, der(0x30, extension)),
  );
  return { certificate: der(0x30, body, empty, der(0x03, Buffer.from([0]))), id };
}

describe('files that are used', () => {
  it('are listed once for each content and name', () => {
    const box = setUp('measure func=FILE_CHECK mask=MAY_READ fowner=5', { parameters: { ima_template: 'ima-ng' } });
    const file = new TestFile('/a b', 'one');
    expect(box.needs(file, 'open', 4)).toEqual(['sha256']);
    expect(box.needs(file, 'open', 2)).toBeUndefined();
    expect(box.needs(file, 'exec', 1)).toBeUndefined();
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.needs(file, 'open', 4)).toEqual([]);
    const one = `sha256:${digestsOf('one').sha256}`;
    expect(box.list().map((line) => line.split(' ').slice(2))).toEqual([['ima-ng', one, '/a_b']]);
    file.write('two');
    expect(box.needs(file, 'open', 4)).toEqual(['sha256']);
    box.apply(file, 'open', 4);
    file.write('one');
    box.apply(file, 'open', 4);
    expect(box.list()).toHaveLength(2);
    box.apply(new TestFile('/c', 'one'), 'open', 4);
    expect(box.list()).toHaveLength(3);
  });

  it('are not looked at without a rule, nor are others than regular files', () => {
    const idle = createWorld({ lsm: '' });
    expect(idle.stack.uses.watch.active).toBe(false);
    const box = setUp('measure');
    expect(box.world.stack.uses.watch.active).toBe(true);
    const directory = new TestFile('/d', '');
    directory.facts = { ...directory.facts, mode: 0o040755 };
    expect(box.needs(directory, 'open', 4)).toBeUndefined();
  });

  it('that are read while they are written, and the other way round, are violations', () => {
    const box = setUp('measure func=FILE_CHECK mask=MAY_READ');
    const file = new TestFile('/f', 'x');
    file.has({ writers: true, openers: true });
    box.apply(file, 'open', 4);
    box.apply(file, 'open', 4);
    expect(box.violations()).toBe('1\n');
    expect(box.list()[0]).toContain('10 0000000000000000000000000000000000000000 ima-sig');
    file.has({ writers: false, openers: true });
    box.apply(file, 'open', 2, { writes: true });
    box.apply(file, 'open', 2, { writes: true });
    expect(box.violations()).toBe('2\n');
    const causes = box.world.audit.filter(({ type }) => type === 1804).map(({ body }) => /cause=(\w+)/.exec(body)?.[1]);
    expect(causes).toEqual(['open_writers', 'ToMToU']);
  });

  it('have zeros for a digest that could not be made, and a record', () => {
    const box = setUp('measure func=FILE_CHECK');
    const file = new TestFile('/f', 'x');
    file.has({ digests: {} });
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.list()[0]).toContain(`sha256:${'0'.repeat(64)} /f`);
    expect(box.world.audit.at(-1)?.body).toContain('op=collect_data cause=failed');
  });

  it('need a second digest for the oldest template', () => {
    const box = setUp('measure func=FILE_CHECK template=ima');
    const file = new TestFile('/f', 'x');
    expect(box.needs(file, 'open', 4)).toEqual(['sha256', 'sha1']);
    box.apply(file, 'open', 4);
    expect(box.list()[0]).toMatch(new RegExp(`^10 [0-9a-f]{40} ima ${digestsOf('x').sha1} /f$`));
  });

  it('are audited for each content', () => {
    const box = setUp('audit func=BPRM_CHECK');
    const file = new TestFile('/bin/x', 'x');
    for (let count = 0; count < 2; count++) box.apply(file, 'exec', 1);
    const records = box.world.audit.filter(({ type }) => type === 1805);
    expect(records).toHaveLength(1);
    expect(records[0]?.body).toContain(`file="/bin/x" hash="sha256:${digestsOf('x').sha256}" ppid=1 pid=`);
    file.write('y');
    box.apply(file, 'exec', 1);
    expect(box.world.audit.filter(({ type }) => type === 1805)).toHaveLength(2);
  });
});
