/**
 * The policy, and the profiles, that a stack boots with: loaded as the init of a real system does, by one write of the whole image to the
 * filesystem of the module whose policy is one.
 */

import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { O_RDONLY, O_RDWR, O_WRONLY } from '../../linux/fcntl.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Node } from '../../vfs/tree/node.ts';
import { lookup, open, read, release, write } from '../../vfs/tree/operations.ts';
import { LsmfsError } from '../framework/lsmfs-error.ts';
import type { Stack } from '../framework/stack.ts';

/**
 * `NO_SELINUX`: no module of the stack could load it.
 * @public
 */
export type PolicyErrorCode = 'NO_SELINUX' | 'TOO_NEW' | 'BAD_POLICY' | 'BAD_PROFILES' | 'BAD_RULES';

const FIXES: Readonly<Record<PolicyErrorCode, (newest: number) => string>> = {
  NO_SELINUX: () => 'Add selinux to --lsm.',
  TOO_NEW: (newest) => `Convert it: checkpolicy -M -b -c ${newest} -o OUTPUT FILE`,
  BAD_PROFILES: () => 'Compile them: apparmor_parser -KQqS FILE; the world needs apparmor in lsm.',
  BAD_RULES: () => 'Name the module in lsm, and write one rule a line.',
  BAD_POLICY: () => 'Name a binary policy, such as /etc/selinux/default/policy/policy.34.',
};

export interface PolicyErrorData {
  readonly errno: Errno['code'];
  readonly version: number | undefined;
  readonly newest: number;
  readonly fix: string;
}

/**
 * A policy that cannot be loaded. `message` says why in one clause.
 * @public
 */
export class PolicyError extends LsmfsError<PolicyErrorCode, PolicyErrorData> {
  readonly code: PolicyErrorCode;
  /** What write(2) to selinuxfs answers; ENOENT without selinuxfs. */
  readonly errno: Errno;
  /** Of the image, where it has one, and the newest that the emulated kernel loads. */
  readonly version: number | undefined;
  readonly newest: number;
  /** What to do, with `OUTPUT` and `FILE` for names. */
  readonly fix: string;

  constructor(code: PolicyErrorCode, message: string, errno: Errno, newest = 0, version?: number) {
    super(message);
    this.name = 'PolicyError';
    this.code = code;
    this.errno = errno;
    this.newest = newest;
    this.version = version;
    this.fix = FIXES[code](newest);
  }

  get data(): PolicyErrorData {
    const { errno, version, newest, fix } = this;
    return { errno: errno.code, version, newest, fix };
  }
}

/**
 * @param image a binary policy of any version up to that of the emulated kernel, or one above where it has nothing new.
 * @throws PolicyError
 */
export function loadBootPolicy(stack: Stack, image: Uint8Array): void {
  const images = stack.compiledIn.find(({ policyImages }) => policyImages !== undefined)?.policyImages;
  const filesystem = images === undefined ? E.ENODEV : stack.filesystems.mount(images.filesystem, KERNEL_CALLER);
  if (images === undefined || failed(filesystem))
    throw new PolicyError('NO_SELINUX', 'SELinux is not active', E.ENOENT);
  const newest = readNumber(lookup(filesystem.root, 'policyvers', KERNEL_CALLER));
  const lowered = images.forKernel(image, newest);
  const written = writeWhole(lookup(filesystem.root, 'load', KERNEL_CALLER), lowered);
  if (!failed(written)) return;
  const version = images.version(image);
  if (version !== undefined && version > newest) {
    throw new PolicyError('TOO_NEW', `version ${version}, the newest known is ${newest}`, written, newest, version);
  }
  const why = images.whyRejected(lowered, newest) ?? `it does not fit the kernel: ${written.message}`;
  throw new PolicyError('BAD_POLICY', why, written, newest, version);
}

/** @param image of profiles. @returns `ENODEV`: no module of the stack has profiles. */
export function loadBootProfiles(stack: Stack, image: Uint8Array): Result<number> {
  const node = stack.modules.flatMap(({ definition }) => definition.profilesNode ?? [])[0];
  const filesystem = node === undefined ? E.ENODEV : stack.filesystems.mount(node.filesystem, KERNEL_CALLER);
  if (node === undefined || failed(filesystem)) return E.ENODEV;
  const file = node.path.reduce<Result<Node>>(
    (directory, name) => (failed(directory) ? directory : lookup(directory, name, KERNEL_CALLER)),
    filesystem.root,
  );
  return writeWhole(file, image, O_WRONLY);
}

function readNumber(node: Result<Node>): number {
  if (failed(node)) return 0;
  const handle = open(node, O_RDONLY, KERNEL_CALLER);
  if (failed(handle)) return 0;
  const text = read(handle, 16, { offset: 0 }, KERNEL_CALLER);
  release(handle);
  return text instanceof Uint8Array ? Number(String.fromCharCode(...text)) : 0;
}

function writeWhole(node: Result<Node>, data: Uint8Array, flags: number = O_RDWR): Result<number> {
  if (failed(node)) return node;
  const handle = open(node, flags, KERNEL_CALLER);
  if (failed(handle)) return handle;
  const written = write(handle, data, { offset: 0 }, KERNEL_CALLER);
  release(handle);
  return written;
}
