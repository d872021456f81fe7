/**
 * The sockets by which programs of a world speak to its TPM, as swtpm itself offers them (`swtpm:path=FILE` of tpm2-tools): commands on
 * FILE, and on FILE.ctrl what a driver would tell the hardware. Each connection has one command at work; one that is
 * silent keeps nobody else waiting.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { WorldError } from '../../errors.ts';
import { HEADER_SIZE, LARGEST, sizeOf } from './commands.ts';
import type { Swtpm } from './swtpm.ts';

/** Connections at a time. */
const MOST = 64;
/** CMD_SET_LOCALITY of swtpm_ioctls(3) with the only locality that software has, and success. */
const SET_LOCALITY = Buffer.from([0, 0, 0, 5, 0]);
const SUCCESS = Buffer.alloc(4);
/** TPM_BAD_PARAMETER */
const REFUSED = Buffer.from([0, 0, 0, 3]);

export class TpmClients {
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Socket>();
  readonly #tpm: Swtpm;
  readonly #used: (command: Buffer) => Promise<void>;

  /** @param used is told of each command that was carried out, before its answer is given. */
  constructor(tpm: Swtpm, used: (command: Buffer) => Promise<void>) {
    this.#tpm = tpm;
    this.#used = used;
  }

  /** @throws WorldError */
  async listen(file: string): Promise<void> {
    await this.#listen(file, (socket) => this.#serveCommands(socket));
    await this.#listen(`${file}.ctrl`, serveControl);
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#connections) socket.destroy();
  }

  #listen(file: string, serve: (socket: Socket) => void): Promise<void> {
    const server = createServer((socket) => {
      this.#connections.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#connections.delete(socket));
      serve(socket);
    });
    server.maxConnections = MOST;
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', ({ message }) =>
        reject(
          new WorldError('state-directory', `No socket for the TPM: ${message}.`, 'Name a shorter state directory.'),
        ),
      );
      server.listen(file, resolve);
    });
  }

  #serveCommands(socket: Socket): void {
    let received: Buffer = Buffer.alloc(0);
    let isAtWork = false;
    const next = (): void => {
      const size = sizeOf(received);
      if (size !== undefined && (size < HEADER_SIZE || size > LARGEST)) socket.destroy();
      if (isAtWork || size === undefined || received.length < size || socket.destroyed) return;
      const command = received.subarray(0, size);
      received = received.subarray(size);
      isAtWork = true;
      this.#tpm.send(command, (answer) => void answerWith(command, answer));
    };
    const answerWith = async (command: Buffer, answer: Buffer | undefined): Promise<void> => {
      await this.#used(command);
      if (answer === undefined) socket.destroy();
      else {
        socket.write(answer, () => {
          isAtWork = false;
          socket.resume();
          next();
        });
      }
    };
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      // What follows a command is read when that is answered.
      socket.pause();
      next();
      if (!isAtWork) socket.resume();
    });
  }
}

function serveControl(socket: Socket): void {
  let received = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    if (received.length < SET_LOCALITY.length && SET_LOCALITY.subarray(0, received.length).equals(received)) return;
    socket.end(received.equals(SET_LOCALITY) ? SUCCESS : REFUSED);
  });
}
