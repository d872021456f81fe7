/** Adds to a label where rules lead the path of a file (lsm/framework/access/path-automaton.ts). */
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import type { PathAutomaton } from '../../../lsm/framework/access/path-automaton.ts';
import { OF_RULE, type Pairs } from './pairs.ts';

/** d_path() adds it to the path of a file that has no name any more. */
const DELETED = Buffer.from(' (deleted)');
const SLASH = 0x2f;
/** A path and a name. */
const SIZE = 8192;

export interface RulesHost {
  /** By its number; `undefined` = it is gone. */
  automaton(number: number): PathAutomaton | undefined;
}

type Ruled = Pick<LabelScope, 'rules'>;

export class RuleStates {
  readonly #pairs: Pairs;
  readonly #host: RulesHost;
  readonly #path = new Uint8Array(SIZE);

  constructor(pairs: Pairs, host: RulesHost) {
    this.#pairs = pairs;
    this.#host = host;
  }

  /** @param path with room for one more byte. @returns -1 = the path alone does not tell the file. */
  of({ rules }: Ruled, label: number, path: Uint8Array, end: number, isDirectory: boolean): number {
    if (path[0] !== SLASH || endsWith(path, end, DELETED)) return -1;
    const isSlashed = isDirectory && end > 1;
    if (isSlashed) path[end] = SLASH;
    let all = label;
    for (const { automaton, start } of rules) {
      const found = this.#host.automaton(automaton);
      if (found === undefined) return -1;
      all = this.#pairs.add(all, found.match(start, path, 0, isSlashed ? end + 1 : end), OF_RULE);
    }
    return all;
  }

  /** Of a name that may become a file or a directory. */
  ofNew(scope: Ruled, directory: Uint8Array, name: Uint8Array): number {
    const length = directory[directory.length - 1] === SLASH ? directory.length - 1 : directory.length;
    const end = length + 1 + name.length;
    const path = this.#path;
    if (end >= path.length) return -1;
    path.set(directory.subarray(0, length));
    path[length] = SLASH;
    path.set(name, length + 1);
    const file = this.of(scope, 0, path, end, false);
    return file < 0 ? -1 : this.of(scope, file, path, end, true);
  }
}

function endsWith(bytes: Uint8Array, end: number, tail: Uint8Array): boolean {
  const from = end - tail.length;
  if (from < 0) return false;
  for (let at = 0; at < tail.length; at++) if (bytes[from + at] !== tail[at]) return false;
  return true;
}
