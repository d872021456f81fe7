/** IMA's list, as `lsmfs ima --json` has it. */
import type { NodeFs } from '../../vfs/user/node-fs/index.ts';
import { softwareDigests } from '../framework/digests/digests.ts';
import type { Measurement } from '../framework/files/measurement-list.ts';
import { MODULES } from '../modules.ts';

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
