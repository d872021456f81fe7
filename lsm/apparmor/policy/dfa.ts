export declare class Dfa {
  next(state: number, byte: number): number;
}
