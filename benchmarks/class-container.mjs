import { fromContainer } from './class-peers.mjs';

export const threeSteps = fromContainer;
