import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileContexts, openFileContexts } from '../../host/files/selabel.ts';

const LIBRARY = 'libselinux.so.1';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-selabel-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    await setImmediate();
  }
}

/** The lines of proc_pid_maps(5). */
const mappings = (): string[] =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes(LIBRARY));

describe('file_contexts', () => {
  it('are looked up by a library that stays where it was loaded', async () => {
    const file = path.join(folder, 'file_contexts');
    writeFileSync(file, '/srv(/.*)?  system_u:object_r:srv_t:s0\n/srv/none  <<none>>\n');
    const opened = openFileContexts(file, LIBRARY);
    const before = mappings();
    await collectGarbage();
    expect(mappings()).toEqual(before);
    if (opened === undefined) throw new Error(`${LIBRARY} is not there`);
    const { lookup } = fileContexts(opened);
    expect(lookup('/srv/page', 0o100000)).toBe('system_u:object_r:srv_t:s0');
    expect(lookup('/srv/none', 0o100000)).toBeUndefined();
  });

  it('are not looked up without the file or the library', () => {
    expect(openFileContexts(path.join(folder, 'file_contexts'), LIBRARY)).toBeUndefined();
    expect(openFileContexts('/dev/null', 'libnone.so.1')).toBeUndefined();
  });
});
