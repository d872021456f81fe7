import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { withRaisedPageLimit } from './page-limit.ts';

/** @returns the limit while a mount is made, what the mount is granted, and the limit afterwards. */
function raise(limit: string, wanted: number): (string | number)[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-limit-'));
  const file = path.join(folder, 'max_pages_limit');
  // The kernel's file is replaced by each write.
  const text = (): string => readFileSync(file, 'latin1').split('\n')[0] as string;
  try {
    writeFileSync(file, `${limit}\n`);
    const during = withRaisedPageLimit(wanted, (pages) => [text(), pages], file);
    return [...during, text()];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('the limit is raised while a mount is made', () => {
  expect(raise('256', 4096)).toEqual(['4352', 4096, '256']);
  expect(raise('1000', 4096)).toEqual(['5096', 4096, '1000']);
});

it('a limit that is high enough stays', () => {
  expect(raise('8192', 4096)).toEqual(['8192', 4096, '8192']);
  expect(raise('256', 32)).toEqual(['256', 32, '256']);
});

it('what a killed one left is put right', () => {
  expect(raise('4352', 4096)).toEqual(['4352', 4096, '256']);
});
