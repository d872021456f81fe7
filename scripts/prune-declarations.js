// Removes the declarations below dist/types that those of the package's entries do not name: users of the package see no others. An entry
// whose declarations are those of a module, in this folder of scripts, has them by that name.
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = 'dist/types';
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

const reached = new Set();
function visit(file) {
  if (reached.has(file) || !existsSync(file)) return;
  reached.add(file);
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    if (name.startsWith('.')) visit(path.join(path.dirname(file), name.replace(/\.[jt]s$/, '.d.ts')));
  }
}

/** Of an entry: for import and for require(), or one for both. */
const typesOf = (entry) =>
  [entry.types, entry.import?.types, entry.require?.types].filter((file) => file !== undefined);
const files = Object.values(manifest.exports).flatMap(typesOf).map(path.normalize);
for (const file of files) {
  const written = file.replace(/\.d\.[mc]ts$/, '.d.ts');
  if (file !== written && existsSync(written)) copyFileSync(written, file);
  visit(file);
}
for (const name of readdirSync(root, { recursive: true })) {
  const file = path.join(root, name);
  if (/\.d\.[mc]?ts$/.test(file) && !reached.has(file)) rmSync(file);
}
