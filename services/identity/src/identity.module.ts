import { Module, type DynamicModule } from '@nestjs/common';
import { aliasKeyFrom } from '@writ/identifiers';
import { SERVICE_HOST, type ServiceHost } from '@writ/service-host';
import { DataSource } from 'typeorm';
import { logAccess } from './access-log.repository.js';
import { ErasureController } from './erasure/erasure.controller.js';
import { ErasureRepository } from './erasure/erasure.repository.js';
import { IDENTITY_STORE, type IdentityStore } from './identity-store.js';
import { IDENTITY_ENTITIES } from './identity.entity.js';
import { SchemeController } from './scheme/scheme.controller.js';
import { SchemeRepository } from './scheme/scheme.repository.js';
import { SubjectController } from './subject/subject.controller.js';
import { SubjectRepository } from './subject/subject.repository.js';
import { assertKeysAreOurs } from './text/data-key.repository.js';
import { TextController } from './text/text.controller.js';
import { TextRepository } from './text/text.repository.js';

/** The only composition root of the service. */
@Module({})
export class IdentityModule {
  static register(host: ServiceHost): DynamicModule {
    return {
      module: IdentityModule,
      controllers: [SubjectController, TextController, SchemeController, ErasureController],
      providers: [
        { provide: SERVICE_HOST, useValue: host },
        { provide: IDENTITY_STORE, useFactory: () => openStore(host) },
      ],
    };
  }
}

/** @throws Error when a key file is another than the database was written under */
async function openStore(host: ServiceHost): Promise<IdentityStore> {
  const alias = host.key('alias');
  const texts = host.key('texts');
  const database = await new DataSource(host.typeOrm(IDENTITY_ENTITIES)).initialize();
  host.onStop(() => database.destroy());
  await assertKeysAreOurs(database.manager, { alias, texts });
  const now = () => host.clock.now();
  const newSubject = () => host.ids.next();
  const subjects = new SubjectRepository(database, { keyFile: texts, newSubject, now });
  return {
    keys: { alias: aliasKeyFrom(alias), texts },
    subjects,
    texts: new TextRepository(database, { keyFile: texts, now }),
    schemes: new SchemeRepository(database),
    erasures: new ErasureRepository(database, { subjects, now }),
    logAccess: (access) => logAccess(database, access),
  };
}
