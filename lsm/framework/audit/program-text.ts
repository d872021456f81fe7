/**
 * The arguments of a program that was executed: audit_log_execve_info() of kernel/auditsc.c.
 *
 * Model: one record as long as all fits; longer ones go on in further records, and an argument that fits into none is
 * written in parts, `a1[0]=`, after its length `a1_len=`.
 */
import { hexText, untrusted } from './audit-text.ts';

/** MAX_EXECVE_AUDIT_LEN */
const RECORD_MAX = 7500;

/** @param commandLine as /proc/PID/cmdline shows it. @returns the bodies of the records. */
export function programText(commandLine: string): string[] {
  const args = commandLine.split('\0').slice(0, -1);
  const records = [`argc=${args.length}`];
  let room = RECORD_MAX;
  const add = (text: string): void => {
    if (text.length > room) {
      records.push('');
      room = RECORD_MAX;
    }
    records[records.length - 1] += text;
    room -= text.length;
  };
  for (const [index, argument] of args.entries()) {
    const whole = untrusted(argument);
    if (whole.length <= RECORD_MAX) add(` a${index}=${whole}`);
    else addParts(index, argument, add);
  }
  return records;
}

function addParts(index: number, argument: string, add: (text: string) => void): void {
  const isPlain = untrusted(argument).startsWith('"');
  add(` a${index}_len=${isPlain ? argument.length : 2 * argument.length}`);
  const size = Math.floor((RECORD_MAX - 32) / (isPlain ? 1 : 2));
  for (let part = 0; part * size < argument.length; part++) {
    const text = argument.slice(part * size, (part + 1) * size);
    add(` a${index}[${part}]=${isPlain ? `"${text}"` : hexText(text)}`);
  }
}
