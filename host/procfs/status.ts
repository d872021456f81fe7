/** /proc/<pid>/status: lines of a name, a colon, a tab and a value (proc_pid_status(5)). A command's name has its newlines escaped. */

/** The value of a line; `undefined` when there is none. */
export function statusField(text: string, name: string): string | undefined {
  const head = `\n${name}:\t`;
  const at = text.startsWith(head.slice(1)) ? 0 : text.indexOf(head) + 1;
  if (at === 0 && !text.startsWith(head.slice(1))) return undefined;
  const from = at + head.length - 1;
  const end = text.indexOf('\n', from);
  return end < 0 ? text.slice(from) : text.slice(from, end);
}

/** Decimal numbers with tabs or blanks between them; none when there is no such line. */
export function statusNumbers(text: string, name: string): number[] {
  return (statusField(text, name) ?? '').split(/\s+/).filter(Boolean).map(Number);
}

/** A set of bits in hexadecimal: signals, capabilities. */
export function statusMask(text: string, name: string): bigint | undefined {
  const digits = statusField(text, name);
  return digits !== undefined && /^[0-9a-f]+$/.test(digits) ? BigInt(`0x${digits}`) : undefined;
}

/** Of `NSpid`, `NStgid`: the number in the process' own pid namespace. */
export function innermostNumber(text: string, name: 'NSpid' | 'NStgid'): number | undefined {
  return statusNumbers(text, name).at(-1);
}
