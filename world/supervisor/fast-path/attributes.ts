/**
 * Calls on security attributes that tell kinds of files apart (objects.ts): what the handlers answered about one file of the kind is the
 * answer for all, with the same value that is set, or the same names that are stored.
 *
 * Model: where the label is stored, the host's kernel gives the same answer, and the call goes on. Where it is a default label, the
 * answer is given here. A label that is set is stored here: the caller could exchange the value before the kernel reads it. Both is done
 * for callers whom no permission of a directory stops, because the path was looked up with our rights.
 */
import { AT_EMPTY_PATH } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { S_IFLNK, S_IFMT } from '../../../linux/stat.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { TextNumbers } from '../../text-numbers.ts';
import type { Notification } from '../notification.ts';
import type { FastCaller } from './callers.ts';
import { IntTable } from './int-table.ts';
import type { NumberedScope } from './labels.ts';
import type { NamedFiles, NamedFilesParts } from './named-files.ts';
import { NO_KIND } from './objects.ts';
import { STAT } from './scratch.ts';

/** The host's answer is that of the handlers; of a label that is set, whether it is another one; more = number of the handlers' answer. */
const [ALIKE, RELABELS, FIRST_ANSWER] = [1, 2, 3];

export interface AttributesHost {
  readonly call: Pick<Notification, 'high' | 'low'>;
  /** Labels of files have changed. */
  labelled(isDirectory: boolean): void;
  /** Does the caller still wait? Else its thread id may be that of another. */
  isWaiting(): boolean;
  /** The call has succeeded. */
  succeed(): void;
  /** Answers the call with these bytes, in the caller's memory. @returns `false` = it was not answered. */
  give(data: Uint8Array, low: number, high: number, size: number): boolean;
}

interface AttributesParts extends NamedFilesParts {
  readonly named: NamedFiles;
}

export class Attributes {
  readonly #host: AttributesHost;
  readonly #parts: AttributesParts;
  /** Values that are set, and lists of names. */
  readonly #texts = new TextNumbers();
  /** Subject, call, name, value or list, kind of the file. */
  readonly #known = new IntTable(5, 1, 10);
  readonly #answers: Uint8Array[] = [];
  #round = -1;
  /** The file of the call: a descriptor of ours. */
  #fd = -1;
  /** Of the current call. */
  #text = 0;
  #value = '';
  #scope: NumberedScope | undefined;

  constructor(host: AttributesHost, parts: AttributesParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** A call begins. */
  begin(): void {
    this.#scope = undefined;
  }

  /** May the call on this path, which was read, go on? */
  goesOn(caller: FastCaller, scope: NumberedScope, tid: Tid, end: number, tries: boolean): boolean {
    const { learned, places } = this.#parts;
    this.#keepUp();
    if (!this.#readArguments(scope, tid)) return false;
    learned.findsPath(caller);
    const goesOn = this.#isAlike(caller, scope, tid, end, tries);
    this.#close();
    places.leave(goesOn);
    return goesOn;
  }

  /** The handlers' answer about this file is what the host answers by itself. @param relabels the host gives it another label. */
  answersAlike(file: FileFacts, relabels = false): void {
    this.#remember(file, relabels ? RELABELS : ALIKE);
  }

  /** The handlers answered this about the file. */
  answers(file: FileFacts, data: Uint8Array): void {
    if (this.#remember(file, FIRST_ANSWER + this.#answers.length)) this.#answers.push(data);
  }

  #remember(file: FileFacts, answer: number): boolean {
    const table = this.#known;
    if (this.#scope === undefined || this.#parts.objects.kindOfFacts(this.#scope, file) !== table.key[4]) return false;
    table.set(table.make(), 0, answer);
    return true;
  }

  #keepUp(): void {
    const { round } = this.#parts.learned;
    if (this.#round === round) return;
    this.#round = round;
    this.#texts.clear();
    this.#known.clear();
    this.#answers.length = 0;
  }

  /** @returns `false` = the call is not about an attribute that tells kinds apart. */
  #readArguments({ attributes }: NumberedScope, tid: Tid): boolean {
    const { call: asked, scratch } = this.#parts;
    const { call } = this.#host;
    const { attributeName: name, attributeValue: value, key } = asked;
    this.#text = 0;
    if (name < 0) return true;
    key[1] = scratch.readName(tid, call.low(name), call.high(name), attributes);
    if (key[1] === 0 || value < 0) return key[1] !== 0;
    const length = call.high(value + 1) === 0 ? call.low(value + 1) : 0;
    return length > 0 && this.#keepsText(scratch.readValue(tid, call.low(value), call.high(value), length));
  }

  #keepsText(length: number): boolean {
    if (length < 0) return false;
    this.#value = this.#parts.scratch.valueText(length);
    this.#text = this.#texts.of(this.#value);
    return true;
  }

  #isAlike(caller: FastCaller, scope: NumberedScope, tid: Tid, end: number, tries: boolean): boolean {
    const { call, learned, objects, places, scratch } = this.#parts;
    if (!places.enter(caller, tid, call.descriptor)) return false;
    const isKnown = this.#isKnown(caller);
    const directory = isKnown ? NO_KIND : this.#findIn(caller, scope, tid, end);
    if (this.#fd < 0 || !scratch.statAt(this.#fd, scratch.empty, AT_EMPTY_PATH)) return false;
    if (call.follows && ((scratch.stat[STAT.MODE] as number) & S_IFMT) === S_IFLNK) return false;
    const file = objects.kind(scope, caller.kept, this.#fd, 0, tid, false);
    if (file === NO_KIND || (call.listsAttributes && !this.#keepsText(scratch.attributeNames(this.#fd)))) return false;
    const isPassed = isKnown || (directory !== NO_KIND && learned.isGranted(caller.subject, directory, file));
    const slot = this.#answerOf(caller, file).find();
    this.#scope = scope;
    if (!isPassed) learned.propose(caller, scope, directory, file);
    if (!isPassed || slot < 0) return false;
    const answer = this.#known.value(slot, 0);
    if (answer >= FIRST_ANSWER) return caller.passesAll && (tries || this.#give(answer - FIRST_ANSWER));
    return call.attributeValue < 0 || (caller.passesAll && (tries || this.#store(scope, answer === RELABELS)));
  }

  /** Stores the value that was read. @returns `false` = it was not: the handlers find out why. */
  #store({ attributes }: NumberedScope, relabels: boolean): boolean {
    const { call, scratch } = this.#parts;
    const name = attributes[(call.key[1] as number) - 1] as string;
    const length = scratch.putValue(Buffer.from(this.#value, 'latin1'));
    if (!this.#host.isWaiting() || scratch.store(this.#fd, name, length) !== 0) return false;
    if (relabels) this.#host.labelled(true);
    this.#host.succeed();
    return true;
  }

  #give(answer: number): boolean {
    const { call } = this.#host;
    const { attributeName: name, path } = this.#parts.call;
    const into = (name < 0 ? path : name) + 1;
    const size = call.high(into + 1) > 0 ? 2 ** 32 : call.low(into + 1);
    return this.#host.give(this.#answers[answer] as Uint8Array, call.low(into), call.high(into), size);
  }

  #answerOf({ subject }: FastCaller, file: number): IntTable {
    const { key } = this.#parts.call;
    const table = this.#known;
    table.key[0] = subject;
    table.key[1] = key[0] as number;
    table.key[2] = key[1] as number;
    table.key[3] = this.#text;
    table.key[4] = file;
    return table;
  }

  /** Does the whole path lead to the same unchanged file as before? */
  #isKnown({ subject }: FastCaller): boolean {
    const { call, learned, places, scratch } = this.#parts;
    const { paths } = learned;
    const slot = paths.find(subject, call.key, places.start, scratch.text);
    if (slot < 0 || paths.missing(slot) > 0) return false;
    this.#fd = places.open(call.follows);
    if (this.#fd < 0) return false;
    if (scratch.statAt(this.#fd, scratch.empty, AT_EMPTY_PATH) && paths.isFile(slot, scratch.stat)) return true;
    this.#close();
    return false;
  }

  #findIn(caller: FastCaller, scope: NumberedScope, tid: Tid, end: number): number {
    const { call, named, places } = this.#parts;
    const kind = named.kindOfDirectory(caller, scope, tid, end, call.path);
    if (kind !== NO_KIND && !places.isSlashed) this.#fd = named.open();
    return kind;
  }

  #close(): void {
    if (this.#fd >= 0) this.#parts.scratch.close(this.#fd);
    this.#fd = -1;
  }
}
