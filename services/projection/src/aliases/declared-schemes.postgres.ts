import type { Decision } from '@writ/decider';
import { isBuiltInScheme, type SchemeDeclaration } from '@writ/identifiers';
import { Problem } from '@writ/service-host';
import type { Pool } from 'pg';

type Declared = ReadonlyMap<string, SchemeDeclaration>;

export type DeclaredSchemesOptions = {
  reader: Pool;
  writer: Pool;
  /** All that identity knows; throws when it cannot be asked. */
  fetch: () => Promise<readonly SchemeDeclaration[]>;
  clock: { now(): Date };
};

/** So often at most is identity asked about schemes that it has not heard of. */
const FRESH_MS = 1_000;

/**
 * Schemes declared as data at the identity service. Kept beside the aliases, so that an answer
 * needs no hop and a restart while identity is away forgets nothing; a declaration never changes,
 * so a copy is never wrong, only short.
 */
export class DeclaredSchemes {
  private known: Declared = new Map();
  private askedAtMs = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;

  constructor(private readonly options: DeclaredSchemesOptions) {}

  /**
   * Reads a request with the schemes known; with more, where it is refused for an unknown one.
   *
   * @throws Problem 503 while identity cannot be asked about a scheme that is not known here
   */
  async reading<T, R extends string>(
    read: (declared: Declared) => Decision<T, R>,
  ): Promise<Decision<T, R>> {
    let decision = read(this.known);
    for (const learn of [() => this.readKept(), () => this.ask()]) {
      if (decision.kind === 'record' || decision.refusal.reason !== 'scheme_is_unknown') break;
      if (Math.abs(this.nowMs() - this.askedAtMs) < FRESH_MS) break;
      await learn();
      decision = read(this.known);
    }
    return decision;
  }

  /** Learns the schemes that new aliases came with, while identity is there to tell. */
  async meet(schemes: Iterable<string>): Promise<void> {
    for (const scheme of schemes) {
      if (isBuiltInScheme(scheme) || this.known.has(scheme)) continue;
      await this.readKept();
      if (!this.known.has(scheme)) await this.ask();
      return;
    }
  }

  private nowMs(): number {
    return this.options.clock.now().getTime();
  }

  private async readKept(): Promise<void> {
    const { rows } = await this.options.reader.query<SchemeDeclaration>(
      'SELECT scheme, pattern, normalise FROM projection.scheme',
    );
    this.known = byScheme(rows);
  }

  /** Who comes while identity is being asked waits for the same answer. */
  private ask(): Promise<void> {
    this.asking ??= this.fetchAndKeep().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async fetchAndKeep(): Promise<void> {
    const declared = await this.options.fetch().catch(() => {
      throw new Problem(503, 'identity_is_unavailable');
    });
    await this.options.writer.query(
      `INSERT INTO projection.scheme (scheme, pattern, normalise)
       SELECT given.scheme, given.pattern, given.normalise
       FROM jsonb_to_recordset($1::jsonb) AS given (scheme text, pattern text, normalise text[])
       ON CONFLICT (scheme) DO NOTHING`,
      [JSON.stringify(declared)],
    );
    this.known = byScheme(declared);
    this.askedAtMs = this.nowMs();
  }
}

function byScheme(declared: readonly SchemeDeclaration[]): Declared {
  return new Map(declared.map((declaration) => [declaration.scheme, declaration]));
}
