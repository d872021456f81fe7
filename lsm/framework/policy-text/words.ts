/** How lines of policy and the words in them are read by modules that were made from TOMOYO's code. */

/** Runs of white space, control and non-ASCII bytes become one space; those at the ends vanish. */
export function normalizeLine(line: string): string {
  return line
    .split(/[^!-~]+/)
    .filter((word) => word !== '')
    .join(' ');
}

/** The byte that three octal digits at this place stand for. */
export function octalByte(text: string, at: number): number | undefined {
  const digits = text.slice(at, at + 3);
  return /^[0-3][0-7]{2}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}
