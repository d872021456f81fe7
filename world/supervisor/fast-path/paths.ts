/**
 * What is remembered of paths: the ways to directories that a subject may pass, and files that it may use as a call asks, until the epoch
 * moves or paths may lead elsewhere.
 *
 * Model: the key is the subject, the call with what counts of its arguments (nothing for a way), the directory that the path starts
 * from, and its text. The value is what it led to, and for a file also when that has changed. For execve(2)
 * it has the number of the program, too (protocol/program-announcements.ts), and the generation of that.
 */

import { TextNumbers } from '../../text-numbers.ts';
import { IntTable } from './int-table.ts';
import { STAT } from './scratch.ts';

/** Words of statx(2) by which the directory is told that a path starts from. */
export type Start = Int32Array;

export const NO_PROGRAM = 0;
/** Longer paths are not remembered: callers may name as many as they like. */
const LONGEST = 512;

/** Words of struct statx that tell a file from others, also from one that gets its number later. */
export const IDENTITY = [STAT.MOUNT, STAT.MOUNT_HIGH, STAT.INO, STAT.INO_HIGH, STAT.BORN, STAT.BORN_NS] as const;
const HISTORY = [STAT.CHANGED, STAT.CHANGED_NS] as const;
const MISSING = IDENTITY.length + HISTORY.length;
const PROGRAM = MISSING + 1;
const GENERATION = PROGRAM + 1;

export class Paths {
  readonly #texts = new TextNumbers();
  readonly #ways = new IntTable(2 + IDENTITY.length, IDENTITY.length, 12);
  readonly #files = new IntTable(5 + IDENTITY.length, GENERATION + 1, 13);

  forget(): void {
    this.#texts.clear();
    this.#ways.clear();
    this.#files.clear();
  }

  /** Does the way lead the subject to the directory that statx(2) told of, as it did before? */
  leads(subject: number, start: Start, way: string, stat: Int32Array): boolean {
    const text = this.#texts.find(way);
    if (text === undefined) return false;
    const slot = this.#way(subject, start, text).find();
    return slot >= 0 && isSame(this.#ways, slot, stat, IDENTITY, 0);
  }

  rememberWay(subject: number, start: Start, way: string, stat: Int32Array): void {
    if (way.length <= LONGEST)
      put(this.#ways, this.#way(subject, start, this.#texts.of(way)).make(), stat, IDENTITY, 0);
  }

  #way(subject: number, start: Start, text: number): IntTable {
    const table = this.#ways;
    table.key[0] = subject;
    table.key.set(start, 1);
    table.key[1 + IDENTITY.length] = text;
    return table;
  }

  /** @returns a slot for {@link missing} and {@link isFile}; -1 = it is not known. */
  find(subject: number, call: Int32Array, start: Start, path: string): number {
    const text = this.#texts.find(path);
    return text === undefined ? -1 : this.#file(subject, call, start, text).find();
  }

  /** How much of the path led to nothing; 0 = it led to a file. */
  missing(slot: number): number {
    return this.#files.value(slot, MISSING);
  }

  /** Is it the file that statx(2) told of, unchanged? */
  isFile(slot: number, stat: Int32Array): boolean {
    const files = this.#files;
    return isSame(files, slot, stat, IDENTITY, 0) && isSame(files, slot, stat, HISTORY, IDENTITY.length);
  }

  /** The program that the file of the slot is; {@link NO_PROGRAM} = it is not known in this generation. */
  program(slot: number, generation: number): number {
    return this.#files.value(slot, GENERATION) === generation ? this.#files.value(slot, PROGRAM) : NO_PROGRAM;
  }

  rememberProgram(slot: number, program: number, generation: number): void {
    this.#files.set(slot, PROGRAM, program);
    this.#files.set(slot, GENERATION, generation);
  }

  /** @param found of statx(2), or how much of the path leads to nothing. */
  rememberFile(subject: number, call: Int32Array, start: Start, path: string, found: Int32Array | number): void {
    if (path.length > LONGEST) return;
    const files = this.#file(subject, call, start, this.#texts.of(path));
    const slot = files.make();
    files.set(slot, MISSING, typeof found === 'number' ? found : 0);
    files.set(slot, PROGRAM, NO_PROGRAM);
    if (typeof found === 'number') return;
    put(files, slot, found, IDENTITY, 0);
    put(files, slot, found, HISTORY, IDENTITY.length);
  }

  #file(subject: number, call: Int32Array, start: Start, text: number): IntTable {
    const table = this.#files;
    table.key[0] = subject;
    table.key.set(call, 1);
    table.key.set(start, 4);
    table.key[4 + IDENTITY.length] = text;
    return table;
  }
}

function isSame(table: IntTable, slot: number, stat: Int32Array, words: readonly number[], from: number): boolean {
  for (let at = 0; at < words.length; at++)
    if (table.value(slot, from + at) !== stat[words[at] as number]) return false;
  return true;
}

function put(table: IntTable, slot: number, stat: Int32Array, words: readonly number[], from: number): void {
  for (let at = 0; at < words.length; at++) table.set(slot, from + at, stat[words[at] as number] as number);
}
