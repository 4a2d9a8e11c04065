import { describe, expect, it } from '@jest/globals';
import { SubjectStateMessage } from '@writ/contracts';
import { Ajv } from 'ajv';
import { canonicalState } from '../fold/canonical-state.js';
import { stateMessage } from './state-message.js';

const subject = '0'.repeat(31) + '7';
const about = { subject, foldVersion: 1, position: { court: 4, regulatory: -1, enforcement: 2 } };
const court = { listings: {}, obligations: {} };
const enforcement = { decisions: {} };

describe('the message of a subject’s state', () => {
  it('is canonical text of what the contract says', () => {
    const text = stateMessage(about, {
      court: canonicalState(court),
      enforcement: canonicalState(enforcement),
    })!;
    const value = JSON.parse(text) as SubjectStateMessage;
    expect(value).toEqual({ ...about, state: { court, enforcement } });
    expect(text).toBe(canonicalState(value));
    expect(new Ajv().validate(SubjectStateMessage, value)).toBe(true);
  });

  it('is a tombstone where nothing is kept', () => expect(stateMessage(about, {})).toBeNull());
});
