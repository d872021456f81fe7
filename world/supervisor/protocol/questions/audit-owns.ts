import type { Answer, Answerer } from './question.ts';

/** Is the socket of this inode number an audit socket of ours? */
export function auditOwns({ backend }: Answerer, { socket }: { readonly socket: number }): Answer<boolean> {
  return { errno: 0, value: backend.audit.owns(socket) };
}
