/**
 * Records of the list files: ima_measurements_show() and ima_ascii_measurements_show().
 */
import { bytesOf, hex } from '../../../linux/bytes.ts';
import { showField } from './fields.ts';
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

/** In one piece: a list can have a hundred thousand. */
export function binaryRecord({ pcr, template, fields }: Measurement, digest: Uint8Array): Uint8Array {
  const name = templateName(template);
  // Template `ima` has a digest without its length, and a name without its terminator.
  const isOld = name === OLD_TEMPLATE;
  const [first, second] = fields;
  const values = isOld && first !== undefined && second !== undefined ? [first, second.subarray(0, -1)] : fields;
  const length = values.reduce((sum, value) => sum + 4 + value.length, 0) - (isOld ? 4 : 0);
  const record = Buffer.allocUnsafe(4 + digest.length + 4 + name.length + (isOld ? 0 : 4) + length);
  let at = record.writeUInt32LE(pcr, 0);
  record.set(digest, at);
  at = record.writeUInt32LE(name.length, at + digest.length);
  at += record.write(name, at, 'latin1');
  if (!isOld) at = record.writeUInt32LE(length, at);
  for (const [index, value] of values.entries()) {
    if (!isOld || index > 0) at = record.writeUInt32LE(value.length, at);
    record.set(value, at);
    at += value.length;
  }
  return record;
}
