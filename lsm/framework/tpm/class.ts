/**
 * /sys/class/tpm: the values of registers, as programs read them without speaking to the TPM (drivers/char/tpm/tpm-sysfs.c).
 * What else the device has there (`dev`, `device`, `power`, ...) is about a bus that it would be on.
 */
import { hex } from '../../../linux/bytes.ts';
import { failed, type Result } from '../../../linux/errno.ts';
import { SYSFS_MAGIC } from '../../../linux/magic.ts';
import { InodeNumbers, SysfsAttribute, SysfsDirectory } from '../../../vfs/pseudo/index.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { Directory } from '../../../vfs/tree/node.ts';
import { type Bank, REGISTERS, type Tpm } from './tpm.ts';

/** By its path below /sys; empty where there is no TPM, because the class comes with its first device. */
export function tpmClass(tpm: Tpm | undefined, time: bigint): ReadonlyMap<string, Filesystem> {
  if (tpm === undefined) return new Map();
  const numbers = new InodeNumbers();
  const directory = (nodes: Readonly<Record<string, Directory | SysfsAttribute>>): SysfsDirectory => {
    const entries = Object.entries(nodes).map(([name, node]) => ({ name, node }));
    return new SysfsDirectory({ ino: numbers.next(), mode: 0o755, time, entries });
  };
  const attribute = (value: () => Result<string>): SysfsAttribute =>
    new SysfsAttribute({ ino: numbers.next(), mode: 0o444, time }, value);
  const bank = (name: Bank): SysfsDirectory =>
    directory(
      Object.fromEntries(
        Array.from({ length: REGISTERS }, (_, number) => [
          String(number),
          attribute(() => {
            const value = tpm.read(name, number);
            return failed(value) ? value : `${hex(value).toUpperCase()}\n`;
          }),
        ]),
      ),
    );
  const device = directory({
    tpm_version_major: attribute(() => '2\n'),
    ...Object.fromEntries(tpm.banks.map((name) => [`pcr-${name}`, bank(name)])),
  });
  const root = directory({ tpm0: device });
  return new Map([['class/tpm', { type: 'sysfs', magic: SYSFS_MAGIC, root, changes: new Changes() }]]);
}
