import { expect, test } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../../linux/mman.ts';
import { libcFunction, NR } from '../libc.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { MemoryAreas } from './memory-area.ts';
import { viewNative } from './native-memory.ts';

const SC_PAGESIZE = 30;
const PAGE = libcFunction('sysconf', ['int'], 'long')(SC_PAGESIZE);
const FOUR_GIB = 2 ** 32;
const self = tidOf(process.pid);
const areas = new MemoryAreas();

/** Two pages of our own that nobody has touched. @param at 0 = anywhere; else nothing is there. */
function twoPages(at: number): number {
  const address = rawSyscall(NR.mmap, at, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  expect(address)[at === 0 ? 'toBeGreaterThan' : 'toBe'](at);
  return address;
}

const touch = (address: number): void => void viewNative(address, 1).fill(1);
const present = (address: number, length: number): boolean =>
  areas.present(self, address % FOUR_GIB, Math.floor(address / FOUR_GIB), length);

// Far from where programs and libraries are; the second pair lies on both sides of a multiple of 4 GiB.
test.each([0, 37 * FOUR_GIB - PAGE])('each page that is read has to be there (at %i)', (at) => {
  const pages = twoPages(at);
  expect(present(pages, 1)).toBe(false);
  touch(pages);
  expect(present(pages, PAGE)).toBe(true);
  expect(present(pages + PAGE - 1, 1)).toBe(true);
  expect(present(pages + PAGE - 1, 2)).toBe(false);
  touch(pages + PAGE);
  expect(present(pages + PAGE - 1, 2)).toBe(true);
});

test('no memory is there at addresses that no process has', () => {
  expect(areas.present(self, 8, 0, 4)).toBe(false);
  expect(areas.present(self, 0xffff_ffff, 0xffff_ffff, 4)).toBe(false);
});
