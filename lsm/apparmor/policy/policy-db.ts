/**
 * A rule set: an automaton whose final states select permissions.
 *
 * Newer policy carries a table of permissions, and the accept word of a state is an index into it. Older policy packs
 * permissions into the two accept words of each state; accept-words.ts makes the entries of the table from them when
 * they are asked for. Either way a file rule set has pairs: the entry at the index is for the owner of the file, the
 * one after it for everybody else.
 */
import type { Dfa } from './dfa.ts';
import { NO_STATE } from './dfa.ts';
import { MAY, NO_PERMISSIONS, type Permissions } from './permissions.ts';

export interface PermissionEntries {
  readonly size: number;
  /** Where the entry (or the pair) of a state is. */
  indexOf(state: number): number;
  at(index: number): Permissions | undefined;
}

/** Last class of rules with a prepared start state (AA_CLASS_LAST). */
const LAST_CLASS = 32;
export const CLASS_FILE = 2;

export class PolicyDb {
  readonly dfa: Dfa;
  /** Where matching starts when the input begins with the class byte. */
  readonly start: number;
  /** Where matching of a path starts. */
  readonly fileStart: number;
  /** Names of exec transition targets. */
  readonly transitions: readonly string[];
  readonly entries: PermissionEntries;
  #recordsGranted: boolean | undefined;

  constructor(init: {
    dfa: Dfa;
    start: number;
    fileStart: number;
    transitions: readonly string[];
    entries: PermissionEntries;
  }) {
    this.dfa = init.dfa;
    this.start = init.start;
    this.fileStart = init.fileStart;
    this.transitions = init.transitions;
    this.entries = init.entries;
  }

  permissions(state: number): Permissions {
    return this.entries.at(this.entries.indexOf(state)) ?? NO_PERMISSIONS;
  }

  filePermissions(state: number, owner: boolean): Permissions {
    return this.entries.at(this.entries.indexOf(state) + (owner ? 0 : 1)) ?? NO_PERMISSIONS;
  }

  /** Is something recorded that is allowed, execve(2) apart? */
  get recordsGranted(): boolean {
    this.#recordsGranted ??= this.#anyRecorded();
    return this.#recordsGranted;
  }

  #anyRecorded(): boolean {
    for (let index = 0; index < this.entries.size; index++) {
      const { allow, audit } = this.entries.at(index) ?? NO_PERMISSIONS;
      if ((allow & audit & ~MAY.EXEC) !== 0) return true;
    }
    return false;
  }

  /** Are there rules about this class of things? */
  mediates(classByte: number): boolean {
    // Class 0 is where all classes start, and classes 1 and 2 have no place in the kernel's table of start states.
    if (classByte === 0) return this.start !== NO_STATE;
    if (classByte < CLASS_FILE) return false;
    if (classByte === CLASS_FILE) return this.fileStart !== NO_STATE;
    if (classByte > LAST_CLASS && this.start === NO_STATE) return false;
    return this.dfa.next(this.start, classByte) !== NO_STATE;
  }
}
