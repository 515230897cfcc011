// Job: the smallest executor that deserves the name: nodes and edges by name, compiled once into flat arrays,
//   interpreted by one loop with one await per step. raw-dag, raw-evt and raw-als are this file with other hooks.
// Boundary: no policies, no caps, no nested loops, no joins but "all". It shows a cost, not a product.

/**
 * @param nodes list of { name, step }; a node with { route, byKey } is followed by the node that `byKey` names for the
 *   route's key, or ends the run where it names none
 * @param edges list of { from, to }
 */
export function compile(nodes, edges) {
  const count = nodes.length;
  const indexOf = new Map();
  for (const { name } of nodes) {
    if (indexOf.has(name)) throw new Error(`two nodes are called ${name}`);
    indexOf.set(name, indexOf.size);
  }
  const resolve = (name) => {
    const index = indexOf.get(name);
    if (index === undefined) throw new Error(`no node is called ${name}`);
    return index;
  };
  const offsets = new Int32Array(count + 1);
  const inDegree = new Int32Array(count);
  const sources = Int32Array.from(edges, (edge) => resolve(edge.from));
  const ends = Int32Array.from(edges, (edge) => resolve(edge.to));
  for (let edge = 0; edge < edges.length; edge += 1) {
    offsets[sources[edge] + 1] += 1;
    inDegree[ends[edge]] += 1;
  }
  for (let node = 0; node < count; node += 1) offsets[node + 1] += offsets[node];
  const targets = new Int32Array(edges.length);
  const slots = new Int32Array(edges.length);
  const nextEdge = offsets.slice(0, count);
  const nextSlot = new Int32Array(count);
  for (let edge = 0; edge < edges.length; edge += 1) {
    const place = nextEdge[sources[edge]]++;
    targets[place] = ends[edge];
    slots[place] = nextSlot[ends[edge]]++;
  }
  const plan = {
    names: nodes.map((node) => node.name),
    steps: nodes.map((node) => node.step),
    routes: nodes.map((node) => node.route),
    routeTargets: nodes.map(
      ({ byKey }) => byKey && new Map(Object.keys(byKey).map((key) => [key, resolve(byKey[key])])),
    ),
    offsets,
    targets,
    slots,
    inDegree,
  };
  refuseCycles(plan);
  return plan;
}

/** Kahn's algorithm over the plain edges; a cycle is legal only through a router. */
function refuseCycles({ offsets, targets, inDegree }) {
  const waiting = inDegree.slice();
  const ready = [];
  for (let node = 0; node < waiting.length; node += 1) if (waiting[node] === 0) ready.push(node);
  for (let done = 0; done < ready.length; done += 1) {
    for (let edge = offsets[ready[done]]; edge < offsets[ready[done] + 1]; edge += 1) {
      if (--waiting[targets[edge]] === 0) ready.push(targets[edge]);
    }
  }
  if (ready.length < waiting.length) throw new Error('the graph has a cycle without a router');
}

/**
 * Makes plans runnable. `begin` is called before a step and gives what `end` gets after it; `call` calls the step.
 * Each process uses one set of hooks, so that the JIT compiler can inline them.
 */
export function interpreter({ begin, call, end }) {
  return (plan) => {
    const { steps, offsets, targets, slots, inDegree, routes, routeTargets } = plan;

    async function walk(run, start, input) {
      let node = start;
      let value = input;
      for (;;) {
        const begun = begin();
        value = await call(steps[node], value, run);
        end(run, plan, node, begun);
        if (routes[node] !== undefined) {
          const target = routeTargets[node].get(routes[node](value));
          if (target === undefined) return void (run.output = value);
          node = target;
          continue;
        }
        const edge = offsets[node];
        const degree = offsets[node + 1] - edge;
        if (degree === 0) return void (run.output = value);
        if (degree > 1) {
          const branches = [];
          for (let i = edge; i < edge + degree; i += 1) branches.push(walk(run, targets[i], value));
          return void (await Promise.all(branches));
        }
        node = targets[edge];
        if (inDegree[node] > 1) {
          const join = (run.joins ??= new Map()).get(node) ?? openJoin(run, node, inDegree[node]);
          join.values[slots[edge]] = value;
          if (--join.missing > 0) return;
          value = join.values;
        }
      }
    }

    return {
      async run(input) {
        const run = { output: undefined, joins: undefined, events: undefined };
        await walk(run, 0, input);
        return run.output;
      },
    };
  };
}

function openJoin(run, node, degree) {
  const join = { missing: degree, values: new Array(degree) };
  run.joins.set(node, join);
  return join;
}

/** The adapter that measurements use, over any interpreter. */
export function adapter(interpret) {
  const compileChain = (steps) => {
    const nodes = steps.map((step, index) => ({ name: `n${index}`, step }));
    const edges = nodes.slice(1).map(({ name }, index) => ({ from: nodes[index].name, to: name }));
    return interpret(compile(nodes, edges));
  };
  return {
    chain: compileChain,
    compile: compileChain,
    loop: (step, route) => interpret(compile([{ name: 'step', step, route, byKey: { again: 'step' } }], [])),
    fanOut(source, branches, joins) {
      const inner = branches.map((step, index) => ({ name: `b${index}`, step }));
      const nodes = [{ name: 'source', step: source }, ...inner, { name: 'join', step: joins.list }];
      const out = inner.map(({ name }) => ({ from: 'source', to: name }));
      const back = inner.map(({ name }) => ({ from: name, to: 'join' }));
      return interpret(compile(nodes, [...out, ...back]));
    },
  };
}
