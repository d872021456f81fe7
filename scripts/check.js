// `npm run check`: the scripts that are named, all at once, because most of them use one processor. What one prints comes
// when it has ended, in the order of the names. Exit status 1 when one failed.
import { spawn } from 'node:child_process';

const steps = process.argv.slice(2).map((name) => {
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => output.push(part));
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : `failed (${signal ?? code})`));
  });
  return { name, output, ended };
});
for (const { name, output, ended } of steps) {
  const problem = await ended;
  process.stdout.write(Buffer.concat(output));
  process.stdout.write(`${name}: ${problem ?? 'ok'}\n`);
  if (problem !== undefined) process.exitCode = 1;
}
