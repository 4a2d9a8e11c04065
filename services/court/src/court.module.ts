import { Module, type DynamicModule } from '@nestjs/common';
import { SERVICE_HOST, type ServiceHost } from '@writ/service-host';
import { CaseController } from './case/case.controller.js';
import { CasesFeedController } from './feed/cases-feed.controller.js';
import { ListingController } from './listing/listing.controller.js';
import { MistakeController } from './mistake/mistake.controller.js';
import { COURT_SETTINGS, courtSettings } from './settings.js';

/** The only composition root of the court service. */
@Module({})
export class CourtModule {
  static register(host: ServiceHost, settings = courtSettings(process.env)): DynamicModule {
    return {
      module: CourtModule,
      controllers: [CaseController, ListingController, MistakeController, CasesFeedController],
      providers: [
        { provide: SERVICE_HOST, useValue: host },
        { provide: COURT_SETTINGS, useValue: settings },
      ],
    };
  }
}
