// Layering check (docs/contributing/design.md): arrows point only downwards, lsm/ is pure, what serves all modules names none, and no
// files import each other. Exit 1 with one line per violation.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cycleProblems } from './cycles.js';
import { floorPlanProblems } from './floor-plan.js';
import { moduleNameProblems } from './module-names.js';
import { sourceProblems } from './source-rules.js';

/** What each layer may import besides itself. */
const MAY_IMPORT = {
  linux: [],
  host: ['linux'],
  vfs: ['linux'],
  fuse: ['vfs', 'host', 'linux'],
  lsm: ['vfs', 'linux'],
  world: ['lsm', 'fuse', 'vfs', 'host', 'linux'],
  testing: ['world'],
  cli: ['world', 'lsm', 'fuse', 'vfs', 'host', 'linux'],
};
const LONGEST_FILE = 400;
/** Folders of lsm/ that are no module. */
const SHARED = ['framework', 'library'];
/** lsm/ must not know the outside: no Node modules, no clock, no environment, no randomness. */
const IMPURE =
  /from ['"]node:|\bDate\.now\b|new Date\(\s*\)|\bMath\.random\b|\bperformance\.now\b|(?<![.\w])process\.(env|pid|ppid|argv|hrtime|cwd|exit|on|std\w+|memoryUsage|nextTick)\b/;

const problems = [...moduleNameProblems(), ...floorPlanProblems(SHARED)];
const sources = (dir) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'));

for (const [layer, below] of Object.entries(MAY_IMPORT)) {
  for (const name of sources(layer)) {
    const file = path.join(layer, name);
    const text = readFileSync(file, 'utf8');
    for (const match of text.matchAll(/(?:from|import)\s*\(?['"](\.[^'"]+)['"]/g)) {
      const target = path.normalize(path.join(path.dirname(file), match[1] ?? ''));
      const [top, module] = target.split(path.sep);
      if (top !== layer && !target.endsWith('.json') && !below.includes(top ?? ''))
        problems.push(`${file}: ${layer}/ must not import ${target}`);
      if (layer === 'lsm' && top === 'lsm') {
        const own = name.split(path.sep)[0];
        const isModule = (part) => part !== undefined && !SHARED.includes(part) && !part.endsWith('.ts');
        if (isModule(own) && isModule(module) && own !== module) {
          problems.push(`${file}: module ${own} must not import module ${module}`);
        }
        if (own === 'framework' && (isModule(module) || module === 'library'))
          problems.push(`${file}: lsm/framework must not know ${target}`);
      }
    }
    if (layer === 'lsm' || layer === 'vfs' || layer === 'linux') {
      text.split('\n').forEach((line, index) => {
        if (IMPURE.test(line) && !line.trimStart().startsWith('*')) {
          if (layer === 'lsm' || !/from ['"]node:/.test(line)) {
            problems.push(`${file}:${index + 1}: ${layer}/ is pure: ${line.trim()}`);
          }
        }
      });
    }
    const lines = text.split('\n').length - 1;
    if (lines > LONGEST_FILE) problems.push(`${file}: ${lines} lines, limit ${LONGEST_FILE}`);
  }
}
problems.push(
  ...cycleProblems(Object.keys(MAY_IMPORT).flatMap((layer) => sources(layer).map((name) => path.join(layer, name)))),
);
const everything = [...Object.keys(MAY_IMPORT), 'test', 'bench', 'scripts'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js)$/.test(name) && !name.startsWith('conformance/scenarios/'))
    .map((name) => path.join(folder, name)),
);
problems.push(...sourceProblems(everything));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
