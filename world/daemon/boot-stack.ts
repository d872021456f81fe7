/**
 * Boots a stack from options, and loads its policy.
 */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { E, failed } from '../../linux/errno.ts';
import { didYouMean } from '../../lsm/framework/nearest.ts';
import type { TpmConfig } from '../../lsm/framework/tpm/tpm.ts';
import { loadBootPolicy, loadBootProfiles, PolicyError } from '../../lsm/library/boot-policy.ts';
import {
  type BootEnvironment,
  BootError,
  boot,
  defaultBuild,
  ignoredParameters,
  KERNEL_BUILDS,
  leftOut,
  moduleNames,
  type Stack,
} from '../../lsm/library/index.ts';
import { MODULES } from '../../lsm/modules.ts';
import { WorldError } from '../errors.ts';
import type { PolicyChoice, StackOptions } from '../options.ts';
import { readPolicy } from '../policy-file.ts';
import { checkRings, readEncryptedKeys, readKeys } from './content/keys.ts';
import { nodeDigests } from './content/runtime-digests.ts';
import { tpmConfig } from './content/tpm-config.ts';
import { lazyZstd } from './content/zstd.ts';

/** @param tpm the one that the machine has, in place of what the options say. */
export function bootFromOptions(options: StackOptions, environment: BootEnvironment, tpm?: TpmConfig): Stack {
  const builds = new Map(Object.entries(KERNEL_BUILDS));
  const { lsm, security, lenient } = choice(options);
  const build = builds.get(options.build ?? defaultBuild({ ...(lsm && { lsm }), ...(security && { security }) }));
  if (build === undefined) {
    throw new WorldError(
      'bad-option',
      `Unknown kernel build '${options.build}'.`,
      `Known: ${[...builds.keys()].join(', ')}.`,
    );
  }
  const { profile, enforcing, parameters, policy, allowUnimplemented } = options;
  if (options.keys !== undefined) checkRings(options.keys, build);
  const stack = translateErrors(options, () =>
    boot(
      {
        profile,
        build,
        enforcing: enforcing || Number.parseInt(parameters?.enforcing ?? '0', 10) > 0,
        parameters: parameters ?? {},
        ...(options.keys && { keys: readKeys(options.keys) }),
        ...(options.encryptedKeys && { encryptedKeys: readEncryptedKeys(options.encryptedKeys) }),
        ...(options.tpm && { tpm: tpm ?? tpmConfig(options.tpm) }),
        release: release(),
        bootTime: BigInt(Date.now()) * 1_000_000n,
        ...(lenient ? {} : { refuse: allowUnimplemented === true ? 'unknown' : 'unimplemented' }),
        ...(lsm === undefined ? {} : { lsm }),
        ...(security === undefined ? {} : { security }),
      },
      { zstd: lazyZstd(), digests: nodeDigests, ...environment },
    ),
  );
  requireUse(options, stack);
  if (policy !== undefined) loadPolicy(stack, policy);
  for (const image of options.profiles ?? []) loadProfiles(stack, image);
  return stack;
}

/** @throws WorldError for an option that no module of the stack has a use for. */
function requireUse({ enforcing, fileContexts }: StackOptions, stack: Stack): void {
  const useless =
    enforcing && !loadsPolicies(stack)
      ? '--enforcing'
      : fileContexts !== undefined && fileContexts !== 'none' && !labelsByPath(stack)
        ? '--file-contexts'
        : undefined;
  if (useless === undefined) return;
  const modules = MODULES.flatMap(({ name, policyImages }) => (policyImages === undefined ? [] : [name]));
  const fix = `Add ${modules.join(' or ')} to --lsm, or leave ${useless} away.`;
  throw new WorldError('bad-option', `${useless} has no use in a world without ${modules.join(' and ')}.`, fix);
}

function labelsByPath(stack: Stack): boolean {
  return stack.modules.some(({ definition }) => definition.host?.defaultLabels !== undefined);
}

/** Has the stack booted with a policy or profiles? A policy may be left to modules that are not there. */
export function hasBootRules(stack: Stack, { policy, profiles }: StackOptions): boolean {
  return (policy !== undefined && loadsPolicies(stack)) || profiles !== undefined;
}

function loadsPolicies(stack: Stack): boolean {
  return stack.modules.some(({ definition }) => definition.policyImages !== undefined);
}

/** What the user should know of a stack with these options: what of them the kernel ignores in silence. @returns a line each. */
export function bootRemarks(
  { parameters = {}, policy }: Pick<StackOptions, 'parameters' | 'policy'>,
  stack: Stack,
): string[] {
  return [
    ...leftOut(stack).map(({ name, why }) => `${name} is left out: ${why}`),
    ...ignoredParameters(stack.config.build, parameters).map(({ name, why }) => `${name} is ignored: ${why}`),
    ...(policy?.remark !== undefined && loadsPolicies(stack) ? [policy.remark] : []),
  ];
}

/**
 * The modules and their order: from our options, where an unknown name is an error; else from kernel parameters, where
 * it is ignored.
 */
function choice({ lsm, security, parameters = {} }: StackOptions) {
  if (lsm !== undefined || security !== undefined) return { lsm, security, lenient: false };
  const asKernel = { lsm: parameters.lsm, security: parameters.security };
  return { ...asKernel, lenient: asKernel.lsm !== undefined || asKernel.security !== undefined };
}

const REASONS = {
  UNKNOWN_MODULE: 'is not a security module',
  NOT_COMPILED_IN: 'is not part of the emulated kernel (see --build)',
  NOT_IMPLEMENTED: 'is not implemented yet (--allow-unimplemented gives it its place without answers)',
} as const;

/** An unknown name is looked for in all builds, unless one was chosen. */
function translateErrors({ build, profile }: StackOptions, make: () => Stack): Stack {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    const { name } = error.data;
    const isOpen = error.code === 'UNKNOWN_MODULE' && build === undefined;
    const available = isOpen ? moduleNames({ profile, build: KERNEL_BUILDS.full }) : error.data.available;
    const fix = `${didYouMean(name, available)}Choose from: ${available.join(', ')}.`;
    throw new WorldError('bad-option', `'${name}' ${REASONS[error.code]}.`, fix, { name });
  }
}

/** The first of the files that can be loaded. @throws WorldError: what is wrong with the first one. */
function loadPolicy(stack: Stack, { files, optional }: PolicyChoice): void {
  let problem: WorldError | undefined;
  for (const file of files) {
    try {
      loadBootPolicy(stack, readPolicy(file));
      return;
    } catch (error) {
      if (error instanceof PolicyError && error.errno === E.ENOENT && optional === true) return;
      if (!(error instanceof PolicyError || error instanceof WorldError)) throw error;
      problem ??= error instanceof WorldError ? error : policyProblem(file, error);
    }
  }
  if (problem !== undefined) throw problem;
}

/** @throws WorldError */
function loadProfiles(stack: Stack, file: string): void {
  const loaded = loadBootProfiles(stack, readFileSync(file));
  if (!failed(loaded)) return;
  if (loaded === E.ENODEV) {
    const modules = MODULES.flatMap(({ name, profilesNode }) => (profilesNode === undefined ? [] : [name]));
    throw new WorldError(
      'bad-option',
      'The world has no module that loads profiles.',
      `Add one to --lsm: ${modules.join(', ')}.`,
    );
  }
  throw new WorldError(
    'bad-profiles',
    `The kernel refuses profiles of --profiles: ${loaded.message}.`,
    'Give them one by one: one of them is damaged, or for another kernel.',
  );
}

function policyProblem(file: string, { message, errno, fix }: PolicyError): WorldError {
  // No active module loads policies: not an error of the file.
  if (errno === E.ENOENT) {
    const leave = fix.replace(/\.$/, ', or leave --policy away.');
    return new WorldError('bad-option', `A policy cannot be loaded: ${message}.`, leave);
  }
  return new WorldError(
    'bad-policy',
    `${file} is not a policy that can be loaded: ${message}.`,
    fix.replace('FILE', () => file),
    { errno: errno.number },
  );
}
