import { describeReason } from '@drawloom/core/front-end';
import type { Problem } from '@drawloom/core';
import { injectFromHierarchy, type Newable } from 'inversify';
import { classProblems } from '../errors/class-problems.js';

/**
 * Lets a class be injected as its parents are. Without it a class that inherits its constructor would be constructed with
 * nothing, in silence.
 *
 * @param name What messages call the class.
 */
export function inheritConstructor(type: Newable, name: string): Problem[] {
  try {
    injectFromHierarchy()(type);
    return [];
  } catch (error) {
    return [classProblems.constructorNotServed(name, describeReason(error))];
  }
}
