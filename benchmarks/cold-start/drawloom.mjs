// What a short-lived process pays: import the framework, build a 3-step workflow, run it once.
import { Workflow } from '@drawloom/core';

const add = async (x) => x + 1;
const { output } = await Workflow.chain([add, add, add]).run(0);
if (output !== 3) throw new Error('wrong result');
