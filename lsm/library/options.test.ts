import { expect, it } from 'vitest';
import { BootError, createWorld, OptionError, PolicyError } from './index.ts';

/** What a program in JavaScript can give: the message, in one line, names the option. */
const WRONG: readonly (readonly [options: unknown, message: string])[] = [
  [{ lms: 'selinux' }, 'there is no option lms. Did you mean lsm?'],
  [{ Policy: 1 }, 'there is no option Policy. Did you mean policy?'],
  [{ enforce: true }, 'there is no option enforce. There are: profile, build, lsm, security, '],
  [{ tpm: { bank: [] } }, 'there is no option tpm.bank. Did you mean banks?'],
  [{ tpm: { banks: [{ algoritm: 'sha1' }] } }, 'there is no option tpm.banks[0].algoritm. Did you mean algorithm?'],
  [{ tpm: { banks: [{}] } }, 'tpm.banks[0].algorithm is missing: it is part of a bank: { algorithm, registers? }.'],
  [{ tpm: true }, 'tpm must be an object: { banks: [{ algorithm }] }, not true.'],
  [
    { lsm: ['selinux'] },
    "lsm must be a string: names of modules with commas between them, as 'yama,selinux', not a list.",
  ],
  [{ security: null }, 'security must be a string: the name of a module, not null.'],
  [{ profile: 'mainlin' }, "one of 'talk', 'mainline', '2018', '2025', '2026', not 'mainlin'. Did you mean mainline?"],
  [{ build: 'ful' }, "build must be a kernel: debian, uml, debian-policy, full, or a KernelBuild, not 'ful'."],
  [{ build: 3 }, 'build must be a kernel: '],
  [{ enforcing: 1 }, 'enforcing must be true or false, not 1.'],
  [{ enforcing: '1' }, "enforcing must be true or false, not '1'."],
  [{ parameters: { selinux: 0 } }, 'parameters.selinux must be a string, not 0.'],
  [{ parameters: 'selinux=0' }, "parameters must be an object: { name: value }, not 'selinux=0'."],
  [{ keys: { '.ima': 'abc' } }, "keys..ima must be a list of strings, not 'abc'."],
  [{ encryptedKeys: { 'evm-key': Buffer.alloc(4) } }, 'encryptedKeys.evm-key must be a string, not a Buffer.'],
  [{ release: 6.12 }, 'release must be a string, not 6.12.'],
  [{ bootTime: 5 }, 'bootTime must be nanoseconds since the epoch, a bigint, not 5.'],
  [
    { policy: '/etc/selinux/default/policy/policy.34' },
    'policy must be bytes (Uint8Array, what readFileSync(path) gives), not ',
  ],
  [{ policy: new ArrayBuffer(8) }, 'not a ArrayBuffer.'],
  [{ policy: () => undefined }, 'not a function.'],
  [{ profiles: 7 }, 'profiles must be bytes (Uint8Array, '],
  [{ smackRules: ['a b r'] }, 'smackRules must be a string: rules, a line each, not a list.'],
  [{ imaPolicy: {} }, 'imaPolicy must be a string: rules, a line each, not an object.'],
  [{ refuse: 'all' }, "refuse must be one of 'unimplemented', 'unknown', 'none', not 'all'."],
  [{ rootType: 'ext3' }, "rootType must be one of 'ext4', 'tmpfs', not 'ext3'. Did you mean ext4?"],
  ['selinux', "its options must be an object: { lsm: 'selinux' }, not 'selinux'."],
  [7n, "its options must be an object: { lsm: 'selinux' }, not 7."],
];

function thrown(options: unknown): unknown {
  try {
    createWorld(options as never);
  } catch (error) {
    return error;
  }
  return undefined;
}

it.each(WRONG)('%o', (options, message) => {
  const error = thrown(options) as OptionError;
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toContain(message);
  expect(error.message).toMatch(/^createWorld: [^\n]+$/);
  expect(['UNKNOWN_OPTION', 'WRONG_OPTION']).toContain(error.code);
  expect(error.message).toContain(error.data.option);
});

it('a module, a policy and rules that are none', () => {
  expect(thrown({ lsm: 'yama,selinus' })).toMatchObject({
    message: 'lsm: selinus is not a security module. Did you mean selinux?',
    code: 'UNKNOWN_MODULE',
    data: { name: 'selinus' },
  });
  expect(thrown({ lsm: 'selinus' })).toBeInstanceOf(BootError);
  expect(thrown({ lsm: 'selinux', policy: Buffer.from('no') })).toBeInstanceOf(PolicyError);
  expect(thrown({ lsm: 'yama', policy: Buffer.from('no') })).toMatchObject({ code: 'NO_SELINUX' });
  expect(thrown({ lsm: 'smack', smackRules: 'A B r\nA B\n' })).toMatchObject({
    code: 'BAD_RULES',
    message: 'smackRules: this is no rule: A B',
  });
  expect(thrown({ lsm: 'yama', smackRules: 'A B r' })).toMatchObject({
    code: 'BAD_RULES',
    message: 'smackRules: no module of this world has such rules',
  });
  expect(thrown({ lsm: '', imaPolicy: 'measure func=NONE' })).toMatchObject({ code: 'BAD_RULES' });
  expect(thrown({ lsm: 'apparmor', profiles: Buffer.from('profile x {}') })).toMatchObject({ code: 'BAD_PROFILES' });
});

it('takes what is right', () => {
  const build = { name: 'own', modules: ['yama'], early: [], defaultLsm: 'yama', cpus: 1, ticks: 100 };
  expect(createWorld({ build }).fs.readFileSync('/sys/kernel/security/lsm', 'utf8')).toContain('yama');
  expect(createWorld({ build: 'full', lsm: 'smack' }).fs.existsSync('/sys/fs/smackfs')).toBe(true);
  expect(createWorld(undefined).fs.existsSync('/sys/kernel/security/lsm')).toBe(true);
});
