// Drawloom with every option at its default: ambient context is on. Nobody listens.
import { adapterWith } from './drawloom-adapter.mjs';

export const { chain, compile, loop, fanOut, fanOutAll, boundedHistory } = adapterWith({});
