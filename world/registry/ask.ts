/**
 * Asks daemons for their members, in the event loop: any number at once, with one bounded wait.
 */
import type { ControlReply, ControlRequest } from '../protocol/messages.ts';
import { controlSocket } from './control.ts';
import type { WorldDirectory } from './directory.ts';

/** A daemon answers in milliseconds, unless it loads a policy on a busy machine. */
const PATIENCE_MS = 1000;

/** Process ids of the members, or `undefined` when the daemon does not answer in time. */
export function askProcesses(world: WorldDirectory): Promise<readonly number[] | undefined> {
  const socket = controlSocket(world);
  if (socket === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const end = (processes: readonly number[] | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(processes);
    };
    const timer = setTimeout(() => end(undefined), PATIENCE_MS);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) end(processesIn(text));
    });
    socket.write(`${JSON.stringify({ kind: 'status' } satisfies ControlRequest)}\n`);
  });
}

function processesIn(line: string): readonly number[] | undefined {
  try {
    const reply = JSON.parse(line) as ControlReply;
    return reply.kind === 'status' ? reply.processes : undefined;
  } catch {
    return undefined;
  }
}
