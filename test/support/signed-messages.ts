/**
 * Detached signatures as scripts/sign-file of the kernel makes them, by openssl(1), for tests.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const NEW_KEY = { rsa: '-newkey rsa:2048', ec: '-newkey ec -pkeyopt ec_paramgen_curve:P-256' } as const;
const MARKER = '~Module signature appended~\n';

/** A folder with keys and certificates. */
export class SigningFolder {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-signed-'));

  /** @returns its certificate, DER. */
  make(name: string, kind: keyof typeof NEW_KEY): Buffer {
    this.#openssl(`req -x509 ${NEW_KEY[kind]} -nodes -subj /CN=${name} -keyout ${name}.key -out ${name}.pem`);
    this.#openssl(`x509 -in ${name}.pem -outform DER -out ${name}.der`);
    return readFileSync(path.join(this.#folder, `${name}.der`));
  }

  /** PKCS#7. @param words further options of `openssl cms -sign`. */
  sign(content: string | Uint8Array, names: readonly string[], words = '-noattr -nocerts -md sha256'): Buffer {
    writeFileSync(path.join(this.#folder, 'content'), content);
    const signers = names.map((name) => `-signer ${name}.pem -inkey ${name}.key`).join(' ');
    this.#openssl(`cms -sign -binary ${words} ${signers} -in content -outform DER -out message`);
    return readFileSync(path.join(this.#folder, 'message'));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #openssl(words: string): void {
    execFileSync('openssl', words.split(' '), { cwd: this.#folder, stdio: 'ignore' });
  }
}

/** A file with the signature at its end. */
export function append(content: string, message: Uint8Array): Buffer {
  const header = Buffer.alloc(12);
  header[2] = 2;
  header.writeUInt32BE(message.length, 8);
  return Buffer.concat([Buffer.from(content), message, header, Buffer.from(MARKER)]);
}
