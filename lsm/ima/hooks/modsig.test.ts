import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf } from '../../../linux/bytes.ts';
import { append, SigningFolder } from '../../../test/support/signed-messages.ts';
import { appendedSignature, LONGEST_TRAILER } from '../../framework/files/appended-signature.ts';
import type { UseHook } from '../../framework/files/file-use.ts';
import { createWorld, KERNEL_BUILDS } from '../../library/index.ts';
import { DIRECTORY, setUp as setUpUses, TestFile } from './testing.ts';

const APPRAISE = 'appraise func=MODULE_CHECK appraise_type=imasig|modsig';
const MEASURE = 'measure func=MODULE_CHECK template=ima-modsig';

const folder = new SigningFolder();
let certificates: Record<'rsa' | 'ec' | 'other', string>;
beforeAll(() => {
  const made = (name: string, kind: 'rsa' | 'ec') => folder.make(name, kind).toString('base64');
  certificates = { rsa: made('rsa', 'rsa'), ec: made('ec', 'ec'), other: made('other', 'rsa') };
});
afterAll(() => folder.remove());

const digestOf = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** As a thread of the daemon tells of it. */
function fileOf(content: Uint8Array, xattr?: string): TestFile {
  const file = new TestFile('/m.ko', textOf(content));
  const found = appendedSignature(content.subarray(-LONGEST_TRAILER), content.length);
  if (found !== undefined) {
    const message = Buffer.from(found.message).toString('base64');
    file.has({ appended: { message, digests: { sha256: digestOf(content.subarray(0, found.size)) } } });
  }
  if (xattr !== undefined) file.setXattrs({ 'security.ima': xattr });
  return file;
}

function setUp(policy: string, keys: Record<string, readonly string[]>, parameters: Record<string, string> = {}) {
  const box = setUpUses(policy, { build: KERNEL_BUILDS.full, keys, parameters });
  const cause = () => /op=appraise_data cause=(\S+)/.exec(box.world.audit.at(-1)?.body ?? '')?.[1];
  return {
    world: box.world,
    needs: (file: TestFile, hook: UseHook) => box.needs(file, hook, 4)?.appended,
    /** 0, or the cause of the refusal. */
    reads: (file: TestFile, hook: UseHook = 'module') => (box.apply(file, hook, 4) === 0 ? 0 : (cause() ?? 'refused')),
    list: () => box.list().map((line) => line.split(' ').slice(2)),
  };
}

describe('appraise_type=imasig|modsig', () => {
  it.each(['rsa', 'ec'] as const)('takes what a key of .ima has signed at the end of the file: %s', (name) => {
    const keys = { _ima: [certificates[name]] };
    for (const words of ['-noattr -nocerts -md sha256', '-noattr -nocerts -keyid -md sha256', '-noattr -md sha256']) {
      const message = folder.sign('module', [name], words);
      expect(setUp(APPRAISE, keys).reads(fileOf(append('module', message)))).toBe(0);
      expect(setUp(APPRAISE, keys).reads(fileOf(append('Module', message)))).toBe('invalid-signature');
      expect(setUp(APPRAISE, { _ima: [certificates.other] }).reads(fileOf(append('module', message)))).toBe(
        'invalid-signature',
      );
    }
  });

  it('asks for a signature where there is none that could be read', () => {
    const good = append('module', folder.sign('module', ['rsa']));
    const broken = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(good);
      change(bytes);
      return setUp(APPRAISE, { _ima: [certificates.rsa] }).reads(fileOf(bytes));
    };
    const header = good.length - 28 - 12;
    const causes = [
      broken((bytes) => bytes.writeUInt8(0, bytes.length - 1)),
      broken((bytes) => bytes.writeUInt8(1, header)),
      broken((bytes) => bytes.writeUInt8(1, header + 2)),
      broken((bytes) => bytes.writeUInt8(1, header + 7)),
      broken((bytes) => bytes.writeUInt32BE(0xffffffff, header + 8)),
      broken((bytes) => bytes.writeUInt32BE(header, header + 8)),
      broken((bytes) => bytes.writeUInt32BE(header - 1, header + 8)),
      broken((bytes) => bytes.writeUInt8(0x31, 6)),
    ];
    expect(causes).toEqual(causes.map(() => 'IMA-signature-required'));
    expect(broken(() => undefined)).toBe(0);
    for (const end of [0, 1, 27, 28, 39, 40, 41])
      expect(setUp(APPRAISE, {}).reads(fileOf(good.subarray(good.length - end)))).toBe('IMA-signature-required');
  });

  it('knows no attributes in signatures of modules', () => {
    const message = folder.sign('module', ['rsa'], '-nocerts -nosmimecap -md sha256');
    const box = setUp(`${APPRAISE}\n${MEASURE}`, { _ima: [certificates.rsa] });
    expect(box.reads(fileOf(append('module', message)))).toBe('invalid-signature');
  });

  it('counts beside a digest, and beside a signature of a key that nobody has, but not beside a wrong one', () => {
    const file = append('module', folder.sign('module', ['rsa']));
    const digest = `\x04\x04${Buffer.from(digestOf(file), 'hex').toString('latin1')}`;
    const unknown = `\x03\x02\x04\x01\x02\x03\x04\x00\x01x`;
    const box = (xattr: string) => setUp(APPRAISE, { _ima: [certificates.rsa] }).reads(fileOf(file, xattr));
    expect([digest, unknown, `\x03\x03${unknown.slice(2)}`, `\x01${digest.slice(2)}`].map(box)).toEqual([
      0,
      0,
      'invalid-signature-version',
      'IMA-signature-required',
    ]);
  });

  it('is looked for in what rules with it are about, when there is something to decide', () => {
    const box = setUp(`${APPRAISE}\nappraise func=FIRMWARE_CHECK appraise_type=imasig`, { _ima: [certificates.rsa] });
    const file = fileOf(append('module', folder.sign('module', ['rsa'])));
    expect([box.needs(file, 'module'), box.needs(file, 'firmware'), box.needs(file, 'open')]).toEqual([
      true,
      undefined,
      undefined,
    ]);
    expect(box.reads(file)).toBe(0);
    expect(box.needs(file, 'module')).toBeUndefined();
    expect(setUp('appraise func=MODULE_CHECK appraise_type=imasig', { _ima: [certificates.rsa] }).reads(file)).toBe(
      'IMA-signature-required',
    );
  });

  it('has keys of the platform for kernels, not for initial filesystems and modules', () => {
    const funcs = ['KEXEC_KERNEL_CHECK', 'KEXEC_INITRAMFS_CHECK', 'MODULE_CHECK'];
    const rules = funcs.map((func) => `appraise func=${func} appraise_type=imasig|modsig`).join('\n');
    const file = fileOf(append('kernel', folder.sign('kernel', ['rsa'])));
    const reads = (ring: string) =>
      (['kexec-kernel', 'kexec-initramfs', 'module'] as const).map((hook) =>
        setUp(rules, { [ring]: [certificates.rsa] }).reads(file, hook),
      );
    const bad = 'invalid-signature';
    expect([reads('_ima'), reads('.platform'), reads('.machine')]).toEqual([
      [0, 0, 0],
      [0, bad, bad],
      [bad, bad, bad],
    ]);
  });

  it('is refused for other files, where the build lacks it, and shown as it was given', () => {
    const written = (rule: string, build = KERNEL_BUILDS.full) => {
      const { fs } = createWorld({
        lsm: '',
        build: { ...build, options: [...(build.options ?? []), 'IMA_READ_POLICY'] },
      });
      try {
        fs.writeFileSync(`${DIRECTORY}/policy`, `${rule}\n`);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
      return fs.readFileSync(`${DIRECTORY}/policy`, 'latin1');
    };
    expect(written(APPRAISE)).toBe(`${APPRAISE} \n`);
    const refused = ['FILE_CHECK', 'FIRMWARE_CHECK', 'POLICY_CHECK', 'BPRM_CHECK', 'MMAP_CHECK'].map((func) =>
      written(`appraise func=${func} appraise_type=imasig|modsig`),
    );
    expect(refused).toEqual(refused.map(() => 'EINVAL'));
    expect(written('measure func=MODULE_CHECK appraise_type=imasig|modsig')).toBe('EINVAL');
    expect(written('appraise appraise_type=imasig|modsig')).toBe('EINVAL');
    expect(written('appraise func=MODULE_CHECK appraise_type=modsig')).toBe('EINVAL');
    expect(written(APPRAISE, KERNEL_BUILDS['debian-policy'] as unknown as typeof KERNEL_BUILDS.full)).toBe('EINVAL');
  });
});

describe('template=ima-modsig', () => {
  it('lists the signature and the digest of what it signs', () => {
    const message = folder.sign('module', ['rsa']);
    const file = append('module', message);
    const box = setUp(`${MEASURE}\n${APPRAISE}`, { _ima: [certificates.rsa] });
    box.reads(fileOf(file));
    const entry = [
      'ima-modsig',
      `sha256:${digestOf(file)}`,
      '/m.ko',
      '',
      `sha256:${digestOf('module')}`,
      message.toString('hex'),
    ];
    expect(box.list()).toEqual([entry]);
    box.reads(fileOf(file));
    expect(box.list()).toEqual([entry]);
  });

  it('lists neither where no rule of appraisal allows such signatures, or there is none', () => {
    const file = append('module', folder.sign('module', ['rsa']));
    const measured = setUp(MEASURE, {});
    measured.reads(fileOf(file));
    expect(measured.list()).toEqual([['ima-modsig', `sha256:${digestOf(file)}`, '/m.ko', '', '', '']]);
    const plain = setUp(`${MEASURE}\n${APPRAISE}`, {});
    plain.reads(fileOf(Buffer.from('module')));
    expect(plain.list()).toEqual([['ima-modsig', `sha256:${digestOf('module')}`, '/m.ko', '', '', '']]);
  });

  it('lists it though the file is listed already', () => {
    const file = fileOf(append('module', folder.sign('module', ['rsa'])));
    const box = setUp(
      `measure func=FIRMWARE_CHECK\n${APPRAISE}`,
      { _ima: [certificates.rsa] },
      { ima_template: 'ima-modsig' },
    );
    box.reads(file, 'firmware');
    box.reads(file);
    expect(box.list().map((entry) => entry.slice(4).map((text) => text !== ''))).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('lists nothing, with a record, of what several have signed', () => {
    const box = setUp(`${MEASURE}\n${APPRAISE}`, { _ima: [certificates.rsa, certificates.ec] });
    expect(box.reads(fileOf(append('module', folder.sign('module', ['rsa', 'ec']))))).toBe(0);
    expect(box.list()).toEqual([]);
    expect(box.world.audit.at(-1)?.body).toContain('op=add_template_measure cause=ENOMEM');
  });
});

it('what is signed is refused where its digest is blacklisted, and its digest is listed', () => {
  const keys = { _ima: [certificates.rsa], '.blacklist': [`bin:${digestOf('module')}`] };
  const box = setUp(`measure func=MODULE_CHECK\n${APPRAISE}`, keys);
  expect(box.reads(fileOf(append('module', folder.sign('module', ['rsa']))))).toBe('refused');
  expect(box.list().at(-1)?.slice(2)).toEqual(['blacklisted-hash', digestOf('module')]);
});
