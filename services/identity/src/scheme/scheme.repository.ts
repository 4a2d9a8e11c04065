import { record, refuse, type Decision } from '@writ/decider';
import { isBuiltInScheme, type SchemeDeclaration } from '@writ/identifiers';
import type { DataSource } from 'typeorm';
import { SchemeRow } from '../identity.entity.js';

/** Schemes declared as data. A declaration never changes, so a copy is never wrong, only short. */
export class SchemeRepository {
  #copy: ReadonlyMap<string, SchemeDeclaration> = new Map();

  constructor(private readonly database: DataSource) {}

  /** @returns all declared schemes; asks the database only about one it has not met, nor made */
  async declared(wanted: Iterable<string>): Promise<ReadonlyMap<string, SchemeDeclaration>> {
    for (const scheme of wanted) {
      if (this.#copy.has(scheme) || isBuiltInScheme(scheme)) continue;
      const rows = await this.all();
      this.#copy = new Map(rows.map((row) => [row.scheme, row]));
      break;
    }
    return this.#copy;
  }

  async all(): Promise<SchemeDeclaration[]> {
    const rows = await this.database.manager.find(SchemeRow, { order: { scheme: 'ASC' } });
    return rows.map(({ scheme, pattern, normalise }) => ({ scheme, pattern, normalise }));
  }

  /** Declares a scheme; the same declaration again changes nothing, another one is refused. */
  async declare(
    declaration: SchemeDeclaration,
    by: string,
    at: Date,
  ): Promise<Decision<SchemeDeclaration, 'scheme_is_declared_differently'>> {
    const { scheme, pattern } = declaration;
    const normalise = [...declaration.normalise];
    await this.database
      .createQueryBuilder()
      .insert()
      .into(SchemeRow)
      .values({ scheme, pattern, normalise, declaredBy: by, declaredAt: at })
      .orIgnore()
      .execute();
    const kept = await this.database.manager.findOneByOrFail(SchemeRow, { scheme });
    const isSame = kept.pattern === pattern && kept.normalise.join() === normalise.join();
    return isSame ? record(declaration) : refuse('scheme_is_declared_differently', '/scheme');
  }
}
