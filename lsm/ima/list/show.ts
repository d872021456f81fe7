/**
 * Records of the readable lists: ima_ascii_measurements_show(). Those of the others are in binary-record.ts.
 */
import { hex } from '../../../linux/bytes.ts';
import { showField } from './fields.ts';
import type { Measurement } from './measurements.ts';
import { templateName } from './template.ts';

const NOTHING = new Uint8Array(0);

export function asciiRecord(entry: Measurement, digest: Uint8Array): string {
  const { pcr, template, fields } = entry;
  let line = `${String(pcr).padStart(2)} ${hex(digest)} ${templateName(template)}`;
  for (const [index, id] of template.fields.entries()) line += ` ${showField(id, fields[index] ?? NOTHING)}`;
  return `${line}\n`;
}
