/** What a test author needs of a world: one for many tests, and the reason of a refusal. */
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { createWorld, WhyError } from './index.ts';
import { codeOf } from './testing.ts';

const policy = readFileSync('test/data/policies/mediation.33');

/** A domain that may not write a page. */
function refused() {
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true, rootType: 'tmpfs' });
  world.fs.writeFileSync('/etc/page', 'text', { mode: 0o666 });
  for (const place of ['/', '/etc']) world.fs.setxattrSync(place, 'security.selinux', 'u:object_r:disk_t:s0');
  world.fs.setxattrSync('/etc/page', 'security.selinux', 'u:object_r:secret_t:s0');
  const task = world.spawn({ comm: 'web' });
  task.fs.writeFileSync('/proc/self/attr/current', 'u:r:web_t:s0');
  const code = codeOf(() => task.fs.readFileSync('/etc/page'));
  return { world, task, code };
}

describe('a refusal', () => {
  it('is a record with names', () => {
    const { world, code } = refused();
    expect(code).toBe('EACCES');
    expect(world.audit.at(-1)).toMatchObject({
      name: 'AVC',
      fields: { seresult: 'denied', comm: 'web', scontext: 'u:r:web_t:s0', tclass: 'file' },
      refusal: { module: 'selinux', subject: 'web_t', object: 'secret_t', kind: 'file', permissive: false },
    });
  });

  it('is explained', () => {
    const { world } = refused();
    const { allowed, module, text } = world.why();
    expect([allowed, module]).toEqual([false, 'selinux']);
    expect(text).toMatch(/allow web_t secret_t:file \{? ?\w+/);
    expect(world.why(world.audit.find(({ refusal }) => refusal !== undefined)).text).toBe(text);
    const quiet = createWorld({ lsm: 'yama' });
    expect(() => quiet.why()).toThrow(WhyError);
  });
});

describe('reset', () => {
  it('is a new boot behind the same files', () => {
    const { world, task } = refused();
    const { fs } = world;
    const booted = createWorld({ lsm: 'selinux', policy, enforcing: true, rootType: 'tmpfs' });
    const fd = fs.openSync('/etc/page', 'r');
    world.reset();
    expect(world.fs).toBe(fs);
    expect(fs.existsSync('/etc/page')).toBe(false);
    expect([world.audit, world.kernelLog]).toEqual([booted.audit, booted.kernelLog]);
    expect(codeOf(() => fs.closeSync(fd))).toBe('EBADF');
    expect(fs.existsSync(`/proc/${task.tid}`)).toBe(false);
    expect(fs.readFileSync('/sys/fs/selinux/enforce', 'utf8')).toBe('1');
    expect(world.spawn().fs.readFileSync('/proc/self/attr/current', 'utf8')).toBe(
      booted.spawn().fs.readFileSync('/proc/self/attr/current', 'utf8'),
    );
  });

  it('comes back to a snapshot', () => {
    const { world, task } = refused();
    const { fs } = world;
    fs.linkSync('/etc/page', '/etc/same');
    fs.symlinkSync('page', '/etc/link');
    world.snapshot();
    const before = [world.audit.length, world.kernelLog.length];
    for (let round = 0; round < 2; round++) {
      fs.writeFileSync('/sys/fs/selinux/enforce', '0');
      task.fs.writeFileSync('/etc/page', 'changed');
      fs.rmSync('/etc', { recursive: true });
      fs.mkdirSync('/new');
      world.reset();
      expect(fs.readFileSync('/sys/fs/selinux/enforce', 'utf8')).toBe('1');
      expect(fs.readFileSync('/etc/link', 'utf8')).toBe('text');
      expect([fs.statSync('/etc/same').nlink, fs.existsSync('/new')]).toEqual([2, false]);
      expect(String(fs.getxattrSync('/etc/page', 'security.selinux'))).toBe('u:object_r:secret_t:s0');
      expect([world.audit.length, world.kernelLog.length]).toEqual(before);
      expect(codeOf(() => task.fs.readFileSync('/etc/page'))).toBe('EACCES');
    }
  });
});

it('ends with its block, with descriptors and watchers', async () => {
  const ended = vi.fn();
  let fs: ReturnType<typeof createWorld>['fs'];
  {
    using world = createWorld();
    fs = world.fs;
    fs.watch('/etc').on('close', ended);
  }
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  expect(fs.existsSync('/etc')).toBe(false);
  await using later = createWorld();
  expect(later.fs.existsSync('/etc')).toBe(true);
});

it('boots with rules of Smack and of IMA', () => {
  const world = createWorld({
    lsm: 'smack',
    smackRules: '# who reads what\nWeb Page r\n',
    imaPolicy: 'measure func=FILE_CHECK mask=MAY_READ\n',
    parameters: { ima_template: 'ima-ng' },
  });
  expect(world.fs.readFileSync('/sys/fs/smackfs/load2', 'utf8')).toBe('Web Page r\n');
  world.fs.writeFileSync('/etc/motd', 'hello');
  world.spawn().fs.readFileSync('/etc/motd');
  expect(world.measurements.at(-1)).toMatchObject({ path: '/etc/motd', template: 'ima-ng', violation: false });
});

it('leaves nothing behind: with 1,000 more worlds as much memory is used', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = async (worlds: number): Promise<number> => {
    for (let count = 0; count < worlds; count++) {
      const world = createWorld({ lsm: 'selinux', policy });
      world.spawn().fs.writeFileSync('/tmp/f', 'text');
      // What a weak reference was made of stays until its job ends.
      if (count % 20 === 0) await setImmediate();
    }
    await setImmediate();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await used(50);
  expect((await used(1000)) - before).toBeLessThan(8e6);
});
