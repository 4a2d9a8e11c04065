export type ActiveAfter = {
  snapshot: string;
  observedAt: string;
  expected: number;
  active: number[];
};

export function activeAfterEachSnapshot(folder: string): ActiveAfter[];
