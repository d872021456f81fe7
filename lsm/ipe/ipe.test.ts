import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../library/index.ts';

const ROOT = '/sys/kernel/security/ipe';

let world: World;
beforeEach(() => {
  world = createWorld({ lsm: 'ipe' });
});

const read = (name: string): string => world.fs.readFileSync(`${ROOT}/${name}`, 'latin1');
const write =
  (name: string, data: string | Uint8Array, fs = world.fs) =>
  () =>
    fs.writeFileSync(`${ROOT}/${name}`, data);

describe('ipe', () => {
  it('has its nodes', () => {
    const modes = world.fs.readdirSync(ROOT).map((name) => [name, world.fs.statSync(`${ROOT}/${name}`).mode & 0o777]);
    expect(Object.fromEntries(modes)).toEqual({
      enforce: 0o600,
      new_policy: 0o200,
      policies: 0o755,
      success_audit: 0o600,
    });
    expect([read('enforce'), read('success_audit')]).toEqual(['1', '0']);
    expect(() => world.fs.mkdirSync(`${ROOT}/policies/x`)).toThrow('EPERM');
  });

  it('logs when enforcing changes', () => {
    write('enforce', 'off')();
    write('enforce', '0')();
    expect(world.audit).toEqual([
      {
        type: 1404,
        body: 'enforcing=0 old_enforcing=1 auid=4294967295 ses=4294967295 enabled=1 old-enabled=1 lsm=ipe res=1',
      },
    ]);
  });

  it('takes settings from boot', () => {
    world = createWorld({ lsm: 'ipe', parameters: { 'ipe.enforce': '0', 'ipe.success_audit': 'y' } });
    expect([read('enforce'), read('success_audit')]).toEqual(['0', '1']);
  });

  it('refuses policies', () => {
    const signed = Uint8Array.of(
      0x30,
      0x82,
      1,
      0,
      0x06,
      0x09,
      0x2a,
      0x86,
      0x48,
      0x86,
      0xf7,
      0x0d,
      0x01,
      0x07,
      0x02,
      0xa0,
    );
    expect(write('new_policy', 'x')).toThrow('EBADMSG');
    expect(write('new_policy', signed)).toThrow('ENOKEY');
    expect(write('new_policy', signed, world.spawn({ capabilities: 2n }).fs)).toThrow('EPERM');
    expect(world.audit.map(({ body }) => body.slice(-10))).toEqual([' errno=-74', 'errno=-126', '0 errno=-1']);
  });

  it('asks who opened, not who writes', () => {
    const weak = world.spawn({ capabilities: 2n });
    const fd = weak.fs.openSync(`${ROOT}/enforce`, 'r+');
    expect(() => weak.fs.writeSync(fd, '0')).toThrow('EPERM');
    weak.fs.closeSync(fd);
  });
});
