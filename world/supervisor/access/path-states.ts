/**
 * Where the modules' automata lead the path of a file (lsm/framework/access/path-automaton.ts): for keys of decisions.
 */
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import { PathAutomaton } from '../../../lsm/framework/access/path-automaton.ts';
import type { Ask } from '../protocol/questions/index.ts';

const REMEMBERED = 256;
/** d_path() adds it to the path of a file that has no name any more. */
const DELETED = ' (deleted)';

export class PathStates {
  readonly #ask: Ask;
  readonly #automata = new Map<number, PathAutomaton>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** `undefined` = it is gone, and with it the scope that names it. */
  automaton(number: number): PathAutomaton | undefined {
    const known = this.#automata.get(number);
    if (known !== undefined) return known;
    const tables = this.#ask({ kind: 'path-automaton', number })?.value?.tables;
    if (tables === undefined) return undefined;
    if (this.#automata.size >= REMEMBERED) this.#automata.clear();
    const automaton = new PathAutomaton(tables);
    this.#automata.set(number, automaton);
    return automaton;
  }

  /** As a text; `undefined` = the path alone does not tell the file, or an automaton is not known. */
  of({ rules }: Pick<LabelScope, 'rules'>, path: string, isDirectory: boolean): string | undefined {
    if (path.endsWith(DELETED)) return undefined;
    const whole = isDirectory && path !== '/' ? `${path}/` : path;
    let text = path.startsWith('/') ? '' : 'nowhere';
    for (const { automaton, start } of rules) {
      const found = this.automaton(automaton);
      if (found === undefined) return undefined;
      text += ` ${found.matchText(start, whole)}`;
    }
    return text;
  }

  /** The same of a name that may become a file or a directory. */
  ofNew(scope: Pick<LabelScope, 'rules'>, directory: string, name: string): string | undefined {
    const path = `${directory.replace(/\/$/, '')}/${name}`;
    const [file, below] = [this.of(scope, path, false), this.of(scope, path, true)];
    return file === undefined || below === undefined ? undefined : `${file},${below}`;
  }
}
