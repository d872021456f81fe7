// Bundles the program into dist/: one file per entry point. Small dependencies are bundled (a start is measured in milliseconds);
// native and lazily loaded ones stay external.
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const entries = {
  lsmfs: 'cli/main.ts',
  daemon: 'world/daemon/main.ts',
  supervisor: 'world/supervisor/worker.ts',
  index: 'lsm/index.ts',
};
// Built aside and swapped in: a program that is starting must not find half of it.
const fresh = mkdtempSync('.dist-');
chmodSync(fresh, 0o755);
await build({
  entryPoints: Object.entries(entries)
    .filter(([, file]) => existsSync(file))
    .map(([out, file]) => ({ in: file, out })),
  outdir: fresh,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['@foxglove/wasm-zstd', 'koffi', 'fuse-native'],
  // CommonJS dependencies (commander) ask for Node's own modules with require().
  banner: {
    js: "import { createRequire as lsmfsCreateRequire } from 'node:module'; const require = lsmfsCreateRequire(import.meta.url);",
  },
  sourcemap: 'linked',
  logLevel: 'warning',
});
const old = `${fresh}-old`;
// Declarations are another tool's work (npm run types): they stay until it writes new ones.
if (existsSync('dist/types')) renameSync('dist/types', `${fresh}/types`);
if (existsSync('dist')) renameSync('dist', old);
renameSync(fresh, 'dist');
rmSync(old, { recursive: true, force: true });
