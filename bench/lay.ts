/** Backends of scenarios/ as trees on the disk. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

/** The bundled backend, healed. */
export const HEALTHY = ['bases/auth-backend', 'overlays/auth-backend-healthy/overlay'];

/** Copies the layers into `folder`, one over the other. @param layers folders below scenarios/ */
export async function lay(layers: readonly string[], folder: string): Promise<void> {
  for (const layer of layers) await cp(join(import.meta.dirname, '..', 'scenarios', layer), folder, { recursive: true });
}
