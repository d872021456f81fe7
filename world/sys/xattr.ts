/** setxattr(2), which Node does not have. */
import { bytesOf } from '../../vfs/bytes.ts';
import { libcFunction } from './libc.ts';

const call = libcFunction('setxattr', ['str', 'str', 'void *', 'size_t', 'int']);

/** Follows symbolic links. @param value in latin-1. @returns 0 or a negative errno. */
export function setXattr(path: string, name: string, value: string): number {
  return call(path, name, bytesOf(value), value.length, 0);
}
