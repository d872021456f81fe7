// Declarations: one file for each entry of the library, without what is marked @internal in that for users; those of lsmfs/testing are
// files of their own, below dist/types, from which prune-declarations.js removes what they do not name.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const TYPES = 'dist/types';

function emit(...options) {
  const tsc = path.resolve('node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json', ...options], { stdio: 'inherit' });
}

/** For import and for require(). */
async function rollUp(input, entry) {
  const bundle = await rollup({ input, external: /^node:/, plugins: [dts({ tsconfig: 'tsconfig.json' })] });
  await bundle.write({ file: `dist/${entry}.d.mts`, format: 'es' });
  await bundle.close();
  copyFileSync(`dist/${entry}.d.mts`, `dist/${entry}.d.cts`);
}

const whole = mkdtempSync(path.join(tmpdir(), 'lsmfs-types-'));
try {
  emit('--outDir', whole, '--stripInternal', 'false');
  await rollUp(path.join(whole, 'lsm/library/index.d.ts'), 'internals');
} finally {
  rmSync(whole, { recursive: true });
}
emit();
await rollUp(`${TYPES}/lsm/library/public.d.ts`, 'index');
execFileSync(process.execPath, ['scripts/prune-declarations.js'], { stdio: 'inherit' });
