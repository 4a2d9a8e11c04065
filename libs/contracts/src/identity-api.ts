/** What other services send to and get from the identity service. Never recorded in a fact. */

export type Identifier = { scheme: string; value: string };

/** `POST /identity/v1/resolve` */
export type ResolveRequest = {
  /** A code, never text: it is kept in the log of who looked. `[a-z][a-z0-9.-]*` */
  purpose: string;
  /**
   * True: a refused subject is one outcome among others (its `field` is a pointer within that
   * subject). Default: it refuses the whole batch as a problem document.
   */
  partial?: boolean;
  subjects: {
    /** All identifiers of one subject; at least one. */
    identifiers: Identifier[];
    create: boolean;
    /** Sealed under the subject's own key when created or known. */
    name?: string;
  }[];
};

export type ResolveResult =
  | {
      outcome: 'resolved';
      subject: string;
      created: boolean;
      aliasSequence: number;
      flags: string[];
    }
  | { outcome: 'unknown' }
  | { outcome: 'refused'; reason: string; field: string };

export type ResolveResponse = { results: ResolveResult[] };

/** `POST /identity/v1/texts`: seals free text under a subject's (or a case's) own key. */
export type SealTextsRequest = {
  texts: {
    /** Chosen by the caller so that a retry seals nothing twice: 32 hex digits. */
    ref: string;
    /** The subject or case whose key it is sealed under: 32 hex digits. */
    owner: string;
    kind: 'case-number' | 'instrument-number' | 'name' | 'document' | 'remark';
    text: string;
  }[];
};

/**
 * `POST /identity/v1/bindings`: texts sealed under this owner (a case) concern these subjects. When
 * the last of them is erased, the texts are too.
 */
export type BindRequest = { owner: string; subjects: string[] };

/** `GET /identity/v1/aliases?after=`: changes of the alias table, in sequence, dense from 1. */
export type AliasChange = {
  sequence: number;
  /** `erased`: drop every alias of the subject; scheme and alias then say nothing. */
  kind: 'linked' | 'unlinked' | 'erased';
  scheme: string;
  /** Hex keyed hash of (scheme, normalised value); of `erased` 64 zeros. */
  alias: string;
  subject: string;
};
export type AliasesPage = { changes: AliasChange[]; next: number; last: number; at: string };
