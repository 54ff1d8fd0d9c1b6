// A tab without neighbours: where the platform has no locks (Node) or the store is in memory, this engine always drives.
import type { TabsPort } from "../model/ports.js";

/** Tabs of one: the caller is the driver at once and nobody hears what it broadcasts. */
export function createSoleTab(): TabsPort {
  return {
    onMessage: () => undefined,
    async elect(onDriver) {
      onDriver();
      return "driver";
    },
    role: () => "driver",
    broadcast: () => undefined,
    close: () => undefined,
  };
}
