/** Text as source of man(7). */

/** A line of text is at most so long, where words allow. Unit: characters. */
const LINE = 78;
const NAMED = /`([^`]+)`|((?<![\w-])--?[a-z][\w-]*(?:=[\w./-]+)?)|(<[^<>\s]+>)/g;

export function escaped(text: string): string {
  return text.replace(/\\/g, '\\e').replace(/-/g, '\\-');
}

/** Options and quoted code in bold, what stands for something in italics. */
export function inline(text: string): string {
  let done = 0;
  let out = '';
  for (const match of text.matchAll(NAMED)) {
    const [all, code, option, placeholder] = match;
    out += plain(text.slice(done, match.index));
    out +=
      placeholder === undefined
        ? `\\fB${escaped(code ?? option ?? '')}\\fR`
        : `\\fI${escaped(placeholder.slice(1, -1))}\\fR`;
    done = match.index + all.length;
  }
  return out + plain(text.slice(done));
}

/** Each sentence begins a line. */
export function paragraph(text: string): string {
  return inline(text)
    .split(/(?<=[.?!:])\s+(?=[A-Z\\(])/)
    .flatMap(wrapped)
    .map(guarded)
    .join('\n');
}

/** Lines as they are; what is too long for roff's own taste goes on after an escaped newline. */
export function verbatim(lines: readonly string[]): string {
  return ['.EX', ...lines.map((line) => guarded(escaped(line))), '.EE'].join('\n');
}

/** The term of a list: `--name <value>`. */
export function term(text: string): string {
  return guarded(
    text
      .split(/(<[^>]*>|\[[^\]]*\])/)
      .map((part) =>
        /^[<[]/.test(part) ? `\\fI${escaped(part)}\\fR` : part.trim() === '' ? part : `\\fB${escaped(part)}\\fR`,
      )
      .join(''),
  );
}

/** For an argument of a macro. */
export function quoted(text: string): string {
  return `"${escaped(text).replace(/"/g, '\\(dq')}"`;
}

/** A long list without blanks may be broken at its commas. */
function plain(text: string): string {
  return text.replace(/\\/g, '\\e').replace(/\S{30,}/g, (word) => word.replace(/,(?=.)/g, ',\\:'));
}

function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

function wrapped(sentence: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > LINE) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
