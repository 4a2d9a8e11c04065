import { describe, it } from '@jest/globals';
import type { CourtFact } from '@writ/contracts';
import { asked, given, onCase, opened } from '../court.fixture.js';
import { openCase, type OpenCase } from './open-case.js';

const command = (fact: CourtFact = opened()) => fact.data as OpenCase;

describe('opening a case', () => {
  it('records the instrument, and its numbers by reference only', () =>
    given()
      .when((file) => openCase(file.case, command(), asked))
      .thenRecords(onCase(opened())));

  it('may precede the instrument’s taking effect', () =>
    given()
      .when((file) => openCase(file.case, command(opened('2026-12-31')), asked))
      .thenRecords(onCase(opened('2026-12-31'))));

  it('happens once', () =>
    given(opened())
      .when((file) => openCase(file.case, command(), asked))
      .thenRefuses('case_already_open'));
});
