import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Row shapes; seen by the repository alone. The fold writes the same tables by SQL. */

@Entity({ schema: 'enforcement', name: 'measure' })
export class MeasureEntity {
  @PrimaryColumn({ type: 'text' }) measure: string;
  @Column({ type: 'text' }) ledger: 'court' | 'regulatory';
  @Column({ type: 'text' }) cause: string;
  @Column({ type: 'text' }) subject: string;
  @Column({ type: 'text' }) list: string;
  @Column({ type: 'text' }) code: string;
  @Column({ type: 'text' }) implementer: string;
  @Column({ type: 'boolean' }) imposed: boolean;
  @Column({ type: 'bigint' }) decision: string;
  @Column({ type: 'timestamptz', name: 'decided_at' }) decidedAt: Date;
  @Column({ type: 'timestamptz', name: 'ends_at', nullable: true }) endsAt: Date | null;
  @Column({ type: 'text', name: 'acknowledged_outcome', nullable: true })
  acknowledgedOutcome: string | null;
  @Column({ type: 'bigint', name: 'acknowledged_decision', nullable: true })
  acknowledgedDecision: string | null;
  @Column({ type: 'timestamptz', name: 'acknowledged_at', nullable: true })
  acknowledgedAt: Date | null;
}

@Entity({ schema: 'enforcement', name: 'cause' })
export class CauseEntity {
  @PrimaryColumn({ type: 'text' }) ledger: 'court' | 'regulatory';
  @PrimaryColumn({ type: 'text' }) id: string;
  @Column({ type: 'text' }) subject: string;
  @Column({ type: 'jsonb', nullable: true })
  until: { date: string; zone: string } | { instant: string } | null;
  @Column({ type: 'timestamptz', name: 'ends_at', nullable: true }) endsAt: Date | null;
}
