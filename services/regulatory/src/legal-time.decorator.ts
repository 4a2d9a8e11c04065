import { ValidateBy } from 'class-validator';
import { isLegalTimeShape } from './legal-time-shape.js';

/** `{ date, zone }` or `{ instant }`, and nothing else. */
export const IsLegalTime = (): PropertyDecorator =>
  ValidateBy({
    name: 'isLegalTime',
    validator: {
      validate: (value) => isLegalTimeShape(value),
      defaultMessage: () => 'must be { date, zone } or { instant }',
    },
  });
