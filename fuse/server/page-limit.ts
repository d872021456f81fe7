/**
 * Raises the kernel's cap on the size of one FUSE request while a mount is made.
 *
 * A write(2) longer than a request arrives in parts, and only the first part can still fail as a whole. The cap (`fs.fuse.max_pages_limit`,
 * Linux 6.13) is 256 pages unless raised, and a mount keeps the value it was born with, so we raise it for that moment only. It is global
 * to the host: a lock on the file keeps two daemons from restoring each other's value. A raised default becomes an
 * unusual number; the next daemon recognises it as left by one that was killed meanwhile, and restores the default.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { lockExclusive } from '../../host/files/descriptors.ts';

const LIMIT_FILE = '/proc/sys/fs/fuse/max_pages_limit';
/** The cap of kernels that have no such file, and the default of those that do. */
export const DEFAULT_MAX_PAGES = 256;

/**
 * Runs `makeMount` with the cap raised to `wanted` pages where that is possible.
 * @param makeMount gets the number of pages that the kernel will grant
 */
export function withRaisedPageLimit<T>(wanted: number, makeMount: (pages: number) => T, file = LIMIT_FILE): T {
  let fd: number;
  try {
    fd = openSync(file, 'r+');
  } catch {
    return makeMount(Math.min(wanted, currentLimit(file)));
  }
  try {
    lockExclusive(fd);
    const found = currentLimit(file);
    const before = found === wanted + DEFAULT_MAX_PAGES ? DEFAULT_MAX_PAGES : found;
    if (before >= wanted || !setLimit(fd, wanted + before)) return makeMount(Math.min(wanted, before));
    try {
      return makeMount(wanted);
    } finally {
      setLimit(fd, before);
    }
  } finally {
    closeSync(fd);
  }
}

function currentLimit(file: string): number {
  try {
    const limit = Number.parseInt(readFileSync(file, 'latin1'), 10);
    return limit > 0 ? limit : DEFAULT_MAX_PAGES;
  } catch {
    return DEFAULT_MAX_PAGES;
  }
}

function setLimit(fd: number, pages: number): boolean {
  try {
    writeSync(fd, `${pages}\n`, 0);
    return true;
  } catch {
    return false;
  }
}
