import { isBuiltInScheme, type SchemeDeclaration } from '@writ/identifiers';

const FRESH_MS = 1_000;
const TIMEOUT_MS = 2_000;

/**
 * Schemes declared as data at the identity service, kept here; asked for again only when somebody
 * names one that is neither built in nor known.
 */
export class DeclaredSchemes {
  private declared: ReadonlyMap<string, SchemeDeclaration> = new Map();
  private askedAtMs = Number.NEGATIVE_INFINITY;

  /** @param baseUrl origin of the identity service */
  constructor(
    private readonly baseUrl: string,
    private readonly clock: { now(): Date },
  ) {}

  /** @returns what is known, after asking once more if one of these schemes is not among it */
  async knowing(schemes: readonly (string | undefined)[]): Promise<typeof this.declared> {
    const unknown = schemes.some(
      (scheme) =>
        typeof scheme === 'string' && !isBuiltInScheme(scheme) && !this.declared.has(scheme),
    );
    const nowMs = this.clock.now().getTime();
    if (!unknown || Math.abs(nowMs - this.askedAtMs) < FRESH_MS) return this.declared;
    this.askedAtMs = nowMs;
    try {
      const answer = await fetch(`${this.baseUrl}/identity/v1/schemes`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const { declared } = (await answer.json()) as { declared: SchemeDeclaration[] };
      this.declared = new Map(declared.map((declaration) => [declaration.scheme, declaration]));
    } catch {
      // Identity is away: what is known still answers; the next one to ask tries again.
      this.askedAtMs = Number.NEGATIVE_INFINITY;
    }
    return this.declared;
  }
}
