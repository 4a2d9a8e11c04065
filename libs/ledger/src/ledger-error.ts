/** A command the ledger cannot take as it stands: the caller's bug, nothing was recorded. */
export class LedgerInputError extends Error {
  /**
   * @param reason the rule broken, as a sentence
   * @param field JSON Pointer of the field at fault
   */
  constructor(
    readonly reason: string,
    readonly field: string = '',
  ) {
    super(field === '' ? reason : `${reason} at ${field}`);
    this.name = 'LedgerInputError';
  }
}

/**
 * The ledger could not be reached in time, or has been closed. The outcome of the command is
 * **unknown**: try again with the same key.
 */
export class LedgerUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LedgerUnavailableError';
  }
}

/** This process's clock is more than 5 s ahead of the database's: nothing was recorded. */
export class LedgerClockError extends Error {
  constructor() {
    super('clock_is_ahead_of_the_database');
    this.name = 'LedgerClockError';
  }
}

/** The database refused this one command; the others of its batch are recorded. */
export class LedgerSqlError extends Error {
  constructor(
    /** SQLSTATE. */
    readonly code: string,
    options: ErrorOptions,
  ) {
    super(`the database refused the command (SQLSTATE ${code})`, options);
    this.name = 'LedgerSqlError';
  }
}
