// What is where in a module of lsm/ (docs/contributing/design.md): once it has rooms, they have the names that rooms have in every
// module, and beside them lie only the files named here and tests of the module as a whole. Problems, one line each.
import { readdirSync } from 'node:fs';
import path from 'node:path';

const ROOMS = ['fs', 'hooks', 'policy', 'decide', 'namespaces', 'why', 'analysis', 'list'];
const BESIDE = ['index.ts', 'facts.ts', 'inspect.ts', 'parameters.ts'];

/** @param notModules folders of lsm/ that are none. */
export function floorPlanProblems(notModules, directory = 'lsm') {
  const folders = (from) => readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders(directory)
    .filter(({ name }) => !notModules.includes(name))
    .map(({ name }) => path.join(directory, name))
    .filter((module) => folders(module).length > 0)
    .flatMap((module) =>
      readdirSync(module, { withFileTypes: true })
        .filter((entry) => !(entry.isDirectory() ? ROOMS : BESIDE).includes(entry.name))
        .filter(({ name }) => !name.endsWith('.test.ts'))
        .map(
          ({ name }) => `${path.join(module, name)}: no room of a module has this name (docs/contributing/design.md)`,
        ),
    );
}
