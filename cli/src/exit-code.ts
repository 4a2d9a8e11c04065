import type { Answer } from '@writ/contracts';

/** What the exit code of `writ` says; documented in `writ --help` and the README of this folder. */
export const EXIT = {
  fine: 0,
  /** The service refused, or what was compared differs. */
  refused: 1,
  usage: 2,
  notReachable: 3,
  /** The service cannot answer yet (503): ask again. */
  notYet: 4,
  /** A fault of Writ's own. */
  fault: 5,
  restricted: 10,
  undetermined: 11,
  notCovered: 12,
  /** The feed was taken in, but some of its rows could not be read. */
  rowsRefused: 20,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF_ANSWER: Record<Answer, ExitCode> = {
  NOT_RESTRICTED: EXIT.fine,
  RESTRICTED: EXIT.restricted,
  UNDETERMINED: EXIT.undetermined,
  NOT_COVERED: EXIT.notCovered,
};

const GRAVEST_FIRST: readonly Answer[] = ['RESTRICTED', 'UNDETERMINED', 'NOT_COVERED'];

/** @returns the exit code of an answer about several measures: that of the gravest */
export function exitOfAnswers(answers: readonly Answer[]): ExitCode {
  const gravest = GRAVEST_FIRST.find((answer) => answers.includes(answer)) ?? 'NOT_RESTRICTED';
  return EXIT_OF_ANSWER[gravest];
}

/** @returns the exit code for an HTTP status that is not a success */
export function exitOfStatus(status: number): ExitCode {
  if (status === 503) return EXIT.notYet;
  return status >= 500 ? EXIT.fault : EXIT.refused;
}
