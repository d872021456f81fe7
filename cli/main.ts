#!/usr/bin/env node
/** Entry point of the `lsmfs` command. */
import manifest from '../package.json' with { type: 'json' };
import { runProgram } from './program.ts';

await runProgram(process.argv.slice(2), manifest.version);
