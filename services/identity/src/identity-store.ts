import type { KeyObject } from 'node:crypto';
import type { Access } from './access-log.repository.js';
import type { ErasureRepository } from './erasure/erasure.repository.js';
import type { SchemeRepository } from './scheme/scheme.repository.js';
import type { SubjectRepository } from './subject/subject.repository.js';
import type { TextRepository } from './text/text.repository.js';

/** All that the controllers stand on; put together in the module alone. */
export type IdentityStore = {
  keys: {
    /** `alias.key`: shared with whoever looks identifiers up. */
    alias: KeyObject;
    /** `texts.key`: wraps the data key of every owner; this service's alone. */
    texts: Buffer;
  };
  subjects: SubjectRepository;
  texts: TextRepository;
  schemes: SchemeRepository;
  erasures: ErasureRepository;
  logAccess(access: Access): Promise<void>;
};

/** Injection token of the store. */
export const IDENTITY_STORE = Symbol('writ identity store');
