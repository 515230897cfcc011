// Bare Drawloom: nobody listens, and steps are handed their context instead of finding it (`ambient: false`).
import { adapterWith } from './drawloom-adapter.mjs';

export const { chain, compile, loop, fanOut, fanOutAll, boundedHistory } = adapterWith({ ambient: false });
