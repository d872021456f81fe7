/**
 * Records of the readable lists: ima_ascii_measurements_show(). Those of the others are in binary-record.ts.
 */
import { writeField } from './fields.ts';
import type { Measurement } from './measurements.ts';
import { templateName } from './template.ts';
import type { TextBytes } from './text-bytes.ts';

const NOTHING = new Uint8Array(0);

export function writeAsciiRecord(out: TextBytes, { pcr, template, fields }: Measurement, digest: Uint8Array): void {
  out.text(`${String(pcr).padStart(2)} `);
  out.hex(digest);
  out.text(` ${templateName(template)}`);
  for (const [index, id] of template.fields.entries()) {
    out.text(' ');
    writeField(out, id, fields[index] ?? NOTHING);
  }
  out.text('\n');
}
