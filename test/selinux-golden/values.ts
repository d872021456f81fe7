/** Data in scenario steps and how outcomes show data: the notation of test/conformance/probe. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bytesOf, textOf } from '../../linux/bytes.ts';

export type DataSpec =
  | string
  | readonly DataSpec[]
  | { readonly hex: string }
  | { readonly b64: string }
  | { readonly rep: readonly [DataSpec, number] }
  | {
      readonly file: string;
      readonly slice?: readonly [number, number | null];
      readonly patch?: readonly (readonly [number, string])[];
    };

export function dataOf(spec: DataSpec | undefined, folder: string): Uint8Array {
  if (spec === undefined) return new Uint8Array(0);
  if (typeof spec === 'string') return bytesOf(spec);
  if (Array.isArray(spec)) return Buffer.concat(spec.map((part: DataSpec) => dataOf(part, folder)));
  if ('hex' in spec) return Buffer.from(spec.hex, 'hex');
  if ('b64' in spec) return Buffer.from(spec.b64, 'base64');
  if ('rep' in spec) return bytesOf(textOf(dataOf(spec.rep[0], folder)).repeat(spec.rep[1]));
  if (!('file' in spec)) throw new Error(`unknown data ${JSON.stringify(spec)}`);
  const [from, to] = spec.slice ?? [0, null];
  const data = readFileSync(path.join(folder, spec.file)).subarray(from, to ?? undefined);
  const copy = Uint8Array.from(data);
  for (const [at, hex] of spec.patch ?? []) copy.set(Buffer.from(hex, 'hex'), at);
  return copy;
}

const LIMIT = 6000;

/** Text when printable ASCII, else base64; long data by digest. */
export function show(data: Uint8Array): unknown {
  if (data.length > LIMIT) {
    const sha256 = createHash('sha256').update(data).digest('hex');
    return { len: data.length, sha256, head: show(data.subarray(0, 120)) };
  }
  const text = textOf(data);
  return /^[\0\t\n\x20-\x7e]*$/.test(text) ? text : { b64: Buffer.from(data).toString('base64') };
}

/** The replacements of a step's `norm`. */
export function normalised(text: string, rules: readonly (readonly [string, string])[] = []): string {
  return rules.reduce((rest, [pattern, by]) => rest.replace(new RegExp(pattern, 'gm'), by), text);
}
