import { byHand } from './class-peers.mjs';

export const threeSteps = () => byHand;
