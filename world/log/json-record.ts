/** A record of a log as JSON. */
import type { LogRecord } from './line.ts';

export function jsonRecord(record: LogRecord): string {
  return asciiJson(record);
}

/** ASCII, so that bytes above 127 stay one character each. */
export function asciiJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[^ -~\n]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
