/**
 * The directory `ima` in securityfs: ima_fs_init().
 */
import { failed, type Result } from '../../../linux/errno.ts';
import { CallerSymlink, type InodeInit, SequenceFile, StaticDirectory, TextFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Changes } from '../../../vfs/tree/changes.ts';
import type { Handle } from '../../../vfs/tree/node.ts';
import type { Bank } from '../../framework/tpm/tpm.ts';
import { DEFAULT_BANK, type Measurements } from '../list/measurements.ts';
import { writeAsciiRecord } from '../list/show.ts';
import { ShownRecords } from '../list/shown-records.ts';
import { PolicyFile, type PolicyFileHost } from './policy-file.ts';

export interface TreeOptions {
  readonly init: (mode: number) => InodeInit;
  readonly changes: Changes;
  /** There is a list of each kind for each of them. */
  readonly banks: readonly Bank[];
  /** An error until there is a list. */
  readonly measurements: () => Result<Measurements>;
  readonly policy: Omit<PolicyFileHost, 'remove'>;
}

export function imaDirectory({ init, changes, banks, measurements, policy }: TreeOptions): StaticDirectory {
  const list = (records: RecordsOf) => new ListFile(init(0o440), measurements, records);
  const link = (target: string) => new CallerSymlink(init(0o444), () => target);
  const number = (value: (list: Measurements) => number) =>
    new TextFile(init(0o440), () => {
      const found = measurements();
      return failed(found) ? found : `${value(found)}\n`;
    });
  // A file in it vanishes when it is closed, of which we hear a moment later, but before anybody looks it up.
  const directory = new StaticDirectory({ ...init(0o755), cache: 'dynamic', changes });
  const names = { ascii: 'ascii_runtime_measurements', binary: 'binary_runtime_measurements' };
  for (const bank of banks) {
    directory.set(`${names.ascii}_${bank}`, list(asciiRecords(bank)));
    directory.set(`${names.binary}_${bank}`, list(binaryRecords(bank)));
  }
  directory.set(names.binary, link(`${names.binary}_${DEFAULT_BANK}`));
  directory.set(names.ascii, link(`${names.ascii}_${DEFAULT_BANK}`));
  directory.set(
    'runtime_measurements_count',
    number(({ entries }) => entries.length),
  );
  directory.set(
    'violations',
    number(({ violations }) => violations),
  );
  const file = new PolicyFile(init(policy.mayRead ? 0o600 : 0o200), {
    ...policy,
    remove: () => directory.delete('policy'),
  });
  directory.set('policy', file);
  return directory;
}

/** What is added while somebody reads is seen at the end. */
type RecordsOf = (list: Measurements) => Iterable<Uint8Array>;

function asciiRecords(bank: string): RecordsOf {
  let shown: { readonly list: Measurements; readonly records: ShownRecords } | undefined;
  return (list) => {
    if (shown?.list !== list)
      shown = {
        list,
        records: new ShownRecords((out, entry) => writeAsciiRecord(out, entry, list.digest(bank, entry))),
      };
    return shown.records.of(list.entries);
  };
}

function binaryRecords(bank: string): RecordsOf {
  return function* (list) {
    for (const entry of list.entries) yield list.record(bank, entry);
  };
}

class ListFile extends SequenceFile {
  readonly #list: () => Result<Measurements>;

  constructor(init: InodeInit, list: () => Result<Measurements>, records: RecordsOf) {
    super(init, {
      records: () => {
        const found = list();
        return failed(found) ? found : records(found);
      },
    });
    this.#list = list;
  }

  override open(flags: number, caller: Caller): Result<Handle> {
    const found = this.#list();
    return failed(found) ? found : super.open(flags, caller);
  }
}
