/** The main thread serves mounts, so nothing that it runs names one in a system call: that is left to supervisor/staging.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

/** Runs in a thread of its own. */
const ELSEWHERE = new Set(['attr-links.ts']);
/** Functions of host/mounts/mount.ts that take a mount of ours. */
const NAMES_A_MOUNT =
  /\b(?:attachMount|attachMountOn|bindMount|copyMount|copyTree|copyTreeAt|setMountAttributes|statx)\b/;

it('is not done in the main thread', () => {
  const directory = path.dirname(import.meta.dirname);
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /(?<!\.test)\.ts$/.test(name) && !ELSEWHERE.has(path.basename(name)),
  );
  expect(files).toContain('served/instances.ts');
  const guilty = files.filter((name) => NAMES_A_MOUNT.test(readFileSync(path.join(directory, name), 'utf8')));
  expect(guilty).toEqual([]);
});
