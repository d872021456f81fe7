// Circles of modules that import each other, be it for types alone: what one of them means cannot be said without the others.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Files that `file` imports, of those that are no packages. */
function imported(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    const from = statement.moduleSpecifier?.text;
    return from?.startsWith('.') ? [path.normalize(path.join(path.dirname(file), from))] : [];
  });
}

/** One line for each circle, by its first file. */
export function cycleProblems(files) {
  const imports = new Map(files.map((file) => [file, imported(file)]));
  const done = new Set();
  const problems = [];
  const visit = (file, way) => {
    const at = way.indexOf(file);
    if (at >= 0) {
      problems.push(`${[...way.slice(at), file].join(' -> ')}: these import each other`);
      return;
    }
    if (done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return problems;
}
