import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fuseProblem } from './fuse-device.ts';

test('what is wrong with the device is told', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-device-'));
  try {
    const file = path.join(directory, 'fuse');
    expect(fuseProblem(file)).toMatchObject({
      cause: `${file} does not exist`,
      fix: expect.stringContaining('--dev-bind'),
    });
    writeFileSync(file, '');
    expect(fuseProblem(file)?.cause).toBe(`${file} is not the FUSE device`);
    expect(fuseProblem('/dev/null')?.cause).toBe('/dev/null is not the FUSE device');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
