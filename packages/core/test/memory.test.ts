import { InMemoryMemory } from '@drawloom/core';
import { memoryContract } from '@drawloom/testing';

memoryContract(
  'InMemoryMemory',
  ({ clock, limits }) => new InMemoryMemory({ ...limits, clock, withoutUser: 'allow', onNotice: () => undefined }),
);
