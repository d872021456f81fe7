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

/** What a package contains and does not tell in a file of its own. */
const CONTAINED = {
  '@foxglove/wasm-zstd': `It contains Zstandard (https://github.com/facebook/zstd) under this licence:

BSD License

For Zstandard software

Copyright (c) Meta Platforms, Inc. and affiliates. All rights reserved.

Redistribution and use in source and binary forms, with or without modification,
are permitted provided that the following conditions are met:

 * Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

 * Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

 * Neither the name Facebook, nor Meta, nor the names of its contributors may
   be used to endorse or promote products derived from this software without
   specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR
ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES
(INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES;
LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON
ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT
(INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.`,
};

/** What package.json says of the package in a directory, with the text of its notices. */
export function noticeOf(directory) {
  const { name, version, license, author } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map((file) => readFileSync(path.join(directory, file), 'utf8').trim());
  const text = [...texts, ...(CONTAINED[name] === undefined ? [] : [CONTAINED[name]])].join('\n\n');
  return { name, version, license, author: typeof author === 'object' ? author.name : author, text };
}

/** One section for each text; a package without a file of its own has the text of another under the same licence. */
export function noticesOf(metafiles) {
  const packages = bundledPackages(metafiles).map((directory) => {
    const { name, version, license, author: by, text } = noticeOf(directory);
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
