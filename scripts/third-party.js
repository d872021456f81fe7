// What others wrote and lsmfs ships: packages that it depends on at run time, with their notices, from what npm installed. The file
// THIRD-PARTY is written by `npm run third-party`; a test compares.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');
const MODULES = path.join(root, 'node_modules');
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const NOTICES = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;

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

/** Names of `first` and of all that they depend on, in order. */
export function closureOf(first) {
  const names = new Set(first);
  for (const name of names) {
    const { dependencies = {} } = json(path.join(MODULES, name, 'package.json'));
    for (const other of Object.keys(dependencies)) names.add(other);
  }
  return [...names].sort();
}

/** @returns name, version, licence (SPDX), home and the text of the notices of each package. */
export function thirdParty(names = closureOf(Object.keys(json(path.join(root, 'package.json')).dependencies))) {
  return names.map((name) => {
    const directory = path.join(MODULES, name);
    const { version, license, homepage, repository, author } = json(path.join(directory, 'package.json'));
    const files = readdirSync(directory).filter((file) => NOTICES.test(file));
    const texts = files.map((file) => readFileSync(path.join(directory, file), 'utf8').replaceAll('\r', '').trim());
    const notice = [...texts, ...(CONTAINED[name] === undefined ? [] : [CONTAINED[name]])].join('\n\n');
    const home = homepage ?? repository?.url ?? repository ?? '';
    return { name, version, license, home, author: typeof author === 'string' ? author : author?.name, notice };
  });
}

function page() {
  const packages = thirdParty();
  const byNotice = new Map();
  for (const found of packages) byNotice.set(found.notice, [...(byNotice.get(found.notice) ?? []), found]);
  const rule = '-'.repeat(78);
  const sections = [...byNotice].map(([notice, those]) => {
    const heads = those.map(({ name, version, license, home }) => `${name} ${version}, ${license}\n  ${home}`);
    const text = notice === '' ? 'No notice of its own; the licence is the one that is named above.' : notice;
    return `${rule}\n${heads.join('\n')}\n\n${text}\n`;
  });
  const head = 'lsmfs uses these packages. `npm run third-party` writes this file from what npm installed.\n';
  return `${[head, ...sections].join('\n')}`;
}

export const THIRD_PARTY = path.join(root, 'THIRD-PARTY');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = page();
  if (process.argv.includes('--write')) writeFileSync(THIRD_PARTY, text);
  else if (!existsSync(THIRD_PARTY) || readFileSync(THIRD_PARTY, 'utf8') !== text) {
    console.error('THIRD-PARTY is not what is installed: npm run third-party');
    process.exitCode = 1;
  }
}
