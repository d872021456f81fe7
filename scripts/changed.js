// usage: node scripts/changed.js [REF]
// Arguments for vitest, one a line, that choose the tests which files that differ from REF (default: main) concern; `none` when no test
// reads them. Tests of worlds run the built program and import no sources, so a table says which tests are about what.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** From the beginning of a changed file's name to tests, by parts of their names. The first that fits counts; nothing fits: all tests. */
const CONCERNS = [
  [/^(docs\/|[A-Z]+\.md$)/, ['test/docs', 'test/prose', 'test/manual']],
  [/^integrations\//, ['test/integrations']],
  [/^testing\//, ['test/integrations/testing', 'test/package']],
  [/^bench\//, ['bench/']],
  [/^cli\//, ['cli/', 'test/manual', 'test/completion', 'test/world/run', 'test/world/messages', 'test/docs']],
  [/^lsm\/library\//, ['lsm/library', 'test/library', 'test/package']],
  [/^lsm\/framework\//, ['lsm/', 'test/conformance', 'test/library']],
  [/^lsm\/([a-z]+)\//, ['lsm/$1', 'test/conformance', 'test/$1', 'test/world/$1', 'test/library']],
  [/^vfs\//, ['vfs/', 'fuse/', 'lsm/', 'test/fuse', 'test/library', 'test/conformance']],
  [/^fuse\//, ['fuse/', 'test/fuse', 'test/world/run', 'test/conformance']],
  [
    /^world\/supervisor\//,
    ['world/supervisor', 'test/world/mediation', 'test/world/fast-path', 'test/security', 'test/conformance'],
  ],
  [/^world\/([a-z-]+)\//, ['world/$1', 'test/world', 'test/conformance']],
  [/^scripts\/(deb|completion)/, ['test/packages']],
  [/^scripts\/|^\.(ci|github)\//, ['test/bare-machine', 'test/package', 'test/source-rules', 'test/prose']],
  [/\.test\.ts$/, ['$&']],
];
/** Nothing that runs reads them. */
const UNREAD = /^(LICENSE|\.gitignore|\.containerignore|Containerfile|docs\/reports\/)/;

function concerned(file) {
  if (UNREAD.test(file)) return [];
  for (const [pattern, tests] of CONCERNS) {
    const found = pattern.exec(file);
    if (found !== null) return tests.map((name) => name.replace('$&', file).replace('$1', found[1] ?? ''));
  }
  return ['all'];
}

const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
const base = git('merge-base', 'HEAD', process.argv[2] || 'main');
const files = [git('diff', '--name-only', base), git('ls-files', '--others', '--exclude-standard')].join('\n');
const tests = new Set(files.split('\n').filter(Boolean).map(path.normalize).flatMap(concerned));
if (tests.size === 0) console.log('none');
else if (!tests.has('all')) for (const name of [...tests].sort()) console.log(name);
