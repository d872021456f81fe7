/** The tree of files of a chapter, as somebody with all permissions makes it. */
import fc from 'fast-check';
import type { Call } from './mediation-file-calls.ts';
import { FIFO, FILES, FOLDERS, LINKS, PROGRAMS } from './mediation-names.ts';
import { quietly } from './mediation-scenes.ts';
import type { Step } from './step.ts';

export const SPECIAL = [FIFO, ...Object.keys(LINKS)];
const inEach = (names: readonly string[]) => FOLDERS.flatMap((where) => names.map((name) => `${where}/${name}`));
export const TREE_FILES = inEach(FILES);
export const TREE_SPECIAL = inEach(SPECIAL);

/** A user for each file. */
export const owners: fc.Arbitrary<number[]> = fc.array(fc.constantFrom(0, 0, 0, 1000), {
  minLength: TREE_FILES.length,
  maxLength: TREE_FILES.length,
});

/** @param program what the programs are copies of. */
export function treeSteps(ids: readonly number[], program: string): Step[] {
  const made: Call[] = [['-mkdir', '@C']];
  for (const where of FOLDERS) made.push(['-mkdir', where, '777'], ['-chmod', where, '777']);
  TREE_FILES.forEach((path, index) => {
    made.push(['-z=open', path, 'O_RDWR|O_CREAT'], ['-write', '%z', '0123456789'], ['-close', '%z']);
    made.push(['-chown', path, ids[index] ?? 0, ids[index] ?? 0]);
  });
  for (const where of FOLDERS) {
    made.push(['-mknod', `${where}/${FIFO}`, 'S_IFIFO']);
    for (const [name, to] of Object.entries(LINKS)) made.push(['-symlink', to, `${where}/${name}`]);
  }
  const copied = PROGRAMS.map((path) => `cp ${program} ${path.replace('@C', '$C')}`).join(' && ');
  return [quietly(made), { op: 'sh', cmd: copied, quiet: true }];
}
