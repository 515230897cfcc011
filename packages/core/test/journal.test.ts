import { InMemoryJournal } from '@drawloom/core';
import { journalContract } from '@drawloom/testing';

journalContract('InMemoryJournal', () => new InMemoryJournal());
