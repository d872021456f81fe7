/** `lsmfs ima`: a measurement list for people, and whether it can be believed. */

import { hex } from '../../../linux/bytes.ts';
import { digestSize } from '../../framework/digests/hash.ts';
import type { Digests } from '../../framework/facts.ts';
import type { ListTold, Measurement } from '../../framework/files/measurement-list.ts';
import type { WhyProblem } from '../../framework/inspection/why.ts';
import { showField } from './fields.ts';
import { type ListedEntry, parseList } from './parse.ts';
import { builtinTemplate, customTemplate, type FieldId, NAMESPACE_TEMPLATES } from './template.ts';
import { templateDigest } from './template-digest.ts';

/** Of the list itself. */
const LISTED = 'sha1';
/** Banks that TPMs have. */
const BANKS: readonly string[] = ['sha1', 'sha256', 'sha384', 'sha512'];
/** Platform configuration registers of a TPM. */
const REGISTERS = 24;
const DIGESTS: readonly FieldId[] = ['d-ng', 'd-ngv2', 'd'];
const NAMES: readonly FieldId[] = ['n-ng', 'n'];

interface Verification {
  readonly intact: boolean;
  /** Numbers of entries, from 0, whose digest is not what their fields give. */
  readonly mismatches: readonly { readonly entry: number; readonly computed: string }[];
  readonly violations: readonly number[];
  /** What registers hold that were zeros before: by bank, then by the register's number. */
  readonly pcrs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function tellOfList(list: Uint8Array, verify: boolean, digests: Digests): ListTold | WhyProblem {
  const listed = parseList(list);
  if (typeof listed === 'number') {
    return {
      problem: `This is not a measurement list: entry ${listed + 1} is incomplete.`,
      fix: 'Give a list in binary form with SHA-1 template digests, such as binary_runtime_measurements.',
    };
  }
  const entries = listed.map(told);
  const verification = verify ? verified(listed, digests) : undefined;
  return {
    intact: verification?.intact ?? true,
    report: { entries, ...(verification && { verification }) },
    header: ['PCR', 'TEMPLATE', 'DIGEST', 'PATH'],
    rows: entries.map(({ pcr, template, digest, path, violation }) => [
      String(pcr),
      template,
      violation ? 'violation' : digest,
      printable(path),
    ]),
    notes: verification === undefined ? [] : notes(entries, verification),
    registers: verification === undefined ? {} : registersOf(verification),
  };
}

function told({ pcr, digest, template, fields }: ListedEntry): Measurement {
  const ids =
    (builtinTemplate(template, NAMESPACE_TEMPLATES) ?? customTemplate(template, NAMESPACE_TEMPLATES))?.fields ?? [];
  const shown = new Map(ids.map((id, index) => [id, showField(id, fields[index] ?? new Uint8Array(0))]));
  const first = (wanted: readonly FieldId[]) => shown.get(wanted.find((id) => shown.has(id)) ?? 'buf') ?? '';
  return {
    pcr,
    template,
    templateDigest: hex(digest),
    digest: first(DIGESTS),
    path: first(NAMES),
    fields: Object.fromEntries(shown),
    violation: isViolation(digest),
  };
}

function verified(entries: readonly ListedEntry[], digests: Digests): Verification {
  const mismatches: { entry: number; computed: string }[] = [];
  const registers = new Map(BANKS.map((bank) => [bank, new Map<number, Uint8Array>()]));
  entries.forEach(({ pcr, digest, template, fields }, number) => {
    const violation = isViolation(digest);
    for (const [bank, values] of registers) {
      const computed = templateDigest(digests, bank, template, fields) ?? new Uint8Array(digestSize(bank));
      if (bank === LISTED && !violation && hex(computed) !== hex(digest)) {
        mismatches.push({ entry: number, computed: hex(computed) });
      }
      // Of a bank without a list of its own there is nothing but the fields; this one is told as it stands.
      const added = bank === LISTED ? digest : computed;
      const value = violation ? new Uint8Array(computed.length).fill(0xff) : added;
      const before = values.get(pcr) ?? new Uint8Array(computed.length);
      values.set(pcr, digests.compute(bank, [before, value]) ?? before);
    }
  });
  return {
    intact: mismatches.length === 0,
    mismatches,
    violations: entries.flatMap(({ digest }, number) => (isViolation(digest) ? [number] : [])),
    pcrs: Object.fromEntries(
      [...registers].map(([bank, values]) => [
        bank,
        Object.fromEntries([...values].map(([pcr, value]) => [String(pcr), hex(value)])),
      ]),
    ),
  };
}

function notes(
  entries: readonly Measurement[],
  { intact, mismatches, violations, pcrs }: Verification,
): readonly string[] {
  const name = (entry: number) => `entry ${entry + 1}, ${printable(entries[entry]?.path ?? '')}`;
  const count = (number: number, one: string, more: string) => `${number} ${number === 1 ? one : more}`;
  return [
    ...violations.map((entry) => `violation: ${name(entry)}: the file was open for writing while it was in use`),
    ...mismatches.map(
      ({ entry, computed }) =>
        `changed: ${name(entry)}: the digest of its fields is ${computed}, not ${entries[entry]?.templateDigest}`,
    ),
    `${count(entries.length, 'entry', 'entries')}, ${count(violations.length, 'violation', 'violations')}, ${intact ? 'all digests are right' : `${count(mismatches.length, 'digest is', 'digests are')} wrong`}`,
    ...Object.entries(pcrs).flatMap(([bank, values]) =>
      Object.entries(values).map(([pcr, value]) => `PCR ${pcr} ${bank}: ${value}`),
    ),
  ];
}

/** Those that were not extended are zeros; there may be entries for registers that no TPM has. */
function registersOf({ pcrs }: Verification): Record<string, readonly string[]> {
  const all = BANKS.map((bank) => [
    bank,
    Array.from({ length: REGISTERS }, (_, pcr) => pcrs[bank]?.[String(pcr)] ?? hex(new Uint8Array(digestSize(bank)))),
  ]);
  return Object.fromEntries(all);
}

function isViolation(digest: Uint8Array): boolean {
  return digest.every((byte) => byte === 0);
}

/** A line is a line. */
function printable(text: string): string {
  return text.replace(/[^ -~\u0080-\u00ff]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
