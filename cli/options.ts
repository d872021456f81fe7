/**
 * Options that several commands share, and their meaning for world/.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  BLACKLIST,
  BUILTIN_TRUSTED_KEYS,
  MACHINE_KEYS,
  PLATFORM_KEYS,
  REVOKED_KEYS,
} from '../linux/kernel-keyrings.ts';
import { KERNEL_BUILDS } from '../lsm/builds.ts';
import { type KernelProfile, PROFILES } from '../lsm/framework/config.ts';
import { BANKS, type Bank } from '../lsm/framework/tpm/tpm.ts';
import { choosePolicy, type StackOptions, type TpmOptions, WorldError } from '../world/index.ts';

/** What commander hands to an action after {@link addStackOptions}. */
export interface StackFlags extends Readonly<Partial<Record<KeyringFlag, readonly string[]>>> {
  readonly lsm?: string;
  readonly security?: string;
  readonly profile: KernelProfile;
  readonly policy: string;
  readonly enforcing?: boolean;
  readonly param?: readonly string[];
  readonly evmHmacKey?: readonly string[];
  readonly tpm: 'none' | TpmOptions['kind'];
  readonly tpmBanks?: readonly Bank[];
  readonly tpmPcrs?: Readonly<Record<string, string>>;
  readonly allowUnimplemented?: boolean;
  readonly build?: string;
  readonly transport: 'kernel' | 'fuse-native';
}

/**
 * Options that fill a keyring at boot, and its name. A kernel without trusted keyrings, as Debian's, has `_ima` and `_evm`; elsewhere
 * these stand for `.ima` and `.evm`.
 */
const KEYRING_OPTIONS = {
  imaKey: ['_ima', 'ima-key', 'a certificate for signatures of files (security.ima)'],
  evmKey: ['_evm', 'evm-key', 'a certificate for signatures of attributes (security.evm)'],
  trustedKey: [BUILTIN_TRUSTED_KEYS, 'trusted-key', 'a certificate that the kernel is built with (--build=full)'],
  machineKey: [MACHINE_KEYS, 'machine-key', 'one that the owner of the machine trusts (.machine, --build=full)'],
  platformKey: [PLATFORM_KEYS, 'platform-key', 'one of the firmware, for kexec (.platform, --build=full)'],
  imaBlacklistKey: [REVOKED_KEYS, 'ima-blacklist-key', 'one whose signatures count no more (--build=full)'],
  blacklist: [
    BLACKLIST,
    'blacklist',
    'digests that are refused (.blacklist, --build=full), as CONFIG_SYSTEM_BLACKLIST_HASH_LIST has them: "bin:HEX" of files, "tbs:HEX" of certificates',
  ],
} as const;
type KeyringFlag = keyof typeof KEYRING_OPTIONS;

/** The module that a world has when nobody asks for another. */
const DEFAULT_LSM = 'selinux';

export function addContextOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--context <label>',
      'SELinux label that the command starts with: login (that of a session of this user, by the store that --policy names; without a store that of the kernel), kernel, or a label',
    )
      .env('LSMFS_CONTEXT')
      .default('login'),
  );
}

export function addProfilesOption(command: Command): Command {
  return command.option(
    '--profiles <place>',
    'AppArmor profiles that are loaded at boot: a file, text or what apparmor_parser --ofile made, or a directory of text; repeatable',
    collect,
  );
}

export function contextOf(context: string): Pick<StackOptions, 'context'> {
  return context === 'kernel' ? {} : { context };
}

export function addFileContextsOption(command: Command): Command {
  return command.option(
    '--file-contexts <file>',
    'labels of files on a disk without labels, or none (default: those of SELINUXTYPE)',
  );
}

/** @param policy the default of --policy. */
export function addStackOptions(command: Command, policy: 'auto' | 'none'): Command {
  command
    .option(
      '--lsm <list>',
      'security modules in order, as the kernel parameter lsm= (default: selinux); profile talk has ptags, sara, caitsith and whiteegret, and with supposed interfaces hardchroot, checmate, simpleflow, safename and shebang',
    )
    .addOption(new Option('--security <name>', 'the kernel parameter security=; only without --lsm').conflicts('lsm'))
    .addOption(
      new Option(
        '--profile <name>',
        'mainline is Linux 6.12; talk adds what the 2018 talk describes; 2018 and 2025 do so with the SELinux namespaces of those years, 2026 with lsm_unshare(2)',
      )
        .choices(PROFILES)
        .default('talk'),
    )
    .addOption(
      new Option(
        '--policy <which>',
        'SELinux policy that is loaded at boot: none, auto (that of /etc/selinux/config, else small), small (our own), a file, or a directory like /etc/selinux/mls, which the world then has as its own',
      )
        .env('LSMFS_POLICY')
        .default(policy),
    )
    .option('--enforcing', 'boot with enforcing=1')
    .option('--param <name[=value]>', 'a further kernel parameter, repeatable (apparmor=0)', collectParameter);
  for (const [, name, about] of Object.values(KEYRING_OPTIONS)) {
    command.option(`--${name} <file>`, `${about}, repeatable`, collect);
  }
  return command
    .option(
      '--evm-hmac-key <[root:]file>',
      'the key of the HMACs that EVM keeps (1 to 128 bytes); `echo 1 > evm` turns them on. UID:FILE: the key of user namespaces whose root is user UID outside; repeatable',
      collect,
    )
    .addOption(
      new Option(
        '--tpm <kind>',
        'a TPM 2.0 that attests what is measured: emulated has its registers in /sys/class/tpm; swtpm is that program, for tpm2-tools, too',
      )
        .choices(['none', 'emulated', 'swtpm'])
        .default('none'),
    )
    .option('--tpm-banks <list>', 'hash algorithms of an emulated TPM (default: sha1,sha256)', parseBanks)
    .option(
      '--tpm-pcrs <bank,file>',
      'what firmware left in its registers, as `evmctl ima_measurement --pcrs` reads it, repeatable',
      collectRegisters,
    )
    .option('--allow-unimplemented', 'order and list modules that lsmfs lacks; they answer nothing')
    .addOption(
      new Option(
        '--build <name>',
        "build choices of the emulated kernel: modules, CPUs (default: debian; full, which has every module, for one that Debian's lacks)",
      ).choices(Object.keys(KERNEL_BUILDS)),
    )
    .addOption(
      new Option('--transport <name>', 'kernel speaks FUSE directly; fuse-native goes through libfuse')
        .choices(['kernel', 'fuse-native'])
        .default('kernel'),
    );
}

export function stackOptions(flags: StackFlags): StackOptions {
  const parameters = parametersOf(flags.param ?? []);
  const chosen = flags.security ?? parameters.lsm ?? parameters.security;
  const lsm = flags.lsm ?? (chosen === undefined ? DEFAULT_LSM : undefined);
  return {
    ...(lsm === undefined ? {} : { lsm }),
    ...(flags.security === undefined ? {} : { security: flags.security }),
    profile: flags.profile,
    enforcing: flags.enforcing === true,
    ...policyOf(flags.policy),
    parameters,
    ...keysOf(flags),
    ...tpmOf(flags),
    ...(flags.build === undefined ? {} : { build: flags.build }),
    ...(flags.allowUnimplemented === true ? { allowUnimplemented: true } : {}),
  };
}

function policyOf(asked: string): Pick<StackOptions, 'policy'> {
  const policy = choosePolicy(asked);
  return policy === undefined ? {} : { policy };
}

function tpmOf({ tpm: kind, tpmBanks: banks, tpmPcrs: registers }: StackFlags): Pick<StackOptions, 'tpm'> {
  if (kind !== 'emulated' && (banks ?? registers) !== undefined) {
    throw new WorldError(
      'bad-option',
      'Banks and registers can be chosen for an emulated TPM only.',
      'Add --tpm=emulated, or leave --tpm-banks and --tpm-pcrs out.',
    );
  }
  return kind === 'none' ? {} : { tpm: { kind, ...(banks && { banks }), ...(registers && { registers }) } };
}

function keysOf(flags: StackFlags): Pick<StackOptions, 'keys' | 'encryptedKeys'> {
  const { evmHmacKey } = flags;
  const rings = (Object.keys(KEYRING_OPTIONS) as KeyringFlag[]).flatMap((flag) => {
    const files = flags[flag];
    return files === undefined ? [] : [[KEYRING_OPTIONS[flag][0], files] as const];
  });
  return {
    ...(rings.length > 0 && { keys: Object.fromEntries(rings) }),
    ...(evmHmacKey !== undefined && { encryptedKeys: Object.fromEntries(evmHmacKey.map(hmacKey)) }),
  };
}

/** Description and file of a key; `NAME@ROOT` is a namespace's. */
function hmacKey(option: string): readonly [string, string] {
  const [, root, file] = /^([0-9]+):(.+)$/s.exec(option) ?? [];
  return root === undefined || file === undefined ? ['evm-key', option] : [`evm-key@${Number(root)}`, file];
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** `3` and above: 0-2 belong to the command. */
export function parseDescriptor(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 1_048_576) throw new InvalidArgumentError('it must be a descriptor number.');
  return number;
}

function bankOf(text: string): Bank {
  const bank = BANKS.find((known) => known === text);
  if (bank === undefined) throw new InvalidArgumentError(`banks are ${BANKS.join(', ')}.`);
  return bank;
}

function parseBanks(text: string): readonly Bank[] {
  return [...new Set(text.split(',').map(bankOf))];
}

function collectRegisters(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const comma = text.indexOf(',');
  if (comma < 0) throw new InvalidArgumentError('it must look like BANK,FILE.');
  return { ...before, [bankOf(text.slice(0, comma))]: text.slice(comma + 1) };
}

function collectParameter(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[^=\s]+(?:=.*)?$/s.test(text)) throw new InvalidArgumentError('it must look like name or name=value.');
  return [...before, text];
}

/** Boot parameters whose function the kernel calls each time that they are given, and whose words add up; by what separates these. */
const ADDING_UP: Readonly<Record<string, string>> = { ima_policy: '|' };

/** The last value of each counts, elsewhere. */
function parametersOf(given: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of given.map(splitParameter)) {
    const before = parameters[name];
    const between = ADDING_UP[name];
    parameters[name] = before === undefined || between === undefined ? value : `${before}${between}${value}`;
  }
  return parameters;
}

function splitParameter(text: string): [string, string] {
  const [name = ''] = text.split('=');
  return [name, text.slice(name.length + 1)];
}
