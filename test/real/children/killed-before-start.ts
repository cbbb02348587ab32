/** A harness that opens a place, makes a container as a run does, and is killed before it starts it. Prints the container's id. */
import process from 'node:process';
import { findEngine } from '../../../docker/engine.ts';
import { ensureImages } from '../../../docker/images.ts';
import { runLabels, thisOwner } from '../../../docker/labels.ts';
import { startReaper } from '../../../docker/reaper.ts';

const search = await findEngine();
if (!search.found) throw new Error(search.why);
const { engine } = search;
const { python } = await ensureImages(engine, { python: '3.14' }, () => undefined, new AbortController().signal);
startReaper(engine);
const { id } = await engine.docker.createContainer({ Image: python.id, Cmd: ['true'], Labels: runLabels(await thisOwner(), 'killed') });
process.stdout.write(`${id}\n`, () => process.kill(process.pid, 'SIGKILL'));
