// What publint and attw (every way to resolve an import) find in a packed package. Usage: check-package.js FILE.tgz
// One line each finding; exit 1 with any.
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';

const data = new Uint8Array(readFileSync(process.argv[2]));
const { messages } = await publint({ pack: { tarball: data.buffer }, strict: true });
const analysis = await checkPackage(createPackageFromTarballData(data));
const problems = analysis.types === false ? ['no types'] : analysis.problems;
for (const finding of [...messages, ...problems]) console.error(JSON.stringify(finding));
process.exitCode = messages.length + problems.length > 0 ? 1 : 0;
