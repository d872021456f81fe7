/**
 * Asking a world what its SELinux policy allows, through selinuxfs and so with its answers: `access` and `class/` of the asker's namespace.
 *
 * Format of `access` (security/selinux/selinuxfs.c): written `SOURCE TARGET CLASS-NUMBER`; read six fields, `allowed
 * decided auditallow auditdeny seqno flags`, all but seqno hexadecimal. Bit N-1 of a vector is the permission that
 * class/CLASS/perms/NAME gives the number N.
 */

import { O_RDWR } from '../../linux/fcntl.ts';
import type { NodeFs } from '../../vfs/user/node-fs/index.ts';
import { MOUNT_POINTS } from '../known-modules.ts';

/** @public */
export interface AccessDecision {
  /** Names of permissions, in the policy's order. */
  readonly allowed: readonly string[];
  readonly auditallow: readonly string[];
  readonly auditdeny: readonly string[];
  /** The source is in a permissive domain: what is denied is only logged. */
  readonly permissive: boolean;
  /** Grows with each change of policy. */
  readonly seqno: number;
}

const FLAG_PERMISSIVE = 1;
const ANSWER_SIZE = 128;

/**
 * @throws FileSystemError ENOENT for a class that the policy lacks or without SELinux, EINVAL for an invalid context,
 * EACCES when `fs` may not ask.
 */
export function askAccess(
  fs: NodeFs,
  source: string,
  target: string,
  objectClass: string,
  root = MOUNT_POINTS.selinuxfs,
): AccessDecision {
  const directory = `${root}/class/${objectClass}`;
  const number = (file: string): number => Number(fs.readFileSync(`${directory}/${file}`, 'latin1'));
  const index = number('index');
  const permissions = fs.readdirSync(`${directory}/perms`).map((name) => ({ name, bit: number(`perms/${name}`) - 1 }));
  permissions.sort((a, b) => a.bit - b.bit);
  const fields = transact(fs, `${root}/access`, `${source} ${target} ${index}`).split(' ');
  const vector = (field: number): string[] => {
    const bits = BigInt(`0x${fields[field]}`);
    return permissions.filter(({ bit }) => (bits >> BigInt(bit)) % 2n === 1n).map(({ name }) => name);
  };
  return {
    allowed: vector(0),
    auditallow: vector(2),
    auditdeny: vector(3),
    permissive: (Number.parseInt(fields[5] ?? '0', 16) & FLAG_PERMISSIVE) !== 0,
    seqno: Number(fields[4]),
  };
}

/** Writes a question and reads its answer from the same open file. */
function transact(fs: NodeFs, path: string, question: string): string {
  const fd = fs.openSync(path, O_RDWR);
  try {
    fs.writeSync(fd, question);
    const answer = new Uint8Array(ANSWER_SIZE);
    const length = fs.readSync(fd, answer, 0, ANSWER_SIZE, 0);
    return String.fromCharCode(...answer.subarray(0, length));
  } finally {
    fs.closeSync(fd);
  }
}
