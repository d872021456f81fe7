/** What is recorded of a call besides names and results (call-details.ts). */
import type { AuditName } from '../../../lsm/framework/audit/names.ts';
import type { ArgumentReader } from './argument-reader.ts';

/** A record, without its stamp. */
export interface Detail {
  readonly type: number;
  readonly body: string;
}

/** What there is to record when the call has returned. */
export type Details = (exit: number, names: readonly AuditName[]) => readonly Detail[];
/** To be called before the call. `undefined` = there will be nothing. */
export type Detailing = (reader: ArgumentReader) => Details | undefined;

/** What an argument points to; `undefined` when it cannot be read. */
export function bytesAt({ call, memory }: ArgumentReader, argument: number, size: number): DataView | undefined {
  const bytes = memory.copy(call.tid, call.low(argument), call.high(argument), size);
  return bytes && new DataView(bytes.buffer);
}
