/** What is stored with new files: by subject, kind of directory, type, and perhaps default label, until the epoch moves. */
import { IntTable } from './int-table.ts';
import type { NewAttribute } from './new-files.ts';

export interface NewFileLabel {
  /** Absent = nothing is stored. */
  readonly attribute: NewAttribute | undefined;
  /** Names to which that does not apply. */
  readonly apart: ReadonlySet<string>;
}

export class NewFileLabels {
  readonly #numbers = new IntTable(4, 1, 9);
  readonly #labels: NewFileLabel[] = [];

  /**
   * @param type of S_IFMT.
   * @param byDefault number of the default label of the new file; 0 = it does not count.
   * @returns `undefined` = it is not known.
   */
  find(subject: number, directory: number, type: number, byDefault: number): NewFileLabel | undefined {
    const slot = this.#of(subject, directory, type, byDefault).find();
    return slot < 0 ? undefined : this.#labels[this.#numbers.value(slot, 0)];
  }

  remember(subject: number, directory: number, type: number, byDefault: number, label: NewFileLabel): void {
    const slot = this.#of(subject, directory, type, byDefault).make();
    this.#numbers.set(slot, 0, this.#labels.push(label) - 1);
  }

  clear(): void {
    this.#numbers.clear();
    this.#labels.length = 0;
  }

  #of(subject: number, directory: number, type: number, byDefault: number): IntTable {
    const table = this.#numbers;
    table.key[0] = subject;
    table.key[1] = directory;
    table.key[2] = type;
    table.key[3] = byDefault;
    return table;
  }
}
