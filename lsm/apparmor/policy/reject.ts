/**
 * A refused policy. Inside the parser it is thrown, so that the sections read like the format; unpack.ts catches it, reports it and returns
 * the errno.
 */
import { E, type Errno } from '../../../linux/errno.ts';

export class PolicyRejected extends Error {
  readonly errno: Errno;

  /** @param info what the audit record says. */
  constructor(info: string, errno: Errno = E.EPROTO) {
    super(info);
    this.errno = errno;
  }
}

export function reject(info: string): never {
  throw new PolicyRejected(info);
}

/** The value, or a refusal when the element was not there. */
export function need<T>(value: T | undefined | false, info: string): T {
  if (value === undefined || value === false) return reject(info);
  return value;
}
