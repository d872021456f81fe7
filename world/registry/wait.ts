/**
 * Waits until a world has ended. @returns how its command ended.
 */

import { WorldError } from '../errors.ts';
import type { ControlReply, ControlRequest, WaitReply } from '../protocol/messages.ts';
import { controlSocket } from './control.ts';
import type { WorldDirectory } from './directory.ts';
import { type Ended, takeEnded } from './ended.ts';
import { isDead } from './reap.ts';
import { unknownWorld, worldNamed } from './worlds.ts';

/** @throws WorldError when there is no such world, or its daemon was killed. */
export async function waitForWorld(name: string): Promise<Ended> {
  const world = worldNamed(name);
  const asked = endedIn(await ask(world));
  // What it has left for those who come later is for this one.
  const left = takeEnded(world.root, name);
  const ended = asked ?? left;
  if (ended !== undefined) return ended;
  if (!world.has('world.json') || !isDead(world)) throw unknownWorld(name);
  throw new WorldError(
    'daemon-lost',
    `The daemon of '${name}' was killed: how its command ended is not known.`,
    `Run: lsmfs ps`,
  );
}

/** @returns what the daemon has written when it has ended; empty: it did not answer. */
function ask(world: WorldDirectory): Promise<string> {
  const socket = controlSocket(world);
  if (socket === undefined) return Promise.resolve('');
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (part: string) => (text += part));
    socket.on('close', () => resolve(text));
    socket.write(`${JSON.stringify({ kind: 'wait' } satisfies ControlRequest)}\n`);
  });
}

function endedIn(line: string): Ended | undefined {
  if (!line.endsWith('\n')) return undefined;
  const reply = JSON.parse(line) as ControlReply;
  if (reply.kind === 'failed') throw new WorldError(reply.code, reply.message, reply.fix);
  return reply.kind === 'wait' ? endOf(reply) : undefined;
}

function endOf({ exitCode }: WaitReply): Ended {
  return exitCode === undefined ? {} : { exitCode };
}
