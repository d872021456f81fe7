/**
 * add_key(2), request_key(2) and keyctl(2) for keys that the emulated kernel keeps (key.ts): security/keys/keyctl.c.
 *
 * Arguments come as values: the supervisor has read them from the caller's memory, the daemon has checked certificates.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { KEY_POS, KEYCTL } from '../../../linux/keyctl.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';
import { parseCertificate } from './certificate.ts';
import { isOwnSerial, type Key } from './key.ts';
import type { KeyChange, KeyEvent } from './key-event.ts';
import type { NewKey } from './key-store.ts';
import type { Keyrings } from './keyring.ts';

/** What keyctl(2) finds out. */
export type KeyQuestion =
  | { readonly ask: 'describe' | 'read'; readonly serial: number }
  | { readonly ask: 'search'; readonly ring: number; readonly type: string; readonly description: string };

export interface KeyCallsHost {
  readonly hooks: HookList;
  taskOf(caller: Caller): Task;
}

/** Longest payload of a user key. */
const USER_PAYLOAD = 32767;

export class KeyCalls {
  readonly #keyrings: Keyrings;
  readonly #host: KeyCallsHost;

  constructor(keyrings: Keyrings, host: KeyCallsHost) {
    this.#keyrings = keyrings;
    this.#host = host;
  }

  /** Is a keyring with this name kept here, wherever it is put? */
  isKept(name: string): boolean {
    return this.#keyrings.names.has(name);
  }

  /** The number of the keyring with this name; ENOKEY when this caller finds none, `undefined` when it would not be kept here. */
  request(name: string, { uid }: Caller): Result<number> | undefined {
    return this.isKept(name) ? (this.#keyrings.store.findRing(name, uid)?.serial ?? E.ENOKEY) : undefined;
  }

  /** Lines of /proc/keys: proc_keys_show(). */
  list({ uid }: Pick<Caller, 'uid'>): string[] {
    return this.#keyrings.store.visible(uid).map(keyLine);
  }

  /** The answer of the call: a value, or bytes for its buffer. */
  ask(question: KeyQuestion, caller: Caller): Result<number | Uint8Array> {
    const { store } = this.#keyrings;
    if (question.ask === 'search') {
      const { ring, type, description } = question;
      const found = store.search(ring, type, description, caller);
      return failed(found) ? found : found.serial;
    }
    const key = store.owned(question.serial, caller, question.ask === 'read' ? KEY_POS.READ : KEY_POS.VIEW);
    if (failed(key)) return key;
    const { type, uid, gid, perm, description, payload, links } = key;
    if (question.ask === 'describe')
      return bytesOf(`${type};${uid};${gid};${perm.toString(16).padStart(8, '0')};${description}\0`);
    if (type === 'asymmetric' || type === 'blacklist') return E.EOPNOTSUPP;
    if (type === 'user') return payload;
    const serials = new DataView(new ArrayBuffer(4 * links.size));
    [...links].forEach(({ serial }, index) => {
      serials.setInt32(4 * index, serial, true);
    });
    return new Uint8Array(serials.buffer);
  }

  /** What the stack does with the event. */
  apply({ change, caller }: KeyEvent): Result<number> {
    switch (change.call) {
      case 'add':
        return this.#add(change, caller);
      case 'added':
        this.#tell(change.ring, change.type, Buffer.from(change.payload, 'base64'), caller);
        return 0;
      case 'control':
        return this.#control(change, caller);
    }
  }

  #add({ type, description, payload, ring }: KeyChange & { call: 'add' }, caller: Caller): Result<number> {
    const { store } = this.#keyrings;
    const bytes = Buffer.from(payload, 'base64');
    if (type === 'keyring') {
      if (description.startsWith('.')) return E.EPERM;
      if (bytes.length > 0) return E.EINVAL;
      if (!isOwnSerial(ring)) return store.addRing(description, caller);
      const into = store.owned(ring, caller, KEY_POS.WRITE);
      if (failed(into)) return into;
      return into.restricted === undefined ? E.EPERM : E.EOPNOTSUPP;
    }
    const into = store.owned(ring, caller, KEY_POS.WRITE);
    if (failed(into)) return into;
    const key = newKey(type, description, bytes);
    if (failed(key)) return key;
    if (key.certificate !== undefined && this.#keyrings.isRevoked(key.certificate)) return E.EKEYREJECTED;
    const added = store.add(key, ring, caller);
    if (failed(added)) return added;
    this.#tell(into.description, type, bytes, caller);
    return added.serial;
  }

  #tell(ring: string, type: string, payload: Uint8Array, caller: Caller): void {
    this.#host.hooks.notify('keyPostCreateOrUpdate', this.#host.taskOf(caller), { ring, type, payload }, caller);
  }

  #control({ operation, first, second }: KeyChange & { call: 'control' }, caller: Caller): Result<number> {
    const { store } = this.#keyrings;
    switch (operation) {
      case KEYCTL.GET_KEYRING_ID: {
        const key = store.owned(first, caller, KEY_POS.SEARCH);
        return failed(key) ? key : key.serial;
      }
      case KEYCTL.REVOKE:
        return store.revoke(first, caller, KEY_POS.WRITE | KEY_POS.SETATTR) ?? 0;
      case KEYCTL.INVALIDATE:
        return store.revoke(first, caller, KEY_POS.SEARCH) ?? 0;
      case KEYCTL.SETPERM:
        return store.setPerm(first, second, caller) ?? 0;
      case KEYCTL.CLEAR:
        return store.clear(first, caller) ?? 0;
      case KEYCTL.LINK:
        // The type and owner of a key of the host are not known here.
        return isOwnSerial(first) && isOwnSerial(second) ? (store.link(first, second, caller) ?? 0) : E.EPERM;
      case KEYCTL.UNLINK:
        if (!isOwnSerial(second)) return store.unlinkRing(first, caller) ?? 0;
        return store.unlink(first, second, caller) ?? 0;
      default:
        return E.EOPNOTSUPP;
    }
  }
}

function keyLine(key: Key): string {
  const { serial, type, perm, uid, gid, revoked, uncounted } = key;
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const ids = [uid, gid].map((id) => String(id).padStart(5)).join(' ');
  const flags = `I${revoked ? 'R' : '-'}-${uncounted === true ? '-' : 'Q'}---`;
  return `${hex(serial)} ${flags}     1 perm ${hex(perm)} ${ids} ${type.slice(0, 9).padEnd(9)} ${described(key)}\n`;
}

/** What a type says of a key. */
function described({ type, description, payload, certificate, links }: Key): string {
  if (type === 'keyring') return `${description}: ${links.size === 0 ? 'empty' : links.size}`;
  if (type === 'user') return `${description}: ${payload.length}`;
  if (type === 'blacklist') return description;
  const id = Buffer.from(certificate?.keyId ?? '')
    .toString('hex')
    .slice(-8);
  const { key } = certificate ?? {};
  const algorithm = key?.kind === 'ecdsa' ? key.key.curve.name : 'rsa';
  return `${description}: X509.${algorithm} ${id} []`;
}

function newKey(type: string, description: string, payload: Uint8Array): Result<NewKey> {
  if (type === 'user') {
    if (payload.length === 0 || payload.length > USER_PAYLOAD) return E.EINVAL;
    return { type, description, payload };
  }
  if (type !== 'asymmetric') return E.EOPNOTSUPP;
  const certificate = parseCertificate(payload);
  return certificate === undefined ? E.EBADMSG : { type, description, payload: new Uint8Array(0), certificate };
}
