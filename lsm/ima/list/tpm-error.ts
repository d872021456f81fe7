/** An entry is listed, but the TPM did not take its digest: ima_pcr_extend(). */
import { KERN_ERR, type KernelLog } from '../../framework/facts.ts';

/** @param error a response code of the TPM, or a negative errno of its driver. @returns the cause in the audit record. */
export function tpmCause(log: Pick<KernelLog, 'print'>, error: number): string {
  if (error > 0) log.print(`tpm tpm0: A TPM error (${error}) occurred attempting extend a PCR value`, KERN_ERR);
  log.print(`ima: Error Communicating to TPM chip, result: ${error}`, KERN_ERR);
  return `TPM_error(${error})`;
}
