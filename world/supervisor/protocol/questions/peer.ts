import type { Tid } from '../../../../linux/ids.ts';
import type { PeerQuestion } from '../backend.ts';
import { answerOf, ofCaller } from './question.ts';

interface Peer extends PeerQuestion {
  readonly tid: Tid;
}

/** The value of a socket option about the peer, as the backend has it. */
export const peer = ofCaller(({ backend }, question: Peer, caller) => answerOf(backend.peer(question, caller)));
