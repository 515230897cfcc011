import { Activation } from '../schedule/activation.js';
import { EndedActivations } from './ended-activations.js';

const ended = (node: number): Activation => new Activation(node, undefined, undefined, node, undefined);

describe('the activations that have ended', () => {
  it.each([
    [0, []],
    [1, [3]],
    [2, [2, 3]],
    [4, [0, 1, 2, 3]],
    [9, [0, 1, 2, 3]],
  ])('are kept in order, of four the last %i', (limit, kept) => {
    const activations = new EndedActivations(limit);
    for (let node = 0; node < 4; node++) activations.push(ended(node));
    expect(activations.items.map(({ node }) => node)).toEqual(kept);
    expect(activations.dropped).toBe(4 - kept.length);
  });

  it('are let go of by one that was pushed out and is still held', () => {
    const activations = new EndedActivations(2);
    const held = ended(0);
    for (const activation of [held, ended(1), ended(2)]) activations.push(activation);
    expect(held.next).toBeUndefined();
  });
});
