import { Module, type DynamicModule } from '@nestjs/common';
import { SERVICE_HOST, type ServiceHost } from '@writ/service-host';
import { FeedController } from './feed/feed.controller.js';
import { ListController } from './list/list.controller.js';
import { MemorandumController } from './memorandum/memorandum.controller.js';

/** The only composition root of the service. */
@Module({})
export class RegulatoryModule {
  static register(host: ServiceHost): DynamicModule {
    return {
      module: RegulatoryModule,
      controllers: [ListController, MemorandumController, FeedController],
      providers: [{ provide: SERVICE_HOST, useValue: host }],
    };
  }
}
