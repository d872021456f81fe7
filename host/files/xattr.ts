/** setxattr(2) and lgetxattr(2), which Node does not have. */
import { bytesOf, textOf } from '../../linux/bytes.ts';
import { libcFunction } from '../libc.ts';

const call = libcFunction('setxattr', ['str', 'str', 'void *', 'size_t', 'int']);

/** Follows symbolic links. @param value in latin-1. @returns 0 or a negative errno. */
export function setXattr(path: string, name: string, value: string): number {
  return call(path, name, bytesOf(value), value.length, 0);
}

const getCall = libcFunction('lgetxattr', ['void *', 'str', 'void *', 'size_t'], 'long');
/** XATTR_SIZE_MAX */
const LONGEST_VALUE = 65536;

/** Of a symbolic link itself. @param path in latin-1. @returns the value in latin-1, or a negative errno. */
export function getXattr(path: string, name: string): string | number {
  const value = new Uint8Array(LONGEST_VALUE);
  const length = getCall(bytesOf(`${path}\0`), name, value, value.length);
  return length < 0 ? length : textOf(value.subarray(0, length));
}
