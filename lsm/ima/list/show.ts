/**
 * Records of the list files: ima_measurements_show() and ima_ascii_measurements_show().
 */
import { bytesOf, hex } from '../../../linux/bytes.ts';
import { showField, u32 } from './fields.ts';
import type { Measurement } from './measurements.ts';
import { templateName } from './template.ts';
import { OLD_TEMPLATE } from './template-digest.ts';

export function asciiRecord(entry: Measurement, digest: Uint8Array): Uint8Array {
  const { pcr, template, fields } = entry;
  const values = fields.map((value, index) => {
    const id = template.fields[index];
    return id === undefined ? '' : ` ${showField(id, value)}`;
  });
  const number = String(pcr).padStart(2);
  return bytesOf(`${number} ${hex(digest)} ${templateName(template)}${values.join('')}\n`);
}

export function binaryRecord(entry: Measurement, digest: Uint8Array): Uint8Array {
  const { pcr, template, fields } = entry;
  const name = bytesOf(templateName(template));
  const head = [u32(pcr), digest, u32(name.length), name];
  if (templateName(template) === OLD_TEMPLATE) return Buffer.concat([...head, ...oldFields(fields)]);
  const total = fields.reduce((sum, { length }) => sum + 4 + length, 0);
  return Buffer.concat([...head, u32(total), ...fields.flatMap((value) => [u32(value.length), value])]);
}

/** A digest without its length, a name without its terminator. */
function oldFields([digest = new Uint8Array(0), name = new Uint8Array(0)]: readonly Uint8Array[]): Uint8Array[] {
  return [digest, u32(name.length - 1), name.subarray(0, -1)];
}
