import type { Receipt } from '@writ/contracts';
import { handle, refuse, type HandleRefusal, type Refusal } from '@writ/decider';
import type { LedgerWriter, RecordedFact } from '@writ/ledger';
import { problemOf, receiptOf, type CommandContext } from '@writ/service-host';
import {
  acknowledgeMeasure,
  type AcknowledgedCause,
  type Acknowledgement,
  type AcknowledgementRefusal,
} from './acknowledge-measure.js';
import type { AcknowledgedRequests } from './acknowledged-request.postgres.js';
import { evolveMeasureRecord, nothingDecided, type MeasureFact } from './measure-record.js';

export type RowOutcome =
  | { outcome: 'recorded'; measureId: string; receipt: Receipt }
  | {
      outcome: 'refused';
      measureId: string;
      refusal: Refusal<AcknowledgementRefusal | HandleRefusal>;
    };

export type DeskPorts = {
  ledger: Pick<LedgerWriter, 'readStream' | 'findKey' | 'append'>;
  requests: AcknowledgedRequests;
  /** Makes what `causesOf` finds current. */
  catchUp(): Promise<void>;
  causesOf(measureIds: readonly string[]): Promise<ReadonlyMap<string, AcknowledgedCause>>;
  now(): Date;
  jitter(attempt: number): Promise<void>;
};

/** Takes batches of acknowledgements: each row is a command of its own, with its own key. */
export class AcknowledgementDesk {
  constructor(private readonly ports: DeskPorts) {}

  /** Makes all that is recorded by now visible to queries. */
  catchUp(): Promise<void> {
    return this.ports.catchUp();
  }

  /**
   * @returns one outcome per row, in order
   * @throws Problem 422 when the idempotency key came with another body before: nothing is recorded
   */
  async acknowledge(
    rows: readonly Acknowledgement[],
    context: CommandContext,
  ): Promise<RowOutcome[]> {
    await this.refuseAnotherBody(rows, context);
    await this.ports.catchUp();
    const causes = await this.ports.causesOf(rows.map(({ measureId }) => measureId));
    const outcomes: RowOutcome[] = [];
    const take = async (index: number) => {
      const row = rows[index];
      if (row) outcomes[index] = await this.acknowledgeOne(row, index, causes, context);
    };
    await Promise.all(
      sameCauseInOrder(rows, causes).map(async (indexes) => {
        for (const index of indexes) await take(index);
      }),
    );
    const isRefused = outcomes.every(({ outcome }) => outcome === 'refused');
    await this.ports.requests[isRefused ? 'release' : 'keep'](context);
    return outcomes;
  }

  private async acknowledgeOne(
    row: Acknowledgement,
    index: number,
    causes: ReadonlyMap<string, AcknowledgedCause>,
    context: CommandContext,
  ): Promise<RowOutcome> {
    const { measureId } = row;
    const cause = causes.get(measureId);
    const command = { key: keyOf(context, index), fingerprint: context.fingerprint };
    let said: RecordedFact | undefined;
    const result = await handle(
      this.ports.ledger,
      command,
      async (read) => {
        if (!cause) return refuse('measure_is_unknown', '/measureId');
        const stream = `cause-${cause.ledger}-${cause.id}`;
        const events = await read(stream);
        const facts = events.map(({ fact }) => fact as MeasureFact);
        const state = facts.reduce(evolveMeasureRecord, nothingDecided);
        said = events.findLast(({ fact }) => isAbout(fact as MeasureFact, measureId));
        const decision = acknowledgeMeasure(state, cause, row, {
          ...context,
          now: this.ports.now(),
        });
        if (decision.kind === 'refuse') return decision;
        return { ...decision, events: decision.events.map((event) => ({ stream, event })) };
      },
      { jitter: (attempt) => this.ports.jitter(attempt) },
    );
    if (result.kind === 'refused') {
      return { outcome: 'refused', measureId, refusal: result.refusal };
    }
    // Nothing new: the receipt is that of the same words said before.
    const events = result.events.length > 0 || !said ? result.events : [said];
    return { outcome: 'recorded', measureId, receipt: receiptOf(events) };
  }

  /**
   * By the keys of its rows a changed request is told only where the first recorded something: a
   * row that was refused, or said nothing new, left none.
   */
  private async refuseAnotherBody(
    rows: readonly Acknowledgement[],
    context: CommandContext,
  ): Promise<void> {
    const { ledger, requests } = this.ports;
    // Requests older than what `requests` keeps are known by their rows alone.
    const known = await Promise.all(rows.map((_, index) => ledger.findKey(keyOf(context, index))));
    const isOther = known.some((entry) => entry && entry.fingerprint !== context.fingerprint);
    if (isOther || !(await requests.take(context))) {
      throw problemOf({ reason: 'key_reused_with_another_body' });
    }
  }
}

function keyOf({ key }: CommandContext, index: number): string {
  return `${key}/${index}`;
}

function isAbout(fact: MeasureFact, measureId: string): boolean {
  return fact.type === 'enforcement.measure-acknowledged.v1' && fact.data.measure === measureId;
}

/** Rows of one cause write to one stream: side by side they would only get in each other's way. */
function sameCauseInOrder(
  rows: readonly Acknowledgement[],
  causes: ReadonlyMap<string, AcknowledgedCause>,
): number[][] {
  const groups = new Map<string, number[]>();
  rows.forEach(({ measureId }, index) => {
    const cause = causes.get(measureId);
    const group = cause ? `${cause.ledger}-${cause.id}` : measureId;
    groups.set(group, [...(groups.get(group) ?? []), index]);
  });
  return [...groups.values()];
}
