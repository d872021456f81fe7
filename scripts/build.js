// Bundles the program into dist/: one file per entry point, dependencies stay external (koffi is native, memfs is lazy).
import { existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const entries = {
  lsmfs: 'cli/main.ts',
  daemon: 'world/daemon/main.ts',
  supervisor: 'world/supervisor/worker.ts',
  index: 'lsm/index.ts',
};
rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: Object.entries(entries)
    .filter(([, file]) => existsSync(file))
    .map(([out, file]) => ({ in: file, out })),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'warning',
});
