/** IMA's list, as `lsmfs ima --json` has it. */
import type { NodeFs } from '../../vfs/user/node-fs/index.ts';
import { softwareDigests } from '../framework/digests/digests.ts';
import { MODULES } from '../modules.ts';

/** @public */
export interface Measurement {
  readonly pcr: number;
  /** `ima-ng`, ... */
  readonly template: string;
  /** In the list of the bank `sha1`. */
  readonly templateDigest: string;
  /** Of the content; with its algorithm except in the oldest template. */
  readonly digest: string;
  readonly path: string;
  /** By their ids, as the readable list shows them; empty for a template that is not known. */
  readonly fields: Readonly<Record<string, string>>;
  readonly violation: boolean;
}

const LIST = '/sys/kernel/security/integrity/ima/binary_runtime_measurements';

/** @throws FileSystemError ENOENT where nothing measures. */
export function readMeasurements(fs: NodeFs): readonly Measurement[] {
  const list = fs.readFileSync(LIST);
  const reader = MODULES.find(({ readMeasurementList }) => readMeasurementList !== undefined);
  const told = reader?.readMeasurementList?.(list, false, softwareDigests);
  return told === undefined || 'problem' in told
    ? []
    : (told.report as { readonly entries: readonly Measurement[] }).entries;
}
