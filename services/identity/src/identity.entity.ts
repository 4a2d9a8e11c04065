import type { NormaliseStep } from '@writ/identifiers';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Row shapes; seen by repositories alone. Bulk paths use the same tables by SQL. */

@Entity({ schema: 'identity', name: 'sealed_text' })
export class SealedTextRow {
  @PrimaryColumn({ type: 'text' }) ref: string;
  @Column({ type: 'text' }) owner: string;
  @Column({ type: 'text' }) kind: string;
  @Column({ type: 'bytea' }) sealed: Buffer;
}

@Entity({ schema: 'identity', name: 'alias' })
export class AliasRow {
  @PrimaryColumn({ type: 'text' }) alias: string;
  @Column({ type: 'text' }) scheme: string;
  @Column({ type: 'text' }) subject: string;
  @Column({ type: 'bigint' }) sequence: string;
  @Column({ type: 'bytea' }) sealed: Buffer;
}

@Entity({ schema: 'identity', name: 'scheme' })
export class SchemeRow {
  @PrimaryColumn({ type: 'text' }) scheme: string;
  @Column({ type: 'text' }) pattern: string;
  @Column({ type: 'jsonb' }) normalise: NormaliseStep[];
  @Column({ type: 'text', name: 'declared_by' }) declaredBy: string;
  @Column({ type: 'timestamptz', name: 'declared_at' }) declaredAt: Date;
}

@Entity({ schema: 'identity', name: 'key_digest' })
export class KeyDigestRow {
  @PrimaryColumn({ type: 'text' }) name: string;
  @Column({ type: 'text' }) digest: string;
}

export const IDENTITY_ENTITIES = [SealedTextRow, AliasRow, SchemeRow, KeyDigestRow];
