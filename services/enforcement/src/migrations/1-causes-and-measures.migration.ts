import type { MigrationInterface, QueryRunner } from 'typeorm';

/** All of it can be rebuilt from facts: of the source ledgers, and of enforcement's own. */
export class CausesAndMeasures1764000000000 implements MigrationInterface {
  readonly name = 'CausesAndMeasures1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS enforcement');
    await runner.query(SOURCES);
    await runner.query(OWN);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive: restore instead');
  }
}

const SOURCES = `
  CREATE TABLE enforcement.cause (
    ledger text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    list text COLLATE "C" NOT NULL,
    origin text NOT NULL,
    ended boolean NOT NULL,
    position bigint NOT NULL,
    until jsonb,
    -- the moment \`until\` begins, for what is due to be lifted by time
    ends_at timestamptz,
    PRIMARY KEY (ledger, id)
  );
  CREATE INDEX cause_of_list ON enforcement.cause (list, ledger, id);
  CREATE TABLE enforcement.reference_fact (
    position bigint PRIMARY KEY,
    canonical text NOT NULL
  );
  -- One row per fact of the reference: the causes of its lists are gone through once.
  CREATE TABLE enforcement.job (
    position bigint PRIMARY KEY,
    epoch integer NOT NULL,
    correlation text NOT NULL,
    lists text[] NOT NULL,
    done boolean NOT NULL DEFAULT false,
    -- the last cause gone through
    cursor_list text COLLATE "C" NOT NULL DEFAULT '',
    cursor_ledger text COLLATE "C" NOT NULL DEFAULT '',
    cursor_id text COLLATE "C" NOT NULL DEFAULT ''
  );
  CREATE INDEX job_open ON enforcement.job (position) WHERE NOT done;
`;

const OWN = `
  -- Up to where enforcement's own ledger is folded into the two tables below.
  CREATE TABLE enforcement.view_place (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint NOT NULL
  );
  INSERT INTO enforcement.view_place (position) VALUES (-1);
  CREATE TABLE enforcement.decision (
    ledger text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    -- of the cause's stream, acknowledgements counted
    version integer NOT NULL,
    position bigint NOT NULL,
    measures text NOT NULL,
    PRIMARY KEY (ledger, id)
  );
  CREATE TABLE enforcement.measure (
    measure text COLLATE "C" PRIMARY KEY,
    ledger text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    list text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    implementer text COLLATE "C" NOT NULL,
    imposed boolean NOT NULL,
    -- the decision that imposed it, or that no longer does
    decision bigint NOT NULL,
    decided_at timestamptz NOT NULL,
    -- when its last row ends, if each of its rows does
    ends_at timestamptz,
    acknowledged_outcome text,
    acknowledged_decision bigint,
    acknowledged_at timestamptz
  );
  CREATE INDEX measure_of_cause ON enforcement.measure (ledger, cause);
  CREATE INDEX measure_of_implementer ON enforcement.measure (implementer, decided_at);
`;
