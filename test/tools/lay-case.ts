/** Scenarios on disk, as the tests and tools know them by this name. */
export * from '../../scenarios/lay.ts';
