// Removes the declarations below dist/types that those of the library do not name: users of the package see no others.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

visit(path.normalize(manifest.exports['.'].types));
for (const name of readdirSync(root, { recursive: true })) {
  const file = path.join(root, name);
  if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
}
