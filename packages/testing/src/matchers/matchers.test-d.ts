import { expect as importedExpect } from '@jest/globals';
import { START } from '@drawloom/core';
import { expect as expectStandalone } from 'expect';
import { expectTypeOf } from 'expect-type';
import * as matchers from './index.js';

// Under jest's globals, under @jest/globals, and under `expect` alone.
for (const expectOf of [expect, importedExpect, expectStandalone]) expectOf.extend(matchers);

expect({}).toHaveVisited('a', 'b');
expect({}).not.toHaveVisitedExactly();
expect({}).toHaveRouted(START, 'key', 1, true);
expect({}).toCoverEveryEdge({ except: ['a -> b'] });
importedExpect({}).toHaveVisited('a', 'b');
importedExpect({}).not.toHaveVisitedExactly();
importedExpect({}).toHaveRouted('router');
importedExpect({}).toCoverEveryEdge();
expectStandalone({}).toHaveVisited('a');

// Awaited where a promise stands before them.
expectTypeOf(expect(Promise.resolve()).resolves.toHaveVisited('a')).toEqualTypeOf<Promise<void>>();
expectTypeOf(importedExpect(Promise.resolve()).rejects.toHaveRouted('a')).toEqualTypeOf<Promise<void>>();
expectTypeOf(importedExpect({}).toHaveVisited('a')).toEqualTypeOf<void>();

// @ts-expect-error at least one node
expect({}).toHaveVisited();
// @ts-expect-error names, not a list
expect({}).toHaveVisited(['a']);
// @ts-expect-error a key is text, a number or a boolean
expect({}).toHaveRouted('router', { key: 'a' });
// @ts-expect-error no such option
importedExpect({}).toCoverEveryEdge({ exept: [] });
