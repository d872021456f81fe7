/**
 * The daemon's side of the control protocol (protocol/messages.ts): messages of one connection are handled in order.
 */
import { createServer, type Server, Socket } from 'node:net';
import { peerCredentials } from '../../host/sockets/unix-socket.ts';
import type { Tgid } from '../../linux/ids.ts';
import { WorldError } from '../errors.ts';
import type { ControlReply, ControlRequest } from '../protocol/messages.ts';
import { parseRequest } from '../protocol/requests.ts';

/** State of one connection. */
export interface Conversation {
  /** Process that made the connection, as the kernel tells (SO_PEERCRED); absent = our pid namespace does not know it. */
  readonly peer?: Tgid;
  /** The same, once it wants to join. */
  launcher?: Tgid;
  joined?: boolean;
}

export interface ConversationHandler {
  /** The answer, if there is one. Failures may be thrown. */
  answer(
    request: ControlRequest,
    conversation: Conversation,
  ): Promise<ControlReply | undefined> | ControlReply | undefined;
  /** The other side has closed the connection. */
  ended(conversation: Conversation): void;
  trouble(text: string): void;
}

const MAX_LINE = 1 << 20;

function failure(error: unknown, handler: ConversationHandler): ControlReply {
  if (error instanceof WorldError) {
    const { code, message, fix, data } = error;
    return { kind: 'failed', code, message, data, ...(fix === undefined ? {} : { fix }) };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  handler.trouble(text);
  return { kind: 'failed', code: 'daemon-failed', message: `Internal error: ${text.split('\n')[0]}` };
}

/** Holds a conversation on a connected socket until it closes. @param fd its descriptor. */
function converse(socket: Socket, fd: number, handler: ConversationHandler): void {
  const peer = peerCredentials(fd)?.pid;
  const conversation: Conversation = peer === undefined || peer === 0 ? {} : { peer };
  let pending = '';
  let turn = Promise.resolve();
  const handle = async (line: string): Promise<void> => {
    let reply: ControlReply | undefined;
    try {
      reply = await handler.answer(parseRequest(line), conversation);
    } catch (error) {
      reply = failure(error, handler);
    }
    if (reply !== undefined && !socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`);
  };
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > MAX_LINE) socket.destroy();
    for (const line of lines) turn = turn.then(() => handle(line));
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => handler.ended(conversation));
}

/** Who wants to join by this connection. @throws WorldError when somebody does already, or we do not see who it is. */
export function newLauncher({ peer, launcher }: Conversation): Tgid {
  if (launcher !== undefined) throw new WorldError('daemon-failed', 'This process has asked to join before.');
  if (peer !== undefined) return peer;
  throw new WorldError('unknown-process', 'The world is in a pid namespace that does not know this process.');
}

/** A conversation on a descriptor that is a connected socket already. */
export function converseOn(fd: number, handler: ConversationHandler): void {
  converse(new Socket({ fd, readable: true, writable: true }), fd, handler);
}

/** Node keeps it to itself. */
function descriptorOf(socket: Socket): number {
  return (socket as unknown as { readonly _handle?: { readonly fd?: number } })._handle?.fd ?? -1;
}

export function listen(path: string, handler: ConversationHandler): Promise<Server> {
  const server = createServer((socket) => converse(socket, descriptorOf(socket), handler));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}
