export type ActiveAfter = {
  snapshot: string;
  observedAt: string;
  expected: number;
  /** Events that this snapshot brought. */
  events: number;
  active: number[];
};

export function activeAfterEachSnapshot(folder: string): ActiveAfter[];
