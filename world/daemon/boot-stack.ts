/**
 * From options to a booted stack, with its policy.
 */
import { readFileSync } from 'node:fs';
import { type BootEnvironment, BootError, boot, KERNEL_BUILDS, type Stack } from '../../lsm/index.ts';
import { KERNEL_CALLER } from '../../vfs/caller.ts';
import { type Errno, failed, type Result } from '../../vfs/errno.ts';
import { O_RDONLY, O_RDWR } from '../../vfs/flags.ts';
import { lookup, open, read, release, write } from '../../vfs/operations.ts';
import { WorldError } from '../errors.ts';
import type { StackOptions } from '../options.ts';
import { lazyZstd } from '../sys/zstd.ts';
import { forKernel, policyVersion } from './policy-image.ts';

export function bootFromOptions(options: StackOptions, environment: BootEnvironment): Stack {
  const builds = new Map(Object.entries(KERNEL_BUILDS));
  const build = builds.get(options.build ?? 'debian');
  if (build === undefined) {
    throw new WorldError(
      'bad-option',
      `Unknown kernel build '${options.build}'.`,
      `Known: ${[...builds.keys()].join(', ')}.`,
    );
  }
  const { profile, enforcing, lsm, security, parameters, policy, allowUnimplemented } = options;
  const stack = translateErrors(() =>
    boot(
      {
        profile,
        build,
        enforcing: enforcing || Number.parseInt(parameters?.enforcing ?? '0', 10) > 0,
        parameters: parameters ?? {},
        bootTime: BigInt(Date.now()) * 1_000_000n,
        refuse: allowUnimplemented === true ? 'unknown' : 'unimplemented',
        ...(lsm === undefined ? {} : { lsm }),
        ...(security === undefined ? {} : { security }),
      },
      { zstd: lazyZstd(), ...environment },
    ),
  );
  if (policy !== undefined) loadPolicy(stack, policy);
  return stack;
}

const REASONS = {
  UNKNOWN_MODULE: 'is not a security module',
  NOT_COMPILED_IN: 'is not part of the emulated kernel (see --build)',
  NOT_IMPLEMENTED: 'is not implemented yet (--allow-unimplemented gives it its place without answers)',
} as const;

function translateErrors(make: () => Stack): Stack {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    const { name, available } = error.data;
    throw new WorldError('bad-option', `'${name}' ${REASONS[error.code]}.`, `Choose from: ${available.join(', ')}.`, {
      name,
    });
  }
}

/** As the init of a real system does: one write of the whole image to selinuxfs. */
function loadPolicy(stack: Stack, file: string): void {
  const image = readPolicy(file);
  const filesystem = stack.mount('selinuxfs', KERNEL_CALLER);
  if (failed(filesystem)) throw new WorldError('bad-option', 'A policy needs SELinux.', 'Add selinux to --lsm.');
  const newest = readNumber(lookup(filesystem.root, 'policyvers', KERNEL_CALLER));
  const written = writeWhole(lookup(filesystem.root, 'load', KERNEL_CALLER), forKernel(image, newest));
  if (failed(written)) {
    const version = policyVersion(image);
    const tooNew = version !== undefined && version > newest;
    throw new WorldError(
      'bad-policy',
      `${file} is not a policy that can be loaded: ${tooNew ? `version ${version}, the newest known is ${newest}` : written.message}.`,
      tooNew
        ? `Convert it: checkpolicy -M -b -c ${newest} -o OUTPUT ${file}`
        : 'Name a binary policy, such as /etc/selinux/default/policy/policy.34.',
      { errno: written.number },
    );
  }
}

function readNumber(node: ReturnType<typeof lookup>): number {
  if (failed(node)) return 0;
  const handle = open(node, O_RDONLY, KERNEL_CALLER);
  if (failed(handle)) return 0;
  const text = read(handle, 16, { offset: 0 }, KERNEL_CALLER);
  release(handle);
  return text instanceof Uint8Array ? Number(Buffer.from(text).toString('latin1')) : 0;
}

function readPolicy(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('unreadable-policy', `The policy ${file} cannot be read: ${reason}.`, 'Check --policy.');
  }
}

function writeWhole(node: ReturnType<typeof lookup>, data: Uint8Array): Result<number> | Errno {
  if (failed(node)) return node;
  const handle = open(node, O_RDWR, KERNEL_CALLER);
  if (failed(handle)) return handle;
  const written = write(handle, data, { offset: 0 }, KERNEL_CALLER);
  release(handle);
  return written;
}
