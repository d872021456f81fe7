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
  return numbersIn(statusField(text, name));
}

/** A set of 64 bits in hexadecimal: signals, capabilities. `undefined` also when the text ends within it, which would move all bits. */
export function statusMask(text: string, name: string): bigint | undefined {
  return maskIn(statusField(text, name));
}

/** The same for who wants several lines: asked for in the kernel's order, they are found in one pass. */
export class StatusLines {
  readonly #text: string;
  /** End of the line that was found last. */
  #from = 0;

  constructor(text: string) {
    this.#text = text;
  }

  field(name: string): string | undefined {
    const head = `\n${name}:\t`;
    const isFirst = this.#from === 0 && this.#text.startsWith(head.slice(1));
    const at = isFirst ? -1 : this.#text.indexOf(head, this.#from);
    if (at < 0 && !isFirst) return statusField(this.#text, name); // it may come before the others
    const from = at + head.length;
    const end = this.#text.indexOf('\n', from);
    this.#from = end < 0 ? this.#text.length : end;
    return this.#text.slice(from, this.#from);
  }

  numbers(name: string): number[] {
    return numbersIn(this.field(name));
  }

  /** 0 or 1 */
  flag(name: string): boolean | undefined {
    const digit = this.field(name);
    return digit === '0' || digit === '1' ? digit === '1' : undefined;
  }

  mask(name: string): bigint | undefined {
    return maskIn(this.field(name));
  }
}

function numbersIn(text = ''): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < text.length; i++) {
    let value = 0;
    let digits = 0;
    for (; isDigit(text.charCodeAt(i)); i++, digits++) value = value * 10 + text.charCodeAt(i) - ZERO;
    if (digits > 0) numbers.push(value);
  }
  return numbers;
}

const ZERO = 0x30;
const isDigit = (code: number): boolean => code >= ZERO && code <= ZERO + 9;

function maskIn(digits: string | undefined): bigint | undefined {
  return digits !== undefined && /^[0-9a-f]{16}$/.test(digits) ? BigInt(`0x${digits}`) : undefined;
}

/** Of `NSpid`, `NStgid`: the number in the process' own pid namespace. */
export function innermostNumber(text: string, name: 'NSpid' | 'NStgid'): number | undefined {
  return statusNumbers(text, name).at(-1);
}
