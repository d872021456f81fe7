// Bundles the program into dist/: one script per entry, each with V8's code cache, and the library. A start is measured in milliseconds: a
// script that is compiled already loads in a fraction of the time that modules take. Small dependencies are bundled; native and lazily
// loaded ones stay external.
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { build } from 'esbuild';
import { noticesOf } from './notices.js';

const PROGRAMS = {
  lsmfs: 'cli/main.ts',
  commands: 'cli/program.ts',
  run: 'cli/run-program.ts',
  daemon: 'world/daemon/main.ts',
  serve: 'world/daemon/serve.ts',
  supervisor: 'world/supervisor/worker.ts',
  digests: 'world/daemon/content/digest-thread.ts',
  backing: 'world/labelled/worker.ts',
};
/** What an entry loads while something else starts already, and so is a script of its own: import() of the first is the second. */
const APART = {
  './program.ts': './commands.js',
  './run-program.ts': './run.js',
  './serve.ts': './serve.js',
};
/** As `engines` of package.json. */
const OLDEST_NODE = { major: 20, minor: 16 };
/** What `import.meta.url` is in a CommonJS module. */
const MODULE_URL = "const moduleUrl = require('node:url').pathToFileURL(__filename).href;";
const EXTERNAL = ['@foxglove/wasm-zstd', 'fuse-native'];

/**
 * What Node runs: it compiles `NAME.program.js` with the code cache beside it. A cache made by another version of Node is refused by V8 and
 * costs nothing. Any Node since 10 can read this much.
 * The function around the program is the one that Node puts around every CommonJS module.
 */
const starter = (name) => `'use strict';
const [major, minor] = process.versions.node.split('.');
if (+major < ${OLDEST_NODE.major} || (+major === ${OLDEST_NODE.major} && +minor < ${OLDEST_NODE.minor})) {
  const needed = 'install version ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer, and put it first on the PATH.';
  console.error('lsmfs: Node.js ' + process.versions.node + ' is too old: ' + needed);
  process.exit(125);
}
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');
const filename = join(__dirname, '${name}.program.js');
let cachedData;
try {
  cachedData = readFileSync(filename + '.cache');
} catch {
  // Compiled anew.
}
const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
script.runInThisContext()(exports, require, module, filename, __dirname);
`;

/**
 * Functions are compiled now, not when they are first called; but a command of `commands` uses so few that a cache of all is no faster,
 * and seven times as large. V8 compares its flags with those of the cache, so this one is taken back.
 */
function codeCache(name, filename) {
  if (name !== 'commands') setFlagsFromString('--no-lazy');
  const script = new Script(readFileSync(filename, 'latin1'), { filename });
  setFlagsFromString('--lazy');
  return script.createCachedData();
}

// Of threads that are not waited for: without a cache they start some milliseconds later, and the package is smaller.
const RARE = new Set(['backing', 'digests']);

// Built aside and swapped in: a program that is starting must not find half of it.
const fresh = mkdtempSync('.dist-');
chmodSync(fresh, 0o755);
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: EXTERNAL,
  sourcemap: 'linked',
  logLevel: 'warning',
  // Less room on disk and in the memory of each daemon. Names stay, and lines are short enough for a trace to say something.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120,
  outdir: fresh,
};
const apart = {
  name: 'apart',
  setup: (plan) =>
    plan.onResolve({ filter: /^\.\/(program|run-program|serve)\.ts$/ }, ({ path: from, kind }) =>
      kind === 'dynamic-import' || kind === 'require-call' ? { path: APART[from], external: true } : undefined,
    ),
};
/** Only the library's createWorld() has files in memory; a program that does not call it does not load them. */
const withoutMemory = {
  name: 'without-memory',
  setup: (plan) =>
    plan.onResolve({ filter: /^(memfs$|@jsonjoy\.com\/)/ }, ({ path: name }) => ({
      path: name,
      external: true,
      sideEffects: false,
    })),
};
/** memfs makes buffers in a way that Node warns of outside of node_modules. */
const withoutWarnings = {
  name: 'without-warnings',
  setup: (plan) =>
    plan.onLoad({ filter: /fs-node-utils\/lib\/encoding\.js$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replaceAll('new buffer_1.Buffer(', 'buffer_1.Buffer.from('),
    })),
};
/** What users of the library import is there once, in the entry that has all. */
const fromInternals = {
  name: 'from-internals',
  setup: (plan) =>
    plan.onResolve({ filter: /^\.\/index\.ts$/ }, ({ importer }) =>
      importer.endsWith('/library/public.ts') ? { path: './internals.cjs', external: true } : undefined,
    ),
};
/** commander could run a command as a program of its own; we have none such, and node:child_process takes a millisecond to load. */
const withoutPrograms = {
  name: 'without-programs',
  setup: (plan) => {
    plan.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/node_modules/commander/') ? { path: 'none', namespace: 'programs' } : undefined,
    );
    plan.onLoad({ filter: /^none$/, namespace: 'programs' }, () => ({ contents: 'module.exports = {};' }));
  },
};
/** The supervised calls without what answers them. */
async function callRules() {
  const out = path.resolve(fresh, 'calls.mjs');
  const entry = { entryPoints: ['world/supervisor/calls/index.ts'], outfile: out };
  await build({ ...common, outdir: undefined, ...entry, format: 'esm', sourcemap: false });
  const { CALLS } = await import(pathToFileURL(out).href);
  rmSync(out);
  return CALLS.map(({ name, when, rule }) => ({ name, when, rule }));
}
/** The daemon makes the filter and handles no call; the handlers would cost each start a millisecond or two. */
const withoutHandlers = {
  name: 'without-handlers',
  setup: (plan) => {
    plan.onResolve({ filter: /^\.\/calls\/index\.ts$/ }, ({ importer }) =>
      importer.endsWith('/supervisor/filter.ts') ? { path: 'rules', namespace: 'calls' } : undefined,
    );
    plan.onLoad({ filter: /^rules$/, namespace: 'calls' }, async () => ({
      contents: `export const CALLS = ${JSON.stringify(await callRules())};`,
    }));
  },
};
const programs = await build({
  ...common,
  metafile: true,
  entryPoints: Object.entries(PROGRAMS).map(([out, file]) => ({ in: file, out: `${out}.program` })),
  format: 'cjs',
  charset: 'ascii',
  plugins: [apart, withoutHandlers, withoutMemory, withoutPrograms],
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'programUrl' },
  banner: {
    js: "(function (exports, require, module, __filename, __dirname) { const programUrl = require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
});
// One build for import and require(): a program that loads both has one library, with one class of each error.
const entryPoints = [
  { in: 'lsm/library/public.ts', out: 'index' },
  { in: 'lsm/library/index.ts', out: 'internals' },
];
const library = await build({
  ...common,
  metafile: true,
  entryPoints,
  format: 'cjs',
  plugins: [withoutWarnings, fromInternals],
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: MODULE_URL },
});
await build({
  ...common,
  entryPoints: [entryPoints[0]],
  format: 'esm',
  sourcemap: false,
  plugins: [fromInternals],
  outExtension: { '.js': '.mjs' },
});
writeFileSync(path.join(fresh, 'internals.mjs'), "export * from './internals.cjs';\n");
// Helpers for suites of tests, also for runners that cannot load modules. What they need of worlds is in `commands`.
const helpers = { ...common, external: [...EXTERNAL, 'vitest'], sourcemap: false };
const vitest = [{ in: 'testing/vitest.ts', out: 'testing-vitest' }];
await build({ ...helpers, entryPoints: vitest, format: 'esm', outExtension: { '.js': '.mjs' } });
await build({
  ...helpers,
  entryPoints: [
    { in: 'testing/index.ts', out: 'testing' },
    // For type checks and bundlers: vitest itself says that it cannot be required.
    ...['jest', 'node', 'vitest'].map((name) => ({ in: `testing/${name}.ts`, out: `testing-${name}` })),
  ],
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: MODULE_URL },
});
/** The version of package.json, and the day of the newest release in CHANGELOG.md. */
function release() {
  const [, date = ''] = /^## \S+ \((\d{4}-\d\d-\d\d)\)$/m.exec(readFileSync('CHANGELOG.md', 'utf8')) ?? [];
  return { version: JSON.parse(readFileSync('package.json', 'utf8')).version, date };
}
/** Pages of the manual, from what the commands say about themselves. */
async function manual() {
  const out = path.resolve(fresh, 'manual.mjs');
  const entry = { entryPoints: ['cli/manual/main.ts'], outfile: out };
  await build({ ...common, outdir: undefined, ...entry, format: 'esm', sourcemap: false, packages: 'external' });
  const { writeManPages } = await import(pathToFileURL(out).href);
  writeManPages(path.join(fresh, 'man/man1'), release());
  rmSync(out);
}
await manual();
cpSync('world/launcher/launch.pl', path.join(fresh, 'launch.pl'));
// What --policy=small is.
cpSync('policies/small/store', path.join(fresh, 'policies/small'), { recursive: true });
writeFileSync(path.join(fresh, 'package.json'), '{ "type": "commonjs" }\n');
writeFileSync(path.join(fresh, 'THIRD-PARTY-NOTICES.txt'), noticesOf([programs.metafile, library.metafile]));
for (const name of Object.keys(PROGRAMS)) {
  writeFileSync(path.join(fresh, `${name}.js`), starter(name));
  const program = path.join(fresh, `${name}.program.js`);
  if (!RARE.has(name)) writeFileSync(`${program}.cache`, codeCache(name, program));
}
const old = `${fresh}-old`;
// Declarations are another tool's work (npm run types): they stay until it writes new ones.
for (const name of ['types', ...['index', 'internals'].flatMap((entry) => [`${entry}.d.mts`, `${entry}.d.cts`])]) {
  if (existsSync(`dist/${name}`)) renameSync(`dist/${name}`, `${fresh}/${name}`);
}
if (existsSync('dist')) renameSync('dist', old);
renameSync(fresh, 'dist');
rmSync(old, { recursive: true, force: true });
