/** Where in the log the server said how far it was. -1: never said. Positions are indexes into BootOutput.lines. */
import type { LogicalLine } from './logical-lines.ts';

export interface Timeline {
  readonly waiting: number;
  readonly complete: number;
  readonly failed: number;
  readonly shutdown: number;
}

/** Reads the marks from all streams; of a repeated one the first counts, of the shutdown the first after the start. */
export function timelineOf(streams: readonly (readonly LogicalLine[])[]): Timeline {
  const lines = streams.flat().sort((a, b) => a.index - b.index);
  const first = (mark: string, from = -1): number => lines.find((line) => line.index > from && line.text.startsWith(mark))?.index ?? -1;
  const complete = first('Application startup complete');
  const waitingForShutdown = first('Waiting for application shutdown', complete);
  const shuttingDown = first('Shutting down', complete);
  const ends = [waitingForShutdown, shuttingDown].filter((index) => index !== -1);
  return {
    waiting: first('Waiting for application startup'),
    complete,
    failed: first('Application startup failed'),
    shutdown: ends.length > 0 ? Math.min(...ends) : -1,
  };
}
