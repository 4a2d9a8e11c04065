import { Type } from '@sinclair/typebox';
import { closed, Code, LegalTime, PublicText, SchemeName } from '../envelope.js';
import { ListDeclared, MemorandumRow } from '../facts/regulatory.js';
import type { OrderLine } from './order.js';

const service = 'regulatory' as const;

const MemorandumVersion = {
  memorandum: Code,
  title: PublicText,
  effectiveFrom: LegalTime,
  until: Type.Optional(LegalTime),
  rows: Type.Array(MemorandumRow, { maxItems: 200 }),
  after: Type.Optional(Type.Integer({ minimum: 1 })),
};

/** What regulators' systems order, by type. Copies of whole lists are feeds, and go over HTTP. */
export const REGULATORY_ORDERS = {
  'regulatory.intake.list-declaration-ordered.v1': {
    service,
    summary: 'Declare a list, or a new version of its declaration.',
    path: '/regulatory/v1/lists',
    data: closed({
      list: Code,
      kind: ListDeclared.properties.kind,
      title: PublicText,
      issuer: Type.Optional(Code),
      jurisdiction: Code,
      coverage: closed({
        schemes: Type.Array(SchemeName, { minItems: 1, maxItems: 50, uniqueItems: true }),
        places: Type.Array(Code, { minItems: 1, maxItems: 500, uniqueItems: true }),
        from: LegalTime,
      }),
    }),
  },
  'regulatory.intake.memorandum-concluded.v1': {
    service,
    summary: 'The first version of a memorandum: its complete rows.',
    path: '/regulatory/v1/memoranda',
    data: closed(MemorandumVersion),
  },
  'regulatory.intake.memorandum-amended.v1': {
    service,
    summary: 'The next version of a memorandum: its complete rows.',
    path: '/regulatory/v1/memoranda/{memorandum}/versions',
    data: closed(MemorandumVersion),
  },
} as const satisfies Record<string, OrderLine>;
