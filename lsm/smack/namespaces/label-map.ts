/**
 * The labels that a Smack namespace knows, and what they are called in it. One label has one name; what was said stays.
 *
 * Model: the patches of Lukasz Pawelczyk, 2014 and 2015 (security/smack/smack_ns.c there).
 */
import { bytesOf, textOf, untilNul } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { isSpace } from '../../../vfs/pseudo/scan.ts';
import type { KnownLabels } from '../policy/known-labels.ts';
import { parseLabel } from '../policy/label.ts';

export class LabelMap {
  readonly #shown = new Map<string, string>();
  readonly #meant = new Map<string, string>();

  get size(): number {
    return this.#shown.size;
  }

  /** The name of a label in the namespace; `undefined` = it has none. */
  shown(label: string): string | undefined {
    return this.#shown.get(label);
  }

  /** All labels with a name. */
  entries(): Iterable<readonly [label: string, name: string]> {
    return this.#shown;
  }

  /** The label that has this name in the namespace. */
  meant(name: string): string | undefined {
    return this.#meant.get(name);
  }

  /**
   * Lines `LABEL NAME`; the last one need not end. EINVAL for what is no line, EEXIST where either has a partner. Lines
   * before the first mistake are in force.
   */
  add(text: Uint8Array, labels: KnownLabels): Errno | undefined {
    const lines = textOf(untilNul(text)).replace(/\n$/, '').split('\n');
    for (const line of lines) {
      const refused = this.#addLine(line, labels);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  #addLine(line: string, labels: KnownLabels): Errno | undefined {
    const [first, second, ...rest] = words(line);
    if (first === undefined || second === undefined || rest.length > 0) return E.EINVAL;
    const name = labelOf(second);
    if (failed(name)) return name;
    if (this.#meant.has(name)) return E.EEXIST;
    const label = labelOf(first);
    if (failed(label)) return label;
    labels.import(label);
    if (this.#shown.has(label)) return E.EEXIST;
    this.#shown.set(label, name);
    this.#meant.set(name, label);
    return undefined;
  }
}

function labelOf(word: string): Result<string> {
  return parseLabel(bytesOf(word)) ?? E.EINVAL;
}

function words(line: string): string[] {
  const found: string[] = [];
  let word = '';
  for (const byte of bytesOf(line)) {
    if (!isSpace(byte)) word += String.fromCharCode(byte);
    else if (word !== '') {
      found.push(word);
      word = '';
    }
  }
  return word === '' ? found : [...found, word];
}
