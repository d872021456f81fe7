/** A record of the binary list: ima_measurements_show(). It is made once, when an entry is added, since who attests reads all of them. */

import { type Template, templateName } from './template.ts';
import { digestedParts, OLD_TEMPLATE } from './template-digest.ts';

export interface EntryParts {
  readonly pcr: number;
  readonly template: Template;
  /** In the order of the template's fields. */
  readonly fields: readonly Uint8Array[];
}

export interface BinaryRecord {
  /** With zeros for the digest. */
  readonly record: Buffer;
  /** What the digest is made of, and the values of the fields: parts of the record, if that has them as they are. */
  readonly digested: readonly Uint8Array[];
  readonly fields: readonly Uint8Array[];
}

/** Where a record has its digest. */
export const DIGEST_AT = 4;

export function binaryRecord({ pcr, template, fields }: EntryParts, digestSize: number): BinaryRecord {
  const name = templateName(template);
  // Template `ima` has a digest without its length, and a name without its terminator.
  const isOld = name === OLD_TEMPLATE;
  const [first, second] = fields;
  const values = isOld && first !== undefined && second !== undefined ? [first, second.subarray(0, -1)] : fields;
  const length = values.reduce((sum, value) => sum + 4 + value.length, 0) - (isOld ? 4 : 0);
  const record = Buffer.allocUnsafe(DIGEST_AT + digestSize + 4 + name.length + (isOld ? 0 : 4) + length);
  let at = record.writeUInt32LE(pcr, 0);
  record.fill(0, at, at + digestSize);
  at = record.writeUInt32LE(name.length, at + digestSize);
  at += record.write(name, at, 'latin1');
  if (!isOld) at = record.writeUInt32LE(length, at);
  const data = record.subarray(at);
  const parts = values.map((value, index) => {
    if (!isOld || index > 0) at = record.writeUInt32LE(value.length, at);
    record.set(value, at);
    at += value.length;
    return record.subarray(at - value.length, at);
  });
  return isOld
    ? { record, fields, digested: digestedParts(name, fields) }
    : { record, fields: parts, digested: [data] };
}
