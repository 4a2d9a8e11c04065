/** A refusal: the rule broken or the fact in the way, as a sentence; data, never an exception. */
export type Refusal<R extends string = string> = {
  reason: R;
  /** JSON Pointer of the field at fault, when one field is. */
  field?: string;
};

/** What a decision returns: events to record (none = nothing changes), or a refusal. */
export type Decision<E, R extends string = string> =
  { kind: 'record'; events: readonly E[] } | { kind: 'refuse'; refusal: Refusal<R> };

/** Record these events; called with none, the command is accepted and changes nothing. */
export function record<E>(...events: readonly E[]): { kind: 'record'; events: readonly E[] } {
  return { kind: 'record', events };
}

/** Refuse the command: an expected, typed answer. */
export function refuse<R extends string>(
  reason: R,
  field?: string,
): { kind: 'refuse'; refusal: Refusal<R> } {
  return { kind: 'refuse', refusal: field === undefined ? { reason } : { reason, field } };
}
