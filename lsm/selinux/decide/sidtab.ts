/**
 * The SID table of one loaded policy: security identifiers to contexts and back.
 *
 * Model (security/selinux/ss/sidtab.c): initial SIDs have fixed numbers and contexts from the policy; every other context gets the next
 * number when it is first seen and keeps it for ever. A text that no policy understands can be interned as it is: it
 * counts as unlabeled until a later load understands it. A load makes a new table with the same numbers, converting
 * contexts by their names.
 */

import { failed } from '../../../linux/errno.ts';
import type { KernelLog } from '../../framework/facts.ts';
import { type Context, type PolicyDb, type Sid, sidOf } from '../policy/index.ts';
import {
  contextIsValid,
  convertContext,
  formatContext,
  INITIAL_SIDS,
  initialSidContext,
  parseContext,
  SID,
} from './index.ts';

/** SECINITSID_NUM: dynamic SIDs start above it. */
const INITIAL_SID_MAX = 27;

/** CONFIG_SECURITY_SELINUX_SIDTAB_HASH_BITS = 9. */
const HASH_BUCKETS = 512;

/** A context, or a text that this policy does not understand. */
type Entry = { readonly context: Context } | { readonly raw: string };

/** Contexts found by the words they were given in, without parsing; then all are forgotten. */
const WORDS_REMEMBERED = 4096;

export class SidTable {
  readonly #db: PolicyDb;
  readonly #initial = new Map<Sid, Context>();
  readonly #dynamic: Entry[] = [];
  /** Text to SID, for valid contexts and raw texts apart: a text can be both at different times. */
  readonly #byContext = new Map<string, Sid>();
  readonly #byRaw = new Map<string, Sid>();
  readonly #byWords = new Map<string, Sid>();

  constructor(db: PolicyDb) {
    this.#db = db;
    for (const sid of INITIAL_SIDS.keys()) {
      const context = initialSidContext(db, sid);
      if (context === undefined) continue;
      this.#initial.set(sid, context);
      const text = formatContext(db, context);
      if (!this.#byContext.has(text)) this.#byContext.set(text, sid);
    }
  }

  /** Number of dynamic SIDs. */
  get count(): number {
    return this.#dynamic.length;
  }

  /** What a SID means under this policy; unlabeled for a text that it does not understand. */
  context(sid: Sid): Context | undefined {
    const entry = this.#dynamic[sid - INITIAL_SID_MAX - 1];
    if (entry !== undefined && 'context' in entry) return entry.context;
    return this.#initial.get(sid) ?? this.#initial.get(SID.unlabeled);
  }

  /** The stored text of a SID that this policy does not understand. */
  raw(sid: Sid): string | undefined {
    const entry = this.#dynamic[sid - INITIAL_SID_MAX - 1];
    return entry !== undefined && 'raw' in entry ? entry.raw : undefined;
  }

  /** The SID of a context in these very words, if it was interned with them. */
  ofText(words: string): Sid | undefined {
    return this.#byWords.get(words);
  }

  /**
   * @param preferred SIDs that are taken when they have this context: several initial SIDs can have the same.
   * @param words in which it was given, to be found by them.
   */
  intern(context: Context, preferred: readonly Sid[] = [], words?: string): Sid {
    const same = preferred.find((sid) => this.#isSame(this.context(sid), context));
    const sid = same ?? this.#byContext.get(formatContext(this.#db, context)) ?? this.#add({ context });
    if (words === undefined) return sid;
    if (this.#byWords.size === WORDS_REMEMBERED) this.#byWords.clear();
    this.#byWords.set(words, sid);
    return sid;
  }

  /** Contexts with the same text; most that are computed have the very range of one they are computed from. */
  #isSame(known: Context | undefined, context: Context): boolean {
    if (known === undefined || known.type !== context.type) return false;
    if (known.role !== context.role || known.user !== context.user) return false;
    return known.range === context.range || formatContext(this.#db, known) === formatContext(this.#db, context);
  }

  internRaw(text: string): Sid {
    return this.#byRaw.get(text) ?? this.#add({ raw: text });
  }

  /**
   * The same SIDs under another policy. A context whose names it has, but which it does not admit (the role has lost
   * the type, say), stays a context when permissive, and becomes a text when enforcing.
   */
  convert(newer: PolicyDb, enforcing: boolean, log: KernelLog): SidTable {
    log.print(`SELinux:  Converting ${this.count} SID table entries...`);
    const table = new SidTable(newer);
    for (const entry of this.#dynamic) table.#add(this.#convertEntry(entry, newer, enforcing, log));
    return table;
  }

  /**
   * `entries`, `buckets used`, `longest chain`, as sidtab_hash_stats() counts them: the first entry of a new bucket is
   * not counted there.
   */
  get hashStatistics(): {
    readonly entries: number;
    readonly used: number;
    readonly slots: number;
    readonly longest: number;
  } {
    const buckets = [...this.#byContext.keys(), ...this.#byRaw.keys()].map(bucketOf).sort((a, b) => a - b);
    let used = 0;
    let longest = 0;
    let chain = 0;
    let current = 0;
    for (const bucket of buckets) {
      if (bucket === current) {
        chain++;
        if (chain === 1) used++;
      } else {
        current = bucket;
        longest = Math.max(longest, chain);
        chain = 0;
      }
    }
    return { entries: buckets.length, used, slots: HASH_BUCKETS, longest: Math.max(longest, chain) };
  }

  #add(entry: Entry): Sid {
    this.#dynamic.push(entry);
    const sid = sidOf(INITIAL_SID_MAX + this.#dynamic.length);
    const index = 'raw' in entry ? this.#byRaw : this.#byContext;
    const text = 'raw' in entry ? entry.raw : formatContext(this.#db, entry.context);
    if (!index.has(text)) index.set(text, sid);
    return sid;
  }

  #convertEntry(entry: Entry, newer: PolicyDb, enforcing: boolean, log: KernelLog): Entry {
    if ('raw' in entry) {
      const context = parseContext(newer, entry.raw);
      if (failed(context)) return entry;
      log.print(`SELinux:  Context ${entry.raw} became valid (mapped).`);
      return { context };
    }
    const context = convertContext(this.#db, newer, entry.context);
    if (context !== undefined && contextIsValid(newer, context)) return { context };
    const raw = formatContext(this.#db, entry.context);
    if (context !== undefined && !enforcing) {
      log.print(`SELinux:  Context ${raw} would be invalid if enforcing`);
      return { context };
    }
    log.print(`SELinux:  Context ${raw} became invalid (unmapped).`);
    return { raw };
  }
}

function bucketOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) >>> 0;
  return hash % HASH_BUCKETS;
}
