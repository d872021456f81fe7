/**
 * /sys/kernel/security/whiteegret/wecom: what the checker reads and writes; one has it open at a time.
 *
 * Model: we_fs.c of WhiteEgret 4.0.0 (2018). There read(2) returns 1 whatever it gave; here it returns the size of the
 * request, since who reads gets no more bytes than are returned. A shorter answer than struct we_ack is EFAULT: the
 * posted code takes what lies behind it. The ioctl that asks whether there is a request is not here.
 */
import { E } from '../../linux/errno.ts';
import { type InodeNumbers, PseudoFile, StaticDirectory } from '../../vfs/pseudo/index.ts';
import { type DirectoryEntry, type Handle, Pending } from '../../vfs/tree/node.ts';
import { KERN_ERR, KERN_WARNING, type KernelLog } from '../framework/facts.ts';
import { ACK_SIZE, readAck } from './message.ts';
import type { RequestQueue } from './requests.ts';

/** sizeof(struct we_req_q): the posted code wants so much room beside the path. */
const ROOM = 64;

export function whiteegretDirectory(
  requests: RequestQueue,
  log: KernelLog,
  numbers: InodeNumbers,
  time: bigint,
): DirectoryEntry {
  const node = new PseudoFile({ ino: numbers.next(), mode: 0o600, time }, () => {
    if (requests.opened) {
      log.print('WhiteEgret: WhiteEgret has already started.', KERN_WARNING);
      return E.EACCES;
    }
    requests.opened = true;
    return checkerHandle(requests, log);
  });
  const entries = [{ name: 'wecom', node }];
  return { name: 'whiteegret', node: new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries }) };
}

function checkerHandle(requests: RequestQueue, log: KernelLog): Handle {
  /** The first request. One that does not fit is refused, and the next one is waited for. */
  const next = (length: number): Uint8Array | undefined => {
    for (let request = requests.first; request !== undefined; request = requests.first) {
      const { bytes } = request.asked;
      const pathSize = new DataView(bytes.buffer).getInt32(32, true);
      if (length - ROOM > pathSize) return bytes;
      log.print(`WhiteEgret: Path length of exec is too long (${pathSize}).`, KERN_ERR);
      request.settle(-E.EACCES.number);
    }
    return undefined;
  };
  return {
    writeMovesPosition: false,
    read: (length) =>
      next(length) ??
      new Pending((settle) => {
        let stop = (): void => undefined;
        const look = (): void => {
          const bytes = next(length);
          if (bytes === undefined) stop = requests.whenAsked(look);
          else settle(bytes);
        };
        look();
        return { cancel: () => stop() };
      }),
    write: (data) => {
      if (data.length < ACK_SIZE) return E.EFAULT;
      const { tgid, permit } = readAck(data);
      if (requests.answer(tgid, permit)) return ACK_SIZE;
      log.print(`WhiteEgret: send_ack: can not find we_req. pid(${tgid})`, KERN_WARNING);
      return E.EACCES;
    },
    release: () => requests.close(-E.EINVAL.number),
  };
}
