// raw: awaited async functions in plain control flow. The limit that no executor can pass.

export const chain = (steps) => ({
  async run(input) {
    let value = input;
    for (const step of steps) value = await step(value);
    return value;
  },
});

export const loop = (step, route) => ({
  async run(input) {
    let value = input;
    do value = await step(value);
    while (route(value) === 'again');
    return value;
  },
});

export const fanOut = (source, branches, joins) => ({
  async run(input) {
    const value = await source(input);
    return joins.list(await Promise.all(branches.map((branch) => branch(value))));
  },
});
