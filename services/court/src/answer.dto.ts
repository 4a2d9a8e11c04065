import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** Document what the endpoints answer; what they answer is built in the controllers. */
export class ReceiptAnswer {
  @ApiProperty() ledger: string;
  @ApiProperty() epoch: number;
  @ApiProperty({ description: 'Of the last fact recorded.' }) position: number;
  @ApiProperty({ description: 'RFC 6962 leaf hash, hex.' }) leaf: string;
  @ApiProperty() stream: string;
  @ApiProperty() version: number;
  @ApiProperty({ format: 'date-time' }) recordedAt: string;
  @ApiProperty() aliasSequence: number;
  @ApiProperty({ description: 'Opaque; `atLeast` of a status question takes it.' }) token: string;
}

export class CaseOpenedAnswer {
  @ApiProperty() receipt: ReceiptAnswer;
  @ApiProperty() case: string;
}

export class ObligationAnswer {
  @ApiProperty() obligation: string;
  @ApiProperty() subject: string;
  @ApiPropertyOptional({ description: 'Shared by co-debtors.' }) jointWith?: string;
}

export class ObligationsAnswer {
  @ApiProperty() receipt: ReceiptAnswer;
  @ApiProperty({ type: [ObligationAnswer], description: 'One per debtor, in their order.' })
  obligations: ObligationAnswer[];
}

export class NoticeAnswer {
  @ApiProperty() receipt: ReceiptAnswer;
  @ApiProperty() notice: string;
}

export class PerformanceAnswer {
  @ApiProperty() receipt: ReceiptAnswer;
  @ApiProperty() performance: string;
  @ApiProperty({ type: [String], description: 'Obligations of which nothing is left.' })
  fulfilled: string[];
  @ApiProperty({ type: [String], description: 'Listings that ended with it.' })
  delisted: string[];
}

export class ListingAnswer {
  @ApiProperty() receipt: ReceiptAnswer;
  @ApiProperty() listing: string;
}

export class CaseAnswer {
  @ApiProperty() case: string;
  @ApiProperty({ description: 'For expectedVersion.' }) version: number;
  @ApiProperty() authority: string;
  @ApiProperty({ type: Object }) instrument: object;
  @ApiProperty({ type: [Object] }) obligations: object[];
  @ApiProperty({ type: [Object] }) notices: object[];
  @ApiProperty({ type: [Object] }) listings: object[];
}
