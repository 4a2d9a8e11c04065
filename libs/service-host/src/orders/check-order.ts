import { ORDERS, type OrderLine, type OrderService } from '@writ/contracts';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { pointerPart } from '../json-pointer.js';
import { Problem } from '../problem.js';

/** An order that can be placed: the command over HTTP that it is. */
export type OrderCommand = {
  path: string;
  body: Record<string, unknown>;
  /** Orders of one lane are placed one after the other. */
  lane: string;
};

/** Where type and data stand in what was sent: over Kafka, or in a row of a batch. */
export type OrderFields = { type: string; data: string };

const ajv = new Ajv({ strict: true, allErrors: false });
const validators = new Map<string, ValidateFunction>();

/**
 * Holds an order against its closed schema.
 *
 * @param id of the order: what concerns nothing known yet is a lane of its own
 * @throws Problem 400 naming the member at fault; nothing of what was sent is repeated
 */
export function checkOrder(
  service: OrderService,
  { id, type, data }: { id: string; type: unknown; data: unknown },
  fields: OrderFields,
): OrderCommand {
  const line = lineOf(service, type, fields.type);
  const name = type as string;
  const validate = validators.get(name) ?? ajv.compile(line.data);
  validators.set(name, validate);
  if (!validate(data)) throw invalid(validate.errors?.[0], fields.data);
  return commandOf(line, data as Record<string, unknown>, `${service} ${id}`);
}

function lineOf(service: OrderService, type: unknown, field: string): OrderLine {
  if (typeof type !== 'string') throw new Problem(400, 'type_is_missing', field);
  const line = Object.hasOwn(ORDERS, type) ? ORDERS[type] : undefined;
  if (line?.service === service) return line;
  if (line) {
    const detail = `It is an order for ${line.service}.intake.`;
    throw new Problem(400, 'order_is_for_another_service', field, detail);
  }
  const family = type.replace(/\.v[1-9][0-9]*$/, '.v');
  const isKnown = Object.keys(ORDERS).some((known) => known.replace(/[0-9]+$/, '') === family);
  const reason = isKnown ? 'version_of_order_is_unknown' : 'type_of_order_is_unknown';
  throw new Problem(400, reason, field);
}

function commandOf(line: OrderLine, data: Record<string, unknown>, own: string): OrderCommand {
  const body = { ...data };
  // Checked by its schema to be ids and codes: nothing in them needs escaping in a path.
  const path = line.path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
    delete body[name];
    return String(data[name]);
  });
  return { path, body, lane: laneOf(line.service, data) ?? own };
}

/** What decisions on a case and its listings look at is the case; a memorandum looks at all. */
function laneOf(service: OrderService, data: Record<string, unknown>): string | undefined {
  if (service === 'regulatory') return service;
  const { case: caseId, listing } = data;
  if (typeof caseId === 'string') return caseId;
  return typeof listing === 'string' ? listing.slice(0, 32) : undefined;
}

function invalid(error: ErrorObject | undefined, at: string): Problem {
  const { instancePath = '', keyword, params = {}, message } = error ?? {};
  const named: unknown = params['additionalProperty'] ?? params['missingProperty'];
  const last = typeof named === 'string' ? `/${pointerPart(named)}` : '';
  const field = `${at}${instancePath}${last}`;
  if (keyword === 'additionalProperties') return new Problem(400, 'field_is_unknown', field);
  if (keyword === 'required') return new Problem(400, 'field_is_missing', field);
  return new Problem(400, 'field_is_invalid', field, `It ${message ?? 'is not as it must be'}.`);
}
