/** docs/contributing/adding.md is followed: its module is added to a copy of the sources and used. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

test('a module is a folder and a line', () => {
  const page = readFileSync(path.join(root, 'docs/contributing/adding.md'), 'utf8');
  const [module = '', line = '', use = ''] = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  expect(module.split('\n').length).toBeLessThan(100);

  const copy = mkdtempSync(path.join(tmpdir(), 'lsmfs-adding-'));
  try {
    for (const folder of ['linux', 'lsm', 'vfs'])
      cpSync(path.join(root, folder), path.join(copy, folder), { recursive: true });
    for (const name of ['package.json', 'tsconfig.json']) cpSync(path.join(root, name), path.join(copy, name));
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    mkdirSync(path.join(copy, 'lsm/greeting'));
    writeFileSync(path.join(copy, 'lsm/greeting/index.ts'), module);
    const list = path.join(copy, 'lsm/modules.ts');
    writeFileSync(list, line + readFileSync(list, 'utf8').replace(/^\];$/m, '  greeting,\n];'));
    writeFileSync(path.join(copy, 'use.ts'), use);

    const result = spawnSync(process.execPath, ['--import', 'tsx', 'use.ts'], { cwd: copy, encoding: 'utf8' });
    expect(result.status, result.stderr).toBe(0);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
