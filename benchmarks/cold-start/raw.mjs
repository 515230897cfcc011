// Three plain async functions, awaited.
const add = async (x) => x + 1;
if ((await add(await add(await add(0)))) !== 3) throw new Error('wrong result');
