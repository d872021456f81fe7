// The licences of what is bundled: each asks for its text to go with the copy.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Directory of the package that a file of node_modules belongs to. */
const packageOf = (file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];

/** Directories of all packages of which something was taken into an output. */
export function bundledPackages(metafiles) {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    ),
  );
  return [...new Set(files.flatMap((file) => packageOf(file) ?? []))].sort();
}

/** One section for each text; a package without a file of its own has the text of another under the same licence. */
export function noticesOf(metafiles) {
  const packages = bundledPackages(metafiles).map((directory) => {
    const { name, version, license, author } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
    const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
    const text = files.map((file) => readFileSync(path.join(directory, file), 'utf8').trim()).join('\n\n');
    const by = typeof author === 'object' ? author.name : author;
    return { name, license, text, line: `${name} ${version} (${license}${by === undefined ? '' : `, ${by}`})` };
  });
  const sections = new Map();
  for (const { name, license, text, line } of packages) {
    const own = text || packages.find((other) => other.license === license && other.text !== '')?.text;
    if (own === undefined) throw new Error(`${name} is bundled and no text of its licence is known`);
    sections.set(own, [...(sections.get(own) ?? []), line]);
  }
  const parts = [...sections].map(([text, lines]) => `${lines.join('\n')}\n\n${text}\n`);
  return `Parts of these packages are in the files of this directory.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
