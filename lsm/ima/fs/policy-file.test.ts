import { describe, expect, it } from 'vitest';
import type { FileSystemError } from '../../../vfs/user/facade-error.ts';
import { createWorld, KERNEL_BUILDS, type World } from '../../library/index.ts';

const DIRECTORY = '/sys/kernel/security/integrity/ima';
const POLICY = `${DIRECTORY}/policy`;

function code(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return (error as FileSystemError).code;
  }
}

/** As `printf TEXT > policy` does: what a short write left over is written again. */
function load(world: World, text: string): unknown {
  const fd = world.fs.openSync(POLICY, 'w');
  try {
    let rest = text;
    while (rest !== '') {
      const taken = code(() => world.fs.writeSync(fd, rest));
      if (typeof taken !== 'number') return taken;
      rest = rest.slice(taken);
    }
    return 'ok';
  } finally {
    world.fs.closeSync(fd);
  }
}

describe('policy file', () => {
  it('shows every part of a rule in the kernel’s order, and takes what it showed', () => {
    const world = createWorld({ lsm: '', build: KERNEL_BUILDS['debian-policy'] });
    const rules = [
      'measure func=BPRM_CHECK mask=MAY_EXEC uid=0 ',
      'measure func=FILE_CHECK mask=^MAY_READ fsmagic=0x9fa0 fsname=tmpfs pcr=11 fsuuid=12345678-1234-1234-1234-123456789abc euid>1 egid<5 fowner=3 fgroup=4 template=ima-ng ',
      'measure func=KEY_CHECK keyrings=.ima|.evm ',
      'measure func=CRITICAL_DATA label=selinux ',
      'appraise func=MODULE_CHECK appraise_algos=sha1,sha256 appraise_type=imasig ',
      'appraise func=FILE_CHECK appraise_type=sigv3 digest_type=verity ',
      'appraise permit_directio ',
      'dont_hash ',
    ];
    const shown = rules.map((rule) => `${rule}\n`).join('');
    const mixed =
      'measure uid=0 mask=MAY_EXEC func=BPRM_CHECK\n# a comment\n\n' +
      'measure func=PATH_CHECK template=d-ng|n-ng fgroup=4 fowner=3 egid<5 euid>1 fsuuid=12345678-1234-1234-1234-123456789ABC pcr=11 fsname=tmpfs fsmagic=9fa0 mask=^MAY_READ\n' +
      `${rules[2]}\n${rules[3]}\nappraise func=MODULE_CHECK appraise_type=imasig appraise_algos=sha256,sha1\n` +
      'appraise func=FILE_CHECK digest_type=verity appraise_type=sigv3\nappraise permit_directio\ndont_hash\n';
    expect(load(world, mixed)).toBe('ok');
    expect(world.fs.readFileSync(POLICY, 'latin1')).toBe(shown);
    // A signature of verity can only be asked for after its digest was.
    const again = shown.replace(/^.*verity \n/m, '');
    expect(load(world, again)).toBe('ok');
    expect(world.fs.readFileSync(POLICY, 'latin1')).toBe(shown + again);
  });

  it('takes all of a session or nothing', () => {
    const world = createWorld({ lsm: '', build: KERNEL_BUILDS['debian-policy'] });
    expect(load(world, 'measure\nbad rule\n')).toBe('EINVAL');
    expect(load(world, '\n')).toBe('ok');
    expect(world.fs.readFileSync(POLICY, 'latin1')).toBe('');
    expect(load(world, 'audit\n')).toBe('ok');
    expect(world.fs.readFileSync(POLICY, 'latin1')).toBe('audit \n');
    expect(world.kernelLog.filter((line) => line.startsWith('ima: policy'))).toEqual([
      'ima: policy update failed',
      'ima: policy update failed',
      'ima: policy update completed',
    ]);
  });

  it('has one writer, and readers beside it', () => {
    const world = createWorld({ lsm: '', build: KERNEL_BUILDS['debian-policy'] });
    const writer = world.fs.openSync(POLICY, 'w');
    expect(code(() => world.fs.openSync(POLICY, 'w'))).toBe('EBUSY');
    expect(code(() => world.fs.openSync(POLICY, 'r+'))).toBe('EACCES');
    expect(world.fs.readFileSync(POLICY, 'latin1')).toBe('');
    expect(code(() => world.fs.writeSync(writer, 'audit\n', 3))).toBe('EINVAL');
    world.fs.closeSync(writer);
    expect(load(world, 'audit\n')).toBe('ok');
    const user = world.as({ ...world.spawn().caller, capabilities: 0n });
    expect(code(() => user.readFileSync(POLICY))).toBe('EPERM');
  });

  it('vanishes with the first load where the build allows neither reading nor writing', () => {
    const world = createWorld({ lsm: '' });
    expect(code(() => world.fs.openSync(POLICY, 'r'))).toBe('EACCES');
    expect(load(world, 'measure func=NOPE\n')).toBe('EINVAL');
    expect(world.fs.statSync(POLICY).mode).toBe(0o100200);
    expect(load(world, 'measure\n')).toBe('ok');
    expect(world.fs.existsSync(POLICY)).toBe(false);
    expect(world.fs.readdirSync('/sys/kernel/security/integrity')).toEqual(['evm', 'ima']);
    expect(world.fs.readlinkSync('/sys/kernel/security/ima')).toBe('integrity/ima');
  });

  it('asks for a signature where a rule does', () => {
    const world = createWorld({ lsm: '', parameters: { ima_policy: 'secure_boot' } });
    expect(load(world, 'measure\n')).toBe('EACCES');
    expect(world.audit.some(({ type, body }) => type === 1802 && body.includes('cause=signed policy required'))).toBe(
      true,
    );
  });
});

describe('list of a kernel that has measured nothing', () => {
  const list = (parameters: Record<string, string>) => {
    const world = createWorld({ lsm: '', parameters });
    return world.fs.readFileSync(`${DIRECTORY}/ascii_runtime_measurements`, 'latin1');
  };
  const zeros = '0'.repeat(64);

  it.each([
    [{}, `10 4f38ef8f82bbc2a73f2169c57ff5c76e14ce353d ima-sig sha256:${zeros} boot_aggregate \n`],
    [{ ima_template: 'ima-ng' }, `10 0adefe762c149c7cec19da62f0da1297fcfbffff ima-ng sha256:${zeros} boot_aggregate\n`],
    [
      { ima_template: 'ima-ng', ima_hash: 'sha1' },
      `10 1d8d532d463c9f8c205d0df7787669a85f93e260 ima-ng sha1:${'0'.repeat(40)} boot_aggregate\n`,
    ],
    [{ ima_template: 'ima' }, `10 719de8e521439498e9b77f6ed41e230b9821111e ima ${'0'.repeat(40)} boot_aggregate\n`],
    [
      { ima_template: 'nope', ima_hash: 'nope' },
      `10 4f38ef8f82bbc2a73f2169c57ff5c76e14ce353d ima-sig sha256:${zeros} boot_aggregate \n`,
    ],
  ])('%j', (parameters, expected) => {
    expect(list(parameters as Record<string, string>)).toBe(expected);
  });

  it('has the same in its binary form', () => {
    const world = createWorld({ lsm: '', parameters: { ima_template: 'ima-ng' } });
    const raw = world.fs.readFileSync(`${DIRECTORY}/binary_runtime_measurements`) as Buffer;
    expect(raw.readUInt32LE(0)).toBe(10);
    expect(raw.subarray(4, 24).toString('hex')).toBe('0adefe762c149c7cec19da62f0da1297fcfbffff');
    expect(raw.subarray(28, 34).toString()).toBe('ima-ng');
    expect(raw.readUInt32LE(34)).toBe(raw.length - 38);
    expect(world.fs.readFileSync(`${DIRECTORY}/runtime_measurements_count`, 'latin1')).toBe('1\n');
    expect(world.fs.readFileSync(`${DIRECTORY}/violations`, 'latin1')).toBe('0\n');
  });
});
