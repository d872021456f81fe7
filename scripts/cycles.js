// Circles of modules that load each other: what is needed first depends on where the program begins. Imports of types alone are no such.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Files that are loaded when `file` is. */
function loaded(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    const from = statement.moduleSpecifier?.text;
    if (from === undefined || !from.startsWith('.')) return [];
    const { importClause, exportClause, isTypeOnly } = statement;
    const names = importClause?.namedBindings?.elements ?? exportClause?.elements;
    const typesOnly =
      isTypeOnly === true ||
      importClause?.isTypeOnly === true ||
      (names !== undefined && importClause?.name === undefined && names.every((name) => name.isTypeOnly));
    return typesOnly ? [] : [path.normalize(path.join(path.dirname(file), from))];
  });
}

/** One line for each circle, by its first file. */
export function cycleProblems(files) {
  const imports = new Map(files.map((file) => [file, loaded(file)]));
  const done = new Set();
  const problems = [];
  const visit = (file, way) => {
    const at = way.indexOf(file);
    if (at >= 0) {
      problems.push(`${[...way.slice(at), file].join(' -> ')}: these load each other`);
      return;
    }
    if (done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return problems;
}
