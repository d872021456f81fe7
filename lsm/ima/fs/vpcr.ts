/**
 * `ima/vpcr` of the initial namespace: the registers of namespaces, oldest first, and that of the TPM that stands for them.
 *
 * Bytes: `cPCR: `, 32 bytes and a newline for each that is active, at last `PCR12:` and 32 bytes. Which bytes are between them
 * was read in the code of the RFC, not tried.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, failed } from '../../../linux/errno.ts';
import { type InodeInit, PseudoFile, readWhole } from '../../../vfs/pseudo/index.ts';
import { capable } from '../../../vfs/tree/caller.ts';
import type { Tpm } from '../../framework/tpm/tpm.ts';
import { REGISTER_OF_NAMESPACES } from '../namespaces/container-pcr.ts';

/** @param registers of namespaces. Opening it: EACCES without CAP_MAC_ADMIN, ENODEV without a TPM. */
export function vpcrFile(init: InodeInit, tpm: Tpm | undefined, registers: () => readonly Uint8Array[]): PseudoFile {
  return new PseudoFile(init, (_flags, caller) => {
    if (!capable(caller, CAP.MAC_ADMIN)) return E.EACCES;
    if (tpm === undefined) return E.ENODEV;
    const read = readWhole(() => {
      const outer = tpm.read('sha256', REGISTER_OF_NAMESPACES);
      if (failed(outer)) return outer;
      const inner = registers().flatMap((value) => [bytesOf('cPCR: '), value, bytesOf('\n')]);
      return Buffer.concat([...inner, bytesOf('PCR12:'), outer]);
    });
    return { writeMovesPosition: false, read };
  });
}
