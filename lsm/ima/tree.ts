/**
 * The directory `ima` in securityfs: ima_fs_init().
 */
import { CallerSymlink, type InodeNumbers, SequenceFile, StaticDirectory, TextFile } from '../../vfs/pseudo/index.ts';
import type { Changes } from '../../vfs/tree/changes.ts';
import type { Measurement, Measurements } from './list/measurements.ts';
import { asciiRecord, binaryRecord } from './list/show.ts';
import { PolicyFile, type PolicyFileHost } from './policy-file.ts';

/** What the files without a bank's name show. */
const DEFAULT_BANK = 'sha1';

export interface TreeOptions {
  readonly numbers: InodeNumbers;
  readonly changes: Changes;
  readonly time: bigint;
  readonly measurements: Measurements;
  readonly policy: Omit<PolicyFileHost, 'remove'>;
}

export function imaDirectory({ numbers, changes, time, measurements, policy }: TreeOptions): StaticDirectory {
  const init = (mode: number) => ({ ino: numbers.next(), mode, time });
  const list = (bank: string, show: (entry: Measurement, digest: Uint8Array) => Uint8Array) =>
    new SequenceFile(init(0o440), { records: () => records(measurements, bank, show) });
  const link = (target: string) => new CallerSymlink(init(0o444), () => target);
  const number = (value: () => number) => new TextFile(init(0o440), () => `${value()}\n`);
  // A file in it vanishes when it is closed, of which we hear a moment later, but before anybody looks it up.
  const directory = new StaticDirectory({ ...init(0o755), cache: 'dynamic', changes });
  const names = { ascii: 'ascii_runtime_measurements', binary: 'binary_runtime_measurements' };
  for (const bank of measurements.banks) {
    directory.set(`${names.ascii}_${bank}`, list(bank, asciiRecord));
    directory.set(`${names.binary}_${bank}`, list(bank, binaryRecord));
  }
  directory.set(names.binary, link(`${names.binary}_${DEFAULT_BANK}`));
  directory.set(names.ascii, link(`${names.ascii}_${DEFAULT_BANK}`));
  directory.set(
    'runtime_measurements_count',
    number(() => measurements.entries.length),
  );
  directory.set(
    'violations',
    number(() => measurements.violations),
  );
  const file = new PolicyFile(init(policy.mayRead ? 0o600 : 0o200), {
    ...policy,
    remove: () => directory.delete('policy'),
  });
  directory.set('policy', file);
  return directory;
}

/** What is added while somebody reads is seen at the end. */
function* records(
  list: Measurements,
  bank: string,
  show: (entry: Measurement, digest: Uint8Array) => Uint8Array,
): Generator<Uint8Array> {
  for (const entry of list.entries) yield show(entry, list.digest(bank, entry));
}
