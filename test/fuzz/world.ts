/** A world that is fuzzed from inside by system calls under signals, and from outside at its control socket. */
import { connect } from 'node:net';
import path from 'node:path';
import type { Random } from '../selinux/random.ts';
import { isClean } from '../support/box.ts';
import { script, UNTIL, worldName } from '../world/program.ts';
import { damaged } from './random-data.ts';

/**
 * @returns how many system calls were made. @throws Error when the world does not answer afterwards, has logged a trace
 * or left something.
 */
export async function fuzzSystemCalls(seconds: number, seed: number): Promise<number> {
  const log = `/tmp/${worldName('fuzz')}.log`;
  const { stdout, stderr, leftovers, evidence } = await script(
    `$LSMFS run --log-file=${log} --lsm=selinux,apparmor,yama -- sh -c 'python3 "$CLIENT" ${seconds} ${seed}; echo $?; getenforce'
     grep -n "^ *at .*:[0-9]*:[0-9]*" ${log}; rm -f ${log}`,
    { timeoutMs: seconds * 1000 + 60_000, env: { CLIENT: path.resolve('test/fuzz/syscalls.py') } },
  );
  const [made = '', status, mode, ...traces] = stdout.trimEnd().split('\n');
  if (status !== '0' || mode !== 'Permissive' || traces.length > 0 || !isClean(leftovers))
    throw new Error([stdout, stderr, evidence, JSON.stringify(leftovers)].join('\n'));
  return Number(made);
}

/** More descriptors than this process has. */
const DESCRIPTORS = 1000;

const REQUESTS = [
  { kind: 'status' },
  { kind: 'tree' },
  { kind: 'measurements' },
  { kind: 'enter', statusFd: DESCRIPTORS },
  { kind: 'join', devices: [], listener: 3 },
  { kind: 'explain', process: { pid: 1, namespace: 'pid:[1]' } },
  { kind: 'boot', options: { lsm: 'selinux' } },
];

/** Is it a good request with a status descriptor of this process? The daemon would write to it: to standard output, say. */
function namesOurs(bytes: Uint8Array): boolean {
  try {
    const { statusFd } = JSON.parse(Buffer.from(bytes).toString()) as { statusFd?: unknown };
    return typeof statusFd === 'number' && statusFd < DESCRIPTORS;
  } catch {
    return false;
  }
}

/** Sends damaged requests until the time is over. @returns how many. @throws Error when the daemon does not answer any more. */
export async function fuzzControlSocket(seconds: number, random: Random): Promise<number> {
  const name = worldName('control');
  let requests = 0;
  const world = script(
    `$LSMFS run --name ${name} -- sh -c ': >/tmp/${name}; while [ -e /tmp/${name} ]; do sleep 0.1; done; getenforce'`,
    { timeoutMs: seconds * 1000 + 60_000 },
  );
  const ready = await script(
    `${UNTIL} until_true test -e /tmp/${name} && until_true test -S /run/lsmfs/${name}/control`,
  );
  try {
    if (ready.status !== 0) throw new Error('the world does not start');
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      const request = JSON.stringify(random.pick(REQUESTS));
      const bytes = random.below(4) === 0 ? Buffer.from(request) : damaged(Buffer.from(request), random);
      if (namesOurs(bytes)) continue;
      await send(`/run/lsmfs/${name}/control`, bytes);
      requests++;
    }
  } finally {
    await script(`rm -f /tmp/${name}`);
  }
  const { stdout, stderr, leftovers } = await world;
  if (stdout !== 'Permissive\n' || !isClean(leftovers)) throw new Error(stdout + stderr + JSON.stringify(leftovers));
  return requests;
}

/** Waits for an answer, or for the end of the connection: what is no line gets none. */
function send(socketPath: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.on('error', reject);
    socket.on('data', () => socket.destroy());
    socket.on('close', () => resolve());
    // A good request follows, so that there is an answer in any case.
    socket.write(bytes);
    socket.write('\n{"kind":"status"}\n');
  });
}
