import { Type } from 'class-transformer';
import { IsDefined, IsObject, ValidateIf, ValidateNested } from 'class-validator';

/**
 * May be left out, and then nothing else of it is looked at. `null` is a value like any other here:
 * decisions take what is absent for absent, and nothing else.
 */
export const Optional = (): PropertyDecorator =>
  all(
    ValidateIf((_, value) => value !== undefined),
    IsDefined({ message: '$property must not be null: leave it out instead' }),
  );

/**
 * An object of that class: required, unless `Optional` says otherwise. By itself `ValidateNested`
 * lets through what is absent, null, and a list without anything in it.
 */
export const Nested = (type: () => new () => object): PropertyDecorator =>
  all(IsObject(), ValidateNested(), Type(type));

/** A list of objects of that class; what else it must be, `IsArray` and its like say. */
export const NestedEach = (type: () => new () => object): PropertyDecorator =>
  all(IsObject({ each: true }), ValidateNested({ each: true }), Type(type));

function all(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const decorate of decorators) decorate(target, property);
  };
}
