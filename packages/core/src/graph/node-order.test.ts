import { END, Workflow } from '../index.js';
import { NodeOrder, type Place } from './node-order.js';

const pass = (value: unknown): unknown => value;
const again = (): string => 'again';

/** fork → (left, right) → join, then a loop of draft and review with a tail, then publish. */
function orderOf(): (first: [string, ...number[]], second: [string, ...number[]]) => boolean {
  const workflow = new Workflow('w')
    .addNode('fork', pass)
    .addNode('left', pass)
    .addNode('right', pass)
    .addNode('join', pass, { join: 'all' })
    .addNode('draft', pass, { join: 'one' })
    .addNode('log', pass)
    .addNode('check', pass)
    .addNode('publish', pass)
    .setStart('fork')
    .addEdge('fork', 'left')
    .addEdge('fork', 'right')
    .addEdge('left', 'join')
    .addEdge('right', 'join')
    .addEdge('join', 'draft')
    .addEdge('draft', 'log')
    .addEdge('draft', 'check')
    .addRouter('check', again, { again: 'draft', done: 'publish' }, { default: END });
  const { plan } = workflow.compiled();
  const order = new NodeOrder(plan);
  const place = ([name, ...tag]: [string, ...number[]]): Place => ({ node: plan.names.indexOf(name), tag });
  return (first, second) => order.isBefore(place(first), place(second));
}

describe('Whether one activation ends before another begins', () => {
  const isBefore = orderOf();

  it('follows the edges, one way only', () => {
    expect([isBefore(['fork'], ['join']), isBefore(['join'], ['fork'])]).toEqual([true, false]);
  });

  it('holds for neither of two parallel branches, nor for an activation and itself', () => {
    expect([isBefore(['left'], ['right']), isBefore(['right'], ['left'])]).toEqual([false, false]);
    expect(isBefore(['left'], ['left'])).toBe(false);
  });

  it('follows the iterations of a loop that both are in', () => {
    expect([isBefore(['check', 1], ['draft', 2]), isBefore(['draft', 2], ['check', 1])]).toEqual([true, false]);
    expect([isBefore(['draft', 1], ['draft', 2]), isBefore(['draft', 2], ['draft', 2])]).toEqual([true, false]);
  });

  it('does not take the way round within one iteration', () => {
    expect([isBefore(['draft', 1], ['check', 1]), isBefore(['check', 1], ['draft', 1])]).toEqual([true, false]);
    expect([isBefore(['log', 1], ['check', 1]), isBefore(['check', 1], ['log', 1])]).toEqual([false, false]);
  });

  it('holds between a loop, what enters it and what it leads to', () => {
    expect([isBefore(['join'], ['check', 3]), isBefore(['check', 3], ['join'])]).toEqual([true, false]);
    // What is fed from inside the loop only runs in the loop's iterations.
    expect([isBefore(['draft', 2], ['publish', 2]), isBefore(['publish', 2], ['draft', 2])]).toEqual([true, false]);
  });

  it('goes round a loop that only one of the two is in: what leaves it waits until it is over', () => {
    const { plan } = new Workflow('w')
      .addNode('head', pass, { join: 'one' })
      .addNode('body', pass)
      .addNode('side', pass)
      .addNode('after', pass, { join: 'any' })
      .setStart('head')
      .setStart('side')
      .addEdge('side', 'after')
      .addRouter('head', again, { again: 'body', done: 'after' })
      .addEdge('body', 'head')
      .compiled();
    const order = new NodeOrder(plan);
    const [body, after] = ['body', 'after'].map((name) => plan.names.indexOf(name));
    expect(order.isBefore({ node: body!, tag: [1] }, { node: after!, tag: [] })).toBe(true);
  });
});
