/**
 * The binary policy as the kernel writes it (policydb_write of security/selinux/ss/policydb.c): what is in a hash table comes in the
 * order of its buckets ({@link inBucketOrder}). Most of it is written from the parsed policy; of classes, rules and
 * object contexts the image that was loaded is copied piece by piece, because decisions need less than what is in it.
 */
import {
  compareNames,
  filenameTransitionHash,
  inBucketOrder,
  rangeTransitionHash,
  roleTransitionHash,
  slotsFor,
} from './bucket-order.ts';
import type { MlsRange } from './datums.ts';
import { Ebitmap } from './ebitmap.ts';
import { COMPAT_SLOTS, VERSION_COMPRESSED, VERSION_FILENAME_TRANSITIONS } from './filename-transitions.ts';
import { copyHeader, VERSION_NEVERAUDIT } from './header.ts';
import { ImageWriter } from './image-writer.ts';
import type { PolicyDb } from './policydb.ts';
import { Reader } from './reader.ts';
import { VERSION_ROLE_TRANSITION_CLASS } from './transitions.ts';
import { copyObjectContexts } from './write-contexts.ts';
import { copyConditionals, copyRules, type PolicyValues } from './write-rules.ts';
import { writeSymbols } from './write-symbols.ts';

export function writePolicy(db: PolicyDb, values: PolicyValues): Uint8Array {
  const out = new ImageWriter(db.image.length);
  const at = (offset: number): Reader => new Reader(db.image, offset);
  copyHeader(at(0), out);
  out.ebitmap(db.capabilities);
  out.ebitmap(db.permissiveTypes);
  if (db.version >= VERSION_NEVERAUDIT) out.ebitmap(db.neverauditTypes);
  writeSymbols(db, at(db.places.classes), values.booleans, out);
  const rules = at(db.places.rules);
  copyRules(rules, out);
  copyConditionals(rules, values, out);
  writeRoleTransitions(db, out);
  out.u32(db.roleAllows.length);
  for (const { role, newRole } of db.roleAllows) out.u32(role, newRole);
  writeFilenameTransitions(db, at(db.places.filenameTransitions), out);
  copyObjectContexts(at(db.places.objectContexts), db.version, out);
  writeGenfs(db, out);
  writeRangeTransitions(db, out);
  for (let type = 1; type <= db.types.maximum; type++) {
    out.ebitmap(Ebitmap.of([...db.typeAttributes.of(type)].map((value) => value - 1)));
  }
  return out.bytes;
}

interface Triple {
  readonly hash: number;
  readonly values: readonly [number, number, number];
}

/** Three 16-bit values of {@link ruleKey}. */
function triple(key: number, hashOf: (first: number, second: number, third: number) => number): Triple {
  const values = [Math.floor(key / 2 ** 32), Math.floor(key / 2 ** 16) % 2 ** 16, key % 2 ** 16] as const;
  return { values, hash: hashOf(...values) };
}

function compareTriples({ values: a }: Triple, { values: b }: Triple): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function writeRoleTransitions({ roleTransitions, version }: PolicyDb, out: ImageWriter): void {
  const entries = [...roleTransitions].map(([key, newRole]) => ({ ...triple(key, roleTransitionHash), newRole }));
  out.u32(entries.length);
  for (const { values, newRole } of inBucketOrder(entries, slotsFor(entries.length), compareTriples)) {
    out.u32(values[0], values[1], newRole);
    if (version >= VERSION_ROLE_TRANSITION_CLASS) out.u32(values[2]);
  }
}

function writeRangeTransitions({ rangeTransitions }: PolicyDb, out: ImageWriter): void {
  const entries = [...rangeTransitions].map(([key, range]): Triple & { range: MlsRange } => ({
    ...triple(key, rangeTransitionHash),
    range,
  }));
  out.u32(entries.length);
  for (const { values, range } of inBucketOrder(entries, slotsFor(entries.length), compareTriples)) {
    out.u32(...values);
    out.range(range);
  }
}

/** @param section of the image: before version 33 the kernel repeats the count it has read, duplicates included. */
function writeFilenameTransitions({ filenameTransitions, version }: PolicyDb, section: Reader, out: ImageWriter): void {
  if (version < VERSION_FILENAME_TRANSITIONS) return;
  const compressed = version >= VERSION_COMPRESSED;
  const entries = [...filenameTransitions].map(([key, transitions]) => {
    const [target, targetClass] = key.split(':', 2).map(Number) as [number, number];
    const name = key.slice(`${target}:${targetClass}:`.length);
    return { hash: filenameTransitionHash(target, targetClass, name), target, targetClass, name, transitions };
  });
  out.u32(compressed ? entries.length : section.u32());
  const ordered = inBucketOrder(
    entries,
    compressed ? slotsFor(entries.length) : COMPAT_SLOTS,
    (a, b) => a.target - b.target || a.targetClass - b.targetClass || compareNames(a.name, b.name),
  );
  for (const { target, targetClass, name, transitions } of ordered) {
    if (compressed) {
      out.sized(name);
      out.u32(target, targetClass, transitions.length);
      for (const { sources, newType } of transitions) {
        out.ebitmap(Ebitmap.of(sources));
        out.u32(newType);
      }
      continue;
    }
    for (const { sources, newType } of transitions) {
      for (const source of [...sources].sort((a, b) => a - b)) {
        out.sized(name);
        out.u32(source + 1, target, targetClass, newType);
      }
    }
  }
}

/** A list, sorted by filesystem type. */
function writeGenfs({ genfs }: PolicyDb, out: ImageWriter): void {
  out.u32(genfs.size);
  for (const [type, entries] of [...genfs].sort(([a], [b]) => compareNames(a, b))) {
    out.sized(type);
    out.u32(entries.length);
    for (const entry of entries) {
      out.sized(entry.path);
      out.u32(entry.class);
      out.context(entry.context);
    }
  }
}
